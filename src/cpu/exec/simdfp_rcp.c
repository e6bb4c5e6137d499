/*
 * simdfp_rcp.c - approximate reciprocals and their square roots (SDM vol. 2B, RCPPS, RSQRTPS): no
 * exceptions, MXCSR is not looked at.
 */
#include "cpu/exec/simdfp.h"

LC_VEC_UNARY(rcpps)
LC_VEC_UNARY(rsqrtps)
LC_VEC_LOW(rcpss, 4)
LC_VEC_LOW(rsqrtss, 4)
