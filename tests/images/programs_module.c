/*
 * programs_module.c - makes the module of random programs (programs.h), from the instruction table.
 *
 * usage: programs_module real|flat COUNT SEED > module
 *
 * Left out is what machines may do differently: rows whose result or faults the manuals leave open,
 * vector and x87 instructions, features that not every machine has; and in real mode 32-bit
 * addresses, which reach beyond the segment.
 */
#include "programs.h"

#include "base/bits.h"
#include "exec/silicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CMPXCHG8B loses CF in QEMU 7.2, and its BLSI inverts CF (SDM vol. 2A, CMPXCHG8B and BLSI); MOVBE
 * has the wrong size in 16-bit code. */
static bool take_feature(unsigned feature)
{
    static const uint8_t taken[] = {LC_FEAT_BASE,  LC_FEAT_CMOV, LC_FEAT_LAHF, LC_FEAT_POPCNT,
                                    LC_FEAT_LZCNT, LC_FEAT_BMI2, LC_FEAT_ADX};
    return memchr(taken, (int)feature, sizeof(taken)) != NULL;
}

/* What QEMU does otherwise and the manuals leave open: F6 /1 and F7 /1, TEST as /0 is on silicon;
 * hints with a register, and those of MPX. */
static bool is_disputed(const struct lc_row *row)
{
    if (row->map == LC_MAP_1)
        return (row->opcode & 0xfe) == 0xf6 && row->ext == 1;
    return row->map == LC_MAP_0F &&
           (row->opcode == 0x18 || row->opcode == 0x1a || row->opcode == 0x1b);
}

static unsigned choose_rows(const struct gen *g, const struct lc_row **rows)
{
    unsigned n = 0;
    for (unsigned i = 0; i < lc_row_count; i++)
        if (g->features[lc_rows[i].feature] && gen_row_fits(&lc_rows[i], g->mode) &&
            !gen_is_vector(&lc_rows[i]) && !is_disputed(&lc_rows[i]))
            rows[n++] = &lc_rows[i];
    return n;
}

/* Do all instructions of the program use 16-bit addresses? */
static bool addresses_are_short(const struct gen *g, const struct oracle_case *c)
{
    struct lc_decoded d;
    for (unsigned n = 0; n < c->code_len; n += d.len)
        if (lc_decode(g->decoder, gen_key(g->mode), c->code + n, c->code_len - n, &d) ||
            d.asize != 2)
            return false;
    return true;
}

static struct program program_of(const struct oracle_case *c, const struct gen_info *info)
{
    struct program p = {
        .ip = (uint32_t)c->in.rip,
        .flags = (uint32_t)c->in.rflags,
        .undefined = info->undefined,
        .code_at = c->code_off,
        .code_size = c->code_len,
    };
    for (unsigned i = 0; i < 8; i++)
        p.r[i] = (uint32_t)c->in.gpr[i];
    for (unsigned i = 0; i < 2; i++) {
        p.open_at[i] = (uint32_t)(info->open_bytes[i].la - ORACLE_DATA);
        p.open_size[i] = info->open_bytes[i].len;
    }
    for (unsigned i = 0; i < ORACLE_LINES; i++)
        if (oracle_has_line(&c->memory, i))
            p.lines[i / 32] |= 1u << (i % 32);
    return p;
}

static void write_program(const struct oracle_case *c, const struct gen_info *info)
{
    struct program p = program_of(c, info);
    uint8_t code[PROGRAM_BYTES] = {0};
    memcpy(code, c->code, c->code_len);
    fwrite(&p, sizeof(p), 1, stdout);
    fwrite(code, sizeof(code), 1, stdout);
    for (unsigned i = 0; i < ORACLE_LINES; i++)
        if (oracle_has_line(&c->memory, i))
            fwrite(c->memory.bytes + i * ORACLE_LINE, ORACLE_LINE, 1, stdout);
}

static void write_programs(struct gen *g, unsigned count)
{
    static struct oracle_case c;
    struct gen_info info;
    while (count > 0) {
        memset(&c, 0, sizeof(c));
        c.mode = g->mode;
        gen_program(g, &c, &info);
        if (info.odd || info.open || info.open_fault || info.open_address ||
            (g->mode == ORACLE_16 && !addresses_are_short(g, &c)))
            continue;
        write_program(&c, &info);
        count--;
    }
}

int main(int argc, char **argv)
{
    static struct silicon s;
    static struct programs head = {.magic = PROGRAMS_MAGIC};
    static bool features[LC_FEATURES];
    if (argc != 4 || !silicon_init(&s))
        return 64;
    head.real = strcmp(argv[1], "real") == 0;
    head.count = (uint32_t)strtoul(argv[2], NULL, 0);
    for (unsigned i = 0; i < LC_FEATURES; i++)
        features[i] = take_feature(i);
    struct gen g = {.state = strtoull(argv[3], NULL, 0),
                    .mode = head.real ? ORACLE_16 : ORACLE_32,
                    .decoder = s.f.cpu->decoder,
                    .features = features,
                    .background = head.background};
    const struct lc_row **rows = calloc(lc_row_count, sizeof(*rows));
    if (!rows)
        return 1;
    g.row_count = choose_rows(&g, rows);
    g.rows = rows;
    gen_begin(&g, head.background);
    fwrite(&head, sizeof(head), 1, stdout);
    write_programs(&g, head.count);
    free(rows);
    silicon_fini(&s);
    return fflush(stdout) != 0;
}
