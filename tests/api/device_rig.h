/*
 * device_rig.h - a device that writes down what happens to it, and a guest of a few bytes around
 * it: 32-bit protected mode at 1 MiB, the interrupt controllers set up, a handler for line 5.
 */
#ifndef TESTS_API_DEVICE_RIG_H
#define TESTS_API_DEVICE_RIG_H

#include "api.h"

enum {
    PORT = 0x500,
    CODE = 0x100000,
    HANDLER = 0x101000,
    SEEN = 0x102000, /* the handler leaves EBX here and counts in the next four bytes */
    IDT = 0x80000,
    GDT = 0x81000,
    LINE = 5,
};
#define MMIO UINT64_C(0xd0000000)

struct access {
    unsigned region, size;
    uint64_t offset, value;
    bool write;
};

struct rig {
    libcpu *m;
    libcpu_device *dev;
    struct libcpu_device_region region[2];
    struct libcpu_device_desc desc;
    struct access log[16];
    unsigned accesses, resets, removals;
    uint64_t answer; /* of reads */
    uint8_t state;   /* saved */
    /* What a write does besides; NULL: nothing. */
    void (*on_write)(struct rig *r, unsigned region, uint64_t offset, uint64_t value);
    libcpu_timer *timer;
    uint64_t rip, time, insns; /* what a callback saw last */
};

static inline void note(struct rig *r, struct access a)
{
    r->log[r->accesses++ % 16] = a;
}

static inline uint64_t rig_read(void *user, libcpu_device *dev, unsigned region, uint64_t offset,
                                unsigned size)
{
    struct rig *r = user;
    assert_ptr_equal(libcpu_device_machine(dev), r->m);
    note(r, (struct access){region, size, offset, r->answer, false});
    return r->answer;
}

static inline void rig_write(void *user, libcpu_device *dev, unsigned region, uint64_t offset,
                             unsigned size, uint64_t value)
{
    struct rig *r = user;
    assert_ptr_equal(libcpu_device_machine(dev), r->m);
    note(r, (struct access){region, size, offset, value, true});
    r->rip = libcpu_reg(r->m, LIBCPU_REG_RIP);
    r->time = libcpu_now(r->m);
    if (r->on_write)
        r->on_write(r, region, offset, value);
}

static inline void rig_reset(void *user, libcpu_device *dev)
{
    struct rig *r = user;
    (void)dev;
    r->resets++;
}

static inline void rig_save(void *user, libcpu_saver *saver)
{
    struct rig *r = user;
    libcpu_save(saver, &r->state, 1);
}

static inline void rig_removed(void *user)
{
    struct rig *r = user;
    r->removals++;
}

/* Eight ports, a page of registers, one wire. */
static inline void rig_init(struct rig *r, libcpu *m)
{
    *r = (struct rig){.m = m};
    r->region[0] = (struct libcpu_device_region){
        .name = "rig ports", .base = PORT, .size = 8, .space = LIBCPU_SPACE_PORTS};
    r->region[1] = (struct libcpu_device_region){
        .name = "rig page", .base = MMIO, .size = 4096, .space = LIBCPU_SPACE_MMIO};
    libcpu_device_init(&r->desc);
    r->desc.name = "rig";
    r->desc.regions = r->region;
    r->desc.region_count = 2;
    r->desc.wire_count = 1;
    r->desc.line[0] = LINE;
    r->desc.read = rig_read;
    r->desc.write = rig_write;
    r->desc.reset = rig_reset;
    r->desc.save = rig_save;
    r->desc.removed = rig_removed;
}

static inline enum libcpu_err rig_add(struct rig *r)
{
    return libcpu_device_add(r->m, &r->desc, r, &r->dev);
}

/* clang-format off */
static const uint8_t guest_start[] = {
    0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x20, 0xe6, 0x21, 0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21,
    0xb0, 0x11, 0xe6, 0xa0, 0xb0, 0x28, 0xe6, 0xa1, 0xb0, 0x02, 0xe6, 0xa1, 0xb0, 0x01, 0xe6, 0xa1,
    0xb0, 0x00, 0xe6, 0x21, 0xe6, 0xa1, /* both 8259A: vectors 20h and 28h, nothing masked */
    0xba, 0x00, 0x05, 0x00, 0x00,       /* mov edx, 0x500 */
    0x31, 0xdb, 0xfb,                   /* xor ebx, ebx; sti */
};
static const uint8_t guest_handler[] = {
    0x89, 0x1d, 0x00, 0x20, 0x10, 0x00, /* mov [SEEN], ebx */
    0xff, 0x05, 0x04, 0x20, 0x10, 0x00, /* inc dword [SEEN + 4] */
    0xb0, 0x20, 0xe6, 0x20,             /* EOI */
    0xcf,                               /* iretd */
};
/* clang-format on */

enum { BODY = CODE + sizeof(guest_start), PROLOGUE_INSNS = 22 };

static inline uint32_t rig_seen(libcpu *m, unsigned i)
{
    uint32_t v;
    OK(libcpu_phys_read(m, SEEN + 4 * i, &v, 4));
    return v;
}

/* A machine whose guest sets up its interrupts and goes on with `body`. */
static inline libcpu *rig_machine(const struct libcpu_config *config, const void *body, size_t size)
{
    libcpu *m = machine_with(config, LIBCPU_BOOT_PROT32, guest_start, sizeof(guest_start));
    const uint64_t descriptors[] = {0, 0x00cf9b000000ffff}; /* CS is 8 */
    const uint64_t gate =
        (HANDLER & 0xffff) | 8u << 16 | UINT64_C(0x8e00) << 32 | (uint64_t)(HANDLER >> 16) << 48;
    const struct {
        enum libcpu_reg reg;
        uint64_t value;
    } regs[] = {{LIBCPU_REG_RSP, 0x90000},
                {LIBCPU_REG_GDTR_BASE, GDT},
                {LIBCPU_REG_IDTR_BASE, IDT},
                {LIBCPU_REG_GDTR_LIMIT, sizeof(descriptors) - 1},
                {LIBCPU_REG_IDTR_LIMIT, 0x7ff}};
    OK(libcpu_phys_write(m, BODY, body, size));
    OK(libcpu_phys_write(m, HANDLER, guest_handler, sizeof(guest_handler)));
    OK(libcpu_phys_write(m, GDT, descriptors, sizeof(descriptors)));
    OK(libcpu_phys_write(m, IDT + 8 * (0x20 + LINE), &gate, 8));
    for (size_t i = 0; i < sizeof(regs) / sizeof(*regs); i++)
        OK(libcpu_reg_set(m, regs[i].reg, &regs[i].value, libcpu_reg_size(regs[i].reg)));
    return m;
}

#define RIG_MACHINE(body) rig_machine(NULL, (body), sizeof(body))

#endif
