/*
 * test_table.c - the instruction table by itself: rows that agree with themselves and with each
 * other, each of them chosen for its own bytes, in every mode, size and form.
 */
#include "decode/rows.h"

#include <string.h>

/* ---- columns ---- */

static const uint32_t attrs[] = {
    LC_ATTR_LOCK, LC_ATTR_END, LC_ATTR_BRANCH, LC_ATTR_PRIV0,  LC_ATTR_PROT,    LC_ATTR_REP,
    LC_ATTR_REPZ, LC_ATTR_CC,  LC_ATTR_MEM,    LC_ATTR_REG,    LC_ATTR_L0,      LC_ATTR_L1,
    LC_ATTR_W0,   LC_ATTR_W1,  LC_ATTR_FPU,    LC_ATTR_SSE,    LC_ATTR_NOVVVV,  LC_ATTR_WRITE,
    LC_ATTR_READ, LC_ATTR_UD,  LC_ATTR_NOREAL, LC_ATTR_NOREXB, LC_ATTR_NOASIZE, LC_ATTR_CPL0UD,
    LC_ATTR_SCE,  LC_ATTR_AVX, LC_ATTR_MMX,    LC_ATTR_VSIB,   LC_ATTR_XSAVE,   LC_ATTR_XCR,
};

static void attributes_are_bits(void **state)
{
    uint32_t seen = 0;
    (void)state;
    for (unsigned i = 0; i < LC_ARRAY_LEN(attrs); i++) {
        assert_int_equal(attrs[i] & (attrs[i] - 1), 0);
        assert_int_equal(seen & attrs[i], 0);
        seen |= attrs[i];
    }
    for (unsigned i = 0; i < lc_row_count; i++)
        assert_int_equal(lc_rows[i].attr & ~seen, 0);
}

/* Fail with the row's name. */
#define CHECK_ROW(row, cond)                                                                       \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_message("%s: not " #cond "\n", rows_name(row));                                  \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static bool both(const struct lc_row *r, uint32_t a, uint32_t b)
{
    return (r->attr & a) && (r->attr & b);
}

static void attributes_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *r = &lc_rows[i];
        CHECK_ROW(r, !both(r, LC_ATTR_END, LC_ATTR_BRANCH));
        CHECK_ROW(r, !both(r, LC_ATTR_MEM, LC_ATTR_REG));
        CHECK_ROW(r, !both(r, LC_ATTR_L0, LC_ATTR_L1));
        CHECK_ROW(r, !both(r, LC_ATTR_W0, LC_ATTR_W1));
        CHECK_ROW(r, !both(r, LC_ATTR_WRITE, LC_ATTR_READ));
        CHECK_ROW(r, !both(r, LC_ATTR_REP, LC_ATTR_REPZ));
        CHECK_ROW(r, !both(r, LC_ATTR_PRIV0, LC_ATTR_CPL0UD));
        CHECK_ROW(r, !both(r, LC_ATTR_PROT, LC_ATTR_NOREAL));
        /* gate.c asks for the row's one operation. */
        CHECK_ROW(r, !both(r, LC_ATTR_CC, LC_ATTR_GATED));
        CHECK_ROW(r, !(r->attr & LC_ATTR_CC) || (r->opcode & 15) == 0);
        CHECK_ROW(r, !(r->attr & LC_ATTR_LOCK) || enc_can_mem(r));
        CHECK_ROW(r, !(r->attr & (LC_ATTR_L0 | LC_ATTR_L1 | LC_ATTR_NOVVVV)) || enc_is_vex(r));
        CHECK_ROW(r, !(r->attr & (LC_ATTR_WRITE | LC_ATTR_READ)) || r->operand[0]);
        CHECK_ROW(r, !(r->attr & LC_ATTR_UD) || (r->attr & LC_ATTR_END));
        /* A privileged or system row leaves no unprivileged way in by its mode. */
        CHECK_ROW(r, r->feature < LC_FEATURES);
    }
}

/* In VEX the prefixes are in a field that always says something. */
static void encodings_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *r = &lc_rows[i];
        CHECK_ROW(r, r->map < LC_MAPS && r->prefix <= LC_PFX_N66 && r->size <= LC_SIZE_X);
        CHECK_ROW(r, !enc_is_vex(r) || (r->prefix != LC_PFX_ANY && r->prefix != LC_PFX_N66));
        CHECK_ROW(r, r->ext == LC_EXT_ANY || (r->ext >= 0 && r->ext < 8) ||
                         (r->ext >= 0x100 && r->ext < 0x200));
        CHECK_ROW(r, !(r->attr & (LC_ATTR_REP | LC_ATTR_REPZ)) || r->prefix == LC_PFX_ANY);
        CHECK_ROW(r, r->map != LC_MAP_1 || (r->opcode != 0x0f && (r->opcode & 0xe7) != 0x26));
    }
}

static void flags_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *r = &lc_rows[i];
        const uint16_t all = LC_OSZAPC | LC_DF;
        CHECK_ROW(r, (r->flags_written & r->flags_undefined) == 0);
        CHECK_ROW(r, ((r->flags_read | r->flags_written) & ~all) == 0);
        CHECK_ROW(r, (r->flags_undefined & ~LC_OSZAPC) == 0);
        /* String instructions go by DF; what may be repeated no times keeps its flags. */
        if (r->attr & (LC_ATTR_REP | LC_ATTR_REPZ)) {
            CHECK_ROW(r, r->flags_read & LC_DF);
            CHECK_ROW(r, (r->flags_written & ~r->flags_read) == 0);
        }
    }
}

static bool is_memory_kind(unsigned k)
{
    return k == LC_OPK_E || k == LC_OPK_M || k == LC_OPK_W || k == LC_OPK_Q || k == LC_OPK_O;
}

static void operands_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *r = &lc_rows[i];
        unsigned memory = 0, count = 0;
        while (count < LC_OPERANDS && r->operand[count])
            count++;
        for (unsigned k = 0; k < LC_OPERANDS; k++) {
            memory += is_memory_kind(LC_OPD_KIND(r->operand[k]));
            CHECK_ROW(r, k < count || !r->operand[k]);
        }
        CHECK_ROW(r, memory <= 1);
    }
}

/* Names for each operand size: 2/4 and, in 64-bit mode, 8. */
static void mnemonics_agree(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *r = &lc_rows[i];
        unsigned names = 1;
        CHECK_ROW(r, r->mnemonic && strspn(r->mnemonic, "abcdefghijklmnopqrstuvwxyz0123456789/") ==
                                        strlen(r->mnemonic));
        for (const char *p = r->mnemonic; *p; p++)
            names += *p == '/';
        CHECK_ROW(r, names == 1 || r->size == LC_SIZE_V || r->size == LC_SIZE_F64 ||
                         r->size == LC_SIZE_V64 || r->size == LC_SIZE_Y);
        CHECK_ROW(r, names == 1 || names == (r->mode == LC_MODE_NO64 ? 2u : 3u));
    }
}

/* ---- rows against rows ---- */

/* All that a row's bytes and mode can be, a bit a possibility in each dimension. */
struct domain {
    uint64_t modrm[4]; /* of 256; all when the row has none */
    uint8_t prefix;    /* none, 66, F3, 66 F3, F2, 66 F2 */
    uint8_t mode;      /* real, vm86, prot16, prot32, long */
    uint8_t w, l, vvvv, rexb;
};

static uint8_t prefix_domain(const struct lc_row *r)
{
    switch (r->prefix) {
    case LC_PFX_NONE: return 0x01;
    case LC_PFX_66: return 0x02;
    case LC_PFX_F3: return enc_is_vex(r) ? 0x04 : 0x0c;
    case LC_PFX_F2: return enc_is_vex(r) ? 0x10 : 0x30;
    case LC_PFX_N66: return 0x03;
    default: return 0x3f;
    }
}

static bool modrm_matches(const struct lc_row *r, unsigned modrm)
{
    bool reg = modrm >= 0xc0;
    if (!enc_has_modrm(r))
        return true;
    if (r->ext >= 0x100)
        return modrm == (uint8_t)r->ext;
    if (r->ext >= 0 && (modrm >> 3 & 7) != (unsigned)r->ext)
        return false;
    return reg ? enc_can_reg(r) : enc_can_mem(r);
}

static struct domain domain_of(const struct lc_row *r)
{
    struct domain d = {.prefix = prefix_domain(r), .w = 3, .l = 3, .vvvv = 3, .rexb = 3};
    for (unsigned m = 0; m < 256; m++)
        if (modrm_matches(r, m))
            d.modrm[m >> 6] |= UINT64_C(1) << (m & 63);
    for (unsigned m = 0; m < ROWS_MODES; m++)
        if (enc_in_mode(r, rows_key(m)))
            d.mode |= (uint8_t)(1 << m);
    if (r->attr & (LC_ATTR_W0 | LC_ATTR_W1))
        d.w = r->attr & LC_ATTR_W0 ? 1 : 2;
    if (r->attr & (LC_ATTR_L0 | LC_ATTR_L1))
        d.l = r->attr & LC_ATTR_L0 ? 1 : 2;
    if (r->attr & LC_ATTR_NOVVVV)
        d.vvvv = 1;
    if (r->attr & LC_ATTR_NOREXB)
        d.rexb = 1;
    return d;
}

static bool meet(const struct domain *a, const struct domain *b)
{
    bool modrm = false;
    for (unsigned i = 0; i < 4; i++)
        modrm |= (a->modrm[i] & b->modrm[i]) != 0;
    return modrm && (a->prefix & b->prefix) && (a->mode & b->mode) && (a->w & b->w) &&
           (a->l & b->l) && (a->vvvv & b->vvvv) && (a->rexb & b->rexb);
}

static bool inside(const struct domain *a, const struct domain *b)
{
    for (unsigned i = 0; i < 4; i++)
        if (a->modrm[i] & ~b->modrm[i])
            return false;
    return !(a->prefix & ~b->prefix) && !(a->mode & ~b->mode) && !(a->w & ~b->w) &&
           !(a->l & ~b->l) && !(a->vvvv & ~b->vvvv) && !(a->rexb & ~b->rexb);
}

static bool opcodes_meet(const struct lc_row *a, const struct lc_row *b)
{
    return a->map == b->map && a->opcode < b->opcode + enc_span(b) &&
           b->opcode < a->opcode + enc_span(a);
}

/* Where two rows fit the same bytes, the earlier is a special case of the later. */
static void rows_do_not_clash(void **state)
{
    (void)state;
    for (unsigned i = 0; i < lc_row_count; i++) {
        struct domain a = domain_of(&lc_rows[i]);
        for (unsigned j = i + 1; j < lc_row_count; j++) {
            if (!opcodes_meet(&lc_rows[i], &lc_rows[j]))
                continue;
            struct domain b = domain_of(&lc_rows[j]);
            if (!meet(&a, &b) || (inside(&a, &b) && !inside(&b, &a)))
                continue;
            /* A prefix decides first: F3 makes PAUSE of XCHG R8, RAX too. */
            if (a.prefix != b.prefix && !(a.prefix & ~b.prefix))
                continue;
            /* XCHG rAX, rAX at 90 stands behind NOP: one opcode of eight. */
            if (enc_span(&lc_rows[j]) > enc_span(&lc_rows[i]))
                continue;
            print_message("%s, ", rows_name(&lc_rows[i]));
            print_message("%s: neither is a special case of the other\n", rows_name(&lc_rows[j]));
            fail();
        }
    }
}

/* ---- bytes made from rows ---- */

struct table_test {
    struct lc_decoder d;
    uint64_t rng;
    unsigned long instances;
};

static uint32_t rnd(struct table_test *t)
{
    t->rng = t->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(t->rng >> 33);
}

static void random_memory(struct table_test *t, struct enc *e, unsigned asize)
{
    static const uint8_t base16[] = {LC_RBX, LC_RBP, LC_RSI, LC_RDI, LC_NO_REG};
    static const int32_t disps[] = {0, 1, -1, 127, -128, 128, 0x1234, -0x1234};
    unsigned regs = asize == 8 || (e->key & LC_KEY_CODE) == LC_KEY_CODE64 ? 16 : 8;
    e->disp = disps[rnd(t) % LC_ARRAY_LEN(disps)];
    e->index = LC_NO_REG;
    e->scale = 0;
    if (asize == 2) {
        e->base = base16[rnd(t) % LC_ARRAY_LEN(base16)];
        if ((e->base == LC_RBX || e->base == LC_RBP) && rnd(t) % 2)
            e->index = rnd(t) % 2 ? LC_RSI : LC_RDI;
        return;
    }
    e->base = (uint8_t)(rnd(t) % regs);
    if (rnd(t) % 8 == 0)
        e->base = regs == 16 && rnd(t) % 2 ? LC_REG_RIP : LC_NO_REG;
    if (e->base == LC_REG_RIP || rnd(t) % 2)
        return;
    e->index = (uint8_t)(rnd(t) % regs);
    if (e->index == LC_RSP)
        e->index = LC_NO_REG;
    else
        e->scale = rnd(t) % 4;
}

/* The numbers that CR and DR may have; others are #UD. */
static uint8_t random_reg(struct table_test *t, const struct enc *e, unsigned regs)
{
    static const uint8_t cr[] = {0, 2, 3, 4, 8};
    for (unsigned i = 0; i < 2; i++) {
        unsigned k = LC_OPD_KIND(e->row->operand[i]);
        if (k == LC_OPK_C)
            return cr[rnd(t) % (regs == 16 ? 5 : 4)];
        if (k == LC_OPK_D)
            return rnd(t) % 8;
    }
    return (uint8_t)(rnd(t) % regs);
}

/* A vector index, which can be number 4, and three different registers. */
static void random_vsib(struct table_test *t, struct enc *e)
{
    unsigned regs = (e->key & LC_KEY_CODE) == LC_KEY_CODE64 ? 16 : 8;
    if (e->base == LC_REG_RIP)
        e->base = LC_RAX;
    e->scale = rnd(t) % 4;
    do {
        e->index = (uint8_t)(rnd(t) % regs);
        e->reg = (uint8_t)(rnd(t) % regs);
    } while (e->index == e->reg || e->index == e->vvvv || e->reg == e->vvvv);
}

static void random_instance(struct table_test *t, struct enc *e)
{
    bool wide = (e->key & LC_KEY_CODE) == LC_KEY_CODE64;
    unsigned regs = wide ? 16 : 8, asize = (e->key & LC_KEY_CODE) == LC_KEY_CODE16 ? 2 : 4;
    asize = wide ? 8 : asize;
    if (rnd(t) % 4 == 0)
        asize = wide ? 4 : 6 - asize;
    e->asize = (uint8_t)asize;
    e->offset = (uint8_t)(rnd(t) % (wide ? 16 : enc_span(e->row)));
    e->reg = random_reg(t, e, regs);
    e->rm = (uint8_t)(rnd(t) % regs);
    e->vvvv = (uint8_t)(rnd(t) % regs);
    e->vex_l = rnd(t) % 2;
    e->seg = rnd(t) % 4 ? LC_NO_REG : (uint8_t)(rnd(t) % LC_SEGS);
    e->imm = (uint64_t)rnd(t) << 32 | rnd(t);
    e->imm2 = (uint16_t)rnd(t);
    if (enc_is_vsib(e->row))
        e->asize = (uint8_t)(asize = asize == 2 ? 4 : asize);
    if (e->mem)
        random_memory(t, e, asize);
    if (enc_is_vsib(e->row))
        random_vsib(t, e);
}

static uint8_t expected_segment(const struct enc *e)
{
    bool wide = (e->key & LC_KEY_CODE) == LC_KEY_CODE64;
    if (e->seg != LC_NO_REG && (!wide || e->seg >= LC_FS))
        return e->seg;
    return e->mem && (e->base == LC_RSP || e->base == LC_RBP) ? LC_SS : LC_DS;
}

static bool reads_modrm_reg(const struct lc_row *r)
{
    for (unsigned i = 0; i < LC_OPERANDS; i++) {
        unsigned k = LC_OPD_KIND(r->operand[i]);
        if (k == LC_OPK_G || k == LC_OPK_C || k == LC_OPK_D || k == LC_OPK_S)
            return true;
    }
    return false;
}

/* Was the instance read back as it was written? */
static bool same_modrm(const struct enc *e, const struct lc_decoded *d)
{
    if (!enc_has_modrm(e->row) || e->row->ext >= 0x100)
        return true;
    if (e->row->ext == LC_EXT_ANY && reads_modrm_reg(e->row) && d->reg != e->reg)
        return false;
    if (!e->mem)
        return !d->has_mem && d->rm == e->rm;
    uint8_t scale = e->index == LC_NO_REG ? 0 : e->scale;
    return d->has_mem && d->base == e->base && d->index == e->index &&
           (e->index == LC_NO_REG || d->scale == scale) && d->disp == e->disp &&
           d->seg == expected_segment(e);
}

static bool same(const struct enc *e, const struct lc_decoded *d, unsigned len)
{
    unsigned cc = enc_span(e->row);
    if (d->len != len || d->opsize != e->opsize || d->asize != e->asize)
        return false;
    if (cc > 1 && ((d->opcode - e->row->opcode) & (cc - 1)) != (e->offset & (cc - 1)))
        return false;
    if (enc_is_vex(e->row) && !(e->row->attr & LC_ATTR_NOVVVV) && d->vvvv != e->vvvv)
        return false;
    return same_modrm(e, d);
}

/* The handler behind the gate, or the record's own. */
static bool has_handler(const struct lc_decoded *d, uint32_t key)
{
    struct lc_insn insn;
    lc_emit(d, key, 0, &insn);
    for (unsigned form = 0; form < LC_FORMS; form++)
        if (insn.fn == lc_gate_fn[form])
            return d->row->op->fn[form][LC_INSN_OPSIZE(insn.flags)] != NULL;
    return insn.fn != NULL;
}

static void report(const char *what, const struct enc *e, enum rows_mode mode, const uint8_t *bytes,
                   unsigned len)
{
    print_message("%s, %s, size %u, %s: %s: %s\n", rows_name(e->row), rows_mode_name(mode),
                  e->opsize, e->mem ? "memory" : "register", what, rows_hex(bytes, len));
    fail();
}

/* Try an instance; true: it is this row's. */
static bool try_instance(struct table_test *t, struct enc *e, enum rows_mode mode)
{
    uint8_t bytes[LC_INSN_MAX];
    struct lc_decoded d;
    unsigned len = enc_bytes(e, bytes);
    if (len == 0)
        report("not encoded", e, mode, bytes, 0);
    bool undefined = (e->row->attr & LC_ATTR_UD) != 0;
    enum lc_decode_status s = lc_decode(&t->d, e->key, bytes, len, &d);
    if (s != (undefined ? LC_DECODE_UD : LC_DECODE_OK) || !d.row)
        report("not decoded", e, mode, bytes, len);
    if (d.row > e->row)
        report("a later row was chosen", e, mode, bytes, len);
    if (d.row != e->row)
        return false; /* a special case of this one */
    if (!same(e, &d, len))
        report("decoded to something else", e, mode, bytes, len);
    if (!undefined && !has_handler(&d, e->key))
        report("no handler", e, mode, bytes, len);
    t->instances++;
    return true;
}

enum { TRIES = 100, WANTED = 24 };

static void one_form(struct table_test *t, const struct lc_row *row, enum rows_mode mode,
                     unsigned size, bool mem)
{
    struct enc e;
    unsigned hits = 0;
    enc_init(&e, row, rows_key(mode));
    e.opsize = (uint8_t)size;
    e.mem = mem;
    for (unsigned i = 0; i < TRIES && hits < WANTED; i++) {
        random_instance(t, &e);
        hits += try_instance(t, &e, mode);
    }
    if (!hits)
        report("never chosen", &e, mode, NULL, 0);
}

static void one_mode(struct table_test *t, const struct lc_row *row, enum rows_mode mode)
{
    unsigned sizes = enc_sizes(row, rows_key(mode));
    for (unsigned size = 1; size <= 8; size *= 2) {
        if (!(sizes & size))
            continue;
        if (enc_can_mem(row))
            one_form(t, row, mode, size, true);
        if (!enc_has_modrm(row) || enc_can_reg(row))
            one_form(t, row, mode, size, false);
    }
}

static void every_row_is_chosen(void **state)
{
    struct table_test *t = *state;
    for (unsigned i = 0; i < lc_row_count; i++)
        for (unsigned m = 0; m < ROWS_MODES; m++)
            if (enc_in_mode(&lc_rows[i], rows_key(m)))
                one_mode(t, &lc_rows[i], m);
    print_message("%u rows, %lu instances\n", lc_row_count, t->instances);
}

static int setup(void **state)
{
    static struct table_test t;
    t.rng = 1;
    rows_decoder(&t.d);
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    struct table_test *t = *state;
    rows_decoder_free(&t->d);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_are_bits),
        cmocka_unit_test(attributes_agree),
        cmocka_unit_test(encodings_agree),
        cmocka_unit_test(flags_agree),
        cmocka_unit_test(operands_agree),
        cmocka_unit_test(mnemonics_agree),
        cmocka_unit_test(rows_do_not_clash),
        cmocka_unit_test_setup_teardown(every_row_is_chosen, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
