/*
 * tasks.c - hardware task switches: by far jump and call, through task gates, by interrupts and
 * exceptions, and back (SDM vol. 3A, 7.2.1, 7.3, 7.4, 6.12.2).
 *
 * Expected, of table 7-2: a jump clears the old task's busy bit, a call or an interrupt leaves it
 * and sets NT and the link in the new one, IRET with NT goes back along the link and clears the
 * busy bit and, in the image it leaves, NT.  Every switch sets CR0.TS.  An exception's error code
 * is pushed on the new task's stack, and the old one's image points at the instruction.  What is
 * wrong before the switch is the old task's exception, what is wrong after it the new one's.
 *
 * A line tells the task in which it ended, how, the busy tasks, and what NT and the link became.
 */
#include "lib/image.h"

enum {
    SEL_B = SEL_FREE,
    SEL_C = SEL_FREE + 8,
    SEL_GATE = SEL_FREE + 16,  /* task gates: to B, DPL 3 */
    SEL_GATE0 = SEL_FREE + 24, /* DPL 0 */
    SEL_SMALL = SEL_FREE + 32, /* a code segment that is no code: for wrong selectors */
    TSS_B = ARENA,
    TSS_C = ARENA + 0x200,
    STACK_B = ARENA + 0x3000,
    STACK_C = ARENA + 0x5000,
    NO_LINK = 0xbeef,
    VECTOR = 0x40,
    VECTOR0 = 0x41,
};

/* Offsets in a 32-bit TSS and in a 16-bit one, figures 7-2 and 7-10. */
enum {
    LINK,
    ESP0 = 4,
    SS0 = 8,
    CR3 = 28,
    EIP = 32,
    EFLAGS = 36,
    EAX = 40,
    ESP = 56,
    ES = 72,
    CS = 76,
    SS = 80,
    DS = 84,
    FS = 88,
    GS = 92,
    LDTR = 96,
    TRAP = 100,
    MAP = 102,
    IP16 = 14,
    FLAGS16 = 16,
    AX16 = 18,
    SP16 = 26,
    ES16 = 34,
    CS16,
    SS16 = 38,
    DS16 = 40,
};

CODE(jump_b, "ljmp $0x68, $0");
CODE(call_b, "lcall $0x68, $0; nop");
CODE(jump_gate, "ljmp $0x78, $0");
CODE(call_gate, "lcall $0x78, $0; nop");
CODE(jump_gate0, "ljmp $0x80, $0");
CODE(call_gate0, "lcall $0x80, $0; nop");
CODE(jump_self, "ljmp $0x48, $0");
CODE(int_b, "int $0x40; nop");
CODE(int0_b, "int $0x41; nop");
CODE(privileged, "hlt");
CODE(undefined, "ud2");
CODE(iret, "iretl");
CODE(in_b, "");
CODE(b_returns, "movl $0x1111, %eax; iretl");
CODE(b_calls_c, "lcall $0x70, $0; nop");
CODE(b_pops, "popl %ebx; iretl");
CODE(b_faults, "ud2");
CODE(c_returns, "iretl");
CODE(c_stops, "");

static uint32_t *word_at(unsigned base, unsigned offset)
{
    return (uint32_t *)(base + offset);
}

static uint16_t *half_at(unsigned base, unsigned offset)
{
    return (uint16_t *)(base + offset);
}

static void fill_tss(unsigned base, const char *code, unsigned stack)
{
    for (unsigned i = 0; i < 0x68; i += 4)
        *word_at(base, i) = 0;
    *word_at(base, LINK) = NO_LINK;
    *word_at(base, ESP0) = ring0_stack;
    *word_at(base, SS0) = SEL_DATA;
    *word_at(base, EIP) = (word)code;
    *word_at(base, EFLAGS) = 2;
    *word_at(base, ESP) = stack;
    for (unsigned i = ES; i <= GS; i += 4)
        *word_at(base, i) = SEL_UDATA;
    *word_at(base, CS) = SEL_CODE;
    *word_at(base, SS) = SEL_DATA;
    *word_at(base, MAP) = 0x68;
}

static uint64_t task_gate(unsigned access, unsigned selector)
{
    return (uint64_t)access << 40 | (uint64_t)selector << 16;
}

static void tss_desc(unsigned selector, unsigned base, unsigned limit, unsigned access)
{
    set_desc(selector, segment(base, limit, access, 0));
}

static const char *c_code; /* what C runs */

/* Everything as before the first switch; `code` is B's. */
static void prepare(const char *code)
{
    const unsigned own = (unsigned)(word)tss;
    fill_tss(TSS_B, code, STACK_B);
    c_code = c_returns;
    fill_tss(TSS_C, c_code, STACK_C);
    *word_at(own, EIP) = 0;
    *word_at(own, EFLAGS) = 0;
    tss_desc(SEL_TSS, own, 0x67, 0x89);
    tss_desc(SEL_B, TSS_B, 0x67, 0x89);
    tss_desc(SEL_C, TSS_C, 0x67, 0x89);
    set_desc(SEL_GATE, task_gate(0xe5, SEL_B));
    set_desc(SEL_GATE0, task_gate(0x85, SEL_B));
    reset_idt();
    asm volatile("ltr %w0; clts" : : "r"(SEL_TSS));
}

static void idt_task(unsigned vector, unsigned access)
{
    idt[vector] = task_gate(access, SEL_B);
}

static char letter(unsigned selector)
{
    return selector == SEL_TSS ? 'A' : selector == SEL_B ? 'B' : selector == SEL_C ? 'C' : '?';
}

static void add_letter(struct text *t, unsigned selector)
{
    add(t, (const char[]){letter(selector), '\0'});
}

static void add_busy(struct text *t)
{
    static const uint8_t selectors[] = {SEL_TSS, SEL_B, SEL_C};
    add(t, " busy=");
    for (unsigned i = 0; i < 3; i++)
        if (get_desc(selectors[i]) >> 41 & 1)
            add_letter(t, selectors[i]);
}

static void add_value(struct text *t, const char *name, uint32_t v)
{
    add(t, " ");
    add(t, name);
    add(t, "=");
    add_hex(t, v);
}

static void add_link(struct text *t, unsigned base, const char *name)
{
    if (*half_at(base, LINK) == NO_LINK)
        return;
    add(t, name);
    add_letter(t, *half_at(base, LINK));
}

/* How the excursion ended: `codes` are those of A, B and C. */
static void add_task(struct text *t, const struct frame *f, const char *a, const char *b)
{
    unsigned now;
    asm volatile("str %0" : "=r"(now));
    const char *code = letter(now) == 'A' ? a : letter(now) == 'B' ? b : c_code;
    add_letter(t, now);
    add(t, ": ");
    add_end(t, f, code);
    if (f->vector == V_BP)
        add_value(t, "at", f->rip - 1 - (word)code);
    add_busy(t);
    if (f->rflags & F_NT)
        add(t, " NT");
    add_link(t, TSS_B, " link=");
    add_link(t, TSS_C, " C's=");
    if (letter(now) == 'C' && code == c_stops)
        add_value(t, "error", *(uint32_t *)f->r[SP]);
    if (read_cr0() & CR0_TS)
        add(t, " TS");
}

struct row {
    const char *name;
    const char *a, *b; /* code of the tasks */
    unsigned cpl;
    void (*change)(void); /* of what prepare() has made; NULL: nothing */
    const char *want;
};

static void run_row(const struct row *r)
{
    struct text t = {0};
    prepare(r->b);
    if (r->change)
        r->change();
    struct frame f = frame_at(r->a, r->cpl);
    run(&f);
    add_task(&t, &f, r->a, r->b);
    check(r->name, t.s, r->want);
}

/* ---- what is changed ---- */

static void int_gates(void)
{
    idt_task(VECTOR, 0xe5);
    idt_task(VECTOR0, 0x85);
}

static void gp_gate(void)
{
    idt_task(V_GP, 0x85);
}

static void ud_gate(void)
{
    idt_task(V_UD, 0x85);
}

static void b_is_busy(void)
{
    tss_desc(SEL_B, TSS_B, 0x67, 0x8b);
    int_gates();
}

static void b_is_absent(void)
{
    tss_desc(SEL_B, TSS_B, 0x67, 0x09);
    int_gates();
}

static void b_is_short(void)
{
    tss_desc(SEL_B, TSS_B, 0x66, 0x89);
    int_gates();
}

static void b_for_all(void)
{
    tss_desc(SEL_B, TSS_B, 0x67, 0xe9);
}

static void gates_absent(void)
{
    set_desc(SEL_GATE, task_gate(0x65, SEL_B));
    idt_task(VECTOR, 0x65);
}

static void gates_to_data(void)
{
    set_desc(SEL_GATE, task_gate(0xe5, SEL_DATA));
    idt[VECTOR] = task_gate(0xe5, SEL_DATA);
}

static void gates_to_null(void)
{
    set_desc(SEL_GATE, task_gate(0xe5, 0));
    idt[VECTOR] = task_gate(0xe5, 0);
}

static void gates_to_ldt(void)
{
    set_desc(SEL_GATE, task_gate(0xe5, SEL_B | 4));
}

/*
 * #TS must have a task gate: in the new task, whose segments are not all there, no handler has a
 * stack that it could use (6.15, "Interrupt 10").  Here it is C.
 */
static void ts_in_c(void)
{
    c_code = c_stops;
    *word_at(TSS_C, EIP) = (word)c_stops;
    idt[V_TS] = task_gate(0x85, SEL_C);
}

static void b_cs_is_data(void)
{
    ts_in_c();
    *word_at(TSS_B, CS) = SEL_DATA;
}

static void b_cs_is_null(void)
{
    ts_in_c();
    *word_at(TSS_B, CS) = 0;
}

static void b_ss_is_null(void)
{
    ts_in_c();
    *word_at(TSS_B, SS) = 0;
}

static void b_ss_is_code(void)
{
    ts_in_c();
    *word_at(TSS_B, SS) = SEL_CODE;
}

static void b_ds_is_beyond(void)
{
    ts_in_c();
    *word_at(TSS_B, DS) = 0x800;
}

static void b_ds_is_null(void)
{
    *word_at(TSS_B, DS) = 0;
}

static void b_ldt_is_data(void)
{
    ts_in_c();
    *word_at(TSS_B, LDTR) = SEL_DATA;
}

static void b_has_trap(void)
{
    *word_at(TSS_B, TRAP) |= 1;
}

static void b_in_ring_3(void)
{
    *word_at(TSS_B, CS) = SEL_UCODE;
    *word_at(TSS_B, SS) = SEL_UDATA;
}

static void nested_in(unsigned link)
{
    *word_at((unsigned)(word)tss, LINK) = link;
}

static void link_to_busy_b(void)
{
    nested_in(SEL_B);
    tss_desc(SEL_B, TSS_B, 0x67, 0x8b);
}

static void link_to_b(void)
{
    nested_in(SEL_B);
}

static void link_to_absent_b(void)
{
    nested_in(SEL_B);
    tss_desc(SEL_B, TSS_B, 0x67, 0x0b);
}

static void link_to_null(void)
{
    nested_in(0);
}

static void link_to_data(void)
{
    nested_in(SEL_DATA);
}

/* ---- the rows ---- */

static const struct row rows[] = {
    {"JMP to a TSS", jump_b, in_b, 0, NULL, "B: done at=0 busy=B TS"},
    {"CALL of a TSS", call_b, in_b, 0, NULL, "B: done at=0 busy=AB NT link=A TS"},
    {"JMP to a task gate", jump_gate, in_b, 0, NULL, "B: done at=0 busy=B TS"},
    {"CALL of a task gate", call_gate, in_b, 0, NULL, "B: done at=0 busy=AB NT link=A TS"},
    {"INT by a task gate", int_b, in_b, 0, int_gates, "B: done at=0 busy=AB NT link=A TS"},
    {"INT by a task gate, ring 3", int_b, in_b, 3, int_gates, "B: done at=0 busy=AB NT link=A TS"},
    {"JMP to a task gate, ring 3", jump_gate, in_b, 3, NULL, "B: done at=0 busy=B TS"},
    {"JMP to a TSS of DPL 3, ring 3", jump_b, in_b, 3, b_for_all, "B: done at=0 busy=B TS"},
    {"CALL and IRET", call_b, b_returns, 0, NULL, "A: done at=8 busy=A link=A TS"},
    {"CALL and IRET, ring 3", call_gate, b_returns, 3, NULL, "A: done at=8 busy=A link=A TS"},
    {"INT and IRET", int_b, b_returns, 3, int_gates, "A: done at=3 busy=A link=A TS"},
    {"CALL of B, CALL of C, back twice", call_b, b_calls_c, 0, NULL,
     "B: done at=8 busy=AB NT link=A C's=B TS"},
    {"#GP by a task gate", privileged, in_b, 3, gp_gate, "B: done at=0 busy=AB NT link=A TS"},
    {"#UD by a task gate", undefined, in_b, 0, ud_gate, "B: done at=0 busy=AB NT link=A TS"},
    {"into ring 3", jump_b, in_b, 0, b_in_ring_3, "B: done at=0 busy=B TS"},

    {"JMP to a TSS, ring 3", jump_b, in_b, 3, NULL, "A: #GP(68)+0 busy=A"},
    {"CALL of a TSS, ring 3", call_b, in_b, 3, NULL, "A: #GP(68)+0 busy=A"},
    {"JMP to a task gate of DPL 0, ring 3", jump_gate0, in_b, 3, NULL, "A: #GP(80)+0 busy=A"},
    {"CALL of a task gate of DPL 0, ring 3", call_gate0, in_b, 3, NULL, "A: #GP(80)+0 busy=A"},
    {"INT by a task gate of DPL 0, ring 3", int0_b, in_b, 3, int_gates, "A: #GP(20a)+0 busy=A"},
    {"JMP to itself", jump_self, in_b, 0, NULL, "A: #GP(48)+0 busy=A"},
    {"JMP to a busy TSS", jump_b, in_b, 0, b_is_busy, "A: #GP(68)+0 busy=AB"},
    {"CALL of a busy TSS", call_b, in_b, 0, b_is_busy, "A: #GP(68)+0 busy=AB"},
    {"INT to a busy TSS", int_b, in_b, 0, b_is_busy, "A: #GP(68)+0 busy=AB"},
    {"JMP to an absent TSS", jump_b, in_b, 0, b_is_absent, "A: #NP(68)+0 busy=A"},
    {"INT to an absent TSS", int_b, in_b, 0, b_is_absent, "A: #NP(68)+0 busy=A"},
    {"JMP to a short TSS", jump_b, in_b, 0, b_is_short, "A: #TS(68)+0 busy=A"},
    {"CALL of a short TSS", call_b, in_b, 0, b_is_short, "A: #TS(68)+0 busy=A"},
    {"INT to a short TSS", int_b, in_b, 0, b_is_short, "A: #TS(68)+0 busy=A"},
    {"JMP to an absent gate", jump_gate, in_b, 0, gates_absent, "A: #NP(78)+0 busy=A"},
    {"INT by an absent gate", int_b, in_b, 0, gates_absent, "A: #NP(202)+0 busy=A"},
    {"JMP, the gate leads to data", jump_gate, in_b, 0, gates_to_data, "A: #GP(10)+0 busy=A"},
    {"INT, the gate leads to data", int_b, in_b, 0, gates_to_data, "A: #GP(10)+0 busy=A"},
    {"JMP, the gate leads nowhere", jump_gate, in_b, 0, gates_to_null, "A: #GP(0)+0 busy=A"},
    {"INT, the gate leads nowhere", int_b, in_b, 0, gates_to_null, "A: #GP(0)+0 busy=A"},
    {"JMP, the gate leads to the LDT", jump_gate, in_b, 0, gates_to_ldt, "A: #GP(6c)+0 busy=A"},

    {"B's CS is data", jump_b, in_b, 0, b_cs_is_data, "C: done at=0 busy=BC NT C's=B error=10 TS"},
    {"B's CS is null", jump_b, in_b, 0, b_cs_is_null, "C: done at=0 busy=BC NT C's=B error=0 TS"},
    {"B's SS is null", jump_b, in_b, 0, b_ss_is_null, "C: done at=0 busy=BC NT C's=B error=0 TS"},
    {"B's SS is code", jump_b, in_b, 0, b_ss_is_code, "C: done at=0 busy=BC NT C's=B error=8 TS"},
    {"B's DS is beyond the table", jump_b, in_b, 0, b_ds_is_beyond,
     "C: done at=0 busy=BC NT C's=B error=800 TS"},
    {"B's DS is null", jump_b, in_b, 0, b_ds_is_null, "B: done at=0 busy=B TS"},
    {"B's LDT is data", jump_b, in_b, 0, b_ldt_is_data,
     "C: done at=0 busy=BC NT C's=B error=10 TS"},
    {"B's trap bit", jump_b, in_b, 0, b_has_trap, "B: #DB+0 busy=B TS"},
    {"B faults", call_b, b_faults, 0, NULL, "B: #UD+0 busy=AB NT link=A TS"},
};

/* IRET of the outermost task, with NT set by hand. */
static const struct row returns[] = {
    {"IRET, NT, link to a busy TSS", iret, in_b, 0, link_to_busy_b, "B: done at=0 busy=B TS"},
    {"IRET, NT, link to a free TSS", iret, in_b, 0, link_to_b, "A: #TS(68)+0 busy=A NT"},
    {"IRET, NT, link to an absent TSS", iret, in_b, 0, link_to_absent_b, "A: #NP(68)+0 busy=AB NT"},
    {"IRET, NT, link to null", iret, in_b, 0, link_to_null, "A: #TS(0)+0 busy=A NT"},
    {"IRET, NT, link to data", iret, in_b, 0, link_to_data, "A: #TS(10)+0 busy=A NT"},
};

static void run_return(const struct row *r)
{
    struct text t = {0};
    prepare(r->b);
    r->change();
    struct frame f = frame_at(r->a, r->cpl);
    f.rflags |= F_NT;
    run(&f);
    add_task(&t, &f, r->a, r->b);
    check(r->name, t.s, r->want);
}

/* ---- what is saved, and what is loaded ---- */

static void images(void)
{
    const unsigned own = (unsigned)(word)tss;
    prepare(b_returns);
    *word_at(TSS_B, EAX) = 0x12345678;
    struct frame f = frame_at(call_b, 0);
    f.r[AX] = 0xa1b2c3d4;
    f.r[DI] = 0x0badcafe;
    f.rflags |= F_CF;
    run(&f);
    check_hex("A's EIP is behind the CALL", *word_at(own, EIP) - (word)call_b, 7);
    check_hex("A's EAX", *word_at(own, EAX), 0xa1b2c3d4);
    check_hex("A's EDI", *word_at(own, EAX + 28), 0x0badcafe);
    check_hex("A's flags", *word_at(own, EFLAGS), 3);
    check_hex("A's ESP", STACK - *word_at(own, ESP), 0);
    check_hex("A's CS and SS", (uint32_t)*half_at(own, CS) << 16 | *half_at(own, SS),
              SEL_CODE << 16 | SEL_DATA);
    check_hex("A's registers are back", f.r[AX] ^ f.r[DI], 0xa1b2c3d4 ^ 0x0badcafe);
    check_hex("B's EIP is behind its IRET", *word_at(TSS_B, EIP) - (word)b_returns, 6);
    check_hex("B's EAX", *word_at(TSS_B, EAX), 0x1111);
    check_hex("B's flags have no NT", *word_at(TSS_B, EFLAGS) & F_NT, 0);
    check_hex("B's stack is as it was", STACK_B - *word_at(TSS_B, ESP), 0);

    prepare(in_b);
    gp_gate();
    f = frame_at(privileged, 3);
    run(&f);
    check_hex("#GP: A's EIP is at the instruction", *word_at(own, EIP) - (word)privileged, 0);
    check_hex("#GP: A's flags have RF", *word_at(own, EFLAGS) & F_RF, F_RF);
    check_hex("#GP: the error code's place", STACK_B - f.r[SP], 4);
    check_hex("#GP: the error code", *word_at(STACK_B - 4, 0), 0);
    check_hex("#GP: A was in ring 3", *half_at(own, CS), SEL_UCODE);

    prepare(b_pops);
    gp_gate();
    f = frame_at(int0_b, 3);
    run(&f);
    check_hex("#GP of INT 41h and back to it: B goes on", f.rip - 1 - (word)b_pops, 2);
    check_hex("#GP of INT 41h: the first error code", f.r[BX], VECTOR0 * 8 + 2);
    check_hex("#GP of INT 41h: the second", *(uint32_t *)f.r[SP], VECTOR0 * 8 + 2);

    prepare(in_b);
    int_gates();
    f = frame_at(int_b, 3);
    run(&f);
    check_hex("INT: no error code", STACK_B - f.r[SP], 0);
    check_hex("INT: A's EIP is behind it", *word_at(own, EIP) - (word)int_b, 2);
    check_hex("INT: A's flags have no RF", *word_at(own, EFLAGS) & F_RF, 0);
}

/* To a 16-bit TSS and back: the upper halves are filled with ones or zeros, as it is. */
static void small_tss(void)
{
    const unsigned own = (unsigned)(word)tss;
    prepare(in_b);
    for (unsigned i = 0; i < 0x2c; i += 2)
        *half_at(TSS_B, i) = 0;
    *half_at(TSS_B, LINK) = NO_LINK;
    *half_at(TSS_B, FLAGS16) = 2;
    *half_at(TSS_B, AX16) = 0x5678;
    *half_at(TSS_B, SP16) = 0x8000;
    *half_at(TSS_B, ES16) = *half_at(TSS_B, DS16) = SEL_UDATA;
    *half_at(TSS_B, CS16 + 1) = SEL_SMALL;
    *half_at(TSS_B, SS16) = SEL_SMALL + 8;
    set_desc(SEL_SMALL, segment((uint32_t)(word)in_b, 0xffff, 0x9b, 4));
    set_desc(SEL_SMALL + 8, segment(ARENA, 0xffff, 0x93, 4));
    tss_desc(SEL_B, TSS_B, 0x2b, 0x81);
    struct frame f = frame_at(call_b, 0);
    f.r[AX] = 0xa1b2c3d4;
    run(&f);
    check_hex("16-bit TSS: IP", f.rip, 1);
    check_hex("16-bit TSS: AX", f.r[AX] & 0xffff, 0x5678);
    check_hex("16-bit TSS: NT", f.rflags & F_NT, F_NT);
    check_hex("16-bit TSS: link", *half_at(TSS_B, LINK), SEL_TSS);
    check_hex("16-bit TSS: busy", get_desc(SEL_B) >> 41 & 1, 1);
    check_hex("16-bit TSS: A's EAX", *word_at(own, EAX), 0xa1b2c3d4);
    check_hex("16-bit TSS: FS is null", f.fs & 0xffff, 0);
}

static void trap_bit(void)
{
    word dr6;
    prepare(in_b);
    b_has_trap();
    asm volatile("mov %0, %%dr6" : : "r"(0));
    struct frame f = frame_at(jump_b, 0);
    run(&f);
    asm volatile("mov %%dr6, %0" : "=r"(dr6));
    check_hex("trap bit: DR6.BT", dr6 & 0xe00f, 0x8000);
}

void image(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        run_row(&rows[i]);
    for (size_t i = 0; i < sizeof(returns) / sizeof(returns[0]); i++)
        run_return(&returns[i]);
    images();
    small_tss();
    trap_bit();
    prepare(in_b);
}
