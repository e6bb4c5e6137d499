/*
 * silicon_shrink.c - see silicon_shrink.h.
 */
#include "exec/silicon_shrink.h"

#include "exec/silicon_text.h"

#include <stdlib.h>

struct shrink {
    struct silicon *s;
    struct oracle *o;
    struct gen *g;
    struct oracle_case *best;
    struct gen_info *info;
    struct oracle_outcome *mine;
    struct oracle_case attempt;
    unsigned differ; /* what does, and the vectors there and here: they are to stay */
    uint8_t there, here;
};

/* Would open bytes lie elsewhere?  Their addresses hang on registers. */
static bool moves_open_bytes(const struct shrink *k)
{
    bool any = k->info->open_bytes[0].len || k->info->open_bytes[1].len;
    return any && memcmp(k->attempt.in.gpr, k->best->in.gpr, sizeof(k->best->in.gpr)) != 0;
}

/* Run the attempt on both; does it differ? Then it is the best so far. */
static bool attempt(struct shrink *k)
{
    struct oracle_case *c = oracle_cases(k->o);
    struct gen_info info = {.row = NULL};
    if (moves_open_bytes(k))
        return false;
    *c = k->attempt;
    gen_inspect(k->g, c, &info);
    memcpy(info.open_bytes, k->info->open_bytes, sizeof(info.open_bytes));
    if (info.open || !oracle_run(k->o, 1) || c->out.end != ORACLE_FAULT)
        return false;
    if (info.open_fault && c->out.vector != LC_VEC_BP)
        return false;
    silicon_run(k->s, c, k->mine);
    if (!(silicon_compare(k->s, c, &info, k->mine) & k->differ) || c->out.vector != k->there ||
        k->mine->vector != k->here)
        return false;
    *k->best = *c;
    *k->info = info;
    return true;
}

static void again(struct shrink *k)
{
    k->attempt = *k->best;
}

/* All of memory as lines of the case, over a background of zeros. */
static void explicit_memory(struct shrink *k)
{
    static const uint8_t zero[ORACLE_DATA_LEN];
    again(k);
    for (unsigned i = 0; i < ORACLE_DATA_LEN; i++)
        k->attempt.memory.bytes[i] = silicon_byte(k->s, &k->best->memory, i);
    memset(k->attempt.memory.lines, 0xff, sizeof(k->attempt.memory.lines));
    memset(oracle_background(k->o), 0, ORACLE_DATA_LEN);
    silicon_background(k->s, zero);
}

/* Offsets of the instructions of the best case; the number of them. */
static unsigned split(const struct shrink *k, uint16_t at[ORACLE_BYTES])
{
    const struct oracle_case *c = k->best;
    struct lc_decoded d;
    unsigned n = 0;
    for (unsigned off = 0; off < c->code_len; off += d.len) {
        at[n++] = (uint16_t)off;
        if (lc_decode(k->g->decoder, gen_key(c->mode), c->code + off, c->code_len - off, &d) !=
            LC_DECODE_OK)
            break;
    }
    return n;
}

/* Leave out bytes [from, to) of the code. */
static bool without(struct shrink *k, unsigned from, unsigned to)
{
    again(k);
    struct oracle_case *c = &k->attempt;
    memmove(c->code + from, c->code + to, c->code_len - to);
    c->code_len = (uint16_t)(c->code_len - (to - from));
    return c->code_len > 0 && attempt(k);
}

/* The tail first, half by half, then one instruction after the other. */
static void drop_instructions(struct shrink *k)
{
    uint16_t at[ORACLE_BYTES];
    unsigned n = split(k, at);
    for (unsigned cut = n / 2; cut > 0; cut /= 2)
        while (n > cut && without(k, at[n - cut], k->best->code_len))
            n = split(k, at);
    for (unsigned i = n; n > 1 && i-- > 0;)
        if (without(k, at[i], i + 1 < n ? at[i + 1] : k->best->code_len))
            n = split(k, at);
}

/* Each register as a program finds it. */
static void plain_registers(struct shrink *k)
{
    struct oracle_case *plain = calloc(1, sizeof(*plain));
    if (!plain)
        return;
    plain->mode = k->best->mode;
    plain->code_off = k->best->code_off;
    silicon_plain_state(plain);
    for (unsigned i = 0; i < silicon_field_count; i++) {
        const struct silicon_field *d = &silicon_fields[i];
        for (unsigned n = 0; n < d->count; n++) {
            size_t offset = d->at + (size_t)n * d->stride;
            const uint8_t *from = (const uint8_t *)&plain->in + offset;
            again(k);
            if (memcmp((uint8_t *)&k->attempt.in + offset, from, d->size) == 0)
                continue;
            memcpy((uint8_t *)&k->attempt.in + offset, from, d->size);
            attempt(k);
        }
    }
    free(plain);
}

static bool is_zero(const uint8_t *p, unsigned n)
{
    while (n > 0 && !p[n - 1])
        n--;
    return n == 0;
}

/* Memory by halves, down to 8 bytes. */
static void plain_memory(struct shrink *k)
{
    for (unsigned size = ORACLE_DATA_LEN; size >= 8; size /= 2)
        for (unsigned at = 0; at < ORACLE_DATA_LEN; at += size) {
            if (is_zero(k->best->memory.bytes + at, size))
                continue;
            again(k);
            memset(k->attempt.memory.bytes + at, 0, size);
            attempt(k);
        }
    for (unsigned i = 0; i < ORACLE_LINES; i++)
        if (is_zero(k->best->memory.bytes + i * ORACLE_LINE, ORACLE_LINE))
            k->best->memory.lines[i / 64] &= ~LC_BIT(i % 64);
}

bool silicon_shrink(struct silicon *s, struct oracle *o, struct gen *g, struct oracle_case *c,
                    struct gen_info *info, struct oracle_outcome *mine)
{
    struct shrink *k = calloc(1, sizeof(*k));
    if (!k)
        return false;
    *k = (struct shrink){.s = s, .o = o, .g = g, .best = c, .info = info, .mine = mine};
    silicon_run(s, c, mine);
    k->differ = silicon_compare(s, c, info, mine);
    k->there = c->out.vector;
    k->here = mine->vector;
    explicit_memory(k);
    bool differs = attempt(k);
    if (differs) {
        drop_instructions(k);
        plain_registers(k);
        plain_memory(k);
        drop_instructions(k);
        /* Once more, for its outcomes. */
        again(k);
        differs = attempt(k);
    }
    free(k);
    return differs;
}
