/*
 * hooks.h - the lists behind libcpu/hook.h.
 */
#ifndef LC_MACHINE_HOOKS_H
#define LC_MACHINE_HOOKS_H

#include "cpu/cpu.h"

#include <libcpu/hook.h>

enum lc_hook_kind {
    LC_HOOK_INSN,
    LC_HOOK_BLOCK,
    LC_HOOK_MEMORY,
    LC_HOOK_WALK,
    LC_HOOK_AD,
    LC_HOOK_TLB,
    LC_HOOK_EVENT,
    LC_HOOK_PRIVILEGE,
    LC_HOOK_SYSCALL,
    LC_HOOK_SYSRET,
    LC_HOOK_IRET,
    LC_HOOK_CR,
    LC_HOOK_MSR_READ,
    LC_HOOK_MSR_WRITE,
    LC_HOOK_CPUID,
    LC_HOOK_HLT,
    LC_HOOK_UNDEFINED,
    LC_HOOK_PORT,
    LC_HOOK_MMIO,
    LC_HOOK_KINDS,
};

#define LC_HOOK_ANY 0x80000000u

struct lc_hook {
    libcpu_hook id; /* 0: removed while its list was being walked */
    unsigned kinds; /* MEMORY, TLB: which; else LC_HOOK_ANY */
    struct libcpu_range range;
    union {
        libcpu_insn_fn insn;
        libcpu_block_fn block;
        libcpu_memory_fn memory;
        libcpu_walk_fn walk;
        libcpu_ad_fn ad;
        libcpu_tlb_fn tlb;
        libcpu_event_fn event;
        libcpu_privilege_fn privilege;
        libcpu_syscall_fn syscall;
        libcpu_return_fn ret;
        libcpu_cr_fn cr;
        libcpu_msr_fn msr;
        libcpu_cpuid_fn cpuid;
        libcpu_opcode_fn opcode;
        libcpu_io_fn io;
    } fn;
    void *user;
};

struct lc_hook_list {
    struct lc_hook *hook; /* in the order of adding */
    size_t count, cap;
    unsigned kinds; /* of all of them together */
    bool holes;     /* some have been removed: to be squeezed out */
};

struct lc_hooks {
    struct lc_hook_list list[LC_HOOK_KINDS];
    libcpu_hook last_id;
    bool holes;     /* in some list */
    unsigned depth; /* lists being walked right now, nested */
};

struct libcpu;

void lc_hooks_fini(struct libcpu *m);
/* Point the CPU's observers at what is wanted now. */
void lc_hooks_connect(struct libcpu *m);
/* Squeeze out what was removed while lists were being walked. */
void lc_hooks_sweep(struct libcpu *m);

/* hook_calls.c: the first bytes (at most 8) of the instruction at la, that is about to run. */
uint64_t lc_insn_bytes(struct libcpu *m, uint64_t la, unsigned len);
/* hook_calls.c: what the observers are pointed at. */
void lc_on_insn(void *user, struct libcpu *m, uint64_t la);
void lc_on_block(void *user, struct libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns);
/* A single memory hook and nothing else that looks at memory; and any number. */
uint64_t lc_on_memory_one(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                          unsigned size, uint64_t value);
uint64_t lc_on_memory(void *user, struct lc_cpu *c, enum lc_access_kind kind, uint64_t la,
                      unsigned size, uint64_t value);
bool lc_on_event(void *user, struct lc_cpu *c, const struct lc_fault *f);
void lc_on_privilege(void *user, struct lc_cpu *c, unsigned from, unsigned to);
void lc_on_walk(void *user, struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                const struct lc_walk *w);
void lc_on_tlb(void *user, struct lc_cpu *c, enum lc_tlb_event event, uint64_t la, uint64_t pa);
bool lc_on_system(void *user, struct lc_cpu *c, const struct lc_system_info *info);
void lc_on_port(void *user, uint64_t addr, unsigned size, uint64_t value, bool write);
void lc_on_mmio(void *user, uint64_t addr, unsigned size, uint64_t value, bool write);

/* Fill a public walk from an internal one. */
void lc_walk_public(const struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                    const struct lc_walk *w, struct libcpu_walk *out);

#endif
