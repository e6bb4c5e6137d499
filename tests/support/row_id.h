/*
 * row_id.h - a number for a row of the instruction table, made from all that is written in it: for
 * accounts that must notice when a row has changed.
 */
#ifndef LC_TESTS_SUPPORT_ROW_ID_H
#define LC_TESTS_SUPPORT_ROW_ID_H

#include "cpu/decode/insn.h"

/* FNV-1a. */
static inline uint32_t row_id_add(uint32_t h, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        h = (h ^ (v >> (8 * i) & 0xff)) * 0x01000193u;
    return h;
}

static inline uint32_t row_id(const struct lc_row *r)
{
    uint32_t h = 0x811c9dc5u;
    for (const char *p = r->mnemonic; *p; p++)
        h = row_id_add(h, (uint8_t)*p);
    h = row_id_add(h, (uint32_t)r->map << 24 | (uint32_t)r->opcode << 16 | (uint16_t)r->ext);
    h = row_id_add(h, (uint32_t)r->prefix << 16 | (uint32_t)r->mode << 8 | r->size);
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        h = row_id_add(h, r->operand[i]);
    h = row_id_add(h, r->flags_read);
    h = row_id_add(h, (uint32_t)r->flags_written << 16 | r->flags_undefined);
    return row_id_add(h, r->attr);
}

#endif
