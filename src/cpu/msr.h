/*
 * msr.h - model-specific registers (SDM vol. 4).  msr.def holds a row for each.
 */
#ifndef LC_CPU_MSR_H
#define LC_CPU_MSR_H

#include "cpu/cpu.h"

/* IA32_MISC_ENABLE. */
#define LC_MISC_FAST_STRINGS LC_BIT(0)
#define LC_MISC_NO_BTS       LC_BIT(11) /* read only: no branch trace store */
#define LC_MISC_NO_PEBS      LC_BIT(12) /* read only: no event-based sampling */
#define LC_MISC_MONITOR      LC_BIT(18) /* MONITOR and MWAIT exist, and CPUID shows them */

/* IA32_APIC_BASE. */
#define LC_APIC_BASE_BSP    LC_BIT(8)
#define LC_APIC_BASE_X2APIC LC_BIT(10)
#define LC_APIC_BASE_ENABLE LC_BIT(11)

/* Variable-range MTRR pairs (IA32_MTRRCAP.VCNT). */
enum { LC_MTRR_VARIABLE = 8 };

/* RDMSR and WRMSR without their privilege check; false: #GP(0) is raised and nothing changed. */
bool lc_msr_read(struct lc_cpu *c, uint32_t number, uint64_t *v);
bool lc_msr_write(struct lc_cpu *c, uint32_t number, uint64_t v);

/* The architectural name, or NULL when no such register exists. */
const char *lc_msr_name(uint32_t number);

#endif
