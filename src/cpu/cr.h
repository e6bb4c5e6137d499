/*
 * cr.h - writing control registers, with every check and effect that the architecture demands (SDM
 * vol. 3A, 2.5; vol. 2B, MOV to control registers).
 *
 * Each function returns false when the value is not allowed: #GP(0) is raised and nothing has
 * changed.  The privilege level is the caller's.
 */
#ifndef LC_CPU_CR_H
#define LC_CPU_CR_H

#include "cpu/cpu.h"
#include "cpu/feature.h"

bool lc_cr0_write(struct lc_cpu *c, uint64_t v);
/* Also what a task switch loads. Bit 63 (keep the TLB) is looked at with CR4.PCIDE only. */
bool lc_cr3_write(struct lc_cpu *c, uint64_t v);
bool lc_cr4_write(struct lc_cpu *c, uint64_t v);
bool lc_cr8_write(struct lc_cpu *c, uint64_t v);

/* Bits that CR4 may hold on this CPU. */
uint64_t lc_cr4_valid(const struct lc_cpu *c);

/* Canonical by the widest linear address that the CPU has, whatever CR4.LA57 says: the rule for
 * MSRs, descriptor-table bases and INVPCID. */
LC_INLINE bool lc_cpu_canonical_base(const struct lc_cpu *c, uint64_t la)
{
    return lc_canonical(la, lc_has(c, LC_FEAT_LA57) ? 57 : 48);
}

#endif
