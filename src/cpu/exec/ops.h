/*
 * ops.h - declarations of every operation that the table names, made from the table.
 */
#ifndef LC_CPU_EXEC_OPS_H
#define LC_CPU_EXEC_OPS_H

#include "cpu/decode/insn.h"

#define I(mnem, map, opc, ext, pfx, mode, size, ops, fr, fw, fu, attrs, feat, handler)             \
    extern const struct lc_op lc_op_##handler;
#define ICC(mnem, map, opc, ext, pfx, mode, size, ops, fr, fw, fu, attrs, feat, handler)           \
    extern const struct lc_op lc_op_##handler[16];
#include "cpu/decode/insn_crypto.def"
#include "cpu/decode/insn_general.def"
#include "cpu/decode/insn_simd.def"
#include "cpu/decode/insn_simdfp.def"
#include "cpu/decode/insn_simdmove.def"
#include "cpu/decode/insn_system.def"
#include "cpu/decode/insn_x87.def"
#include "cpu/decode/insn_xstate.def"
#undef I
#undef ICC

#endif
