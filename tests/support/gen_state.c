/*
 * gen_state.c - the state that a case begins with: registers, control words, memory.
 */
#include "support/gen_shape.h"

/* ---- memory ---- */

void gen_begin(struct gen *g, uint8_t *background)
{
    for (unsigned i = 0; i < ORACLE_DATA_LEN; i += ORACLE_LINE)
        gen_fill(g, background + i, ORACLE_LINE, gen_percent(g, 50) ? GEN_BITS : GEN_ANY);
    for (unsigned kind = 0; kind < GEN_LANES; kind++)
        gen_fill(g, g->pool[kind][0], sizeof(g->pool[kind]), kind);
    g->background = background;
}

uint8_t *gen_memory(const struct gen *g, struct oracle_case *c, uint64_t la, unsigned n)
{
    struct oracle_memory *m = &c->memory;
    if (la < ORACLE_DATA || n > ORACLE_DATA_LEN || la - ORACLE_DATA > ORACLE_DATA_LEN - n)
        return NULL;
    unsigned off = (unsigned)(la - ORACLE_DATA), last = (off + n - 1) / ORACLE_LINE;
    for (unsigned i = off / ORACLE_LINE; i <= last; i++) {
        if (oracle_has_line(m, i))
            continue;
        m->lines[i / 64] |= LC_BIT(i % 64);
        memcpy(m->bytes + i * ORACLE_LINE, g->background + i * ORACLE_LINE, ORACLE_LINE);
    }
    return m->bytes + off;
}

void gen_poke(const struct gen *g, struct oracle_case *c, uint64_t la, uint64_t v, unsigned size)
{
    uint8_t *p = gen_memory(g, c, la, size);
    if (p)
        lc_put(p, v, size);
}

uint64_t gen_peek(const struct gen *g, const struct oracle_case *c, uint64_t la)
{
    uint64_t v = 0;
    if (la < ORACLE_DATA || la - ORACLE_DATA > ORACLE_DATA_LEN - 8)
        return 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned off = (unsigned)(la - ORACLE_DATA) + i;
        const uint8_t *from =
            oracle_has_line(&c->memory, off / ORACLE_LINE) ? c->memory.bytes : g->background;
        v |= (uint64_t)from[off] << (8 * i);
    }
    return v;
}

/* ---- x87, SSE, AVX ---- */

/* Control word: as FNINIT leaves it, or other rounding and precision, and seldom unmasked. */
static uint16_t any_fcw(struct gen *g)
{
    if (gen_percent(g, 50))
        return 0x37f;
    uint64_t r = gen_next(g);
    return (uint16_t)((r & 0xf00) | 0x40 | (gen_percent(g, 75) ? 0x3f : r >> 32 & 0x3f));
}

/* Status word that can be: ES and B tell whether an unmasked exception waits (vol. 1, 8.1.3). */
static uint16_t any_fsw(struct gen *g, uint16_t fcw)
{
    uint16_t sw = (uint16_t)(gen_next(g) & 0x7f7f);
    if (gen_percent(g, 50))
        sw &= 0x3800;
    if (gen_percent(g, 80))
        sw &= (uint16_t)(~0x3fu | fcw);
    return sw & ~fcw & 0x3f ? sw | 0x8080u : sw;
}

static uint8_t any_tags(struct gen *g)
{
    unsigned how = gen_below(g, 10);
    return how < 6 ? 0xff : how < 7 ? 0 : (uint8_t)gen_next(g);
}

uint32_t gen_mxcsr(struct gen *g)
{
    uint64_t r = gen_next(g);
    if (gen_percent(g, 35))
        return 0x1f80;
    return (uint32_t)((r & 0xe07f) | (gen_percent(g, 75) ? 0x1f80 : r >> 32 & 0x1f80));
}

/* AMD's processors lose the pointers while no exception waits: there are none then. */
static void random_pointers(struct gen *g, uint8_t *fx)
{
    if (!(fx[ORACLE_FSW] & 0x80))
        return;
    lc_put16(fx + ORACLE_FOP, (uint16_t)(gen_next(g) & 0x7ff));
    lc_put64(fx + ORACLE_FIP, (uint32_t)gen_next(g));
    lc_put64(fx + ORACLE_FDP, (uint32_t)gen_next(g));
}

static void random_x87(struct gen *g, uint8_t *fx, enum gen_lane lane)
{
    uint16_t fcw = any_fcw(g);
    lc_put16(fx + ORACLE_FCW, fcw);
    lc_put16(fx + ORACLE_FSW, any_fsw(g, fcw));
    fx[ORACLE_FTW] = any_tags(g);
    random_pointers(g, fx);
    for (unsigned i = 0; i < 8; i++) {
        uint8_t *st = fx + ORACLE_ST + 16 * i;
        memcpy(st, gen_pooled(g, GEN_F80), 10);
        if (gen_percent(g, lane == GEN_F80 ? 5 : 50)) /* MMX registers */
            memcpy(st, gen_pooled(g, lane), 8);
    }
}

/* Vectors mostly of the kind that the instruction works on. */
void gen_random_vectors(struct gen *g, struct oracle_vectors *v, enum gen_lane lane)
{
    unsigned n = g->mode == ORACLE_64 ? 16 : 8;
    memset(v, 0, sizeof(*v));
    random_x87(g, v->fx, lane);
    lc_put32(v->fx + ORACLE_MXCSR, gen_mxcsr(g));
    for (unsigned i = 0; i < n; i++) {
        enum gen_lane kind = gen_percent(g, 80) ? lane : GEN_ANY;
        memcpy(v->fx + ORACLE_XMM + 16 * i, gen_pooled(g, kind), 16);
        memcpy(v->ymm_high + 16 * i, gen_pooled(g, kind), 16);
    }
}

/* ---- all of it ---- */

static void random_general(struct gen *g, struct oracle_case *c)
{
    for (unsigned i = 0; i < 16; i++)
        c->in.gpr[i] = gen_value(g) & (g->mode == ORACLE_64 ? UINT64_MAX : UINT32_MAX);
    for (unsigned r = LC_RSP; r <= LC_RDI; r++)
        if (r == LC_RSP || gen_percent(g, 60))
            c->in.gpr[r] = gen_offset(g, NULL, gen_target(g));
    if (g->mode != ORACLE_64)
        memset(c->in.gpr + 8, 0, 8 * sizeof(c->in.gpr[0]));
    c->in.rflags = 0x202 | (gen_next(g) & LC_OSZAPC);
    c->in.rflags |= gen_percent(g, 25) ? LC_DF : 0;
}

void gen_random_state(struct gen *g, struct oracle_case *c, enum gen_lane lane)
{
    c->mode = g->mode;
    memset(c->memory.lines, 0, sizeof(c->memory.lines));
    random_general(g, c);
    gen_random_vectors(g, &c->in.vectors, lane);
}
