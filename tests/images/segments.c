/*
 * segments.c - every kind of descriptor in every use: LAR, LSL, VERR, VERW, loads of DS and SS, far
 * JMP, CALL and RET, IRET, LLDT, with each RPL, in rings 0 and 3 (SDM vol. 2, the instructions'
 * pages; vol. 3A, 5.2 to 5.8, 6.12).  In protected mode and, by the same source, in 64-bit mode.
 *
 * Expected are the pages' own tables: the types that LAR and LSL know, which in 64-bit mode lack
 * the 16-bit ones and the task gate; conforming code is visible to all; DS takes data and readable
 * code with DPL at least max(CPL, RPL), SS writable data with DPL = RPL = CPL; absent is #NP, for
 * SS #SS; a transfer needs DPL = CPL, or conforming code with DPL at most CPL; 64-bit code (L) with
 * D set is #GP.  Error codes are the selector without RPL.
 */
#include "lib/image.h"

struct kind {
    const char *name;
    uint8_t access, flags;
    uint32_t base, limit;
    bool tasks; /* a transfer would switch tasks */
};

/* In a table, 16 bytes apart.  Gates lead to `landing`. */
static const struct kind kinds[] = {
    {"data DPL 3", 0xf3, 4, ARENA, 0xfff, false},
    {"data, pages", 0xf3, 0xc, 0, 0x12345, false},
    {"read-only", 0xf1, 4, ARENA, 0xfff, false},
    {"expand-down", 0xf7, 4, 0, 0xfff, false},
    {"expand-down, 16 bits", 0xf7, 0, ARENA, 0xfff, false},
    {"expand-down, read-only", 0xf5, 4, 0, 0xfff, false},
    {"data DPL 0", 0x93, 0xc, 0, 0xfffff, false},
    {"data DPL 1", 0xb3, 0xc, 0, 0xfffff, false},
    {"data DPL 0, not accessed", 0x92, 0xc, 0, 0xfffff, false},
    {"data absent", 0x13, 0xc, 0, 0xfffff, false},
    {"execute-only DPL 3", 0xf9, 0xc, 0, 0xfffff, false},
    {"code DPL 3", 0xfb, 0xc, 0, 0xfffff, false},
    {"code DPL 0", 0x9b, 0xc, 0, 0xfffff, false},
    {"code DPL 0, 64 bits", 0x9b, 0xa, 0, 0xfffff, false},
    {"code DPL 0, L and D", 0x9b, 0xe, 0, 0xfffff, false},
    {"code DPL 1", 0xbb, 0xc, 0, 0xfffff, false},
    {"code, not accessed", 0xfa, 0xc, 0, 0xfffff, false},
    {"code absent", 0x1b, 0xc, 0, 0xfffff, false},
    {"code DPL 3 absent", 0x7b, 0xc, 0, 0xfffff, false},
    {"conforming DPL 0", 0x9f, 0xc, 0, 0xfffff, false},
    {"conforming DPL 0, execute-only", 0x9d, 0xc, 0, 0xfffff, false},
    {"conforming DPL 3", 0xff, 0xc, 0, 0xfffff, false},
    {"conforming absent", 0x1f, 0xc, 0, 0xfffff, false},
    {"code, small", 0xfb, 4, 0, 0xffff, false},
    {"type 0", 0xe0, 0, 0, 0xfff, false},
    {"16-bit TSS", 0xe1, 0, 0, 0x2b, true},
    {"LDT", 0xe2, 0, 0, 0xff, false},
    {"LDT absent", 0x62, 0, 0, 0xff, false},
    {"16-bit busy TSS", 0xe3, 0, 0, 0x2b, true},
    {"16-bit call gate", 0xe4, 0, 0, 0, true},
    {"task gate", 0xe5, 0, 0, 0, true},
    {"16-bit interrupt gate", 0xe6, 0, 0, 0, false},
    {"16-bit trap gate", 0xe7, 0, 0, 0, false},
    {"type 8", 0xe8, 0, 0, 0xfff, false},
    {"TSS", 0xe9, 0, 0, 0x67, true},
    {"type a", 0xea, 0, 0, 0xfff, false},
    {"busy TSS", 0xeb, 0, 0, 0x67, true},
    {"call gate DPL 3", 0xec, 0, 0, 0, false},
    {"call gate DPL 0", 0x8c, 0, 0, 0, false},
    {"call gate absent", 0x6c, 0, 0, 0, false},
    {"type d", 0xed, 0, 0, 0xfff, false},
    {"interrupt gate", 0xee, 0, 0, 0, false},
    {"trap gate", 0xef, 0, 0, 0, false},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), FAR_POINTER = 0x420000, TABLE = 0x430000 };

/* The table of kinds is an LDT: TI is set in their selectors, and error codes have it. */
static uint64_t *const ldt = (uint64_t *)TABLE;

CODE(landing, "int3");
CODE(look, "xorl %eax, %eax; xorl %ecx, %ecx; xorl %edx, %edx; xorl %esi, %esi\n"
           "lar %ebx, %eax; jnz 1f; orl $1, %edx; 1: lsl %ebx, %ecx; jnz 1f; orl $2, %edx\n"
           "1: verr %bx; jnz 1f; orl $4, %edx; 1: verw %bx; jnz 1f; orl $8, %edx; 1:");
CODE(load_ds, "movl %ebx, %ds");
CODE(load_ss, "movl %ebx, %ss; movl %eax, %ss");
CODE(far_jump, "ljmp *(%" REG_BX ")");
CODE(far_call, "lcall *(%" REG_BX ")");
CODE(far_return, FAR_RET);
CODE(int_return, INT_RET);
CODE(load_ldt, "lldt %bx");

static void fill_table(void)
{
    for (unsigned i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        bool gate = (k->access & 0x10) == 0 && (k->access & 4);
        word to = (word)landing;
        ldt[2 * i] = gate ? (to & 0xffff) | SEL_CODE << 16 | (uint64_t)k->access << 40 |
                                (uint64_t)(to >> 16) << 48
                          : segment(k->base, k->limit, k->access, k->flags);
        ldt[2 * i + 1] = 0;
    }
}

static void add_outcome(struct text *t, const char *name, const struct frame *f, const void *code)
{
    add(t, " ");
    add(t, name);
    add(t, "=");
    if (f->vector != V_BP) {
        add_end(t, f, code);
        return;
    }
    add_hex(t, f->cs & 0xffff);
    add(t, ":");
    add_hex(t, f->ss & 0xffff);
}

static void try_load(struct text *t, const char *name, const char *code, unsigned selector,
                     unsigned cpl)
{
    struct frame f = frame_at(code, cpl);
    f.r[BX] = selector;
    f.r[AX] = cpl ? SEL_UDATA : SEL_DATA;
    run(&f);
    f.cs = f.cs & 3 ? 3 : 0;
    f.ss = 0;
    add_outcome(t, name, &f, code);
}

static void try_branch(struct text *t, const char *name, const char *code, unsigned selector,
                       unsigned cpl)
{
    struct frame f = frame_at(code, cpl);
    uint32_t *pointer = (uint32_t *)FAR_POINTER;
    pointer[0] = (uint32_t)(word)landing;
    pointer[1] = selector;
    f.r[BX] = FAR_POINTER;
    run(&f);
    add_outcome(t, name, &f, code);
}

/* A stack as if called from there: RIP, CS, flags if IRET, RSP, SS. */
static void try_return(struct text *t, const char *name, const char *code, unsigned selector,
                       unsigned cpl)
{
    struct frame f = frame_at(code, cpl);
    word *sp = (word *)(STACK - 64);
    *sp++ = (word)landing;
    *sp++ = selector;
    if (code == int_return)
        *sp++ = 2;
    *sp++ = STACK;
    *sp = LONG && cpl == 0 && (selector & 3) == 0 ? SEL_DATA : SEL_UDATA;
    f.r[SP] = STACK - 64;
    run(&f);
    add_outcome(t, name, &f, code);
}

static void look_at(struct text *t, unsigned selector, unsigned cpl)
{
    static const char *const names[] = {"lar", "lsl", "verr", "verw"};
    struct frame f = frame_at(look, cpl);
    f.r[BX] = selector;
    run(&f);
    for (unsigned i = 0; i < 4; i++) {
        if (!(f.r[DX] >> i & 1))
            continue;
        add(t, " ");
        add(t, names[i]);
        if (i > 1)
            continue;
        add(t, "=");
        add_hex(t, i ? f.r[CX] : f.r[AX]);
    }
}

static void sweep(const struct kind *k, unsigned selector, unsigned cpl)
{
    struct text t = {0}, name = {0};
    add(&name, k->name);
    add(&name, ", RPL ");
    add_dec(&name, selector & 3);
    add(&name, ", ring ");
    add_dec(&name, cpl);
    look_at(&t, selector, cpl);
    fill_table();
    try_load(&t, "ds", load_ds, selector, cpl);
    try_load(&t, "ss", load_ss, selector, cpl);
    fill_table();
    if (!k->tasks || LONG) {
        try_branch(&t, "jmp", far_jump, selector, cpl);
        try_branch(&t, "call", far_call, selector, cpl);
    }
    try_return(&t, "ret", far_return, selector, cpl);
    try_return(&t, "iret", int_return, selector, cpl);
    report(name.s, t.s + 1);
}

/* LLDT and LTR take their own kinds only, from the GDT. */
static void table_registers(void)
{
    for (unsigned i = 0; i < KINDS; i++) {
        struct text t = {0}, name = {0};
        add(&name, "LLDT of ");
        add(&name, kinds[i].name);
        set_desc(SEL_FREE, ldt[2 * i]);
        set_desc(SEL_FREE + 8, 0);
        try_load(&t, "lldt", load_ldt, SEL_FREE, 0);
        report(name.s, t.s + 1);
    }
}

/* Data accesses at the limits: expand-down, small, read-only, null. */
CODE(read_es, "movb %es:(%" REG_BX "), %al");
CODE(read_es4, "movl %es:(%" REG_BX "), %eax");
CODE(write_es, "movb %al, %es:(%" REG_BX ")");

static void limits(void)
{
    static const struct {
        const char *name;
        unsigned kind;
        uint32_t offset;
        const char *code;
    } a[] = {
        {"last byte", 0, 0xfff, read_es},
        {"behind the last byte", 0, 0x1000, read_es},
        {"last doubleword", 0, 0xffc, read_es4},
        {"over the limit", 0, 0xffd, read_es4},
        {"around 4 GiB", 1, 0xffffffff, read_es4},
        {"page limit, last", 1, 0x12345fff, read_es},
        {"page limit, behind", 1, 0x12346000, read_es},
        {"read-only, read", 2, 0, read_es},
        {"read-only, write", 2, 0, write_es},
        {"expand-down, at the limit", 3, 0xfff, read_es},
        {"expand-down, above the limit", 3, 0x1000, read_es},
        {"expand-down, across", 3, 0xffe, read_es4},
        {"expand-down, around 4 GiB", 3, 0xfffffffd, read_es4},
        {"expand-down 16, above the limit", 4, 0x1000, read_es},
        {"expand-down 16, last", 4, 0xffff, read_es},
        {"expand-down 16, behind", 4, 0x10000, read_es},
        {"expand-down 16, across", 4, 0xfffd, read_es4},
        {"expand-down, read-only, write", 5, 0x1000, write_es},
        {"code, read", 11, 0x400000, read_es},
        {"code, write", 11, 0x400000, write_es},
    };
    fill_table();
    for (unsigned i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
        struct text t = {0};
        struct frame f = frame_at(a[i].code, 3);
        f.es = a[i].kind * 16 | 7;
        f.r[BX] = a[i].offset;
        run(&f);
        add_end(&t, &f, a[i].code);
        report(a[i].name, t.s);
    }
    struct text t = {0};
    struct frame f = frame_at(read_es, 3);
    f.es = 3;
    f.r[BX] = 0x400000;
    run(&f);
    add_end(&t, &f, read_es);
    report("null selector", t.s);
}

static void load_table(void)
{
    set_desc(0x1f0, segment(TABLE, 16 * KINDS - 1, 0x82, 0));
    set_desc(0x1f8, 0);
    asm volatile("lldt %w0" : : "r"(0x1f0));
}

void image(void)
{
    load_table();
    fill_table();
    for (unsigned cpl = 0; cpl <= 3; cpl += 3)
        for (unsigned i = 0; i < KINDS; i++)
            for (unsigned rpl = 0; rpl <= 3; rpl++)
                sweep(&kinds[i], 16 * i | 4 | rpl, cpl);
    if (!LONG)
        limits();
    table_registers();
}
