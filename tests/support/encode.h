/*
 * encode.h - rows of the instruction table to bytes: the decoder's inverse, for tests and random
 * programs.
 *
 * It reads the row by itself and shares no code with src/cpu/decode, so that each checks the other.
 */
#ifndef LC_TESTS_ENCODE_H
#define LC_TESTS_ENCODE_H

#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

/* An instance of a row. What the row fixes, or has not, is ignored. */
struct enc {
    const struct lc_row *row;
    uint32_t key;        /* as for lc_decode() */
    uint8_t opsize;      /* bytes; 0: the first of enc_sizes() */
    uint8_t asize;       /* bytes; 0: the mode's own */
    uint8_t offset;      /* condition, or register of Zb and Zv */
    uint8_t reg;         /* ModRM.reg */
    uint8_t rm;          /* ModRM.rm of the register form */
    bool mem;            /* the memory form, where the row leaves the choice */
    uint8_t base, index; /* of the memory form: register numbers, LC_NO_REG, LC_REG_RIP as base */
    uint8_t scale;       /* shift */
    int32_t disp;
    uint8_t vvvv; /* VEX */
    bool vex_l;
    uint8_t seg; /* override prefix: enum lc_seg_reg or LC_NO_REG */
    uint8_t rep; /* 0xf2 or 0xf3 where the row has no such prefix by itself */
    bool lock;
    bool rex; /* a REX prefix even when it says nothing: SPL instead of AH */
    uint64_t imm;
    uint16_t imm2; /* selector of a far pointer, second immediate of ENTER */
};

/* Register form, all registers 0 (but three different ones where there is a VSIB), no prefixes. */
void enc_init(struct enc *e, const struct lc_row *row, uint32_t key);

/* Bytes written, at most LC_INSN_MAX; 0: there is no such instance. */
unsigned enc_bytes(const struct enc *e, uint8_t out[LC_INSN_MAX]);

/* ---- what a row leaves open ---- */
/* Is there such an instruction in this mode, features aside? */
bool enc_in_mode(const struct lc_row *row, uint32_t key);
/* Operand sizes in a mode: the sum of those possible of 1, 2, 4 and 8. */
unsigned enc_sizes(const struct lc_row *row, uint32_t key);
unsigned enc_span(const struct lc_row *row); /* opcodes: 1, 8 or 16 */
bool enc_has_modrm(const struct lc_row *row);
bool enc_can_mem(const struct lc_row *row);
bool enc_can_reg(const struct lc_row *row); /* the register form, or no ModRM at all */
bool enc_is_vex(const struct lc_row *row);
bool enc_is_vsib(const struct lc_row *row); /* the index is a vector register, and must be there */

#endif
