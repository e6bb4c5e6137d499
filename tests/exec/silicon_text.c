/*
 * silicon_text.c - see silicon_text.h.
 */
#include "exec/silicon_text.h"

#include <stdlib.h>

#define FX(place) offsetof(struct oracle_state, vectors.fx) + (place)

const struct silicon_field silicon_fields[] = {
    {"r", offsetof(struct oracle_state, gpr), 8, 16, 8},
    {"rip", offsetof(struct oracle_state, rip), 8, 1, 0},
    {"flags", offsetof(struct oracle_state, rflags), 8, 1, 0},
    {"fcw", FX(ORACLE_FCW), 2, 1, 0},
    {"fsw", FX(ORACLE_FSW), 2, 1, 0},
    {"ftw", FX(ORACLE_FTW), 1, 1, 0},
    {"fop", FX(ORACLE_FOP), 2, 1, 0},
    {"fip", FX(ORACLE_FIP), 8, 1, 0},
    {"fdp", FX(ORACLE_FDP), 8, 1, 0},
    {"mxcsr", FX(ORACLE_MXCSR), 4, 1, 0},
    {"st", FX(ORACLE_ST), 10, 8, 16},
    {"x", FX(ORACLE_XMM), 16, 16, 16},
    {"y", offsetof(struct oracle_state, vectors.ymm_high), 16, 16, 16},
};

const unsigned silicon_field_count = LC_ARRAY_LEN(silicon_fields);

void silicon_plain_state(struct oracle_case *c)
{
    struct oracle_state *s = &c->in;
    memset(s, 0, sizeof(*s));
    s->rip = c->code_off + (c->mode == ORACLE_16 ? 0 : (uint64_t)ORACLE_CODE);
    s->rflags = 0x202;
    lc_put16(s->vectors.fx + ORACLE_FCW, 0x37f);
    lc_put32(s->vectors.fx + ORACLE_MXCSR, 0x1f80);
}

/* ---- writing ---- */

static void print_number(FILE *f, const uint8_t *p, unsigned size)
{
    while (size > 1 && !p[size - 1])
        size--;
    fprintf(f, "%x", p[size - 1]);
    for (unsigned i = size - 1; i-- > 0;)
        fprintf(f, "%02x", p[i]);
}

/* What of a state differs from another. */
static void print_state(FILE *f, const struct oracle_state *s, const struct oracle_state *from)
{
    for (unsigned i = 0; i < silicon_field_count; i++) {
        const struct silicon_field *d = &silicon_fields[i];
        for (unsigned n = 0; n < d->count; n++) {
            size_t at = d->at + (size_t)n * d->stride;
            const uint8_t *p = (const uint8_t *)s + at;
            if (memcmp(p, (const uint8_t *)from + at, d->size) == 0)
                continue;
            fprintf(f, "%s", d->name);
            if (d->count > 1)
                fprintf(f, "%u", n);
            fprintf(f, "=");
            print_number(f, p, d->size);
            fprintf(f, " ");
        }
    }
}

static uint8_t memory_byte(const struct oracle_memory *m, unsigned at)
{
    return oracle_has_line(m, at / ORACLE_LINE) ? m->bytes[at] : 0;
}

static bool differs_at(const struct oracle_memory *m, const struct oracle_memory *from, unsigned at)
{
    return at < ORACLE_DATA_LEN && memory_byte(m, at) != (from ? memory_byte(from, at) : 0);
}

/* Runs of bytes that differ from another memory, NULL: from zero. */
static void print_memory(FILE *f, const struct oracle_memory *m, const struct oracle_memory *from)
{
    for (unsigned i = 0; i < ORACLE_DATA_LEN; i++) {
        if (!differs_at(m, from, i))
            continue;
        fprintf(f, "m%x=", i);
        for (; differs_at(m, from, i); i++)
            fprintf(f, "%02x", memory_byte(m, i));
        fprintf(f, " ");
    }
}

void silicon_print_case(FILE *f, const struct silicon *s, const struct oracle_case *c,
                        const struct gen_info *info)
{
    static const unsigned bits[] = {64, 32, 16};
    struct oracle_case *plain = calloc(1, sizeof(*plain));
    if (!plain)
        return;
    plain->mode = c->mode;
    plain->code_off = c->code_off;
    silicon_plain_state(plain);
    fprintf(f, "CASE(%u, \"", bits[c->mode]);
    for (unsigned i = 0; i < c->code_len; i++)
        fprintf(f, "%02x", c->code[i]);
    fprintf(f, "\", \"");
    if (c->code_off != 0x800)
        fprintf(f, "off=%x ", c->code_off);
    print_state(f, &c->in, &plain->in);
    print_memory(f, &c->memory, NULL);
    fprintf(f, "\", \"");
    print_state(f, &c->out.state, &c->in);
    print_memory(f, &c->out.memory, &c->memory);
    fprintf(f, "vec=%x err=%x ", c->out.vector, c->out.error);
    if (c->out.vector == LC_VEC_PF)
        fprintf(f, "cr2=%llx ", (unsigned long long)c->out.cr2);
    fprintf(f, "open=%x%s\")\n", ~silicon_flags(s, c, info) & LC_OSZAPC, s->amd ? " amd=1" : "");
    free(plain);
}

/* ---- reading ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes in the order of the text; the number of them. */
static unsigned read_bytes(const char *text, uint8_t *out, unsigned max)
{
    unsigned n = 0;
    for (; n < max && digit(text[0]) >= 0 && digit(text[1]) >= 0; text += 2)
        out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    return n;
}

static bool read_number(const char *text, uint8_t *out, unsigned size)
{
    size_t n = strspn(text, "0123456789abcdef");
    memset(out, 0, size);
    for (size_t i = 0; i < n; i++) {
        size_t nibble = n - 1 - i;
        if (nibble / 2 >= size)
            return false;
        out[nibble / 2] |= (uint8_t)(digit(text[i]) << (nibble % 2 * 4));
    }
    return n > 0;
}

static bool read_field(const char *name, size_t len, const char *value, struct oracle_state *s)
{
    for (unsigned i = 0; i < silicon_field_count; i++) {
        const struct silicon_field *d = &silicon_fields[i];
        size_t k = strlen(d->name);
        unsigned n = 0;
        if (len < k || strncmp(name, d->name, k) != 0)
            continue;
        if (d->count > 1 && len > k && digit(name[k]) >= 0 && digit(name[k]) < 10)
            n = (unsigned)strtoul(name + k, NULL, 10);
        else if (len != k)
            continue;
        if (n >= d->count)
            continue;
        return read_number(value, (uint8_t *)s + d->at + (size_t)n * d->stride, d->size);
    }
    return false;
}

static bool read_memory(const char *name, const char *value, struct oracle_memory *m)
{
    unsigned at = (unsigned)strtoul(name + 1, NULL, 16);
    if (at >= ORACLE_DATA_LEN)
        return false;
    unsigned n = read_bytes(value, m->bytes + at, ORACLE_DATA_LEN - at);
    for (unsigned i = at; i < at + n; i++)
        m->lines[i / ORACLE_LINE / 64] |= LC_BIT(i / ORACLE_LINE % 64);
    return n > 0;
}

/* What the text says beside registers and memory. */
struct words {
    uint64_t off, vec, err, cr2, open, amd;
};

static bool read_word(const char *name, size_t len, const char *value, struct words *w)
{
    const struct {
        const char *name;
        uint64_t *to;
    } of[] = {{"off", &w->off}, {"vec", &w->vec},   {"err", &w->err},
              {"cr2", &w->cr2}, {"open", &w->open}, {"amd", &w->amd}};
    for (unsigned i = 0; i < LC_ARRAY_LEN(of); i++)
        if (len == strlen(of[i].name) && strncmp(name, of[i].name, len) == 0) {
            *of[i].to = strtoull(value, NULL, 16);
            return true;
        }
    return false;
}

static bool read_state(const char *text, struct oracle_state *s, struct oracle_memory *m,
                       struct words *w)
{
    while (*(text += strspn(text, " "))) {
        size_t len = strcspn(text, "= ");
        const char *value = text + len + 1;
        if (text[len] != '=')
            return false;
        bool memory = text[0] == 'm' && len > 1 && digit(text[1]) >= 0;
        if (!read_word(text, len, value, w) &&
            !(memory ? read_memory(text, value, m) : read_field(text, len, value, s)))
            return false;
        text += strcspn(text, " ");
    }
    return true;
}

/* Where the pages hold zero, no line is told: as oracle_take_memory() does it. */
static void drop_zero_lines(struct oracle_memory *m)
{
    static const uint8_t zero[ORACLE_LINE];
    for (unsigned i = 0; i < ORACLE_LINES; i++)
        if (memcmp(m->bytes + i * ORACLE_LINE, zero, ORACLE_LINE) == 0)
            m->lines[i / 64] &= ~LC_BIT(i % 64);
}

bool silicon_parse_case(unsigned bits, const char *code, const char *before, const char *after,
                        struct oracle_case *c, struct gen_info *info, bool *amd)
{
    struct words w = {.off = 0x800};
    memset(c, 0, sizeof(*c));
    memset(info, 0, sizeof(*info));
    c->mode = bits == 64 ? ORACLE_64 : bits == 32 ? ORACLE_32 : ORACLE_16;
    c->code_len = (uint16_t)read_bytes(code, c->code, ORACLE_BYTES);
    struct oracle_state unused;
    if (!read_state(before, &unused, &c->memory, &w))
        return false;
    memset(&c->memory, 0, sizeof(c->memory));
    c->code_off = (uint16_t)w.off;
    silicon_plain_state(c);
    if (!read_state(before, &c->in, &c->memory, &w))
        return false;
    c->out.state = c->in;
    c->out.memory = c->memory;
    if (!read_state(after, &c->out.state, &c->out.memory, &w))
        return false;
    drop_zero_lines(&c->memory);
    drop_zero_lines(&c->out.memory);
    c->out.end = ORACLE_FAULT;
    c->out.vector = (uint8_t)w.vec;
    c->out.error = (uint32_t)w.err;
    c->out.cr2 = w.cr2;
    info->undefined = info->undefined_early = (uint16_t)w.open;
    *amd = w.amd != 0;
    return c->code_len > 0;
}
