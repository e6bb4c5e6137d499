/*
 * gates.c - call gates to an inner ring: the parameters that are copied, 0 to 31 of them, words of
 * 16 or of 32 bits; the way back by RETF n; what fails (SDM vol. 3A, 5.8.3 to 5.8.6; vol. 2, CALL,
 * RET).
 *
 * Expected: on the stack of the TSS lie, from the top, SS and ESP of the caller, the parameters in
 * their order, CS and EIP, each as wide as the gate says.  RETF n takes n bytes from both stacks.
 * The target's DPL against CPL decides whether the stack is switched, the gate's DPL who may call.
 * What does not fit on the new stack is #SS with the new selector.
 */
#include "lib/image.h"

enum {
    SEL_GATE = SEL_FREE, /* call gate under test */
    SEL_CONFORMING = SEL_FREE + 8,
    SEL_TIGHT = SEL_FREE + 16, /* a stack segment with little room */
    SEL_RING1 = SEL_FREE + 24, /* code of ring 1, and its stack */
    SEL_STACK1 = SEL_FREE + 32,
    SEL_TARGET16 = SEL_FREE + 40, /* code that a 16-bit gate reaches */
    SEL_CODE16_3 = SEL_FREE + 51, /* a caller whose EIP and ESP fit into 16 bits */
    SEL_DATA16_3 = SEL_FREE + 59,
    PARAMETERS = STACK - 0x200, /* where the caller's are */
    MOST = 31,
};

CODE(call, "lcall $0x68, $0; nop");
CODE(jump, "ljmp $0x68, $0");
CODE(target, "");
CODE(return32, "lretl $124");
CODE(return16, "lretw $62");
CODE(return_none, "lretl");

static void set_gate32(const char *to, unsigned selector, unsigned access, unsigned count)
{
    const uint32_t at = (uint32_t)(word)to;
    set_desc(SEL_GATE, (at & 0xffff) | selector << 16 | (uint64_t)count << 32 |
                           (uint64_t)access << 40 | (uint64_t)(at >> 16) << 48);
}

/* A 16-bit gate reaches 64 KiB of its segment: this one begins at the target. */
static void set_gate16(const char *to, unsigned access, unsigned count)
{
    set_desc(SEL_TARGET16, segment((uint32_t)(word)to, 0xffff, 0x9b, 4));
    set_desc(SEL_GATE,
             (uint64_t)(SEL_TARGET16) << 16 | (uint64_t)count << 32 | (uint64_t)access << 40);
}

static void set_stack(unsigned ring, unsigned selector, uint32_t esp)
{
    uint32_t *at = (uint32_t *)(tss + 4 + 8 * ring);
    at[0] = esp;
    at[1] = selector;
}

/* A caller in ring 3 with parameters on its stack: words that tell their place. */
static struct frame caller(const char *code)
{
    struct frame f = frame_at(code, 3);
    for (unsigned i = 0; i < 128; i++)
        ((uint16_t *)PARAMETERS)[i] = (uint16_t)(0x4000 + i);
    f.r[SP] = PARAMETERS;
    return f;
}

/* ---- what lies on the inner stack ---- */

static bool right32(unsigned count, const struct frame *f)
{
    const uint32_t *sp = (const uint32_t *)f->r[SP];
    bool right = f->vector == V_BP && ring0_stack - f->r[SP] == 16 + 4 * count;
    right = right && *sp++ == (word)call + 7 && (*sp++ & 0xffff) == SEL_UCODE;
    for (unsigned i = 0; i < count; i++, sp++)
        right = right && *sp == ((uint32_t *)PARAMETERS)[i];
    return right && sp[0] == PARAMETERS && (sp[1] & 0xffff) == SEL_UDATA;
}

static bool right16(unsigned count, const struct frame *f)
{
    const uint16_t *sp = (const uint16_t *)f->r[SP];
    bool right = f->vector == V_BP && ring0_stack - f->r[SP] == 8 + 2 * count;
    right = right && *sp++ == (uint16_t)((word)call + 7) && *sp++ == SEL_UCODE;
    for (unsigned i = 0; i < count; i++, sp++)
        right = right && *sp == ((uint16_t *)PARAMETERS)[i];
    return right && sp[0] == (PARAMETERS & 0xffff) && sp[1] == SEL_UDATA;
}

/* All counts: a bit for each that is right. */
static void counts(void)
{
    uint32_t wide = 0, narrow = 0;
    for (unsigned n = 0; n <= MOST; n++) {
        struct frame f = caller(call);
        set_gate32(target, SEL_CODE, 0xec, n);
        run(&f);
        wide |= (uint32_t)right32(n, &f) << n;
        f = caller(call);
        set_gate16(target, 0xe4, n);
        run(&f);
        narrow |= (uint32_t)right16(n, &f) << n;
    }
    check_hex("32-bit gate, 0 to 31 parameters", wide, 0xffffffff);
    check_hex("16-bit gate, 0 to 31 parameters", narrow, 0xffffffff);
    struct frame f = caller(call);
    set_gate32(target, SEL_CODE, 0xec, 0x20 | 3); /* the upper bits of the count are no count */
    run(&f);
    check_hex("32-bit gate, bits 5 to 7 of the count", right32(3, &f), 1);
}

/* Call, and return by the code at the gate. */
static void way_back(const char *name, const char *code, unsigned count, const char *want)
{
    struct text t = {0};
    struct frame f = caller(call);
    set_gate32(code, SEL_CODE, 0xec, count);
    run(&f);
    add_end(&t, &f, call);
    add(&t, " cs=");
    add_hex(&t, f.cs & 0xffff);
    add(&t, " sp+");
    add_hex(&t, f.r[SP] - PARAMETERS);
    check(name, t.s, want);
}

/* RETF of 16 bits brings back IP and SP alone: the caller is in segments that begin near it. */
static void narrow_way_back(void)
{
    const unsigned base = PARAMETERS & ~0xffffu;
    struct text t = {0};
    struct frame f = caller(call);
    set_gate16(return16, 0xe4, 31);
    set_desc(SEL_CODE16_3 & ~7u, segment((uint32_t)(word)call, 0xffff, 0xfb, 4));
    set_desc(SEL_DATA16_3 & ~7u, segment(base, 0xffff, 0xf3, 0));
    f.cs = SEL_CODE16_3;
    f.rip = 0;
    f.ss = SEL_DATA16_3;
    f.r[SP] = PARAMETERS - base;
    run(&f);
    add_end(&t, &f, (const void *)0);
    add(&t, " ip=");
    add_hex(&t, f.rip);
    add(&t, " cs=");
    add_hex(&t, f.cs & 0xffff);
    add(&t, " sp+");
    add_hex(&t, (f.r[SP] & 0xffff) - (PARAMETERS - base));
    check("16-bit gate, RETF 62", t.s, "done ip=9 cs=9b sp+3e");
}

static void returns(void)
{
    way_back("32-bit gate, RETF 124", return32, 31, "done cs=2b sp+7c");
    way_back("32-bit gate, RETF", return_none, 0, "done cs=2b sp+0");
    narrow_way_back();
}

/* ---- who may, and where to ---- */

static void once(const char *name, const char *code, unsigned cpl, unsigned show, const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, cpl);
    if (cpl)
        f.r[SP] = PARAMETERS;
    run(&f);
    if (f.vector == V_BP)
        add(&t, f.rip - 1 == (word)target ? "there" : "back");
    else
        add_end(&t, &f, code);
    if (show) {
        add(&t, " cs=");
        add_hex(&t, f.cs & 0xffff);
        add(&t, " ss=");
        add_hex(&t, f.ss & 0xffff);
    }
    check(name, t.s, want);
}

static void rights(void)
{
    set_desc(SEL_CONFORMING, segment(0, 0xfffff, 0x9f, 0xc));
    set_desc(SEL_RING1, segment(0, 0xfffff, 0xbb, 0xc));
    set_desc(SEL_STACK1, segment(0, 0xfffff, 0xb3, 0xc));
    set_gate32(target, SEL_CODE, 0x8c, 0);
    once("DPL 0, ring 3", call, 3, 0, "#GP(68)+0");
    once("DPL 0, ring 0", call, 0, 1, "there cs=8 ss=10");
    set_gate32(target, SEL_CODE, 0xec, 0);
    once("CALL to ring 0", call, 3, 1, "there cs=8 ss=10");
    once("JMP to ring 0", jump, 3, 0, "#GP(8)+0");
    once("JMP within ring 0", jump, 0, 1, "there cs=8 ss=10");
    set_gate32(target, SEL_CONFORMING, 0xec, 5);
    once("CALL, conforming", call, 3, 1, "there cs=73 ss=23");
    once("JMP, conforming", jump, 3, 1, "there cs=73 ss=23");
    set_gate32(target, SEL_UCODE, 0xec, 0);
    once("CALL to ring 3 from ring 3", call, 3, 1, "there cs=2b ss=23");
    once("CALL to ring 3 from ring 0", call, 0, 0, "#GP(28)+0");
    set_gate32(target, SEL_DATA, 0xec, 0);
    once("to data", call, 3, 0, "#GP(10)+0");
    set_gate32(target, 0, 0xec, 0);
    once("to null", call, 3, 0, "#GP(0)+0");
    set_gate32(target, 0x800, 0xec, 0);
    once("beyond the table", call, 3, 0, "#GP(800)+0");
    set_gate32(target, SEL_CODE, 0x6c, 0);
    once("absent", call, 3, 0, "#NP(68)+0");
    set_stack(1, SEL_STACK1 | 1, ring0_stack - 0x800);
    set_gate32(target, SEL_RING1, 0xec, 0);
    idt[V_BP] = 0;
    set_gate(V_BP, catchers + 16 * V_BP, SEL_CODE, 0xee, 0);
    once("CALL to ring 1", call, 3, 1, "there cs=81 ss=89");
}

/*
 * Stacks that do not do.  An exception of ring 3 needs the stack of ring 0: what fails for want of
 * a stack can be seen in a call to ring 1, while the exception's handler has a good one.
 */
static void stacks(void)
{
    static const struct {
        const char *name;
        unsigned selector, esp;
        const char *want;
    } cases[] = {
        {"SS1 null", 0, STACK, "#TS(0)+0"},
        {"SS1 code", SEL_CODE, STACK, "#TS(8)+0"},
        {"SS1 of ring 0", SEL_DATA | 1, STACK, "#TS(10)+0"},
        {"SS1 of ring 3", SEL_UDATA, STACK, "#TS(20)+0"},
        {"SS1 beyond the table", 0x801, STACK, "#TS(800)+0"},
        {"SS1 with RPL 0", SEL_STACK1, STACK, "#TS(88)+0"},
        {"room for all", SEL_TIGHT | 1, 32, "there"},
        {"room for all but a byte", SEL_TIGHT | 1, 31, "#SS(78)+0"},
        {"above the limit", SEL_TIGHT | 1, 36, "#SS(78)+0"},
    };
    set_gate32(target, SEL_RING1, 0xec, 4);
    set_desc(SEL_TIGHT, segment(ARENA, 31, 0xb3, 4));
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_stack(1, cases[i].selector, cases[i].esp);
        once(cases[i].name, call, 3, 0, cases[i].want);
    }
    set_desc(SEL_TIGHT, segment(ARENA, 31, 0x33, 4));
    set_stack(1, SEL_TIGHT | 1, 32);
    once("stack absent", call, 3, 0, "#SS(78)+0");
}

void image(void)
{
    set_stack(0, SEL_DATA, ring0_stack);
    counts();
    returns();
    rights();
    stacks();
}
