/*
 * gen_shape.c - what is chosen for an instance of a row: sizes, prefixes, operands.
 */
#include "support/gen_shape.h"

/* ---- rows ---- */

bool gen_has_kind(const struct lc_row *row, unsigned kind)
{
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (LC_OPD_KIND(row->operand[i]) == kind)
            return true;
    return false;
}

bool gen_named(const struct lc_row *row, const char *prefix)
{
    return strncmp(row->mnemonic, prefix, strlen(prefix)) == 0;
}

bool gen_says(const struct lc_row *row, const char *part)
{
    return strstr(row->mnemonic, part) != NULL;
}

bool gen_is_string(const struct lc_row *row)
{
    return gen_has_kind(row, LC_OPK_X) || gen_has_kind(row, LC_OPK_Y);
}

bool gen_is_vex(const struct lc_row *row)
{
    return row->map >= LC_MAP_V0F;
}

bool gen_is_vsib(const struct lc_row *row)
{
    return (row->attr & LC_ATTR_VSIB) != 0;
}

/* Kinds of operands that ModRM tells. */
static bool kind_is_modrm(unsigned kind)
{
    static const uint8_t of[] = {LC_OPK_E, LC_OPK_R, LC_OPK_M, LC_OPK_G, LC_OPK_V, LC_OPK_W,
                                 LC_OPK_U, LC_OPK_P, LC_OPK_Q, LC_OPK_N, LC_OPK_T};
    return memchr(of, (int)kind, sizeof(of)) != NULL;
}

static bool kind_is_vector(unsigned kind)
{
    static const uint8_t of[] = {LC_OPK_V, LC_OPK_W, LC_OPK_H, LC_OPK_U, LC_OPK_P,
                                 LC_OPK_Q, LC_OPK_N, LC_OPK_L, LC_OPK_T, LC_OPK_ST};
    return memchr(of, (int)kind, sizeof(of)) != NULL;
}

bool gen_is_vector(const struct lc_row *row)
{
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (kind_is_vector(LC_OPD_KIND(row->operand[i])))
            return true;
    return (row->attr & (LC_ATTR_FPU | LC_ATTR_SSE | LC_ATTR_AVX | LC_ATTR_MMX | LC_ATTR_XSAVE)) !=
           0;
}

bool gen_has_modrm(const struct lc_row *row)
{
    if (row->ext != LC_EXT_ANY || row->attr & (LC_ATTR_MEM | LC_ATTR_REG))
        return true;
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (kind_is_modrm(LC_OPD_KIND(row->operand[i])))
            return true;
    return false;
}

/* ---- sizes and prefixes ---- */

static void choose_size(struct gen *g, struct gen_shape *s)
{
    bool code64 = g->mode == ORACLE_64, wide = g->mode != ORACLE_16;
    unsigned legacy = gen_percent(g, 50) ? 2 : 4, attr = s->row->attr;
    s->w = code64 && gen_percent(g, 12);
    if (gen_is_vex(s->row))
        s->w = gen_percent(g, 40);
    if (attr & LC_ATTR_W0)
        s->w = false;
    if (attr & LC_ATTR_W1)
        s->w = true;
    switch (s->row->size) {
    case LC_SIZE_V:
        s->w = code64 && !(attr & LC_ATTR_W0) && gen_percent(g, 40);
        s->osz = s->w ? gen_percent(g, 5) : (legacy == 2) == wide;
        break;
    case LC_SIZE_V64: s->osz = code64 ? gen_percent(g, 30) : (legacy == 2) == wide; break;
    case LC_SIZE_F64: s->osz = !code64 && gen_percent(g, 20); break;
    case LC_SIZE_Y: s->w = code64 && gen_percent(g, 50); break;
    default: s->osz = gen_percent(g, 5); break;
    }
    if (s->row->prefix == LC_PFX_66)
        s->osz = true;
    if (s->row->prefix == LC_PFX_NONE || gen_is_vex(s->row))
        s->osz = false;
}

/* What a vector instruction should not have: another W, prefixes that are not its own, and any at
 * all before VEX. */
static void choose_wrong(struct gen *g, struct gen_shape *s)
{
    bool vex = gen_is_vex(s->row);
    if (!gen_is_vector(s->row) || !gen_percent(g, 6))
        return;
    switch (gen_below(g, 4)) {
    case 0:
        if (s->row->attr & (LC_ATTR_W0 | LC_ATTR_W1) && (vex || g->mode == ORACLE_64))
            s->w = !s->w;
        break;
    case 1: s->osz = !s->osz; break;
    case 2: s->rep = s->rep ? 0 : gen_percent(g, 50) ? 0xf3 : 0xf2; break;
    default: s->rep = s->rep == 0xf3 ? 0xf2 : 0xf3; break;
    }
}

static void choose_prefixes(struct gen *g, struct gen_shape *s)
{
    static const uint8_t segments[] = {0x26, 0x2e, 0x36, 0x3e};
    const struct lc_row *row = s->row;
    if (row->prefix == LC_PFX_F3 || row->prefix == LC_PFX_F2)
        s->rep = row->prefix == LC_PFX_F3 ? 0xf3 : 0xf2;
    else if (row->attr & (LC_ATTR_REP | LC_ATTR_REPZ)
                 ? gen_percent(g, 60)
                 : row->prefix == LC_PFX_ANY && gen_percent(g, 3))
        s->rep = gen_percent(g, 60) ? 0xf3 : 0xf2;
    s->asz = gen_percent(g, 12);
    if (g->mode == ORACLE_64)
        s->asize = s->asz ? 4 : 8;
    else
        s->asize = (g->mode == ORACLE_16) == s->asz ? 4 : 2;
    s->lock = gen_percent(g, row->attr & LC_ATTR_LOCK ? 15 : 1);
    if (gen_percent(g, 10))
        s->segment = segments[gen_below(g, 4)];
    if (g->mode == ORACLE_64 && gen_percent(g, 6))
        s->segment = 0x65;
    if (gen_percent(g, 2))
        s->padding = 1 + gen_below(g, 13);
    if (gen_is_vex(row)) {
        s->rep = 0;
        s->lock = gen_percent(g, 1);
        s->vex_l = gen_percent(g, row->attr & LC_ATTR_L0 ? 2 : row->attr & LC_ATTR_L1 ? 98 : 50);
        s->vex2 = gen_percent(g, 60);
    }
}

/* Registers that programs keep pointing to memory: rSP, rBP, rSI, rDI. */
static unsigned any_reg(struct gen *g, bool keep_pointers)
{
    unsigned n = gen_below(g, g->mode == ORACLE_64 ? 16 : 8);
    if (keep_pointers && n >= 4 && n < 8 && !gen_percent(g, 8))
        n = g->mode == ORACLE_64 ? n + 8 : n - 4;
    return n;
}

static void choose_memory16(struct gen *g, struct gen_shape *s)
{
    static const int8_t base[8] = {LC_RBX, LC_RBX, LC_RBP, LC_RBP, LC_RSI, LC_RDI, LC_RBP, LC_RBX};
    static const int8_t index[8] = {LC_RSI,   LC_RDI,   LC_RSI,   LC_RDI,
                                    GEN_NONE, GEN_NONE, GEN_NONE, GEN_NONE};
    s->rm = gen_below(g, 8);
    s->disp_size = gen_below(g, 3);
    s->base = base[s->rm];
    s->index = index[s->rm];
    if (s->rm == 6 && s->disp_size == 0) {
        s->base = GEN_NONE;
        s->disp_size = 2;
    }
}

static void choose_memory(struct gen *g, struct gen_shape *s, bool keep_pointers)
{
    static const int8_t pointers[] = {LC_RSP, LC_RBP, LC_RSI, LC_RDI};
    s->base = s->index = GEN_NONE;
    if (s->asize == 2) {
        choose_memory16(g, s);
        return;
    }
    unsigned form = gen_below(g, 10);
    s->disp_size = (unsigned[]){0, 1, 4}[gen_below(g, 3)];
    s->rip = form == 0 && g->mode == ORACLE_64;
    if (form >= 2)
        s->base = keep_pointers ? pointers[gen_below(g, 4)] : (int)any_reg(g, false);
    if (form >= 6 || form == 1)
        s->index = (int)any_reg(g, false);
    if (s->index == LC_RSP || s->index == s->base || (keep_pointers && s->base != GEN_NONE))
        s->index = GEN_NONE;
    s->scale = gen_below(g, 4);
    if (s->base == GEN_NONE)
        s->disp_size = 4;
    else if ((s->base & 7) == LC_RBP && s->disp_size == 0)
        s->disp_size = 1;
}

/* The index is a vector register: any, of which number 4 is no exception (vol. 2A, 2.3.12). */
static void choose_vsib(struct gen *g, struct gen_shape *s)
{
    if (s->asize == 2)
        return;
    s->rip = false;
    s->index = (int)gen_below(g, g->mode == ORACLE_64 ? 16 : 8);
    /* Destination, index and mask must differ. */
    for (unsigned i = 0; i < 8 && !gen_percent(g, 5); i++) {
        if (s->reg == (unsigned)s->index)
            s->reg = any_reg(g, false);
        if (s->vvvv == s->reg || s->vvvv == (unsigned)s->index)
            s->vvvv = any_reg(g, false);
    }
}

/* Vector registers in programs are few, so that results are used. */
static unsigned any_vector(struct gen *g, bool program)
{
    unsigned n = g->mode == ORACLE_64 ? 16 : 8;
    return gen_below(g, program && gen_percent(g, 80) ? 4 : n);
}

/* What ModRM.rm is a register of: the general ones, when nothing else. */
static bool rm_is_vector(const struct lc_row *row)
{
    return gen_has_kind(row, LC_OPK_W) || gen_has_kind(row, LC_OPK_U) ||
           gen_has_kind(row, LC_OPK_Q) || gen_has_kind(row, LC_OPK_N) ||
           gen_has_kind(row, LC_OPK_T) || row->attr & LC_ATTR_FPU;
}

static void choose_registers(struct gen *g, struct gen_shape *s, bool program)
{
    const struct lc_row *row = s->row;
    bool third = gen_has_kind(row, LC_OPK_H) || gen_has_kind(row, LC_OPK_B);
    s->reg = gen_has_kind(row, LC_OPK_G) ? any_reg(g, program) : any_vector(g, program);
    s->rm = rm_is_vector(row) ? any_vector(g, program) : any_reg(g, program);
    s->vvvv = gen_has_kind(row, LC_OPK_H) ? any_vector(g, program) : any_reg(g, program);
    if (!third && !gen_percent(g, gen_is_vector(row) || row->attr & LC_ATTR_NOVVVV ? 4 : 0))
        s->vvvv = 0;
    if (row->attr & LC_ATTR_CC)
        s->plus = gen_below(g, 16);
    else if (gen_has_kind(row, LC_OPK_Z))
        s->plus = s->rm & 7;
    else if (!gen_has_modrm(row))
        s->rm = 0;
    if (row->attr & LC_ATTR_NOREXB)
        s->rm = 0;
    if (row->ext >= 0 && row->ext < 8)
        s->reg = (unsigned)row->ext;
}

/* Is the ModRM operand memory? */
static bool choose_mem(struct gen *g, const struct lc_row *row)
{
    if (gen_has_kind(row, LC_OPK_M) || row->attr & LC_ATTR_MEM)
        return true;
    return (gen_has_kind(row, LC_OPK_E) || gen_has_kind(row, LC_OPK_W) ||
            gen_has_kind(row, LC_OPK_Q)) &&
           !(row->attr & LC_ATTR_REG) && gen_percent(g, 50);
}

static void choose_operands(struct gen *g, struct gen_shape *s, bool program)
{
    const struct lc_row *row = s->row;
    choose_registers(g, s, program);
    if (row->ext >= 0x100) {
        s->reg = row->ext >> 3 & 7;
        s->rm = row->ext & 7;
        return;
    }
    s->mem = choose_mem(g, row);
    if (s->mem)
        choose_memory(g, s, program);
    if (gen_is_vsib(row))
        choose_vsib(g, s);
}

static unsigned immediate_size(const struct gen_shape *s, uint16_t operand)
{
    unsigned z = s->opsize == 2 ? 2 : 4;
    if (LC_OPD_KIND(operand) == LC_OPK_O)
        return s->asize;
    switch (LC_OPD_SIZE(operand)) {
    case LC_OPS_B:
    case LC_OPS_BS: return 1;
    case LC_OPS_W: return 2;
    case LC_OPS_V: return s->opsize;
    default: return z;
    }
}

unsigned gen_memory_bytes(const struct gen_shape *s)
{
    static const struct {
        const char *name;
        unsigned bytes;
    } images[] = {{"fx", 512},     {"xsave", 1024}, {"xrstor", 1024}, {"fnsave", 108},
                  {"frstor", 108}, {"fnstenv", 28}, {"fldenv", 28}};
    for (unsigned i = 0; i < LC_ARRAY_LEN(images); i++)
        if (gen_named(s->row, images[i].name) && !gen_says(s->row, "fxch"))
            return images[i].bytes;
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        static const uint8_t kinds[] = {LC_OPK_E, LC_OPK_M, LC_OPK_W, LC_OPK_Q};
        uint16_t op = s->row->operand[i];
        if (!op || !memchr(kinds, (int)LC_OPD_KIND(op), sizeof(kinds)))
            continue;
        static const uint8_t bytes[] = {
            [LC_OPS_B] = 1,  [LC_OPS_W] = 2,   [LC_OPS_D] = 4,   [LC_OPS_Q] = 8,
            [LC_OPS_T] = 10, [LC_OPS_DQ] = 16, [LC_OPS_QQ] = 32, [LC_OPS_P] = 0};
        unsigned size = LC_OPD_SIZE(op);
        if (size == LC_OPS_X)
            return s->vex_l ? 32 : 16;
        return size < sizeof(bytes) && bytes[size] ? bytes[size] : s->opsize;
    }
    return 8;
}

static unsigned final_opsize(const struct gen *g, const struct gen_shape *s)
{
    unsigned legacy = (g->mode != ORACLE_16) != s->osz ? 4 : 2;
    bool code64 = g->mode == ORACLE_64;
    switch (s->row->size) {
    case LC_SIZE_V: return s->w ? 8 : legacy;
    case LC_SIZE_V64: return !code64 ? legacy : s->osz && !s->w ? 2 : 8;
    case LC_SIZE_F64: return code64 ? 8 : legacy;
    default: return 4;
    }
}

/* A branch displacement: mostly to somewhere else in the code page. */
static uint64_t branch_offset(struct gen *g)
{
    if (gen_percent(g, 90))
        return gen_below(g, 0x600) - UINT64_C(0x300);
    return gen_next(g);
}

static void choose_immediates(struct gen *g, struct gen_shape *s)
{
    s->opsize = final_opsize(g, s);
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        uint16_t op = s->row->operand[i];
        unsigned k = LC_OPD_KIND(op);
        if (k != LC_OPK_I && k != LC_OPK_J && k != LC_OPK_O && k != LC_OPK_L)
            continue;
        s->imm[s->imm_count] = k == LC_OPK_J ? branch_offset(g) : gen_value(g);
        s->imm_size[s->imm_count++] = k == LC_OPK_L ? 1 : immediate_size(s, op);
    }
    unsigned shift = gen_percent(g, 50) ? 56 : 60;
    if (gen_is_vector(s->row)) /* every value, most of them small */
        s->imm[0] = gen_next(g) >> shift;
    if (gen_has_kind(s->row, LC_OPK_L))
        s->imm[0] = gen_next(g);
    if (gen_named(s->row, "enter")) {
        s->imm[0] = gen_percent(g, 90) ? gen_below(g, 0x200) : gen_next(g);
        shift = gen_below(g, 60);
        s->imm[1] = gen_percent(g, 50) ? 0 : gen_next(g) >> shift;
    }
    if (gen_named(s->row, "ret") && gen_percent(g, 90))
        s->imm[0] = gen_below(g, 0x40);
}

void gen_choose(struct gen *g, struct gen_shape *s, const struct lc_row *row, bool program)
{
    *s = (struct gen_shape){.row = row};
    choose_size(g, s);
    choose_prefixes(g, s);
    if (!program)
        choose_wrong(g, s);
    choose_operands(g, s, program);
    choose_immediates(g, s);
}
