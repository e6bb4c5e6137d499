/*
 * idle_hooks.h - a function of each kind of hook that does nothing.
 */
#ifndef IDLE_HOOKS_H
#define IDLE_HOOKS_H

#include <libcpu/libcpu.h>

void idle_insn(void *user, libcpu *m, uint64_t la);
void idle_block(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns);
void idle_memory(void *user, libcpu *m, struct libcpu_access *a);
void idle_walk(void *user, libcpu *m, const struct libcpu_walk *w);
void idle_ad(void *user, libcpu *m, const struct libcpu_ad_update *u);
void idle_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e);
enum libcpu_hook_answer idle_event(void *user, libcpu *m, const struct libcpu_event *e);
void idle_privilege(void *user, libcpu *m, unsigned from, unsigned to);
enum libcpu_hook_answer idle_syscall(void *user, libcpu *m, uint64_t la, bool sysenter);
void idle_return(void *user, libcpu *m, uint64_t rip);
enum libcpu_hook_answer idle_cr(void *user, libcpu *m, const struct libcpu_cr_write *w);
enum libcpu_hook_answer idle_msr(void *user, libcpu *m, const struct libcpu_msr_access *a);
enum libcpu_hook_answer idle_cpuid(void *user, libcpu *m, uint32_t leaf, uint32_t subleaf);
enum libcpu_hook_answer idle_opcode(void *user, libcpu *m, uint64_t la);
void idle_io(void *user, libcpu *m, const struct libcpu_io_access *a);

#endif
