/*
 * emit.c - a decoded instruction to the record that runs.
 *
 * General registers become byte offsets in cpu->gpr, so that AH and RAX are both one load; vector,
 * MMX and x87 registers stay numbers, also as the index of a VSIB operand.  In `imm`:
 *   immediate          the value, extended as the operand says
 *   Jb, Jz             offset of the target from the start of the page (add cpu->gpr[LC_RIP_PAGE])
 *   Ap                 offset | selector << 32
 *   Iw, Ib (ENTER)     size | level << 16
 *   VEX.vvvv           as a source: its byte offset (or vector number) << 8, low byte: imm8 if any,
 *                      whose upper half may be a fourth register
 *   x87                what FOP says of it (SDM vol. 1, 8.1.9)
 *   Ob, Ov             the address; the memory operand then has no base
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

static uint8_t log2_size(unsigned bytes)
{
    return (uint8_t)__builtin_ctz(bytes);
}

/* Byte offset of general register n used with `size` bytes: AH to BH without REX (vol.
 * 2A, 3.1.1.1). */
static uint8_t gpr_offset(const struct lc_decoded *d, unsigned n, unsigned size)
{
    if (size == 1 && n >= 4 && n < 8 && !d->has_rex)
        return (uint8_t)((n - 4) * 8 + 1);
    return (uint8_t)(n * 8);
}

/* The register field of operand n: an offset for general registers, a number for others. */
static uint8_t register_operand(const struct lc_decoded *d, unsigned n)
{
    uint16_t op = d->row->operand[n];
    unsigned size = lc_operand_bytes(d, n);
    switch (LC_OPD_KIND(op)) {
    case LC_OPK_E:
    case LC_OPK_R: return gpr_offset(d, d->rm, size);
    case LC_OPK_G: return gpr_offset(d, d->reg, size);
    case LC_OPK_B: return (uint8_t)(d->vvvv * 8);
    case LC_OPK_Z: return gpr_offset(d, (d->opcode & 7u) | (d->rex & 1u) << 3, size);
    case LC_OPK_F: return gpr_offset(d, LC_OPD_NUMBER(op), size);
    case LC_OPK_SEG: return (uint8_t)LC_OPD_NUMBER(op);
    case LC_OPK_S: return d->reg & 7;
    case LC_OPK_C:
    case LC_OPK_D:
    case LC_OPK_V: return d->reg;
    case LC_OPK_P: return d->reg & 7;
    case LC_OPK_W:
    case LC_OPK_U: return d->rm;
    case LC_OPK_Q:
    case LC_OPK_N: return d->rm & 7;
    case LC_OPK_H: return d->vvvv;
    case LC_OPK_L: return (uint8_t)(d->imm >> 4);
    case LC_OPK_T: return d->rm & 7;
    default: return LC_ZERO * 8;
    }
}

/* The source: the first operand behind the destination that is neither memory nor VEX.vvvv, which
 * goes into `imm`. */
static uint8_t source_operand(const struct lc_decoded *d)
{
    for (unsigned i = 1; i < LC_OPERANDS; i++) {
        unsigned kind = LC_OPD_KIND(d->row->operand[i]);
        if (kind != LC_OPK_B && kind != LC_OPK_H && !lc_operand_is_mem(d, i))
            return register_operand(d, i);
    }
    return LC_ZERO * 8;
}

static bool is_immediate(unsigned kind)
{
    return kind == LC_OPK_I || kind == LC_OPK_1 || kind == LC_OPK_J || kind == LC_OPK_A;
}

static enum lc_form form_of(const struct lc_decoded *d)
{
    unsigned k0 = LC_OPD_KIND(d->row->operand[0]), k1 = LC_OPD_KIND(d->row->operand[1]);
    if (is_immediate(k0))
        return LC_FORM_RI;
    if (lc_operand_is_mem(d, 0))
        return is_immediate(k1) ? LC_FORM_MI : LC_FORM_MR;
    if (lc_operand_is_mem(d, 1) || lc_operand_is_mem(d, 2))
        return LC_FORM_RM;
    return is_immediate(k1) ? LC_FORM_RI : LC_FORM_RR;
}

static void emit_memory(const struct lc_decoded *d, uint32_t key, unsigned off, struct lc_insn *out)
{
    int64_t disp = d->disp;
    out->base = LC_ZERO * 8;
    out->index = LC_ZERO * 8;
    out->scale = d->scale;
    out->seg = d->seg;
    if (d->base == LC_REG_RIP) {
        out->base = LC_RIP_PAGE * 8;
        disp += off + d->len;
    } else if (d->base != LC_NO_REG) {
        out->base = (uint8_t)(d->base * 8);
    }
    if (d->index != LC_NO_REG)
        out->index = d->row->attr & LC_ATTR_VSIB ? d->index : (uint8_t)(d->index * 8);
    out->disp = (int32_t)disp;
    if ((key & LC_KEY_CODE) == LC_KEY_CODE64 && d->asize == 8)
        out->flags |= LC_INSN_EA64;
}

/* An x87 instruction: opcodes D8 to DF. */
static bool is_escape(const struct lc_row *row)
{
    return row->map == LC_MAP_1 && (row->opcode & 0xf8) == 0xd8;
}

static uint64_t emit_imm(const struct lc_decoded *d, unsigned off)
{
    uint64_t imm = d->imm;
    if (is_escape(d->row))
        return (uint64_t)(d->opcode & 7) << 8 | d->modrm;
    bool third_reg = false;
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        switch (LC_OPD_KIND(d->row->operand[i])) {
        case LC_OPK_J: return imm + off + d->len;
        case LC_OPK_A: return imm | (uint64_t)d->imm2 << 32;
        case LC_OPK_1: return 1;
        case LC_OPK_B:
        case LC_OPK_H: third_reg = i > 0 || third_reg; break;
        default: break;
        }
    }
    if (third_reg) {
        unsigned n = LC_OPD_KIND(d->row->operand[1]) == LC_OPK_B ||
                             LC_OPD_KIND(d->row->operand[2]) == LC_OPK_B
                         ? d->vvvv * 8u
                         : d->vvvv;
        return (uint64_t)n << 8 | (imm & 0xff);
    }
    return imm | (uint64_t)d->imm2 << 16;
}

/* A displacement that RIP-relative addressing has pushed out of 32 bits: 2^-20 of all code. */
static bool disp_overflows(const struct lc_decoded *d, unsigned off)
{
    int64_t v = (int64_t)d->disp + off + d->len;
    return d->base == LC_REG_RIP && v != (int32_t)v;
}

/* Must exec/gate.c look at the instruction each time that it runs? */
static bool gated(uint32_t attr, uint32_t key)
{
    uint32_t closed = LC_ATTR_GATED;
    if (!(key & LC_KEY_X87))
        closed |= LC_ATTR_GATED_X87;
    if (!(key & LC_KEY_SSE))
        closed |= LC_ATTR_SSE;
    if (!(key & LC_KEY_AVX))
        closed |= LC_ATTR_AVX;
    return (attr & closed) != 0;
}

void lc_emit(const struct lc_decoded *d, uint32_t key, unsigned off, struct lc_insn *out)
{
    const struct lc_row *row = d->row;
    enum lc_form form = form_of(d);
    *out = (struct lc_insn){0};
    const struct lc_op *op = row->attr & LC_ATTR_CC ? &row->op[d->opcode & 15] : row->op;
    out->fn = gated(row->attr, key) ? lc_gate_fn[form] : op->fn[form][log2_size(d->opsize)];
    out->row = (uint16_t)(row - lc_rows);
    out->off_len = (uint16_t)(off << 4 | d->len);
    out->flags = (uint8_t)(log2_size(d->opsize) | log2_size(d->asize) << 2);
    if (d->rep)
        out->flags |= d->rep == 0xf3 ? LC_INSN_REP : LC_INSN_REPN;
    if (d->lock)
        out->flags |= LC_INSN_LOCK;
    emit_memory(d, key, off, out);
    out->imm = emit_imm(d, off);
    if (disp_overflows(d, off))
        out->flags &= (uint8_t)~LC_INSN_EA64;
    out->dst = register_operand(d, 0);
    out->src = source_operand(d);
}
