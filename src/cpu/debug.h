/*
 * debug.h - debug registers: breakpoints and the single-step trap (SDM vol. 3B, 17.2 and 17.3).
 */
#ifndef LC_CPU_DEBUG_H
#define LC_CPU_DEBUG_H

#include "cpu/cpu.h"

#define LC_DR6_BS    LC_BIT(14)
#define LC_DR6_BD    LC_BIT(13)
#define LC_DR6_BT    LC_BIT(15)
#define LC_DR6_FIXED UINT64_C(0xffff0ff0) /* bits that always read as 1 */
#define LC_DR7_GD    LC_BIT(13)
#define LC_DR7_FIXED LC_BIT(10)

/* Is any breakpoint enabled (L or G of DR7)? */
LC_INLINE bool lc_debug_armed(const struct lc_cpu *c)
{
    return (c->dr[7] & 0xff) != 0;
}

/* An explicit data access was made: note the data breakpoints that it met in c->pending_dr6. */
void lc_debug_data_met(struct lc_cpu *c, uint64_t la, unsigned size, bool write);
/* The same for an I/O port access. */
void lc_debug_io(struct lc_cpu *c, uint16_t port, unsigned size);
/* Instruction breakpoints at la: DR6 bits, 0 when none. */
uint64_t lc_debug_fetch(const struct lc_cpu *c, uint64_t la);

LC_INLINE void lc_debug_data(struct lc_cpu *c, uint64_t la, unsigned size, bool write)
{
    if (LC_UNLIKELY(lc_debug_armed(c)))
        lc_debug_data_met(c, la, size, write);
}

#endif
