/*
 * rows.h - the table's rows in text and in every mode, for the tests of this folder.
 */
#ifndef TESTS_DECODE_ROWS_H
#define TESTS_DECODE_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/encode.h"

/* The modes that decoding tells apart. */
enum rows_mode { ROWS_REAL, ROWS_VM86, ROWS_PROT16, ROWS_PROT32, ROWS_LONG, ROWS_MODES };

uint32_t rows_key(enum rows_mode mode);
const char *rows_mode_name(enum rows_mode mode);

/* "12 mov 1:89 /r 66": which row it is, for messages; in a buffer that the next call reuses. */
const char *rows_name(const struct lc_row *row);
/* Bytes as hexadecimal digits; the same. */
const char *rows_hex(const uint8_t *bytes, unsigned len);

/* A decoder with every feature. */
void rows_decoder(struct lc_decoder *d);
void rows_decoder_free(struct lc_decoder *d);

#endif
