/*
 * encode.c - see encode.h.  The formats are those of SDM vol. 2A, chapter 2.
 */
#include "support/encode.h"

struct writer {
    const struct enc *e;
    uint8_t *out;
    unsigned len;
    unsigned opsize, asize;
    uint8_t rex;   /* W R X B */
    uint8_t modrm; /* when the row has one */
    uint8_t sib;
    bool has_sib;
    unsigned disp_size;
    bool bad;
};

static bool code64(uint32_t key)
{
    return (key & LC_KEY_CODE) == LC_KEY_CODE64;
}

static unsigned kind(const struct lc_row *row, unsigned n)
{
    return LC_OPD_KIND(row->operand[n]);
}

static bool has_kind(const struct lc_row *row, unsigned k)
{
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (kind(row, i) == k)
            return true;
    return false;
}

/* ---- what a row leaves open ---- */

bool enc_is_vex(const struct lc_row *row)
{
    return row->map >= LC_MAP_V0F && row->map <= LC_MAP_V0F3A;
}

unsigned enc_span(const struct lc_row *row)
{
    if (row->attr & LC_ATTR_CC)
        return 16;
    return has_kind(row, LC_OPK_Z) ? 8 : 1;
}

bool enc_has_modrm(const struct lc_row *row)
{
    static const uint8_t kinds[] = {LC_OPK_E, LC_OPK_R, LC_OPK_M, LC_OPK_G, LC_OPK_S,
                                    LC_OPK_C, LC_OPK_D, LC_OPK_V, LC_OPK_W, LC_OPK_U,
                                    LC_OPK_P, LC_OPK_Q, LC_OPK_N, LC_OPK_T};
    for (unsigned i = 0; i < LC_ARRAY_LEN(kinds); i++)
        if (has_kind(row, kinds[i]))
            return true;
    return row->ext != LC_EXT_ANY || (row->attr & (LC_ATTR_MEM | LC_ATTR_REG)) != 0;
}

bool enc_can_mem(const struct lc_row *row)
{
    if (!enc_has_modrm(row) || row->ext >= 0x100 || (row->attr & LC_ATTR_REG))
        return false;
    return !has_kind(row, LC_OPK_R) && !has_kind(row, LC_OPK_U) && !has_kind(row, LC_OPK_N) &&
           !has_kind(row, LC_OPK_T);
}

bool enc_can_reg(const struct lc_row *row)
{
    if (row->attr & LC_ATTR_MEM)
        return false;
    if (row->ext >= 0x100)
        return (row->ext & 0xc0) == 0xc0;
    return !has_kind(row, LC_OPK_M);
}

bool enc_is_vsib(const struct lc_row *row)
{
    return (row->attr & LC_ATTR_VSIB) != 0;
}

bool enc_in_mode(const struct lc_row *row, uint32_t key)
{
    bool prot = (key & LC_KEY_PROT) != 0, vm86 = (key & LC_KEY_VM86) != 0;
    if (row->mode == LC_MODE_64 && !code64(key))
        return false;
    if (row->mode == LC_MODE_NO64 && code64(key))
        return false;
    if (((row->attr & LC_ATTR_PROT) || enc_is_vex(row)) && !prot)
        return false;
    return !(row->attr & LC_ATTR_NOREAL) || prot || vm86;
}

/* 66 chooses between 2 and 4 unless it is, or must not be, part of the opcode. */
static bool sized_by_66(const struct lc_row *row)
{
    return row->prefix != LC_PFX_NONE && row->prefix != LC_PFX_66 && !enc_is_vex(row);
}

static unsigned legacy_sizes(const struct lc_row *row, uint32_t key)
{
    if (sized_by_66(row))
        return 2 | 4;
    return (key & LC_KEY_CODE) == LC_KEY_CODE16 ? 2 : 4;
}

/* Legacy, VEX.128, VEX.256: 1, 2, 4. */
static unsigned vector_classes(const struct lc_row *row)
{
    if (!enc_is_vex(row))
        return 1;
    return (row->attr & LC_ATTR_L1 ? 0 : 2) | (row->attr & LC_ATTR_L0 ? 0 : 4);
}

unsigned enc_sizes(const struct lc_row *row, uint32_t key)
{
    bool wide = code64(key), w = wide && !(row->attr & LC_ATTR_W0);
    switch (row->size) {
    case LC_SIZE_B: return 1;
    case LC_SIZE_W: return 2;
    case LC_SIZE_D: return 4;
    case LC_SIZE_Q: return 8;
    case LC_SIZE_Y:
        if (row->attr & LC_ATTR_W1)
            return wide ? 8 : 4;
        return w ? 4 | 8 : 4;
    case LC_SIZE_R: return wide ? 8 : 4;
    case LC_SIZE_X: return vector_classes(row);
    case LC_SIZE_F64: return wide ? 8 : legacy_sizes(row, key);
    case LC_SIZE_V64:
        if (wide)
            return sized_by_66(row) ? 2 | 8 : 8;
        return legacy_sizes(row, key);
    default: return legacy_sizes(row, key) | (w ? 8u : 0u);
    }
}

void enc_init(struct enc *e, const struct lc_row *row, uint32_t key)
{
    *e = (struct enc){.row = row,
                      .key = key,
                      .mem = !enc_can_reg(row),
                      .base = LC_NO_REG,
                      .index = LC_NO_REG,
                      .seg = LC_NO_REG};
    if (!enc_is_vsib(row))
        return;
    e->index = 1;
    e->vvvv = 2;
    e->asize = (key & LC_KEY_CODE) == LC_KEY_CODE16 ? 4 : 0;
}

/* ---- pieces ---- */

static void put(struct writer *w, uint64_t v, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        if (w->len == LC_INSN_MAX) {
            w->bad = true;
            return;
        }
        w->out[w->len++] = (uint8_t)(v >> (8 * i));
    }
}

/* Vol. 2A, table 2-1. */
static void memory16(struct writer *w)
{
    static const uint8_t base[8] = {LC_RBX, LC_RBX, LC_RBP,    LC_RBP,
                                    LC_RSI, LC_RDI, LC_NO_REG, LC_RBX};
    static const uint8_t index[8] = {LC_RSI,    LC_RDI,    LC_RSI,    LC_RDI,
                                     LC_NO_REG, LC_NO_REG, LC_NO_REG, LC_NO_REG};
    const struct enc *e = w->e;
    if (e->base == LC_RBP && e->index == LC_NO_REG) {
        w->modrm |= 0x86;
        w->disp_size = 2;
        return;
    }
    for (uint8_t rm = 0; rm < 8; rm++) {
        if (base[rm] != e->base || index[rm] != e->index)
            continue;
        w->disp_size = rm == 6 || e->disp ? 2 : 0;
        w->modrm |= rm | (rm != 6 && e->disp ? 0x80u : 0);
        return;
    }
    w->bad = true;
}

/* The base and the length of the displacement; `rm` receives the base's number. */
static void displacement32(struct writer *w, uint8_t base, uint8_t *rm)
{
    const struct enc *e = w->e;
    if (base == LC_NO_REG) {
        *rm |= 5;
        w->disp_size = 4;
        return;
    }
    *rm |= base & 7;
    w->rex |= (uint8_t)(base >> 3 & 1);
    if (e->disp == 0 && (base & 7) != LC_RBP)
        return;
    w->disp_size = e->disp == (int8_t)e->disp ? 1 : 4;
    w->modrm |= w->disp_size == 1 ? 0x40 : 0x80;
}

/* Vol. 2A, tables 2-2 and 2-3. */
static void memory32(struct writer *w)
{
    const struct enc *e = w->e;
    if (e->base == LC_REG_RIP) {
        w->bad |= !code64(e->key) || e->index != LC_NO_REG || enc_is_vsib(e->row);
        w->modrm |= 5;
        w->disp_size = 4;
        return;
    }
    bool absolute64 = e->base == LC_NO_REG && code64(e->key), vsib = enc_is_vsib(e->row);
    w->bad |= vsib && e->index == LC_NO_REG;
    if (e->index == LC_NO_REG && !absolute64 && (e->base == LC_NO_REG || (e->base & 7) != LC_RSP)) {
        displacement32(w, e->base, &w->modrm);
        return;
    }
    w->bad |= e->index == LC_RSP && !vsib;
    w->has_sib = true;
    w->modrm |= 4;
    w->sib = (uint8_t)(e->scale << 6 | (e->index == LC_NO_REG ? 4 : e->index & 7) << 3);
    if (e->index != LC_NO_REG)
        w->rex |= (uint8_t)(e->index >> 3 << 1);
    displacement32(w, e->base, &w->sib);
}

static void modrm(struct writer *w)
{
    const struct enc *e = w->e;
    const struct lc_row *row = e->row;
    if (row->ext >= 0x100) {
        w->modrm = (uint8_t)row->ext;
        return;
    }
    unsigned reg = row->ext == LC_EXT_ANY ? e->reg : (unsigned)row->ext;
    w->modrm = (uint8_t)((reg & 7) << 3);
    w->rex |= (uint8_t)(reg >> 3 << 2);
    if (e->mem && w->asize == 2) {
        memory16(w);
    } else if (e->mem) {
        memory32(w);
    } else {
        w->modrm |= (uint8_t)(0xc0 | (e->rm & 7));
        w->rex |= (uint8_t)(e->rm >> 3);
    }
}

static unsigned default_asize(uint32_t key)
{
    switch (key & LC_KEY_CODE) {
    case LC_KEY_CODE16: return 2;
    case LC_KEY_CODE32: return 4;
    default: return 8;
    }
}

static bool needs_66(const struct writer *w)
{
    const struct lc_row *row = w->e->row;
    if (row->prefix == LC_PFX_66)
        return true;
    if (w->opsize == 1 || w->opsize == 8 || row->size < LC_SIZE_V || row->size >= LC_SIZE_Y)
        return false;
    return w->opsize != ((w->e->key & LC_KEY_CODE) == LC_KEY_CODE16 ? 2 : 4);
}

static void prefixes(struct writer *w)
{
    static const uint8_t segment[LC_SEGS] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    const struct enc *e = w->e;
    uint8_t rep = e->rep;
    if (e->row->prefix == LC_PFX_F3 || e->row->prefix == LC_PFX_F2)
        rep = e->row->prefix == LC_PFX_F3 ? 0xf3 : 0xf2;
    if (e->seg != LC_NO_REG)
        put(w, segment[e->seg], 1);
    if (w->asize != default_asize(e->key))
        put(w, 0x67, 1);
    if (enc_is_vex(e->row)) {
        w->bad |= e->lock || e->rep;
        return;
    }
    if (e->lock)
        put(w, 0xf0, 1);
    if (needs_66(w))
        put(w, 0x66, 1);
    if (rep)
        put(w, rep, 1);
    if (w->rex || e->rex) {
        w->bad |= !code64(e->key);
        put(w, 0x40 | w->rex, 1);
    }
}

/* Vol. 2A, 2.3.5; always the three-byte form. */
static void vex(struct writer *w)
{
    static const uint8_t pp[] = {0, 0, 1, 2, 3, 0};
    const struct enc *e = w->e;
    bool wide = e->row->size == LC_SIZE_X ? w->opsize == 4 : e->vex_l;
    bool l = (wide || (e->row->attr & LC_ATTR_L1)) && !(e->row->attr & LC_ATTR_L0);
    uint8_t vvvv = e->row->attr & LC_ATTR_NOVVVV ? 0 : e->vvvv;
    w->bad |= !code64(e->key) && ((w->rex & 7) || vvvv > 7);
    put(w, 0xc4, 1);
    put(w, (~w->rex & 7u) << 5 | (e->row->map - LC_MAP_V0F + 1u), 1);
    put(w, (w->rex & 8u) << 4 | (~vvvv & 15u) << 3 | (l ? 4u : 0) | pp[e->row->prefix], 1);
}

static void opcode(struct writer *w)
{
    const struct enc *e = w->e;
    unsigned offset = enc_span(e->row) == 1 ? 0 : e->offset;
    if (enc_is_vex(e->row)) {
        vex(w);
    } else if (e->row->map != LC_MAP_1) {
        put(w, 0x0f, 1);
        if (e->row->map != LC_MAP_0F)
            put(w, e->row->map == LC_MAP_0F38 ? 0x38 : 0x3a, 1);
    }
    put(w, e->row->opcode + (enc_span(e->row) == 8 ? offset & 7 : offset), 1);
}

static unsigned immediate_size(const struct writer *w, uint16_t operand)
{
    unsigned z = w->opsize == 2 ? 2 : 4;
    switch (LC_OPD_SIZE(operand)) {
    case LC_OPS_B:
    case LC_OPS_BS: return 1;
    case LC_OPS_W: return 2;
    case LC_OPS_V: return w->opsize;
    default: return z;
    }
}

static void immediates(struct writer *w)
{
    const struct enc *e = w->e;
    uint64_t next = e->imm;
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        switch (kind(e->row, i)) {
        case LC_OPK_I:
        case LC_OPK_J:
            put(w, next, immediate_size(w, e->row->operand[i]));
            next = e->imm2;
            break;
        case LC_OPK_L: put(w, next, 1); break;
        case LC_OPK_A:
            put(w, next, w->opsize == 2 ? 2 : 4);
            put(w, e->imm2, 2);
            break;
        case LC_OPK_O: put(w, next, w->asize); break;
        default: break;
        }
    }
}

/* Which sizes and forms there are. */
static bool exists(const struct writer *w)
{
    const struct enc *e = w->e;
    if (!enc_in_mode(e->row, e->key) || !(enc_sizes(e->row, e->key) & w->opsize))
        return false;
    if (code64(e->key) ? w->asize == 2 : w->asize == 8)
        return false;
    if (enc_is_vsib(e->row) &&
        (w->asize == 2 || e->reg == e->index || e->reg == e->vvvv || e->index == e->vvvv))
        return false;
    if (!enc_has_modrm(e->row))
        return true;
    return e->mem ? enc_can_mem(e->row) : enc_can_reg(e->row);
}

static unsigned lowest_bit(unsigned v)
{
    return v & (0 - v);
}

/* REX.W or VEX.W. */
static bool wants_w(const struct writer *w)
{
    const struct lc_row *row = w->e->row;
    if (row->attr & LC_ATTR_W1)
        return true;
    return w->opsize == 8 && (row->size == LC_SIZE_V || row->size == LC_SIZE_Y);
}

unsigned enc_bytes(const struct enc *e, uint8_t out[LC_INSN_MAX])
{
    struct writer w = {.e = e, .out = out};
    w.opsize = e->opsize ? e->opsize : lowest_bit(enc_sizes(e->row, e->key));
    w.asize = e->asize ? e->asize : default_asize(e->key);
    if (!exists(&w))
        return 0;
    w.rex = wants_w(&w) ? 8 : 0;
    if (enc_has_modrm(e->row))
        modrm(&w);
    else if (enc_span(e->row) == 8)
        w.rex |= (uint8_t)(e->offset >> 3 & 1);
    prefixes(&w);
    opcode(&w);
    if (enc_has_modrm(e->row))
        put(&w, w.modrm, 1);
    if (w.has_sib)
        put(&w, w.sib, 1);
    put(&w, (uint32_t)e->disp, w.disp_size);
    immediates(&w);
    return w.bad ? 0 : w.len;
}
