/*
 * recorded.c - see recorded.h.
 */
#include "exec/recorded.h"

#include "exec/silicon_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* ---- what cases are told against ---- */

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void fill(uint64_t *state, uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i += 8)
        lc_put64(p + i, next(state));
}

void recorded_state(uint32_t seed, const struct oracle_case *c, struct oracle_state *s)
{
    struct oracle_vectors *v = &s->vectors;
    uint64_t state = seed;
    bool wide = c->mode == ORACLE_64;
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < (wide ? 16u : 8u); i++)
        s->gpr[i] = next(&state) & silicon_reg_mask(c->mode);
    s->rip = c->code_off + (c->mode == ORACLE_16 ? 0 : (uint64_t)ORACLE_CODE);
    s->rflags = 0x202;
    lc_put16(v->fx + ORACLE_FCW, 0x37f);
    v->fx[ORACLE_FTW] = 0xff;
    lc_put32(v->fx + ORACLE_MXCSR, 0x1f80);
    for (unsigned i = 0; i < 8; i++)
        lc_put64(v->fx + ORACLE_ST + 16 * i, next(&state) | LC_BIT(63));
    for (unsigned i = 0; i < 8; i++)
        lc_put16(v->fx + ORACLE_ST + 16 * i + 8, 0x3fff);
    fill(&state, v->fx + ORACLE_XMM, wide ? 256 : 128);
    fill(&state, v->ymm_high, wide ? 256 : 128);
}

void recorded_background(uint8_t out[ORACLE_DATA_LEN])
{
    uint64_t state = 0x5eed;
    fill(&state, out, ORACLE_DATA_LEN);
}

/* ---- writing ---- */

static bool put(struct recorded_bytes *b, const void *p, size_t n)
{
    if (b->len + n > b->room) {
        size_t room = 2 * b->room + n + 4096;
        uint8_t *more = realloc(b->p, room);
        if (!more)
            return false;
        b->p = more;
        b->room = room;
    }
    memcpy(b->p + b->len, p, n);
    b->len += n;
    return true;
}

static bool put_number(struct recorded_bytes *b, uint64_t v)
{
    uint8_t bytes[10];
    unsigned n = 0;
    do {
        bytes[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
    } while (v);
    return put(b, bytes, n);
}

/* What of p is not as in `from`; a gap of a byte or two does not end a change. */
static bool put_changes(struct recorded_bytes *b, const uint8_t *p, const uint8_t *from, size_t n)
{
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        size_t end = i;
        if (p[i] == from[i])
            continue;
        for (size_t k = i; k < n && k < end + 3; k++)
            if (p[k] != from[k])
                end = k + 1;
        if (!put_number(b, i - last) || !put_number(b, end - i) || !put(b, p + i, end - i))
            return false;
        last = end;
        i = end - 1;
    }
    return put_number(b, 0) && put_number(b, 0);
}

/* All of the data pages. */
static void flatten(const struct oracle_memory *m, const uint8_t *background, uint8_t *out)
{
    memcpy(out, background, ORACLE_DATA_LEN);
    for (unsigned i = 0; i < ORACLE_LINES; i++)
        if (oracle_has_line(m, i))
            memcpy(out + i * ORACLE_LINE, m->bytes + i * ORACLE_LINE, ORACLE_LINE);
}

static bool put_memory(struct recorded_bytes *b, const struct oracle_case *c)
{
    uint8_t background[ORACLE_DATA_LEN], before[ORACLE_DATA_LEN], after[ORACLE_DATA_LEN];
    recorded_background(background);
    flatten(&c->memory, background, before);
    flatten(&c->out.memory, background, after);
    return put_changes(b, before, background, ORACLE_DATA_LEN) &&
           put_changes(b, after, before, ORACLE_DATA_LEN);
}

static bool put_end(struct recorded_bytes *b, const struct oracle_case *c,
                    const struct gen_info *info, bool bytes)
{
    if (!put_number(b, c->out.vector) || !put_number(b, c->out.error) ||
        (c->out.vector == LC_VEC_PF && !put_number(b, c->out.cr2)))
        return false;
    for (unsigned i = 0; bytes && i < LC_ARRAY_LEN(info->open_bytes); i++)
        if (!put_number(b, info->open_bytes[i].la) || !put_number(b, info->open_bytes[i].len))
            return false;
    return true;
}

bool recorded_put_judge(struct recorded_bytes *b, bool amd, const char *name)
{
    uint8_t is = amd;
    return put(b, &is, 1) && put(b, name, strlen(name) + 1);
}

bool recorded_put_case(struct recorded_bytes *b, uint32_t seed, const struct oracle_case *c,
                       const struct gen_info *info, uint32_t not_compared)
{
    struct oracle_state from;
    bool bytes = info->open_bytes[0].len != 0;
    uint8_t head[5] = {(uint8_t)(c->mode | (info->open_address ? RECORDED_ADDRESS : 0) |
                                 (bytes ? RECORDED_BYTES : 0))};
    lc_put32(head + 1, seed);
    recorded_state(seed, c, &from);
    return put(b, head, sizeof(head)) && put_number(b, c->code_off) && put_number(b, c->code_len) &&
           put_number(b, not_compared) && put(b, c->code, c->code_len) &&
           put_changes(b, (const uint8_t *)&c->in, (const uint8_t *)&from, sizeof(from)) &&
           put_changes(b, (const uint8_t *)&c->out.state, (const uint8_t *)&c->in, sizeof(c->in)) &&
           put_memory(b, c) && put_end(b, c, info, bytes);
}

bool recorded_save(const struct recorded_bytes *b, const char *path)
{
    uLongf len = compressBound(b->len);
    uint8_t head[12], *packed = malloc(len);
    memcpy(head, RECORDED_MAGIC, 8);
    lc_put32(head + 8, (uint32_t)b->len);
    bool ok = packed && compress2(packed, &len, b->p, b->len, 9) == Z_OK;
    FILE *f = ok ? fopen(path, "wb") : NULL;
    ok = f && fwrite(head, sizeof(head), 1, f) == 1 && fwrite(packed, len, 1, f) == 1;
    if (f && fclose(f) != 0)
        ok = false;
    free(packed);
    return ok;
}

/* ---- reading ---- */

static bool read_file(const char *path, struct recorded_bytes *b)
{
    FILE *f = fopen(path, "rb");
    uint8_t block[4096];
    size_t n;
    bool ok = f != NULL;
    while (ok && (n = fread(block, 1, sizeof(block), f)) > 0)
        ok = put(b, block, n);
    if (f)
        fclose(f);
    return ok;
}

bool recorded_load(struct recorded_bytes *b, const char *path)
{
    struct recorded_bytes packed = {NULL, 0, 0};
    memset(b, 0, sizeof(*b));
    bool ok =
        read_file(path, &packed) && packed.len > 12 && memcmp(packed.p, RECORDED_MAGIC, 8) == 0;
    uLongf len = ok ? lc_get32(packed.p + 8) : 0;
    if (ok && len <= RECORDED_MAX && (b->p = malloc(len + 1)) != NULL) {
        ok = uncompress(b->p, &len, packed.p + 12, packed.len - 12) == Z_OK;
        b->len = b->room = len;
    }
    free(packed.p);
    return ok && b->p;
}

static bool get(const struct recorded_bytes *b, size_t *at, void *out, size_t n)
{
    if (n > b->len - *at)
        return false;
    memcpy(out, b->p + *at, n);
    *at += n;
    return true;
}

static bool get_number(const struct recorded_bytes *b, size_t *at, uint64_t *v)
{
    uint8_t byte = 0x80;
    *v = 0;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (shift > 63 || !get(b, at, &byte, 1))
            return false;
        *v |= (uint64_t)(byte & 0x7f) << shift;
    }
    return true;
}

static bool get_changes(const struct recorded_bytes *b, size_t *at, uint8_t *p, size_t n)
{
    uint64_t skip, len;
    for (size_t done = 0;; done += len) {
        if (!get_number(b, at, &skip) || !get_number(b, at, &len))
            return false;
        if (len == 0)
            return true;
        if (skip > n - done || len > n - done - skip)
            return false;
        done += skip;
        if (!get(b, at, p + done, len))
            return false;
    }
}

/* Lines that are not the background. */
static void fold(const uint8_t *flat, const uint8_t *background, struct oracle_memory *m)
{
    memset(m->lines, 0, sizeof(m->lines));
    for (unsigned i = 0; i < ORACLE_LINES; i++) {
        unsigned off = i * ORACLE_LINE;
        if (memcmp(flat + off, background + off, ORACLE_LINE) == 0)
            continue;
        m->lines[i / 64] |= LC_BIT(i % 64);
        memcpy(m->bytes + off, flat + off, ORACLE_LINE);
    }
}

static bool get_memory(const struct recorded_bytes *b, size_t *at, struct oracle_case *c)
{
    uint8_t background[ORACLE_DATA_LEN], flat[ORACLE_DATA_LEN];
    recorded_background(background);
    memcpy(flat, background, sizeof(flat));
    if (!get_changes(b, at, flat, sizeof(flat)))
        return false;
    fold(flat, background, &c->memory);
    if (!get_changes(b, at, flat, sizeof(flat)))
        return false;
    fold(flat, background, &c->out.memory);
    return true;
}

static bool get_end(const struct recorded_bytes *b, size_t *at, struct oracle_case *c,
                    struct gen_info *info, bool bytes)
{
    uint64_t vector, error, cr2 = 0, la, len;
    if (!get_number(b, at, &vector) || !get_number(b, at, &error) ||
        (vector == LC_VEC_PF && !get_number(b, at, &cr2)))
        return false;
    c->out.vector = (uint8_t)vector;
    c->out.error = (uint32_t)error;
    c->out.cr2 = cr2;
    for (unsigned i = 0; bytes && i < LC_ARRAY_LEN(info->open_bytes); i++) {
        if (!get_number(b, at, &la) || !get_number(b, at, &len))
            return false;
        info->open_bytes[i].la = la;
        info->open_bytes[i].len = (unsigned)len;
    }
    return true;
}

bool recorded_get_judge(const struct recorded_bytes *b, size_t *at, bool *amd,
                        char name[RECORDED_NAME])
{
    uint8_t is;
    if (!get(b, at, &is, 1))
        return false;
    *amd = is != 0;
    for (unsigned i = 0; i < RECORDED_NAME; i++) {
        if (!get(b, at, &name[i], 1))
            return false;
        if (!name[i])
            return true;
    }
    return false;
}

bool recorded_get_case(const struct recorded_bytes *b, size_t *at, struct oracle_case *c,
                       struct gen_info *info)
{
    uint8_t head[5];
    uint64_t off, len, open;
    *info = (struct gen_info){.row = NULL};
    if (!get(b, at, head, sizeof(head)) || (head[0] & RECORDED_MODE) >= ORACLE_MODES ||
        !get_number(b, at, &off) || !get_number(b, at, &len) || len > ORACLE_BYTES ||
        off + len > ORACLE_PAGE || !get_number(b, at, &open) || !get(b, at, c->code, len))
        return false;
    c->mode = head[0] & RECORDED_MODE;
    c->code_off = (uint16_t)off;
    c->code_len = (uint16_t)len;
    info->open_address = head[0] & RECORDED_ADDRESS;
    info->undefined = info->undefined_early = (uint16_t)open;
    recorded_state(lc_get32(head + 1), c, &c->in);
    if (!get_changes(b, at, (uint8_t *)&c->in, sizeof(c->in)))
        return false;
    c->out.state = c->in;
    c->out.end = ORACLE_FAULT;
    return get_changes(b, at, (uint8_t *)&c->out.state, sizeof(c->out.state)) &&
           get_memory(b, at, c) && get_end(b, at, c, info, head[0] & RECORDED_BYTES);
}
