/*
 * The x87 unit where a comparison with the host does not reach, and known answers: stack faults,
 * environments of every mode, exceptions that wait, FERR#, packed decimals, tags, constants.
 */
#include "cpu/sysrig.h"

enum {
    IE = 0x01,
    ZE = 0x04,
    PE = 0x20,
    SF = 0x40,
    ES_B = 0x8080,
    C1 = 0x200,
    ALL_MASKED = 0x037f,
};

static const uint8_t indefinite[10] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff};

/* A unit after FNINIT with a control word; RBX at data, CR0.NE as told. */
static void ready(struct rig *r, enum rig_mode mode, uint16_t fcw, bool ne)
{
    rig_mode(r, mode, 0);
    r->c->cr0 |= ne ? LC_CR0_NE : 0;
    lc_cpu_derive(r->c);
    r->c->gpr[LC_RBX] = RIG_DATA;
    assert_done(RUN(r, 0xdb, 0xe3));
    rig_poke(r, RIG_DATA, fcw, 2);
    assert_done(RUN(r, 0xd9, 0x2b)); /* fldcw [rbx] */
}

static unsigned top(const struct rig *r)
{
    return r->c->fpu.fsw >> 11 & 7;
}

static const uint8_t *st(const struct rig *r, unsigned i)
{
    return r->c->fpu.st[(top(r) + i) & 7];
}

static bool is_empty(const struct rig *r, unsigned i)
{
    return !(r->c->fpu.ftw >> ((top(r) + i) & 7) & 1);
}

static void assert_st(const struct rig *r, unsigned i, uint16_t se, uint64_t m)
{
    assert_false(is_empty(r, i));
    assert_int_equal(lc_get64(st(r, i)), m);
    assert_int_equal(lc_get16(st(r, i) + 8), se);
}

static void push(struct rig *r, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_done(RUN(r, 0xd9, 0xe8)); /* fld1 */
}

/* ---- the stack ---- */

/* Whatever pushes onto a full stack. */
static void overflow(void **state)
{
    static const uint8_t pushes[][2] = {
        {0xd9, 0xe8}, {0xd9, 0xee}, {0xd9, 0xc3}, {0xd9, 0x03}, {0xdd, 0x03},
        {0xdb, 0x2b}, {0xdf, 0x03}, {0xdb, 0x03}, {0xdf, 0x2b}, {0xdf, 0x23},
        {0xd9, 0xf2}, {0xd9, 0xf4}, {0xd9, 0xfb},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(pushes); i++) {
        ready(&r, RIG_LONG, ALL_MASKED, true);
        push(&r, 8);
        assert_done(rig_run(&r, pushes[i], 2));
        assert_int_equal(r.c->fpu.fsw, IE | SF | C1 | 7 << 11);
        assert_memory_equal(st(&r, 0), indefinite, 10);
        ready(&r, RIG_LONG, ALL_MASKED & ~IE, true);
        push(&r, 8);
        assert_done(rig_run(&r, pushes[i], 2));
        assert_int_equal(r.c->fpu.fsw, IE | SF | C1 | ES_B);
        assert_st(&r, 0, 0x3fff, UINT64_C(1) << 63);
    }
    rig_close(&r);
}

/* Whatever reads ST(0) of an empty stack; pops: what the masked response does to TOP. */
static void underflow(void **state)
{
    static const struct {
        uint8_t code[2];
        int8_t pops;
    } t[] = {
        {{0xd8, 0xc1}, 0}, {{0xde, 0xc1}, 1},  {{0xd8, 0x03}, 0},  {{0xde, 0x03}, 0},
        {{0xd9, 0x13}, 0}, {{0xd9, 0x1b}, 1},  {{0xdb, 0x3b}, 1},  {{0xdf, 0x33}, 1},
        {{0xdb, 0x0b}, 1}, {{0xdb, 0x1b}, 1},  {{0xdd, 0xd9}, 1},  {{0xd9, 0xc9}, 0},
        {{0xd9, 0xe0}, 0}, {{0xd9, 0xe1}, 0},  {{0xd9, 0xfa}, 0},  {{0xd9, 0xfe}, 0},
        {{0xd9, 0xf0}, 0}, {{0xd9, 0xf3}, 1},  {{0xd9, 0xf8}, 0},  {{0xd9, 0xfd}, 0},
        {{0xda, 0xc1}, 0}, {{0xd9, 0xf4}, -1}, {{0xd9, 0xc0}, -1}, {{0xde, 0xd9}, 2},
        {{0xdf, 0xf1}, 1},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        ready(&r, RIG_LONG, ALL_MASKED, true);
        assert_done(rig_run(&r, t[i].code, 2));
        assert_int_equal(r.c->fpu.fsw & (SF | IE | C1 | ES_B), SF | IE);
        assert_int_equal(top(&r), t[i].pops & 7);
        ready(&r, RIG_LONG, ALL_MASKED & ~IE, true);
        rig_poke(&r, RIG_DATA, UINT64_C(0x1122334455667788), 8);
        assert_done(rig_run(&r, t[i].code, 2));
        assert_int_equal(r.c->fpu.fsw & (SF | IE | C1 | ES_B), SF | IE | ES_B);
        assert_int_equal(top(&r), 0);
        assert_int_equal(r.c->fpu.ftw, 0);
        assert_int_equal(rig_peek(&r, RIG_DATA, 8), UINT64_C(0x1122334455667788));
    }
    rig_close(&r);
}

/* A store that is refused leaves memory and stack alone, and memory need not be there. */
static void refused_store(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED & ~IE, true);
    rig_poke(&r, RIG_DATA, 0x7f800000, 4); /* +infinity */
    assert_done(RUN(&r, 0xd9, 0x03));
    assert_done(RUN(&r, 0xdb, 0x1b)); /* fistp dword */
    assert_int_equal(rig_peek(&r, RIG_DATA, 4), 0x7f800000);
    assert_int_equal(r.c->fpu.fsw, IE | ES_B | 7 << 11);
    assert_done(RUN(&r, 0xdb, 0xe2));
    r.c->gpr[LC_RBX] = RIG_ABSENT;
    assert_done(RUN(&r, 0xdb, 0x1b));
    assert_int_equal(r.c->fpu.fsw, IE | ES_B | 7 << 11);
    rig_close(&r);
}

/* A store that faults has raised nothing, nor does what runs after it. */
static void faulting_store(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED, true);
    assert_done(RUN(&r, 0xd9, 0xeb)); /* fldpi */
    r.c->gpr[LC_RBX] = RIG_ABSENT;
    uint64_t fip = r.c->fpu.fip;
    assert_vector(RUN(&r, 0xd9, 0x1b), LC_VEC_PF);
    assert_int_equal(r.c->fpu.fsw, 7 << 11);
    assert_int_equal(r.c->fpu.fip, fip);
    assert_done(RUN(&r, 0xd9, 0xe8));
    assert_done(RUN(&r, 0xd8, 0xc0)); /* fadd st0, st0: exact */
    assert_int_equal(r.c->fpu.fsw & PE, 0);
    assert_done(RUN(&r, 0xd8, 0xf1)); /* fdiv st0, st1: 2 / pi */
    assert_int_equal(r.c->fpu.fsw & PE, PE);
    rig_close(&r);
}

/* ---- exceptions that wait ---- */

static void divide_by_zero(struct rig *r)
{
    push(r, 1);
    assert_done(RUN(r, 0xd9, 0xee)); /* fldz */
    assert_done(RUN(r, 0xd8, 0xf9)); /* fdivr st0, st1: 1 / 0 */
    assert_int_equal(r->c->fpu.fsw & (ES_B | ZE), ES_B | ZE);
    assert_st(r, 0, 0, 0);
}

static void mf_waits(void **state)
{
    static const uint8_t control[][2] = {
        {0xdb, 0xe1}, {0xdf, 0xe0}, {0xdd, 0x3b}, {0xd9, 0x3b}, {0xdb, 0xe4}, {0xdb, 0xe0},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED & ~ZE, true);
    divide_by_zero(&r);
    for (size_t i = 0; i < LC_ARRAY_LEN(control); i++)
        assert_done(rig_run(&r, control[i], 2));
    assert_vector(RUN(&r, 0x9b), LC_VEC_MF);
    assert_vector(RUN(&r, 0xd9, 0xe8), LC_VEC_MF);
    assert_vector(RUN(&r, 0x0f, 0xfc, 0xc1), LC_VEC_MF); /* paddb mm0, mm1 */
    r.c->gpr[LC_RBX] = RIG_ABSENT;                       /* before memory is touched */
    assert_vector(RUN(&r, 0xd9, 0x03), LC_VEC_MF);
    assert_vector(RUN(&r, 0xd9, 0x2b), LC_VEC_MF); /* FLDCW waits, too */
    assert_done(RUN(&r, 0xdb, 0xe2));
    assert_int_equal(r.c->fpu.fsw & 0x80ff, 0);
    assert_done(RUN(&r, 0x9b));
    rig_close(&r);
}

/* ES and B follow the masks: FLDCW unmasks an old flag, FNSTENV masks all. */
static void es_follows(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED, true);
    push(&r, 1);
    assert_done(RUN(&r, 0xd9, 0xee));
    assert_done(RUN(&r, 0xd8, 0xf9));
    assert_st(&r, 0, 0x7fff, UINT64_C(1) << 63);
    assert_int_equal(r.c->fpu.fsw & (ES_B | ZE), ZE);
    rig_poke(&r, RIG_DATA, ALL_MASKED & ~ZE, 2);
    assert_done(RUN(&r, 0xd9, 0x2b));
    assert_int_equal(r.c->fpu.fsw & (ES_B | ZE), ES_B | ZE);
    assert_vector(RUN(&r, 0x9b), LC_VEC_MF);
    assert_done(RUN(&r, 0xd9, 0x33)); /* fnstenv: the image has them, the unit no more */
    assert_int_equal(rig_peek(&r, RIG_DATA + 4, 2) & (ES_B | ZE), ES_B | ZE);
    assert_int_equal(r.c->fpu.fsw & (ES_B | ZE), ZE);
    assert_int_equal(r.c->fpu.fcw, ALL_MASKED);
    assert_done(RUN(&r, 0x9b));
    assert_done(RUN(&r, 0xd9, 0x23)); /* fldenv brings them back */
    assert_vector(RUN(&r, 0x9b), LC_VEC_MF);
    rig_close(&r);
}

struct pin {
    unsigned rises, falls;
};

static void on_ferr(void *opaque, bool level)
{
    struct pin *p = opaque;
    p->rises += level;
    p->falls += !level;
}

/* With CR0.NE clear the instruction waits, for as long as the budget lasts; IGNNE# lets it pass. */
static void ferr(void **state)
{
    static const uint8_t code[] = {0x9b, 0xf4}; /* fwait; hlt */
    struct pin pin = {0, 0};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    r.c->bus.ferr = on_ferr;
    r.c->bus.opaque = &pin;
    ready(&r, RIG_PROT32, ALL_MASKED & ~ZE, false);
    divide_by_zero(&r);
    assert_int_equal(pin.rises, 0);
    assert_true(lc_phys_write(&r.phys, RIG_CODE, code, sizeof(code), true));
    r.c->rip = RIG_CODE;
    uint64_t retired = lc_cpu_retired(r.c);
    assert_int_equal(lc_cpu_run(r.c, 10), LC_STOP_BUDGET);
    assert_int_equal(r.c->rip, RIG_CODE);
    assert_int_equal(lc_cpu_retired(r.c), retired);
    assert_int_equal(pin.rises, 1);
    assert_int_equal(pin.falls, 0);
    lc_cpu_set_ignne(r.c, true);
    assert_int_equal(lc_cpu_run(r.c, 10), LC_STOP_HALT);
    assert_int_equal(r.c->rip, RIG_CODE + 2);
    r.c->halted = false;
    assert_done(RUN(&r, 0xdb, 0xe2)); /* fnclex */
    assert_int_equal(pin.falls, 1);
    rig_close(&r);
}

/* ---- environments (vol. 1, figures 8-9 to 8-12) ---- */

struct env_case {
    enum rig_mode mode;
    bool wide, prefix;
};

static const struct env_case env_cases[] = {
    {RIG_LONG, true, false},   {RIG_LONG, false, true},    {RIG_COMPAT, true, false},
    {RIG_PROT32, false, true}, {RIG_PROT16, false, false}, {RIG_PROT16, true, true},
    {RIG_REAL, false, false},  {RIG_REAL, true, true},     {RIG_VM86, false, false},
};

static struct outcome env_run(struct rig *r, const struct env_case *t, uint8_t op, uint8_t modrm)
{
    bool narrow = rig_width(t->mode) == 16; /* [bx] is another ModRM there */
    uint8_t m = narrow ? (uint8_t)(modrm | 7) : (uint8_t)(modrm | 3);
    return t->prefix ? RUN(r, 0x66, op, m) : RUN(r, op, m);
}

/* R6 zero, R7 valid, R5 special, the others empty; TOP is 5. */
static void fill(struct rig *r)
{
    struct lc_fpu *f = &r->c->fpu;
    f->fcw = 0x0a7f;
    f->fsw = 0x4121 | 5 << 11;
    f->ftw = 0xe0;
    f->fop = 0x5d9;
    f->fip = 0x12345;
    f->fdp = 0x6789a;
    f->fcs = 0x0f0f;
    f->fds = 0x1e1e;
    for (unsigned i = 0; i < 8; i++)
        memset(f->st[i], (int)(0x90 + i), 10);
    memset(f->st[6], 0, 10);
    memset(f->st[5], 0, 8);
}

static uint32_t field(struct rig *r, const struct env_case *t, unsigned i)
{
    unsigned size = t->wide ? 4 : 2;
    return (uint32_t)rig_peek(r, RIG_DATA + i * size, size);
}

static void check_pointers(struct rig *r, const struct env_case *t)
{
    bool real = t->mode == RIG_REAL || t->mode == RIG_VM86;
    if (!real) {
        assert_int_equal(field(r, t, 3), t->wide ? 0x12345 : 0x2345);
        assert_int_equal(field(r, t, 4), t->wide ? 0x5d90f0f : 0x0f0f);
        assert_int_equal(field(r, t, 5), t->wide ? 0x6789a : 0x789a);
        assert_int_equal(field(r, t, 6) & 0xffff, 0x1e1e);
        return;
    }
    uint32_t ip = 0x12345 + 0x0f0f0, dp = 0x6789a + 0x1e1e0;
    assert_int_equal(field(r, t, 3) & 0xffff, ip & 0xffff);
    assert_int_equal(field(r, t, 4), (ip >> 16) << 12 | 0x5d9);
    assert_int_equal(field(r, t, 5) & 0xffff, dp & 0xffff);
    assert_int_equal(field(r, t, 6), (dp >> 16) << 12);
}

static void environments(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(env_cases); i++) {
        const struct env_case *t = &env_cases[i];
        ready(&r, t->mode, ALL_MASKED, true);
        fill(&r);
        for (unsigned k = 0; k < 128; k += 8)
            rig_poke(&r, RIG_DATA + k, UINT64_C(0xcccccccccccccccc), 8);
        assert_done(env_run(&r, t, 0xd9, 0x30)); /* fnstenv */
        assert_int_equal(field(&r, t, 0), t->wide ? 0xffff0a7f : 0x0a7f);
        assert_int_equal(field(&r, t, 1) & 0xffff, 0x4121 | 5 << 11);
        /* R7 00, R6 01, R5 10, R4 to R0 11 */
        assert_int_equal(field(&r, t, 2) & 0xffff, 0x1bff);
        check_pointers(&r, t);
        assert_int_equal(rig_peek(&r, RIG_DATA + (t->wide ? 28 : 14), 1), 0xcc);
        struct lc_fpu was = r.c->fpu;
        memset(&r.c->fpu, 0, offsetof(struct lc_fpu, mxcsr));
        assert_done(env_run(&r, t, 0xd9, 0x20)); /* fldenv */
        assert_int_equal(r.c->fpu.fcw, 0x0a7f);
        assert_int_equal(r.c->fpu.fsw, was.fsw);
        assert_int_equal(r.c->fpu.ftw, 0xe0);
    }
    rig_close(&r);
}

static void save_and_restore(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(env_cases); i++) {
        const struct env_case *t = &env_cases[i];
        unsigned env = t->wide ? 28 : 14;
        ready(&r, t->mode, ALL_MASKED, true);
        fill(&r);
        struct lc_fpu was = r.c->fpu;
        rig_poke(&r, RIG_DATA + env + 80, 0xa5, 1);
        assert_done(env_run(&r, t, 0xdd, 0x30)); /* fnsave */
        assert_int_equal(r.c->fpu.fcw, ALL_MASKED);
        assert_int_equal(r.c->fpu.fsw | r.c->fpu.ftw, 0);
        assert_int_equal(rig_peek(&r, RIG_DATA + env + 80, 1), 0xa5);
        for (unsigned k = 0; k < 8; k++) /* in the order of the stack */
            assert_int_equal(rig_peek(&r, RIG_DATA + env + 10 * k + 2, 8),
                             lc_get64(was.st[(5 + k) & 7] + 2));
        memset(r.c->fpu.st, 0x11, sizeof(r.c->fpu.st));
        assert_done(env_run(&r, t, 0xdd, 0x20)); /* frstor */
        assert_int_equal(r.c->fpu.fsw, was.fsw);
        assert_int_equal(r.c->fpu.ftw, was.ftw);
        for (unsigned k = 0; k < 8; k++)
            assert_memory_equal(r.c->fpu.st[k], was.st[k], 10);
    }
    rig_close(&r);
}

/* Nothing is written when the last bytes cannot be. */
static void save_faults_whole(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED, true);
    fill(&r);
    rig_poke(&r, RIG_ABSENT - 0x40, 0x7777, 8);
    r.c->gpr[LC_RBX] = RIG_ABSENT - 0x40;
    struct lc_fpu was = r.c->fpu;
    assert_vector(RUN(&r, 0xdd, 0x33), LC_VEC_PF);
    assert_int_equal(rig_peek(&r, RIG_ABSENT - 0x40, 8), 0x7777);
    assert_vector(RUN(&r, 0xdd, 0x23), LC_VEC_PF);
    assert_memory_equal(&r.c->fpu, &was, sizeof(was));
    rig_close(&r);
}

static void pointers(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED, true);
    r.c->fpu.fip = r.c->fpu.fdp = 0;
    assert_done(RUN(&r, 0x40, 0xd8, 0x43, 0x10)); /* fadd dword [rbx + 10h] */
    assert_int_equal(r.c->fpu.fip, RIG_CODE);
    assert_int_equal(r.c->fpu.fdp, RIG_DATA + 0x10);
    assert_int_equal(r.c->fpu.fop, 0x043);
    assert_int_equal(r.c->fpu.fcs, r.c->seg[LC_CS].sel);
    r.c->fpu.fip = 0;
    assert_done(RUN(&r, 0xd9, 0x7b, 0x20)); /* control instructions leave them */
    assert_done(RUN(&r, 0xd9, 0x2b));
    assert_int_equal(r.c->fpu.fip, 0);
    assert_int_equal(r.c->fpu.fdp, RIG_DATA + 0x10);
    assert_done(RUN(&r, 0xd9, 0xe8));
    assert_int_equal(r.c->fpu.fip, RIG_CODE);
    assert_int_equal(r.c->fpu.fdp, RIG_DATA + 0x10);
    assert_int_equal(r.c->fpu.fop, 0x1e8);
    rig_close(&r);
}

/* ---- known answers ---- */

static void packed_decimals(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    ready(&r, RIG_LONG, ALL_MASKED, true);
    rig_poke(&r, RIG_DATA, UINT64_C(0x3456789012345678), 8);
    rig_poke(&r, RIG_DATA + 8, 0x8012, 2);
    assert_done(RUN(&r, 0xdf, 0x23)); /* fbld: -123456789012345678 */
    assert_done(RUN(&r, 0xdd, 0xd1)); /* fst st1 */
    assert_done(RUN(&r, 0xdf, 0x3b)); /* fistp qword */
    assert_int_equal(rig_peek(&r, RIG_DATA, 8), (uint64_t)INT64_C(-123456789012345678));
    assert_done(RUN(&r, 0xdf, 0x33)); /* fbstp */
    assert_int_equal(rig_peek(&r, RIG_DATA, 8), UINT64_C(0x3456789012345678));
    assert_int_equal(rig_peek(&r, RIG_DATA + 8, 2), 0x8012);
    assert_int_equal(r.c->fpu.ftw, 0);
    assert_int_equal(r.c->fpu.fsw & 0x3f, 0);
    rig_poke(&r, RIG_DATA, UINT64_C(1000000000000000000), 8); /* 19 digits */
    assert_done(RUN(&r, 0xdf, 0x2b));
    assert_done(RUN(&r, 0xdf, 0x33));
    assert_int_equal(rig_peek(&r, RIG_DATA, 8), UINT64_C(0xc000000000000000));
    assert_int_equal(rig_peek(&r, RIG_DATA + 8, 2), 0xffff);
    assert_int_equal(r.c->fpu.fsw & 0x3f, IE);
    rig_close(&r);
}

/* Constants are rounded by RC, to 64 bits whatever PC is. */
static void constants(void **state)
{
    static const struct {
        uint8_t code;
        uint16_t se;
        uint64_t m[4]; /* nearest, down, up, zero */
    } t[] = {
#define K(code, se, low, near)                                                                     \
    {                                                                                              \
        code, se,                                                                                  \
        {                                                                                          \
            UINT64_C(low) + (near), UINT64_C(low), UINT64_C(low) + 1, UINT64_C(low)                \
        }                                                                                          \
    }
        K(0xe9, 0x4000, 0xd49a784bcd1b8afe, 0), K(0xea, 0x3fff, 0xb8aa3b295c17f0bb, 1),
        K(0xeb, 0x4000, 0xc90fdaa22168c234, 1), K(0xec, 0x3ffd, 0x9a209a84fbcff798, 1),
        K(0xed, 0x3ffe, 0xb17217f7d1cf79ab, 1),
#undef K
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++)
        for (unsigned rc = 0; rc < 4; rc++) {
            ready(&r, RIG_LONG, (uint16_t)(0x007f | rc << 10), true);
            assert_done(RUN(&r, 0xd9, t[i].code));
            assert_st(&r, 0, t[i].se, t[i].m[rc]);
            assert_int_equal(r.c->fpu.fsw, 7 << 11);
        }
    rig_close(&r);
}

/* 1 / 3 to 24, 53 and 64 bits, up and down; C1 tells which. */
static void precision(void **state)
{
    static const struct {
        uint16_t fcw;
        uint64_t m;
        bool up;
    } t[] = {
        {0x037f, UINT64_C(0xaaaaaaaaaaaaaaab), true},
        {0x077f, UINT64_C(0xaaaaaaaaaaaaaaaa), false},
        {0x0b7f, UINT64_C(0xaaaaaaaaaaaaaaab), true},
        {0x027f, UINT64_C(0xaaaaaaaaaaaaa800), false},
        {0x0a7f, UINT64_C(0xaaaaaaaaaaaab000), true},
        {0x007f, UINT64_C(0xaaaaab0000000000), true},
        {0x0c7f, UINT64_C(0xaaaaaa0000000000), false},
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        ready(&r, RIG_LONG, t[i].fcw, true);
        push(&r, 1);
        rig_poke(&r, RIG_DATA, 3, 2);
        assert_done(RUN(&r, 0xde, 0x33)); /* fidiv word [rbx] */
        assert_st(&r, 0, 0x3ffd, t[i].m);
        assert_int_equal(r.c->fpu.fsw, 7 << 11 | PE | (t[i].up ? C1 : 0));
    }
    rig_close(&r);
}

/* sin^2 + cos^2 = 1, tan = sin / cos, 2^(log2 10) = 10, arctan 1 = pi / 4, to a few last places. */
static void functions(void **state)
{
    static const uint8_t circle[] = {0xd9, 0xfb, 0xdc, 0xc8, 0xd9, 0xc9, 0xdc, 0xc8, 0xde, 0xc1};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < 50; i++) {
        ready(&r, RIG_LONG, ALL_MASKED, true);
        rig_poke(&r, RIG_DATA, i * 7919 * 104729u, 4);
        assert_done(RUN(&r, 0xdb, 0x03)); /* fild */
        assert_done(RUN(&r, 0xd9, 0xeb));
        assert_done(RUN(&r, 0xde, 0xf9)); /* / pi */
        for (size_t k = 0; k < sizeof(circle); k += 2)
            assert_done(rig_run(&r, circle + k, 2));
        push(&r, 1);
        assert_done(RUN(&r, 0xde, 0xe9)); /* the sum less 1 */
        assert_true((lc_get16(st(&r, 0) + 8) & 0x7fff) < 0x3fff - 61);
    }
    ready(&r, RIG_LONG, ALL_MASKED, true);
    push(&r, 2);
    assert_done(RUN(&r, 0xd9, 0xf3)); /* fpatan */
    assert_st(&r, 0, 0x3ffe, UINT64_C(0xc90fdaa22168c235));
    assert_done(RUN(&r, 0xd9, 0xf2)); /* fptan: back to 1 */
    assert_int_equal(top(&r), 6);
    assert_st(&r, 0, 0x3fff, UINT64_C(1) << 63);
    rig_poke(&r, RIG_DATA, UINT64_C(1) << 62, 8);
    assert_done(RUN(&r, 0xdf, 0x2b));
    assert_done(RUN(&r, 0xd8, 0xc0)); /* 2^63: too large */
    assert_done(RUN(&r, 0xd9, 0xfe));
    assert_int_equal(r.c->fpu.fsw & 0x400, 0x400);
    assert_st(&r, 0, 0x3fff + 63, UINT64_C(1) << 63);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overflow),
        cmocka_unit_test(underflow),
        cmocka_unit_test(refused_store),
        cmocka_unit_test(faulting_store),
        cmocka_unit_test(mf_waits),
        cmocka_unit_test(es_follows),
        cmocka_unit_test(ferr),
        cmocka_unit_test(environments),
        cmocka_unit_test(save_and_restore),
        cmocka_unit_test(save_faults_whole),
        cmocka_unit_test(pointers),
        cmocka_unit_test(packed_decimals),
        cmocka_unit_test(constants),
        cmocka_unit_test(precision),
        cmocka_unit_test(functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
