/*
 * rowbytes.h - an encoding of any row of the instruction table, for tests that go over all of them.
 */
#ifndef TESTS_CPU_ROWBYTES_H
#define TESTS_CPU_ROWBYTES_H

#include "cpu/decode/insn.h"

/*
 * Bytes of `row` for code of `width` bits: memory operands at RIG_DATA, the first register of each
 * other kind, immediates 0.  0: the row does not exist at that width.
 */
size_t row_bytes(const struct lc_row *row, unsigned width, uint8_t out[LC_INSN_MAX]);

#endif
