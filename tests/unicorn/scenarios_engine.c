/*
 * scenarios_engine.c - see scenarios.h.
 */
#include "scenarios.h"

uc_engine *engine(uc_mode mode, const void *code, size_t size)
{
    uc_engine *uc;
    uint64_t sp = STACK + PAGE / 2;
    OK(uc_open(UC_ARCH_X86, mode, &uc));
    OK(uc_mem_map(uc, CODE, PAGE, UC_PROT_READ | UC_PROT_EXEC));
    OK(uc_mem_map(uc, DATA, PAGE, UC_PROT_READ | UC_PROT_WRITE));
    OK(uc_mem_map(uc, STACK, PAGE, UC_PROT_READ | UC_PROT_WRITE));
    OK(uc_mem_write(uc, CODE, code, size));
    set(uc, mode == UC_MODE_64 ? UC_X86_REG_RSP : UC_X86_REG_ESP, sp);
    return uc;
}

uint64_t get(uc_engine *uc, int reg)
{
    uint64_t value = 0;
    OK(uc_reg_read(uc, reg, &value));
    return value;
}

void set(uc_engine *uc, int reg, uint64_t value)
{
    OK(uc_reg_write(uc, reg, &value));
}
