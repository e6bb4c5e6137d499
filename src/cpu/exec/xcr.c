/*
 * xcr.c - XCR0, the components that it enables, and which of them are in use: XGETBV, XSETBV (SDM
 * vol. 1, 13.2 to 13.6; vol. 2D, XGETBV, XSETBV).
 */
#include "cpu/exec/fpenv.h"
#include "cpu/exec/fpu_image.h"
#include "cpu/exec/hook.h"
#include "cpu/exec/xstate.h"

/* ---- components ---- */

static const struct {
    struct lc_xstate_component is;
    uint8_t feature;
} components[] = {
    {{.size = 256, .offset = 576, .aligned = false}, LC_FEAT_AVX}, /* 2: YMM's upper halves */
};

const struct lc_xstate_component *lc_xstate_component(const struct lc_cpu *c, unsigned i)
{
    if (i < LC_XSTATE_FIRST || i - LC_XSTATE_FIRST >= LC_ARRAY_LEN(components))
        return NULL;
    i -= LC_XSTATE_FIRST;
    return lc_has(c, components[i].feature) ? &components[i].is : NULL;
}

uint64_t lc_xcr0_valid(const struct lc_cpu *c)
{
    if (!lc_has(c, LC_FEAT_XSAVE))
        return 0;
    uint64_t valid = LC_XCR0_X87 | LC_XCR0_SSE;
    for (unsigned i = LC_XSTATE_FIRST; i < LC_XSTATE_FIRST + LC_ARRAY_LEN(components); i++)
        if (lc_xstate_component(c, i))
            valid |= LC_BIT(i);
    return valid;
}

/* End of what lies before component i. */
static unsigned compacted_offset(const struct lc_cpu *c, uint64_t bits, unsigned i)
{
    unsigned at = LC_XSTATE_EXTENDED;
    for (unsigned k = LC_XSTATE_FIRST; k <= i; k++) {
        const struct lc_xstate_component *x = lc_xstate_component(c, k);
        if (!x || !(bits >> k & 1))
            continue;
        at = x->aligned ? (at + 63) & ~63u : at;
        if (k < i)
            at += x->size;
    }
    return at;
}

unsigned lc_xstate_offset(const struct lc_cpu *c, uint64_t bits, unsigned i, bool compacted)
{
    const struct lc_xstate_component *x = lc_xstate_component(c, i);
    return compacted || !x ? compacted_offset(c, bits, i) : x->offset;
}

unsigned lc_xstate_size(const struct lc_cpu *c, uint64_t bits, bool compacted)
{
    unsigned size = LC_XSTATE_EXTENDED;
    for (unsigned i = LC_XSTATE_FIRST; i < LC_XSTATE_FIRST + LC_ARRAY_LEN(components); i++) {
        const struct lc_xstate_component *x = lc_xstate_component(c, i);
        if (x && (bits >> i & 1))
            size = lc_xstate_offset(c, bits, i, compacted) + x->size;
    }
    return size;
}

/* ---- in use ---- */

static bool x87_initial(const struct lc_fpu *f)
{
    if (f->fcw != LC_FCW_INITIAL || f->fsw || f->ftw || f->fop || f->fip || f->fdp || f->fcs ||
        f->fds)
        return false;
    uint64_t any = 0;
    for (unsigned i = 0; i < 8; i++)
        any |= lc_get64(f->st[i]) | lc_get16(f->st[i] + 8);
    return any == 0;
}

/* Are these 16 bytes of each vector register zero? */
static bool vectors_initial(const struct lc_fpu *f, unsigned count, unsigned lane)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < count; i++)
        any |= lc_get64(f->zmm[i] + 16 * lane) | lc_get64(f->zmm[i] + 16 * lane + 8);
    return any == 0;
}

uint64_t lc_xinuse(const struct lc_cpu *c)
{
    unsigned n = lc_fx_xmms(c);
    uint64_t used = x87_initial(&c->fpu) ? 0 : LC_XCR0_X87;
    if (!vectors_initial(&c->fpu, n, 0))
        used |= LC_XCR0_SSE;
    if (!vectors_initial(&c->fpu, n, 1))
        used |= LC_XCR0_AVX;
    return used;
}

/* ---- XGETBV, XSETBV: #UD without CR4.OSXSAVE is the rows' attribute ---- */

/* XINUSE as XGETBV tells it: SSE is in use too while MXCSR is not as after reset (vol. 1, 13.2). */
static uint64_t told_in_use(struct lc_cpu *c)
{
    return lc_xinuse(c) | (lc_fp_mxcsr(c) != LC_MXCSR_INITIAL ? LC_XCR0_SSE : 0);
}

/* The register that ECX names is left in cpu->found. */
static LC_NOINLINE bool read_xcr(struct lc_cpu *c)
{
    uint32_t n = (uint32_t)c->gpr[LC_RCX];
    if (n > 1 || (n == 1 && !lc_has(c, LC_FEAT_XGETBV1)))
        return lc_raise_gp0(c);
    c->found = n == 0 ? c->fpu.xcr0 : c->fpu.xcr0 & told_in_use(c);
    return true;
}

static lc_next xgetbv(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(read_xcr(cpu));
    cpu->gpr[LC_RAX] = (uint32_t)cpu->found;
    cpu->gpr[LC_RDX] = cpu->found >> 32;
    NEXT(cpu, insn);
}

static bool xcr0_allowed(const struct lc_cpu *c, uint64_t v)
{
    if ((v & ~lc_xcr0_valid(c)) || !(v & LC_XCR0_X87))
        return false;
    return !(v & LC_XCR0_AVX) || (v & LC_XCR0_SSE);
}

bool lc_xcr0_write(struct lc_cpu *c, uint64_t v)
{
    if (!xcr0_allowed(c, v))
        return lc_raise_gp0(c);
    c->fpu.xcr0 = v;
    lc_cpu_derive(c);
    return true;
}

static lc_next xsetbv(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v = (uint32_t)cpu->gpr[LC_RAX] | cpu->gpr[LC_RDX] << 32;
    TRY((uint32_t)cpu->gpr[LC_RCX] == 0 || lc_raise_gp0(cpu));
    if (lc_tell(cpu, LC_SYSTEM_CR, LC_CR_XCR0, 0, cpu->fpu.xcr0, v))
        return lc_hook_done(cpu, insn);
    TRY(lc_xcr0_write(cpu, v));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(xgetbv, xgetbv)
LC_OP_SINGLE(xsetbv, xsetbv)
