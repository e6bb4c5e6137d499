/*
 * image.c - see image.h: lines of output, checks, descriptor tables.
 */
#include "image.h"

enum { DEBUGCON = 0xe9, EXIT_PORT = 0xf4 };

static unsigned checks, failures;
extern uint32_t boot_info;
_Noreturn void lost(word vector, word error, word rip);
void start(void);

/* ---- what compilers call ---- */

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    void *at = to;
    asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int c, size_t n)
{
    void *at = to;
    asm volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(c) : "memory");
    return to;
}

/* ---- text ---- */

void add(struct text *t, const char *s)
{
    while (*s && t->len < sizeof(t->s) - 1)
        t->s[t->len++] = *s++;
    t->s[t->len] = '\0';
}

void add_hex(struct text *t, uint64_t v)
{
    char digits[17];
    unsigned n = sizeof(digits) - 1;
    digits[n] = '\0';
    do
        digits[--n] = "0123456789abcdef"[v & 15];
    while ((v >>= 4) != 0);
    add(t, digits + n);
}

void add_dec(struct text *t, uint64_t v)
{
    uint32_t n = (uint32_t)v;
    if (n >= 10)
        add_dec(t, n / 10);
    add(t, (const char[]){(char)('0' + n % 10), '\0'});
}

static const char *const vector_names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09",
    "#TS", "#NP", "#SS", "#GP", "#PF", "#15", "#MF", "#AC", "#MC", "#XM",
};

void add_end(struct text *t, const struct frame *f, const void *code)
{
    if (f->vector == V_BP) {
        add(t, "done");
        return;
    }
    if (f->vector < sizeof(vector_names) / sizeof(vector_names[0])) {
        add(t, vector_names[f->vector]);
    } else {
        add(t, "int ");
        add_hex(t, f->vector);
    }
    if (f->vector == V_DF || (f->vector >= V_TS && f->vector <= V_PF) || f->vector == 17) {
        add(t, "(");
        add_hex(t, f->error);
        add(t, ")");
    }
    word off = f->rip - (word)code;
    if (off < 0x1000) {
        add(t, "+");
        add_hex(t, off);
    } else {
        add(t, " at ");
        add_hex(t, f->rip);
    }
    if (f->vector == V_PF) {
        add(t, " cr2=");
        add_hex(t, f->cr2);
    }
}

void print(const char *s)
{
    for (; *s; s++)
        out8(DEBUGCON, (uint8_t)*s);
}

bool same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

/* ---- checks ---- */

void report(const char *name, const char *got)
{
    checks++;
    print(name);
    print(": got ");
    print(got);
    print("\n");
}

void check(const char *name, const char *got, const char *want)
{
    checks++;
    print(name);
    print(": got ");
    print(got);
    if (!same(got, want)) {
        failures++;
        print(", WANTED ");
        print(want);
    }
    print("\n");
}

void check_hex(const char *name, uint64_t got, uint64_t want)
{
    struct text g = {0}, w = {0};
    add_hex(&g, got);
    add_hex(&w, want);
    check(name, g.s, w.s);
}

static void add_field(struct text *t, const char *name, uint64_t v)
{
    add(t, " ");
    add(t, name);
    add(t, "=");
    add_hex(t, v);
}

void add_shown(struct text *t, const struct frame *f, const void *code, unsigned show)
{
    static const char *const names[] = {"ax", "cx", "dx", "bx"};
    const word status = 0x8d5;
    add_end(t, f, code);
    for (unsigned i = 0; i < 4; i++)
        if (show & 1u << i)
            add_field(t, names[i], f->r[i]);
    if (show & SHOW_SP) {
        bool above = f->r[SP] >= STACK;
        add(t, above ? " sp+" : " sp-");
        add_hex(t, above ? f->r[SP] - STACK : STACK - f->r[SP]);
    }
    if (show & SHOW_FLAGS)
        add_field(t, "flags", f->rflags & ~status);
    if (show & SHOW_STATUS)
        add_field(t, "status", f->rflags & status);
    if (show & SHOW_CS) {
        add_field(t, "cs", f->cs & 0xffff);
        add_field(t, "ss", f->ss & 0xffff);
    }
}

void run_pieces(const struct piece *pieces, size_t n)
{
    for (const struct piece *p = pieces; p < pieces + n; p++) {
        struct text t = {0};
        struct frame f = frame_at(p->code, p->cpl);
        run(&f);
        add_shown(&t, &f, p->code, p->show);
        check(p->name, t.s, p->want);
    }
}

static void last_line(void)
{
    struct text t = {0};
    add(&t, failures ? "FAILED " : "ok ");
    add_dec(&t, failures ? failures : checks);
    add(&t, failures ? " of " : " checks\n");
    if (failures) {
        add_dec(&t, checks);
        add(&t, " checks\n");
    }
    print(t.s);
}

static _Noreturn void leave(uint8_t status)
{
    out8(EXIT_PORT, status);
    for (;;)
        asm volatile("hlt");
}

void lost(word vector, word error, word rip)
{
    struct text t = {0};
    add(&t, "LOST: vector ");
    add_hex(&t, vector);
    add(&t, " error ");
    add_hex(&t, error);
    add(&t, " at ");
    add_hex(&t, rip);
    add(&t, "\n");
    print(t.s);
    leave(2);
}

/* ---- what the processor reads ---- */

uint64_t segment(uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)access << 40 |
           (uint64_t)(limit >> 16 & 15) << 48 | (uint64_t)flags << 52 |
           (uint64_t)(base >> 24) << 56;
}

void set_desc(unsigned selector, uint64_t value)
{
    gdt[selector / 8] = value;
}

uint64_t get_desc(unsigned selector)
{
    return gdt[selector / 8];
}

void set_gate(unsigned vector, const void *handler, word selector, unsigned access, unsigned ist)
{
    word at = (word)handler;
    uint64_t gate = (at & 0xffff) | (uint64_t)selector << 16 | (uint64_t)ist << 32 |
                    (uint64_t)access << 40 | (uint64_t)(at >> 16 & 0xffff) << 48;
    if (sizeof(word) == 4) {
        idt[vector] = gate;
        return;
    }
    idt[2 * vector] = gate;
    idt[2 * vector + 1] = (uint64_t)at >> 32;
}

void reset_idt(void)
{
    for (unsigned v = 0; v < 256; v++)
        set_gate(v, catchers + 16 * v, SEL_CODE, v == V_BP || v == V_OF ? 0xee : 0x8e,
                 sizeof(word) == 8);
}

static void put_word(unsigned offset, word v)
{
    __builtin_memcpy(tss + offset, &v, sizeof(v));
}

/* The TSS; an I/O permission bitmap that allows nothing lies behind its limit. */
static void set_tss(void)
{
    if (sizeof(word) == 8) {
        put_word(4, ring0_stack);
        put_word(0x24, catch_stack);
        set_desc(SEL_TSS, segment((uint32_t)(word)tss, 0x67, 0x89, 0));
        set_desc(SEL_TSS + 8, 0);
    } else {
        put_word(4, ring0_stack);
        put_word(8, SEL_DATA);
        set_desc(SEL_TSS, segment((uint32_t)(word)tss, 0x67, 0x89, 0));
    }
    tss[0x66] = 0xff;
    tss[0x67] = 0x7f;
    asm volatile("ltr %w0" : : "r"(SEL_TSS));
}

const char *argument(void)
{
    const uint32_t *info = (const uint32_t *)(word)boot_info;
    const char *last = "";
    if (!(info[0] & 4))
        return "";
    for (const char *s = (const char *)(word)info[4]; *s; s++)
        if (*s == ' ')
            last = s + 1;
    return last;
}

bool has(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit)
{
    uint32_t r[4], highest;
    asm volatile("cpuid"
                 : "=a"(highest), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                 : "a"(leaf & 0x80000000), "c"(0));
    if (leaf > highest)
        return false;
    asm volatile("cpuid"
                 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                 : "a"(leaf), "c"(subleaf));
    return r[reg] >> bit & 1;
}

struct frame frame_at(const void *code, unsigned cpl)
{
    return (struct frame){
        .rip = (word)code,
        .cs = cpl ? SEL_UCODE : SEL_CODE,
        .ss = cpl ? SEL_UDATA : SEL_DATA,
        .ds = SEL_UDATA,
        .es = SEL_UDATA,
        .r[SP] = STACK,
        .rflags = 2,
    };
}

/* Both 8259s masked: interrupts come only when an image asks for them. */
static void mask_interrupts(void)
{
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

void start(void)
{
    mask_interrupts();
    reset_idt();
    asm volatile("lidt %0" : : "m"(idt_pointer));
    set_tss();
    image();
    last_line();
    leave(failures != 0);
}
