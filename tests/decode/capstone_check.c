/*
 * capstone_check.c - our decoder beside Capstone's, over random and structured byte strings, in
 * 16-, 32- and 64-bit mode: lengths must be equal, and mnemonics of the same class.
 *
 * usage: capstone_check STRINGS [SEED [FILE...]]
 *
 * Of each FILE every byte is a beginning.  What Capstone takes for an instruction and ours refuses
 * is a difference too, unless it is of a set that this CPU has not, or an exception explains it:
 * capstone_exceptions.def, refused() and explained() below.  What only ours takes is counted
 * (Capstone 4 does not know all of the hint space).  Exit status: 0 no difference is left, 1 some
 * are.
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 16, REPORTED = 20 };

struct mode {
    uint32_t key;
    cs_mode capstone;
    const char *name;
};

static const struct mode modes[] = {
    {LC_KEY_CODE16 | LC_KEY_PROT, CS_MODE_16, "16"},
    {LC_KEY_CODE32 | LC_KEY_PROT, CS_MODE_32, "32"},
    {LC_KEY_CODE64 | LC_KEY_PROT, CS_MODE_64, "64"},
};

struct checker {
    struct lc_decoder decoder;
    csh cs[LC_ARRAY_LEN(modes)];
    cs_insn *insn;
    uint64_t random;
    uint64_t strings, compared, only_ours, explained, different;
};

static uint64_t next(struct checker *k)
{
    k->random ^= k->random << 13;
    k->random ^= k->random >> 7;
    k->random ^= k->random << 17;
    return k->random;
}

/* Prefixes, an opcode of some map, and anything behind it. */
static void fill(struct checker *k, uint8_t *b)
{
    static const uint8_t prefix[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x64, 0x48, 0x41, 0x44};
    unsigned n = 0;
    uint64_t r = next(k);
    for (unsigned i = 0; i < BYTES; i += 8)
        lc_put64(b + i, next(k));
    while ((r & 3) == 0 && n < 4) {
        b[n++] = prefix[(r >> 8) % sizeof(prefix)];
        r = next(k);
    }
    if (r & 4) {
        b[n++] = 0x0f;
        if ((r & 0x70) == 0)
            b[n++] = r & 0x80 ? 0x38 : 0x3a;
    } else if ((r & 0x3f00) == 0) {
        b[n++] = 0xc4;
    }
}

/* ---- names ---- */

/* Ours say what the manual calls an opcode; Capstone also knows pseudo-names and AT&T's habits. */
static const struct {
    const char *ours, *theirs;
} aliases[] = {
    {"mov", "movabs"},
    {"xchg", "nop"},
    {"nop", "xchg"},
    {"ud2", "ud2"},
    {"ud1", "ud2b"},
    {"ud1", "ud1"},
    {"ud0", "ud0"},
    {"shl", "sal"},
    {"ret", "retn"},
    {"retf", "retfq"},
    {"iret", "iretd"},
    {"iret", "iretq"},
    {"pushf", "pushfq"},
    {"pushf", "pushfd"},
    {"popf", "popfq"},
    {"popf", "popfd"},
    {"salc", "salc"},
    {"int1", "int1"},
    {"icebp", "int1"},
    {"jmp", "ljmp"},
    {"call", "lcall"},
    {"sysret", "sysretq"},
    {"sysexit", "sysexitq"},
    {"fwait", "wait"},
    {"fxsave", "fxsave64"},
    {"fxrstor", "fxrstor64"},
    {"prefetch", "prefetchw"},
    {"pause", "nop"},
    {"nop", "prefetchnta"},
    {"nop", "prefetcht0"},
    {"nop", "prefetcht1"},
    {"nop", "prefetcht2"},
    {"nop", "prefetch"},
    {"fneni", "feni8087_nop"},
    {"fndisi", "fdisi8087_nop"},
    {"fnsetpm", "fsetpm"},
    {"clwb", "xsaveopt"},
    {"smsw", "smsw"},
    {"str", "str"},
    {"movq", "movd"}, /* with REX.W */
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Is `word` one of the names that stand between slashes in `list`? */
static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
        if (strncmp(p, word, n) == 0 && (p[n] == '\0' || p[n] == '/'))
            return true;
    return false;
}

/* Capstone writes REP and LOCK into the mnemonic. */
static const char *bare(const char *m)
{
    const char *space = strrchr(m, ' ');
    return space ? space + 1 : m;
}

/* CMPPS and the like: Capstone has the predicate in the name, CMPLTPS. */
static bool predicate_inside(const char *ours, const char *theirs)
{
    size_t head = begins(ours, "v") ? 4 : 3, n = strlen(theirs);
    if (!begins(ours + head - 3, "cmpp") && !begins(ours + head - 3, "cmps"))
        return false;
    return strncmp(ours, theirs, head) == 0 && n > 2 && strcmp(theirs + n - 2, ours + head) == 0;
}

static bool same_class(const struct lc_row *row, const char *theirs)
{
    const char *ours = row->mnemonic;
    theirs = bare(theirs);
    if (listed(ours, theirs))
        return true;
    if (row->attr & LC_ATTR_CC)
        return begins(theirs, ours);
    if (predicate_inside(ours, theirs))
        return true;
    for (size_t i = 0; i < LC_ARRAY_LEN(aliases); i++)
        if (listed(ours, aliases[i].ours) && strcmp(theirs, aliases[i].theirs) == 0)
            return true;
    /* Operand sizes as suffixes: movsd, pushal, iretq, cbw/cwde/cdqe, jcxz/jecxz/jrcxz. */
    return begins(theirs, ours) && strlen(theirs) <= strlen(ours) + 2;
}

/* ---- the comparison ---- */

/*
 * Where Capstone 4.0.2 is wrong, or takes AMD's side.  The same length, another name:
 *  - F2, F3 or 66 as a part of the opcode (vol. 2A, 2.1.2): in 16-bit mode, and when another prefix
 *    stands between it and the opcode, Capstone names the plain instruction;
 *  - 67 before REX.W counts as 66, too;
 *  - group 15 (0F AE): CLFLUSH, CLFLUSHOPT and PCOMMIT told apart by the wrong prefix.
 * Another length:
 *  - 66 together with F2 or F3: it forgets that 66 still sizes an immediate or a displacement;
 *  - 66 or 67 before a near branch or RET in 64-bit mode, where Intel's operand size is 64 bits
 *    whatever stands there (vol. 2A, CALL, JMP, Jcc: "N.S."; vol. 2B, RET);
 *  - MOV to and from control and debug registers: ModRM.mod is ignored (vol. 2B, MOV); it wants 3.
 */
static bool explained(const struct lc_decoded *d, const struct mode *m, const cs_insn *insn)
{
    const struct lc_row *row = d->row;
    bool part = row->prefix == LC_PFX_F2 || row->prefix == LC_PFX_F3 || row->prefix == LC_PFX_66;
    bool group15 = row->map == LC_MAP_0F && row->opcode == 0xae;
    bool as_66 =
        row->prefix == LC_PFX_NONE && m->capstone == CS_MODE_64 && d->asize == 4 && (d->rex & 8);
    if (d->len == insn->size && (part || group15 || as_66))
        return true;
    if (d->osz && d->rep)
        return true;
    if (m->capstone == CS_MODE_64 && row->size == LC_SIZE_F64 && (d->osz || d->asize == 4))
        return true;
    return row->map == LC_MAP_0F && row->opcode >= 0x20 && row->opcode <= 0x23;
}

/* What this CPU has not. */
static bool is_absent_group(unsigned g)
{
    static const uint8_t absent[] = {
        X86_GRP_VM,    X86_GRP_3DNOW, X86_GRP_AVX512, X86_GRP_FMA4, X86_GRP_HLE,  X86_GRP_RTM,
        X86_GRP_SSE4A, X86_GRP_XOP,   X86_GRP_CDI,    X86_GRP_ERI,  X86_GRP_TBM,  X86_GRP_SGX,
        X86_GRP_DQI,   X86_GRP_BWI,   X86_GRP_PFI,    X86_GRP_VLX,  X86_GRP_NOVLX};
    return memchr(absent, (int)g, sizeof(absent)) != NULL;
}

/* Legacy vector instructions: 66, F2 and F3 are parts of their opcodes, or #UD (vol. 2D, A.2.4). */
static bool is_vector_group(unsigned g)
{
    static const uint8_t vector[] = {X86_GRP_MMX,   X86_GRP_SSE1,  X86_GRP_SSE2,  X86_GRP_SSE3,
                                     X86_GRP_SSSE3, X86_GRP_SSE41, X86_GRP_SSE42, X86_GRP_AES,
                                     X86_GRP_SHA,   X86_GRP_PCLMUL};
    return memchr(vector, (int)g, sizeof(vector)) != NULL;
}

/* Where the opcode stands that the prefixes end at; maps are not looked at. */
static const uint8_t *opcode_of(const struct mode *m, const uint8_t *b)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26,
                                       0x2e, 0x36, 0x3e, 0x64, 0x65};
    while (memchr(prefixes, *b, sizeof(prefixes)) ||
           (m->capstone == CS_MODE_64 && (*b & 0xf0) == 0x40))
        b++;
    return b;
}

/* LOCK is #UD but before these, with a memory destination (vol. 2A, LOCK). */
static bool lock_is_legal(const cs_insn *insn)
{
    static const char *const names[] = {
        "add", "adc", "and", "btc", "btr", "bts", "cmpxchg", "cmpxchg8b", "cmpxchg16b", "dec",
        "inc", "neg", "not", "or",  "sbb", "sub", "xor",     "xadd",      "xchg"};
    const cs_x86 *x = &insn->detail->x86;
    for (size_t i = 0; i < LC_ARRAY_LEN(names); i++)
        if (strcmp(bare(insn->mnemonic), names[i]) == 0)
            return x->op_count > 0 && x->operands[0].type == X86_OP_MEM;
    return false;
}

static bool listed_as_refused(const char *mnemonic)
{
    static const struct {
        const char *name, *why;
    } rows[] = {
#define REFUSED(name, why) {name, why},
#include "capstone_exceptions.def"
#undef REFUSED
    };
    for (size_t i = 0; i < LC_ARRAY_LEN(rows); i++) {
        size_t n = strcspn(rows[i].name, "*");
        if (strncmp(mnemonic, rows[i].name, n) == 0 &&
            (rows[i].name[n] == '*' || mnemonic[n] == '\0'))
            return true;
    }
    return false;
}

/*
 * Is there a reason that ours refuses what Capstone takes?  Beside the listed ones:
 *  - LOCK where it is illegal;
 *  - control and debug registers that do not exist, CS and numbers 6 and 7 as the destination of a
 *    segment MOV (vol. 2B, MOV);
 *  - SYSCALL and SYSRET outside 64-bit mode, which only AMD has (vol. 2B, SYSCALL), and SWAPGS,
 *    which nobody has there (vol. 2B, SWAPGS);
 *  - F2, F3 or 66 before an opcode that the manual marks NP, or that wants another of them; and 67
 *    before REX.W, which Capstone takes for 66.
 */
static bool refused(const struct lc_decoded *d, const struct mode *m, const uint8_t *b,
                    const cs_insn *insn)
{
    const uint8_t *op = opcode_of(m, b);
    const char *name = bare(insn->mnemonic);
    bool as_66 = m->capstone == CS_MODE_64 && d->asize == 4 && (d->rex & 8);
    bool prefixed = d->rep || d->osz || as_66;
    for (unsigned i = 0; i < insn->detail->groups_count; i++)
        if (is_absent_group(insn->detail->groups[i]) ||
            (prefixed && is_vector_group(insn->detail->groups[i])))
            return true;
    if (listed_as_refused(name))
        return true;
    if (d->lock)
        return !lock_is_legal(insn);
    if (op[0] == 0x8e || (op[0] == 0x0f && op[1] >= 0x20 && op[1] <= 0x23))
        return strcmp(name, "mov") == 0;
    bool long_only =
        op[0] == 0x0f && (op[1] == 0x05 || op[1] == 0x07 || (op[1] == 0x01 && op[2] == 0xf8));
    if (long_only && m->capstone != CS_MODE_64)
        return true;
    if (op[0] == 0x0f && op[1] == 0x38 && op[2] == 0xf6)
        return true; /* ADCX wants 66, ADOX F3: Capstone also takes 67 with REX.W for it */
    bool marked =
        op[0] == 0x0f && (op[1] == 0xae || op[1] == 0xc7 || op[1] == 0x01 || op[1] == 0x38);
    return marked && (d->rep || d->osz);
}

static void report(const struct mode *m, const uint8_t *b, const struct lc_decoded *d,
                   const cs_insn *insn)
{
    printf("%s-bit:", m->name);
    for (unsigned i = 0; i < LC_INSN_MAX; i++)
        printf(" %02x", b[i]);
    printf("\n  ours %u %s, Capstone %u %s %s\n", d->len, d->row ? d->row->mnemonic : "(refused)",
           insn->size, insn->mnemonic, insn->op_str);
}

static void check(struct checker *k, unsigned n, const uint8_t *b, size_t size)
{
    const struct mode *m = &modes[n];
    struct lc_decoded d;
    const uint8_t *code = b;
    uint64_t address = 0x1000;
    bool ours = lc_decode(&k->decoder, m->key, b, size, &d) == LC_DECODE_OK;
    bool theirs = cs_disasm_iter(k->cs[n], &code, &size, &address, k->insn);
    k->only_ours += ours && !theirs;
    if (!theirs)
        return;
    k->compared++;
    if (ours && d.len == k->insn->size && same_class(d.row, k->insn->mnemonic))
        return;
    if (ours ? explained(&d, m, k->insn) : refused(&d, m, b, k->insn)) {
        k->explained++;
        return;
    }
    d.row = ours ? d.row : NULL;
    if (k->different++ < REPORTED)
        report(m, b, &d, k->insn);
}

static void check_all(struct checker *k, const uint8_t *b, size_t size)
{
    k->strings++;
    for (unsigned n = 0; n < LC_ARRAY_LEN(modes); n++)
        check(k, n, b, size);
}

static void check_file(struct checker *k, const char *path)
{
    FILE *f = fopen(path, "rb");
    static uint8_t data[1 << 22];
    size_t size = f ? fread(data, 1, sizeof(data), f) : 0;
    if (f)
        fclose(f);
    for (size_t at = 0; at + BYTES <= size; at++)
        check_all(k, data + at, BYTES);
}

int main(int argc, char **argv)
{
    static const uint64_t all[4] = {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)};
    struct lc_alloc alloc = lc_alloc_default();
    struct checker k = {.random = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 88172645463325252u};
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 300000;
    if (!lc_decoder_init(&k.decoder, &alloc, all))
        return 70;
    for (unsigned n = 0; n < LC_ARRAY_LEN(modes); n++)
        if (cs_open(CS_ARCH_X86, modes[n].capstone, &k.cs[n]) != CS_ERR_OK ||
            cs_option(k.cs[n], CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
            return 70;
    k.insn = cs_malloc(k.cs[0]);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t b[BYTES];
        fill(&k, b);
        check_all(&k, b, sizeof(b));
    }
    for (int i = 3; i < argc; i++)
        check_file(&k, argv[i]);
    printf("%llu strings in 3 modes: %llu that Capstone takes, %llu explained, %llu different; "
           "%llu only ours\n",
           (unsigned long long)k.strings, (unsigned long long)k.compared,
           (unsigned long long)k.explained, (unsigned long long)k.different,
           (unsigned long long)k.only_ours);
    cs_free(k.insn, 1);
    for (unsigned n = 0; n < LC_ARRAY_LEN(modes); n++)
        cs_close(&k.cs[n]);
    lc_decoder_fini(&k.decoder, &alloc);
    return k.different != 0 || k.compared == 0;
}
