/*
 * silicon.c - see silicon.h.
 */
#include "exec/silicon.h"

#include "cpu/exec/block.h"

enum {
    LIMIT = 1 << 26, /* instructions of a case: silicon ends some long loops in its time */
    COMPARED = LC_OSZAPC | LC_DF,
    RO_PA = 0x18000,
    CODE_PA = 0x1c000,
    FSW_ES = 0x80,
};

/* Where the data pages lie in physical memory: apart, so that an access to both is two. */
static const uint64_t data_pa[2] = {0x10000, 0x14000};

/* ---- this CPU ---- */

static void map_all(struct silicon *s)
{
    struct cpu_fixture *f = &s->f;
    uint8_t int3[ORACLE_PAGE];
    memset(int3, 0xcc, sizeof(int3));
    for (unsigned i = 0; i < 2; i++) {
        fixture_map(f, ORACLE_DATA + i * ORACLE_PAGE, data_pa[i], true, false);
        s->page[i] = f->ram + data_pa[i];
    }
    fixture_map(f, ORACLE_RO, RO_PA, false, false);
    fixture_map(f, ORACLE_CODE, CODE_PA, false, true);
    fixture_code(f, CODE_PA, int3, sizeof(int3));
    for (unsigned i = 0; i < ORACLE_PAGE; i++)
        f->ram[RO_PA + i] = (uint8_t)(i * 7);
}

bool silicon_init(struct silicon *s)
{
    memset(s, 0, sizeof(*s));
    if (!fixture_init(&s->f))
        return false;
    map_all(s);
    silicon_enter(s, ORACLE_64);
    return true;
}

void silicon_fini(struct silicon *s)
{
    fixture_fini(&s->f);
}

void silicon_enter(struct silicon *s, enum oracle_mode mode)
{
    static const enum fixture_mode of[] = {FIXTURE_64, FIXTURE_32, FIXTURE_16};
    struct cpu_fixture *f = &s->f;
    s->mode = mode;
    fixture_mode(f, of[mode]);
    f->cpu->seg[LC_FS] = f->cpu->seg[LC_GS] = (struct lc_seg){.usable = false};
    if (mode == ORACLE_64)
        f->cpu->seg[LC_GS].base = ORACLE_GS_BASE;
    if (mode == ORACLE_16) {
        static const uint8_t data[] = {LC_ES, LC_SS, LC_DS};
        fixture_segment(f, LC_CS, 0x07, ORACLE_CODE, ORACLE_PAGE - 1,
                        LC_SEG_CODE | LC_SEG_READABLE);
        for (unsigned i = 0; i < LC_ARRAY_LEN(data); i++)
            fixture_segment(f, data[i], 0x0f, ORACLE_DATA, ORACLE_DATA16_LIMIT, LC_SEG_WRITABLE);
    }
    lc_cpu_derive(f->cpu);
}

/* Blocks of INT3 gather where branches have led: a fresh start is cheaper than looking through
 * them at each change of the code. */
void silicon_background(struct silicon *s, const uint8_t *background)
{
    memcpy(s->background, background, ORACLE_DATA_LEN);
    for (unsigned i = 0; i < 2; i++)
        memcpy(s->page[i], background + i * ORACLE_PAGE, ORACLE_PAGE);
    lc_blocks_flush(s->f.cpu);
}

/* ---- state ---- */

/* Registers turn with TOP, the image does not. */
static uint8_t *st(struct lc_fpu *f, unsigned i)
{
    return f->st[((f->fsw >> 11) + i) & 7];
}

static void load_vectors(struct lc_fpu *f, const struct oracle_vectors *v)
{
    const uint8_t *fx = v->fx;
    f->fcw = lc_get16(fx + ORACLE_FCW);
    f->fsw = lc_get16(fx + ORACLE_FSW);
    f->ftw = fx[ORACLE_FTW];
    f->fop = lc_get16(fx + ORACLE_FOP);
    f->fip = lc_get64(fx + ORACLE_FIP);
    f->fdp = lc_get64(fx + ORACLE_FDP);
    f->fcs = f->fds = 0;
    f->mxcsr = lc_get32(fx + ORACLE_MXCSR);
    for (unsigned i = 0; i < 8; i++)
        memcpy(st(f, i), fx + ORACLE_ST + 16 * i, 10);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(f->zmm[i], fx + ORACLE_XMM + 16 * i, 16);
        memcpy(f->zmm[i] + 16, v->ymm_high + 16 * i, 16);
    }
}

static void save_vectors(struct lc_fpu *f, struct oracle_vectors *v)
{
    uint8_t *fx = v->fx;
    memset(fx, 0, ORACLE_ST);
    lc_put16(fx + ORACLE_FCW, f->fcw);
    lc_put16(fx + ORACLE_FSW, f->fsw);
    fx[ORACLE_FTW] = f->ftw;
    lc_put16(fx + ORACLE_FOP, f->fop);
    lc_put64(fx + ORACLE_FIP, f->fip);
    lc_put64(fx + ORACLE_FDP, f->fdp);
    lc_put32(fx + ORACLE_MXCSR, f->mxcsr);
    for (unsigned i = 0; i < 8; i++)
        memcpy(fx + ORACLE_ST + 16 * i, st(f, i), 10);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(fx + ORACLE_XMM + 16 * i, f->zmm[i], 16);
        memcpy(v->ymm_high + 16 * i, f->zmm[i] + 16, 16);
    }
}

static void load_code(struct silicon *s, const struct oracle_case *c)
{
    uint8_t int3[ORACLE_BYTES];
    memset(int3, 0xcc, s->old_len);
    if (s->old_off != c->code_off || s->old_len > c->code_len)
        fixture_code(&s->f, CODE_PA + s->old_off, int3, s->old_len);
    fixture_code(&s->f, CODE_PA + c->code_off, c->code, c->code_len);
    s->old_off = c->code_off;
    s->old_len = c->code_len;
}

void silicon_run(struct silicon *s, const struct oracle_case *c, struct oracle_outcome *mine)
{
    struct cpu_fixture *f = &s->f;
    load_code(s, c);
    oracle_put_memory(&c->memory, s->page);
    memcpy(f->cpu->gpr, c->in.gpr, sizeof(c->in.gpr));
    f->cpu->rip = c->in.rip;
    lc_cpu_set_rflags(f->cpu, c->in.rflags);
    load_vectors(&f->cpu->fpu, &c->in.vectors);
    mine->end = fixture_run(f, LIMIT) ? ORACLE_FAULT : ORACLE_HANG;
    memcpy(mine->state.gpr, f->gpr, sizeof(mine->state.gpr));
    mine->state.rip = f->rip;
    mine->state.rflags = f->rflags;
    save_vectors(&f->cpu->fpu, &mine->state.vectors);
    oracle_take_memory(&mine->memory, s->page, s->background);
    mine->vector = f->fault.vector;
    mine->error = f->fault.has_error ? f->fault.error : 0;
    mine->cr2 = f->fault.cr2;
}

/* ---- the comparison ---- */

uint64_t silicon_reg_mask(enum oracle_mode mode)
{
    return mode == ORACLE_64 ? UINT64_MAX : UINT32_MAX;
}

uint32_t silicon_flags(const struct silicon *s, const struct oracle_case *c,
                       const struct gen_info *info)
{
    bool whole = c->out.vector == LC_VEC_BP;
    uint32_t undefined = whole ? info->undefined : info->undefined_early;
    return s->strict ? COMPARED : COMPARED & ~undefined;
}

static bool same_registers(enum oracle_mode mode, const struct oracle_state *a,
                           const struct oracle_state *b)
{
    uint64_t differ = a->rip ^ b->rip;
    for (unsigned i = 0; i < (mode == ORACLE_64 ? 16u : 8u); i++)
        differ |= a->gpr[i] ^ b->gpr[i];
    return (differ & silicon_reg_mask(mode)) == 0;
}

static bool is_access_fault(const struct oracle_outcome *o)
{
    return o->vector == LC_VEC_SS || o->vector == LC_VEC_GP || o->vector == LC_VEC_PF;
}

/* An operand over the end of the 4 GiB: whether all of it is refused, or its first part looked at
 * before, is the implementation's affair (SDM vol. 3A, 5.3). */
static bool is_open_wrap(const struct oracle_outcome *mine, const struct oracle_outcome *theirs)
{
    bool end = theirs->cr2 >> 6 == UINT32_MAX >> 6;
    return mine->vector != LC_VEC_PF && is_access_fault(mine) && theirs->vector == LC_VEC_PF && end;
}

/* BOUND: whether the second bound is read before the index is compared with the first. */
static bool is_open_bound(const struct oracle_outcome *mine, const struct oracle_outcome *theirs)
{
    return is_access_fault(mine) && theirs->vector == LC_VEC_BR;
}

/* An instruction that is longer for one than for the other: #UD, or what comes of fetching the
 * rest, a page fault or #GP past 15 bytes. */
static bool is_open_fetch(const struct oracle_outcome *mine, const struct oracle_outcome *theirs)
{
    bool fetch = is_access_fault(mine) || is_access_fault(theirs);
    return fetch && (mine->vector == LC_VEC_UD || theirs->vector == LC_VEC_UD);
}

/* What of an error code can be compared: for an address that is no user's Linux says that the page
 * was there, whatever the processor said. */
static bool same_fault(const struct gen_info *info, const struct oracle_outcome *mine,
                       const struct oracle_outcome *theirs)
{
    bool page = mine->vector == LC_VEC_PF;
    if (info->open_address && is_access_fault(mine))
        return is_access_fault(theirs);
    if (info->open_length && is_open_fetch(mine, theirs))
        return true;
    if (is_open_wrap(mine, theirs) || is_open_bound(mine, theirs))
        return true;
    uint32_t mask = page && mine->cr2 >= UINT64_C(0x7ffffffff000) ? ~LC_PF_P : ~0u;
    if (mine->vector != theirs->vector || ((mine->error ^ theirs->error) & mask))
        return false;
    return !page || mine->cr2 == theirs->cr2;
}

uint8_t silicon_byte(const struct silicon *s, const struct oracle_memory *m, unsigned at)
{
    return oracle_has_line(m, at / ORACLE_LINE) ? m->bytes[at] : s->background[at];
}

static bool is_open_byte(const struct gen_info *info, unsigned at)
{
    for (unsigned i = 0; i < LC_ARRAY_LEN(info->open_bytes); i++)
        if (ORACLE_DATA + (uint64_t)at - info->open_bytes[i].la < info->open_bytes[i].len)
            return true;
    return false;
}

/* Line n may differ only where that is open. */
static bool same_line(const struct silicon *s, const struct gen_info *info, unsigned n,
                      const struct oracle_memory *a, const struct oracle_memory *b)
{
    for (unsigned i = n * ORACLE_LINE; i < (n + 1) * ORACLE_LINE; i++)
        if (silicon_byte(s, a, i) != silicon_byte(s, b, i) && !is_open_byte(info, i))
            return false;
    return true;
}

static bool same_memory(const struct silicon *s, const struct gen_info *info,
                        const struct oracle_memory *a, const struct oracle_memory *b)
{
    if (!(a->lines[0] | a->lines[1] | b->lines[0] | b->lines[1]))
        return true;
    for (unsigned i = 0; i < ORACLE_LINES; i++) {
        bool here = oracle_has_line(a, i), there = oracle_has_line(b, i);
        unsigned at = i * ORACLE_LINE;
        if (here && there && memcmp(a->bytes + at, b->bytes + at, ORACLE_LINE) == 0)
            continue;
        if ((here || there) && !same_line(s, info, i, a, b))
            return false;
    }
    return true;
}

bool silicon_has_pointers(const struct oracle_case *c)
{
    const uint8_t *in = c->in.vectors.fx, *out = c->out.state.vectors.fx;
    return out[ORACLE_FSW] & FSW_ES && memcmp(in + ORACLE_FOP, out + ORACLE_FOP, 2) != 0;
}

static bool same_registers_x87(const struct oracle_vectors *a, const struct oracle_vectors *b)
{
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a->fx + ORACLE_ST + 16 * i, b->fx + ORACLE_ST + 16 * i, 10) != 0)
            return false;
    return memcmp(a->fx, b->fx, ORACLE_FTW + 1) == 0;
}

/* How many bits of a loaded pointer are kept, before it is made canonical, differs. */
static bool same_pointer(const uint8_t *a, const uint8_t *b)
{
    return ((lc_get64(a) ^ lc_get64(b)) & lc_mask_size(6)) == 0;
}

/*
 * Only memory operands set FDP, and AMD's lose it when the system switches before.  Intel's leave
 * FOP and FDP when an exception that has waited becomes unmasked, so that only an equal FOP says
 * that the others are of the same instruction.
 */
static bool same_pointers(const struct silicon *s, const struct oracle_vectors *a,
                          const struct oracle_vectors *b)
{
    const uint8_t *here = a->fx, *there = b->fx;
    if (lc_get16(here + ORACLE_FOP) != lc_get16(there + ORACLE_FOP))
        return !s->amd;
    if (!same_pointer(here + ORACLE_FIP, there + ORACLE_FIP))
        return false;
    return !s->amd || lc_get64(there + ORACLE_FDP) == 0 ||
           same_pointer(here + ORACLE_FDP, there + ORACLE_FDP);
}

static bool same_vectors(const struct oracle_vectors *a, const struct oracle_vectors *b)
{
    return memcmp(a->fx + ORACLE_XMM, b->fx + ORACLE_XMM, 256) == 0 &&
           memcmp(a->ymm_high, b->ymm_high, sizeof(a->ymm_high)) == 0;
}

unsigned silicon_compare(const struct silicon *s, const struct oracle_case *c,
                         const struct gen_info *info, const struct oracle_outcome *mine)
{
    const struct oracle_outcome *theirs = &c->out;
    const struct oracle_state *a = &mine->state, *b = &theirs->state;
    unsigned differ = 0;
    if (mine->end != theirs->end)
        return SILICON_ENDLESS;
    if (!same_registers(c->mode, a, b))
        differ |= SILICON_GENERAL;
    if ((a->rflags ^ b->rflags) & silicon_flags(s, c, info))
        differ |= SILICON_FLAGS;
    if (!same_fault(info, mine, theirs))
        differ |= SILICON_FAULT;
    if (!same_memory(s, info, &mine->memory, &theirs->memory))
        differ |= SILICON_MEMORY;
    if (!same_registers_x87(&a->vectors, &b->vectors) ||
        (silicon_has_pointers(c) && !same_pointers(s, &a->vectors, &b->vectors)))
        differ |= SILICON_X87;
    if (!same_vectors(&a->vectors, &b->vectors))
        differ |= SILICON_VECTORS;
    if (memcmp(a->vectors.fx + ORACLE_MXCSR, b->vectors.fx + ORACLE_MXCSR, 4) != 0)
        differ |= SILICON_MXCSR;
    return differ;
}
