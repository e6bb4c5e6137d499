/*
 * x87_convert.c - between memory and the stack: real numbers of three sizes, integers of three
 * sizes, packed decimals (SDM vol. 1, 8.3.3; vol. 2A, FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP).
 */
#include "cpu/exec/x87.h"

struct lc_x87_mem lc_x87_widen(enum lc_x87_type type, uint64_t bits)
{
    struct lc_fenv env = {.masks = LC_FP_ALL};
    struct lc_x87_mem m = {.denormal = false};
    switch (type) {
    case LC_X87_F32: m.value = lc_f80_from_f32(&env, (uint32_t)bits); break;
    case LC_X87_F64: m.value = lc_f80_from_f64(&env, bits); break;
    case LC_X87_I16: m.value = lc_f80_from_i64((int16_t)bits); break;
    case LC_X87_I32: m.value = lc_f80_from_i64((int32_t)bits); break;
    default: m.value = lc_f80_from_i64((int64_t)bits); break;
    }
    if (env.flags & LC_FP_IE) /* quieted: as it was */
        m.value.m &= ~(UINT64_C(1) << 62);
    m.denormal = (env.flags & LC_FP_DE) != 0;
    return m;
}

/* ---- loads ---- */

static LC_NOINLINE void push_overflow(struct lc_cpu *cpu)
{
    if (lc_x87_overflow(cpu))
        lc_x87_push(cpu, lc_f80_indefinite());
}

/* What is not a normal number.  A denormal is loaded even when DE is unmasked, and the exception
 * comes with the next instruction; a signalling NaN then is not. */
static LC_NOINLINE void fld_slow(struct lc_cpu *cpu, enum lc_x87_type type, uint64_t bits)
{
    if (!lc_x87_room(cpu)) {
        push_overflow(cpu);
        return;
    }
    struct lc_fenv env = {.masks = LC_FP_ALL};
    struct lc_f80 v =
        type == LC_X87_F32 ? lc_f80_from_f32(&env, (uint32_t)bits) : lc_f80_from_f64(&env, bits);
    lc_x87_clear_c1(cpu);
    if (!lc_x87_raise(cpu, env.flags) || !(env.flags & LC_FP_IE))
        lc_x87_push(cpu, v);
}

/* Normal numbers and zeros need no arithmetic. */
static lc_next fld_m32(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    const uint8_t *m = lc_vmem_read(cpu, insn, 4, 1);
    TRY(m);
    uint32_t bits = lc_get32(m), e = bits >> 23 & 0xff, sign = bits >> 16 & 0x8000;
    lc_x87_note_mem(cpu, insn);
    if (LC_LIKELY(e - 1 < 0xfe && lc_x87_room(cpu))) {
        lc_x87_clear_c1(cpu);
        lc_x87_push(cpu, (struct lc_f80){UINT64_C(1) << 63 | (uint64_t)(bits & 0x7fffff) << 40,
                                         (uint16_t)(sign | (e + 16383 - 127))});
    } else {
        fld_slow(cpu, LC_X87_F32, bits);
    }
    NEXT(cpu, insn);
}

static lc_next fld_m64(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    const uint8_t *m = lc_vmem_read(cpu, insn, 8, 1);
    TRY(m);
    uint64_t bits = lc_get64(m);
    uint32_t e = bits >> 52 & 0x7ff, sign = bits >> 48 & 0x8000;
    lc_x87_note_mem(cpu, insn);
    if (LC_LIKELY(e - 1 < 0x7fe && lc_x87_room(cpu))) {
        lc_x87_clear_c1(cpu);
        lc_x87_push(cpu, (struct lc_f80){UINT64_C(1) << 63 | bits << 12 >> 1,
                                         (uint16_t)(sign | (e + 16383 - 1023))});
    } else {
        fld_slow(cpu, LC_X87_F64, bits);
    }
    NEXT(cpu, insn);
}

/* What raises nothing. */
LC_INLINE void push_any(struct lc_cpu *cpu, struct lc_f80 v)
{
    if (LC_LIKELY(lc_x87_room(cpu))) {
        lc_x87_clear_c1(cpu);
        lc_x87_push(cpu, v);
    } else {
        push_overflow(cpu);
    }
}

static lc_next fld_m80(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    const uint8_t *m = lc_vmem_read(cpu, insn, 10, 1);
    TRY(m);
    struct lc_f80 v = {lc_get64(m), lc_get16(m + 8)};
    lc_x87_note_mem(cpu, insn);
    push_any(cpu, v);
    NEXT(cpu, insn);
}

static lc_next fbld(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    const uint8_t *m = lc_vmem_read(cpu, insn, 10, 1);
    TRY(m);
    struct lc_f80 v = lc_f80_from_bcd(m);
    lc_x87_note_mem(cpu, insn);
    push_any(cpu, v);
    NEXT(cpu, insn);
}

LC_INLINE struct lc_f80 from_integer(int64_t v)
{
    if (v == 0)
        return (struct lc_f80){0, 0};
    uint64_t m = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    unsigned shift = (unsigned)__builtin_clzll(m);
    return (struct lc_f80){m << shift, (uint16_t)((v < 0 ? 0x8000u : 0) | (16383 + 63 - shift))};
}

#define FILD(size, ctype)                                                                          \
    static lc_next fild_m##size(struct lc_cpu *cpu, const struct lc_insn *insn)                    \
    {                                                                                              \
        uint64_t v;                                                                                \
        TRY(lc_x87_ready(cpu));                                                                    \
        TRY(lc_mem_load(cpu, insn, size / 8, &v));                                                 \
        lc_x87_note_mem(cpu, insn);                                                                \
        push_any(cpu, from_integer((ctype)v));                                                     \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SINGLE(x87_fild_m##size, fild_m##size)
FILD(16, int16_t)
FILD(32, int32_t)
FILD(64, int64_t)

LC_OP_SINGLE(x87_fld_m32, fld_m32)
LC_OP_SINGLE(x87_fld_m64, fld_m64)
LC_OP_SINGLE(x87_fld_m80, fld_m80)
LC_OP_SINGLE(x87_fbld, fbld)

/* ---- stores ---- */

enum store { F32, F64, F80, I16, I32, I64, I16T, I32T, I64T, BCD };

/* The value to store in cpu->vbuf; flags in env. */
static void convert(struct lc_cpu *cpu, struct lc_fenv *env, enum store kind, struct lc_f80 v)
{
    uint8_t *p = cpu->vbuf;
    switch (kind) {
    case F32: lc_put32(p, lc_f80_to_f32(env, v)); break;
    case F64: lc_put64(p, lc_f80_to_f64(env, v)); break;
    case F80: lc_put64(p, v.m), lc_put16(p + 8, v.se); break;
    case I16: lc_put16(p, (uint16_t)lc_f80_to_i16(env, v, env->rc)); break;
    case I32: lc_put32(p, (uint32_t)lc_f80_to_i32(env, v, env->rc)); break;
    case I64: lc_put64(p, (uint64_t)lc_f80_to_i64(env, v, env->rc)); break;
    case I16T: lc_put16(p, (uint16_t)lc_f80_to_i16(env, v, LC_FP_ZERO)); break;
    case I32T: lc_put32(p, (uint32_t)lc_f80_to_i32(env, v, LC_FP_ZERO)); break;
    case I64T: lc_put64(p, (uint64_t)lc_f80_to_i64(env, v, LC_FP_ZERO)); break;
    default: lc_f80_to_bcd(env, v, p); break;
    }
}

/*
 * In software, and stack faults, which store what the indefinite NaN converts to.  An unmasked IE,
 * OE or UE keeps memory and stack as they are (vol. 1, 8.5), and memory is not looked at.  False:
 * the store faults.
 */
static LC_NOINLINE bool store_slow(struct lc_cpu *cpu, const struct lc_insn *insn, enum store kind,
                                   unsigned size, bool pop)
{
    struct lc_fenv env = lc_x87_env(cpu);
    bool empty = !lc_st_valid(cpu, 0);
    convert(cpu, &env, kind, empty ? lc_f80_indefinite() : lc_st_get(cpu, 0));
    if (empty) {
        env.flags = LC_FP_IE;
        env.up = false;
    }
    bool stored = !(env.flags & ~env.masks & (LC_FP_IE | LC_FP_OE | LC_FP_UE));
    if (stored && !lc_vmem_write(cpu, insn, size, 1, cpu->vbuf))
        return false;
    if (empty)
        (void)lc_x87_underflow(cpu);
    else
        (void)lc_x87_finish(cpu, &env);
    if (stored && pop)
        lc_x87_pop(cpu);
    return true;
}

/* A store that has faulted has raised nothing, but the host's flags have it. */
static LC_NOINLINE bool take_back(struct lc_cpu *cpu)
{
    lc_fp_park(cpu);
    return false;
}

LC_INLINE bool store(struct lc_cpu *cpu, const struct lc_insn *insn, enum store kind, unsigned size,
                     bool pop, unsigned (*host)(uint8_t *, const uint8_t *))
{
    if (LC_UNLIKELY(!host || !lc_st_valid(cpu, 0) || !lc_fp_x87(cpu)))
        return store_slow(cpu, insn, kind, size, pop);
    unsigned sw = host(cpu->vbuf, lc_st(cpu, 0));
    if (!lc_vmem_write(cpu, insn, size, 1, cpu->vbuf))
        return take_back(cpu);
    lc_x87_take(cpu, sw);
    if (pop)
        lc_x87_pop(cpu);
    return true;
}

#define STORE(name, kind, size, pop, host)                                                         \
    static lc_next name(struct lc_cpu *cpu, const struct lc_insn *insn)                            \
    {                                                                                              \
        TRY(lc_x87_ready(cpu));                                                                    \
        TRY(store(cpu, insn, kind, size, pop, host));                                              \
        lc_x87_note_mem(cpu, insn);                                                                \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SINGLE(x87_##name, name)
STORE(fst_m32, F32, 4, false, lc_host_store_f32)
STORE(fst_m64, F64, 8, false, lc_host_store_f64)
STORE(fstp_m32, F32, 4, true, lc_host_store_f32)
STORE(fstp_m64, F64, 8, true, lc_host_store_f64)
STORE(fist_m16, I16, 2, false, lc_host_store_i16)
STORE(fist_m32, I32, 4, false, lc_host_store_i32)
STORE(fistp_m16, I16, 2, true, lc_host_store_i16)
STORE(fistp_m32, I32, 4, true, lc_host_store_i32)
STORE(fistp_m64, I64, 8, true, lc_host_store_i64)
STORE(fisttp_m16, I16T, 2, true, NULL)
STORE(fisttp_m32, I32T, 4, true, NULL)
STORE(fisttp_m64, I64T, 8, true, NULL)
STORE(fbstp, BCD, 10, true, NULL)

/* All 80 bits as they are. */
static lc_next fstp_m80(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    if (LC_LIKELY(lc_st_valid(cpu, 0))) {
        TRY(lc_vmem_write(cpu, insn, 10, 1, lc_st(cpu, 0)));
        lc_x87_clear_c1(cpu);
        lc_x87_pop(cpu);
    } else {
        TRY(store_slow(cpu, insn, F80, 10, true));
    }
    lc_x87_note_mem(cpu, insn);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fstp_m80, fstp_m80)
