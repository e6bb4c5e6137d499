/*
 * insn.h - the instruction table's row, a decoded instruction, and the compact record that runs.
 *
 * One row per instruction form (law 1).  The rows stand in the .def files beside this header, a
 * file for each part of the manual; how a row reads is told at the head of insn_general.def.
 */
#ifndef LC_CPU_DECODE_INSN_H
#define LC_CPU_DECODE_INSN_H

#include "base/alloc.h"
#include "base/bits.h"
#include "cpu/feature.h"

struct lc_cpu;
struct lc_insn;

/*
 * What an instruction does.  Returns the record to run next, or NULL to leave the engine with
 * cpu->exit set (exec/op.h has the ways to end a handler).
 */
typedef const struct lc_insn *(*lc_op_fn)(struct lc_cpu *cpu, const struct lc_insn *insn);

/* The shapes that operands come in: destination and source. */
enum lc_form {
    LC_FORM_RR, /* register, register (or no source, or no operands) */
    LC_FORM_RM, /* register, memory */
    LC_FORM_MR, /* memory, register (or no source) */
    LC_FORM_RI, /* register (or none), immediate */
    LC_FORM_MI, /* memory, immediate */
    LC_FORMS,
};

/* An operation: its handler for each form and operand size (log2 of bytes: 0 to 3). */
struct lc_op {
    lc_op_fn fn[LC_FORMS][4];
    /* Register and immediate forms that leave the flags alone, for where nobody reads them
     * (exec/dead.c); NULL: there are none. */
    lc_op_fn dead[2][4];
    uint8_t quiet; /* forms, a bit each, that neither fault nor leave their block */
    bool counted;  /* an immediate is a count: one of 0 leaves the flags as they are */
};

#define LC_QUIET(form) (1u << (form))
#define LC_QUIET_REG   (LC_QUIET(LC_FORM_RR) | LC_QUIET(LC_FORM_RI))

/* Operand kinds, named by the letters of SDM vol. 2, A.2.1. */
enum lc_operand_kind {
    LC_OPK_NONE,
    LC_OPK_E,   /* ModRM.rm: general register or memory */
    LC_OPK_R,   /* ModRM.rm: general register only */
    LC_OPK_M,   /* ModRM.rm: memory only */
    LC_OPK_G,   /* ModRM.reg: general register */
    LC_OPK_B,   /* VEX.vvvv: general register */
    LC_OPK_Z,   /* low three opcode bits: general register; the row stands for 8 opcodes */
    LC_OPK_I,   /* immediate */
    LC_OPK_J,   /* branch displacement */
    LC_OPK_A,   /* far pointer in the instruction */
    LC_OPK_O,   /* memory at an address in the instruction */
    LC_OPK_S,   /* ModRM.reg: segment register */
    LC_OPK_C,   /* ModRM.reg: control register */
    LC_OPK_D,   /* ModRM.reg: debug register */
    LC_OPK_X,   /* string source, DS:rSI */
    LC_OPK_Y,   /* string destination, ES:rDI */
    LC_OPK_F,   /* a fixed general register: the number in the bits of LC_OPD_FIXED */
    LC_OPK_1,   /* the constant 1 */
    LC_OPK_SEG, /* a fixed segment register, number as for F */
    LC_OPK_V,   /* ModRM.reg: vector register */
    LC_OPK_W,   /* ModRM.rm: vector register or memory */
    LC_OPK_H,   /* VEX.vvvv: vector register */
    LC_OPK_U,   /* ModRM.rm: vector register only */
    LC_OPK_P,   /* ModRM.reg: MMX register */
    LC_OPK_Q,   /* ModRM.rm: MMX register or memory */
    LC_OPK_N,   /* ModRM.rm: MMX register only */
    LC_OPK_L,   /* imm8[7:4]: vector register */
    LC_OPK_T,   /* ModRM.rm: x87 stack register ST(i) */
    LC_OPK_ST,  /* ST(0), not in the instruction */
};

/* Operand sizes. */
enum lc_operand_size {
    LC_OPS_V = 0, /* the row's operand size */
    LC_OPS_B,     /* 1 byte */
    LC_OPS_W,     /* 2 */
    LC_OPS_D,     /* 4 */
    LC_OPS_Q,     /* 8 */
    LC_OPS_DQ,    /* 16 */
    LC_OPS_QQ,    /* 32 */
    LC_OPS_T,     /* 10 */
    LC_OPS_Z,     /* 2 or 4 by operand size (immediates: sign-extended to 8) */
    LC_OPS_Y,     /* 4, or 8 with REX.W */
    LC_OPS_BS,    /* immediate byte, sign-extended to the operand size */
    LC_OPS_P,     /* far pointer: 2 + operand size */
    LC_OPS_A,     /* pair of operand-size words (BOUND) */
    LC_OPS_S,     /* descriptor-table register image: 6 or 10 bytes */
    LC_OPS_X,     /* 16 or 32 by VEX.L */
    LC_OPS_N,     /* no access: an address only (LEA, INVLPG, hints) */
    LC_OPS_R,     /* 4, or 8 in 64-bit mode (MOV CR, MOV DR) */
};

#define LC_OPD(kind, size)          ((kind) | (size) << 5)
#define LC_OPD_FIXED(kind, size, n) (LC_OPD(kind, size) | (n) << 10)
#define LC_OPD_KIND(o)              ((o)&0x1fu)
#define LC_OPD_SIZE(o)              ((o) >> 5 & 0x1fu)
#define LC_OPD_NUMBER(o)            ((o) >> 10)

enum lc_map {
    LC_MAP_1, /* one-byte opcodes */
    LC_MAP_0F,
    LC_MAP_0F38,
    LC_MAP_0F3A,
    LC_MAP_V0F, /* VEX */
    LC_MAP_V0F38,
    LC_MAP_V0F3A,
    LC_MAP_E0F, /* EVEX: the place is kept */
    LC_MAP_E0F38,
    LC_MAP_E0F3A,
    LC_MAPS,
};

/* Which of 66, F2, F3 a row wants. */
enum lc_prefix {
    LC_PFX_ANY,  /* 66 is an operand-size prefix, F2/F3 are REP or ignored */
    LC_PFX_NONE, /* none of them */
    LC_PFX_66,   /* 66 (and no F2/F3) */
    LC_PFX_F3,   /* F3 (66 may be there: operand size) */
    LC_PFX_F2,   /* F2 (66 may be there: operand size) */
    LC_PFX_N66,  /* no F2/F3; 66 is an operand-size prefix (MOVBE) */
};

enum lc_row_mode { LC_MODE_ALL, LC_MODE_64, LC_MODE_NO64 };

/* How the operand size is found. */
enum lc_row_size {
    LC_SIZE_B,
    LC_SIZE_W,
    LC_SIZE_D,
    LC_SIZE_Q,   /* fixed */
    LC_SIZE_V,   /* 2 or 4 by mode and 66; 8 with REX.W */
    LC_SIZE_V64, /* the same, but 8 by default in 64-bit mode (PUSH, POP) */
    LC_SIZE_F64, /* the same, but always 8 in 64-bit mode (near branches) */
    LC_SIZE_Y,   /* 4, or 8 with REX.W; 66 is ignored */
    LC_SIZE_R,   /* 4, or 8 in 64-bit mode; prefixes are ignored */
    LC_SIZE_X,   /* vector class, see enum lc_vector_class */
};

/* Rows of LC_SIZE_X have a handler for each of these where others have one for each operand size:
 * the log2 of lc_decoded.opsize. */
enum lc_vector_class {
    LC_CLASS_SSE, /* 16 bytes (MMX: 8); the rest of the register stays as it is */
    LC_CLASS_128, /* VEX.128: the rest of the register is cleared */
    LC_CLASS_256, /* VEX.256 */
    LC_CLASS_512, /* EVEX: the place is kept */
};

#define LC_EXT_ANY      (-1)
#define LC_EXT_RM(byte) (0x100 | (byte)) /* the whole ModRM byte */

/* Attributes of a row. */
#define LC_ATTR_LOCK    0x0001u /* LOCK is allowed when the destination is memory */
#define LC_ATTR_END     0x0002u /* ends its block and returns to the run loop */
#define LC_ATTR_BRANCH  0x0004u /* ends its block and chains to the next */
#define LC_ATTR_PRIV0   0x0008u /* #GP(0) unless CPL is 0 */
#define LC_ATTR_PROT    0x0010u /* #UD in real and virtual-8086 mode */
#define LC_ATTR_REP     0x0020u /* REP repeats it */
#define LC_ATTR_REPZ    0x0040u /* REPE and REPNE repeat it */
#define LC_ATTR_CC      0x0080u /* the low four opcode bits are a condition; stands for 16 opcodes */
#define LC_ATTR_MEM     0x0100u    /* ModRM.mod != 3 only */
#define LC_ATTR_REG     0x0200u    /* ModRM.mod == 3 only */
#define LC_ATTR_L0      0x0400u    /* VEX.L must be 0 */
#define LC_ATTR_L1      0x0800u    /* VEX.L must be 1 */
#define LC_ATTR_W0      0x1000u    /* VEX.W or REX.W must be 0 */
#define LC_ATTR_W1      0x2000u    /* VEX.W or REX.W must be 1 */
#define LC_ATTR_FPU     0x4000u    /* x87: #NM with CR0.EM or CR0.TS */
#define LC_ATTR_SSE     0x8000u    /* #UD with CR0.EM or without CR4.OSFXSR; #NM with CR0.TS */
#define LC_ATTR_NOVVVV  0x10000u   /* VEX.vvvv must be 1111 (no third operand) */
#define LC_ATTR_WRITE   0x20000u   /* the first operand is written, not read (MOV, SETcc, ...) */
#define LC_ATTR_READ    0x40000u   /* the first operand is only read (CMP, TEST, PUSH, ...) */
#define LC_ATTR_UD      0x80000u   /* always #UD (UD0, UD1, UD2): known, so that it disassembles */
#define LC_ATTR_NOREAL  0x100000u  /* #UD in real mode alone */
#define LC_ATTR_NOREXB  0x1000000u /* REX.B must be 0 (NOP and PAUSE against XCHG r8) */
#define LC_ATTR_NOASIZE 0x200000u  /* no 16-bit addressing form (reserved) */
#define LC_ATTR_CPL0UD  0x400000u  /* #UD unless CPL is 0 (MONITOR, STAC, ...) */
#define LC_ATTR_SCE     0x800000u  /* #UD unless EFER.SCE is set */
#define LC_ATTR_AVX     0x2000000u /* #UD unless CR4.OSXSAVE and XCR0 allow it; #NM with CR0.TS */
#define LC_ATTR_MMX     0x4000000u /* #UD with CR0.EM; #NM with CR0.TS */
#define LC_ATTR_VSIB    0x8000000u /* memory operand with a SIB, whose index is a vector register */
#define LC_ATTR_XSAVE   0x10000000u /* #UD without CR4.OSXSAVE, #NM with CR0.TS */
#define LC_ATTR_XCR     0x20000000u /* #UD without CR4.OSXSAVE */
/* What depends on more than the bytes and the mode key: checked when the instruction runs, by
 * exec/gate.c, before its handler; and what the mode key can tell to be allowed. */
#define LC_ATTR_GATED     (LC_ATTR_PRIV0 | LC_ATTR_CPL0UD | LC_ATTR_SCE | LC_ATTR_XSAVE | LC_ATTR_XCR)
#define LC_ATTR_GATED_X87 (LC_ATTR_FPU | LC_ATTR_MMX)

enum { LC_OPERANDS = 4 };

struct lc_row {
    const char *mnemonic; /* Intel's, lower case; with LC_ATTR_CC without its condition */
    const struct lc_op *op;
    uint8_t map;                   /* enum lc_map */
    uint8_t opcode;                /* the first, when the row stands for 8 or 16 */
    int16_t ext;                   /* LC_EXT_ANY, ModRM.reg 0..7, or LC_EXT_RM() */
    uint8_t prefix;                /* enum lc_prefix */
    uint8_t mode;                  /* enum lc_row_mode */
    uint8_t size;                  /* enum lc_row_size */
    uint8_t feature;               /* enum lc_feature */
    uint16_t operand[LC_OPERANDS]; /* LC_OPD(); unused ones are 0 and stand last */
    uint16_t flags_read;           /* arithmetic flags and DF */
    uint16_t flags_written;        /* defined afterwards */
    uint16_t flags_undefined;
    uint32_t attr; /* LC_ATTR_* */
};

extern const struct lc_row lc_rows[];
extern const unsigned lc_row_count;

/* ---- decoding ---- */

/* Lookup made from the table once per machine; constant afterwards. */
struct lc_decoder {
    uint16_t head[LC_MAPS][256]; /* 1 + index of the first candidate row, 0: none */
    uint16_t *next;              /* per row and opcode offset: see table.c */
    size_t next_len;
    uint64_t features[4]; /* rows of absent features are not there */
};

/* What decoding depends on: LC_KEY_CODE*, LC_KEY_PROT, LC_KEY_VM86 of the mode key. */
enum lc_decode_status {
    LC_DECODE_OK,
    LC_DECODE_SHORT, /* more bytes are needed than were given */
    LC_DECODE_LONG,  /* longer than 15 bytes: #GP(0) */
    LC_DECODE_UD,    /* no such instruction here: #UD */
};

enum { LC_INSN_MAX = 15, LC_NO_REG = 0xff, LC_REG_RIP = 16 };

struct lc_decoded {
    const struct lc_row *row; /* NULL when not LC_DECODE_OK */
    uint8_t len;
    uint8_t opcode; /* last opcode byte */
    uint8_t opsize; /* bytes: 1, 2, 4, 8 */
    uint8_t asize;  /* bytes: 2, 4, 8 */
    uint8_t rep;    /* 0, 0xf2 or 0xf3 as given */
    bool lock;
    bool osz;     /* 66 was given */
    uint8_t rex;  /* REX byte, or the same bits from VEX; 0: none */
    bool has_rex; /* SPL, BPL, SIL, DIL instead of AH, CH, DH, BH */
    bool has_modrm;
    uint8_t modrm;
    uint8_t reg, rm; /* extended by REX; rm meaningful when mod == 3 */
    uint8_t vvvv;    /* VEX.vvvv, uninverted */
    uint8_t vex_l;
    uint8_t pp;           /* VEX.pp as 0, 0x66, 0xf3, 0xf2 */
    bool has_mem;         /* the ModRM memory operand, or moffs */
    uint8_t seg_override; /* enum lc_seg_reg or LC_NO_REG, as given */
    uint8_t seg;          /* segment of the memory operand, or of the string source */
    uint8_t base;         /* register number, LC_REG_RIP or LC_NO_REG */
    uint8_t index;        /* register number or LC_NO_REG */
    uint8_t scale;        /* shift: 0..3 */
    int32_t disp;
    uint64_t imm;  /* sign-extended where the operand says so; moffs address; far offset */
    uint16_t imm2; /* far selector; second immediate of ENTER */
};

/* Make the lookup. False: no memory. */
bool lc_decoder_init(struct lc_decoder *d, const struct lc_alloc *a, const uint64_t features[4]);
void lc_decoder_fini(struct lc_decoder *d, const struct lc_alloc *a);

/* Decode the instruction at `bytes`, of which `avail` may be read. On LC_DECODE_UD, `len` is how
 * many bytes were looked at. */
enum lc_decode_status lc_decode(const struct lc_decoder *d, uint32_t key, const uint8_t *bytes,
                                size_t avail, struct lc_decoded *out);

/* Size in bytes of an operand of a decoded instruction (0: no access). */
unsigned lc_operand_bytes(const struct lc_decoded *d, unsigned n);
/* Is operand n the memory operand? */
bool lc_operand_is_mem(const struct lc_decoded *d, unsigned n);

/* ---- running ---- */

#define LC_INSN_EA64      0x80u    /* 64-bit mode and address size: no masks, no segment checks */
#define LC_INSN_OPSIZE(f) ((f)&3u) /* log2 of bytes */
#define LC_INSN_ASIZE(f)  ((f) >> 2 & 3u) /* log2 of bytes: 1, 2, 3 */
#define LC_INSN_REP       0x10u           /* F3 */
#define LC_INSN_REPN      0x20u           /* F2 */
#define LC_INSN_LOCK      0x40u

/* The record that runs: 32 bytes, two to a cache line. */
struct lc_insn {
    lc_op_fn fn;
    uint64_t imm; /* immediate; third register (byte offset in gpr); branch target, see emit.c */
    int32_t disp;
    uint16_t off_len; /* offset in its page << 4 | length */
    uint8_t left;     /* instructions from this one to the end of the block, inclusive */
    uint8_t flags;    /* LC_INSN_* */
    uint8_t dst;      /* byte offset in cpu->gpr (AH: 1), or a number (segment, CR, condition) */
    uint8_t src;      /* the same */
    uint8_t base;     /* byte offset in cpu->gpr */
    uint8_t index;    /* byte offset in cpu->gpr */
    uint8_t scale;    /* shift of index: 0..3 */
    uint8_t seg;      /* enum lc_seg_reg of the memory operand */
    uint16_t row;     /* index in lc_rows */
};

/* Handlers that check LC_ATTR_GATED, then go on to the row's own (exec/gate.c). */
extern const lc_op_fn lc_gate_fn[LC_FORMS];

_Static_assert(sizeof(struct lc_insn) == 32, "two records to a cache line");

/* Turn a decoded instruction into a record; `off` is its offset in the page. */
void lc_emit(const struct lc_decoded *d, uint32_t key, unsigned off, struct lc_insn *out);

#endif
