/*
 * gen_encode.c - from what has been chosen to bytes (SDM vol. 2A, chapter 2).
 */
#include "support/gen_shape.h"

static void put(struct gen_shape *s, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        s->bytes[s->len++] = (uint8_t)(v >> (8 * i));
}

static void put_prefixes(struct gen *g, struct gen_shape *s)
{
    static const uint8_t pads[] = {0x3e, 0x2e, 0x26, 0x36};
    uint8_t list[5];
    unsigned n = 0;
    for (unsigned i = 0; i < s->padding; i++)
        put(s, pads[gen_below(g, 4)], 1);
    if (s->osz)
        list[n++] = 0x66;
    if (s->asz)
        list[n++] = 0x67;
    if (s->rep)
        list[n++] = s->rep;
    if (s->lock)
        list[n++] = 0xf0;
    if (s->segment)
        list[n++] = s->segment;
    while (n) {
        unsigned i = gen_below(g, n);
        put(s, list[i], 1);
        list[i] = list[--n];
    }
}

static unsigned rex_bits(const struct gen_shape *s)
{
    unsigned b = s->rm >> 3, x = 0;
    if (s->mem) {
        b = s->base == GEN_NONE ? 0 : (unsigned)s->base >> 3;
        x = s->index == GEN_NONE ? 0 : (unsigned)s->index >> 3;
    }
    return (s->w ? 8u : 0) | (s->reg >> 3) << 2 | x << 1 | b;
}

/* Behind C4 or C5 (vol. 2A, figure 2-9). Outside 64-bit mode R, X and B must be 0, inverted. */
static void put_vex(struct gen *g, struct gen_shape *s)
{
    static const uint8_t pp[] = {0, 0, 1, 2, 3, 0};
    unsigned map = s->row->map - LC_MAP_V0F + 1u, rex = rex_bits(s);
    unsigned last = (~s->vvvv & 15) << 3 | (s->vex_l ? 4u : 0) | pp[s->row->prefix];
    if (g->mode != ORACLE_64)
        rex &= 8;
    if (s->vex2 && map == 1 && !(rex & 11) && (g->mode == ORACLE_64 || s->vvvv < 8)) {
        put(s, 0xc5, 1);
        put(s, (rex & 4 ? 0u : 0x80u) | last, 1);
        return;
    }
    put(s, 0xc4, 1);
    put(s, (~rex & 7) << 5 | map, 1);
    put(s, (rex & 8) << 4 | last, 1);
}

static void put_escapes(struct gen *g, struct gen_shape *s)
{
    unsigned rex = rex_bits(s), map = s->row->map;
    if (g->mode == ORACLE_64 && (rex || gen_percent(g, 25)))
        put(s, 0x40 | rex, 1);
    if (map != LC_MAP_1)
        put(s, 0x0f, 1);
    if (map == LC_MAP_0F38 || map == LC_MAP_0F3A)
        put(s, map == LC_MAP_0F38 ? 0x38 : 0x3a, 1);
}

static void put_opcode(struct gen *g, struct gen_shape *s)
{
    if (gen_is_vex(s->row))
        put_vex(g, s);
    else
        put_escapes(g, s);
    put(s, s->row->opcode + s->plus, 1);
}

static void put_memory(struct gen *g, struct gen_shape *s)
{
    unsigned mod = s->disp_size == 0 ? 0 : s->disp_size == 1 ? 1 : 2, reg = (s->reg & 7) << 3;
    if (s->asize == 2) {
        if (s->base == GEN_NONE)
            mod = 0;
        put(s, mod << 6 | reg | s->rm, 1);
    } else if (s->rip || (s->base == GEN_NONE && s->index == GEN_NONE && g->mode != ORACLE_64)) {
        put(s, reg | 5, 1);
    } else if (s->base == GEN_NONE) {
        put(s, reg | 4, 1);
        put(s, s->scale << 6 | (s->index == GEN_NONE ? 4 : (unsigned)s->index & 7) << 3 | 5, 1);
    } else if (s->index != GEN_NONE || (s->base & 7) == LC_RSP) {
        put(s, mod << 6 | reg | 4, 1);
        put(s,
            s->scale << 6 | (s->index == GEN_NONE ? 4 : (unsigned)s->index & 7) << 3 |
                ((unsigned)s->base & 7),
            1);
    } else {
        put(s, mod << 6 | reg | ((unsigned)s->base & 7), 1);
    }
    s->disp_at = s->len;
    put(s, (uint64_t)s->disp, s->disp_size);
}

void gen_encode(struct gen *g, struct gen_shape *s)
{
    s->len = 0;
    put_prefixes(g, s);
    put_opcode(g, s);
    if (s->mem)
        put_memory(g, s);
    else if (gen_has_modrm(s->row))
        put(s, 0xc0 | (s->reg & 7) << 3 | (s->rm & 7), 1);
    for (unsigned i = 0; i < s->imm_count; i++)
        put(s, s->imm[i], s->imm_size[i]);
}
