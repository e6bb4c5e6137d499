/*
 * fpenv_soft.c - see fpenv.h: for hosts whose floating-point unit is not used.
 */
#include "cpu/exec/fpenv.h"

bool lc_fp_enter_sse(struct lc_cpu *c)
{
    (void)c;
    return false;
}

bool lc_fp_enter_x87(struct lc_cpu *c)
{
    (void)c;
    return false;
}

void lc_fp_leave_sse(struct lc_cpu *c)
{
    (void)c;
}

void lc_fp_leave_x87(struct lc_cpu *c)
{
    (void)c;
}

uint16_t lc_fp_fsw(const struct lc_cpu *c)
{
    return c->fpu.fsw;
}

void lc_fp_set_fcw(struct lc_cpu *c, uint16_t fcw)
{
    c->fpu.fcw = fcw;
}

bool lc_fp_host_fma(void)
{
    return false;
}

bool lc_fp_host_sse41(void)
{
    return false;
}

uint32_t lc_fp_mxcsr(const struct lc_cpu *c)
{
    return c->fpu.mxcsr;
}
