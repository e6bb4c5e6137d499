/*
 * gen_shape.h - an instance of a row while it is made: what has been chosen for it, and its bytes.
 * Parts of insn_gen.c, in files of their own.
 */
#ifndef LC_TESTS_SUPPORT_GEN_SHAPE_H
#define LC_TESTS_SUPPORT_GEN_SHAPE_H

#include "cpu/cpu.h"
#include "support/gen_values.h"
#include "support/insn_gen.h"

enum { GEN_NONE = -1 };

struct gen_shape {
    const struct lc_row *row;
    bool osz, asz, w, lock, vex_l;
    bool vex2;        /* C5, where that can say it */
    uint8_t rep;      /* 0, F2, F3 */
    uint8_t segment;  /* prefix byte, 0: none */
    unsigned padding; /* meaningless prefixes */
    unsigned opsize;  /* bytes */
    unsigned asize;   /* bytes */
    unsigned plus;    /* added to the opcode */
    unsigned reg, rm; /* ModRM; rm of a register operand */
    unsigned vvvv;
    bool mem;
    bool rip;        /* RIP-relative */
    bool sib;        /* SIB where none is needed */
    int base, index; /* GEN_NONE, or numbers */
    unsigned scale, disp_size;
    int64_t disp;
    unsigned disp_at; /* offset of the displacement in the bytes */
    uint64_t imm[2];
    unsigned imm_size[2], imm_count;
    /* the finished bytes */
    uint8_t bytes[40];
    unsigned len;
};

/* ---- rows ---- */
bool gen_has_kind(const struct lc_row *row, unsigned kind);
bool gen_named(const struct lc_row *row, const char *prefix);
/* Does the mnemonic hold these letters? */
bool gen_says(const struct lc_row *row, const char *part);
bool gen_is_string(const struct lc_row *row);
bool gen_is_vex(const struct lc_row *row);
bool gen_is_vsib(const struct lc_row *row);
/* Has it a vector, MMX or x87 operand, or their state? */
bool gen_is_vector(const struct lc_row *row);
bool gen_has_modrm(const struct lc_row *row);

/* ---- gen_shape.c, gen_encode.c ---- */
/* Choose everything but addresses; in programs the pointer registers are spared. */
void gen_choose(struct gen *g, struct gen_shape *s, const struct lc_row *row, bool program);
void gen_encode(struct gen *g, struct gen_shape *s);
/* Bytes of the memory operand; those of state images are the most that they may have. */
unsigned gen_memory_bytes(const struct gen_shape *s);

/* ---- gen_aim.c: where operands lie, and what is there ---- */
/* A linear address for an operand: inside, across the two pages, at and over every end. */
uint64_t gen_target(struct gen *g);
/* The offset of a linear address in the segment of the operand; s NULL: in DS. */
uint64_t gen_offset(const struct gen *g, const struct gen_shape *s, uint64_t la);
/* The linear address that the memory operand (no VSIB) has in the finished case. */
uint64_t gen_address(const struct gen *g, const struct oracle_case *c, const struct gen_shape *s);
/* Give a register a value whose low `size` bytes are those of v. */
void gen_set_reg(struct gen *g, struct oracle_case *c, unsigned reg, unsigned size, uint64_t v);
/* Make the memory operand's address ea: by its base, else by its displacement. */
void gen_aim(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t ea, uint64_t next);
/* The same, of the registers that it uses without naming them; la: its memory operand's. */
void gen_aim_implicit(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t la);

/* ---- gen_vector.c: the same for vectors, x87 and their state ---- */
uint64_t gen_vector_target(struct gen *g, const struct gen_shape *s);
void gen_aim_vector(struct gen *g, struct oracle_case *c, struct gen_shape *s, uint64_t la);
/* What a row's elements are. */
enum gen_lane gen_lane_of(const struct lc_row *row);

/* ---- gen_state.c: the state that a case begins with ---- */
void gen_random_state(struct gen *g, struct oracle_case *c, enum gen_lane lane);
void gen_random_vectors(struct gen *g, struct oracle_vectors *v, enum gen_lane lane);
uint32_t gen_mxcsr(struct gen *g);
/* n bytes of data memory from la; NULL: not there.  They differ from the background from now on. */
uint8_t *gen_memory(const struct gen *g, struct oracle_case *c, uint64_t la, unsigned n);
void gen_poke(const struct gen *g, struct oracle_case *c, uint64_t la, uint64_t v, unsigned size);
uint64_t gen_peek(const struct gen *g, const struct oracle_case *c, uint64_t la);

/* ---- gen_rules.c: what may come out ---- */
bool gen_is_odd(const struct lc_decoded *d, enum oracle_mode mode);
bool gen_is_open(const struct lc_decoded *d, bool amd);
bool gen_is_open_fault(const struct lc_decoded *d, bool amd);
bool gen_has_open_limit(const struct gen *g, const struct lc_row *row);
bool gen_has_own_digits(const struct lc_row *row);
bool gen_has_open_address(const struct lc_row *row);
/* What of the image at la that a row stores is open. */
void gen_open_image(const struct gen *g, const struct gen_shape *s, const struct oracle_case *c,
                    uint64_t la, struct gen_info *info);
/* An instruction more: does it read a flag that is undefined? */
bool gen_add_flags(const struct lc_row *row, uint16_t undefined, struct gen_info *info);

#endif
