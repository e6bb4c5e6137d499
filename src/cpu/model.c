/*
 * model.c - the table of CPU models, what features need of each other, and the text that chooses
 * among them.
 */
#include "cpu/model.h"

#include "base/bits.h"

/* ---- models ---- */

/* What 64-bit system software takes for granted; the rest of the features is optional. */
static const uint8_t base_features[] = {
    LC_FEAT_PSE, LC_FEAT_TSC,  LC_FEAT_MSR,  LC_FEAT_PAE,     LC_FEAT_CX8,
    LC_FEAT_PGE, LC_FEAT_CMOV, LC_FEAT_FXSR, LC_FEAT_SYSCALL, LC_FEAT_LM,
};

/*
 * The levels of the x86-64 psABI (table 3.1): of what programs may use, exactly these; and what
 * processors of the time gave the operating system.  Each level has all of the one before.
 */
static const uint8_t v1_features[] = {LC_FEAT_FPU, LC_FEAT_MMX, LC_FEAT_SSE, LC_FEAT_SSE2,
                                      /* system */
                                      LC_FEAT_DE, LC_FEAT_MCE, LC_FEAT_MCA, LC_FEAT_SEP,
                                      LC_FEAT_MTRR, LC_FEAT_PAT, LC_FEAT_PSE36, LC_FEAT_CLFSH,
                                      LC_FEAT_NX, LC_FEAT_APIC};
static const uint8_t v2_features[] = {LC_FEAT_SSE3, LC_FEAT_SSSE3, LC_FEAT_SSE41, LC_FEAT_SSE42,
                                      LC_FEAT_POPCNT, LC_FEAT_CX16, LC_FEAT_LAHF,
                                      /* system */
                                      LC_FEAT_RDTSCP, LC_FEAT_INVTSC, LC_FEAT_X2APIC};
static const uint8_t v3_features[] = {
    LC_FEAT_AVX, LC_FEAT_AVX2, LC_FEAT_BMI1, LC_FEAT_BMI2, LC_FEAT_F16C, LC_FEAT_FMA, LC_FEAT_LZCNT,
    LC_FEAT_MOVBE, LC_FEAT_XSAVE,
    /* system */
    LC_FEAT_XSAVEOPT, LC_FEAT_ERMS, LC_FEAT_FSGSBASE, LC_FEAT_SMEP, LC_FEAT_PCID, LC_FEAT_INVPCID,
    LC_FEAT_PDPE1GB, LC_FEAT_RDRAND, LC_FEAT_TSCDL};

static const struct model {
    const char *name, *alias;
    const struct model *below; /* all of whose features it has */
    const uint8_t *features;   /* NULL: all */
    size_t count;
} models[] = {
#define FEATURES(list) (list), LC_ARRAY_LEN(list)
    {"max", NULL, NULL, NULL, 0},
    {"base", NULL, NULL, FEATURES(base_features)},
    {"x86-64-v1", "v1", &models[1], FEATURES(v1_features)},
    {"x86-64-v2", "v2", &models[2], FEATURES(v2_features)},
    {"x86-64-v3", "v3", &models[3], FEATURES(v3_features)},
#undef FEATURES
};

static const char *const names[LC_FEATURES] = {
#define LC_FEATURE_TEXT(name, leaf, subleaf, reg, bit, text) [LC_FEAT_##name] = (text),
    LC_FEATURE_MAP(LC_FEATURE_TEXT)
#undef LC_FEATURE_TEXT
};

const char *lc_feature_name(unsigned feature)
{
    return feature < LC_FEATURES ? names[feature] : NULL;
}

const char *lc_model_name(unsigned n)
{
    return n < LC_ARRAY_LEN(models) ? models[n].name : NULL;
}

/* ---- what needs what ---- */

/*
 * A feature whose instructions or state make no sense without another's: of vectors, each extension
 * of registers or operations needs the one that it extends, as compilers have it.
 */
static const struct need {
    uint8_t feature, needed;
} needs[] = {
#define NEED(a, b)                                                                                 \
    {                                                                                              \
        LC_FEAT_##a, LC_FEAT_##b                                                                   \
    }
    NEED(MMX, FPU),        NEED(SSE, FXSR),       NEED(SSE2, SSE),
    NEED(SSE3, SSE2),      NEED(SSSE3, SSE3),     NEED(SSE41, SSSE3),
    NEED(SSE42, SSE41),    NEED(PCLMULQDQ, SSE2), NEED(AES, SSE2),
    NEED(SHA, SSE2),       NEED(GFNI, SSE2),      NEED(XSAVE, SSE),
    NEED(XSAVEOPT, XSAVE), NEED(XSAVEC, XSAVE),   NEED(XGETBV1, XSAVE),
    NEED(AVX, XSAVE),      NEED(AVX, SSE42),      NEED(AVX2, AVX),
    NEED(FMA, AVX),        NEED(F16C, AVX),       NEED(VAES, AVX),
    NEED(VAES, AES),       NEED(VPCLMULQDQ, AVX), NEED(PSE36, PSE),
    NEED(MCA, MCE),        NEED(RDTSCP, TSC),     NEED(INVTSC, TSC),
    NEED(LM, PAE),         NEED(PDPE1GB, LM),     NEED(LA57, LM),
    NEED(NX, PAE),         NEED(SYSCALL, LM),     NEED(VPCLMULQDQ, PCLMULQDQ),
    NEED(APIC, MSR),       NEED(X2APIC, APIC),    NEED(TSCDL, APIC),
    NEED(TSCDL, TSC),
#undef NEED
};

unsigned lc_feature_need(unsigned feature, unsigned n)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(needs); i++)
        if (needs[i].feature == feature && n-- == 0)
            return needs[i].needed;
    return LC_FEAT_BASE;
}

static bool has_feature(const uint64_t f[4], unsigned n)
{
    return (f[n >> 6] >> (n & 63) & 1) != 0;
}

static void set_feature(uint64_t f[4], unsigned n, bool on)
{
    uint64_t bit = LC_BIT(n & 63);
    f[n >> 6] = on ? f[n >> 6] | bit : f[n >> 6] & ~bit;
}

/* The first need that is not met; NULL: none. */
static const struct need *unmet(const uint64_t f[4])
{
    for (size_t i = 0; i < LC_ARRAY_LEN(needs); i++)
        if (has_feature(f, needs[i].feature) && !has_feature(f, needs[i].needed))
            return &needs[i];
    return NULL;
}

/* Without a feature also without all that needs it.  What was wrong before stays wrong. */
static void drop_feature(uint64_t f[4], unsigned n)
{
    set_feature(f, n, false);
    for (size_t i = 0; i < LC_ARRAY_LEN(needs); i++)
        if (needs[i].needed == n && has_feature(f, needs[i].feature))
            drop_feature(f, needs[i].feature);
}

/* ---- the text ---- */

static void take_model(const struct model *m, uint64_t f[4])
{
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES && !m->features; i++)
        set_feature(f, i, true);
    for (; m; m = m->below)
        for (size_t i = 0; i < m->count; i++)
            set_feature(f, m->features[i], true);
}

static bool same(const char *word, size_t len, const char *name)
{
    return name && strlen(name) == len && memcmp(word, name, len) == 0;
}

static int shown(size_t len)
{
    return (int)(len < 64 ? len : 64);
}

static enum libcpu_err unknown_model(const char *word, size_t len, struct lc_error *e)
{
    char known[128] = "";
    size_t at = 0;
    for (size_t i = 0; i < LC_ARRAY_LEN(models); i++) {
        size_t n = strlen(models[i].name), sep = i ? 2 : 0;
        if (at + sep + n >= sizeof(known))
            break;
        memcpy(known + at, ", ", sep);
        memcpy(known + at + sep, models[i].name, n + 1);
        at += sep + n;
    }
    return lc_fail(e, LIBCPU_ERR_UNSUPPORTED, "unknown CPU model \"%.*s\" (known: %s)", shown(len),
                   word, known);
}

static enum libcpu_err model_word(const char *word, size_t len, uint64_t f[4], struct lc_error *e)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(models); i++) {
        if (!same(word, len, models[i].name) && !same(word, len, models[i].alias))
            continue;
        take_model(&models[i], f);
        return LIBCPU_ERR_OK;
    }
    return unknown_model(word, len, e);
}

static enum libcpu_err feature_word(const char *word, size_t len, uint64_t f[4], struct lc_error *e)
{
    if (len == 0 || (word[0] != '+' && word[0] != '-'))
        return lc_fail(e, LIBCPU_ERR_INVALID, "CPU feature \"%.*s\" must begin with + or -",
                       shown(len), word);
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++) {
        if (!same(word + 1, len - 1, names[i]))
            continue;
        if (word[0] == '+')
            set_feature(f, i, true);
        else
            drop_feature(f, i);
        return LIBCPU_ERR_OK;
    }
    return lc_fail(e, LIBCPU_ERR_UNSUPPORTED, "unknown CPU feature \"%.*s\"", shown(len - 1),
                   word + 1);
}

void lc_model_drop(uint64_t features[4], unsigned feature)
{
    drop_feature(features, feature);
}

enum libcpu_err lc_model_parse(const char *spec, uint64_t features[4], struct lc_error *e)
{
    uint64_t f[4] = {0};
    const char *word = spec && *spec ? spec : "max";
    size_t len = strcspn(word, ",");
    enum libcpu_err err = model_word(word, len, f, e);
    while (err == LIBCPU_ERR_OK && word[len] == ',') {
        word += len + 1;
        len = strcspn(word, ",");
        err = feature_word(word, len, f, e);
    }
    const struct need *n = unmet(f);
    if (err == LIBCPU_ERR_OK && n)
        err = lc_fail(e, LIBCPU_ERR_INVALID, "CPU feature \"%s\" needs \"%s\", which is not there",
                      names[n->feature], names[n->needed]);
    if (err == LIBCPU_ERR_OK)
        memcpy(features, f, sizeof(f));
    return err;
}
