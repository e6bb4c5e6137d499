/*
 * decode.c - bytes to a decoded instruction (SDM vol. 2A, chapter 2).
 *
 * Only prefixes, ModRM, SIB and the like are code; what an opcode means is its row in the table.
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

/* The bytes being decoded, and what has been found. */
struct reader {
    const struct lc_decoder *d;
    const uint8_t *bytes;
    size_t avail;
    unsigned pos;
    uint32_t key;
    enum lc_decode_status status; /* sticky: the first thing that went wrong */
    uint8_t map;
    bool vex;
    bool w;   /* REX.W or VEX.W */
    bool bad; /* a prefix that this encoding forbids was given */
    struct lc_decoded *out;
};

static uint8_t next_byte(struct reader *r)
{
    if (r->pos >= LC_INSN_MAX) {
        if (r->status == LC_DECODE_OK)
            r->status = LC_DECODE_LONG;
        return 0;
    }
    if (r->pos >= r->avail) {
        if (r->status == LC_DECODE_OK)
            r->status = LC_DECODE_SHORT;
        return 0;
    }
    return r->bytes[r->pos++];
}

/* Little-endian, zero-extended. */
static uint64_t next_bytes(struct reader *r, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)next_byte(r) << (8 * i);
    return v;
}

static bool code64(const struct reader *r)
{
    return (r->key & LC_KEY_CODE) == LC_KEY_CODE64;
}

/* Segment override prefixes: 26, 2E, 36, 3E, 64, 65. */
static uint8_t segment_prefix(uint8_t b)
{
    switch (b) {
    case 0x26: return LC_ES;
    case 0x2e: return LC_CS;
    case 0x36: return LC_SS;
    case 0x3e: return LC_DS;
    case 0x64: return LC_FS;
    case 0x65: return LC_GS;
    default: return LC_NO_REG;
    }
}

/* Note a legacy prefix; false: b is none. */
static bool legacy_prefix(struct reader *r, uint8_t b, bool *asz)
{
    struct lc_decoded *o = r->out;
    uint8_t seg = segment_prefix(b);
    if (seg != LC_NO_REG) {
        /* In 64-bit mode the first four are ignored (vol. 2A, 2.1.1). */
        if (!code64(r) || seg >= LC_FS)
            o->seg_override = seg;
        return true;
    }
    switch (b) {
    case 0x66: o->osz = true; return true;
    case 0x67: *asz = true; return true;
    case 0xf0: o->lock = true; return true;
    case 0xf2:
    case 0xf3: o->rep = b; return true;
    default: return false;
    }
}

/* All prefixes; returns the first byte that is none. A REX before another prefix is ignored. */
static uint8_t read_prefixes(struct reader *r)
{
    struct lc_decoded *o = r->out;
    bool asz = false;
    uint8_t b;
    for (;;) {
        b = next_byte(r);
        if (r->status != LC_DECODE_OK)
            return 0;
        if (legacy_prefix(r, b, &asz)) {
            o->rex = 0;
            o->has_rex = false;
        } else if (code64(r) && (b & 0xf0) == 0x40) {
            o->rex = b;
            o->has_rex = true;
        } else {
            break;
        }
    }
    r->w = (o->rex & 8) != 0;
    if (code64(r))
        o->asize = asz ? 4 : 8;
    else
        o->asize = ((r->key & LC_KEY_CODE) == LC_KEY_CODE32) != asz ? 4 : 2;
    return b;
}

/* C4, C5 (vol. 2A, 2.3): VEX in 64-bit mode, and elsewhere when the next byte could not be the
 * ModRM of LES or LDS with a memory operand. */
static bool starts_vex(const struct reader *r, uint8_t b)
{
    if (b != 0xc4 && b != 0xc5)
        return false;
    if (code64(r))
        return true;
    if (!(r->key & LC_KEY_PROT))
        return false;
    return r->pos < r->avail && (r->bytes[r->pos] & 0xc0) == 0xc0;
}

/* The payload of VEX; returns the opcode. */
static uint8_t read_vex(struct reader *r, uint8_t escape)
{
    struct lc_decoded *o = r->out;
    static const uint8_t pp_prefix[4] = {0, 0x66, 0xf3, 0xf2};
    uint8_t b1 = next_byte(r), b2 = b1, rex = b1 & 0x80 ? 0 : 4;
    unsigned map = 1;
    if (escape == 0xc4) {
        b2 = next_byte(r);
        rex = (uint8_t)((~b1 >> 5 & 7) | (b2 & 0x80 ? 8 : 0));
        map = b1 & 0x1f;
    }
    /* 66, F2, F3, LOCK and REX before VEX are #UD (2.3.2 to 2.3.4). */
    r->bad = o->osz || o->rep || o->lock || o->has_rex || map < 1 || map > 3;
    if (!code64(r))
        rex &= 8;
    r->vex = true;
    r->w = (rex & 8) != 0;
    r->map = (uint8_t)(LC_MAP_V0F + (map - 1) % 3);
    o->rex = rex;
    o->vvvv = (uint8_t)(~b2 >> 3 & (code64(r) ? 15 : 7));
    o->vex_l = b2 >> 2 & 1;
    o->pp = pp_prefix[b2 & 3];
    return next_byte(r);
}

static uint8_t read_opcode(struct reader *r)
{
    uint8_t b = read_prefixes(r);
    if (r->status == LC_DECODE_OK && (b == 0xc4 || b == 0xc5) && !code64(r) && r->pos >= r->avail) {
        next_byte(r); /* which of the two it is, is in the byte that is not there */
        return 0;
    }
    if (starts_vex(r, b))
        return read_vex(r, b);
    r->map = LC_MAP_1;
    if (b != 0x0f)
        return b;
    r->map = LC_MAP_0F;
    b = next_byte(r);
    if (b != 0x38 && b != 0x3a)
        return b;
    r->map = b == 0x38 ? LC_MAP_0F38 : LC_MAP_0F3A;
    return next_byte(r);
}

static bool prefix_fits(const struct lc_row *row, const struct reader *r)
{
    const struct lc_decoded *o = r->out;
    if (r->vex) {
        static const uint8_t want[] = {0, 0, 0x66, 0xf3, 0xf2, 0};
        return row->prefix == LC_PFX_ANY || o->pp == want[row->prefix];
    }
    switch (row->prefix) {
    case LC_PFX_NONE: return !o->osz && !o->rep;
    case LC_PFX_66: return o->osz && !o->rep;
    case LC_PFX_F3: return o->rep == 0xf3;
    case LC_PFX_F2: return o->rep == 0xf2;
    case LC_PFX_N66: return !o->rep;
    default: return true;
    }
}

static bool modrm_fits(const struct lc_row *row, uint8_t modrm)
{
    bool is_reg = modrm >= 0xc0;
    if (row->ext >= 0x100 && (row->ext & 0xff) != modrm)
        return false;
    if (row->ext >= 0 && row->ext < 8 && (modrm >> 3 & 7) != row->ext)
        return false;
    if ((row->attr & LC_ATTR_MEM) && is_reg)
        return false;
    return !(row->attr & LC_ATTR_REG) || is_reg;
}

static bool mode_fits(const struct lc_row *row, const struct reader *r)
{
    if (row->mode == LC_MODE_64 && !code64(r))
        return false;
    if (row->mode == LC_MODE_NO64 && code64(r))
        return false;
    if (row->attr & LC_ATTR_PROT)
        return (r->key & LC_KEY_PROT) != 0;
    if (row->attr & LC_ATTR_NOREAL)
        return (r->key & (LC_KEY_PROT | LC_KEY_VM86)) != 0;
    return true;
}

static bool vex_fits(const struct lc_row *row, const struct reader *r)
{
    uint32_t a = row->attr;
    if (((a & LC_ATTR_W0) && r->w) || ((a & LC_ATTR_W1) && !r->w))
        return false;
    if (!r->vex)
        return !(a & LC_ATTR_NOREXB) || !(r->out->rex & 1);
    if (((a & LC_ATTR_L0) && r->out->vex_l) || ((a & LC_ATTR_L1) && !r->out->vex_l))
        return false;
    return !(a & LC_ATTR_NOVVVV) || r->out->vvvv == 0;
}

static bool kind_is_modrm(unsigned kind)
{
    switch (kind) {
    case LC_OPK_E:
    case LC_OPK_R:
    case LC_OPK_M:
    case LC_OPK_G:
    case LC_OPK_S:
    case LC_OPK_C:
    case LC_OPK_D:
    case LC_OPK_V:
    case LC_OPK_W:
    case LC_OPK_U:
    case LC_OPK_P:
    case LC_OPK_Q:
    case LC_OPK_N:
    case LC_OPK_T: return true;
    default: return false;
    }
}

static bool row_has_modrm(const struct lc_row *row)
{
    if (row->ext != LC_EXT_ANY || (row->attr & (LC_ATTR_MEM | LC_ATTR_REG)))
        return true;
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (kind_is_modrm(LC_OPD_KIND(row->operand[i])))
            return true;
    return false;
}

/* MOV to and from control and debug registers: ModRM.mod is ignored (vol. 2B, MOV). */
static bool mod_ignored(const struct lc_row *row)
{
    for (unsigned i = 0; i < 2; i++) {
        unsigned k = LC_OPD_KIND(row->operand[i]);
        if (k == LC_OPK_C || k == LC_OPK_D)
            return true;
    }
    return false;
}

/* Do the register-only and memory-only operands agree with ModRM.mod? */
static bool operands_fit(const struct lc_row *row, uint8_t modrm)
{
    bool is_reg = modrm >= 0xc0;
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        unsigned k = LC_OPD_KIND(row->operand[i]);
        if (k == LC_OPK_M && is_reg)
            return false;
        if ((k == LC_OPK_R || k == LC_OPK_U || k == LC_OPK_N || k == LC_OPK_T) && !is_reg &&
            !(row->attr & LC_ATTR_REG))
            return false;
    }
    return !(row->attr & LC_ATTR_VSIB) || (modrm & 7) == 4;
}

/* The first row of the chain that fits; NULL: none. Reads ModRM when a candidate has one. */
static const struct lc_row *find_row(struct reader *r, uint8_t opcode)
{
    struct lc_decoded *o = r->out;
    unsigned id = r->d->head[r->map][opcode];
    while (id) {
        const struct lc_row *row = &lc_rows[id - 1];
        id = r->d->next[(id - 1) * 16 + (unsigned)(opcode - row->opcode)];
        if (!prefix_fits(row, r) || !mode_fits(row, r) || !vex_fits(row, r))
            continue;
        if (row_has_modrm(row)) {
            if (!o->has_modrm) {
                o->modrm = next_byte(r);
                o->has_modrm = true;
                if (r->status != LC_DECODE_OK)
                    return NULL;
            }
            uint8_t modrm = mod_ignored(row) ? o->modrm | 0xc0u : o->modrm;
            if (!modrm_fits(row, modrm) || !operands_fit(row, modrm))
                continue;
            o->modrm = modrm;
        }
        return row;
    }
    return NULL;
}

static unsigned operand_size(const struct lc_row *row, const struct reader *r)
{
    bool wide = (r->key & LC_KEY_CODE) != LC_KEY_CODE16;
    unsigned legacy = wide != r->out->osz ? 4 : 2;
    /* F3 and F2 as mandatory prefixes leave 66 its meaning; as 66 itself is one it has none. */
    if (row->prefix == LC_PFX_66)
        legacy = wide ? 4 : 2;
    switch (row->size) {
    case LC_SIZE_B: return 1;
    case LC_SIZE_W: return 2;
    case LC_SIZE_D: return 4;
    case LC_SIZE_Q: return 8;
    case LC_SIZE_Y: return r->w && code64(r) ? 8 : 4;
    case LC_SIZE_R: return code64(r) ? 8 : 4;
    case LC_SIZE_X: return !r->vex ? 1u << LC_CLASS_SSE : 1u << (LC_CLASS_128 + r->out->vex_l);
    case LC_SIZE_F64: return code64(r) ? 8 : legacy;
    case LC_SIZE_V64:
        if (code64(r))
            return r->out->osz && !r->w ? 2 : 8;
        return legacy;
    default: return r->w && code64(r) ? 8 : legacy;
    }
}

/* Vol. 2A, table 2-1. */
static void read_mem16(struct reader *r)
{
    struct lc_decoded *o = r->out;
    static const uint8_t base[8] = {LC_RBX, LC_RBX, LC_RBP, LC_RBP, LC_RSI, LC_RDI, LC_RBP, LC_RBX};
    static const uint8_t index[8] = {LC_RSI,    LC_RDI,    LC_RSI,    LC_RDI,
                                     LC_NO_REG, LC_NO_REG, LC_NO_REG, LC_NO_REG};
    unsigned mod = o->modrm >> 6, rm = o->modrm & 7;
    if (mod == 0 && rm == 6) {
        o->disp = (int16_t)next_bytes(r, 2);
        return;
    }
    o->base = base[rm];
    o->index = index[rm];
    if (mod == 1)
        o->disp = (int8_t)next_byte(r);
    else if (mod == 2)
        o->disp = (int16_t)next_bytes(r, 2);
}

/* SIB (vol. 2A, table 2-3); returns whether a 32-bit displacement stands for the base. */
static bool read_sib(struct reader *r)
{
    struct lc_decoded *o = r->out;
    uint8_t sib = next_byte(r);
    unsigned index = (sib >> 3 & 7u) | (o->rex & 2u) << 2, base = sib & 7;
    o->scale = sib >> 6;
    if (index != LC_RSP || (o->row && (o->row->attr & LC_ATTR_VSIB)))
        o->index = (uint8_t)index;
    if (base == 5 && o->modrm >> 6 == 0)
        return true;
    o->base = (uint8_t)(base | (o->rex & 1u) << 3);
    return false;
}

static void read_mem32(struct reader *r)
{
    struct lc_decoded *o = r->out;
    unsigned mod = o->modrm >> 6, rm = o->modrm & 7;
    bool disp32 = mod == 2;
    if (rm == 4) {
        disp32 |= read_sib(r);
    } else if (mod == 0 && rm == 5) {
        disp32 = true;
        if (code64(r))
            o->base = LC_REG_RIP;
    } else {
        o->base = (uint8_t)(rm | (o->rex & 1u) << 3);
    }
    if (disp32)
        o->disp = (int32_t)next_bytes(r, 4);
    else if (mod == 1)
        o->disp = (int8_t)next_byte(r);
}

static void read_modrm(struct reader *r)
{
    struct lc_decoded *o = r->out;
    o->reg = (uint8_t)((o->modrm >> 3 & 7) | (o->rex & 4) << 1);
    o->rm = (uint8_t)((o->modrm & 7) | (o->rex & 1) << 3);
    if (o->modrm >= 0xc0)
        return;
    o->has_mem = true;
    if (o->asize == 2)
        read_mem16(r); /* a VSIB has no such form (vol. 2A, 2.3.12.1): checked at the end */
    else
        read_mem32(r);
}

static void read_immediate(struct reader *r, unsigned size, bool second)
{
    struct lc_decoded *o = r->out;
    unsigned z = o->opsize == 2 ? 2 : 4;
    switch (size) {
    case LC_OPS_B:
        if (second)
            o->imm2 = next_byte(r);
        else
            o->imm = next_byte(r);
        break;
    case LC_OPS_W: o->imm = next_bytes(r, 2); break;
    case LC_OPS_BS: o->imm = lc_sext(next_byte(r), 8); break;
    case LC_OPS_V: o->imm = next_bytes(r, o->opsize); break;
    default: o->imm = lc_sext_size(next_bytes(r, z), z); break;
    }
}

static void read_operand_bytes(struct reader *r)
{
    struct lc_decoded *o = r->out;
    bool have_imm = false;
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        uint16_t op = o->row->operand[i];
        unsigned z = o->opsize == 2 ? 2 : 4;
        switch (LC_OPD_KIND(op)) {
        case LC_OPK_L: /* 8 registers outside 64-bit mode: bit 7 is ignored */
            o->imm = next_byte(r) & (code64(r) ? 0xff : 0x7f);
            have_imm = true;
            break;
        case LC_OPK_I:
            read_immediate(r, LC_OPD_SIZE(op), have_imm);
            have_imm = true;
            break;
        case LC_OPK_J:
            if (LC_OPD_SIZE(op) == LC_OPS_B)
                o->imm = lc_sext(next_byte(r), 8);
            else
                o->imm = lc_sext_size(next_bytes(r, z), z);
            break;
        case LC_OPK_A:
            o->imm = next_bytes(r, z);
            o->imm2 = (uint16_t)next_bytes(r, 2);
            break;
        case LC_OPK_O:
            o->has_mem = true;
            o->imm = next_bytes(r, o->asize);
            break;
        default: break;
        }
    }
}

/* DS, or SS when rBP or rSP is the base (vol. 1, 3.7.4); overrides win. */
static uint8_t memory_segment(const struct lc_decoded *o)
{
    if (o->seg_override != LC_NO_REG)
        return o->seg_override;
    return o->has_mem && (o->base == LC_RSP || o->base == LC_RBP) ? LC_SS : LC_DS;
}

/* CR0, CR2, CR3, CR4, CR8 and DR0 to DR7 are all there are. */
static bool number_fits(const struct lc_decoded *o)
{
    for (unsigned i = 0; i < 2; i++) {
        unsigned k = LC_OPD_KIND(o->row->operand[i]);
        if (k == LC_OPK_C)
            return (0x11du >> o->reg & 1) != 0;
        if (k == LC_OPK_D)
            return o->reg < 8;
    }
    return true;
}

/* A VSIB has no 16-bit form; a gather's destination, index and mask are three registers (vol. 2A,
 * 2.3.12; vol. 2C, VPGATHERDD). */
static bool vsib_fits(const struct lc_decoded *o)
{
    if (!(o->row->attr & LC_ATTR_VSIB))
        return true;
    return o->asize != 2 && o->reg != o->index && o->reg != o->vvvv && o->index != o->vvvv;
}

/* LOCK is #UD except before the instructions that say so, with a memory destination. */
static bool lock_fits(const struct lc_decoded *o)
{
    if (!o->lock)
        return true;
    return (o->row->attr & LC_ATTR_LOCK) && lc_operand_is_mem(o, 0);
}

/* No row fits. A VEX opcode has a ModRM all the same (VZEROUPPER's excepted), and #UD comes only
 * when all of the instruction could be fetched. */
static enum lc_decode_status undefined(struct reader *r)
{
    struct lc_decoded *o = r->out;
    const uint8_t vzeroupper = 0x77;
    if (r->vex && !(r->map == LC_MAP_V0F && o->opcode == vzeroupper)) {
        if (!o->has_modrm)
            o->modrm = next_byte(r);
        read_modrm(r);
        if (r->map == LC_MAP_V0F3A)
            next_byte(r);
    }
    o->len = (uint8_t)r->pos;
    return r->status != LC_DECODE_OK ? r->status : LC_DECODE_UD;
}

enum lc_decode_status lc_decode(const struct lc_decoder *d, uint32_t key, const uint8_t *bytes,
                                size_t avail, struct lc_decoded *out)
{
    *out = (struct lc_decoded){
        .seg_override = LC_NO_REG, .base = LC_NO_REG, .index = LC_NO_REG, .seg = LC_DS};
    struct reader r = {.d = d, .bytes = bytes, .avail = avail, .key = key, .out = out};
    out->opcode = read_opcode(&r);
    const struct lc_row *row = NULL;
    if (r.status == LC_DECODE_OK)
        row = find_row(&r, out->opcode);
    out->len = (uint8_t)r.pos;
    if (r.status != LC_DECODE_OK)
        return r.status;
    if (!row)
        return undefined(&r);
    out->row = row;
    out->opsize = (uint8_t)operand_size(row, &r);
    if (out->has_modrm)
        read_modrm(&r);
    read_operand_bytes(&r);
    out->seg = memory_segment(out);
    out->len = (uint8_t)r.pos;
    /* What is wrong with it counts only when all of it could be fetched. */
    if (r.status != LC_DECODE_OK || r.bad || !lock_fits(out) || !number_fits(out) ||
        !vsib_fits(out) || (row->attr & LC_ATTR_UD)) {
        enum lc_decode_status s = r.status != LC_DECODE_OK ? r.status : LC_DECODE_UD;
        if (!(row->attr & LC_ATTR_UD) || s != LC_DECODE_UD)
            out->row = NULL;
        return s;
    }
    return LC_DECODE_OK;
}

bool lc_operand_is_mem(const struct lc_decoded *d, unsigned n)
{
    switch (LC_OPD_KIND(d->row->operand[n])) {
    case LC_OPK_E:
    case LC_OPK_W:
    case LC_OPK_Q: return d->modrm < 0xc0;
    case LC_OPK_M:
    case LC_OPK_O: return true;
    default: return false;
    }
}

unsigned lc_operand_bytes(const struct lc_decoded *d, unsigned n)
{
    unsigned op = d->opsize, z = op == 2 ? 2 : 4;
    switch (LC_OPD_SIZE(d->row->operand[n])) {
    case LC_OPS_B: return 1;
    case LC_OPS_W: return 2;
    case LC_OPS_D: return 4;
    case LC_OPS_Q: return 8;
    case LC_OPS_DQ: return 16;
    case LC_OPS_QQ: return 32;
    case LC_OPS_T: return 10;
    case LC_OPS_Z: return z;
    case LC_OPS_P: return op + 2;
    case LC_OPS_A: return 2 * op;
    case LC_OPS_S: return op == 8 ? 10 : 6;
    case LC_OPS_X: return d->vex_l ? 32 : 16;
    case LC_OPS_N: return 0;
    case LC_OPS_Y: return op == 8 ? 8 : 4;
    default: return op;
    }
}
