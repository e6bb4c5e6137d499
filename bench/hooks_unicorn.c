/*
 * hooks_unicorn.c: the same loop under Unicorn 2, whose hooks are of the same kinds.
 */
#include "hooks.h"

#include <unicorn/unicorn.h>

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    (void)uc, (void)address, (void)size;
    ++*(uint64_t *)user;
}

static void on_memory(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                      void *user)
{
    (void)uc, (void)type, (void)address, (void)size, (void)value;
    ++*(uint64_t *)user;
}

/* uc_hook_add() takes functions as data. */
static uc_err watch(uc_engine *uc, enum bench_watch what, uint64_t *events)
{
    const int kinds[] = {0, UC_HOOK_CODE, UC_HOOK_BLOCK, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE};
    union {
        uc_cb_hookcode_t code;
        uc_cb_hookmem_t memory;
        void *data;
    } fn = {.code = on_code};
    uc_hook hook;
    if (what == WATCH_NOTHING)
        return UC_ERR_OK;
    if (what == WATCH_MEMORY)
        fn.memory = on_memory;
    return uc_hook_add(uc, &hook, kinds[what], fn.data, events, 1, 0);
}

static uc_err set_up(uc_engine *uc, uint64_t rounds)
{
    uint64_t from = BENCH_FROM, to = BENCH_TO;
    uc_err err = uc_mem_map(uc, BENCH_CODE, 0x1000, UC_PROT_ALL);
    err = err ? err : uc_mem_map(uc, BENCH_FROM, 0x10000, UC_PROT_READ | UC_PROT_WRITE);
    err = err ? err : uc_mem_write(uc, BENCH_CODE, bench_loop, bench_loop_size);
    err = err ? err : uc_reg_write(uc, UC_X86_REG_RDI, &from);
    err = err ? err : uc_reg_write(uc, UC_X86_REG_RSI, &to);
    return err ? err : uc_reg_write(uc, UC_X86_REG_R8, &rounds);
}

double bench_peer(enum bench_watch what, uint64_t rounds, uint64_t *events)
{
    uc_engine *uc;
    double seconds = -1;
    *events = 0;
    if (uc_open(UC_ARCH_X86, UC_MODE_64, &uc))
        return -1;
    if (!set_up(uc, rounds) && !watch(uc, what, events)) {
        double start = bench_cpu_seconds();
        if (!uc_emu_start(uc, BENCH_CODE, BENCH_CODE + bench_loop_size - 1, 0, 0))
            seconds = bench_cpu_seconds() - start;
    }
    uc_close(uc);
    return seconds;
}
