/*
 * x87_control.c - the x87 unit as a whole: control, status and tag words, environments, #MF and
 * FERR# (SDM vol. 1, 8.1.3 to 8.1.10, 8.3.11, 8.7; vol. 2A, FLDENV, FRSTOR).
 */
#include "cpu/exec/x87.h"

enum {
    FCW_INIT = 0x037f,
    FCW_WRITABLE = 0x1f3f, /* bit 12, the 80287's infinity control, is kept */
    FCW_FIXED = 0x0040,    /* always reads 1 */
    FSW_CLEARED = 0x80ff,  /* by FNCLEX: flags, SF, ES, B */
    FOP_BITS = 0x07ff,
};

/* ---- exceptions that wait (8.7) ---- */

/*
 * With CR0.NE an exception that waits is #MF.  Without, as in a PC, the processor drives FERR# and
 * holds the instruction until an interrupt comes, or IGNNE# lets it pass: the board makes IRQ 13 of
 * the one and answers its acknowledgement by the other.
 */
bool lc_x87_exception(struct lc_cpu *cpu)
{
    if (cpu->cr0 & LC_CR0_NE)
        return lc_raise(cpu, LC_VEC_MF);
    if (cpu->ignne)
        return true;
    cpu->exit = LC_EXIT_FERR;
    return false;
}

void lc_x87_set_ferr(struct lc_cpu *cpu, bool level)
{
    if (cpu->ferr == level)
        return;
    cpu->ferr = level;
    if (cpu->bus.ferr) {
        lc_fp_park(cpu);
        cpu->bus.ferr(cpu->bus.opaque, level);
    }
}

void lc_x87_settle(struct lc_cpu *cpu)
{
    struct lc_fpu *f = &cpu->fpu;
    bool waits = (f->fsw & ~f->fcw & LC_FSW_FLAGS) != 0;
    f->fsw &= (uint16_t) ~(LC_FSW_ES | LC_FSW_B);
    if (waits)
        f->fsw |= LC_FSW_ES | LC_FSW_B;
    else
        lc_x87_set_ferr(cpu, false);
}

/* ---- control and status words ---- */

/* What follows works on FCW and FSW as wholes. */
static LC_NOINLINE void set_control_slow(struct lc_cpu *cpu, uint16_t fcw)
{
    lc_fp_park_x87(cpu);
    cpu->fpu.fcw = fcw;
    lc_x87_settle(cpu);
}

/* With all exceptions masked a session goes on. */
LC_INLINE void set_control(struct lc_cpu *cpu, unsigned v)
{
    uint16_t fcw = (uint16_t)((v & FCW_WRITABLE) | FCW_FIXED);
    if (LC_LIKELY(cpu->fp.x87 && (fcw & LC_FCW_MASKS) == LC_FCW_MASKS))
        lc_fp_set_fcw(cpu, fcw);
    else
        set_control_slow(cpu, fcw);
}

static LC_NOINLINE void clear_exceptions(struct lc_cpu *cpu)
{
    cpu->fpu.fsw &= (uint16_t)~FSW_CLEARED;
    lc_x87_settle(cpu);
}

static lc_next fldcw(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_x87_ready(cpu));
    TRY(lc_mem_load(cpu, insn, 2, &v));
    set_control(cpu, (unsigned)v);
    NEXT(cpu, insn);
}

static lc_next fnstcw(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mem_store(cpu, insn, 2, cpu->fpu.fcw));
    NEXT(cpu, insn);
}

static lc_next fnstsw_mem(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mem_store(cpu, insn, 2, lc_fp_fsw(cpu)));
    NEXT(cpu, insn);
}

static lc_next fnstsw_ax(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_set_reg(cpu, LC_RAX * 8, 2, lc_fp_fsw(cpu));
    NEXT(cpu, insn);
}

static lc_next fnclex(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (LC_LIKELY(cpu->fp.x87))
        LC_HOST_X87(0xdb, 0xe2);
    else
        clear_exceptions(cpu);
    NEXT(cpu, insn);
}

/* The registers keep what is in them. */
static LC_NOINLINE void initialize(struct lc_cpu *cpu)
{
    struct lc_fpu *f = &cpu->fpu;
    lc_fp_park_x87(cpu);
    f->fcw = FCW_INIT;
    f->fsw = 0;
    f->ftw = 0;
    f->fop = 0;
    f->fip = f->fdp = 0;
    f->fcs = f->fds = 0;
    lc_x87_settle(cpu);
}

static lc_next fninit(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    initialize(cpu);
    NEXT(cpu, insn);
}

/* FNENI, FNDISI, FNSETPM: instructions of the 8087 and 80287 that do nothing any more. */
static lc_next ignored(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    (void)cpu;
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fldcw, fldcw)
LC_OP_SINGLE(x87_fnstcw, fnstcw)
LC_OP_SINGLE(x87_fnstsw_mem, fnstsw_mem)
LC_OP_SINGLE(x87_fnstsw_ax, fnstsw_ax)
LC_OP_SINGLE(x87_fnclex, fnclex)
LC_OP_SINGLE(x87_fninit, fninit)
LC_OP_SINGLE(x87_ignored, ignored)

/* FWAIT: #NM with CR0.MP and CR0.TS (vol. 3A, table 2-2). */
static lc_next fwait(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    const uint64_t both = LC_CR0_MP | LC_CR0_TS;
    TRY((cpu->cr0 & both) != both || lc_raise(cpu, LC_VEC_NM));
    TRY(lc_x87_ready(cpu));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(fwait, fwait)

/* ---- the tag word (8.1.7): two bits a register, made when it is stored ---- */

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static unsigned tag(const struct lc_fpu *f, unsigned r)
{
    uint64_t m = lc_get64(f->st[r]);
    unsigned e = lc_get16(f->st[r] + 8) & 0x7fffu;
    if (!(f->ftw >> r & 1))
        return TAG_EMPTY;
    if (e == 0 && m == 0)
        return TAG_ZERO;
    return e == 0 || e == 0x7fff || !(m >> 63) ? TAG_SPECIAL : TAG_VALID;
}

uint16_t lc_x87_tags(const struct lc_fpu *f)
{
    unsigned v = 0;
    for (unsigned r = 0; r < 8; r++)
        v |= tag(f, r) << 2 * r;
    return (uint16_t)v;
}

/* Loaded, a tag only tells empty from full. */
uint8_t lc_x87_abridge(uint16_t full)
{
    unsigned v = 0;
    for (unsigned r = 0; r < 8; r++)
        v |= (unsigned)(((unsigned)full >> 2 * r & 3) != TAG_EMPTY) << r;
    return (uint8_t)v;
}

/* ---- environments (8.1.10, figures 8-9 to 8-12) ---- */

/* Seven fields of 2 or 4 bytes: FCW, FSW, tags, and four for the pointers. */
enum { ENV_FIELDS = 7, ENV_SIZE_MAX = 28, STATE_SIZE_MAX = ENV_SIZE_MAX + 80 };

struct env_form {
    unsigned field; /* bytes: 2 or 4 */
    bool real;      /* linear addresses, in real and virtual-8086 mode */
};

static struct env_form env_form(const struct lc_cpu *c, const struct lc_insn *insn)
{
    return (struct env_form){
        .field = LC_INSN_OPSIZE(insn->flags) == 1 ? 2 : 4,
        .real = lc_real_mode(c) || lc_vm86(c),
    };
}

/* The pointer fields where the selectors have their own. */
static void protected_pointers(const struct lc_fpu *f, bool wide, uint32_t v[4])
{
    v[0] = (uint32_t)f->fip;
    v[1] = f->fcs | (wide ? (uint32_t)f->fop << 16 : 0);
    v[2] = (uint32_t)f->fdp;
    v[3] = f->fds | 0xffff0000u;
}

static void real_pointers(const struct lc_fpu *f, bool wide, uint32_t v[4])
{
    uint32_t ip = (uint32_t)f->fip + ((uint32_t)f->fcs << 4);
    uint32_t dp = (uint32_t)f->fdp + ((uint32_t)f->fds << 4);
    uint32_t high = wide ? 0xffff : 0xf; /* of what lies above the lower 16 bits */
    v[0] = 0xffff0000u | ip;
    v[1] = (ip >> 16 & high) << 12 | f->fop;
    v[2] = 0xffff0000u | dp;
    v[3] = (dp >> 16 & high) << 12;
}

static void make_env(const struct lc_fpu *f, struct env_form form, uint8_t *image)
{
    uint32_t v[ENV_FIELDS] = {0xffff0000u | f->fcw, 0xffff0000u | f->fsw,
                              0xffff0000u | lc_x87_tags(f)};
    if (form.real)
        real_pointers(f, form.field == 4, v + 3);
    else
        protected_pointers(f, form.field == 4, v + 3);
    for (unsigned i = 0; i < ENV_FIELDS; i++)
        lc_put(image + i * form.field, v[i], form.field);
}

static void take_pointers(struct lc_fpu *f, struct env_form form, const uint32_t v[4])
{
    bool wide = form.field == 4;
    if (form.real) {
        uint32_t high = wide ? 0xffff : 0xf;
        f->fip = (v[0] & 0xffff) | (v[1] >> 12 & high) << 16;
        f->fdp = (v[2] & 0xffff) | (v[3] >> 12 & high) << 16;
        f->fcs = f->fds = 0;
        f->fop = v[1] & FOP_BITS;
        return;
    }
    f->fip = v[0];
    f->fcs = (uint16_t)v[1];
    f->fdp = v[2];
    f->fds = (uint16_t)v[3];
    f->fop = wide ? v[1] >> 16 & FOP_BITS : 0; /* 16-bit environments have no place for it */
}

static void take_env(struct lc_cpu *cpu, struct env_form form, const uint8_t *image)
{
    struct lc_fpu *f = &cpu->fpu;
    uint32_t v[ENV_FIELDS];
    for (unsigned i = 0; i < ENV_FIELDS; i++)
        v[i] = (uint32_t)lc_get(image + i * form.field, form.field);
    f->fcw = (uint16_t)((v[0] & FCW_WRITABLE) | FCW_FIXED);
    f->fsw = (uint16_t)v[1];
    f->ftw = lc_x87_abridge((uint16_t)v[2]);
    take_pointers(f, form, v + 3);
    lc_x87_settle(cpu);
}

/* ---- FNSTENV, FLDENV, FNSAVE, FRSTOR ---- */

/* The environment is looked at before the registers behind it. */
static bool write_image(struct lc_cpu *cpu, const struct lc_insn *insn, const uint8_t *image,
                        unsigned env, unsigned size)
{
    uint64_t la;
    return lc_mem(cpu, insn, env, true, &la) &&
           lc_probe(cpu, cpu->tlb_class, insn->seg, la, env, true) &&
           lc_mem(cpu, insn, size, true, &la) && lc_vmem_write_slow(cpu, insn, la, size, image);
}

static bool read_image(struct lc_cpu *cpu, const struct lc_insn *insn, uint8_t *image,
                       unsigned size)
{
    uint64_t la, v;
    if (!lc_mem(cpu, insn, size, false, &la))
        return false;
    for (unsigned at = 0; at < size; at += 2) {
        if (!lc_load(cpu, insn, insn->seg, la + at, 2, &v))
            return false;
        lc_put16(image + at, (uint16_t)v);
    }
    return true;
}

/* Behind the store all exceptions are masked. */
static LC_NOINLINE bool store_env(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct env_form form = env_form(cpu, insn);
    uint8_t image[ENV_SIZE_MAX];
    lc_fp_park_x87(cpu);
    make_env(&cpu->fpu, form, image);
    if (!write_image(cpu, insn, image, ENV_FIELDS * form.field, ENV_FIELDS * form.field))
        return false;
    set_control(cpu, cpu->fpu.fcw | LC_FCW_MASKS);
    return true;
}

static LC_NOINLINE bool load_env(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct env_form form = env_form(cpu, insn);
    uint8_t image[ENV_SIZE_MAX];
    if (!read_image(cpu, insn, image, ENV_FIELDS * form.field))
        return false;
    lc_fp_park_x87(cpu);
    take_env(cpu, form, image);
    return true;
}

static LC_NOINLINE bool save_state(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct env_form form = env_form(cpu, insn);
    uint8_t image[STATE_SIZE_MAX], *st = image + ENV_FIELDS * form.field;
    lc_fp_park_x87(cpu);
    make_env(&cpu->fpu, form, image);
    for (unsigned i = 0; i < 8; i++)
        memcpy(st + 10 * i, lc_st(cpu, i), 10);
    if (!write_image(cpu, insn, image, ENV_FIELDS * form.field, ENV_FIELDS * form.field + 80))
        return false;
    initialize(cpu);
    return true;
}

static LC_NOINLINE bool restore_state(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    struct env_form form = env_form(cpu, insn);
    uint8_t image[STATE_SIZE_MAX], *st = image + ENV_FIELDS * form.field;
    if (!read_image(cpu, insn, image, ENV_FIELDS * form.field + 80))
        return false;
    lc_fp_park_x87(cpu);
    take_env(cpu, form, image);
    for (unsigned i = 0; i < 8; i++)
        memcpy(lc_st(cpu, i), st + 10 * i, 10);
    return true;
}

static lc_next fnstenv(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(store_env(cpu, insn));
    NEXT(cpu, insn);
}

static lc_next fnsave(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(save_state(cpu, insn));
    NEXT(cpu, insn);
}

static lc_next fldenv(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    TRY(load_env(cpu, insn));
    NEXT(cpu, insn);
}

static lc_next frstor(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_x87_ready(cpu));
    TRY(restore_state(cpu, insn));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(x87_fnstenv, fnstenv)
LC_OP_SINGLE(x87_fnsave, fnsave)
LC_OP_SINGLE(x87_fldenv, fldenv)
LC_OP_SINGLE(x87_frstor, frstor)
