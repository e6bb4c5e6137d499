/*
 * adapter_engine.h - what the adapter's two files share.
 */
#ifndef LC_TESTS_UNICORN_ADAPTER_ENGINE_H
#define LC_TESTS_UNICORN_ADAPTER_ENGINE_H

#include "adapter.h"

#include <libcpu/libcpu.h>

struct adapter_hook;

struct uc_struct {
    libcpu *m;
    uc_mode mode;
    struct adapter_hook *hooks; /* the newest first */
    uc_hook last;               /* number of the newest */
    /* The page fault that a hook has said to have repaired last: twice the same is none. */
    uint64_t fault_rip, fault_la;
};

/* IN and OUT have somebody to talk to; false: no memory. */
bool adapter_add_ports(uc_engine *uc);
void adapter_free_hooks(uc_engine *uc);
uc_mem_type adapter_fault_type(uint64_t error_code);

#endif
