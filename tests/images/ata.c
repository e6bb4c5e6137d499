/*
 * ata.c - a disk by its registers, PIO transfers and interrupts (ATA/ATAPI-6: clause 7, registers;
 * clause 8, commands; clause 9, protocols).
 *
 * Expected: what a reset and IDENTIFY DEVICE tell; sectors by LBA of 28 and 48 bits and by CHS, one
 * by one and in blocks; INTRQ before each block that is read and after each that is written, unless
 * nIEN holds it; what was written is read back; errors with their bits and the address of the first
 * sector that is not there.  The disk has 2048 sectors, each beginning with "sector N".
 */
#include "lib/image.h"

enum { DATA = 0x1f0, ERROR, COUNT, LOW, MID, HIGH, DEVICE, STATUS, CONTROL = 0x3f6 };
enum { BSY = 0x80, DRQ = 8, LBA = 0xe0, SLAVE = 0xf0, NIEN = 2, SRST = 4, HOB = 0x80 };
enum { PIC0 = 0x20, PIC1 = 0xa0, BASE0 = 0x20, BASE1 = 0x28, EOI = 0x20 };
enum { SECTORS = 2048, WORDS = 256 };

CODE(window, "sti; nop; jmp 1f; 1: nop; nop; jmp 1f; 1: cli");

static uint16_t *const buffer = (uint16_t *)ARENA;

static uint16_t in16(uint16_t port)
{
    uint16_t v;
    asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

/* ---- interrupts ---- */

static void init_pics(void)
{
    static const uint8_t words[2][4] = {{0x11, BASE0, 4, 1}, {0x11, BASE1, 2, 1}};
    for (unsigned i = 0; i < 2; i++) {
        const uint16_t pic = i ? PIC1 : PIC0;
        for (unsigned k = 0; k < 4; k++)
            out8((uint16_t)(pic + (k != 0)), words[i][k]);
    }
    out8(PIC0 + 1, 0xfb);
    out8(PIC1 + 1, 0xbf);
}

/* Has IRQ 14 come?  It is ended then. */
static unsigned interrupts(void)
{
    struct frame f = frame_at(window, 0);
    run(&f);
    if (f.vector != BASE1 + 6)
        return 0;
    out8(PIC1, EOI);
    out8(PIC0, EOI);
    return 1;
}

/* ---- commands ---- */

/* Status without bit 4, which was "seek complete" and depends on the command now. */
static unsigned without_dsc(unsigned status)
{
    return status & 0xef;
}

/* Until BSY is 0, without taking back the interrupt. */
static unsigned settle(void)
{
    for (unsigned i = 0; i < 10000000; i++)
        if (!(in8(CONTROL) & BSY))
            break;
    return without_dsc(in8(CONTROL));
}

static void address(uint64_t lba, unsigned count)
{
    out8(DEVICE, (uint8_t)(LBA | (lba >> 24 & 15)));
    out8(COUNT, (uint8_t)count);
    for (unsigned i = 0; i < 3; i++)
        out8((uint16_t)(LOW + i), (uint8_t)(lba >> (8 * i)));
}

static void address_48(uint64_t lba, unsigned count)
{
    out8(DEVICE, LBA);
    out8(COUNT, (uint8_t)(count >> 8));
    for (unsigned i = 0; i < 3; i++)
        out8((uint16_t)(LOW + i), (uint8_t)(lba >> (24 + 8 * i)));
    out8(COUNT, (uint8_t)count);
    for (unsigned i = 0; i < 3; i++)
        out8((uint16_t)(LOW + i), (uint8_t)(lba >> (8 * i)));
}

static unsigned command(unsigned code)
{
    out8(STATUS, (uint8_t)code);
    return settle();
}

static void take(unsigned sectors)
{
    void *to = buffer;
    unsigned long n = sectors * (unsigned long)WORDS;
    asm volatile("rep insw" : "+D"(to), "+c"(n) : "d"(DATA) : "memory");
}

static void give(unsigned sectors)
{
    const void *from = buffer;
    unsigned long n = sectors * (unsigned long)WORDS;
    asm volatile("rep outsw" : "+S"(from), "+c"(n) : "d"(DATA) : "memory");
}

/* "sector 5" at the beginning of sector n of the buffer. */
static void check_sector(const char *name, unsigned n, unsigned number)
{
    struct text got = {0}, want = {0};
    const char *s = (const char *)buffer + n * 512ul;
    char piece[16];
    unsigned i = 0;
    for (; i < 15 && s[i] && (s[i] != ' ' || i < 8); i++)
        piece[i] = s[i];
    piece[i] = '\0';
    add(&got, piece);
    add(&want, "sector ");
    add_dec(&want, number);
    check(name, got.s, want.s);
}

static void check_registers(const char *name, const char *want)
{
    struct text t = {0};
    for (uint16_t r = COUNT; r <= HIGH; r++) {
        add_hex(&t, in8(r));
        add(&t, r < HIGH ? " " : "");
    }
    check(name, t.s, want);
}

/* ---- the checks ---- */

static void who(void)
{
    out8(DEVICE, LBA); /* firmware may have left the other selected */
    out8(CONTROL, SRST);
    check_hex("reset: BSY", in8(CONTROL) & BSY, BSY);
    for (unsigned i = 0; i < 1000; i++)
        (void)in8(CONTROL);
    out8(CONTROL, 0);
    check_hex("reset: status", settle(), 0x40);
    check_hex("reset: diagnostic code", in8(ERROR), 1);
    check_registers("reset: signature", "1 1 0 0");
    check_hex("reset: no interrupt", interrupts(), 0);
    out8(DEVICE, SLAVE);
    check_hex("no device 1: status", in8(STATUS), 0);
    out8(STATUS, 0xec);
    check_hex("no device 1: command", in8(STATUS), 0);
    out8(DEVICE, LBA);
    check_hex("no second channel: not busy", in8(0x177) & BSY, 0);
    check_hex("diagnostic: status", command(0x90), 0x40);
    check_hex("diagnostic: interrupt", interrupts(), 1);
    check_hex("diagnostic: code", in8(ERROR), 1);
    (void)in8(STATUS);
}

static void identify(void)
{
    out8(DEVICE, LBA);
    check_hex("identify: status", command(0xec), 0x48);
    check_hex("identify: interrupt", interrupts(), 1);
    check_hex("identify: status is read", without_dsc(in8(STATUS)), 0x48);
    take(1);
    check_hex("identify: at the end", without_dsc(in8(STATUS)), 0x40);
    check_hex("identify: ATA", buffer[0] >> 15, 0);
    check_hex("identify: LBA", buffer[49] >> 9 & 1, 1);
    check_hex("identify: sectors", buffer[60] | (uint32_t)buffer[61] << 16, SECTORS);
    check_hex("identify: 48 bits", buffer[83] >> 10 & 0x31, 0x11);
    check_hex("identify: sectors by 48 bits", buffer[100] | (uint32_t)buffer[101] << 16, SECTORS);
    check_hex("identify: heads", buffer[3], 16);
    check_hex("identify: sectors in a track", buffer[6], 63);
    check_hex("identify: largest block", buffer[47] & 0xff, 16);
    check_hex("identify: READ MULTIPLE is off", buffer[59] >> 8 & 1, 0);
}

static void reading(void)
{
    address(5, 1);
    out8(STATUS, 0x20);
    check_hex("read: BSY", in8(CONTROL) & BSY, BSY);
    check_hex("read: status", settle(), 0x48);
    take(1);
    check_sector("read: sector 5", 0, 5);
    check_hex("read: interrupt", interrupts(), 1);
    check_hex("read: end", without_dsc(in8(STATUS)), 0x40);

    unsigned seen = 0;
    address(1000, 3);
    out8(STATUS, 0x20);
    for (unsigned i = 0; i < 3; i++) {
        settle();
        seen += interrupts();
        (void)in8(STATUS);
        take(1);
        check_sector(i == 0   ? "read 3: first"
                     : i == 1 ? "read 3: second"
                              : "read 3: third",
                     0, 1000 + i);
    }
    check_hex("read 3: interrupts", seen, 3);
    check_hex("read 3: none at the end", interrupts(), 0);
    check_registers("read 3: registers", "0 ea 3 0");

    out8(DEVICE, 0xa1); /* CHS: cylinder 1, head 1, sector 2 */
    out8(COUNT, 1);
    out8(LOW, 2);
    out8(MID, 1);
    out8(HIGH, 0);
    check_hex("CHS: status", command(0x20), 0x48);
    take(1);
    check_sector("CHS: sector", 0, (16 + 1) * 63 + 1);
    (void)in8(STATUS);

    address_48(7, 1);
    check_hex("48 bits: status", command(0x24), 0x48);
    take(1);
    check_sector("48 bits: sector", 0, 7);
    (void)in8(STATUS);
    (void)interrupts();
}

static void blocks(void)
{
    unsigned n = 0, seen = 0;
    out8(COUNT, 8);
    check_hex("SET MULTIPLE", command(0xc6), 0x40);
    (void)in8(STATUS);
    (void)interrupts();
    address(200, 20);
    out8(STATUS, 0xc4);
    for (; n < 20; n += 8) {
        settle();
        seen += interrupts();
        (void)in8(STATUS);
        take(n < 16 ? 8 : 4);
        check_sector(n == 0   ? "blocks: first"
                     : n == 8 ? "blocks: second"
                              : "blocks: third",
                     3, 203 + n);
    }
    check_hex("blocks: interrupts", seen, 3);
    check_hex("blocks: end", settle(), 0x40);
    out8(COUNT, 3);
    check_hex("SET MULTIPLE 3", command(0xc6), 0x41);
    check_hex("SET MULTIPLE 3: error", in8(ERROR), 4);
    (void)in8(STATUS);
    (void)interrupts();
}

static void fill(unsigned sectors, unsigned salt)
{
    for (unsigned i = 0; i < sectors * WORDS; i++)
        buffer[i] = (uint16_t)(i * 31 + salt);
}

static unsigned wrong(unsigned sectors, unsigned salt)
{
    unsigned n = 0;
    for (unsigned i = 0; i < sectors * WORDS; i++)
        n += buffer[i] != (uint16_t)(i * 31 + salt);
    return n;
}

static void read_back(const char *name, uint64_t lba, unsigned sectors, unsigned salt)
{
    address(lba, sectors);
    for (unsigned i = 0; i < sectors; i++) {
        if (i == 0)
            out8(STATUS, 0x20);
        settle();
        void *to = buffer + i * WORDS;
        unsigned long n = WORDS;
        asm volatile("rep insw" : "+D"(to), "+c"(n) : "d"(DATA) : "memory");
    }
    (void)in8(STATUS);
    (void)interrupts();
    check_hex(name, wrong(sectors, salt), 0);
}

static void writing(void)
{
    unsigned seen = 0;
    fill(2, 7);
    address(100, 2);
    check_hex("write: status", command(0x30), 0x48);
    check_hex("write: no interrupt for the first", interrupts(), 0);
    give(1);
    check_hex("write: second", settle(), 0x48);
    seen += interrupts();
    (void)in8(STATUS);
    const void *from = buffer + WORDS;
    unsigned long n = WORDS;
    asm volatile("rep outsw" : "+S"(from), "+c"(n) : "d"(DATA) : "memory");
    check_hex("write: end", settle(), 0x40);
    seen += interrupts();
    check_hex("write: interrupts", seen, 2);
    (void)in8(STATUS);
    check_hex("flush", command(0xe7), 0x40);
    check_hex("flush: interrupt", interrupts(), 1);
    (void)in8(STATUS);
    fill(2, 0);
    read_back("write: read back", 100, 2, 7);

    fill(4, 99);
    out8(COUNT, 4);
    command(0xc6);
    (void)in8(STATUS);
    (void)interrupts();
    address_48(SECTORS - 4, 4);
    check_hex("write blocks by 48 bits", command(0x39), 0x48);
    give(4);
    check_hex("write blocks: end", settle(), 0x40);
    check_hex("write blocks: one interrupt", interrupts(), 1);
    (void)in8(STATUS);
    fill(4, 0);
    read_back("write blocks: read back", SECTORS - 4, 4, 99);
    address(102, 1);
    command(0x20);
    take(1);
    check_sector("the next sector is as it was", 0, 102);
    (void)in8(STATUS);
    (void)interrupts();
}

static void others(void)
{
    out8(CONTROL, NIEN);
    address(1, 1);
    command(0x20);
    take(1);
    check_hex("nIEN: no interrupt", interrupts(), 0);
    (void)in8(STATUS);
    out8(CONTROL, 0);
    check_hex("nIEN: none afterwards", interrupts(), 0);

    address(9, 1);
    check_hex("32 bits: status", command(0x20), 0x48);
    void *to = buffer;
    unsigned long n = WORDS / 2;
    asm volatile("rep insl" : "+D"(to), "+c"(n) : "d"(DATA) : "memory");
    check_sector("32 bits: sector", 0, 9);
    check_hex("32 bits: words", in16(DATA), 0);
    (void)in8(STATUS);
    (void)interrupts();

    address(30, 100);
    check_hex("verify", command(0x40), 0x40);
    check_hex("verify: interrupt", interrupts(), 1);
    (void)in8(STATUS);
    address(SECTORS - 1, 1);
    check_hex("seek", command(0x70), 0x40);
    check_hex("recalibrate", command(0x10), 0x40);
    (void)in8(STATUS);
    (void)interrupts();
    out8(ERROR, 3);
    out8(COUNT, 0x0c);
    check_hex("PIO mode 4", command(0xef), 0x40);
    check_hex("idle", command(0xe1), 0x40);
    command(0xe5);
    check_hex("power mode", in8(COUNT), 0x80);
    (void)in8(STATUS);
    (void)interrupts();
}

static void errors(void)
{
    address(SECTORS, 1);
    check_hex("past the end: status", command(0x20), 0x41);
    check_hex("past the end: error", in8(ERROR), 0x10);
    check_hex("past the end: interrupt", interrupts(), 1);
    (void)in8(STATUS);
    address(SECTORS - 1, 2);
    check_hex("over the end: the last is there", command(0x20), 0x48);
    take(1);
    check_hex("over the end: status", settle(), 0x41);
    check_registers("over the end: registers", "1 0 8 0");
    (void)in8(STATUS);
    (void)interrupts();
    check_hex("unknown command: status", command(0xff), 0x41);
    check_hex("unknown command: error", in8(ERROR), 4);
    check_hex("unknown command: interrupt", interrupts(), 1);
    (void)in8(STATUS);
    check_hex("NOP: status", command(0x00), 0x41);
    (void)in8(STATUS);
    (void)interrupts();
}

void image(void)
{
    init_pics();
    who();
    identify();
    reading();
    blocks();
    writing();
    others();
    errors();
}
