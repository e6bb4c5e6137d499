/*
 * insn_gen.c - see insn_gen.h.
 */
#include "support/insn_gen.h"

#include "cpu/cpu.h"
#include "cpu/flags.h"

/* ---- random numbers ---- */

/* SplitMix64. */
uint64_t gen_next(struct gen *g)
{
    uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned gen_below(struct gen *g, unsigned n)
{
    return (unsigned)((gen_next(g) >> 32) * n >> 32);
}

static bool percent(struct gen *g, unsigned p)
{
    return gen_below(g, 100) < p;
}

/* A value that is likely to matter to arithmetic. */
static uint64_t edge_value(struct gen *g)
{
    uint64_t v = UINT64_C(1) << gen_below(g, 64);
    switch (gen_below(g, 6)) {
    case 0: return 0;
    case 1: return 0 - UINT64_C(1);
    case 2: return v;
    case 3: return v - 1;
    case 4: return 0 - v;
    default: return 1;
    }
}

static uint64_t any_value(struct gen *g)
{
    unsigned how = gen_below(g, 10);
    if (how < 4)
        return edge_value(g);
    if (how < 6)
        return gen_below(g, 70);
    return gen_next(g) >> gen_below(g, 3) * 16;
}

/* ---- one instruction: what is chosen ---- */

enum { NONE = -1 };

struct shape {
    const struct lc_row *row;
    bool osz, asz, w, lock, vex_l;
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
    int base, index; /* NONE, or numbers */
    unsigned scale, disp_size;
    int64_t disp;
    unsigned disp_at; /* offset of the displacement in the bytes */
    uint64_t imm[2];
    unsigned imm_size[2], imm_count;
    /* the finished bytes */
    uint8_t bytes[40];
    unsigned len;
};

static bool has_kind(const struct lc_row *row, unsigned kind)
{
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (LC_OPD_KIND(row->operand[i]) == kind)
            return true;
    return false;
}

static bool named(const struct lc_row *row, const char *prefix)
{
    return strncmp(row->mnemonic, prefix, strlen(prefix)) == 0;
}

static bool is_string(const struct lc_row *row)
{
    return has_kind(row, LC_OPK_X) || has_kind(row, LC_OPK_Y);
}

static bool is_vex(const struct lc_row *row)
{
    return row->map >= LC_MAP_V0F;
}

static bool has_modrm(const struct lc_row *row)
{
    return row->ext != LC_EXT_ANY || row->attr & (LC_ATTR_MEM | LC_ATTR_REG) ||
           has_kind(row, LC_OPK_E) || has_kind(row, LC_OPK_R) || has_kind(row, LC_OPK_M) ||
           has_kind(row, LC_OPK_G);
}

static void choose_size(struct gen *g, struct shape *s)
{
    bool code64 = g->mode == ORACLE_64, wide = g->mode != ORACLE_16;
    unsigned legacy = percent(g, 50) ? 2 : 4, attr = s->row->attr;
    s->w = code64 && percent(g, 12);
    if (attr & LC_ATTR_W0)
        s->w = false;
    if (attr & LC_ATTR_W1)
        s->w = true;
    switch (s->row->size) {
    case LC_SIZE_V:
        s->w = code64 && !(attr & LC_ATTR_W0) && percent(g, 40);
        s->osz = s->w ? percent(g, 5) : (legacy == 2) == wide;
        break;
    case LC_SIZE_V64: s->osz = code64 ? percent(g, 30) : (legacy == 2) == wide; break;
    case LC_SIZE_F64: s->osz = !code64 && percent(g, 20); break;
    case LC_SIZE_Y: s->w = code64 && percent(g, 50); break;
    default: s->osz = percent(g, 5); break;
    }
    if (s->row->prefix == LC_PFX_66)
        s->osz = true;
    if (s->row->prefix == LC_PFX_NONE || is_vex(s->row))
        s->osz = false;
}

static void choose_prefixes(struct gen *g, struct shape *s)
{
    static const uint8_t segments[] = {0x26, 0x2e, 0x36, 0x3e};
    const struct lc_row *row = s->row;
    if (row->prefix == LC_PFX_F3 || row->prefix == LC_PFX_F2)
        s->rep = row->prefix == LC_PFX_F3 ? 0xf3 : 0xf2;
    else if (row->attr & (LC_ATTR_REP | LC_ATTR_REPZ) ? percent(g, 60)
                                                      : row->prefix == LC_PFX_ANY && percent(g, 3))
        s->rep = percent(g, 60) ? 0xf3 : 0xf2;
    s->asz = percent(g, 12);
    if (g->mode == ORACLE_64)
        s->asize = s->asz ? 4 : 8;
    else
        s->asize = (g->mode == ORACLE_16) == s->asz ? 4 : 2;
    s->lock = percent(g, row->attr & LC_ATTR_LOCK ? 15 : 1);
    if (percent(g, 10))
        s->segment = segments[gen_below(g, 4)];
    if (g->mode == ORACLE_64 && percent(g, 6))
        s->segment = 0x65;
    if (percent(g, 2))
        s->padding = 1 + gen_below(g, 13);
    if (is_vex(row)) {
        s->rep = 0;
        s->lock = percent(g, 1);
        s->vex_l = percent(g, row->attr & LC_ATTR_L0 ? 2 : 50);
    }
}

/* Registers that programs keep pointing to memory: rSP, rBP, rSI, rDI. */
static unsigned any_reg(struct gen *g, bool keep_pointers)
{
    unsigned n = gen_below(g, g->mode == ORACLE_64 ? 16 : 8);
    if (keep_pointers && n >= 4 && n < 8 && !percent(g, 8))
        n = g->mode == ORACLE_64 ? n + 8 : n - 4;
    return n;
}

static void choose_memory16(struct gen *g, struct shape *s)
{
    static const int8_t base[8] = {LC_RBX, LC_RBX, LC_RBP, LC_RBP, LC_RSI, LC_RDI, LC_RBP, LC_RBX};
    static const int8_t index[8] = {LC_RSI, LC_RDI, LC_RSI, LC_RDI, NONE, NONE, NONE, NONE};
    s->rm = gen_below(g, 8);
    s->disp_size = gen_below(g, 3);
    s->base = base[s->rm];
    s->index = index[s->rm];
    if (s->rm == 6 && s->disp_size == 0) {
        s->base = NONE;
        s->disp_size = 2;
    }
}

static void choose_memory(struct gen *g, struct shape *s, bool keep_pointers)
{
    static const int8_t pointers[] = {LC_RSP, LC_RBP, LC_RSI, LC_RDI};
    s->base = s->index = NONE;
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
    if (s->index == LC_RSP || s->index == s->base || (keep_pointers && s->base != NONE))
        s->index = NONE;
    s->scale = gen_below(g, 4);
    if (s->base == NONE)
        s->disp_size = 4;
    else if ((s->base & 7) == LC_RBP && s->disp_size == 0)
        s->disp_size = 1;
}

static void choose_operands(struct gen *g, struct shape *s, bool keep_pointers)
{
    const struct lc_row *row = s->row;
    s->reg = any_reg(g, keep_pointers);
    s->rm = any_reg(g, keep_pointers);
    s->vvvv = any_reg(g, keep_pointers);
    if (row->attr & LC_ATTR_NOVVVV && !percent(g, 4))
        s->vvvv = 0;
    if (is_vex(row) && !has_kind(row, LC_OPK_B))
        s->vvvv = 0;
    if (row->attr & LC_ATTR_CC)
        s->plus = gen_below(g, 16);
    else if (has_kind(row, LC_OPK_Z))
        s->plus = s->rm & 7;
    else if (!has_modrm(row))
        s->rm = 0;
    if (row->attr & LC_ATTR_NOREXB)
        s->rm = 0;
    if (row->ext >= 0 && row->ext < 8)
        s->reg = (unsigned)row->ext;
    if (row->ext >= 0x100) {
        s->reg = row->ext >> 3 & 7;
        s->rm = row->ext & 7;
        return;
    }
    if (has_kind(row, LC_OPK_M) || row->attr & LC_ATTR_MEM)
        s->mem = true;
    else if (has_kind(row, LC_OPK_E) && !(row->attr & LC_ATTR_REG))
        s->mem = percent(g, 50);
    if (s->mem)
        choose_memory(g, s, keep_pointers);
}

static unsigned immediate_size(const struct shape *s, uint16_t operand)
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

static unsigned final_opsize(const struct gen *g, const struct shape *s)
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
    if (percent(g, 90))
        return gen_below(g, 0x600) - UINT64_C(0x300);
    return gen_next(g);
}

static void choose_immediates(struct gen *g, struct shape *s)
{
    s->opsize = final_opsize(g, s);
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        uint16_t op = s->row->operand[i];
        unsigned k = LC_OPD_KIND(op);
        if (k != LC_OPK_I && k != LC_OPK_J && k != LC_OPK_O)
            continue;
        s->imm[s->imm_count] = k == LC_OPK_J ? branch_offset(g) : any_value(g);
        s->imm_size[s->imm_count++] = immediate_size(s, op);
    }
    if (named(s->row, "enter")) {
        s->imm[0] = percent(g, 90) ? gen_below(g, 0x200) : gen_next(g);
        s->imm[1] = percent(g, 50) ? 0 : gen_next(g) >> gen_below(g, 60);
    }
    if (named(s->row, "ret") && percent(g, 90))
        s->imm[0] = gen_below(g, 0x40);
}

static void choose(struct gen *g, struct shape *s, const struct lc_row *row, bool keep_pointers)
{
    *s = (struct shape){.row = row};
    choose_size(g, s);
    choose_prefixes(g, s);
    choose_operands(g, s, keep_pointers);
    choose_immediates(g, s);
}

/* ---- bytes ---- */

static void put(struct shape *s, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        s->bytes[s->len++] = (uint8_t)(v >> (8 * i));
}

static void put_prefixes(struct gen *g, struct shape *s)
{
    static const uint8_t pads[] = {0x3e, 0x2e, 0x26, 0x36};
    uint8_t list[5];
    unsigned n = 0;
    for (unsigned i = 0; i < s->padding; i++)
        put(s, pads[gen_below(g, 4)], 1);
    if (s->osz)
        list[n++] = 0x66;
    if (s->asz)
        list[n++] = 0x67;
    if (s->rep)
        list[n++] = s->rep;
    if (s->lock)
        list[n++] = 0xf0;
    if (s->segment)
        list[n++] = s->segment;
    while (n) {
        unsigned i = gen_below(g, n);
        put(s, list[i], 1);
        list[i] = list[--n];
    }
}

static unsigned rex_bits(const struct shape *s)
{
    unsigned b = s->rm >> 3, x = 0;
    if (s->mem) {
        b = s->base == NONE ? 0 : (unsigned)s->base >> 3;
        x = s->index == NONE ? 0 : (unsigned)s->index >> 3;
    }
    return (s->w ? 8u : 0) | (s->reg >> 3) << 2 | x << 1 | b;
}

static void put_opcode(struct gen *g, struct shape *s)
{
    static const uint8_t pp[] = {0, 0, 1, 2, 3, 0};
    const struct lc_row *row = s->row;
    unsigned rex = rex_bits(s);
    bool code64 = g->mode == ORACLE_64;
    if (is_vex(row)) {
        unsigned map = row->map - LC_MAP_V0F + 1u;
        if (!code64)
            rex &= 8;
        put(s, 0xc4, 1);
        put(s, (~rex & 7) << 5 | map, 1);
        put(s, (rex & 8) << 4 | (~s->vvvv & 15) << 3 | (s->vex_l ? 4u : 0) | pp[row->prefix], 1);
    } else {
        if (code64 && (rex || percent(g, 25)))
            put(s, 0x40 | rex, 1);
        if (row->map != LC_MAP_1)
            put(s, 0x0f, 1);
        if (row->map == LC_MAP_0F38 || row->map == LC_MAP_0F3A)
            put(s, row->map == LC_MAP_0F38 ? 0x38 : 0x3a, 1);
    }
    put(s, row->opcode + s->plus, 1);
}

static void put_memory(struct gen *g, struct shape *s)
{
    unsigned mod = s->disp_size == 0 ? 0 : s->disp_size == 1 ? 1 : 2, reg = (s->reg & 7) << 3;
    if (s->asize == 2) {
        if (s->base == NONE)
            mod = 0;
        put(s, mod << 6 | reg | s->rm, 1);
    } else if (s->rip || (s->base == NONE && s->index == NONE && g->mode != ORACLE_64)) {
        put(s, reg | 5, 1);
    } else if (s->base == NONE) {
        put(s, reg | 4, 1);
        put(s, s->scale << 6 | (s->index == NONE ? 4 : (unsigned)s->index & 7) << 3 | 5, 1);
    } else if (s->index != NONE || (s->base & 7) == LC_RSP) {
        put(s, mod << 6 | reg | 4, 1);
        put(s,
            s->scale << 6 | (s->index == NONE ? 4 : (unsigned)s->index & 7) << 3 |
                ((unsigned)s->base & 7),
            1);
    } else {
        put(s, mod << 6 | reg | ((unsigned)s->base & 7), 1);
    }
    s->disp_at = s->len;
    put(s, (uint64_t)s->disp, s->disp_size);
}

static void encode(struct gen *g, struct shape *s)
{
    s->len = 0;
    put_prefixes(g, s);
    put_opcode(g, s);
    if (s->mem)
        put_memory(g, s);
    else if (has_modrm(s->row))
        put(s, 0xc0 | (s->reg & 7) << 3 | (s->rm & 7), 1);
    for (unsigned i = 0; i < s->imm_count; i++)
        put(s, s->imm[i], s->imm_size[i]);
}

/* ---- where operands lie ---- */

/* A linear address for an operand: inside, across the two pages, at and over every end. */
static uint64_t target(struct gen *g)
{
    unsigned how = gen_below(g, 100);
    uint64_t data = ORACLE_DATA, near = gen_below(g, 40);
    if (how < 45)
        return data + 0x40 + gen_below(g, ORACLE_DATA_LEN - 0x200);
    if (how < 60)
        return (data + 0x40 + gen_below(g, ORACLE_DATA_LEN - 0x200)) & ~UINT64_C(15);
    if (how < 72)
        return data + ORACLE_PAGE - 20 + near;
    if (how < 80)
        return data + ORACLE_DATA_LEN - 30 + near;
    if (how < 86)
        return data - 20 + near;
    if (how < 91)
        return ORACLE_RO + gen_below(g, ORACLE_PAGE - 64);
    if (how < 93)
        return ORACLE_RO + ORACLE_PAGE - 30 + near;
    if (how < 95)
        return data + 0x2800 + near;
    if (how < 97)
        return ORACLE_CODE + near;
    if (g->mode != ORACLE_64)
        return gen_next(g) & 0xffff;
    return percent(g, 50) ? UINT64_C(0x7ffffffffff0) + near + 0x10 : gen_next(g) | LC_BIT(62);
}

/* Base of the segment that an operand uses in this mode. */
static uint64_t segment_base(const struct gen *g, const struct shape *s)
{
    if (g->mode == ORACLE_16)
        return s->segment == 0x2e ? ORACLE_CODE : ORACLE_DATA;
    return s->segment == 0x65 ? ORACLE_GS_BASE : 0;
}

/* The offset in its segment of a linear address. */
static uint64_t offset_of(const struct gen *g, const struct shape *s, uint64_t la)
{
    uint64_t ea = la - segment_base(g, s);
    return g->mode == ORACLE_64 ? ea : (uint32_t)ea;
}

/* Give a register a value whose low `size` bytes are those of v. */
static void set_reg(struct gen *g, struct oracle_case *c, unsigned reg, unsigned size, uint64_t v)
{
    uint64_t mask = lc_mask_size(size), high = percent(g, 70) ? 0 : gen_next(g);
    if (g->mode != ORACLE_64)
        high &= 0xffffffff;
    c->in.gpr[reg] = (v & mask) | (high & ~mask);
}

/* Make the memory operand's address ea: by its base, else by its displacement. */
static void aim(struct gen *g, struct oracle_case *c, struct shape *s, uint64_t ea, uint64_t next)
{
    uint64_t mask = lc_mask_size(s->asize);
    s->disp = (int64_t)(s->disp_size == 1 ? lc_sext(gen_next(g), 8) : lc_sext(gen_next(g), 32));
    if (s->disp_size == 0)
        s->disp = 0;
    if (s->asize == 2)
        s->disp = (int16_t)s->disp;
    if (s->base == NONE && s->index != NONE)
        set_reg(g, c, (unsigned)s->index, s->asize, gen_below(g, 64));
    uint64_t rest = s->index == NONE ? 0 : c->in.gpr[s->index] << s->scale;
    if (s->base == NONE) {
        s->disp = (int64_t)(ea - rest - (s->rip ? next : 0));
        s->disp = s->asize == 2 ? (int16_t)s->disp : (int32_t)s->disp;
    } else {
        set_reg(g, c, (unsigned)s->base, s->asize, (ea - rest - (uint64_t)s->disp) & mask);
    }
    for (unsigned i = 0; i < s->disp_size; i++)
        s->bytes[s->disp_at + i] = (uint8_t)((uint64_t)s->disp >> (8 * i));
}

/* Put a number into data memory, when the address lies there. */
static void poke(struct oracle_case *c, uint64_t la, uint64_t v, unsigned size)
{
    if (la >= ORACLE_DATA && la - ORACLE_DATA <= ORACLE_DATA_LEN - size)
        lc_put(c->data + (la - ORACLE_DATA), v, size);
}

static uint64_t peek(const struct oracle_case *c, uint64_t la)
{
    if (la >= ORACLE_DATA && la - ORACLE_DATA <= ORACLE_DATA_LEN - 8)
        return lc_get64(c->data + (la - ORACLE_DATA));
    return 0;
}

/* An address in the code page as the mode counts it. */
static uint64_t code_address(struct gen *g)
{
    uint64_t off = gen_below(g, ORACLE_PAGE);
    return g->mode == ORACLE_16 ? off : ORACLE_CODE + off;
}

static void aim_string(struct gen *g, struct oracle_case *c, struct shape *s)
{
    struct shape es = {.segment = 0};
    set_reg(g, c, LC_RSI, s->asize, offset_of(g, s, target(g)));
    set_reg(g, c, LC_RDI, s->asize, offset_of(g, &es, target(g)));
    if (percent(g, 15)) /* overlapping copies */
        set_reg(g, c, LC_RDI, s->asize, c->in.gpr[LC_RSI] + gen_below(g, 40) - 20);
    uint64_t n = gen_below(g, 40);
    if (percent(g, 20))
        n = gen_below(g, 4000);
    if (percent(g, 5))
        n = gen_next(g);
    set_reg(g, c, LC_RCX, s->asize, n);
    if (percent(g, 50)) { /* long runs of equal bytes for CMPS and SCAS */
        uint8_t v = percent(g, 50) ? 0 : 0x55;
        memset(c->data + 0x40, v, ORACLE_DATA_LEN - 0x80);
        c->data[gen_below(g, ORACLE_DATA_LEN)] ^= 1;
        c->in.gpr[LC_RAX] = v * UINT64_C(0x0101010101010101);
    }
}

/* Registers that the instruction uses without naming them. */
static void aim_implicit(struct gen *g, struct oracle_case *c, struct shape *s, uint64_t la)
{
    const struct lc_row *row = s->row;
    unsigned size = row->size == LC_SIZE_B ? 1 : s->opsize;
    if (is_string(row))
        aim_string(g, c, s);
    if (named(row, "xlat"))
        set_reg(g, c, LC_RBX, s->asize, offset_of(g, s, target(g)) - (c->in.gpr[LC_RAX] & 0xff));
    if (named(row, "loop") || named(row, "jc"))
        c->in.gpr[LC_RCX] = percent(g, 80) ? gen_below(g, 3) : any_value(g);
    if ((named(row, "div") || named(row, "idiv")) && percent(g, 80))
        set_reg(g, c, LC_RDX, size, named(row, "div") ? gen_below(g, 3) : gen_below(g, 3) - 1u);
    if (named(row, "cmpxchg") && percent(g, 50)) {
        uint64_t v = s->mem ? peek(c, la) : c->in.gpr[s->rm];
        c->in.gpr[LC_RAX] = v;
        if (named(row, "cmpxchg8b")) {
            c->in.gpr[LC_RAX] = (uint32_t)v;
            c->in.gpr[LC_RDX] = v >> 32;
        }
        if (named(row, "cmpxchg16b"))
            c->in.gpr[LC_RDX] = peek(c, la + 8);
    }
    if ((named(row, "jmp") || named(row, "call")) && percent(g, 80)) {
        if (s->mem)
            poke(c, la, code_address(g), s->opsize);
        else if (has_kind(row, LC_OPK_E))
            set_reg(g, c, s->rm, s->opsize, code_address(g));
    }
    if (named(row, "ret") && percent(g, 80))
        poke(c, c->in.gpr[LC_RSP] + (g->mode == ORACLE_16 ? ORACLE_DATA : 0), code_address(g),
             s->opsize);
}

/* ---- state ---- */

static void random_state(struct gen *g, struct oracle_case *c)
{
    struct shape none = {.segment = 0};
    c->mode = g->mode;
    for (unsigned i = 0; i < 16; i++)
        c->in.gpr[i] = any_value(g) & (g->mode == ORACLE_64 ? UINT64_MAX : UINT32_MAX);
    for (unsigned r = LC_RSP; r <= LC_RDI; r++)
        if (r == LC_RSP || percent(g, 60))
            c->in.gpr[r] = offset_of(g, &none, target(g));
    if (g->mode != ORACLE_64)
        memset(c->in.gpr + 8, 0, 8 * sizeof(c->in.gpr[0]));
    c->in.rflags = 0x202 | (gen_next(g) & LC_OSZAPC) | (percent(g, 25) ? LC_DF : 0);
    for (unsigned i = 0; i < ORACLE_DATA_LEN; i += 8)
        lc_put64(c->data + i, gen_next(g));
}

uint32_t gen_key(enum oracle_mode mode)
{
    static const uint32_t code[] = {LC_KEY_CODE64, LC_KEY_CODE32, LC_KEY_CODE16};
    return LC_KEY_PROT | code[mode];
}

static uint64_t rip_of(const struct oracle_case *c)
{
    return c->code_off + (c->mode == ORACLE_16 ? 0 : (uint64_t)ORACLE_CODE);
}

/* ---- what may come out ---- */

/* Shifts by 1 define OF, a count of 0 changes nothing; the row says what is true of any count. */
static uint16_t undefined_flags(const struct lc_decoded *d, const struct oracle_case *c)
{
    const struct lc_row *row = d->row;
    uint16_t u = row->flags_undefined;
    bool shift = row->map == LC_MAP_1 && (row->opcode & 0xfe) >= 0xc0 && row->opcode < 0xd4;
    if (!shift || !u)
        return u;
    uint64_t n = d->imm;
    if (row->opcode >= 0xd0)
        n = row->opcode < 0xd2 ? 1 : c->in.gpr[LC_RCX];
    n &= d->opsize == 8 ? 63 : 31;
    if (n == 0)
        return 0;
    if (n == 1)
        u &= (uint16_t)~LC_OF;
    /* SHL and SHR by the operand's width or more leave CF undefined. */
    if (n >= 8u * d->opsize && (d->reg & 4) && (d->reg & 7) != 7)
        u |= LC_CF;
    return u;
}

/* Results that the manuals leave undefined, or in which processors are known to differ. */
static bool is_odd(const struct lc_decoded *d, enum oracle_mode mode)
{
    const struct lc_row *row = d->row;
    if (named(row, "bswap") && d->opsize == 2)
        return true;
    if (named(row, "bsf") || named(row, "bsr"))
        return true;
    /* 66 before a near branch in 64-bit mode: Intel ignores it, AMD does not. */
    return mode == ORACLE_64 && row->size == LC_SIZE_F64 && d->osz;
}

/* SHLD and SHRD of words by more than 16 are undefined (vol. 2, SHLD). REP before LOOPE and LOOPNE
 * is reserved (vol. 2A, 2.1.1): processors take it for the condition. */
static bool is_open(const struct lc_decoded *d)
{
    const struct lc_row *row = d->row;
    if ((named(row, "shld") || named(row, "shrd")) && d->opsize == 2)
        return true;
    if (named(row, "movsxd") && d->opsize == 2) /* Intel reads 16 bits, AMD 32 */
        return true;
    return d->rep && (named(row, "loope") || named(row, "loopne"));
}

/* ENTER, PUSHA and POPA: silicon leaves behind what it did before the fault, this CPU nothing.
 * CALL: whether the target or the stack is looked at first differs between vendors, and so does the
 * segment of a repeated MOVS whose both sides are outside. */
static bool is_open_fault(const struct lc_decoded *d)
{
    static const char *const names[] = {"enter", "pusha", "popa", "call"};
    for (unsigned i = 0; i < LC_ARRAY_LEN(names); i++)
        if (named(d->row, names[i]))
            return true;
    return d->rep && d->asize != 8 && (named(d->row, "movsb") || named(d->row, "movsw"));
}

/* UD0 and UD1: whether there is a ModRM, so how many bytes are fetched, differs between vendors. */
static bool is_ud_with_modrm(const struct oracle_case *c)
{
    for (unsigned i = 0; i + 1 < c->code_len; i++)
        if (c->code[i] == 0x0f)
            return c->code[i + 1] == 0xb9 || c->code[i + 1] == 0xff;
    return false;
}

static void inspect(struct gen *g, const struct oracle_case *c, struct gen_info *info)
{
    struct lc_decoded d;
    enum lc_decode_status st = lc_decode(g->decoder, gen_key(g->mode), c->code, c->code_len, &d);
    info->row = st == LC_DECODE_OK ? d.row : NULL;
    info->open = is_ud_with_modrm(c) || (d.row && is_open(&d));
    info->open_fault = d.row && is_open_fault(&d);
    if (st != LC_DECODE_OK)
        return;
    info->undefined |= undefined_flags(&d, c);
    info->odd = is_odd(&d, g->mode);
}

/* ---- cases ---- */

bool gen_row_fits(const struct lc_row *row, enum oracle_mode mode)
{
    static const uint8_t foreign[] = {LC_OPK_A, LC_OPK_S, LC_OPK_C, LC_OPK_D, LC_OPK_V, LC_OPK_W,
                                      LC_OPK_H, LC_OPK_U, LC_OPK_P, LC_OPK_Q, LC_OPK_N, LC_OPK_L};
    uint32_t never = LC_ATTR_PRIV0 | LC_ATTR_FPU | LC_ATTR_SSE;
    if (row->attr & never || (row->attr & LC_ATTR_END && !(row->attr & LC_ATTR_UD)))
        return false;
    for (unsigned i = 0; i < sizeof(foreign); i++)
        if (has_kind(row, foreign[i]))
            return false;
    if (row->mode == LC_MODE_64)
        return mode == ORACLE_64;
    return row->mode != LC_MODE_NO64 || mode != ORACLE_64;
}

/* Mostly in the middle of the page; or up to its end; or over it. */
static void place_code(struct gen *g, struct oracle_case *c, const uint8_t *bytes, unsigned len)
{
    unsigned how = gen_below(g, 100);
    c->code_off = 0x800;
    if (how < 6)
        c->code_off = (uint16_t)(ORACLE_PAGE - len);
    else if (how < 10)
        c->code_off = (uint16_t)(ORACLE_PAGE - 1 - gen_below(g, len));
    c->code_len = (uint8_t)len;
    if (c->code_off + len > ORACLE_PAGE)
        c->code_len = (uint8_t)(ORACLE_PAGE - c->code_off);
    memcpy(c->code, bytes, c->code_len);
    c->in.rip = rip_of(c);
}

void gen_single(struct gen *g, const struct lc_row *row, struct oracle_case *c,
                struct gen_info *info)
{
    struct shape s;
    uint64_t la = target(g);
    *info = (struct gen_info){.row = row};
    random_state(g, c);
    choose(g, &s, row, false);
    if (has_kind(row, LC_OPK_O))
        s.imm[0] = offset_of(g, &s, la);
    encode(g, &s);
    place_code(g, c, s.bytes, s.len);
    if (s.mem)
        aim(g, c, &s, offset_of(g, &s, la), c->in.rip + s.len);
    aim_implicit(g, c, &s, la);
    memcpy(c->code, s.bytes, c->code_len);
    inspect(g, c, info);
}

/* Would the instruction read a flag that an earlier one has left undefined? */
static bool reads_undefined(const struct lc_row *row, uint16_t undefined)
{
    return (row->flags_read & undefined) != 0;
}

/* Decode what has been made; false: not for a program. */
static bool fits_program(struct gen *g, const struct shape *s, struct gen_info *info)
{
    struct lc_decoded d;
    if (lc_decode(g->decoder, gen_key(g->mode), s->bytes, s->len, &d) != LC_DECODE_OK)
        return false;
    if (d.row->attr & LC_ATTR_BRANCH || is_odd(&d, g->mode) || is_open(&d) || is_open_fault(&d) ||
        !gen_row_fits(d.row, g->mode) || reads_undefined(d.row, info->undefined))
        return false;
    info->undefined |= d.row->flags_undefined;
    return true;
}

void gen_program(struct gen *g, struct oracle_case *c, struct gen_info *info)
{
    static const uint8_t pointers[] = {LC_RSP, LC_RBP, LC_RSI, LC_RDI};
    struct shape none = {.segment = 0};
    unsigned want = 2 + gen_below(g, GEN_PROGRAM - 1), len = 0;
    *info = (struct gen_info){.row = NULL};
    random_state(g, c);
    for (unsigned i = 0; i < 4; i++)
        c->in.gpr[pointers[i]] = offset_of(g, &none, ORACLE_DATA + 0x200 + gen_below(g, 0x1c00));
    if (percent(g, 70))
        c->in.gpr[LC_RCX] &= 0x3f;
    c->code_off = 0x800;
    c->in.rip = rip_of(c);
    for (unsigned tries = 0, n = 0; n < want && tries < 40; tries++) {
        struct shape s;
        choose(g, &s, g->rows[gen_below(g, g->row_count)], true);
        s.disp = (int64_t)gen_below(g, 0x100) - 0x80;
        encode(g, &s);
        if (s.mem && s.base == NONE) /* absolute and RIP-relative */
            aim(g, c, &s, offset_of(g, &s, ORACLE_DATA + gen_below(g, 0x1fc0)),
                c->in.rip + len + s.len);
        if (len + s.len > ORACLE_BYTES || !fits_program(g, &s, info))
            continue;
        memcpy(c->code + len, s.bytes, s.len);
        len += s.len;
        n++;
    }
    c->code_len = (uint8_t)len;
}
