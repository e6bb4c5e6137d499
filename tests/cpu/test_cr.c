/*
 * Control and debug registers against rules written down a second time, from the manual's lists of
 * #GP(0) conditions and of what is dropped from the TLB.
 */
#include "cpu/cr.h"
#include "cpu/model.h"
#include "cpu/sysrig.h"

#include "cpu/debug.h"

#include <stdio.h>

#define ASSERT_SAME(got, want, ...)                                                                \
    do {                                                                                           \
        uint64_t got_ = (got), want_ = (want);                                                     \
        if (got_ != want_)                                                                         \
            fail_msg_at(got_, want_, __VA_ARGS__);                                                 \
    } while (0)

static void fail_msg_at(uint64_t got, uint64_t want, const char *fmt, ...)
{
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fail_msg("%s: %#llx, not %#llx", text, (unsigned long long)got, (unsigned long long)want);
}

/* mov cr<n>, rax and mov rax, cr<n> */
static struct outcome write_cr(struct rig *r, unsigned n, uint64_t v)
{
    r->c->gpr[LC_RAX] = v;
    if (n == 8)
        return RUN(r, 0x44, 0x0f, 0x22, 0xc0);
    return RUN(r, 0x0f, 0x22, (uint8_t)(0xc0 | n << 3));
}

static uint64_t read_cr(struct rig *r, unsigned n)
{
    struct outcome o;
    if (n == 8)
        o = RUN(r, 0x44, 0x0f, 0x20, 0xc0);
    else
        o = RUN(r, 0x0f, 0x20, (uint8_t)(0xc0 | n << 3));
    assert_done(o);
    return r->c->gpr[LC_RAX];
}

/* ---- CR0 ---- */

struct cr0_case {
    enum rig_mode mode;
    uint64_t efer, cr4;
    unsigned tss_type;
    bool cs_long; /* CS.L outside IA-32e mode */
};

static const struct cr0_case cr0_cases[] = {
    {RIG_REAL, 0, 0, 11, false},
    {RIG_PROT32, 0, 0, 11, false},
    {RIG_PROT32, LC_EFER_LME, 0, 11, false},
    {RIG_PROT32, LC_EFER_LME, LC_CR4_PAE, 11, false},
    {RIG_PROT32, LC_EFER_LME, LC_CR4_PAE, 3, false},
    {RIG_PROT32, LC_EFER_LME, LC_CR4_PAE, 1, false},
    {RIG_PROT32, LC_EFER_LME, LC_CR4_PAE, 11, true},
    {RIG_PROT32, 0, LC_CR4_PAE, 11, true},
    {RIG_PAGED32, 0, 0, 11, false},
    {RIG_PAE, 0, 0, 11, false},
    {RIG_COMPAT, 0, 0, 11, false},
    {RIG_COMPAT, 0, LC_CR4_PCIDE, 11, false},
    {RIG_LONG, 0, 0, 11, false},
};

static void enter_cr0_case(struct rig *r, const struct cr0_case *t)
{
    rig_mode(r, t->mode, 0);
    r->c->efer |= t->efer;
    r->c->cr4 |= t->cr4;
    r->c->tr.attr = (uint16_t)(LC_SEG_P | t->tss_type);
    if (t->cs_long)
        r->c->seg[LC_CS].attr |= LC_SEG_L;
    lc_cpu_derive(r->c);
}

static bool cr0_rule(const struct cr0_case *t, const struct lc_cpu *c, uint64_t v)
{
    bool pe = v & 1, pg = v >> 31 & 1, was_pg = c->cr0 >> 31 & 1;
    if (pg && !pe)
        return false;
    if ((v >> 29 & 3) == 1)
        return false;
    if (v >> 32)
        return false;
    if (!was_pg && pg && (c->efer & LC_EFER_LME)) {
        if (!(c->cr4 & LC_CR4_PAE) || t->cs_long || t->tss_type == 1 || t->tss_type == 3)
            return false;
    }
    if (was_pg && !pg)
        return t->mode != RIG_LONG && !(c->cr4 & LC_CR4_PCIDE);
    return true;
}

static void try_cr0(struct rig *r, const struct cr0_case *t, uint64_t v)
{
    enter_cr0_case(r, t);
    struct lc_cpu *c = r->c;
    if (rig_width(t->mode) != 64)
        v &= 0xffffffff;
    uint64_t before = c->cr0;
    bool ok = cr0_rule(t, c, v), lme = c->efer & LC_EFER_LME;
    struct outcome o = write_cr(r, 0, v);
    ASSERT_SAME(!o.fault, ok, "%s: mov cr0, %#llx", rig_mode_name(t->mode), (unsigned long long)v);
    if (!ok) {
        assert_gp0(o);
        assert_int_equal(c->cr0, before);
        return;
    }
    assert_int_equal(c->cr0, (v & 0xe005002f) | 0x10);
    assert_int_equal((c->efer & LC_EFER_LMA) != 0, lme && (v >> 31 & 1));
}

static void cr0_legality(void **state)
{
    static const unsigned bits[] = {0, 1, 2, 3, 4, 5, 16, 18, 29, 30, 31, 7, 63};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t t = 0; t < LC_ARRAY_LEN(cr0_cases); t++) {
        for (unsigned mask = 0; mask < 1u << LC_ARRAY_LEN(bits); mask++) {
            uint64_t v = 0;
            for (size_t i = 0; i < LC_ARRAY_LEN(bits); i++)
                v |= (uint64_t)(mask >> i & 1) << bits[i];
            try_cr0(&r, &cr0_cases[t], v);
        }
        for (unsigned bit = 0; bit < 64; bit++) {
            enter_cr0_case(&r, &cr0_cases[t]);
            try_cr0(&r, &cr0_cases[t], r.c->cr0 ^ LC_BIT(bit));
        }
    }
    rig_close(&r);
}

/* ---- CR4 ---- */

static const struct {
    unsigned bit;
    const char *feature; /* NULL: always there; "": never */
} cr4_bits[] = {
    {0, ""},      {1, ""},      {2, "tsc"},   {3, "de"},        {4, "pse"},   {5, "pae"},
    {6, "mce"},   {7, "pge"},   {8, NULL},    {9, "fxsr"},      {10, "fxsr"}, {11, "umip"},
    {12, "la57"}, {13, ""},     {14, ""},     {16, "fsgsbase"}, {17, "pcid"}, {18, "xsave"},
    {19, ""},     {20, "smep"}, {21, "smap"}, {22, ""},         {23, ""},     {24, ""},
};

static unsigned feature_of(const char *name)
{
    unsigned f = LC_FEAT_BASE + 1;
    while (f < LC_FEATURES && strcmp(lc_feature_name(f), name) != 0)
        f++;
    return f;
}

/* Is a feature gone with another? */
static bool gone(unsigned feature, unsigned without)
{
    bool is = feature == without;
    for (unsigned n = 0; lc_feature_need(feature, n); n++)
        is |= gone(lc_feature_need(feature, n), without);
    return is;
}

static bool cr4_bit_exists(unsigned bit, const char *without)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(cr4_bits); i++)
        if (cr4_bits[i].bit == bit)
            return !cr4_bits[i].feature ||
                   (*cr4_bits[i].feature &&
                    !gone(feature_of(cr4_bits[i].feature), feature_of(without)));
    return false;
}

static void try_cr4_bits(const char *without)
{
    struct rig r;
    char spec[40];
    snprintf(spec, sizeof(spec), *without ? "max,-%s" : "max", without);
    rig_open(&r, spec);
    for (unsigned bit = 0; bit < 64; bit++) {
        /* in 64-bit mode, where a register has 64 bits, and before paging, where no rule of IA-32e
         * mode applies */
        for (unsigned pass = 0; pass < 2; pass++) {
            rig_mode(&r, pass ? RIG_LONG : RIG_PROT32, 0);
            uint64_t before = r.c->cr4, v = before ^ LC_BIT(bit);
            bool ok = cr4_bit_exists(bit, without);
            if (pass ? bit == 5 || bit == 12 : bit == 17)
                ok = false; /* PAE, LA57 in IA-32e mode; PCIDE outside */
            if (pass && strcmp(without, "pae") == 0)
                ok = false; /* a state that such a CPU cannot be in */
            if (!pass && bit >= 32)
                continue;
            struct outcome o = write_cr(&r, 4, v);
            ASSERT_SAME(!o.fault, ok, "cr4 bit %u without %s, pass %u", bit, without, pass);
            assert_int_equal(r.c->cr4, ok ? v : before);
            r.c->cr4 &= ~LC_CR4_SMEP; /* the code lies in a user page */
            lc_cpu_derive(r.c);
            assert_int_equal(read_cr(&r, 4), r.c->cr4);
        }
    }
    rig_close(&r);
}

static void cr4_legality(void **state)
{
    (void)state;
    try_cr4_bits("");
    for (size_t i = 0; i < LC_ARRAY_LEN(cr4_bits); i++)
        if (cr4_bits[i].feature && *cr4_bits[i].feature)
            try_cr4_bits(cr4_bits[i].feature);
}

static void cr4_pcide(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    uint64_t on = r.c->cr4 | LC_CR4_PCIDE;
    for (unsigned bit = 0; bit < 12; bit++) {
        r.c->cr3 ^= LC_BIT(bit);
        assert_gp0(write_cr(&r, 4, on));
        r.c->cr3 ^= LC_BIT(bit);
    }
    assert_done(write_cr(&r, 4, on));
    /* Staying set is no change, whatever CR3 holds. */
    r.c->cr3 |= 5;
    assert_done(write_cr(&r, 4, on | LC_CR4_PGE));
    assert_done(write_cr(&r, 4, on & ~LC_CR4_PCIDE));
    rig_mode(&r, RIG_PAE, 0);
    assert_gp0(write_cr(&r, 4, r.c->cr4 | LC_CR4_PCIDE));
    rig_close(&r);
}

/* ---- CR3 ---- */

static void cr3_reserved(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned pcide = 0; pcide < 2; pcide++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            rig_mode(&r, RIG_LONG, 0);
            if (pcide)
                r.c->cr4 |= LC_CR4_PCIDE;
            uint64_t before = r.c->cr3, v = before ^ LC_BIT(bit);
            /* Where the tables lie is not looked at by the load: the code page stays known. */
            bool ok = bit < LC_PHYS_BITS || (bit == 63 && pcide);
            struct outcome o = write_cr(&r, 3, v);
            ASSERT_SAME(!o.fault, ok, "cr3 bit %u, PCIDE %u", bit, pcide);
            assert_int_equal(r.c->cr3, ok ? v & ~LC_BIT(63) : before);
            assert_int_equal(r.c->paging.cr3, r.c->cr3);
        }
    }
    rig_close(&r);
}

/* PDPTEs: P; bits 1, 2, 5 to 8 and those above the physical width are reserved in a present one. */
static void pdpte_checks(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    uint64_t other = RIG_TABLES + 0x100020;
    for (unsigned n = 0; n < 4; n++) {
        for (unsigned bit = 1; bit < 64; bit++) {
            rig_mode(&r, RIG_PAE, 0);
            for (unsigned i = 0; i < 4; i++)
                rig_poke(&r, other + 8 * i, i ? 0 : r.c->paging.pdpte[0], 8);
            uint64_t entry = rig_peek(&r, other + 8 * n, 8) | 1 | LC_BIT(bit);
            rig_poke(&r, other + 8 * n, entry, 8);
            bool reserved = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= LC_PHYS_BITS;
            uint64_t cr3 = r.c->cr3, old = r.c->paging.pdpte[n];
            struct outcome o = write_cr(&r, 3, other);
            ASSERT_SAME(!o.fault, !reserved, "PDPTE %u bit %u", n, bit);
            assert_int_equal(r.c->cr3, reserved ? cr3 : other);
            assert_int_equal(r.c->paging.pdpte[n], reserved ? old : entry);
            /* not present: anything goes */
            rig_mode(&r, RIG_PAE, 0);
            rig_poke(&r, other + 8 * n, entry & ~UINT64_C(1), 8);
            assert_done(write_cr(&r, 3, other));
        }
    }
    rig_close(&r);
}

/* Which writes load the PDPTEs: the entry in memory is bad, so that a load is a fault. */
static void pdpte_loads(void **state)
{
    static const struct {
        unsigned cr;
        uint64_t flip;
        bool loads;
    } t[] = {
        {0, LC_CR0_TS, false},  {0, LC_CR0_WP, false},  {0, LC_CR0_CD, true},
        {3, 0, true},           {4, LC_CR4_PGE, true},  {4, LC_CR4_PSE, true},
        {4, LC_CR4_SMEP, true}, {4, LC_CR4_TSD, false}, {4, LC_CR4_OSFXSR, false},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_PAE, 0);
        rig_poke(&r, r.c->cr3 + 24, 0x1e7, 8);
        uint64_t v = (t[i].cr == 0 ? r.c->cr0 : t[i].cr == 3 ? r.c->cr3 : r.c->cr4) ^ t[i].flip;
        struct outcome o = write_cr(&r, t[i].cr, v);
        ASSERT_SAME(o.fault, t[i].loads, "case %zu", i);
    }
    /* Turning paging on, with PAE on and off. */
    rig_mode(&r, RIG_PAE, 0);
    rig_poke(&r, r.c->cr3 + 24, 0x1e7, 8);
    r.c->cr0 &= ~LC_CR0_PG;
    lc_cpu_derive(r.c);
    lc_tlb_flush(r.c->tlbs, false);
    assert_gp0(write_cr(&r, 0, r.c->cr0 | LC_CR0_PG));
    r.c->efer = LC_EFER_LME;
    assert_done(write_cr(&r, 0, r.c->cr0 | LC_CR0_PG));
    rig_close(&r);
}

/* ---- page sizes that a model may lack ---- */

/* Is linear address 0 of this entry mapped? */
static bool maps(struct rig *r, enum rig_mode mode, uint64_t entry_pa, uint64_t entry,
                 unsigned size)
{
    struct lc_walk w;
    rig_mode(r, mode, 0);
    r->c->cr4 |= LC_CR4_PSE;
    lc_cpu_derive(r->c);
    rig_poke(r, entry_pa, entry, size);
    bool ok = lc_walk(&r->phys, &r->c->paging, 0, (struct lc_walk_access){0}, &w);
    if (!ok)
        assert_int_equal(w.error, LC_PF_P | LC_PF_RSVD);
    return ok;
}

static void page_sizes(void **state)
{
    struct rig r;
    (void)state;
    for (unsigned has = 0; has < 2; has++) {
        rig_open(&r, has ? "max" : "max,-pdpe1gb,-pse36");
        assert_int_equal(maps(&r, RIG_LONG, RIG_TABLES + 0x1000, 0x83, 8), has);
        assert_true(maps(&r, RIG_LONG, RIG_TABLES + 0x2000, 0x83, 8)); /* 2 MiB: always */
        assert_true(maps(&r, RIG_PAGED32, RIG_TABLES, 0x83, 4));
        for (unsigned bit = 13; bit < 22; bit++)
            assert_int_equal(maps(&r, RIG_PAGED32, RIG_TABLES, 0x83 | LC_BIT(bit), 4),
                             has && bit < 21);
        rig_close(&r);
    }
}

/* ---- the TLB ---- */

enum { LA = 0x7654000, LA_GLOBAL = 0x7655000 };

static void plant(struct rig *r)
{
    struct lc_tlb_cold e = {.la = LA, .pa = 0x1000, .shift = 12, .read = true};
    lc_tlb_insert(r->c->tlbs, LC_TLB_SUPER, &e);
    e.la = LA_GLOBAL;
    e.global = true;
    lc_tlb_insert(r->c->tlbs, LC_TLB_SUPER, &e);
}

/* Bit 0: the plain entry is still there; bit 1: the global one. */
static unsigned left(struct rig *r)
{
    return (lc_tlb_find(r->c->tlbs, LC_TLB_SUPER, LA) ? 1u : 0) |
           (lc_tlb_find(r->c->tlbs, LC_TLB_SUPER, LA_GLOBAL) ? 2u : 0);
}

static void tlb_by_cr(void **state)
{
    static const struct {
        unsigned cr;
        uint64_t flip;
        uint64_t cr4;
        unsigned left;
    } t[] = {
        {0, LC_CR0_TS, 0, 3},
        {0, LC_CR0_AM, 0, 3},
        {0, LC_CR0_WP, 0, 0},
        {3, 0, 0, 2},
        {3, 0, LC_CR4_PCIDE, 2},
        {3, LC_BIT(63), LC_CR4_PCIDE, 3},     /* the same PCID, kept */
        {3, LC_BIT(63) | 1, LC_CR4_PCIDE, 2}, /* another one */
        {4, LC_CR4_TSD, 0, 3},
        {4, LC_CR4_OSFXSR, 0, 3},
        {4, LC_CR4_PGE, 0, 0},
        {4, LC_CR4_PSE, 0, 0},
        {4, LC_CR4_SMEP, 0, 0},
        {4, LC_CR4_SMAP, 0, 0},
        {4, LC_CR4_PCIDE, LC_CR4_PCIDE, 0},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->cr4 |= t[i].cr4;
        plant(&r);
        uint64_t v = (t[i].cr == 0 ? r.c->cr0 : t[i].cr == 3 ? r.c->cr3 : r.c->cr4) ^ t[i].flip;
        assert_done(write_cr(&r, t[i].cr, v));
        ASSERT_SAME(left(&r), t[i].left, "case %zu", i);
    }
    /* Paging off, from compatibility mode. */
    rig_mode(&r, RIG_COMPAT, 0);
    plant(&r);
    assert_done(write_cr(&r, 0, r.c->cr0 & ~LC_CR0_PG));
    assert_int_equal(left(&r), 0);
    rig_close(&r);
}

static void invlpg(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    plant(&r);
    r.c->gpr[LC_RAX] = LA + 0x123;
    assert_done(RUN(&r, 0x0f, 0x01, 0x38));
    assert_int_equal(left(&r), 2);
    r.c->gpr[LC_RAX] = LA_GLOBAL;
    assert_done(RUN(&r, 0x0f, 0x01, 0x38));
    assert_int_equal(left(&r), 0);
    r.c->gpr[LC_RAX] = UINT64_C(0x8000000000000000); /* not canonical: nothing */
    assert_done(RUN(&r, 0x0f, 0x01, 0x38));
    assert_vector(RUN(&r, 0x0f, 0x01, 0xff), LC_VEC_UD); /* a register */
    rig_mode(&r, RIG_LONG, 3);
    assert_gp0(RUN(&r, 0x0f, 0x01, 0x38));
    rig_close(&r);
}

static struct outcome invpcid(struct rig *r, uint64_t type, uint64_t pcid, uint64_t la)
{
    rig_poke(r, RIG_DATA, pcid, 8);
    rig_poke(r, RIG_DATA + 8, la, 8);
    r->c->gpr[LC_RAX] = type;
    r->c->gpr[LC_RBX] = RIG_DATA;
    return RUN(r, 0x66, 0x0f, 0x38, 0x82, 0x03);
}

static void invpcid_types(void **state)
{
    static const struct {
        bool pcide;
        uint64_t type, pcid, la;
        int left; /* -1: #GP(0) */
    } t[] = {
        {false, 0, 0, LA, 2},
        {false, 0, 0, LA_GLOBAL, 1}, /* may go: nothing says that it stays */
        {false, 0, 1, LA, -1},
        {false, 1, 1, 0, -1},
        {false, 1, 0, 0, 2},
        {false, 2, 0, 0, 0},
        {false, 2, 1, 0, 0},
        {false, 3, 0, 0, 2},
        {false, 3, 0xfff, 0, 2},
        {false, 4, 0, 0, -1},
        {false, UINT64_C(0x100000000), 0, 0, -1},
        {false, 3, 0x1000, 0, -1},
        {false, 2, UINT64_C(1) << 63, 0, -1},
        {false, 0, 0, UINT64_C(0x0200000000000000), -1},
        {false, 1, 0, UINT64_C(0x0200000000000000), 2}, /* the address is not looked at */
        {false, 0, 0, UINT64_C(0x0001000000000000), 3}, /* canonical by 57 bits */
        {true, 0, 5, LA, 2},
        {true, 0, 6, LA, 3},
        {true, 1, 5, LA, 2},
        {true, 1, 6, LA, 3},
        {true, 2, 6, 0, 0},
        {true, 3, 6, 0, 2},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_mode(&r, RIG_LONG, 0);
        if (t[i].pcide) {
            r.c->cr4 |= LC_CR4_PCIDE;
            r.c->cr3 |= 5;
        }
        plant(&r);
        struct outcome o = invpcid(&r, t[i].type, t[i].pcid, t[i].la);
        ASSERT_SAME(o.fault, t[i].left < 0, "case %zu", i);
        if (o.fault)
            assert_gp0(o);
        ASSERT_SAME(left(&r), t[i].left < 0 ? 3u : (unsigned)t[i].left, "case %zu", i);
    }
    rig_mode(&r, RIG_LONG, 0);
    r.c->gpr[LC_RBX] = RIG_ABSENT - 8;
    assert_vector(RUN(&r, 0x66, 0x0f, 0x38, 0x82, 0x03), LC_VEC_PF);
    rig_mode(&r, RIG_PROT32, 0);
    assert_done(invpcid(&r, 2, 0, 0)); /* also without paging */
    rig_close(&r);
}

/* ---- the rest of the control registers ---- */

static uint8_t told_tpr;

static void on_tpr(void *opaque, uint8_t cr8)
{
    (void)opaque;
    told_tpr = cr8;
}

static void cr2_cr8(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    r.c->bus.set_tpr = on_tpr;
    for (uint64_t v = 0; v < 16; v++) {
        assert_done(write_cr(&r, 8, v));
        assert_int_equal(told_tpr, v);
        assert_int_equal(read_cr(&r, 8), v);
    }
    for (unsigned bit = 4; bit < 64; bit++)
        assert_gp0(write_cr(&r, 8, LC_BIT(bit)));
    assert_int_equal(r.c->cr8, 15);
    assert_done(write_cr(&r, 2, UINT64_C(0x123456789abcdef0)));
    assert_int_equal(read_cr(&r, 2), UINT64_C(0x123456789abcdef0));
    rig_close(&r);
}

/* Numbers that are no register, and the mod field that is ignored. */
static void encodings(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 16; n++) {
        bool exists = n == 0 || n == 2 || n == 3 || n == 4 || n == 8;
        rig_mode(&r, RIG_LONG, 0);
        uint8_t rex = (uint8_t)(0x40 | (n & 8) >> 1), modrm = (uint8_t)(0xc0 | (n & 7) << 3);
        struct outcome o = RUN(&r, rex, 0x0f, 0x20, modrm);
        ASSERT_SAME(o.fault, !exists, "cr%u", n);
        rig_mode(&r, RIG_LONG, 3); /* #UD before #GP */
        o = RUN(&r, rex, 0x0f, 0x20, modrm);
        assert_vector(o, exists ? LC_VEC_GP : LC_VEC_UD);
        rig_mode(&r, RIG_LONG, 0);
        o = RUN(&r, rex, 0x0f, 0x21, modrm);
        ASSERT_SAME(o.fault, n >= 8, "dr%u", n);
    }
    for (uint8_t mod = 0; mod < 4; mod++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->cr2 = 0x1234;
        assert_done(RUN(&r, 0x0f, 0x20, (uint8_t)(mod << 6 | 2 << 3 | 5)));
        assert_int_equal(r.c->gpr[LC_RBP], 0x1234);
        assert_int_equal(r.c->rip, RIG_CODE + 3);
    }
    assert_vector(RUN(&r, 0xf0, 0x0f, 0x20, 0xc0), LC_VEC_UD); /* LOCK is not REX.R here */
    rig_mode(&r, RIG_PROT32, 0);
    r.c->cr2 = 0x12345678;
    r.c->gpr[LC_RAX] = 0;
    assert_done(RUN(&r, 0x66, 0x0f, 0x20, 0xd0)); /* always 32 bits */
    assert_int_equal(r.c->gpr[LC_RAX], 0x12345678);
    rig_close(&r);
}

static void machine_status_word(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned pe = 0; pe < 2; pe++) {
        for (unsigned v = 0; v < 16; v++) {
            rig_mode(&r, pe ? RIG_PROT16 : RIG_REAL, 0);
            r.c->cr0 |= LC_CR0_NE;
            r.c->gpr[LC_RAX] = v | 0xfff0;
            assert_done(RUN(&r, 0x0f, 0x01, 0xf0));
            assert_int_equal(r.c->cr0, LC_CR0_NE | LC_CR0_ET | v | pe);
        }
    }
    rig_mode(&r, RIG_LONG, 0);
    r.c->cr0 |= LC_CR0_MP | LC_CR0_TS;
    uint64_t cr0 = r.c->cr0;
    r.c->gpr[LC_RAX] = ~UINT64_C(0);
    assert_done(RUN(&r, 0x66, 0x0f, 0x01, 0xe0));
    assert_int_equal(r.c->gpr[LC_RAX], UINT64_C(0xffffffffffff0000) | (cr0 & 0xffff));
    assert_done(RUN(&r, 0x0f, 0x01, 0xe0));
    assert_int_equal(r.c->gpr[LC_RAX], cr0 & 0xffffffff);
    assert_done(RUN(&r, 0x48, 0x0f, 0x01, 0xe0));
    assert_int_equal(r.c->gpr[LC_RAX], cr0);
    r.c->gpr[LC_RBX] = RIG_DATA;
    rig_poke(&r, RIG_DATA, ~UINT64_C(0), 8);
    assert_done(RUN(&r, 0x48, 0x0f, 0x01, 0x23)); /* memory: 16 bits in any case */
    assert_int_equal(rig_peek(&r, RIG_DATA, 8), ~UINT64_C(0xffff) | (cr0 & 0xffff));
    assert_done(RUN(&r, 0x0f, 0x06));
    assert_int_equal(r.c->cr0, cr0 & ~LC_CR0_TS);
    for (unsigned cpl = 0; cpl < 4; cpl++) {
        rig_mode(&r, RIG_LONG, cpl);
        assert_done(RUN(&r, 0x0f, 0x01, 0xe0));
        r.c->cr4 |= LC_CR4_UMIP;
        ASSERT_SAME(RUN(&r, 0x0f, 0x01, 0xe0).fault, cpl != 0, "SMSW, CPL %u", cpl);
    }
    rig_close(&r);
}

/* CPL is 0 when PE has just been set, whatever the paragraph in CS. */
static void entering_protected_mode(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_REAL, 0);
    r.c->seg[LC_CS].sel = 0x1237;
    assert_done(write_cr(&r, 0, LC_CR0_PE));
    assert_int_equal(lc_cpl(r.c), 0);
    assert_done(write_cr(&r, 0, 0));
    assert_int_equal(r.c->seg[LC_CS].sel, 0x1237);
    rig_close(&r);
}

/* ---- debug registers ---- */

static struct outcome write_dr(struct rig *r, unsigned n, uint64_t v)
{
    r->c->gpr[LC_RAX] = v;
    return RUN(r, 0x0f, 0x23, (uint8_t)(0xc0 | n << 3));
}

static struct outcome read_dr(struct rig *r, unsigned n, uint64_t *v)
{
    struct outcome o = RUN(r, 0x0f, 0x21, (uint8_t)(0xc0 | n << 3));
    *v = r->c->gpr[LC_RAX];
    return o;
}

static void debug_bits(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 8; n++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            rig_mode(&r, RIG_LONG, 0);
            struct outcome o = write_dr(&r, n, LC_BIT(bit));
            ASSERT_SAME(o.fault, n >= 4 && bit >= 32, "dr%u bit %u", n, bit);
            if (o.fault)
                continue;
            uint64_t want = LC_BIT(bit);
            if (n == 4 || n == 6)
                want = (want & 0xe00f) | 0xffff0ff0;
            if (n == 5 || n == 7)
                want = (want & 0xffff23ff) | 0x400;
            r.c->dr[7] &= ~LC_DR7_GD;
            assert_done(read_dr(&r, n, &v));
            if (n == 5 || n == 7)
                want &= ~LC_DR7_GD;
            ASSERT_SAME(v, want, "dr%u bit %u", n, bit);
        }
    }
    rig_close(&r);
}

static void debug_access(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned n = 0; n < 8; n++) {
        rig_mode(&r, RIG_LONG, 0);
        r.c->cr4 |= LC_CR4_DE;
        bool none = n == 4 || n == 5;
        assert_vector(read_dr(&r, n, &v), none ? LC_VEC_UD : -1);
        assert_vector(write_dr(&r, n, 0), none ? LC_VEC_UD : -1);
        r.c->dr[7] |= LC_DR7_GD;
        struct outcome o = write_dr(&r, n, 0);
        assert_vector(o, none ? LC_VEC_UD : LC_VEC_DB);
        assert_int_equal(o.dr6, none ? 0 : LC_DR6_BD);
        rig_mode(&r, RIG_LONG, 1);
        r.c->dr[7] |= LC_DR7_GD;
        assert_gp0(read_dr(&r, n, &v));
    }
    /* Arming a breakpoint sends accesses to the slow path. */
    rig_mode(&r, RIG_LONG, 0);
    assert_ptr_not_equal(r.c->tlb, r.c->tlbs->none);
    assert_done(write_dr(&r, 7, 1));
    assert_ptr_equal(r.c->tlb, r.c->tlbs->none);
    assert_done(write_dr(&r, 7, 0));
    assert_ptr_not_equal(r.c->tlb, r.c->tlbs->none);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cr0_legality),
        cmocka_unit_test(cr4_legality),
        cmocka_unit_test(cr4_pcide),
        cmocka_unit_test(cr3_reserved),
        cmocka_unit_test(pdpte_checks),
        cmocka_unit_test(pdpte_loads),
        cmocka_unit_test(page_sizes),
        cmocka_unit_test(tlb_by_cr),
        cmocka_unit_test(invlpg),
        cmocka_unit_test(invpcid_types),
        cmocka_unit_test(cr2_cr8),
        cmocka_unit_test(encodings),
        cmocka_unit_test(machine_status_word),
        cmocka_unit_test(entering_protected_mode),
        cmocka_unit_test(debug_bits),
        cmocka_unit_test(debug_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
