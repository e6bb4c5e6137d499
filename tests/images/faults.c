/*
 * faults.c - which exception wins, what its error code and its frame say, and what becomes of an
 * exception during delivery (SDM vol. 3A, 6.5, 6.9, 6.13, 6.15).
 *
 * Expected: the classes of 6.9: length over 15 is #GP(0) before anything else, then #UD, then #NM,
 * then the operands' faults; privilege comes before operands.  Faults point at the instruction
 * with RF set, traps behind it.  A contributory exception in a gate that cannot be used gives
 * #DF(0); in the delivery of a benign one it is delivered itself, with EXT and IDT bits in the
 * error code.
 *
 * Argument "double" and others: what ends in a triple fault, one a run.
 */
#include "lib/image.h"

/* ---- one exception ---- */
CODE(ud2, "ud2");
CODE(divide, "xorl %ecx, %ecx; movl $1, %eax; cltd; idivl %ecx");
CODE(divide_big, "movl $1, %ecx; movl $5, %edx; divl %ecx");
CODE(divide_minus, "movl $0x80000000, %eax; cltd; movl $-1, %ecx; idivl %ecx");
CODE(too_long, ".fill 15, 1, 0x66; nop");
CODE(longest, ".fill 14, 1, 0x66; nop");
CODE(too_long_ud, ".fill 14, 1, 0x66; ud2");
CODE(lock_nop, ".byte 0xf0; nop");
CODE(lock_mov, ".byte 0xf0; movl %eax, (%rbx)");
CODE(lock_add_reg, ".byte 0xf0; addl %eax, %ebx");
CODE(lock_add, "movl $0x400000, %ebx; xorl %eax, %eax; lock addl %eax, (%rbx)");
CODE(lock_cmp, ".byte 0xf0, 0x39, 0x03");
CODE(mov_cs, ".byte 0x8e, 0xc8");
CODE(mov_sr6, ".byte 0x8c, 0xf0");
CODE(hlt3, "hlt");
CODE(lgdt3_bad, "movabs $0x0100000000000000, %rax; lgdt (%rax)");
CODE(lgdt_reg, ".byte 0x0f, 0x01, 0xd0 + 0x16");
CODE(mov_cr0_3, "movq %cr0, %rax");
CODE(mov_cr1, ".byte 0x0f, 0x20, 0xc8");
CODE(mov_cr1_3, ".byte 0x0f, 0x20, 0xc8");
CODE(rdmsr_none, "movl $0x12345, %ecx; rdmsr");
CODE(int3, "int3");
CODE(int1_dpl, "int $1");
CODE(int0_dpl, "int $0");
CODE(int_beyond, "int $0xff");
CODE(int_user, "int $0x40");
CODE(into_byte, ".byte 0xce");
CODE(push_cs, ".byte 0x0e");
CODE(daa, ".byte 0x27");
CODE(les, ".byte 0xc4, 0x00");
CODE(far_direct, ".byte 0x9a");
CODE(pf_read, "movl $0x50000000, %eax; shlq $4, %rax; movb (%rax), %bl");
CODE(pf_write, "movl $0x50000000, %eax; shlq $4, %rax; movb %bl, (%rax)");
CODE(pf_jump, "movl $0x50000000, %eax; shlq $4, %rax; jmp *%rax");
CODE(pf_second, "movl $0x40000000, %eax; shlq $2, %rax; movl %ebx, -2(%rax)");
CODE(ac, "movl $0x400001, %eax; movl (%rax), %ebx");
CODE(ac_byte, "movl $0x400001, %eax; movb (%rax), %bl");
CODE(ac_push, "subq $1, %rsp; pushq %rax");
CODE(ac_quad, "movl $0x400004, %eax; movq (%rax), %rbx");
CODE(ac_missing, "movl $0x50000000, %eax; shlq $4, %rax; movl 1(%rax), %ebx");
CODE(fwait, "fwait");
CODE(rsm, "rsm");
CODE(in_0x80, "inb $0x80, %al");
CODE(cli3, "cli");
CODE(xlat_ok, "movl $0x400000, %ebx; xorl %eax, %eax; xlat");
CODE(cmpxchg16_bad, "movl $0x400008, %edi; cmpxchg16b (%rdi)");
CODE(ss_null, "xorl %eax, %eax; movl %eax, %ss");
CODE(ss_code, "movl $8, %eax; movl %eax, %ss");
CODE(ds_beyond, "movl $0x800, %eax; movl %eax, %ds");
CODE(ds_absent, "movl $0x68, %eax; movl %eax, %ds");
CODE(ss_absent, "movl $0x78, %eax; movl %eax, %ss");

static const struct piece single[] = {
    {"UD2", ud2, 3, SHOW_FLAGS, "#UD+0 flags=10002"},
    {"divide by zero", divide, 3, SHOW_FLAGS, "#DE+8 flags=10002"},
    {"quotient too large", divide_big, 3, 0, "#DE+a"},
    {"quotient -INT_MIN", divide_minus, 3, 0, "#DE+b"},
    {"16 bytes", too_long, 3, 0, "#GP(0)+0"},
    {"15 bytes", longest, 3, 0, "done"},
    {"16 bytes of UD2", too_long_ud, 3, 0, "#GP(0)+0"},
    {"LOCK NOP", lock_nop, 3, 0, "#UD+0"},
    {"LOCK MOV", lock_mov, 3, 0, "#UD+0"},
    {"LOCK ADD to a register", lock_add_reg, 3, 0, "#UD+0"},
    {"LOCK ADD", lock_add, 3, 0, "done"},
    {"LOCK CMP", lock_cmp, 3, 0, "#UD+0"},
    {"MOV to CS", mov_cs, 3, 0, "#UD+0"},
    {"MOV from segment register 6", mov_sr6, 3, 0, "#UD+0"},
    {"HLT in ring 3", hlt3, 3, SHOW_FLAGS, "#GP(0)+0 flags=10002"},
    {"LGDT in ring 3, bad operand", lgdt3_bad, 3, 0, "#GP(0)+a"},
    {"MOV from CR0 in ring 3", mov_cr0_3, 3, 0, "#GP(0)+0"},
    {"MOV from CR1", mov_cr1, 0, 0, "#UD+0"},
    {"MOV from CR1 in ring 3", mov_cr1_3, 3, 0, "#UD+0"},
    {"RDMSR of none", rdmsr_none, 0, 0, "#GP(0)+5"},
    {"INT 0 in ring 3", int0_dpl, 3, SHOW_FLAGS, "#GP(2)+0 flags=10002"},
    {"INT 1 in ring 3", int1_dpl, 3, 0, "#GP(a)+0"},
    {"INT FFh in ring 3", int_beyond, 3, 0, "#GP(7fa)+0"},
    {"INT 40h, DPL 3", int_user, 3, SHOW_FLAGS, "int 40+2 flags=2"},
    {"INT 0 in ring 0", int0_dpl, 0, SHOW_FLAGS, "#DE+2 flags=2"},
    {"INTO in 64-bit mode", into_byte, 3, 0, "#UD+0"},
    {"PUSH CS in 64-bit mode", push_cs, 3, 0, "#UD+0"},
    {"DAA in 64-bit mode", daa, 3, 0, "#UD+0"},
    {"far CALL in 64-bit mode", far_direct, 3, 0, "#UD+0"},
    {"absent page, read", pf_read, 3, SHOW_FLAGS, "#PF(4)+9 cr2=500000000 flags=10002"},
    {"absent page, write", pf_write, 3, 0, "#PF(6)+9 cr2=500000000"},
    {"absent page, read in ring 0", pf_read, 0, 0, "#PF(0)+9 cr2=500000000"},
    {"absent page, jump", pf_jump, 3, SHOW_FLAGS, "#PF(14) at 500000000 cr2=500000000 flags=10002"},
    {"absent second page", pf_second, 3, 0, "#PF(6)+9 cr2=100000000"},
    {"RSM outside SMM", rsm, 0, 0, "#UD+0"},
    {"IN in ring 3", in_0x80, 3, 0, "#GP(0)+0"},
    {"CLI in ring 3", cli3, 3, 0, "#GP(0)+0"},
    {"CMPXCHG16B unaligned", cmpxchg16_bad, 3, 0, "#GP(0)+5"},
    {"SS null in ring 0", ss_null, 0, SHOW_CS, "done cs=8 ss=0"},
    {"SS null in ring 3", ss_null, 3, 0, "#GP(0)+2"},
    {"SS code", ss_code, 0, 0, "#GP(8)+5"},
    {"DS beyond the table", ds_beyond, 3, 0, "#GP(800)+5"},
    {"DS absent", ds_absent, 3, 0, "#NP(68)+5"},
    {"SS absent", ss_absent, 0, 0, "#SS(78)+5"},
};

/* ---- alignment checks: CR0.AM, EFLAGS.AC, ring 3 ---- */
static void alignment(void)
{
    static const struct {
        const char *name, *code;
        unsigned cpl;
        word flags;
        const char *want;
    } a[] = {
        {"unaligned, AC", ac, 3, F_AC, "#AC(0)+5"},
        {"unaligned, no AC", ac, 3, 0, "done"},
        {"unaligned, ring 0", ac, 0, F_AC, "done"},
        {"byte", ac_byte, 3, F_AC, "done"},
        {"PUSH unaligned", ac_push, 3, F_AC, "#AC(0)+4"},
        {"quadword at 4", ac_quad, 3, F_AC, "#AC(0)+5"},
        {"unaligned and absent", ac_missing, 3, F_AC, "#PF(4)+9 cr2=500000001"},
    };
    write_cr0(read_cr0() | CR0_AM);
    for (unsigned i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
        struct text t = {0};
        struct frame f = frame_at(a[i].code, a[i].cpl);
        f.rflags |= a[i].flags;
        run(&f);
        add_end(&t, &f, a[i].code);
        check(a[i].name, t.s, a[i].want);
    }
    write_cr0(read_cr0() & ~(word)CR0_AM);
    struct text t = {0};
    struct frame f = frame_at(ac, 3);
    f.rflags |= F_AC;
    run(&f);
    add_end(&t, &f, ac);
    check("unaligned, no AM", t.s, "done");
}

/* ---- an exception while another is delivered ---- */

enum spoil { ABSENT, BAD_SELECTOR, NULL_SELECTOR, BAD_TYPE, ABSENT_CODE, BAD_TARGET, DATA_SEGMENT };

/* Make the gate of a vector one that cannot be used. */
static void spoil_gate(unsigned vector, enum spoil how)
{
    const void *catcher = catchers + 16 * vector;
    switch (how) {
    case ABSENT: set_gate(vector, catcher, SEL_CODE, 0x0e, 1); break;
    case BAD_SELECTOR: set_gate(vector, catcher, 0x800, 0x8e, 1); break;
    case NULL_SELECTOR: set_gate(vector, catcher, 0, 0x8e, 1); break;
    case BAD_TYPE: set_gate(vector, catcher, SEL_CODE, 0x85, 1); break;
    case ABSENT_CODE: set_gate(vector, catcher, SEL_FREE + 8, 0x8e, 1); break;
    case DATA_SEGMENT: set_gate(vector, catcher, SEL_DATA, 0x8e, 1); break;
    default: set_gate(vector, (const void *)0x0100000000000000, SEL_CODE, 0x8e, 1); break;
    }
}

CODE(int_41, "int $0x41");
CODE(int_3, "int3; nop");
CODE(np, "movl $0x68, %eax; movl %eax, %ds");
CODE(gp, "movl $0x800, %eax; movl %eax, %ds");
CODE(icebp, ".byte 0xf1");

static const struct nested {
    const char *name;
    const char *code;
    unsigned vector;
    enum spoil how;
    const char *want;
} nested[] = {
    {"INT, gate absent", int_41, 0x41, ABSENT, "#NP(20a)+0"},
    {"INT, gate of a bad type", int_41, 0x41, BAD_TYPE, "#GP(20a)+0"},
    {"INT, selector null", int_41, 0x41, NULL_SELECTOR, "#GP(0)+0"},
    {"INT, selector beyond", int_41, 0x41, BAD_SELECTOR, "#GP(800)+0"},
    {"INT, code absent", int_41, 0x41, ABSENT_CODE, "#NP(70)+0"},
    {"INT, no code", int_41, 0x41, DATA_SEGMENT, "#GP(10)+0"},
    {"INT, target not canonical", int_41, 0x41, BAD_TARGET, "#GP(0)+0"},
    {"ICEBP, gate absent", icebp, V_DB, ABSENT, "#NP(b)+0"},
    {"#UD, gate absent", ud2, V_UD, ABSENT, "#NP(33)+0"},
    {"#UD, gate of a bad type", ud2, V_UD, BAD_TYPE, "#GP(33)+0"},
    {"#UD, selector beyond", ud2, V_UD, BAD_SELECTOR, "#GP(801)+0"},
    {"#UD, selector null", ud2, V_UD, NULL_SELECTOR, "#GP(1)+0"},
    {"#DE, gate absent", divide, V_DE, ABSENT, "#DF(0)+8"},
    {"#NP, gate absent", np, V_NP, ABSENT, "#DF(0)+5"},
    {"#GP, gate absent", gp, V_GP, ABSENT, "#DF(0)+5"},
    {"#GP, selector beyond", gp, V_GP, BAD_SELECTOR, "#DF(0)+5"},
    {"#PF, gate absent", pf_read, V_PF, ABSENT, "#DF(0)+9"},
};

static void nesting(void)
{
    for (const struct nested *n = nested; n < nested + sizeof(nested) / sizeof(nested[0]); n++) {
        struct text t = {0};
        struct frame f = frame_at(n->code, 0);
        spoil_gate(n->vector, n->how);
        run(&f);
        reset_idt();
        add_end(&t, &f, n->code);
        check(n->name, t.s, n->want);
    }
}

/* A stack that cannot take the frame: a page fault or #SS in the delivery of the first. */
static const struct stack {
    const char *name;
    const char *code;
    unsigned vector;
    uint64_t ist2;
    const char *want;
} stacks[] = {
    {"#UD, stack absent", ud2, V_UD, 0x500000000, "#PF(2)+0 cr2=4fffff000"},
    {"#UD, stack not canonical", ud2, V_UD, 0x0100000000000000, "#SS(1)+0"},
    {"#DE, stack absent", divide, V_DE, 0x500000000, "#PF(2)+8 cr2=4fffff000"},
    {"#DE, stack not canonical", divide, V_DE, 0x0100000000000000, "#DF(0)+8"},
    {"#GP, stack absent", gp, V_GP, 0x500000000, "#PF(2)+5 cr2=4fffff000"},
    {"#GP, stack not canonical", gp, V_GP, 0x0100000000000000, "#DF(0)+5"},
    {"#PF, stack absent", pf_read, V_PF, 0x500000000, "#DF(0)+9"},
    {"#PF, stack not canonical", pf_read, V_PF, 0x0100000000000000, "#DF(0)+9"},
    {"INT, stack absent", int_41, 0x41, 0x500000000, "#PF(2)+0 cr2=4fffff000"},
    {"INT, stack not canonical", int_41, 0x41, 0x0100000000000000, "#SS(0)+0"},
};

static void bad_stacks(void)
{
    for (const struct stack *s = stacks; s < stacks + sizeof(stacks) / sizeof(stacks[0]); s++) {
        struct text t = {0};
        struct frame f = frame_at(s->code, 0);
        __builtin_memcpy(tss + 0x2c, &s->ist2, 8);
        set_gate(s->vector, catchers + 16 * s->vector, SEL_CODE, 0xee, 2);
        run(&f);
        reset_idt();
        f.cr2 &= ~(word)0xfff; /* which of the pushes was first is not said */
        add_end(&t, &f, s->code);
        check(s->name, t.s, s->want);
    }
}

/* ---- the end: each leaves nothing to deliver ---- */
static const struct end {
    const char *argument;
    const char *code;
    unsigned vector;
} ends[] = {
    {"double", ud2, V_UD}, /* #UD, #NP, #DF: all without a gate */
    {"divide", divide, V_DE},
    {"page", pf_read, V_PF},
};

static void end_of_all(const struct end *e)
{
    struct frame f = frame_at(e->code, 0);
    report(e->argument, "a triple fault follows");
    spoil_gate(e->vector, ABSENT);
    spoil_gate(V_DF, ABSENT);
    spoil_gate(V_NP, ABSENT);
    run(&f);
    check(e->argument, "alive", "dead");
}

void image(void)
{
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (same(argument(), ends[i].argument))
            end_of_all(&ends[i]);
    set_desc(SEL_FREE, segment(0, 0xfffff, 0x73, 12));
    set_desc(SEL_FREE + 8, segment(0, 0xfffff, 0x1b, 10));
    set_desc(SEL_FREE + 16, segment(0, 0xfffff, 0x13, 12));
    set_gate(0x40, catchers + 16 * 0x40, SEL_CODE, 0xee, 1);
    RUN_PIECES(single);
    alignment();
    nesting();
    bad_stacks();
}
