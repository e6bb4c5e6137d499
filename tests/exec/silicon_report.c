/*
 * silicon_report.c - a case in words: bytes, Capstone's text, the state before, and what became of
 * it here and there.
 */
#include "exec/silicon.h"

#include <stdio.h>

#ifdef LC_HAVE_CAPSTONE
#include <capstone/capstone.h>
#endif

static void print_text(const struct oracle_case *c)
{
#ifdef LC_HAVE_CAPSTONE
    static const cs_mode mode[] = {CS_MODE_64, CS_MODE_32, CS_MODE_16};
    csh h;
    cs_insn *insn;
    if (cs_open(CS_ARCH_X86, mode[c->mode], &h) != CS_ERR_OK)
        return;
    size_t n = cs_disasm(h, c->code, c->code_len, c->in.rip, 0, &insn);
    for (size_t i = 0; i < n; i++)
        printf("    %s %s\n", insn[i].mnemonic, insn[i].op_str);
    if (n)
        cs_free(insn, n);
    cs_close(&h);
#else
    (void)c;
#endif
}

static void print_bytes(const uint8_t *p, unsigned n)
{
    while (n-- > 0) /* as a number: the highest byte first */
        printf("%02x", p[n]);
}

/* Three values of a register; unchanged zeros are not worth a line. */
static void print_value(const char *name, unsigned number, const uint8_t *in, const uint8_t *here,
                        const uint8_t *there, unsigned size)
{
    bool differ = memcmp(here, there, size) != 0, changed = memcmp(in, there, size) != 0;
    bool zero = true;
    for (unsigned i = 0; i < size; i++)
        zero = zero && !in[i];
    if (zero && !differ && !changed)
        return;
    printf("    %s%u in ", name, number);
    print_bytes(in, size);
    if (differ || changed) {
        printf(" here ");
        print_bytes(here, size);
        printf(" silicon ");
        print_bytes(there, size);
    }
    printf("%s\n", differ ? "  <--" : "");
}

static void print_general(const struct oracle_case *c, const struct oracle_outcome *mine)
{
    static const char *const name[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                       "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    for (unsigned i = 0; i < 16; i++) {
        uint64_t in = c->in.gpr[i], here = mine->state.gpr[i], there = c->out.state.gpr[i];
        bool differ = ((here ^ there) & silicon_reg_mask(c->mode)) != 0;
        if (in || here || there)
            printf("    %-3s in %016llx here %016llx silicon %016llx%s\n", name[i],
                   (unsigned long long)in, (unsigned long long)here, (unsigned long long)there,
                   differ ? "  <--" : "");
    }
}

static void print_x87(const struct oracle_case *c, const uint8_t *in, const uint8_t *here,
                      const uint8_t *there)
{
    static const struct {
        const char *name;
        unsigned at, size;
        bool pointer;
    } words[] = {{"fcw", ORACLE_FCW, 2, false}, {"fsw", ORACLE_FSW, 2, false},
                 {"ftw", ORACLE_FTW, 1, false}, {"fop", ORACLE_FOP, 2, true},
                 {"fip", ORACLE_FIP, 8, true},  {"fdp", ORACLE_FDP, 8, true}};
    for (unsigned i = 0; i < LC_ARRAY_LEN(words); i++)
        if (!words[i].pointer || silicon_has_pointers(c))
            print_value(words[i].name, 0, in + words[i].at, here + words[i].at, there + words[i].at,
                        words[i].size);
    for (unsigned i = 0; i < 8; i++) {
        unsigned at = ORACLE_ST + 16 * i;
        print_value("st", i, in + at, here + at, there + at, 10);
    }
}

static void print_vectors(const struct oracle_case *c, const struct oracle_outcome *mine)
{
    const struct oracle_vectors *in = &c->in.vectors, *here = &mine->state.vectors;
    const struct oracle_vectors *there = &c->out.state.vectors;
    print_value("mxcsr", 0, in->fx + ORACLE_MXCSR, here->fx + ORACLE_MXCSR,
                there->fx + ORACLE_MXCSR, 4);
    for (unsigned i = 0; i < 16; i++) {
        unsigned at = ORACLE_XMM + 16 * i;
        print_value("xmm", i, in->fx + at, here->fx + at, there->fx + at, 16);
        at = 16 * i;
        print_value("high half of ymm", i, in->ymm_high + at, here->ymm_high + at,
                    there->ymm_high + at, 16);
    }
}

static void print_memory(const struct silicon *s, const struct oracle_case *c,
                         const struct oracle_outcome *mine)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < ORACLE_DATA_LEN && shown < 16; i++) {
        uint8_t in = silicon_byte(s, &c->memory, i), here = silicon_byte(s, &mine->memory, i);
        uint8_t there = silicon_byte(s, &c->out.memory, i);
        if (here != there && ++shown)
            printf("    memory %08x: in %02x here %02x silicon %02x  <--\n", ORACLE_DATA + i, in,
                   here, there);
    }
}

static void print_event(const char *who, const struct oracle_outcome *o)
{
    static const char *const end[] = {"", " (no event)", " (lost)"};
    printf("    %s: vector %u error %x cr2 %llx rip %llx%s\n", who, o->vector, o->error,
           (unsigned long long)o->cr2, (unsigned long long)o->state.rip, end[o->end]);
}

void silicon_report(const struct silicon *s, const struct oracle_case *c,
                    const struct gen_info *info, const struct oracle_outcome *mine)
{
    static const char *const mode[] = {"64", "32", "16"};
    const struct oracle_vectors *here = &mine->state.vectors, *there = &c->out.state.vectors;
    uint32_t mask = silicon_flags(s, c, info);
    printf("difference in %s-bit mode:", mode[c->mode]);
    for (unsigned i = 0; i < c->code_len; i++)
        printf(" %02x", c->code[i]);
    printf("%s%s\n", info->row ? "  row " : "", info->row ? info->row->mnemonic : "");
    print_text(c);
    printf("    flags in %05llx here %05llx silicon %05llx, compared %05x differ %05llx\n",
           (unsigned long long)c->in.rflags, (unsigned long long)mine->state.rflags,
           (unsigned long long)c->out.state.rflags, mask,
           (unsigned long long)((mine->state.rflags ^ c->out.state.rflags) & mask));
    print_event("here   ", mine);
    print_event("silicon", &c->out);
    print_general(c, mine);
    print_x87(c, c->in.vectors.fx, here->fx, there->fx);
    print_vectors(c, mine);
    print_memory(s, c, mine);
}
