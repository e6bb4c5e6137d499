/*
 * RDMSR and WRMSR: which registers there are, and for each which bits and values they let in, by a
 * list of its own.
 */
#include "cpu/model.h"
#include "cpu/msr.h"
#include "cpu/sysrig.h"

#include <stdio.h>

enum rule {
    RO,       /* cannot be written */
    IGNORED,  /* any write is accepted and forgotten */
    MASK,     /* bits outside `mask` are refused */
    ADDRESS,  /* canonical by 57 bits */
    TYPES,    /* eight memory types, those of `mask` as a set */
    ONE_TYPE, /* a memory type in bits 7..0, and the bits of `mask` */
    APIC,     /* IA32_APIC_BASE: the bits of `mask`, and the modes */
    COUNTER,  /* any value, but it does not stay */
};

static const struct {
    uint32_t number, last; /* a range, by `step` */
    unsigned step;
    const char *feature;
    enum rule rule;
    uint64_t mask;
    uint64_t reset; /* after RESET */
} list[] = {
    {0x10, 0x10, 1, "tsc", COUNTER, 0, 0},
    {0x17, 0x17, 1, NULL, RO, 0, 0},
    {0x1b, 0x1b, 1, NULL, APIC, 0xfffffffd00, 0xfee00900},
    {0x8b, 0x8b, 1, NULL, IGNORED, 0, 0x10000000000},
    {0xce, 0xce, 1, "tsc", RO, 0, 0xa00},
    {0xfe, 0xfe, 1, "mtrr", RO, 0, 0x508},
    {0x174, 0x174, 1, "sep", MASK, ~UINT64_C(0), 0},
    {0x175, 0x176, 1, "sep", ADDRESS, 0, 0},
    {0x179, 0x179, 1, "mca", RO, 0, 0},
    {0x17a, 0x17a, 1, "mca", MASK, 7, 0},
    {0x1a0, 0x1a0, 1, NULL, MASK, 0x41801, 0x41801},
    {0x200, 0x20e, 2, "mtrr", ONE_TYPE, 0xfffffff000, 0},
    {0x201, 0x20f, 2, "mtrr", MASK, 0xfffffff800, 0},
    {0x250, 0x250, 1, "mtrr", TYPES, 0x73, 0},
    {0x258, 0x259, 1, "mtrr", TYPES, 0x73, 0},
    {0x268, 0x26f, 1, "mtrr", TYPES, 0x73, 0},
    {0x277, 0x277, 1, "pat", TYPES, 0xf3, 0x0007040600070406},
    {0x2ff, 0x2ff, 1, "mtrr", ONE_TYPE, 0xc00, 0},
    {0x6e0, 0x6e0, 1, "tsc-deadline", IGNORED, 0, 0}, /* no local APIC here */
    {0xc0000080, 0xc0000080, 1, "lm", MASK, 0xd01, 0},
    {0xc0000081, 0xc0000081, 1, "lm", MASK, ~UINT64_C(0), 0},
    {0xc0000082, 0xc0000083, 1, "lm", ADDRESS, 0, 0},
    {0xc0000084, 0xc0000084, 1, "lm", MASK, 0xffffffff, 0},
    {0xc0000100, 0xc0000102, 1, "lm", ADDRESS, 0, 0},
    {0xc0000103, 0xc0000103, 1, "rdtscp", MASK, 0xffffffff, 0},
};

static int find(uint32_t number)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(list); i++)
        if (number >= list[i].number && number <= list[i].last &&
            (number - list[i].number) % list[i].step == 0)
            return (int)i;
    return -1;
}

static struct outcome rdmsr(struct rig *r, uint32_t number, uint64_t *v)
{
    r->c->gpr[LC_RCX] = number | UINT64_C(0xffffffff00000000);
    r->c->gpr[LC_RAX] = r->c->gpr[LC_RDX] = ~UINT64_C(0);
    struct outcome o = RUN(r, 0x0f, 0x32);
    if (!o.fault) {
        assert_true(r->c->gpr[LC_RAX] >> 32 == 0 && r->c->gpr[LC_RDX] >> 32 == 0);
        *v = r->c->gpr[LC_RAX] | r->c->gpr[LC_RDX] << 32;
    }
    return o;
}

static struct outcome wrmsr(struct rig *r, uint32_t number, uint64_t v)
{
    r->c->gpr[LC_RCX] = number;
    r->c->gpr[LC_RAX] = (uint32_t)v | UINT64_C(0xdead00000000); /* upper halves are ignored */
    r->c->gpr[LC_RDX] = v >> 32 | UINT64_C(0xdead00000000);
    return RUN(r, 0x0f, 0x30);
}

/* Exactly those of the list exist. */
static void which_exist(void **state)
{
    static const uint32_t from[] = {0, 0x40000000, 0xc0000000, 0xc0010000, 0xfffffe00};
    struct rig r;
    uint64_t v = 0;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_PROT32, 0);
    for (size_t i = 0; i < LC_ARRAY_LEN(from); i++) {
        for (uint32_t n = 0; n < (i == 4 ? 0x200u : 0x1200u); n++) {
            uint32_t number = from[i] + n;
            struct outcome o = rdmsr(&r, number, &v);
            if (o.fault != (find(number) < 0))
                fail_msg("MSR %#x: fault %d", number, o.fault);
            if (o.fault)
                assert_gp0(o);
            else
                assert_non_null(lc_msr_name(number));
            if (find(number) < 0)
                assert_gp0(wrmsr(&r, number, 0));
        }
    }
    rig_close(&r);
}

static void after_reset(void **state)
{
    struct rig r;
    uint64_t v = 0;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_PROT32, 0);
    for (size_t i = 0; i < LC_ARRAY_LEN(list); i++) {
        for (uint32_t n = list[i].number; n <= list[i].last; n += list[i].step) {
            assert_done(rdmsr(&r, n, &v));
            if (list[i].rule != COUNTER && v != list[i].reset)
                fail_msg("MSR %#x is %#llx", n, (unsigned long long)v);
        }
    }
    rig_close(&r);
}

static bool types_ok(uint64_t set, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint64_t type = v >> (8 * i) & 0xff;
        if (type > 7 || !(set >> type & 1))
            return false;
    }
    return true;
}

/* Off, xAPIC and x2APIC (bits 11 and 10): neither x2APIC from off, nor xAPIC from x2APIC. */
static bool mode_allowed(uint64_t from, uint64_t to)
{
    static const bool allowed[4][4] = {[0] = {[0] = true, [2] = true},
                                       [2] = {[0] = true, [2] = true, [3] = true},
                                       [3] = {[0] = true, [3] = true}};
    return allowed[from >> 10 & 3][to >> 10 & 3];
}

static bool rule_allows(size_t i, uint64_t v, uint64_t before)
{
    uint64_t top = v >> 56;
    switch (list[i].rule) {
    case RO: return false;
    case MASK: return (v & ~list[i].mask) == 0;
    case APIC: return (v & ~list[i].mask) == 0 && mode_allowed(before, v);
    case ADDRESS: return v >> 56 & 1 ? top == 0xff : top == 0;
    case TYPES: return types_ok(list[i].mask, v, 8);
    case ONE_TYPE: return types_ok(0x73, v, 1) && (v & ~(list[i].mask | 0xff)) == 0;
    default: return true;
    }
}

static void try_write(struct rig *r, size_t i, uint32_t n, uint64_t v)
{
    uint64_t before = 0, after = 0;
    rig_mode(r, RIG_PROT32, 0);
    assert_done(rdmsr(r, n, &before));
    bool ok = rule_allows(i, v, before);
    if (n == 0xc0000080)
        v &= ~LC_EFER_LMA; /* never changed by a write; see efer() */
    struct outcome o = wrmsr(r, n, v);
    if (o.fault == ok)
        fail_msg("MSR %#x := %#llx: fault %d", n, (unsigned long long)v, o.fault);
    if (!ok)
        assert_gp0(o);
    assert_done(rdmsr(r, n, &after));
    if (n == 0x1a0 && ok)
        v |= 0x1800; /* BTS and PEBS are not there: read-only */
    if (list[i].rule != COUNTER && list[i].rule != IGNORED)
        assert_int_equal(after, ok ? v : before);
}

static void every_bit(void **state)
{
    static const uint64_t more[] = {
        0,
        ~UINT64_C(0),
        0x0606060606060606,
        0x0706050401000607,
        0x0002000000000000,
        0x0300000000000000,
        0x0000000000000008,
        0x00ff800000000000,
        0xff00000000000000,
        0x0100000000000000,
        0x7fffffffffffffff,
        0xffff800000000000,
    };
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(list); i++) {
        for (uint32_t n = list[i].number; n <= list[i].last; n += list[i].step) {
            for (unsigned bit = 0; bit < 64; bit++)
                try_write(&r, i, n, LC_BIT(bit));
            for (size_t k = 0; k < LC_ARRAY_LEN(more); k++)
                try_write(&r, i, n, more[k]);
            if (list[i].rule == APIC)
                for (uint64_t k = 0; k < 64; k++)
                    try_write(&r, i, n, 0xfee00100 | (k * 0x9e3779b1 >> 7 & 3) << 10);
        }
    }
    rig_close(&r);
}

static void without_features(void **state)
{
    struct rig r;
    char spec[40];
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(list); i++) {
        if (!list[i].feature)
            continue;
        snprintf(spec, sizeof(spec), "max,-%s", list[i].feature);
        rig_open(&r, spec);
        rig_mode(&r, RIG_PROT32, 0);
        bool other = list[i].number == 0xc0000103; /* RDPID has it too */
        assert_vector(rdmsr(&r, list[i].number, &v), other ? -1 : LC_VEC_GP);
        rig_close(&r);
    }
    rig_open(&r, "max,-rdtscp,-rdpid");
    rig_mode(&r, RIG_PROT32, 0);
    assert_gp0(rdmsr(&r, 0xc0000103, &v));
    rig_close(&r);
    /* Linear addresses of 48 bits. */
    rig_open(&r, "max,-la57");
    rig_mode(&r, RIG_PROT32, 0);
    assert_gp0(wrmsr(&r, 0xc0000082, UINT64_C(0x00ff800000000000)));
    assert_done(wrmsr(&r, 0xc0000082, UINT64_C(0xffff800000000000)));
    rig_close(&r);
    /* EFER bits go with their features. */
    rig_open(&r, "max,-nx,-syscall");
    rig_mode(&r, RIG_PROT32, 0);
    assert_gp0(wrmsr(&r, 0xc0000080, LC_EFER_NXE));
    assert_gp0(wrmsr(&r, 0xc0000080, LC_EFER_SCE));
    assert_done(wrmsr(&r, 0xc0000080, LC_EFER_LME));
    rig_close(&r);
    /* MISC_ENABLE without MONITOR. */
    rig_open(&r, "max,-monitor");
    rig_mode(&r, RIG_PROT32, 0);
    assert_done(rdmsr(&r, 0x1a0, &v));
    assert_int_equal(v, 0x1801);
    assert_gp0(wrmsr(&r, 0x1a0, 0x41801));
    rig_close(&r);
}

static void efer(void **state)
{
    static const enum rig_mode paged[] = {RIG_PAGED32, RIG_PAE, RIG_COMPAT, RIG_LONG};
    struct rig r;
    (void)state;
    rig_open(&r, NULL);
    for (size_t i = 0; i < LC_ARRAY_LEN(paged); i++) {
        rig_mode(&r, paged[i], 0);
        uint64_t before = r.c->efer;
        assert_gp0(wrmsr(&r, 0xc0000080, before ^ LC_EFER_LME));
        assert_int_equal(r.c->efer, before);
        /* LMA keeps its value whatever is written. */
        assert_done(wrmsr(&r, 0xc0000080, (before ^ LC_EFER_LMA) | LC_EFER_SCE));
        assert_int_equal(r.c->efer, before | LC_EFER_SCE);
        struct lc_tlb_cold e = {
            .la = 0x7000000, .pa = 0, .shift = 12, .read = true, .global = true};
        lc_tlb_insert(r.c->tlbs, LC_TLB_SUPER, &e);
        assert_done(wrmsr(&r, 0xc0000080, before | LC_EFER_SCE)); /* no change of NXE */
        assert_non_null(lc_tlb_find(r.c->tlbs, LC_TLB_SUPER, 0x7000000));
        assert_done(wrmsr(&r, 0xc0000080, before | LC_EFER_NXE));
        assert_null(lc_tlb_find(r.c->tlbs, LC_TLB_SUPER, 0x7000000));
        assert_true(r.c->paging.nxe);
    }
    rig_close(&r);
}

static void bases_and_tsc(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r, NULL);
    rig_mode(&r, RIG_LONG, 0);
    assert_done(wrmsr(&r, 0xc0000100, RIG_DATA));
    assert_done(wrmsr(&r, 0xc0000101, RIG_DATA + 8));
    assert_int_equal(r.c->segbase[LC_FS], RIG_DATA);
    assert_int_equal(r.c->seg[LC_GS].base, RIG_DATA + 8);
    rig_poke(&r, RIG_DATA + 8, 0x1122334455667788, 8);
    r.c->gpr[LC_RBX] = 0;
    assert_done(RUN(&r, 0x65, 0x48, 0x8b, 0x03)); /* mov rax, gs:[rbx] */
    assert_int_equal(r.c->gpr[LC_RAX], 0x1122334455667788);
    /* The counter goes on from what was written, an instruction a nanosecond. */
    assert_done(wrmsr(&r, 0x10, UINT64_C(0x123456789000)));
    uint64_t at = r.c->retired;
    assert_done(rdmsr(&r, 0x10, &v));
    assert_int_equal(v, UINT64_C(0x123456789000) + (r.c->retired - at));
    assert_done(RUN(&r, 0x0f, 0x31));
    v = r.c->gpr[LC_RAX] | r.c->gpr[LC_RDX] << 32;
    assert_int_equal(v, UINT64_C(0x123456789000) + (r.c->retired - at));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_exist), cmocka_unit_test(after_reset),
        cmocka_unit_test(every_bit),   cmocka_unit_test(without_features),
        cmocka_unit_test(efer),        cmocka_unit_test(bases_and_tsc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
