/*
 * CPUID tells the truth: a feature's instructions are there exactly when its bit is, and every bit
 * that nobody asked for is clear.
 */
#include "cpu/cpuid.h"
#include "cpu/model.h"
#include "cpu/msr.h"
#include "cpu/rowbytes.h"
#include "cpu/sysrig.h"

#include <stdio.h>

static const struct {
    const char *name;
    uint32_t leaf;
    uint8_t sub, reg, bit;
} bits[LC_FEATURES] = {
#define BIT(name_, leaf_, sub_, reg_, bit_, text)                                                  \
    [LC_FEAT_##                                                                                    \
        name_] = {.name = (text), .leaf = (leaf_), .sub = (sub_), .reg = (reg_), .bit = (bit_)},
    LC_FEATURE_MAP(BIT)
#undef BIT
};

/* Ready for anything: 64-bit mode, system calls and vector state switched on. */
static void ready(struct rig *r)
{
    rig_mode(r, RIG_LONG, 0);
    r->c->cr4 |= LC_CR4_OSFXSR | LC_CR4_FSGSBASE | LC_CR4_OSXSAVE;
    r->c->fpu.xcr0 = 7;
    r->c->efer |= LC_EFER_SCE;
    lc_cpu_derive(r->c);
    for (unsigned i = 0; i < 128; i++)
        rig_poke(r, RIG_DATA + 8 * i, 0, 8);
}

static const struct lc_row *decoded(struct rig *r, const uint8_t *bytes, size_t n)
{
    struct lc_decoded d;
    uint32_t key = r->c->key & (LC_KEY_CODE | LC_KEY_PROT | LC_KEY_VM86);
    return lc_decode(r->c->decoder, key, bytes, n, &d) == LC_DECODE_OK ? d.row : NULL;
}

/* Every row of a feature: it runs with the feature; without, it is #UD or an older instruction. */
static void check_rows(unsigned feature)
{
    struct rig with, without;
    char spec[40];
    uint8_t bytes[LC_INSN_MAX];
    snprintf(spec, sizeof(spec), "max,-%s", bits[feature].name);
    rig_open(&with, "max");
    rig_open(&without, spec);
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *row = &lc_rows[i];
        size_t n = row->feature == feature ? row_bytes(row, 64, bytes) : 0;
        if (n == 0)
            continue;
        ready(&with);
        if (!decoded(&with, bytes, n))
            fail_msg("%s (%s) does not decode", row->mnemonic, bits[feature].name);
        struct outcome o = rig_run(&with, bytes, n);
        if (o.fault && o.vector == LC_VEC_UD)
            fail_msg("%s is #UD though %s is there", row->mnemonic, bits[feature].name);
        ready(&without);
        const struct lc_row *other = decoded(&without, bytes, n);
        if (other && other->feature == feature)
            fail_msg("%s decodes without %s", row->mnemonic, bits[feature].name);
        if (!other)
            assert_vector(rig_run(&without, bytes, n), LC_VEC_UD);
    }
    rig_close(&with);
    rig_close(&without);
}

static void instructions_follow_features(void **state)
{
    (void)state;
    for (unsigned f = LC_FEAT_BASE + 1; f < LC_FEATURES; f++)
        check_rows(f);
}

/* A feature with all that it needs. */
static void add_feature(char *spec, size_t size, unsigned feature)
{
    size_t at = strlen(spec);
    snprintf(spec + at, size - at, ",+%s", bits[feature].name);
    for (unsigned n = 0; lc_feature_need(feature, n); n++)
        add_feature(spec, size, lc_feature_need(feature, n));
}

static void bits_follow_the_model(void **state)
{
    struct rig r;
    char spec[400];
    (void)state;
    for (unsigned f = LC_FEAT_BASE + 1; f < LC_FEATURES; f++) {
        for (unsigned on = 0; on < 2; on++) {
            snprintf(spec, sizeof(spec), on ? "base" : "max,-%s", bits[f].name);
            if (on)
                add_feature(spec, sizeof(spec), f);
            rig_open(&r, spec);
            rig_mode(&r, RIG_LONG, 0);
            uint32_t v = lc_cpuid(r.c, bits[f].leaf, bits[f].sub).reg[bits[f].reg];
            if ((v >> bits[f].bit & 1) != on)
                fail_msg("%s with model %s", bits[f].name, spec);
            rig_close(&r);
        }
    }
}

/* Is the feature's bit set now? */
static bool told(struct rig *r, unsigned f)
{
    if (f == LC_FEAT_BASE)
        return true;
    return lc_cpuid(r->c, bits[f].leaf, bits[f].sub).reg[bits[f].reg] >> bits[f].bit & 1;
}

/* In every model a row decodes exactly when CPUID has told of it, or as an older instruction. */
static void models_keep_their_word(void **state)
{
    struct rig r;
    uint8_t bytes[LC_INSN_MAX];
    (void)state;
    for (unsigned m = 0; lc_model_name(m); m++) {
        rig_open(&r, lc_model_name(m));
        ready(&r);
        for (unsigned i = 0; i < lc_row_count; i++) {
            const struct lc_row *row = &lc_rows[i];
            size_t n = row_bytes(row, 64, bytes);
            if (n == 0 || (row->attr & LC_ATTR_UD))
                continue;
            bool avx = !(row->attr & LC_ATTR_AVX) || told(&r, LC_FEAT_AVX);
            bool x87 =
                !(row->attr & LC_ATTR_FPU) || told(&r, LC_FEAT_FPU) || row->feature == LC_FEAT_FXSR;
            bool wanted = avx && x87 && told(&r, row->feature);
            const struct lc_row *now = decoded(&r, bytes, n);
            if (wanted != (now != NULL) && (wanted || now->feature == row->feature))
                fail_msg("%s: %s (%s)", lc_model_name(m), row->mnemonic, bits[row->feature].name);
        }
        rig_close(&r);
    }
}

/* The psABI's levels, written out. */
static void levels(void **state)
{
    static const struct {
        const char *model;
        uint32_t leaf, subleaf, ebx, ecx, edx;
    } t[] = {
        {"v1", 1, 0, 0x00010800, 0, 0x078bfbfd},
        {"v1", 7, 0, 0, 0, 0},
        {"v1", 0x80000001, 0, 0, 0, 0x20100800},
        {"v1", 0x80000007, 0, 0, 0, 0},
        {"v2", 1, 0, 0x00010800, 0x00b82201, 0x078bfbfd},
        {"v2", 7, 0, 0, 0, 0},
        {"v2", 0x80000001, 0, 0, 1, 0x28100800},
        {"v2", 0x80000007, 0, 0, 0, 0x100},
        {"v3", 1, 0, 0x00010800, 0x7dfa3201, 0x078bfbfd},
        {"v3", 7, 0, 0x000007a9, 0, 0},
        {"v3", 0xd, 0, 832, 832, 0},
        {"v3", 0xd, 2, 576, 0, 0},
        {"v3", 0x80000001, 0, 0, 0x21, 0x2c100800},
    };
    struct rig r;
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        rig_open(&r, t[i].model);
        ready(&r);
        if (!lc_has(r.c, LC_FEAT_XSAVE))
            r.c->cr4 &= ~LC_CR4_OSXSAVE;
        struct lc_cpuid v = lc_cpuid(r.c, t[i].leaf, t[i].subleaf);
        uint32_t ecx = t[i].ecx;
        if (t[i].leaf == 1)
            ecx &= v.reg[2] | ~(1u << 20);
        assert_int_equal(v.reg[1], t[i].ebx);
        assert_int_equal(v.reg[2], ecx);
        assert_int_equal(v.reg[3], t[i].edx);
        rig_close(&r);
    }
    rig_open(&r, "v3");
    assert_int_equal(lc_cpuid(r.c, 0xd, 1).reg[0], 1);
    rig_close(&r);
}

/* What the whole machine may show, written out: nothing of VMX, AVX-512, hypervisors. */
static void nothing_else(void **state)
{
    static const struct {
        uint32_t leaf;
        uint32_t allowed[4];
    } t[] = {
        {7, {0, 0x219c07a9, 0x18410704, 0x00004000}},
        {0x80000001, {0, 0, 0x00000121, 0x2c100800}},
        {0x80000007, {0, 0, 0, 0x00000100}},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    struct lc_cpuid one = lc_cpuid(r.c, 1, 0);
    assert_int_equal(one.reg[2] & ~0x77fa320bu, 0);
    assert_int_equal(one.reg[3] & ~0x078bfbfdu, 0);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++)
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(lc_cpuid(r.c, t[i].leaf, 0).reg[k] & ~t[i].allowed[k], 0);
    for (unsigned sub = 1; sub < 4; sub++)
        for (unsigned k = 0; k < 4; k++)
            assert_int_equal(lc_cpuid(r.c, 7, sub).reg[k], 0);
    rig_close(&r);
}

static void identity(void **state)
{
    struct rig r;
    char text[49] = {0};
    (void)state;
    rig_open(&r, NULL);
    lc_cpu_reset(r.c);
    assert_int_equal(r.c->gpr[LC_RDX], 0x906ea);
    rig_mode(&r, RIG_LONG, 3); /* not privileged */
    r.c->gpr[LC_RAX] = UINT64_C(0xffffffff00000000);
    assert_done(RUN(&r, 0x0f, 0xa2));
    assert_true(r.c->gpr[LC_RAX] >= 0xd);
    memcpy(text, &r.c->gpr[LC_RBX], 4);
    memcpy(text + 4, &r.c->gpr[LC_RDX], 4);
    memcpy(text + 8, &r.c->gpr[LC_RCX], 4);
    assert_string_equal(text, "GenuineIntel");
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[0], 0x906ea);
    for (unsigned i = 0; i < 3; i++) {
        struct lc_cpuid v = lc_cpuid(r.c, 0x80000002 + i, 0);
        memcpy(text + 16 * i, v.reg, 16);
    }
    assert_memory_equal(text, "libcpu x86-64", 13);
    assert_int_equal(lc_cpuid(r.c, 0x80000000, 0).reg[0], 0x80000008);
    assert_int_equal(lc_cpuid(r.c, 0x80000008, 0).reg[0], LC_PHYS_BITS | 57 << 8);
    /* The TSC's frequency by both ways of telling it. */
    struct lc_cpuid tsc = lc_cpuid(r.c, 0x15, 0);
    assert_int_equal((uint64_t)tsc.reg[2] * tsc.reg[1] / tsc.reg[0], UINT64_C(1000000000));
    assert_int_equal(lc_cpuid(r.c, 0x16, 0).reg[0], 1000);
    rig_close(&r);
    rig_open(&r, "max,-la57");
    assert_int_equal(lc_cpuid(r.c, 0x80000008, 0).reg[0], LC_PHYS_BITS | 48 << 8);
    rig_close(&r);
}

/* Beyond a range: the last basic leaf. Between the known ones: zeros. */
static void ranges(void **state)
{
    static const uint32_t beyond[] = {0x17, 0x1000, 0x40000000, 0x7fffffff, 0x80000009, 0xffffffff};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    struct lc_cpuid last = lc_cpuid(r.c, 0x16, 0), zero = {{0}};
    for (size_t i = 0; i < LC_ARRAY_LEN(beyond); i++) {
        struct lc_cpuid v = lc_cpuid(r.c, beyond[i], 0);
        assert_memory_equal(&v, &last, sizeof(v));
    }
    static const uint32_t empty[] = {3, 8, 9, 0xa, 0x10, 0x80000005};
    for (size_t i = 0; i < LC_ARRAY_LEN(empty); i++) {
        struct lc_cpuid v = lc_cpuid(r.c, empty[i], 0);
        assert_memory_equal(&v, &zero, sizeof(v));
    }
    /* Caches end by a leaf of type 0, levels by one of type 0 that gives its number back. */
    assert_int_equal(lc_cpuid(r.c, 4, 3).reg[0], 0);
    assert_int_equal(lc_cpuid(r.c, 0xb, 0).reg[2], 0x100);
    assert_int_equal(lc_cpuid(r.c, 0xb, 1).reg[2], 0x201);
    assert_int_equal(lc_cpuid(r.c, 0xb, 7).reg[2], 7);
    rig_close(&r);
}

static void state_dependent(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_COMPAT, 0);
    assert_int_equal(lc_cpuid(r.c, 0x80000001, 0).reg[3] >> 11 & 1, 0);
    rig_mode(&r, RIG_LONG, 0);
    assert_int_equal(lc_cpuid(r.c, 0x80000001, 0).reg[3] >> 11 & 1, 1);
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 3 & 1, 1);
    assert_true(lc_msr_write(r.c, 0x1a0, 1));
    assert_int_equal(lc_cpuid(r.c, 1, 0).reg[2] >> 3 & 1, 0);
    assert_vector(RUN(&r, 0x0f, 0x01, 0xc9), LC_VEC_UD);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_follow_features),
        cmocka_unit_test(bits_follow_the_model),
        cmocka_unit_test(models_keep_their_word),
        cmocka_unit_test(levels),
        cmocka_unit_test(nothing_else),
        cmocka_unit_test(identity),
        cmocka_unit_test(ranges),
        cmocka_unit_test(state_dependent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
