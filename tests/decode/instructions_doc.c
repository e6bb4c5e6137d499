/*
 * instructions_doc.c - prints docs/INSTRUCTIONS.md, made from the instruction table.
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"
#include "support/row_id.h"

#include <stdio.h>

static const char *const map_names[] = {"",          "0F ",       "0F 38 ",   "0F 3A ", "VEX.0F ",
                                        "VEX.0F38 ", "VEX.0F3A ", "EVEX.0F ", "",       ""};

static const char *const feature_names[] = {"",
#define FEATURE_NAME(name, leaf, subleaf, reg, bit, text) text,
                                            LC_FEATURE_MAP(FEATURE_NAME)
#undef FEATURE_NAME
};

static const char kind_letters[] = "?ERMGBZIJAOSCDXYF1SVWHUPQNL";

static void print_operands(const struct lc_row *r)
{
    static const char *const sizes[] = {"v", "b",  "w", "d", "q", "dq", "qq", "t", "z",
                                        "y", "bs", "p", "a", "s", "x",  "",   "r"};
    for (unsigned i = 0; i < LC_OPERANDS && r->operand[i]; i++) {
        unsigned kind = LC_OPD_KIND(r->operand[i]);
        printf("%s", i ? ", " : "");
        if (kind == LC_OPK_1)
            printf("1");
        else if (kind == LC_OPK_T || kind == LC_OPK_ST)
            printf(kind == LC_OPK_T ? "STi" : "ST0");
        else if (kind == LC_OPK_F || kind == LC_OPK_SEG)
            printf("%c%u%s", kind == LC_OPK_F ? 'r' : 's', LC_OPD_NUMBER(r->operand[i]),
                   kind == LC_OPK_F ? sizes[LC_OPD_SIZE(r->operand[i])] : "");
        else
            printf("%c%s", kind_letters[kind], sizes[LC_OPD_SIZE(r->operand[i])]);
    }
}

static void print_encoding(const struct lc_row *r)
{
    static const char *const prefixes[] = {"", "NP ", "66 ", "F3 ", "F2 ", ""};
    printf("%s%s%02X", prefixes[r->prefix], map_names[r->map], r->opcode);
    if (r->attr & LC_ATTR_CC)
        printf("+cc");
    if (r->ext >= 0x100)
        printf(" %02X", r->ext & 0xff);
    else if (r->ext >= 0)
        printf(" /%d", r->ext);
}

static void print_flags(uint16_t f)
{
    static const struct {
        uint16_t bit;
        char letter;
    } letters[] = {{LC_OF, 'O'}, {LC_SF, 'S'}, {LC_ZF, 'Z'}, {LC_AF, 'A'},
                   {LC_PF, 'P'}, {LC_CF, 'C'}, {LC_DF, 'D'}};
    for (unsigned i = 0; i < LC_ARRAY_LEN(letters); i++)
        if (f & letters[i].bit)
            putchar(letters[i].letter);
}

/* What a campaign against silicon has compared (tests/exec/counts.c). */
static const struct {
    uint32_t row;
    unsigned instances;
} counts[] = {
#define EXTENSION(name, rows, compared, instances, programs)
#define ROW(id, instances) {id, instances},
#include "exec/silicon_counts.def"
#undef EXTENSION
#undef ROW
};

static const struct {
    const char *name;
    unsigned rows, compared;
    unsigned long long instances, programs;
} extensions[] = {
#define EXTENSION(name, rows, compared, instances, programs)                                       \
    {name, rows, compared, instances, programs},
#define ROW(id, instances)
#include "exec/silicon_counts.def"
#undef EXTENSION
#undef ROW
};

static void print_judge(const struct lc_row *r)
{
    uint32_t id = row_id(r);
    for (unsigned i = 0; i < LC_ARRAY_LEN(counts); i++)
        if (counts[i].row == id) {
            printf("silicon %u", counts[i].instances);
            return;
        }
    printf("unit");
}

static void print_extensions(void)
{
    printf("| feature | rows | compared with silicon | instances | in programs |\n"
           "|---|---|---|---|---|\n");
    for (unsigned i = 0; i < LC_ARRAY_LEN(extensions); i++)
        printf("| %s | %u | %u | %llu | %llu |\n", extensions[i].name, extensions[i].rows,
               extensions[i].compared, extensions[i].instances, extensions[i].programs);
    printf("\n");
}

static void print_row(unsigned n)
{
    static const char *const modes[] = {"all", "64", "not 64"};
    const struct lc_row *r = &lc_rows[n];
    printf("| %s%s | ", r->mnemonic, r->attr & LC_ATTR_CC ? "cc" : "");
    print_operands(r);
    printf(" | ");
    print_encoding(r);
    printf(" | %s | ", modes[r->mode]);
    print_flags(r->flags_read);
    printf(" | ");
    print_flags(r->flags_written);
    printf(" | ");
    print_flags(r->flags_undefined);
    printf(" | %s%s%s | %s | ", r->attr & LC_ATTR_LOCK ? "lock " : "",
           r->attr & LC_ATTR_PRIV0 ? "ring 0 " : "", r->attr & LC_ATTR_PROT ? "protected" : "",
           feature_names[r->feature]);
    print_judge(r);
    printf(" |\n");
}

static const char introduction[] =
    "Operands are written as in the Intel manual, volume 2, appendix A; r0b is AL, r1b CL, r2w "
    "DX,\n"
    "r0v rAX, s0 to s5 are ES to GS. The last column says what judges a row: `silicon` and a "
    "number,\n"
    "processors of AMD (Zen 2, Zen 4, Zen 5) and Intel (Sapphire Rapids) in campaigns of\n"
    "`tests/exec/test_silicon.c`, with as many random instances and no difference; `unit`, the "
    "manual's\n"
    "words in `tests/cpu`. Every row is also executed by\n"
    "`tests/decode/test_rows.c`.\n\n";

int main(void)
{
    printf("# Instructions\n\n"
           "Made from the instruction table (`src/cpu/decode/*.def`) by the target\n"
           "`instructions_doc`; a test says when it is stale. %u rows.\n\n%s",
           lc_row_count, introduction);
    print_extensions();
    printf(
        "| mnemonic | operands | encoding | mode | reads | writes | undefined | rules | feature | "
        "judge |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned n = 0; n < lc_row_count; n++)
        print_row(n);
    return 0;
}
