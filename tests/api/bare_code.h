/*
 * bare_code.h - a machine without a board that runs a few bytes of code in 64-bit mode at CPL 0.
 */
#ifndef TESTS_API_BARE_CODE_H
#define TESTS_API_BARE_CODE_H

#include "api.h"

enum { CODE = 0x400000, DATA = 0x500000, STACK = 0x600000, STACK_TOP = STACK + 0x800 };

static inline void set(libcpu *m, enum libcpu_reg reg, uint64_t v)
{
    OK(libcpu_reg_set(m, reg, &v, 8));
}

static inline void put(libcpu *m, uint64_t la, uint64_t v)
{
    OK(libcpu_linear_write(m, la, &v, 8));
}

static inline uint64_t get(libcpu *m, uint64_t la)
{
    uint64_t v;
    OK(libcpu_linear_read(m, la, &v, 8));
    return v;
}

/* Code at CODE, two pages of data at DATA, to which RDI and RSI point, and a stack. */
static inline libcpu *kernel64_mib(const void *code, size_t size, unsigned mib)
{
    struct libcpu_config config;
    libcpu *m;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    config.ram_size = (uint64_t)mib << 20;
    OK(libcpu_create(&config, &m));
    OK(libcpu_bare(m, LIBCPU_BARE_KERNEL64));
    OK(libcpu_map(m, CODE, 0x1000, LIBCPU_READ | LIBCPU_WRITE | LIBCPU_EXECUTE));
    OK(libcpu_map(m, DATA, 0x2000, LIBCPU_READ | LIBCPU_WRITE));
    OK(libcpu_map(m, STACK, 0x1000, LIBCPU_READ | LIBCPU_WRITE));
    OK(libcpu_linear_write(m, CODE, code, size));
    set(m, LIBCPU_REG_RIP, CODE);
    set(m, LIBCPU_REG_RSP, STACK_TOP);
    set(m, LIBCPU_REG_RDI, DATA);
    set(m, LIBCPU_REG_RSI, DATA);
    return m;
}

static inline libcpu *kernel64(const void *code, size_t size)
{
    return kernel64_mib(code, size, 4);
}

#define KERNEL64(...)                                                                              \
    kernel64((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#endif
