/*
 * services.c - what a boot loader may ask of the firmware: it takes the loader's place on a boot
 * disk, and prints a line for every check to the first serial port.  The same lines must come with
 * our firmware and with others.
 *
 * INT 13h: Enhanced Disk Drive 3.0 and the AT's functions; INT 15h: ACPI 6.4, 15.1 and 15.2; the
 * others as in the IBM PC/AT technical reference.
 */
#include "loader.h"

void loader_main(uint8_t drive);

static uint8_t drive;
static uint32_t sectors; /* of the disk */
static uint32_t failed;
static uint8_t buffer[2][512] __attribute__((aligned(16)));

static void check(const char *name, uint64_t got, uint64_t want)
{
    print(name);
    print(": ");
    print_hex(got);
    if (got != want) {
        print(", WANTED ");
        print_hex(want);
        failed++;
    }
    print("\n");
}

static struct registers call(uint32_t vector, struct registers r)
{
    firmware_call(vector, &r);
    return r;
}

/* AH and the carry flag: 100h when it is set. */
static uint32_t result(const struct registers *r)
{
    return (r->eax >> 8 & 0xff) | (r->flags & CARRY ? 0x100 : 0);
}

/* ---- INT 13h ---- */

static struct registers by_number(uint32_t function, uint32_t sector, uint32_t count, void *data)
{
    struct {
        uint8_t size, zero;
        uint16_t count, offset, segment;
        uint32_t sector, sector_high;
    } packet = {16,
                0,
                (uint16_t)count,
                (uint16_t)((uint32_t)data & 15),
                (uint16_t)((uint32_t)data >> 4),
                sector,
                0};
    return call(0x13,
                (struct registers){.eax = function << 8, .edx = drive, .esi = (uint32_t)&packet});
}

static struct registers by_chs(uint32_t function, uint32_t cylinder, uint32_t head, uint32_t sector,
                               void *data)
{
    return call(0x13, (struct registers){.eax = function << 8 | 1,
                                         .ebx = (uint32_t)data,
                                         .ecx = cylinder << 8 | sector,
                                         .edx = head << 8 | drive});
}

static void about_the_disk(void)
{
    struct {
        uint16_t size, flags;
        uint32_t cylinders, heads, track, sectors, sectors_high;
        uint16_t bytes;
    } __attribute__((packed)) p = {.size = 26};
    struct registers r = call(0x13, (struct registers){.eax = 0x4100, .ebx = 0x55aa, .edx = drive});
    check("41h: status", r.flags & CARRY, 0);
    check("41h: signature", r.ebx & 0xffff, 0xaa55);
    check("41h: reads by number", r.ecx & 1, 1);
    r = call(0x13, (struct registers){.eax = 0x4800, .edx = drive, .esi = (uint32_t)&p});
    check("48h: status", result(&r), 0);
    check("48h: bytes in a sector", p.bytes, 512);
    check("48h: fewer than 2^32 sectors", p.sectors_high, 0);
    sectors = p.sectors;
    r = call(0x13, (struct registers){.eax = 0x0800, .edx = drive});
    check("08h: status", result(&r), 0);
    check("08h: heads", r.edx >> 8 & 0xff, 15);
    check("08h: sectors in a track", r.ecx & 0x3f, 63);
    check("08h: drives", r.edx & 0xff, 1);
    r = call(0x13, (struct registers){.eax = 0x1500, .edx = drive});
    check("15h: a hard disk", result(&r), 3);
    r = call(0x13, (struct registers){.eax = 0x1000, .edx = drive});
    check("10h: ready", result(&r), 0);
}

static void reading(void)
{
    struct registers r = by_number(0x42, BOOT_TABLE_SECTOR, 1, buffer[0]);
    check("42h: status", result(&r), 0);
    check("42h: the table", memcmp(buffer[0], BOOT_MAGIC, 8) == 0, 1);
    r = by_chs(0x02, 0, 0, 2, buffer[1]);
    check("02h: status", result(&r), 0);
    check("02h: sectors read", r.eax & 0xff, 1);
    check("02h: the same", memcmp(buffer[0], buffer[1], 512) == 0, 1);
    r = by_number(0x42, 63 + 4, 1, buffer[0]);
    check("42h: sector 67", result(&r), 0);
    r = by_chs(0x02, 0, 1, 5, buffer[1]);
    check("02h: head 1, sector 5", result(&r), 0);
    check("02h: the same as sector 67", memcmp(buffer[0], buffer[1], 512) == 0, 1);
    r = by_number(0x42, 20, 127, (void *)BOOT_BUFFER_ADDRESS);
    check("42h: 127 sectors", result(&r), 0);
    check("42h: the 48th", memcmp(buffer[0], (char *)BOOT_BUFFER_ADDRESS + 47 * 512, 512) == 0, 1);
    r = by_chs(0x04, 0, 0, 1, buffer[1]);
    check("04h: verify", result(&r), 0);
    r = by_number(0x44, 5, 3, buffer[1]);
    check("44h: verify", result(&r), 0);
    r = by_number(0x47, 5, 1, buffer[1]);
    check("47h: seek", result(&r), 0);
}

static void writing(void)
{
    for (uint32_t i = 0; i < 512; i++)
        buffer[0][i] = (uint8_t)(i * 7);
    struct registers r = by_number(0x43, sectors - 1, 1, buffer[0]);
    check("43h: status", result(&r), 0);
    r = by_number(0x42, sectors - 1, 1, buffer[1]);
    check("43h: read back", memcmp(buffer[0], buffer[1], 512) == 0, 1);
    memset(buffer[0], 0x5a, 512);
    r = by_chs(0x03, 0, 2, 1, buffer[0]);
    check("03h: status", result(&r), 0);
    r = by_number(0x42, 126, 1, buffer[1]);
    check("03h: read back", memcmp(buffer[0], buffer[1], 512) == 0, 1);
}

static void disk_errors(void)
{
    struct registers r = by_number(0x42, sectors, 1, buffer[0]);
    check("42h past the end: an error", r.flags & CARRY, 1);
    r = by_number(0x42, 0xfffffff0, 1, buffer[0]);
    check("42h far past the end: an error", r.flags & CARRY, 1);
    r = by_chs(0x02, 0, 0, 0, buffer[0]);
    check("02h of sector 0: an error", r.flags & CARRY, 1);
    r = call(0x13, (struct registers){.eax = 0x0100, .edx = drive});
    check("01h: it is remembered", (r.eax >> 8 & 0xff) != 0, 1);
    r = call(0x13, (struct registers){.eax = 0x0000, .edx = drive});
    check("00h: reset", result(&r), 0);
    r = call(0x13, (struct registers){.eax = 0x0201, .ecx = 1, .edx = 0x8f, .ebx = 0x1000});
    check("02h of no drive: an error", result(&r), 0x101);
    r = call(0x13, (struct registers){.eax = 0x7700, .edx = drive});
    check("77h: no such function", result(&r), 0x101);
    r = call(0x13, (struct registers){.eax = 0x0000,
                                      .ebx = 0x11223344,
                                      .ecx = 0x55667788,
                                      .edx = 0x99aabb00u | drive,
                                      .esi = 0xccddeeff,
                                      .edi = 0x12345678});
    check("registers stay", r.ebx ^ r.ecx ^ r.edx ^ r.esi ^ r.edi,
          0x11223344 ^ 0x55667788 ^ (0x99aabb00u | drive) ^ 0xccddeeff ^ 0x12345678);
}

/* ---- INT 11h, 12h, 15h ---- */

static void memory(void)
{
    struct registers r = call(0x12, (struct registers){.eax = 0});
    check("12h: 600 to 640 KiB", (r.eax & 0xffff) >= 600 && (r.eax & 0xffff) <= 640, 1);
    memory_init();
    uint64_t low = 0, above = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        const struct range *e = &ranges[i];
        if (e->type == USABLE && e->start == 0)
            low = e->length >> 10;
        if (e->type == USABLE && e->start == MIB)
            above = e->length >> 20;
    }
    check("E820h: 600 to 640 KiB at 0", low >= 600 && low <= 640, 1);
    check("E820h: 62 or 63 MiB at 1 MiB", above == 62 || above == 63, 1);
    r = call(0x15, (struct registers){.eax = 0xe820, .ecx = 20, .edi = (uint32_t)buffer[0]});
    check("E820h: without its signature", r.flags & CARRY, 1);
    r = call(0x15, (struct registers){.eax = 0xe801});
    check("E801h: status", r.flags & CARRY, 0);
    check("E801h: KiB up to 16 MiB", r.eax & 0xffff, 15 * 1024);
    check("E801h: the same again", ((r.eax ^ r.ecx) | (r.ebx ^ r.edx)) & 0xffff, 0);
    r = call(0x15, (struct registers){.eax = 0x8800});
    check("88h: status", r.flags & CARRY, 0);
    check("88h: MiB", (r.eax & 0xffff) >> 10 == 62 || (r.eax & 0xffff) >> 10 == 63, 1);
}

static void gate_and_equipment(void)
{
    struct registers r = call(0x15, (struct registers){.eax = 0x2401});
    check("2401h: open A20", result(&r), 0);
    r = call(0x15, (struct registers){.eax = 0x2402});
    check("2402h: it is", r.eax & 0xff, 1);
    r = call(0x15, (struct registers){.eax = 0x2400});
    check("2400h: close A20", result(&r), 0);
    r = call(0x15, (struct registers){.eax = 0x2402});
    check("2402h: it is closed", r.eax & 0xff, 0);
    call(0x15, (struct registers){.eax = 0x2401});
    r = call(0x15, (struct registers){.eax = 0x2403});
    check("2403h: by port 92h", r.ebx & 2, 2);
    r = call(0x15, (struct registers){.eax = 0x7700});
    check("77h: no such service", result(&r), 0x186);
    r = call(0x11, (struct registers){.eax = 0});
    check("11h: a coprocessor", r.eax >> 1 & 1, 1);
    check("11h: serial ports", r.eax >> 9 & 7, 1);
}

/* ---- INT 16h, 1Ah ---- */

static uint32_t ticks(void)
{
    struct registers r = call(0x1a, (struct registers){.eax = 0});
    return r.ecx << 16 | (r.edx & 0xffff);
}

/* INT 60h is STI, HLT, CLI, IRET: until the next interrupt. */
static void set_pause(void)
{
    static const uint8_t code[] = {0xfb, 0xf4, 0xfa, 0xcf};
    __asm__ volatile("movl %0, 4 * 0x60" : : "r"((uint32_t)code) : "memory");
}

static bool bcd(uint32_t v, uint32_t most)
{
    return (v & 15) < 10 && (v >> 4 & 15) < 10 && (v & 0xff) <= most;
}

static void time_and_keys(void)
{
    const uint32_t zero_flag = 0x40;
    uint32_t from = ticks(), n = 0;
    for (set_pause(); ticks() - from < 3 && n < 1000; n++)
        call(0x60, (struct registers){.eax = 0});
    check("1Ah, 00h: it ticks", ticks() - from >= 3, 1);
    struct registers r = call(0x1a, (struct registers){.eax = 0x0200});
    check("1Ah, 02h: status", r.flags & CARRY, 0);
    check("1Ah, 02h: a time", bcd(r.ecx >> 8, 0x23) && bcd(r.ecx, 0x59) && bcd(r.edx >> 8, 0x59),
          1);
    r = call(0x1a, (struct registers){.eax = 0x0400});
    check("1Ah, 04h: status", r.flags & CARRY, 0);
    check("1Ah, 04h: century", r.ecx >> 8 & 0xff, 0x20);
    check("1Ah, 04h: a date", bcd(r.ecx, 0x99) && bcd(r.edx >> 8, 0x12) && bcd(r.edx, 0x31), 1);
    r = call(0x16, (struct registers){.eax = 0x0100});
    check("16h, 01h: no key", r.flags & zero_flag, zero_flag);
    r = call(0x16, (struct registers){.eax = 0x1100});
    check("16h, 11h: no key", r.flags & zero_flag, zero_flag);
    r = call(0x16, (struct registers){.eax = 0x0200});
    check("16h, 02h: no shift", r.eax & 3, 0);
}

static void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

void loader_main(uint8_t from)
{
    drive = from;
    console_init(0);
    check("drive", drive, 0x80);
    about_the_disk();
    reading();
    writing();
    disk_errors();
    memory();
    gate_and_equipment();
    time_and_keys();
    print(failed ? "services: FAILED\n" : "services: all as expected\n");
    out8(0xf4, failed ? 1 : 0);
    for (;;)
        __asm__ volatile("cli\n hlt");
}
