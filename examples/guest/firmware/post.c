/*
 * post.c: from reset to the boot sector: vectors, interrupt controllers, timer, memory, drives, and
 * then INT 19h.
 */
#include "firmware.h"

enum { PIC0 = 0x20, PIC1 = 0xa0, PIT = 0x40, POST_CODE = 0x80 };
enum { FIRST_DISK = 0x80, BOOT_ADDRESS = 0x7c00 };

void post(void);
void boot_service(struct registers *r);
void no_boot(struct registers *r);

static void set_vector(unsigned n, uint16_t offset)
{
    far_put16(0, (uint16_t)(4 * n), offset);
    far_put16(0, (uint16_t)(4 * n + 2), 0xf000);
}

static void init_vectors(void)
{
    for (unsigned n = 0; n < 256; n++) {
        bool irq = (n >= 0x08 && n < 0x10) || (n >= 0x70 && n < 0x78);
        set_vector(n, (uint16_t)(uint32_t)(irq ? ignore_irq : ignore));
    }
    for (const struct vector *v = vectors; v < vectors_end; v++)
        set_vector(v->number, v->offset);
}

/* IRQ 0 to 7 at INT 08h, 8 to 15 at INT 70h; only the timer may come. */
static void init_interrupts(void)
{
    static const uint8_t words[2][4] = {{0x11, 0x08, 4, 1}, {0x11, 0x70, 2, 1}};
    for (unsigned i = 0; i < 2; i++) {
        const uint16_t pic = i ? PIC1 : PIC0;
        for (unsigned k = 0; k < 4; k++)
            out8((uint16_t)(pic + (k != 0)), words[i][k]);
    }
    out8(PIC0 + 1, 0xfe);
    out8(PIC1 + 1, 0xff);
    out8(PIT + 3, 0x34); /* channel 0, mode 2, 65536: 18.2 Hz */
    out8(PIT, 0);
    out8(PIT, 0);
}

static void init_data_area(void)
{
    for (uint16_t i = 0; i < 256; i = (uint16_t)(i + 2))
        far_put16(BDA, i, 0);
    far_put16(BDA, BDA_EQUIPMENT, 0x0222); /* a serial port, 80 columns, a coprocessor */
    far_put16(BDA, BDA_MEMORY, 640);
}

void post(void)
{
    out8(POST_CODE, 0x01);
    init_vectors();
    init_data_area();
    console_init();
    out8(POST_CODE, 0x02);
    init_interrupts();
    print("[firmware]     first instruction at FFFFFFF0h; now in real mode, segment F000h\n");
    print("[firmware]     memory: 640 KiB and ");
    print_dec(extended_kib() / 1024);
    print(" MiB; vectors, timer and serial port are set up\n");
    out8(POST_CODE, 0x03);
    unsigned n = disk_init();
    for (unsigned i = 0; i < n; i++) {
        print("[firmware]     disk ");
        print_hex(FIRST_DISK + i, 2);
        print("h: ");
        print_dec(disk_kib(i));
        print(" KiB\n");
    }
    out8(POST_CODE, 0x04);
    __asm__ volatile("sti\n int $0x19");
    halt();
}

/* INT 19h: the first disk whose first sector ends in 55 AA (BIOS Boot Specification 1.01, 6.5.1).
 */
void boot_service(struct registers *r)
{
    for (unsigned i = 0; disk_read(i, 0, 0, BOOT_ADDRESS); i++) {
        if (far_get16(0, BOOT_ADDRESS + 510) != 0xaa55)
            continue;
        print("[firmware]     boot sector of disk ");
        print_hex(FIRST_DISK + i, 2);
        print("h is at 0000:7C00; jumping there\n");
        start_boot_sector(FIRST_DISK + i);
    }
    no_boot(r);
}

/* INT 18h: nothing to boot. */
void no_boot(struct registers *r)
{
    (void)r;
    print("[firmware]     no disk has a boot sector\n");
    halt();
}
