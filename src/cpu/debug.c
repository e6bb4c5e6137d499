/*
 * debug.c - breakpoints: which of the four match an access (SDM vol. 3B, 17.2.4 and 17.2.5).
 */
#include "cpu/debug.h"

enum { BP_EXEC = 0, BP_WRITE = 1, BP_IO = 2, BP_RW = 3 };

static unsigned bp_type(const struct lc_cpu *c, unsigned n)
{
    return (unsigned)lc_field(c->dr[7], 17 + 4 * n, 16 + 4 * n);
}

static unsigned bp_len(const struct lc_cpu *c, unsigned n)
{
    static const uint8_t len[4] = {1, 2, 8, 4};
    return len[lc_field(c->dr[7], 19 + 4 * n, 18 + 4 * n)];
}

static bool bp_enabled(const struct lc_cpu *c, unsigned n)
{
    return (c->dr[7] >> (2 * n) & 3) != 0;
}

/* Do [a, a+alen) and the breakpoint's aligned range meet? */
static bool bp_overlaps(const struct lc_cpu *c, unsigned n, uint64_t a, unsigned alen)
{
    unsigned len = bp_len(c, n);
    uint64_t b = c->dr[n] & ~(uint64_t)(len - 1);
    return a < b + len && b < a + alen;
}

void lc_debug_data_met(struct lc_cpu *c, uint64_t la, unsigned size, bool write)
{
    for (unsigned n = 0; n < 4; n++) {
        unsigned type = bp_type(c, n);
        bool fits = type == BP_RW || (type == BP_WRITE && write);
        if (fits && bp_enabled(c, n) && bp_overlaps(c, n, la, size))
            c->pending_dr6 |= LC_BIT(n);
    }
}

void lc_debug_io(struct lc_cpu *c, uint16_t port, unsigned size)
{
    if (!(c->cr4 & LC_CR4_DE))
        return;
    for (unsigned n = 0; n < 4; n++)
        if (bp_type(c, n) == BP_IO && bp_enabled(c, n) && bp_overlaps(c, n, port, size))
            c->pending_dr6 |= LC_BIT(n);
}

uint64_t lc_debug_fetch(const struct lc_cpu *c, uint64_t la)
{
    uint64_t hit = 0;
    for (unsigned n = 0; n < 4; n++)
        if (bp_type(c, n) == BP_EXEC && bp_enabled(c, n) && c->dr[n] == la)
            hit |= LC_BIT(n);
    return hit;
}
