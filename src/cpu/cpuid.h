/*
 * cpuid.h - what CPUID says of this machine (SDM vol. 2A, CPUID).
 */
#ifndef LC_CPU_CPUID_H
#define LC_CPU_CPUID_H

#include "cpu/cpu.h"

/* Family 6, model 9Eh, stepping 10: CPUID 1 EAX, and EDX after reset (SDM vol. 3A, 9.1.2). */
#define LC_CPUID_SIGNATURE 0x000906eau

/* The time-stamp counter's frequency in MHz (lc_cpu_tsc counts nanoseconds). */
#define LC_TSC_MHZ 1000u

struct lc_cpuid {
    uint32_t reg[4]; /* EAX, EBX, ECX, EDX */
};

/* What CPUID returns now: some bits follow the mode and MSRs. */
struct lc_cpuid lc_cpuid(const struct lc_cpu *c, uint32_t leaf, uint32_t subleaf);

#endif
