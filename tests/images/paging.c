/*
 * paging.c - see paging_sweep.h.
 */
#include "paging_sweep.h"

enum { ENTRY_A = 0x20, ENTRY_D = 0x40, USER_PIECES = 0x410000 };

CODE(read_bx, "movb (%" REG_BX "), %al");
CODE(write_bx, "movb %al, (%" REG_BX ")");

static uint64_t get(const struct sweep *s, unsigned level)
{
    return s->size == 4 ? *(volatile uint32_t *)s->entry[level]
                        : *(volatile uint64_t *)s->entry[level];
}

static void put(const struct sweep *s, unsigned level, uint64_t v)
{
    if (s->size == 4)
        *(volatile uint32_t *)s->entry[level] = (uint32_t)v;
    else
        *(volatile uint64_t *)s->entry[level] = v;
}

static uint64_t with_bits(const struct sweep *s, unsigned level, unsigned bits)
{
    uint64_t v = s->value[level] | (bits & (BIT_P | BIT_W | BIT_U));
    if (bits & BIT_NX && s->size == 8)
        v |= UINT64_C(1) << 63;
    if (bits & BIT_RESERVED)
        v |= s->reserved[level];
    return v;
}

static void set_bit(word (*read)(void), void (*write)(word), word bit, bool on)
{
    write(on ? read() | bit : read() & ~bit);
}

static void set_controls(unsigned c)
{
    set_bit(read_cr0, write_cr0, CR0_WP, c & WITH_WP);
    set_bit(read_cr4, write_cr4, CR4_SMEP, c & WITH_SMEP);
    set_bit(read_cr4, write_cr4, CR4_SMAP, c & WITH_SMAP);
    uint64_t efer = rdmsr(MSR_EFER) & ~UINT64_C(0x800);
    wrmsr(MSR_EFER, efer | (c & WITH_NXE ? 0x800 : 0));
}

static void go(const struct sweep *s, unsigned access, unsigned controls, struct frame *f)
{
    unsigned kind = access % USER;
    bool user = access >= USER;
    word piece = kind == READ ? (word)read_bx : (word)write_bx;
    if (user && kind != FETCH)
        piece = USER_PIECES + (kind == WRITE ? 16 : 0);
    *f = frame_at((const void *)(kind == FETCH ? s->la : piece), user ? 3 : 0);
    f->r[BX] = s->la;
    f->r[AX] = 0xcc;
    if (!user)
        f->r[SP] = catch_stack;
    if (controls & WITH_AC)
        f->rflags |= F_AC;
    run(f);
}

static void outcome(const struct sweep *s, const struct frame *f, struct text *t)
{
    static const char digits[] = "0123456789abcdef";
    unsigned last = s->levels - 1, accessed = 0;
    bool dirty = get(s, last) & ENTRY_D;
    for (unsigned i = 0; i < s->levels; i++)
        accessed += (get(s, i) & ENTRY_A) != 0;
    if (f->vector == V_BP)
        add(t, (const char[]){'k', digits[accessed + (dirty ? 8 : 0)], '\0'});
    else if (f->vector != V_PF || f->cr2 != s->la || dirty)
        add(t, "!!");
    else
        add(t, (const char[]){digits[f->error >> 4 & 15], digits[f->error & 15], '\0'});
}

static void line(const struct sweep *s, unsigned level, unsigned controls)
{
    struct text t = {0};
    add(&t, s->name);
    add(&t, " ");
    add_dec(&t, level);
    add(&t, " ");
    add_dec(&t, controls);
    for (unsigned bits = 0; bits < BITS; bits++) {
        add(&t, " ");
        for (unsigned access = 0; access < ACCESSES; access++) {
            struct frame f;
            for (unsigned i = 0; i < s->levels; i++)
                put(s, i, with_bits(s, i, i == level ? bits : BIT_P | BIT_W | BIT_U));
            invlpg(s->la);
            go(s, access, controls, &f);
            outcome(s, &f, &t);
        }
    }
    add(&t, "\n");
    print(t.s);
}

void prepare_pieces(void)
{
    __builtin_memcpy((void *)USER_PIECES, read_bx, 16);
    __builtin_memcpy((void *)(USER_PIECES + 16), write_bx, 16);
    *(uint8_t *)SWEEP_PAGE = 0xcc;
}

void sweep(const struct sweep *s)
{
    for (unsigned level = s->first; level < s->levels; level++)
        for (unsigned c = 0; c < CONTROLS; c++) {
            set_controls(c);
            line(s, level, c);
        }
    set_controls(WITH_NXE);
}
