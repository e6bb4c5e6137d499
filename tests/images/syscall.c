/*
 * syscall.c - SYSCALL, SYSRET, SYSENTER, SYSEXIT and SWAPGS with ordinary and odd MSRs (SDM vol.
 * 2B, the instructions' pages; vol. 3A, 5.8.7 and 5.8.8).
 *
 * Expected: selectors are made from STAR and SYSENTER_CS by arithmetic alone, with their RPL
 * forced; descriptors are not read, and flat segments are loaded whatever the GDT says.  SYSCALL
 * keeps the flags in R11 and masks them by FMASK; SYSRET takes them back but for RF and VM, and
 * faults in ring 0 when RCX is not canonical.  A SYSENTER_CS of 0 to 3 is #GP(0).  Outside 64-bit
 * mode SYSCALL and SYSRET are #UD on Intel's processors.
 */
#include "lib/image.h"

#define MSR_KERNEL_GS 0xc0000102u
#define MSR_GS_BASE   0xc0000101u

CODE(landing, "int3; nop");
CODE(do_syscall, "syscall; nop");
CODE(do_sysret, "sysretq");
CODE(do_sysretl, "sysretl");
CODE(do_sysenter, "sysenter; nop");
CODE(do_sysexit, "sysexit");
CODE(do_sysexitq, "rex.W sysexit");
CODE(do_swapgs, "swapgs");
CODE(compat_syscall, "syscall; nop");
CODE(user_landing, "int3; nop");

struct call {
    const char *name;
    const char *code;
    unsigned cs, cpl;
    uint64_t cx, dx, r11;
    word flags;
    unsigned show;
    const char *base; /* what RIP is told against; NULL: code */
    const char *want;
};

#define NONCANONICAL UINT64_C(0x0100000000000000)

/* R11, and how the flags are at the end. */
static void add_flags(struct text *t, const struct frame *f)
{
    add(t, " flags=");
    add_hex(t, f->rflags);
    add(t, " r11=");
    add_hex(t, f->r[11]);
}

static void run_call(const struct call *c)
{
    struct text t = {0};
    struct frame f = frame_at(c->code, c->cpl);
    const char *base = c->base ? c->base : c->code;
    if (c->cs)
        f.cs = c->cs;
    f.r[CX] = c->cx ? c->cx : (word)user_landing;
    f.r[DX] = c->dx ? c->dx : (word)user_landing;
    f.r[11] = c->r11;
    f.rflags |= c->flags;
    run(&f);
    add_end(&t, &f, base);
    if (f.vector == V_BP) {
        add(&t, "+");
        add_hex(&t, f.rip - (word)base);
    }
    add(&t, " cs=");
    add_hex(&t, f.cs & 0xffff);
    add(&t, " ss=");
    add_hex(&t, f.ss & 0xffff);
    if (c->show & SHOW_FLAGS)
        add_flags(&t, &f);
    if (c->show & SHOW_CX) {
        add(&t, " return+");
        add_hex(&t, f.r[CX] - (word)c->code);
    }
    if (c->show & SHOW_SP) {
        add(&t, " sp=");
        add_hex(&t, f.r[SP]);
    }
    check(c->name, t.s, c->want);
}

static const struct call ordinary[] = {
    {"SYSCALL", do_syscall, 0, 3, 0, 0, 0, F_CF | F_DF, SHOW_FLAGS | SHOW_CX, landing,
     "done+1 cs=8 ss=10 flags=3 r11=403 return+2"},
    {"SYSCALL, RF and AC", do_syscall, 0, 3, 0, 0, 0, F_RF | F_AC, SHOW_FLAGS, landing,
     "done+1 cs=8 ss=10 flags=40002 r11=40002"},
    {"SYSCALL from ring 0", do_syscall, 0, 0, 0, 0, 0, 0, SHOW_FLAGS, landing,
     "done+1 cs=8 ss=10 flags=2 r11=2"},
    {"SYSRET", do_sysret, 0, 0, 0, 0, 0x3fffed7, 0, SHOW_FLAGS, user_landing,
     "done+1 cs=2b ss=23 flags=3c7ed7 r11=3fffed7"},
    {"SYSRET, flags 0", do_sysret, 0, 0, 0, 0, 0, F_CF, SHOW_FLAGS, user_landing,
     "done+1 cs=2b ss=23 flags=2 r11=0"},
    {"SYSRET sets TF", do_sysret, 0, 0, 0, 0, 0x102, 0, 0, user_landing, "#DB+0 cs=2b ss=23"},
    {"SYSRET to 32 bits", do_sysretl, 0, 0, 0, 0, 0, 0, 0, user_landing, "done+1 cs=1b ss=23"},
    {"SYSRET from ring 3", do_sysret, 0, 3, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=2b ss=23"},
    {"SYSRET, RCX not canonical", do_sysret, 0, 0, NONCANONICAL, 0, 0x2, 0, 0, NULL,
     "#GP(0)+0 cs=8 ss=10"},
    {"SYSRET to 32 bits, RCX not canonical", do_sysretl, 0, 0, NONCANONICAL | 0x400000, 0, 0, 0, 0,
     (const char *)0x400000, "done+1 cs=1b ss=23"},
    {"SYSCALL from 32 bits", compat_syscall, SEL_UCODE32, 3, 0, 0, 0, 0, 0, NULL,
     "#UD+0 cs=1b ss=23"},
    {"SYSENTER", do_sysenter, 0, 3, 0, 0, 0, F_CF | F_IOPL, SHOW_FLAGS | SHOW_SP, landing,
     "done+1 cs=8 ss=10 flags=3003 r11=0 sp=12345678"},
    {"SYSENTER from 32 bits", do_sysenter, SEL_UCODE32, 3, 0, 0, 0, 0, SHOW_SP, landing,
     "done+1 cs=8 ss=10 sp=12345678"},
    {"SYSENTER from ring 0", do_sysenter, 0, 0, 0, 0, 0, 0, 0, landing, "done+1 cs=8 ss=10"},
    {"SYSEXIT", do_sysexitq, 0, 0, 0x7654321, 0, 0, F_CF, SHOW_FLAGS | SHOW_SP, user_landing,
     "done+1 cs=2b ss=33 flags=3 r11=0 sp=7654321"},
    {"SYSEXIT to 32 bits", do_sysexit, 0, 0, 0x100007654321, 0, 0, 0, SHOW_SP, user_landing,
     "done+1 cs=1b ss=23 sp=7654321"},
    {"SYSEXIT from ring 3", do_sysexitq, 0, 3, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=2b ss=23"},
    {"SYSEXIT, RDX not canonical", do_sysexitq, 0, 0, 0, NONCANONICAL, 0, 0, 0, NULL,
     "#GP(0)+0 cs=8 ss=10"},
    {"SYSEXIT, RCX not canonical", do_sysexitq, 0, 0, NONCANONICAL, 0, 0, 0, 0, NULL,
     "#GP(0)+0 cs=8 ss=10"},
    {"SWAPGS from ring 3", do_swapgs, 0, 3, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=2b ss=23"},
    {"SWAPGS from 32 bits", do_swapgs, SEL_CODE32, 0, 0, 0, 0, 0, 0, NULL, "#UD+0 cs=30 ss=10"},
};

static void run_all(const struct call *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_call(&c[i]);
}
#define RUN_ALL(table) run_all((table), sizeof(table) / sizeof((table)[0]))

/* FMASK clears what it names, bit 1 and all. */
static void masks(void)
{
    static const struct {
        const char *name;
        uint64_t mask;
        const char *want;
    } m[] = {
        {"FMASK of all", 0xffffffff, "flags=2 r11=44cd7"},
        {"FMASK of none", 0, "flags=44cd7 r11=44cd7"},
        {"FMASK of IF and DF", F_IF | F_DF, "flags=448d7 r11=44cd7"},
    };
    for (unsigned i = 0; i < sizeof(m) / sizeof(m[0]); i++) {
        struct text t = {0};
        struct frame f = frame_at(do_syscall, 3);
        f.rflags = 0x44cd7;
        wrmsr(MSR_FMASK, m[i].mask);
        run(&f);
        add_flags(&t, &f);
        check(m[i].name, t.s + 1, m[i].want);
    }
    wrmsr(MSR_FMASK, F_TF | F_IF | F_DF);
}

/* Selectors by arithmetic: 16 bits, RPL forced; the GDT is not asked. */
static void odd_selectors(void)
{
    static const struct call to_kernel = {
        "STAR 000b: SYSCALL", do_syscall, 0, 3, 0, 0, 0, 0, 0, landing, "done+1 cs=8 ss=10"};
    static const struct call to_user = {
        "STAR 0018: SYSRET", do_sysret, 0, 0, 0, 0, 0, 0, 0, user_landing, "done+1 cs=2b ss=23"};
    wrmsr(MSR_STAR, UINT64_C(0x0018000b) << 32);
    run_call(&to_kernel);
    run_call(&to_user);
    static const struct call no_entry = {
        "STAR beyond the GDT: SYSRET", do_sysret, 0, 0, 0, 0, 0, 0, 0, user_landing,
        "done+1 cs=813 ss=80b"};
    wrmsr(MSR_STAR, UINT64_C(0x08000008) << 32);
    run_call(&no_entry);
    wrmsr(MSR_STAR, (uint64_t)SEL_UCODE32 << 48 | (uint64_t)SEL_CODE << 32);

    static const struct call null_cs[] = {
        {"SYSENTER_CS 0: SYSENTER", do_sysenter, 0, 3, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=2b ss=23"},
        {"SYSENTER_CS 0: SYSEXIT", do_sysexitq, 0, 0, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=8 ss=10"},
    };
    wrmsr(MSR_SYSENTER_CS, 0);
    RUN_ALL(null_cs);
    static const struct call rpl_only = {
        "SYSENTER_CS 3", do_sysenter, 0, 3, 0, 0, 0, 0, 0, NULL, "#GP(0)+0 cs=2b ss=23"};
    wrmsr(MSR_SYSENTER_CS, 3);
    run_call(&rpl_only);
    static const struct call with_rpl = {
        "SYSENTER_CS with RPL 3", do_sysenter, 0, 3, 0, 0, 0, 0, 0, landing, "done+1 cs=8 ss=10"};
    wrmsr(MSR_SYSENTER_CS, SEL_CODE | 3);
    run_call(&with_rpl);
    wrmsr(MSR_SYSENTER_CS, SEL_CODE);
}

static void switched_off(void)
{
    static const struct call off[] = {
        {"SYSCALL without SCE", do_syscall, 0, 3, 0, 0, 0, 0, 0, NULL, "#UD+0 cs=2b ss=23"},
        {"SYSRET without SCE", do_sysret, 0, 0, 0, 0, 0, 0, 0, NULL, "#UD+0 cs=8 ss=10"},
        {"SYSRET without SCE in ring 3", do_sysret, 0, 3, 0, 0, 0, 0, 0, NULL, "#UD+0 cs=2b ss=23"},
    };
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~UINT64_C(1));
    RUN_ALL(off);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1);
}

CODE(swap_and_read, "swapgs; movl $0xc0000101, %ecx; rdmsr");

static void swapgs(void)
{
    static const struct piece read = {"SWAPGS, GS base", swap_and_read, 0, SHOW_AX | SHOW_DX,
                                      "done ax=2222 dx=ffff8000"};
    wrmsr(MSR_GS_BASE, 0x1111);
    wrmsr(MSR_KERNEL_GS, UINT64_C(0xffff800000002222));
    run_pieces(&read, 1);
    check_hex("SWAPGS, the other", rdmsr(MSR_KERNEL_GS), 0x1111);
}

void image(void)
{
    *(uint8_t *)0x400000 = 0xcc;
    wrmsr(MSR_STAR, (uint64_t)SEL_UCODE32 << 48 | (uint64_t)SEL_CODE << 32);
    wrmsr(MSR_LSTAR, (word)landing);
    wrmsr(MSR_FMASK, F_TF | F_IF | F_DF);
    wrmsr(MSR_SYSENTER_CS, SEL_CODE);
    wrmsr(MSR_SYSENTER_ESP, 0x12345678);
    wrmsr(MSR_SYSENTER_EIP, (word)landing);
    RUN_ALL(ordinary);
    masks();
    odd_selectors();
    switched_off();
    swapgs();
}
