/*
 * device.c - a custom device: an I/O port whose reads give dice, and a timer that interrupts.
 */
#include <libcpu/libcpu.h>

#include <stdio.h>

enum { DICE_PORT = 0x500, DICE_LINE = 5, VECTOR = 0x25 };

struct dice {
    libcpu *m;
    libcpu_device *dev;
    libcpu_timer *timer;
    uint32_t state;
};

/* Reading the port rolls; it also answers the interrupt. */
static uint64_t roll(void *user, libcpu_device *dev, unsigned region, uint64_t offset,
                     unsigned size)
{
    struct dice *d = user;
    (void)region, (void)offset, (void)size;
    libcpu_device_wire(dev, 0, false);
    d->state = d->state * 1664525 + 1013904223;
    return (d->state >> 16) % 6 + 1;
}

/* A new roll is ready every 100 us of the guest's time. */
static void ready(void *user, libcpu_timer *timer, uint64_t times)
{
    struct dice *d = user;
    (void)timer, (void)times;
    libcpu_device_wire(d->dev, 0, true);
}

static void reset(void *user, libcpu_device *dev)
{
    struct dice *d = user;
    d->dev = dev;
    d->state = 1;
    libcpu_timer_arm(d->timer, libcpu_now(d->m) + 100000, 100000);
}

static void save(void *user, libcpu_saver *saver)
{
    struct dice *d = user;
    libcpu_save(saver, &d->state, sizeof(d->state));
}

static enum libcpu_err add_dice(libcpu *m, struct dice *d, uint64_t at)
{
    const struct libcpu_device_region port = {
        .base = at,
        .size = 1,
        .space = LIBCPU_SPACE_PORTS,
    };
    struct libcpu_device_desc desc;

    d->m = m;
    libcpu_device_init(&desc);
    desc.name = "dice";
    desc.regions = &port;
    desc.region_count = 1;
    desc.wire_count = 1;
    desc.line[0] = DICE_LINE;
    desc.read = roll;
    desc.reset = reset;
    desc.save = save;
    enum libcpu_err err = libcpu_timer_new(m, ready, d, &d->timer);
    return err ? err : libcpu_device_add(m, &desc, d, NULL);
}

/* The guest, a boot sector in real mode: set up the interrupt, then halt; the handler reads the
 * port and sends a digit over the serial line. */
static const uint8_t guest[] = {
    0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, /* ds = ss = 0, sp = 7c00h */
    0xc7, 0x06, 0x94, 0x00, 0x2e, 0x7c,                   /* vector 25h: offset 7c2eh */
    0xc7, 0x06, 0x96, 0x00, 0x00, 0x00,                   /* and segment 0 */
    0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x20, 0xe6, 0x21,       /* 8259A: vectors from 20h */
    0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21,       /* slave on 2, 8086 mode */
    0xb0, 0xdf, 0xe6, 0x21,                               /* all masked but line 5 */
    0xfb, 0xf4, 0xeb, 0xfc, 0x90,                         /* sti; 1: hlt; jmp 1b */
    0xba, 0x00, 0x05, 0xec, 0x04, 0x30,                   /* al = port 500h + '0' */
    0xba, 0xf8, 0x03, 0xee,                               /* to the serial port */
    0xb0, 0x20, 0xe6, 0x20, 0xcf,                         /* end of interrupt; iret */
};

static void print(void *user, const uint8_t *data, size_t size)
{
    fwrite(data, 1, size, user);
}

int main(void)
{
    struct libcpu_config config;
    struct libcpu_image_options image;
    struct libcpu_stop stop;
    struct dice dice = {0};
    libcpu *m;

    libcpu_config_init(&config);
    config.serial = print;
    config.serial_user = stdout;
    if (libcpu_create(&config, &m) != LIBCPU_ERR_OK)
        return 1;
    libcpu_image_init(&image);
    image.format = LIBCPU_IMAGE_FLAT;
    image.mode = LIBCPU_BOOT_REAL16;
    image.addr = 0x7c00;
    if (add_dice(m, &dice, DICE_PORT) != LIBCPU_ERR_OK ||
        libcpu_load_mem(m, guest, sizeof(guest), &image) != LIBCPU_ERR_OK) {
        fprintf(stderr, "%s\n", libcpu_last_error(m));
        return 1;
    }
    libcpu_run(m, 2050000, &stop); /* 2.05 ms: twenty rolls */
    printf("\n%d instructions in %d us\n", (int)stop.insns, (int)(stop.time_ns / 1000));

    /* A place that is taken: the error names both. */
    if (add_dice(m, &dice, 0x3f8) == LIBCPU_ERR_OVERLAP)
        printf("%s\n", libcpu_last_error(m));
    libcpu_destroy(m);
    return 0;
}
