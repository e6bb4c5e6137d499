/*
 * doublefault.c - what becomes of an exception in the delivery of another: every class with every
 * other (SDM vol. 3A, 6.15, "Interrupt 8", tables 6-4 and 6-5; 6.13 for the error codes).
 *
 * Expected: the second is delivered in place of a benign first one; a contributory one after a
 * contributory one, and a contributory one or a page fault after a page fault, are #DF(0).  A page
 * fault after a contributory one is delivered.  The second's error code has EXT set, unless the
 * first came from INT n or INT3.
 */
#include "lib/image.h"

enum class { BENIGN, CONTRIBUTORY, PAGE_FAULT };

enum {
    SEL_ABSENT_CODE = SEL_FREE,
    SEL_ABSENT = SEL_FREE + 8,
    IST2 = 0x2c, /* in the TSS */
    V_MF = 16,
    V_AC,
    V_XM = 19,
    V_INT = 0x40,
};

CODE(divide, "xorl %ecx, %ecx; movl $1, %eax; cltd; idivl %ecx");
CODE(breakpoint, "int3");
CODE(step, "nop");
CODE(int1, ".byte 0xf1");
CODE(undefined, "ud2");
CODE(device, "fwait");
CODE(not_present, "movl $0x70, %eax; movl %eax, %ds");
CODE(stack, "movl $0x73, %eax; movl %eax, %ss");
CODE(protection, "hlt");
CODE(page, "movl $0x50000000, %eax; shlq $4, %rax; movb (%rax), %bl");
CODE(x87, "fninit; pushq $0x37b; fldcw (%rsp); fld1; fldz; fdivrp; fwait");
CODE(alignment, "movl $0x400001, %eax; movl (%rax), %ebx");
CODE(simd, "pushq $0x1d80; ldmxcsr (%rsp); xorps %xmm0, %xmm0; movl $1, %eax\n"
           "cvtsi2ssl %eax, %xmm1; divss %xmm0, %xmm1");
CODE(software, "int $0x40");

static const struct first {
    const char *name, *code;
    unsigned vector, cpl;
    enum class class;
    bool external; /* EXT in the second's error code */
} firsts[] = {
    {"#DE", divide, V_DE, 3, CONTRIBUTORY, true},
    {"#DB", step, V_DB, 3, BENIGN, true},
    {"INT1", int1, V_DB, 3, BENIGN, true},
    {"#BP", breakpoint, V_BP, 3, BENIGN, false},
    {"#UD", undefined, V_UD, 3, BENIGN, true},
    {"#NM", device, V_NM, 3, BENIGN, true},
    {"#NP", not_present, V_NP, 3, CONTRIBUTORY, true},
    {"#SS", stack, V_SS, 3, CONTRIBUTORY, true},
    {"#GP", protection, V_GP, 3, CONTRIBUTORY, true},
    {"#PF", page, V_PF, 3, PAGE_FAULT, true},
    {"#MF", x87, V_MF, 3, BENIGN, true},
    {"#AC", alignment, V_AC, 3, BENIGN, true},
    {"#XM", simd, V_XM, 3, BENIGN, true},
    {"INT 40h", software, V_INT, 3, BENIGN, false},
};

/* What is wrong with the first one's gate or stack, and the exception that this is. */
static const struct second {
    const char *name;
    unsigned vector;
    unsigned selector, access, ist; /* of the gate */
    uint64_t rsp;                   /* IST 2 */
    enum class class;
    bool names_gate; /* the error code is the gate's, else `selector` and EXT */
} seconds[] = {
    {"gate absent", V_NP, SEL_CODE, 0x6e, 1, 0, CONTRIBUTORY, true},
    {"gate of another type", V_GP, SEL_CODE, 0xea, 1, 0, CONTRIBUTORY, true},
    {"null selector", V_GP, 0, 0xee, 1, 0, CONTRIBUTORY, false},
    {"to data", V_GP, SEL_DATA, 0xee, 1, 0, CONTRIBUTORY, false},
    {"code absent", V_NP, SEL_ABSENT_CODE, 0xee, 1, 0, CONTRIBUTORY, false},
    {"stack not canonical", V_SS, SEL_CODE, 0xee, 2, UINT64_C(0x800000000100), CONTRIBUTORY, false},
    {"stack on an absent page", V_PF, SEL_CODE, 0xee, 2, UINT64_C(0x500000800), PAGE_FAULT, false},
};

static bool is_double(enum class first, enum class second)
{
    return second != BENIGN && (first == PAGE_FAULT || (first == CONTRIBUTORY && second == first));
}

static void add_error(struct text *t, unsigned vector, uint64_t error)
{
    static const char *const names[] = {
        [V_DF] = "#DF", [V_NP] = "#NP", [V_SS] = "#SS", [V_GP] = "#GP", [V_PF] = "#PF"};
    const bool named = vector < sizeof(names) / sizeof(names[0]) && names[vector];
    add(t, named ? names[vector] : "vector ");
    if (!named)
        add_hex(t, vector);
    add(t, "(");
    add_hex(t, error);
    add(t, ")");
}

static void expectation(struct text *t, const struct first *f, const struct second *s)
{
    const unsigned ext = f->external;
    if (is_double(f->class, s->class))
        add_error(t, V_DF, 0);
    else if (s->vector == V_PF)
        add_error(t, V_PF, 2); /* a write by the supervisor */
    else if (s->names_gate)
        add_error(t, s->vector, f->vector * 8 + 2 + ext);
    else if (s->vector == V_SS)
        add_error(t, V_SS, ext);
    else
        add_error(t, s->vector, s->selector + ext);
}

static void both(const struct first *f, const struct second *s)
{
    struct text name = {0}, got = {0}, want = {0};
    reset_idt();
    set_gate(f->vector, catchers + 16 * f->vector, s->selector, s->access, s->ist);
    *(uint32_t *)(tss + IST2) = (uint32_t)s->rsp;
    *(uint32_t *)(tss + IST2 + 4) = (uint32_t)(s->rsp >> 32);
    write_cr0(f->code == device ? read_cr0() | CR0_TS | 2 : read_cr0() & ~(word)CR0_TS);
    struct frame frame = frame_at(f->code, f->cpl);
    if (f->code == alignment)
        frame.rflags |= F_AC;
    if (f->code == step)
        frame.rflags |= F_TF;
    run(&frame);
    write_cr0(read_cr0() & ~(word)CR0_TS);
    add(&name, f->name);
    add(&name, ", ");
    add(&name, s->name);
    add_error(&got, (unsigned)frame.vector, frame.error);
    expectation(&want, f, s);
    check(name.s, got.s, want.s);
}

void image(void)
{
    write_cr0(read_cr0() | CR0_AM);
    write_cr4(read_cr4() | 0x600); /* OSFXSR, OSXMMEXCPT */
    set_desc(SEL_ABSENT_CODE, segment(0, 0xfffff, 0x1b, 0xa));
    set_desc(SEL_ABSENT, segment(0, 0xfffff, 0x73, 0xc));
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
        for (size_t k = 0; k < sizeof(seconds) / sizeof(seconds[0]); k++)
            both(&firsts[i], &seconds[k]);
    reset_idt();
}
