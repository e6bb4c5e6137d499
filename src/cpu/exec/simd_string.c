/*
 * simd_string.c - PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM vol. 1, 12.11; vol. 2B, 4.1: how
 * imm8 controls them, and the names used here).
 */
#include "cpu/exec/vec.h"

/* Fields of imm8. */
#define WORDS(imm)   ((imm)&1)
#define SIGNED(imm)  ((imm) >> 1 & 1)
#define AGGREGATE(i) ((i) >> 2 & 3)
#define NEGATE(imm)  ((imm) >> 4 & 1)
#define MASKED(imm)  ((imm) >> 5 & 1)
#define OUTPUT(imm)  ((imm) >> 6 & 1) /* the last index; a mask of whole elements */

enum { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };

/* A string: elements as numbers, and how many of them are valid. */
struct text {
    int32_t at[16];
    unsigned len;
};

static int32_t element(const uint8_t *p, unsigned i, unsigned imm)
{
    if (WORDS(imm)) {
        uint16_t w = lc_get16(p + 2 * i);
        return SIGNED(imm) ? (int16_t)w : w;
    }
    return SIGNED(imm) ? (int8_t)p[i] : p[i];
}

static unsigned count_of(unsigned imm)
{
    return WORDS(imm) ? 8 : 16;
}

static void read_text(struct text *t, const uint8_t *p, unsigned imm)
{
    for (unsigned i = 0; i < count_of(imm); i++)
        t->at[i] = element(p, i, imm);
}

/* The length of PCMPISTR: up to the first zero. */
static unsigned implicit_length(const struct text *t, unsigned imm)
{
    unsigned n = 0;
    while (n < count_of(imm) && t->at[n])
        n++;
    return n;
}

/* Of PCMPESTR: the absolute value of a register, no more than there are elements. */
static unsigned explicit_length(uint64_t v, unsigned size, unsigned imm)
{
    uint64_t n = lc_sext_size(v, size);
    if (n >> 63)
        n = 0 - n;
    return n < count_of(imm) ? (unsigned)n : count_of(imm);
}

/* ---- the four aggregations: a bit for each element of b ---- */

static bool equals_any(const struct text *a, int32_t c)
{
    for (unsigned i = 0; i < a->len; i++)
        if (a->at[i] == c)
            return true;
    return false;
}

/* a holds pairs, lower and upper bound; a half pair is none. */
static bool in_ranges(const struct text *a, int32_t c)
{
    for (unsigned i = 0; i + 1 < a->len; i += 2)
        if (c >= a->at[i] && c <= a->at[i + 1])
            return true;
    return false;
}

/* Two ends match, an end and an element do not. */
static bool equals_each(const struct text *a, const struct text *b, unsigned j)
{
    if (j >= a->len || j >= b->len)
        return j >= a->len && j >= b->len;
    return a->at[j] == b->at[j];
}

/* Does a begin in b at j?  What would lie behind the vector's end is not looked at. */
static bool begins_at(const struct text *a, const struct text *b, unsigned j, unsigned count)
{
    for (unsigned i = 0; i < a->len && i + j < count; i++)
        if (i + j >= b->len || a->at[i] != b->at[i + j])
            return false;
    return true;
}

static bool matches(const struct text *a, const struct text *b, unsigned j, unsigned imm)
{
    switch (AGGREGATE(imm)) {
    case EQUAL_ANY: return j < b->len && equals_any(a, b->at[j]);
    case RANGES: return j < b->len && in_ranges(a, b->at[j]);
    case EQUAL_EACH: return equals_each(a, b, j);
    default: return begins_at(a, b, j, count_of(imm));
    }
}

/* IntRes2. */
static unsigned compare(const struct text *a, const struct text *b, unsigned imm)
{
    unsigned r = 0;
    for (unsigned j = 0; j < count_of(imm); j++)
        r |= (unsigned)matches(a, b, j, imm) << j;
    if (!NEGATE(imm))
        return r;
    return r ^ (unsigned)lc_mask(MASKED(imm) ? b->len : count_of(imm));
}

/* CF: any match; ZF, SF: b, a ends here; OF: the first matches. */
static void set_flags(struct lc_cpu *cpu, const struct text *a, const struct text *b, unsigned r,
                      unsigned imm)
{
    lc_arith_set(&cpu->arith, (r ? LC_CF : 0) | (b->len < count_of(imm) ? LC_ZF : 0) |
                                  (a->len < count_of(imm) ? LC_SF : 0) | (r & 1 ? LC_OF : 0));
}

/* ECX: the first or last match, or the number of elements. */
static void put_index(struct lc_cpu *cpu, unsigned r, unsigned imm)
{
    unsigned at = count_of(imm);
    if (r)
        at = (unsigned)(OUTPUT(imm) ? 31 - __builtin_clz(r) : __builtin_ctz(r));
    cpu->gpr[LC_RCX] = at;
}

/* XMM0: bits, or whole elements. */
static lc_vec mask_of(unsigned r, unsigned imm)
{
    union lc_lanes x = {{r, 0}};
    for (unsigned i = 0; i < count_of(imm) && OUTPUT(imm); i++) {
        if (WORDS(imm))
            x.w[i] = r >> i & 1 ? 0xffff : 0;
        else
            x.b[i] = r >> i & 1 ? 0xff : 0;
    }
    return x.v;
}

/* What an instruction of the family is. */
struct kind {
    unsigned length; /* bytes of the length registers; 0: the strings end by themselves */
    bool mask;       /* the result is a mask */
    enum lc_vector_class cls;
};

static LC_NOINLINE void compare_strings(struct lc_cpu *cpu, const struct lc_insn *insn,
                                        const uint8_t *second, struct kind kind)
{
    struct text a, b;
    unsigned imm = lc_imm8(insn);
    read_text(&a, lc_xmm(cpu, insn->dst), imm);
    read_text(&b, second, imm);
    a.len = kind.length ? explicit_length(cpu->gpr[LC_RAX], kind.length, imm)
                        : implicit_length(&a, imm);
    b.len = kind.length ? explicit_length(cpu->gpr[LC_RDX], kind.length, imm)
                        : implicit_length(&b, imm);
    unsigned r = compare(&a, &b, imm);
    set_flags(cpu, &a, &b, r, imm);
    if (kind.mask)
        lc_xmm_commit(cpu, 0, kind.cls, mask_of(r, imm));
    else
        put_index(cpu, r, imm);
}

/* The memory operand need not be aligned (vol. 2B, 4.1.1). */
#define STRING_FORMS(name, length, mask, cls, suffix)                                              \
    static lc_next name##_rr_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        compare_strings(cpu, insn, lc_xmm(cpu, insn->src), (struct kind){length, mask, cls});      \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_rm_##suffix(struct lc_cpu *cpu, const struct lc_insn *insn)              \
    {                                                                                              \
        const uint8_t *m = lc_vmem_read(cpu, insn, 16, 1);                                         \
        TRY(m);                                                                                    \
        compare_strings(cpu, insn, m, (struct kind){length, mask, cls});                           \
        NEXT(cpu, insn);                                                                           \
    }
#define STRING(name, length, mask)                                                                 \
    STRING_FORMS(name, length, mask, LC_CLASS_SSE, sse)                                            \
    STRING_FORMS(name, length, mask, LC_CLASS_128, 128)                                            \
    const struct lc_op lc_op_##name = {.fn = {{name##_rr_sse, name##_rr_128, NULL, NULL},          \
                                              {name##_rm_sse, name##_rm_128, NULL, NULL}}};
STRING(pcmpestri, 4, false)
STRING(pcmpestri_wide, 8, false)
STRING(pcmpestrm, 4, true)
STRING(pcmpestrm_wide, 8, true)
STRING(pcmpistri, 0, false)
STRING(pcmpistrm, 0, true)
