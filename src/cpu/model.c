/*
 * model.c - the table of CPU models, and the text that chooses one.
 */
#include "cpu/model.h"

#include "base/bits.h"

/* What 64-bit system software takes for granted; the rest of the features is optional. */
static const uint8_t base_features[] = {
    LC_FEAT_PSE, LC_FEAT_TSC,  LC_FEAT_MSR,  LC_FEAT_PAE,     LC_FEAT_CX8,
    LC_FEAT_PGE, LC_FEAT_CMOV, LC_FEAT_FXSR, LC_FEAT_SYSCALL, LC_FEAT_LM,
};

static const struct model {
    const char *name;
    const uint8_t *features; /* NULL: all */
    size_t count;
} models[] = {
    {"max", NULL, 0},
    {"base", base_features, LC_ARRAY_LEN(base_features)},
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

static void set_feature(uint64_t f[4], unsigned n, bool on)
{
    uint64_t bit = LC_BIT(n & 63);
    f[n >> 6] = on ? f[n >> 6] | bit : f[n >> 6] & ~bit;
}

static void take_model(const struct model *m, uint64_t f[4])
{
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES && !m->features; i++)
        set_feature(f, i, true);
    for (size_t i = 0; i < m->count; i++)
        set_feature(f, m->features[i], true);
}

static bool same(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static enum libcpu_err model_word(const char *word, size_t len, uint64_t f[4], struct lc_error *e)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(models); i++) {
        if (!same(word, len, models[i].name))
            continue;
        take_model(&models[i], f);
        return LIBCPU_ERR_OK;
    }
    return lc_fail(e, LIBCPU_ERR_INVALID, "unknown CPU model \"%.*s\" (known: max, base)",
                   (int)(len < 64 ? len : 64), word);
}

static enum libcpu_err feature_word(const char *word, size_t len, uint64_t f[4], struct lc_error *e)
{
    int shown = (int)(len < 64 ? len : 64);
    if (len == 0 || (word[0] != '+' && word[0] != '-'))
        return lc_fail(e, LIBCPU_ERR_INVALID, "CPU feature \"%.*s\" must begin with + or -", shown,
                       word);
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++) {
        if (!same(word + 1, len - 1, names[i]))
            continue;
        set_feature(f, i, word[0] == '+');
        return LIBCPU_ERR_OK;
    }
    return lc_fail(e, LIBCPU_ERR_INVALID, "unknown CPU feature \"%.*s\"", shown - 1, word + 1);
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
    if (err == LIBCPU_ERR_OK)
        memcpy(features, f, sizeof(f));
    return err;
}
