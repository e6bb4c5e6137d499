/*
 * paging_prot.c - every combination of rights in 32-bit and PAE paging (SDM vol. 3A, 4.3, 4.4, 4.6
 * to 4.8).
 *
 * Expected is what the judge works out (paging_judge.c).  Argument "32" or "pae".
 */
#include "paging_sweep.h"

enum { PS = 0x80, OPEN = 7, BIT_21 = 0x200000, BIT_13 = 0x2000 };
#define ABOVE (UINT64_C(1) << 51) /* beyond every MAXPHYADDR here */

static uint32_t pd32[1024] __attribute__((aligned(4096)));
static uint32_t pt32[1024] __attribute__((aligned(4096)));
static uint64_t pdptes[4] __attribute__((aligned(32)));
static uint64_t pd_pae[2][512] __attribute__((aligned(4096)));
static uint64_t pt_pae[512] __attribute__((aligned(4096)));

static const struct sweep in_32_bit[] = {
    {
        .name = "32-bit-4k",
        .la = 0x80401000,
        .size = 4,
        .levels = 2,
        .entry = {&pd32[0x201], &pt32[1]},
        .value = {0, SWEEP_PAGE},
    },
    {
        .name = "32-bit-4m",
        .la = 0x80800000 + (SWEEP_PAGE & 0x3fffff),
        .size = 4,
        .levels = 1,
        .entry = {&pd32[0x202]},
        .value = {PS | (SWEEP_PAGE & ~0x3fffff)},
        .reserved = {BIT_21},
    },
};

static const struct sweep in_pae[] = {
    {
        .name = "pae-4k",
        .la = 0x80201000,
        .size = 8,
        .levels = 2,
        .entry = {&pd_pae[1][1], &pt_pae[1]},
        .value = {0, SWEEP_PAGE},
        .reserved = {ABOVE, ABOVE},
    },
    {
        .name = "pae-2m",
        .la = 0x80400000,
        .size = 8,
        .levels = 1,
        .entry = {&pd_pae[1][2]},
        .value = {PS | SWEEP_PAGE},
        .reserved = {BIT_13},
    },
};

/* One to one; the first 4 MiB, where the runtime lies, for ring 0 alone. */
static void start_32_bit(void)
{
    for (uint32_t i = 0; i < 512; i++)
        pd32[i] = i << 22 | PS | (i ? OPEN : 3);
    write_cr4(read_cr4() | CR4_PSE);
    write_cr3((word)pd32);
    write_cr0(read_cr0() | CR0_PG);
}

static void start_pae(void)
{
    for (uint32_t i = 0; i < 512; i++)
        pd_pae[0][i] = i << 21 | PS | (i > 1 ? OPEN : 3);
    pdptes[0] = (word)pd_pae[0] | 1;
    pdptes[2] = (word)pd_pae[1] | 1;
    write_cr4(read_cr4() | CR4_PAE);
    write_cr3((word)pdptes);
    write_cr0(read_cr0() | CR0_PG);
}

static void sweep_all(const struct sweep *s, word table)
{
    struct sweep first = s[0];
    first.value[0] = table;
    sweep(&first);
    sweep(&s[1]);
}

void image(void)
{
    prepare_pieces();
    if (same(argument(), "pae")) {
        start_pae();
        sweep_all(in_pae, (word)pt_pae);
    } else {
        start_32_bit();
        sweep_all(in_32_bit, (word)pt32);
    }
}
