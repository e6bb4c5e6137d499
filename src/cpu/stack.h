/*
 * stack.h - stacks as far transfers use them: frames pushed onto the current stack or onto the one
 * that the TSS holds for a more privileged level (SDM vol. 3A, 5.8.5, 6.12.1 and 6.14.2).
 */
#ifndef LC_CPU_STACK_H
#define LC_CPU_STACK_H

#include "cpu/cpu.h"

struct lc_stack {
    struct lc_seg ss;
    uint64_t sp;
    uint64_t mask;        /* width of the stack pointer */
    enum lc_tlb_class as; /* rights of the accesses */
    bool wide;            /* 64-bit: no segment, canonical addresses */
    uint32_t error;       /* error code of the #SS when there is no room */
};

enum { LC_FRAME_MAX = 40 };

/* What is pushed: value[0] first, at the highest address. */
struct lc_frame {
    uint64_t value[LC_FRAME_MAX];
    unsigned count;
    unsigned size; /* bytes of a slot: 2, 4 or 8 */
};

LC_INLINE void lc_frame_add(struct lc_frame *f, uint64_t v)
{
    f->value[f->count++] = v;
}

/* The current stack; `wide` when a 64-bit gate pushes onto it. */
void lc_stack_current(const struct lc_cpu *c, bool wide, struct lc_stack *s);
/* The stack of a more privileged level, from a 16- or 32-bit TSS, with the checks of its SS. */
bool lc_stack_inner(struct lc_cpu *c, unsigned cpl, struct lc_stack *s);
/* The same from a 64-bit TSS; with `ist` not 0 that entry of the interrupt stack table. */
bool lc_stack_inner64(struct lc_cpu *c, unsigned cpl, unsigned ist, struct lc_stack *s);

/* Is there room for `count` slots? #SS. */
bool lc_stack_room(struct lc_cpu *c, const struct lc_stack *s, unsigned count, unsigned size);
/* Push a frame and move s->sp: wholly, or not at all when it faults. */
bool lc_stack_push(struct lc_cpu *c, struct lc_stack *s, const struct lc_frame *f);
/* SS and rSP become those of s. */
void lc_stack_switch(struct lc_cpu *c, const struct lc_stack *s);

#endif
