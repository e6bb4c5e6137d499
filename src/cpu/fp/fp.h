/*
 * fp.h - floating point in integer arithmetic, exactly as an x86 processor does it: results,
 * exception flags and C1.
 *
 * IEEE 754-2008; SDM vol. 1, 4.8 (formats, NaNs), 4.9 (exceptions), 8.5 (x87), 11.5 (SSE), 14.5.3
 * (NaN operands of FMA). It knows no registers and no memory: operands are bit patterns, and the
 * environment says how to round and what is masked.
 *
 * How a handler uses it:
 *
 *   - Make an environment: lc_fenv_mxcsr() or lc_fenv_fcw(). Call.
 *   - Afterwards flags has what this operation raised. OR it into MXCSR or FSW.
 *   - raised = env.flags & ~env.masks. When it is not 0, an exception is due.
 *     SSE: nothing is written. x87 register results: with one of LC_FP_PRE in it nothing is written
 *     (operands stay, nothing is popped); otherwise the returned value is the result, on overflow
 *     and underflow with its exponent biased by 24576. x87 results for memory (lc_f80_to_f32 and
 *     the like): nothing is stored or popped when IE, OE or UE is in it; PE alone does store.
 *     Where nothing is written the returned value means nothing.
 *   - A packed SSE instruction calls once per element with one environment, then lc_fp_packed().
 *
 * Functions without an environment raise nothing. f32, f64: SSE rules. f80: x87 rules, which do not
 * look at daz and ftz; `up` (C1) is set by every f80 function that has an environment.
 */
#ifndef LC_CPU_FP_FP_H
#define LC_CPU_FP_FP_H

#include "base/bits.h"

/* Exceptions, at their places in MXCSR, FSW and (as masks) FCW. */
enum {
    LC_FP_IE = 0x01, /* invalid operation */
    LC_FP_DE = 0x02, /* denormal operand */
    LC_FP_ZE = 0x04, /* division of a finite number by zero */
    LC_FP_OE = 0x08, /* overflow */
    LC_FP_UE = 0x10, /* underflow */
    LC_FP_PE = 0x20, /* inexact result */
    LC_FP_PRE = LC_FP_IE | LC_FP_DE | LC_FP_ZE,
    LC_FP_POST = LC_FP_OE | LC_FP_UE | LC_FP_PE,
    LC_FP_ALL = LC_FP_PRE | LC_FP_POST,
};

/* Rounding, as in MXCSR.RC, FCW.RC and the immediates of ROUNDPS and VCVTPS2PH. */
enum {
    LC_FP_NEAREST = 0, /* ties to even */
    LC_FP_DOWN = 1,    /* to minus infinity */
    LC_FP_UP = 2,      /* to plus infinity */
    LC_FP_ZERO = 3,    /* truncate */
};

struct lc_fenv {
    uint8_t rc;    /* LC_FP_NEAREST and so on */
    uint8_t pc;    /* significant bits of f80 add, sub, mul, div, sqrt: 24, 53 or 64 */
    bool daz;      /* denormal SSE operands are zeros */
    bool ftz;      /* tiny SSE results are zeros, when underflow is masked */
    uint8_t masks; /* LC_FP_IE and so on: 1 is masked */
    uint8_t flags; /* sticky: ORed into */
    bool up;       /* x87 C1: the result's magnitude was rounded up */
};

/* The environment that MXCSR describes, with no flags yet. */
LC_INLINE struct lc_fenv lc_fenv_mxcsr(uint32_t mxcsr)
{
    return (struct lc_fenv){
        .rc = mxcsr >> 13 & 3,
        .daz = mxcsr >> 6 & 1,
        .ftz = mxcsr >> 15 & 1,
        .masks = mxcsr >> 7 & LC_FP_ALL,
    };
}

/* The environment that the x87's control word describes, with no flags yet. */
LC_INLINE struct lc_fenv lc_fenv_fcw(uint16_t fcw)
{
    static const uint8_t precisions[] = {24, 64, 53, 64}; /* 1 is reserved */
    return (struct lc_fenv){
        .rc = fcw >> 10 & 3,
        .pc = precisions[fcw >> 8 & 3],
        .masks = fcw & LC_FP_ALL,
    };
}

/* The double extended format, se: sign and exponent. Any bit pattern is allowed. */
struct lc_f80 {
    uint64_t m;
    uint16_t se;
};

/* A comparison's outcome. */
enum lc_fp_order { LC_FP_LESS, LC_FP_EQUAL, LC_FP_GREATER, LC_FP_UNORDERED };

/* What FXAM tells apart. Pseudo-denormals are denormals. */
enum lc_fp_class {
    LC_FP_CLASS_ZERO,
    LC_FP_CLASS_NORMAL,
    LC_FP_CLASS_DENORMAL,
    LC_FP_CLASS_INF,
    LC_FP_CLASS_QNAN,
    LC_FP_CLASS_SNAN,
    LC_FP_CLASS_UNSUPPORTED, /* f80: unnormal, pseudo-infinity, pseudo-NaN */
};

/*
 * All elements of a packed instruction are done: an unmasked pre-computation exception of one keeps
 * the post-computation ones of all from being raised (SDM vol. 1, 11.5.3).
 */
LC_INLINE void lc_fp_packed(struct lc_fenv *env)
{
    if (env->flags & ~env->masks & LC_FP_PRE)
        env->flags &= LC_FP_PRE;
}

/* --- binary32 and binary64, as SSE does: fp_simd.c ------------------------------------------ */

uint32_t lc_f32_add(struct lc_fenv *env, uint32_t a, uint32_t b);
uint32_t lc_f32_sub(struct lc_fenv *env, uint32_t a, uint32_t b);
uint32_t lc_f32_mul(struct lc_fenv *env, uint32_t a, uint32_t b);
uint32_t lc_f32_div(struct lc_fenv *env, uint32_t a, uint32_t b);
uint32_t lc_f32_sqrt(struct lc_fenv *env, uint32_t a);
uint64_t lc_f64_add(struct lc_fenv *env, uint64_t a, uint64_t b);
uint64_t lc_f64_sub(struct lc_fenv *env, uint64_t a, uint64_t b);
uint64_t lc_f64_mul(struct lc_fenv *env, uint64_t a, uint64_t b);
uint64_t lc_f64_div(struct lc_fenv *env, uint64_t a, uint64_t b);
uint64_t lc_f64_sqrt(struct lc_fenv *env, uint64_t a);

/* How lc_f32_fma() takes its operands: VFNMADD negates the product, VFMSUB the addend. */
enum { LC_FP_NEG_PRODUCT = 1, LC_FP_NEG_ADDEND = 2 };

/*
 * x * y + z, rounded once. NaNs have priority in the order x, y, z, and are not negated. In the
 * forms of the instruction with operands 1, 2, 3: 132 is (1, 3, 2), 213 is (2, 1, 3), 231 is
 * (2, 3, 1).
 */
uint32_t lc_f32_fma(struct lc_fenv *env, uint32_t x, uint32_t y, uint32_t z, unsigned negate);
uint64_t lc_f64_fma(struct lc_fenv *env, uint64_t x, uint64_t y, uint64_t z, unsigned negate);

/* MINSS, MAXSS: b when one is a NaN (IE, a signalling one too stays as it is) or both are zeros. */
uint32_t lc_f32_min(struct lc_fenv *env, uint32_t a, uint32_t b);
uint32_t lc_f32_max(struct lc_fenv *env, uint32_t a, uint32_t b);
uint64_t lc_f64_min(struct lc_fenv *env, uint64_t a, uint64_t b);
uint64_t lc_f64_max(struct lc_fenv *env, uint64_t a, uint64_t b);

/* a against b. `signal`: a quiet NaN, too, is invalid (COMISS; UCOMISS has it false). */
enum lc_fp_order lc_f32_compare(struct lc_fenv *env, uint32_t a, uint32_t b, bool signal);
enum lc_fp_order lc_f64_compare(struct lc_fenv *env, uint64_t a, uint64_t b, bool signal);

/* ROUNDSS: to an integral value by `rc`; `quiet` (imm8 bit 3) keeps PE from being raised. */
uint32_t lc_f32_rint(struct lc_fenv *env, uint32_t a, uint8_t rc, bool quiet);
uint64_t lc_f64_rint(struct lc_fenv *env, uint64_t a, uint8_t rc, bool quiet);

/* --- conversions of SSE: fp_convert.c ------------------------------------------------------- */

uint64_t lc_f32_to_f64(struct lc_fenv *env, uint32_t a);
uint32_t lc_f64_to_f32(struct lc_fenv *env, uint64_t a);
/* VCVTPH2PS: neither DE nor DAZ. */
uint32_t lc_f16_to_f32(struct lc_fenv *env, uint16_t a);
/* VCVTPS2PH: rounds by `rc`, and has denormal results whatever ftz says. */
uint16_t lc_f32_to_f16(struct lc_fenv *env, uint32_t a, uint8_t rc);

uint32_t lc_f32_from_i32(struct lc_fenv *env, int32_t a);
uint32_t lc_f32_from_i64(struct lc_fenv *env, int64_t a);
uint64_t lc_f64_from_i32(struct lc_fenv *env, int32_t a);
uint64_t lc_f64_from_i64(struct lc_fenv *env, int64_t a);

/* Rounded by `rc` (CVTSS2SI: env->rc, CVTTSS2SI: LC_FP_ZERO). What does not fit, and a NaN, is IE
 * and the integer indefinite, the most negative number. */
int32_t lc_f32_to_i32(struct lc_fenv *env, uint32_t a, uint8_t rc);
int64_t lc_f32_to_i64(struct lc_fenv *env, uint32_t a, uint8_t rc);
int32_t lc_f64_to_i32(struct lc_fenv *env, uint64_t a, uint8_t rc);
int64_t lc_f64_to_i64(struct lc_fenv *env, uint64_t a, uint8_t rc);

/* --- the x87 format: fp80.c ----------------------------------------------------------------- */

struct lc_f80 lc_f80_add(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
struct lc_f80 lc_f80_sub(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
struct lc_f80 lc_f80_mul(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
struct lc_f80 lc_f80_div(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
struct lc_f80 lc_f80_sqrt(struct lc_fenv *env, struct lc_f80 a);

/* FCOM (`signal`) and FUCOM. */
enum lc_fp_order lc_f80_compare(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b, bool signal);
enum lc_fp_class lc_f80_class(struct lc_f80 a);
/* FRNDINT, by env->rc. */
struct lc_f80 lc_f80_rint(struct lc_fenv *env, struct lc_f80 a);
/* A number that FSCALE and FPREM leave as it is: a denormal among them does not underflow, as
 * Intel's processors have it, and a pseudo-denormal gets its normal form. */
struct lc_f80 lc_f80_normal_form(struct lc_f80 a);
/* FSCALE: a times 2 to the power of b, b truncated. */
struct lc_f80 lc_f80_scale(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
/* FXTRACT: the exponent of a as a number; the significand, as a number in [1, 2), in *sig. */
struct lc_f80 lc_f80_xtract(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 *sig);

/* What FPREM and FPREM1 leave: the remainder, and C2 or the quotient's low bits. */
struct lc_f80_rem {
    struct lc_f80 value;
    bool partial;     /* C2: only partly reduced; the other condition bits are 0 */
    uint8_t quotient; /* bit 2: C0, bit 1: C3, bit 0: C1 (env->up is not C1 here) */
};

struct lc_f80_rem lc_f80_rem(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);
struct lc_f80_rem lc_f80_rem1(struct lc_fenv *env, struct lc_f80 a, struct lc_f80 b);

LC_INLINE struct lc_f80 lc_f80_chs(struct lc_f80 a)
{
    return (struct lc_f80){a.m, (uint16_t)(a.se ^ 0x8000)};
}

LC_INLINE struct lc_f80 lc_f80_abs(struct lc_f80 a)
{
    return (struct lc_f80){a.m, (uint16_t)(a.se & 0x7FFF)};
}

/* The x87 default NaN: what a masked IE, a stack fault too, gives. */
LC_INLINE struct lc_f80 lc_f80_indefinite(void)
{
    return (struct lc_f80){UINT64_C(3) << 62, 0xFFFF};
}

/* --- conversions of the x87: fp80_convert.c ------------------------------------------------- */

/* FLD m32, m64: exact; DE for a denormal, IE for a signalling NaN. */
struct lc_f80 lc_f80_from_f32(struct lc_fenv *env, uint32_t a);
struct lc_f80 lc_f80_from_f64(struct lc_fenv *env, uint64_t a);
/* FST m32, m64. */
uint32_t lc_f80_to_f32(struct lc_fenv *env, struct lc_f80 a);
uint64_t lc_f80_to_f64(struct lc_fenv *env, struct lc_f80 a);

/* FILD. */
struct lc_f80 lc_f80_from_i64(int64_t a);
/* FIST (env->rc), FISTTP (LC_FP_ZERO): as lc_f32_to_i32(). */
int16_t lc_f80_to_i16(struct lc_fenv *env, struct lc_f80 a, uint8_t rc);
int32_t lc_f80_to_i32(struct lc_fenv *env, struct lc_f80 a, uint8_t rc);
int64_t lc_f80_to_i64(struct lc_fenv *env, struct lc_f80 a, uint8_t rc);

/* Packed decimal: byte 0 has the lowest two of 18 digits, bit 7 of byte 9 is the sign. */
struct lc_f80 lc_f80_from_bcd(const uint8_t bcd[10]);
/* FBSTP, by env->rc; IE and the packed decimal indefinite for what has no 18 digits. */
void lc_f80_to_bcd(struct lc_fenv *env, struct lc_f80 a, uint8_t bcd[10]);

#endif
