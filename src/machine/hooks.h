/*
 * hooks.h - the lists behind libcpu/hook.h.
 */
#ifndef LC_MACHINE_HOOKS_H
#define LC_MACHINE_HOOKS_H

#include "cpu/cpu.h"

#include <libcpu/hook.h>

enum lc_hook_kind {
    LC_HOOK_INSN,
    LC_HOOK_EVENT,
    LC_HOOK_WALK,
    LC_HOOK_PORT,
    LC_HOOK_MMIO,
    LC_HOOK_PRIVILEGE,
    LC_HOOK_KINDS,
};

struct lc_hook {
    libcpu_hook id; /* 0: removed while its list was being walked */
    struct libcpu_range range;
    union {
        libcpu_insn_fn insn;
        libcpu_event_fn event;
        libcpu_walk_fn walk;
        libcpu_io_fn io;
        libcpu_privilege_fn privilege;
    } fn;
    void *user;
};

struct lc_hook_list {
    struct lc_hook *hook; /* in the order of adding */
    size_t count, cap;
    bool holes; /* some have been removed: to be squeezed out */
};

struct lc_hooks {
    struct lc_hook_list list[LC_HOOK_KINDS];
    libcpu_hook last_id;
    bool holes;     /* in some list */
    unsigned depth; /* hooks being called right now, nested */
};

struct libcpu;

void lc_hooks_fini(struct libcpu *m);
/* Point the CPU's observers at what is wanted now. */
void lc_hooks_connect(struct libcpu *m);

/* Fill a public walk from an internal one. */
void lc_walk_public(const struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                    const struct lc_walk *w, struct libcpu_walk *out);

#endif
