/*
 * test_fpuerr.c - x87 exceptions as a PC of old has them: CR0.NE is clear, FERR# becomes IRQ 13,
 * and the handler answers at port F0h, uses the unit and lets the program go on (SDM vol. 1,
 * D.2.1).
 */
#include "api.h"

enum {
    FWAIT = 0x47,
    END = 0x4a,
};

static const uint8_t code[] = {
    0xfa,                               /* cli */
    0x31, 0xc0,                         /* xor ax, ax */
    0x8e, 0xd8,                         /* mov ds, ax */
    0x8e, 0xd0,                         /* mov ss, ax */
    0xbc, 0x00, 0x70,                   /* mov sp, 7000h */
    0xc7, 0x06, 0xd4, 0x01, 0x4a, 0x7c, /* mov word [75h * 4], 7c00h + the handler */
    0xa3, 0xd6, 0x01,                   /* mov [75h * 4 + 2], ax */
    0xb0, 0x11, 0xe6, 0x20, 0xe6, 0xa0, /* both 8259s: ICW1 */
    0xb0, 0x08, 0xe6, 0x21,             /* vectors from 08h */
    0xb0, 0x70, 0xe6, 0xa1,             /* and from 70h */
    0xb0, 0x04, 0xe6, 0x21,             /* ICW3 */
    0xb0, 0x02, 0xe6, 0xa1,             /* */
    0xb0, 0x01, 0xe6, 0x21, 0xe6, 0xa1, /* ICW4 */
    0xb0, 0xfb, 0xe6, 0x21,             /* only the cascade */
    0xb0, 0xdf, 0xe6, 0xa1,             /* and IRQ 13 */
    0xdb, 0xe3,                         /* fninit */
    0xd9, 0x2e, 0x5b, 0x7c,             /* fldcw [cw] */
    0x31, 0xdb,                         /* xor bx, bx */
    0xfb,                               /* sti */
    0xd9, 0xe8,                         /* fld1 */
    0xd9, 0xee,                         /* fldz */
    0xd8, 0xf9,                         /* fdivr st0, st1: 1 / 0 */
    0x42,                               /* inc dx: integer instructions do not wait */
    0x9b,                               /* FWAIT */
    0xfa, 0xf4,                         /* cli; hlt: END behind it */
    0x43,                               /* the handler: inc bx */
    0xe6, 0xf0,                         /* out F0h, al */
    0x9b, 0xdf, 0xe0,                   /* fstsw ax: does not wait any more */
    0x89, 0xc1,                         /* mov cx, ax */
    0xdb, 0xe2,                         /* fnclex */
    0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, /* EOI to both */
    0xcf,                               /* iret */
    0x7b, 0x03,                         /* cw: ZE is not masked */
};

static void irq_13(void **state)
{
    struct libcpu_stop s;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    (void)state;
    uint64_t dx = libcpu_reg(m, LIBCPU_REG_RDX);
    OK(libcpu_run(m, 1000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.rip, 0x7c00 + END);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 1);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RCX) & 0x80ff, 0x8084);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RDX), dx + 1);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RSP) & 0xffff, 0x7000);
    libcpu_destroy(m);
}

/* While interrupts are off the instruction waits, and the caller gets control back. */
static void no_interrupts(void **state)
{
    static uint8_t masked[sizeof(code)];
    struct libcpu_stop s;
    (void)state;
    memcpy(masked, code, sizeof(code));
    masked[FWAIT - 8] = 0x90; /* no STI */
    assert_int_equal(code[FWAIT - 8], 0xfb);
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, masked);
    OK(libcpu_run(m, 1000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(s.rip, 0x7c00 + FWAIT);
    libcpu_destroy(m);
}

/* FCW and FSW set from outside: with CR0.NE, whether an exception waits is known at once. */
static void from_outside(void **state)
{
    static const uint8_t wait[] = {0x9b, 0xf4};
    uint16_t fcw = 0x037f, fsw = 0x0004;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, wait);
    (void)state;
    OK(libcpu_reg_set(m, LIBCPU_REG_FCW, &fcw, sizeof(fcw)));
    OK(libcpu_reg_set(m, LIBCPU_REG_FSW, &fsw, sizeof(fsw)));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FSW), 0x0004);
    fcw = 0x037b;
    OK(libcpu_reg_set(m, LIBCPU_REG_FCW, &fcw, sizeof(fcw)));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_FSW), 0x8084);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(irq_13),
        cmocka_unit_test(no_interrupts),
        cmocka_unit_test(from_outside),
    };
    return cmocka_run_group_tests_name("api_fpuerr", tests, NULL, NULL);
}
