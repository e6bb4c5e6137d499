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

/* A denormal is loaded even when DE is unmasked, and the exception comes with the next instruction;
 * a signalling NaN then is not. */
static LC_NOINLINE void fld_slow(struct lc_cpu *cpu, enum lc_x87_type type, uint64_t bits)
{
    lc_fp_park_x87(cpu);
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

/* What raises nothing. */
static LC_NOINLINE void push_any(struct lc_cpu *cpu, struct lc_f80 v)
{
    lc_fp_park_x87(cpu);
    if (lc_x87_room(cpu)) {
        lc_x87_clear_c1(cpu);
        lc_x87_push(cpu, v);
    } else {
        push_overflow(cpu);
    }
}

#define LOAD(name, host, size, slow)                                                               \
    LC_X87_OP_MEM(name, size, lc_x87_room(cpu), LC_HOST_X87_READ(host, size, m);                   \
                  lc_x87_pushed(cpu), slow)
LOAD(fld_m32, "flds", 4, fld_slow(cpu, LC_X87_F32, lc_get32(m)))
LOAD(fld_m64, "fldl", 8, fld_slow(cpu, LC_X87_F64, lc_get64(m)))
LOAD(fld_m80, "fldt", 10, push_any(cpu, lc_f80_at(m)))
LOAD(fild_m16, "filds", 2, push_any(cpu, lc_f80_from_i64((int16_t)lc_get16(m))))
LOAD(fild_m32, "fildl", 4, push_any(cpu, lc_f80_from_i64((int32_t)lc_get32(m))))
LOAD(fild_m64, "fildll", 8, push_any(cpu, lc_f80_from_i64((int64_t)lc_get64(m))))

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
    lc_fp_park_x87(cpu);
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

/* Where a store of ST(0) can be done at once: *m, or NULL where something else is to be looked at
 * before.  False: a fault. */
LC_INLINE bool target(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint8_t **m)
{
    uint64_t la;
    *m = NULL;
    if (LC_UNLIKELY(!lc_st_valid(cpu, 0) || !lc_fp_x87(cpu)))
        return true;
    if (!lc_mem(cpu, insn, size, true, &la))
        return false;
    *m = lc_vmem_writable(cpu, la, size);
    return true;
}

/* `can`: has the host the instruction? */
#define STORE(name, kind, host, can, size, pop)                                                    \
    static lc_next name(struct lc_cpu *cpu, const struct lc_insn *insn)                            \
    {                                                                                              \
        uint8_t *m;                                                                                \
        TRY(lc_x87_ready(cpu));                                                                    \
        TRY(target(cpu, insn, size, &m));                                                          \
        if (LC_LIKELY(m) && (can)) {                                                               \
            LC_HOST_X87_WRITE(host, size, m);                                                      \
            if (pop)                                                                               \
                lc_x87_pop(cpu);                                                                   \
        } else {                                                                                   \
            TRY(store_slow(cpu, insn, kind, size, pop));                                           \
        }                                                                                          \
        lc_x87_note_mem(cpu, insn);                                                                \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SINGLE(x87_##name, name)
STORE(fst_m32, F32, "fsts", true, 4, false)
STORE(fst_m64, F64, "fstl", true, 8, false)
STORE(fstp_m32, F32, "fstps", true, 4, true)
STORE(fstp_m64, F64, "fstpl", true, 8, true)
STORE(fstp_m80, F80, "fstpt", true, 10, true)
STORE(fist_m16, I16, "fists", true, 2, false)
STORE(fist_m32, I32, "fistl", true, 4, false)
STORE(fistp_m16, I16, "fistps", true, 2, true)
STORE(fistp_m32, I32, "fistpl", true, 4, true)
STORE(fistp_m64, I64, "fistpll", true, 8, true)
/* SSE3's, which no host with SSE4.1 is without */
STORE(fisttp_m16, I16T, "fisttps", cpu->fp.sse41, 2, true)
STORE(fisttp_m32, I32T, "fisttpl", cpu->fp.sse41, 4, true)
STORE(fisttp_m64, I64T, "fisttpll", cpu->fp.sse41, 8, true)

static lc_next fbstp(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    TRY(store_slow(cpu, insn, BCD, 10, true));
    lc_x87_note_mem(cpu, insn);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fbstp, fbstp)
