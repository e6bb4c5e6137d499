/*
 * paging_long.c - every combination of rights in 4-level and 5-level paging (SDM vol. 3A, 4.5
 * to 4.8).
 *
 * Expected is what the judge works out (paging_judge.c): no other document holds 80,000 outcomes.
 * Argument "4" or "5": the number of levels.
 */
#include "paging_sweep.h"

extern uint64_t pml4[512], pdpt[512], pd[4 * 512];
void enter_la57(const void *pml5);

static uint64_t pml5[512] __attribute__((aligned(4096)));
static uint64_t t4[512] __attribute__((aligned(4096)));
static uint64_t t3[512] __attribute__((aligned(4096)));
static uint64_t t2[512] __attribute__((aligned(4096)));
static uint64_t t1[512] __attribute__((aligned(4096)));

enum { PS = 0x80, IN_FRAME = 0x2000 };
#define ABOVE (UINT64_C(1) << 51) /* beyond every MAXPHYADDR here */

/* The entries with index 1 at every level but the last of a 4 KiB page lead to the page. */
static struct sweep four_levels(const char *name, unsigned levels)
{
    struct sweep s = {
        .name = name,
        .la = UINT64_C(1) << 39 | 1u << 30 | 1u << 21 | 1u << 12,
        .size = 8,
        .levels = levels,
        .entry = {&pml4[1], &t3[1], &t2[1], &t1[1]},
        .value = {(word)t3, (word)t2, (word)t1, SWEEP_PAGE},
        .reserved = {PS, ABOVE, ABOVE, ABOVE},
    };
    if (levels == 4)
        return s;
    s.first = levels - 1;
    s.la &= ~(word)0 << (levels == 3 ? 21 : 30);
    s.value[levels - 1] = PS | (levels == 3 ? SWEEP_PAGE : 0);
    s.reserved[levels - 1] = IN_FRAME;
    return s;
}

/* The same behind entry 1 of the fifth level. */
static struct sweep five_levels(const char *name, unsigned levels)
{
    struct sweep s = four_levels(name, levels - 1);
    for (unsigned i = levels - 1; i > 0; i--) {
        s.entry[i] = s.entry[i - 1];
        s.value[i] = s.value[i - 1];
        s.reserved[i] = s.reserved[i - 1];
    }
    s.entry[1] = &t4[1];
    s.entry[0] = &pml5[1];
    s.value[0] = (word)t4;
    s.reserved[0] = PS;
    s.la |= UINT64_C(1) << 48;
    s.first = levels == 5 ? 0 : levels - 1;
    s.levels = levels;
    return s;
}

/* The runtime's own pages for ring 0 alone, so that it may run under SMEP and SMAP. */
static void protect_runtime(void)
{
    pd[0] &= ~UINT64_C(4);
    pd[1] &= ~UINT64_C(4);
    write_cr3(read_cr3());
}

void image(void)
{
    bool five = same(argument(), "5");
    struct sweep s;
    prepare_pieces();
    protect_runtime();
    if (five) {
        pml5[0] = (word)pml4 | 7;
        enter_la57(pml5);
    }
    s = five ? five_levels("5-level-4k", 5) : four_levels("4-level-4k", 4);
    sweep(&s);
    s = five ? five_levels("5-level-2m", 4) : four_levels("4-level-2m", 3);
    sweep(&s);
    s = five ? five_levels("5-level-1g", 3) : four_levels("4-level-1g", 2);
    s.la += SWEEP_PAGE; /* of the GiB from 0 on */
    sweep(&s);
}
