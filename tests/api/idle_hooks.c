/*
 * idle_hooks.c - see idle_hooks.h.
 */
#include "idle_hooks.h"

void idle_insn(void *user, libcpu *m, uint64_t la)
{
    (void)user, (void)m, (void)la;
}

void idle_block(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    (void)user, (void)m, (void)la, (void)bytes, (void)insns;
}

void idle_memory(void *user, libcpu *m, struct libcpu_access *a)
{
    (void)user, (void)m, (void)a;
}

void idle_walk(void *user, libcpu *m, const struct libcpu_walk *w)
{
    (void)user, (void)m, (void)w;
}

void idle_ad(void *user, libcpu *m, const struct libcpu_ad_update *u)
{
    (void)user, (void)m, (void)u;
}

void idle_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e)
{
    (void)user, (void)m, (void)e;
}

enum libcpu_hook_answer idle_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    (void)user, (void)m, (void)e;
    return LIBCPU_HOOK_GO_ON;
}

void idle_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    (void)user, (void)m, (void)from, (void)to;
}

enum libcpu_hook_answer idle_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    (void)user, (void)m, (void)la, (void)sysenter;
    return LIBCPU_HOOK_GO_ON;
}

void idle_return(void *user, libcpu *m, uint64_t rip)
{
    (void)user, (void)m, (void)rip;
}

enum libcpu_hook_answer idle_cr(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    (void)user, (void)m, (void)w;
    return LIBCPU_HOOK_GO_ON;
}

enum libcpu_hook_answer idle_msr(void *user, libcpu *m, const struct libcpu_msr_access *a)
{
    (void)user, (void)m, (void)a;
    return LIBCPU_HOOK_GO_ON;
}

enum libcpu_hook_answer idle_cpuid(void *user, libcpu *m, uint32_t leaf, uint32_t subleaf)
{
    (void)user, (void)m, (void)leaf, (void)subleaf;
    return LIBCPU_HOOK_GO_ON;
}

enum libcpu_hook_answer idle_opcode(void *user, libcpu *m, uint64_t la)
{
    (void)user, (void)m, (void)la;
    return LIBCPU_HOOK_GO_ON;
}

void idle_io(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    (void)user, (void)m, (void)a;
}
