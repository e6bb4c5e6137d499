/*
 * scenarios.h - what the scenarios share.  They are written for Unicorn's calls, and compiled with
 * the adapter and, where it is installed, with Unicorn itself.
 */
#ifndef LC_TESTS_UNICORN_SCENARIOS_H
#define LC_TESTS_UNICORN_SCENARIOS_H

#ifdef LC_REAL_UNICORN
#include <unicorn/unicorn.h>
enum { IS_UNICORN = true };
#else
#include "adapter.h"
enum { IS_UNICORN = false };
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs some of the above. */
#include <cmocka.h>

enum { CODE = 0x400000, DATA = 0x500000, STACK = 0x700000, PAGE = 0x1000 };

#define OK(call) assert_int_equal(call, UC_ERR_OK)

/* A function as uc_hook_add() takes it: ISO C has no such cast. */
static inline void *callback_of(void (*fn)(void))
{
    void *p;
    memcpy(&p, &fn, sizeof(p));
    return p;
}
#define FN(function) callback_of((void (*)(void))(function))

/* An engine with code at CODE, DATA and STACK; the stack pointer is set. */
uc_engine *engine(uc_mode mode, const void *code, size_t size);
#define ENGINE(mode, code) engine(mode, code, sizeof(code))
/* From the first byte of `code` until behind its last one. */
#define RUN(uc, code) uc_emu_start(uc, CODE, CODE + sizeof(code), 0, 0)

uint64_t get(uc_engine *uc, int reg);
void set(uc_engine *uc, int reg, uint64_t value);

#endif
