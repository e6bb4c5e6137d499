/*
 * cpuid.c - CPUID (SDM vol. 2A): constant leaves from cpuid.def, feature bits from feature.h, and
 * the few values that follow the state.
 */
#include "cpu/cpuid.h"

#include "cpu/exec/hook.h"
#include "cpu/exec/xstate.h"
#include "cpu/msr.h"

#define LC_CPUID_LAST     0x16u
#define LC_CPUID_LAST_EXT 0x80000008u

enum { EAX, EBX, ECX, EDX };

#define ANY (-1)

struct leaf {
    uint32_t leaf;
    int8_t subleaf;
    uint8_t feature;
    struct lc_cpuid value;
};

#define TEXT4(a, b, c, d)                                                                          \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define L(n, sub, feat, a, b, c, d)                                                                \
    {.leaf = (n), .subleaf = (sub), .feature = LC_FEAT_##feat, .value = {{(a), (b), (c), (d)}}},

static const struct leaf leaves[] = {
#include "cpu/cpuid.def"
};

#undef L

static const struct feature_bit {
    uint32_t leaf;
    uint8_t feature, subleaf, reg, bit;
} feature_bits[] = {
#define LC_FEATURE_BIT(name, n, sub, r, b, text)                                                   \
    {.leaf = (n), .feature = LC_FEAT_##name, .subleaf = (sub), .reg = (r), .bit = (b)},
    LC_FEATURE_MAP(LC_FEATURE_BIT)
#undef LC_FEATURE_BIT
};

/*
 * Is a feature of the model shown now?  SYSCALL is, on Intel's, in 64-bit mode alone (table 3-8,
 * 80000001H), MONITOR while IA32_MISC_ENABLE has it on, the APIC while IA32_APIC_BASE has.
 */
static bool is_shown(const struct lc_cpu *c, unsigned feature)
{
    switch (feature) {
    case LC_FEAT_SYSCALL: return c->code64;
    case LC_FEAT_MONITOR: return (c->misc_enable & LC_MISC_MONITOR) != 0;
    case LC_FEAT_APIC: return (c->apic_base & LC_APIC_BASE_ENABLE) != 0;
    default: return true;
    }
}

static void add_features(const struct lc_cpu *c, uint32_t leaf, uint32_t subleaf,
                         struct lc_cpuid *v)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(feature_bits); i++) {
        const struct feature_bit *f = &feature_bits[i];
        /* Of the leaves with features, 7 and 0D have subleaves. */
        bool sub = leaf == 7 || leaf == 0xd;
        bool here = f->leaf == leaf && (!sub || f->subleaf == subleaf);
        if (here && lc_has(c, f->feature) && is_shown(c, f->feature))
            v->reg[f->reg] |= 1u << f->bit;
    }
}

static struct lc_cpuid constant_leaf(const struct lc_cpu *c, uint32_t leaf, uint32_t subleaf)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(leaves); i++) {
        const struct leaf *l = &leaves[i];
        if (l->leaf == leaf && (l->subleaf == ANY || (uint32_t)l->subleaf == subleaf) &&
            (l->feature == LC_FEAT_BASE || lc_has(c, l->feature)))
            return l->value;
    }
    return (struct lc_cpuid){{0}};
}

/* Leaf 0DH: the components that XCR0 may enable, and sizes of areas for those that it does (vol. 1,
 * 13.2). */
static void add_xstate(const struct lc_cpu *c, uint32_t subleaf, struct lc_cpuid *v)
{
    uint64_t valid = lc_xcr0_valid(c), now = c->fpu.xcr0;
    const struct lc_xstate_component *x = lc_xstate_component(c, subleaf);
    if (subleaf == 0 && valid) {
        v->reg[EAX] = (uint32_t)valid;
        v->reg[EBX] = lc_xstate_size(c, now, false);
        v->reg[ECX] = lc_xstate_size(c, valid, false);
        v->reg[EDX] = (uint32_t)(valid >> 32);
    }
    if (subleaf == 1 && lc_has(c, LC_FEAT_XSAVEC))
        v->reg[EBX] = lc_xstate_size(c, now, true);
    if (x && (valid >> subleaf & 1)) {
        v->reg[EAX] = x->size;
        v->reg[EBX] = x->offset;
        v->reg[ECX] = (uint32_t)x->aligned << 1;
    }
}

static void add_dynamic(const struct lc_cpu *c, uint32_t leaf, uint32_t subleaf, struct lc_cpuid *v)
{
    switch (leaf) {
    case 1:
        if (lc_has(c, LC_FEAT_CLFSH))
            v->reg[EBX] |= 8u << 8; /* line size in units of 8 bytes */
        if (c->cr4 & LC_CR4_OSXSAVE)
            v->reg[ECX] |= 1u << 27;
        break;
    case 0xd: add_xstate(c, subleaf, v); break;
    case 0xb: /* the subleaf comes back, also where there is no level */
        v->reg[ECX] |= subleaf & 0xff;
        break;
    case 0x80000008: v->reg[EAX] = LC_PHYS_BITS | (lc_has(c, LC_FEAT_LA57) ? 57u : 48u) << 8; break;
    default: break;
    }
}

/* A leaf beyond the last of its range reads as the last basic one. */
static uint32_t clamp_leaf(uint32_t leaf)
{
    bool known = leaf <= LC_CPUID_LAST || (leaf >= 0x80000000 && leaf <= LC_CPUID_LAST_EXT);
    return known ? leaf : LC_CPUID_LAST;
}

struct lc_cpuid lc_cpuid(const struct lc_cpu *c, uint32_t leaf, uint32_t subleaf)
{
    leaf = clamp_leaf(leaf);
    struct lc_cpuid v = constant_leaf(c, leaf, subleaf);
    add_features(c, leaf, subleaf, &v);
    add_dynamic(c, leaf, subleaf, &v);
    return v;
}

static LC_NOINLINE void answer(struct lc_cpu *c)
{
    struct lc_cpuid v = lc_cpuid(c, (uint32_t)c->gpr[LC_RAX], (uint32_t)c->gpr[LC_RCX]);
    c->gpr[LC_RAX] = v.reg[EAX];
    c->gpr[LC_RBX] = v.reg[EBX];
    c->gpr[LC_RCX] = v.reg[ECX];
    c->gpr[LC_RDX] = v.reg[EDX];
}

static lc_next cpuid(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint32_t leaf = (uint32_t)cpu->gpr[LC_RAX], sub = (uint32_t)cpu->gpr[LC_RCX];
    if (lc_tell(cpu, LC_SYSTEM_CPUID, leaf, sub, 0, 0))
        return lc_hook_done(cpu, insn);
    answer(cpu);
    NEXT(cpu, insn);
}

LC_OP_SINGLE(cpuid, cpuid)
