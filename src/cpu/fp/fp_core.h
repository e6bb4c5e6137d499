/*
 * fp_core.h - the common form in which all formats are calculated.
 *
 *   bits     the operand as the guest has it
 *   raw      its three fields, in the x87 layout: the significand is left-aligned in 64 bits and
 * its integer bit is explicit num      what they mean: class, true exponent, normalised significand
 *   exact    a result before rounding: 128 bits, the lowest of them sticky
 *
 * An operation takes nums and gives a raw; lc_fp_round() brings an exact result into a format. So
 * every rule of IEEE 754 stands once, and the formats are constants. What is hot is inline, so that
 * each format has a copy of its own with its shifts known.
 */
#ifndef LC_CPU_FP_CORE_H
#define LC_CPU_FP_CORE_H

#include "cpu/fp/fp.h"

#define LC_FP_INTEGER_BIT (UINT64_C(1) << 63)
#define LC_FP_QUIET_BIT   (UINT64_C(1) << 62)

struct lc_fp_format {
    uint8_t prec;     /* significant bits, the integer bit too */
    uint8_t exp_bits; /* width of the exponent field */
    bool x87;         /* NaNs by the x87's rule; unmasked overflow and underflow give a result */
};

static const struct lc_fp_format lc_fp_f16 = {11, 5, false};
static const struct lc_fp_format lc_fp_f32 = {24, 8, false};
static const struct lc_fp_format lc_fp_f64 = {53, 11, false};
static const struct lc_fp_format lc_fp_f80 = {64, 15, true};

/* The double extended format with precision control (SDM vol. 1, 8.1.5.2). */
static const struct lc_fp_format lc_fp_f80_24 = {24, 15, true};
static const struct lc_fp_format lc_fp_f80_53 = {53, 15, true};

struct lc_fp_raw {
    uint64_t sig;
    uint16_t exp;
    bool sign;
};

struct lc_fp_num {
    uint64_t sig; /* finite and not zero: bit 63 is set; NaN: as in the raw form */
    int32_t exp;  /* finite and not zero: the value is sig / 2^63 * 2^exp */
    uint8_t cls;  /* enum lc_fp_class */
    bool sign;
};

struct lc_fp_exact {
    lc_u128 sig; /* 0, or bit 127 is set: the value is sig / 2^127 * 2^exp */
    int32_t exp;
    bool sign;
};

/* The exponent field of infinities and NaNs. */
LC_INLINE uint16_t lc_fp_exp_max(const struct lc_fp_format *f)
{
    return (uint16_t)lc_mask(f->exp_bits);
}

LC_INLINE int32_t lc_fp_bias(const struct lc_fp_format *f)
{
    return lc_fp_exp_max(f) >> 1;
}

/* --- bits and raw ---------------------------------------------------------------------------- */

LC_INLINE struct lc_fp_raw lc_fp_raw_bits(const struct lc_fp_format *f, uint64_t bits)
{
    unsigned frac_bits = f->prec - 1u;
    uint16_t exp = (uint16_t)lc_field(bits, frac_bits + f->exp_bits - 1, frac_bits);
    uint64_t sig = (bits & lc_mask(frac_bits)) << (63 - frac_bits);
    return (struct lc_fp_raw){
        .sig = exp ? sig | LC_FP_INTEGER_BIT : sig,
        .exp = exp,
        .sign = bits >> (frac_bits + f->exp_bits) & 1,
    };
}

LC_INLINE uint64_t lc_fp_bits(const struct lc_fp_format *f, struct lc_fp_raw r)
{
    unsigned frac_bits = f->prec - 1u;
    uint64_t frac = (r.sig & ~LC_FP_INTEGER_BIT) >> (63 - frac_bits);
    return (uint64_t)r.sign << (frac_bits + f->exp_bits) | (uint64_t)r.exp << frac_bits | frac;
}

LC_INLINE struct lc_fp_raw lc_fp_raw_f80(struct lc_f80 a)
{
    return (struct lc_fp_raw){a.m, a.se & 0x7FFF, a.se >> 15};
}

LC_INLINE struct lc_f80 lc_fp_to_f80(struct lc_fp_raw r)
{
    return (struct lc_f80){r.sig, (uint16_t)(r.exp | (unsigned)r.sign << 15)};
}

LC_INLINE struct lc_fp_raw lc_fp_raw_zero(bool sign)
{
    return (struct lc_fp_raw){0, 0, sign};
}

LC_INLINE struct lc_fp_raw lc_fp_raw_inf(const struct lc_fp_format *f, bool sign)
{
    return (struct lc_fp_raw){LC_FP_INTEGER_BIT, lc_fp_exp_max(f), sign};
}

/* The default NaN is quiet, negative and has no payload (SDM vol. 1, 4.8.3.7). */
LC_INLINE struct lc_fp_raw lc_fp_raw_default(const struct lc_fp_format *f)
{
    return (struct lc_fp_raw){LC_FP_INTEGER_BIT | LC_FP_QUIET_BIT, lc_fp_exp_max(f), true};
}

/* --- num and exact --------------------------------------------------------------------------- */

/* Whatever is not a normal number: fp_special.c. */
struct lc_fp_num lc_fp_unpack_special(const struct lc_fp_format *f, struct lc_fp_raw r, bool daz);

LC_INLINE struct lc_fp_num lc_fp_unpack(const struct lc_fp_format *f, struct lc_fp_raw r, bool daz)
{
    if (LC_UNLIKELY(!r.exp || r.exp == lc_fp_exp_max(f) || !(r.sig & LC_FP_INTEGER_BIT)))
        return lc_fp_unpack_special(f, r, daz);
    return (struct lc_fp_num){r.sig, r.exp - lc_fp_bias(f), LC_FP_CLASS_NORMAL, r.sign};
}

LC_INLINE bool lc_fp_is_normal(struct lc_fp_num a)
{
    return LC_LIKELY(a.cls == LC_FP_CLASS_NORMAL);
}

LC_INLINE bool lc_fp_is_nan(struct lc_fp_num a)
{
    return a.cls == LC_FP_CLASS_QNAN || a.cls == LC_FP_CLASS_SNAN;
}

/* Of a number that is zero or finite. */
LC_INLINE struct lc_fp_exact lc_fp_exact(struct lc_fp_num a)
{
    lc_u128 sig = a.cls == LC_FP_CLASS_ZERO ? 0 : (lc_u128)a.sig << 64;
    return (struct lc_fp_exact){sig, a.exp, a.sign};
}

/* v / 2^n; what is lost leaves a 1 in the lowest bit. */
LC_INLINE lc_u128 lc_fp_shr_sticky(lc_u128 v, uint32_t n)
{
    if (!n)
        return v;
    if (n > 127)
        return v != 0;
    return v >> n | (v << (128 - n) != 0);
}

/* v is not 0. */
LC_INLINE unsigned lc_fp_clz128(lc_u128 v)
{
    uint64_t hi = (uint64_t)(v >> 64);
    return (unsigned)(hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)v));
}

/* --- special operands: fp_special.c ---------------------------------------------------------- */

/* DE if one of two operands is denormal; true: it is not masked, and nothing more is to be done. */
LC_INLINE bool lc_fp_denormal(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b)
{
    if (a.cls != LC_FP_CLASS_DENORMAL && b.cls != LC_FP_CLASS_DENORMAL)
        return false;
    env->flags |= LC_FP_DE;
    return !(env->masks & LC_FP_DE);
}

/* An invalid operation, and its masked result. */
struct lc_fp_raw lc_fp_invalid(struct lc_fenv *env, const struct lc_fp_format *f);

/* Is an operand a NaN or unsupported? Then *out is the result. */
bool lc_fp_nan1(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                struct lc_fp_raw *out);
bool lc_fp_nan2(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                struct lc_fp_num b, struct lc_fp_raw *out);

/*
 * Operations of which an operand is not a normal number. True: *out is the result, or there is none
 * as an unmasked exception was raised; false: calculate.
 */
bool lc_fp_add_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, bool subtract, struct lc_fp_raw *out);
bool lc_fp_mul_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, struct lc_fp_raw *out);
bool lc_fp_div_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                       struct lc_fp_num b, struct lc_fp_raw *out);
bool lc_fp_sqrt_special(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                        struct lc_fp_raw *out);
bool lc_fp_fma_special(struct lc_fenv *env, const struct lc_fp_format *f,
                       const struct lc_fp_num v[3], unsigned negate, struct lc_fp_raw *out);

/* --- what is not worth a copy per format: fp_value.c ------------------------------------------ */

enum lc_fp_order lc_fp_compare(struct lc_fenv *env, struct lc_fp_num a, struct lc_fp_num b,
                               bool signal);
/* To an integral value; PE and C1 as any rounding. */
struct lc_fp_raw lc_fp_rint(struct lc_fenv *env, const struct lc_fp_format *f, struct lc_fp_num a,
                            uint8_t rc);
/* Into another format; `denormal`: denormal operands raise DE. */
struct lc_fp_raw lc_fp_convert(struct lc_fenv *env, const struct lc_fp_format *to,
                               struct lc_fp_num a, bool denormal);
struct lc_fp_num lc_fp_of_integer(int64_t v);
/* To a signed integer of `width` bits, or the integer indefinite. */
int64_t lc_fp_integer(struct lc_fenv *env, struct lc_fp_num a, uint8_t rc, unsigned width);
/* Round a magnitude below 2^64 to an integer. */
uint64_t lc_fp_to_integer(struct lc_fp_num a, uint8_t rc, bool *inexact, bool *up);

#endif
