/*
 * debug.c - debug registers and single steps (SDM vol. 3B, chapter 18, "Debug, Branch Profile...").
 *
 * Expected: instruction breakpoints are faults, before the instruction, and RF keeps them quiet for
 * one instruction, though it is not set in what the #DB pushes; data and I/O breakpoints and TF are
 * traps, after it.  DR6 tells B0 to B3, BD and BS; BD and BS stay until software clears them.  MOV
 * SS and POP SS hold all of it back for one instruction, and data breakpoints of that MOV SS are
 * delivered after the next.  TF traps after the instruction that began with TF set: POPF that sets
 * it is not trapped, what follows is; POPF that clears it is.  INT n, SYSCALL and a fault clear TF
 * before the trap could come.  REP traps after each iteration.
 *
 * A line tells the exception, DR6 without its fixed bits, and what a case adds.
 */
#include "lib/image.h"

#define DR6_FIXED 0xffff0ff0u

static void set_dr7(word v)
{
    asm volatile("mov %0, %%dr7" : : "r"(v));
}

static void set_dr6(word v)
{
    asm volatile("mov %0, %%dr6" : : "r"(v));
}

static word dr6(void)
{
    word v;
    asm volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static word dr7(void)
{
    word v;
    asm volatile("mov %%dr7, %0" : "=r"(v));
    return v;
}

static void set_address(unsigned n, word v)
{
    switch (n) {
    case 0: asm volatile("mov %0, %%dr0" : : "r"(v)); break;
    case 1: asm volatile("mov %0, %%dr1" : : "r"(v)); break;
    case 2: asm volatile("mov %0, %%dr2" : : "r"(v)); break;
    default: asm volatile("mov %0, %%dr3" : : "r"(v)); break;
    }
}

enum { EXEC, WRITE, IO, ACCESS };
enum { LEN1, LEN2, LEN8, LEN4 };

static word breakpoint(unsigned n, word address, unsigned kind, unsigned len)
{
    set_address(n, address);
    return (word)(kind | len << 2) << (16 + 4 * n) | (word)2 << (2 * n);
}

/* One breakpoint and one piece; `at` is an address, or an offset into the piece. */
struct watch {
    const char *name;
    const char *code;
    unsigned cpl;
    word flags; /* of the beginning */
    unsigned kind, len;
    word at; /* 0: none */
    unsigned show;
    const char *want;
};

static void add_dr6(struct text *t)
{
    add(t, " dr6=");
    add_hex(t, dr6() & ~(word)DR6_FIXED);
}

static void run_watches(const struct watch *w, size_t n)
{
    for (const struct watch *end = w + n; w < end; w++) {
        struct text t = {0};
        struct frame f = frame_at(w->code, w->cpl);
        word at = w->kind == EXEC ? (word)w->code + w->at - 1 : w->at;
        f.rflags |= w->flags;
        f.r[CX] = 3;
        f.r[DI] = 0x400200;
        set_dr6(0);
        if (w->at)
            set_dr7(breakpoint(0, at, w->kind, w->len) | 0x400);
        run(&f);
        set_dr7(0x400);
        add_shown(&t, &f, w->code, w->show);
        add_dr6(&t);
        check(w->name, t.s, w->want);
    }
}
#define RUN_WATCHES(table) run_watches((table), sizeof(table) / sizeof((table)[0]))

CODE(nops, "nop; nop; nop");
CODE(write_byte, "movb $1, 0x400010");
CODE(write_word, "movw $1, 0x40000f");
CODE(write_quad, "movq $1, 0x400009");
CODE(read_byte, "movb 0x400010, %al; nop");
CODE(read_write, "incl 0x400010; nop");
CODE(push_stack, "movl $0x400018, %esp; pushq %rax; nop");
CODE(rep_stos, "movl $0x40000c, %edi; movl $4, %ecx; xorl %eax, %eax; rep stosl; nop");
CODE(rep_movs, "movl $0x400100, %edi; movl $0x40000e, %esi; movl $4, %ecx; rep movsb; nop");
CODE(two_writes, "movb $1, 0x400010; movb $1, 0x400020");
CODE(faulting_write, "movb $1, 0x400010; ud2");
CODE(mov_ss, "movl %ss, %eax; movl %eax, %ss; nop; nop");
CODE(mov_ss_memory, "movl %ss, %eax; movw %ax, 0x400100; movw 0x400100, %ss; nop; nop");
CODE(sti_nop, "sti; nop; nop");
CODE(in_port, "inb $0x61, %al; nop");
CODE(out_port, "movb $0, %al; outb %al, $0x80; nop");

static const struct watch watches[] = {
    {"execute, first byte", nops, 3, 0, EXEC, LEN1, 2, SHOW_FLAGS, "#DB+1 flags=2 dr6=1"},
    {"execute, ring 0", nops, 0, 0, EXEC, LEN1, 3, SHOW_FLAGS, "#DB+2 flags=2 dr6=1"},
    {"execute, with RF", nops, 0, F_RF, EXEC, LEN1, 1, SHOW_FLAGS, "done flags=2 dr6=0"},
    {"execute, RF lasts one instruction", nops, 0, F_RF, EXEC, LEN1, 2, SHOW_FLAGS,
     "#DB+1 flags=2 dr6=1"},
    {"write", write_byte, 3, 0, WRITE, LEN1, 0x400010, SHOW_FLAGS, "#DB+8 flags=2 dr6=1"},
    {"write, RF does not matter", write_byte, 3, F_RF, WRITE, LEN1, 0x400010, SHOW_FLAGS,
     "#DB+8 flags=2 dr6=1"},
    {"write, second byte", write_word, 3, 0, WRITE, LEN1, 0x400010, 0, "#DB+a dr6=1"},
    {"write, last byte of eight", write_quad, 3, 0, WRITE, LEN1, 0x400010, 0, "#DB+c dr6=1"},
    {"write, one below", write_quad, 3, 0, WRITE, LEN1, 0x400008, 0, "done dr6=0"},
    {"write, one above", write_quad, 3, 0, WRITE, LEN1, 0x400011, 0, "done dr6=0"},
    {"write, range of eight", write_byte, 3, 0, WRITE, LEN8, 0x400010, 0, "#DB+8 dr6=1"},
    {"write, range is aligned", write_byte, 3, 0, WRITE, LEN4, 0x400013, 0, "#DB+8 dr6=1"},
    {"read, watched for writes", read_byte, 3, 0, WRITE, LEN1, 0x400010, 0, "done dr6=0"},
    {"read", read_byte, 3, 0, ACCESS, LEN1, 0x400010, 0, "#DB+7 dr6=1"},
    {"read and write", read_write, 3, 0, ACCESS, LEN4, 0x400010, 0, "#DB+7 dr6=1"},
    {"PUSH", push_stack, 3, 0, WRITE, LEN4, 0x400010, 0, "#DB+6 dr6=1"},
    {"REP STOS", rep_stos, 3, 0, WRITE, LEN4, 0x400010, SHOW_CX, "#DB+c cx=2 dr6=1"},
    {"REP MOVS, source", rep_movs, 3, 0, ACCESS, LEN1, 0x400010, SHOW_CX, "#DB+f cx=1 dr6=1"},
    {"write before a fault", faulting_write, 3, 0, WRITE, LEN1, 0x400010, 0, "#DB+8 dr6=1"},
    {"execute after MOV SS", mov_ss, 0, 0, EXEC, LEN1, 5, 0, "done dr6=0"},
    {"execute two after MOV SS", mov_ss, 0, 0, EXEC, LEN1, 6, 0, "#DB+5 dr6=1"},
    {"MOV SS from watched memory", mov_ss_memory, 0, 0, ACCESS, LEN2, 0x400100, 0, "#DB+a dr6=1"},
    {"execute after STI", sti_nop, 0, 0, EXEC, LEN1, 2, SHOW_FLAGS, "#DB+1 flags=202 dr6=1"},
};

/* ---- I/O breakpoints want CR4.DE ---- */
static const struct watch ports[] = {
    {"IN", in_port, 0, 0, IO, LEN1, 0x61, 0, "#DB+2 dr6=1"},
    {"OUT", out_port, 0, 0, IO, LEN1, 0x80, 0, "#DB+4 dr6=1"},
    {"OUT elsewhere", out_port, 0, 0, IO, LEN1, 0x81, 0, "done dr6=0"},
};

/* ---- single steps ---- */
CODE(popf_set, "pushfq; orl $0x100, (%rsp); popfq; nop; nop");
CODE(popf_clear, "pushfq; andl $~0x100, (%rsp); popfq; nop");
CODE(popf_clear_only, "popfq; nop");
CODE(rep_steps, "rep stosb; nop");
CODE(jump_step, "jmp 1f; nop; 1: nop");
CODE(step_pushf, "pushfq; popq %rax");
CODE(step_ud, "ud2");
CODE(step_int, "int $0x40; nop");
CODE(step_mov_ss, "movl %eax, %ss; nop; nop");
CODE(step_syscall, "syscall; nop");
CODE(step_hlt, "cli; nop");
CODE(syscall_target, "nop; nop");
CODE(gd_read, "movq %dr0, %rax");
CODE(gd_write, "movq %rax, %dr3");
CODE(user_dr, "movq %dr0, %rax");
CODE(dr4, "movq %dr4, %rax");
CODE(dr7_high, "movabs $0x100000000, %rax; movq %rax, %dr7");
CODE(dr6_high, "movabs $0x100000000, %rax; movq %rax, %dr6");
CODE(dr0_high, "movabs $0x123456789abcdef0, %rax; movq %rax, %dr0; movq %dr0, %rax");
CODE(icebp, ".byte 0xf1; nop");

static const struct watch steps[] = {
    {"step", nops, 3, F_TF, EXEC, LEN1, 0, SHOW_FLAGS, "#DB+1 flags=102 dr6=4000"},
    {"step, ring 0", nops, 0, F_TF, EXEC, LEN1, 0, SHOW_FLAGS, "#DB+1 flags=102 dr6=4000"},
    {"step and RF", nops, 0, F_TF | F_RF, EXEC, LEN1, 1, SHOW_FLAGS, "#DB+1 flags=102 dr6=4000"},
    {"step and breakpoint at the next", nops, 0, F_TF, EXEC, LEN1, 2, SHOW_FLAGS,
     "#DB+1 flags=102 dr6=4000"},
    {"step and write", write_byte, 3, F_TF, WRITE, LEN1, 0x400010, 0, "#DB+8 dr6=4001"},
    {"POPF sets TF", popf_set, 3, 0, EXEC, LEN1, 0, 0, "#DB+a dr6=4000"},
    {"step over JMP", jump_step, 3, F_TF, EXEC, LEN1, 0, 0, "#DB+3 dr6=4000"},
    {"step over REP", rep_steps, 3, F_TF, EXEC, LEN1, 0, SHOW_CX, "#DB+0 cx=2 dr6=4000"},
    {"step to a fault", step_ud, 3, F_TF, EXEC, LEN1, 0, SHOW_FLAGS, "#UD+0 flags=10102 dr6=0"},
    {"step into INT", step_int, 3, F_TF, EXEC, LEN1, 0, SHOW_FLAGS, "int 40+2 flags=102 dr6=0"},
    {"step into SYSCALL", step_syscall, 3, F_TF, EXEC, LEN1, 0, SHOW_FLAGS, "done flags=2 dr6=0"},
    {"step over CLI", step_hlt, 0, F_TF, EXEC, LEN1, 0, 0, "#DB+1 dr6=4000"},
    {"ICEBP", icebp, 3, 0, EXEC, LEN1, 0, 0, "#DB+1 dr6=0"},
    {"debug registers in ring 3", user_dr, 3, 0, EXEC, LEN1, 0, 0, "#GP(0)+0 dr6=0"},
    {"DR4 is DR6", dr4, 0, 0, EXEC, LEN1, 0, SHOW_AX, "done ax=ffff0ff0 dr6=0"},
    {"DR7, upper half", dr7_high, 0, 0, EXEC, LEN1, 0, 0, "#GP(0)+a dr6=0"},
    {"DR6, upper half", dr6_high, 0, 0, EXEC, LEN1, 0, 0, "#GP(0)+a dr6=0"},
    {"DR0 takes 64 bits", dr0_high, 0, 0, EXEC, LEN1, 0, SHOW_AX, "done ax=123456789abcdef0 dr6=0"},
};

/* How TF is told of the frame of PUSHF, and of the instruction behind MOV SS. */
static void more_steps(void)
{
    struct text t = {0};
    struct frame f = frame_at(step_pushf, 3);
    f.rflags |= F_TF;
    set_dr6(0);
    run(&f);
    add_end(&t, &f, step_pushf);
    add(&t, " pushed ");
    add_hex(&t, *(word *)(STACK - 8));
    check("PUSHF pushes TF", t.s, "#DB+1 pushed 102");

    t = (struct text){0};
    f = frame_at(step_mov_ss, 0);
    f.rflags |= F_TF;
    f.r[AX] = SEL_DATA;
    set_dr6(0);
    run(&f);
    add_end(&t, &f, step_mov_ss);
    add_dr6(&t);
    check("step over MOV SS", t.s, "#DB+3 dr6=4000");

    t = (struct text){0};
    f = frame_at(popf_clear_only, 3);
    f.rflags |= F_TF;
    *(word *)(STACK - 8) = 2;
    f.r[SP] = STACK - 8;
    set_dr6(0);
    run(&f);
    add_shown(&t, &f, popf_clear_only, SHOW_FLAGS);
    add_dr6(&t);
    check("POPF clears TF", t.s, "#DB+1 flags=2 dr6=4000");
}

/* General detect: MOV to or from a debug register is a fault, and clears GD for the handler. */
static void general_detect(void)
{
    static const struct {
        const char *name, *code;
    } gd[] = {{"GD, read", gd_read}, {"GD, write", gd_write}};
    for (unsigned i = 0; i < 2; i++) {
        struct text t = {0};
        struct frame f = frame_at(gd[i].code, 0);
        set_dr6(0);
        set_dr7(0x2400);
        run(&f);
        add_end(&t, &f, gd[i].code);
        add(&t, " dr7=");
        add_hex(&t, dr7());
        add_dr6(&t);
        set_dr7(0x400);
        check(gd[i].name, t.s, "#DB+0 dr7=400 dr6=2000");
    }
}

/* Two breakpoints one after the other: the second one clears B0. */
static void collecting(void)
{
    struct text t = {0};
    struct frame f = frame_at(two_writes, 3);
    set_dr6(0);
    word enabled = breakpoint(0, 0x400010, WRITE, LEN1);
    word second = breakpoint(1, 0x400020, WRITE, LEN1);
    set_dr7(enabled | second | 0x400);
    run(&f);
    add_end(&t, &f, two_writes);
    add_dr6(&t);
    struct frame g = frame_at(two_writes + f.rip - (word)two_writes, 3);
    run(&g);
    add(&t, ", ");
    add_end(&t, &g, two_writes);
    add_dr6(&t);
    set_dr7(0x400);
    check("B0 to B3 are new each time", t.s, "#DB+8 dr6=1, #DB+10 dr6=2");
}

void image(void)
{
    wrmsr(MSR_STAR, (uint64_t)SEL_UCODE32 << 48 | (uint64_t)SEL_CODE << 32);
    wrmsr(MSR_LSTAR, (word)syscall_target);
    wrmsr(MSR_FMASK, F_TF);
    set_gate(0x40, catchers + 16 * 0x40, SEL_CODE, 0xee, 1);
    RUN_WATCHES(watches);
    write_cr4(read_cr4() | CR4_DE);
    RUN_WATCHES(ports);
    write_cr4(read_cr4() & ~(word)CR4_DE);
    RUN_WATCHES(steps);
    more_steps();
    general_detect();
    collecting();
}
