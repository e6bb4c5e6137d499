/*
 * fpu_state.c - the x87 and SSE state as a whole: FXSAVE, FXRSTOR, LDMXCSR, STMXCSR (SDM vol.
 * 1, 10.5; vol. 2A, FXSAVE).
 *
 * CR0.EM, CR0.TS and CR4.OSFXSR are checked by the rows' attributes (exec/gate.c).
 */
#include "cpu/exec/fpenv.h"
#include "cpu/exec/op.h"

/* ---- MXCSR ---- */

#define MXCSR_MASK 0xffffu /* bits that exist, DAZ among them */

static bool mxcsr_allowed(struct lc_cpu *c, uint64_t v)
{
    return (v & ~(uint64_t)MXCSR_MASK) == 0 || lc_raise_gp0(c);
}

static lc_next ldmxcsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    TRY(lc_mem_load(cpu, insn, 4, &v));
    TRY(mxcsr_allowed(cpu, v));
    lc_fp_park(cpu);
    cpu->fpu.mxcsr = (uint32_t)v;
    NEXT(cpu, insn);
}

static lc_next stmxcsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mem_store(cpu, insn, 4, lc_fp_mxcsr(cpu)));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(ldmxcsr, ldmxcsr)
LC_OP_SINGLE(stmxcsr, stmxcsr)

/* ---- the FXSAVE image (vol. 2A, tables 3-43 and 3-46) ---- */

enum {
    IMAGE_SIZE = 512,
    IMAGE_FCW = 0,
    IMAGE_FSW = 2,
    IMAGE_FTW = 4,
    IMAGE_FOP = 6,
    IMAGE_FIP = 8,
    IMAGE_FCS = 12, /* in the 32-bit form */
    IMAGE_FDP = 16,
    IMAGE_FDS = 20, /* in the 32-bit form */
    IMAGE_MXCSR = 24,
    IMAGE_MXCSR_MASK = 28,
    IMAGE_ST = 32,
    IMAGE_XMM = 160,
};

/* Which parts of the image an instruction moves. */
struct image_form {
    bool wide;     /* REX.W: 64-bit FIP and FDP */
    bool sse;      /* CR4.OSFXSR: MXCSR and the XMM registers too */
    unsigned xmms; /* 16 in 64-bit mode, else 8 */
    unsigned used; /* bytes from the start; what lies behind is not touched */
};

static struct image_form image_form(const struct lc_cpu *c, const struct lc_insn *insn)
{
    struct image_form f = {
        .wide = LC_INSN_OPSIZE(insn->flags) == 3,
        .sse = (c->cr4 & LC_CR4_OSFXSR) != 0,
        .xmms = c->code64 ? 16 : 8,
    };
    f.used = f.sse ? IMAGE_XMM + 16 * f.xmms : IMAGE_XMM;
    return f;
}

/* Where ST(i) is: registers turn with TOP, the image does not. */
static uint8_t *st(struct lc_fpu *f, unsigned i)
{
    return f->st[((f->fsw >> 11) + i) & 7];
}

static void put_pointers(const struct lc_fpu *f, bool wide, uint8_t *image)
{
    if (wide) {
        lc_put64(image + IMAGE_FIP, f->fip);
        lc_put64(image + IMAGE_FDP, f->fdp);
        return;
    }
    lc_put32(image + IMAGE_FIP, (uint32_t)f->fip);
    lc_put32(image + IMAGE_FCS, f->fcs);
    lc_put32(image + IMAGE_FDP, (uint32_t)f->fdp);
    lc_put32(image + IMAGE_FDS, f->fds);
}

static void get_pointers(struct lc_fpu *f, bool wide, const uint8_t *image)
{
    f->fip = lc_get(image + IMAGE_FIP, wide ? 8 : 4);
    f->fdp = lc_get(image + IMAGE_FDP, wide ? 8 : 4);
    f->fcs = wide ? 0 : lc_get16(image + IMAGE_FCS);
    f->fds = wide ? 0 : lc_get16(image + IMAGE_FDS);
}

static void make_image(struct lc_fpu *f, const struct image_form *form, uint8_t *image)
{
    lc_put16(image + IMAGE_FCW, f->fcw);
    lc_put16(image + IMAGE_FSW, f->fsw);
    image[IMAGE_FTW] = f->ftw;
    lc_put16(image + IMAGE_FOP, f->fop);
    put_pointers(f, form->wide, image);
    lc_put32(image + IMAGE_MXCSR, f->mxcsr);
    lc_put32(image + IMAGE_MXCSR_MASK, MXCSR_MASK);
    for (unsigned i = 0; i < 8; i++)
        memcpy(image + IMAGE_ST + 16 * i, st(f, i), 10);
    for (unsigned i = 0; i < form->xmms; i++)
        memcpy(image + IMAGE_XMM + 16 * i, f->zmm[i], 16);
}

static void take_image(struct lc_fpu *f, const struct image_form *form, const uint8_t *image)
{
    f->fcw = (lc_get16(image + IMAGE_FCW) & 0x1f3f) | 0x40; /* bit 6 always reads 1 */
    f->fsw = lc_get16(image + IMAGE_FSW);
    f->ftw = image[IMAGE_FTW];
    f->fop = lc_get16(image + IMAGE_FOP) & 0x7ff;
    get_pointers(f, form->wide, image);
    for (unsigned i = 0; i < 8; i++)
        memcpy(st(f, i), image + IMAGE_ST + 16 * i, 10);
    if (!form->sse)
        return;
    f->mxcsr = lc_get32(image + IMAGE_MXCSR);
    for (unsigned i = 0; i < form->xmms; i++)
        memcpy(f->zmm[i], image + IMAGE_XMM + 16 * i, 16);
}

/* ---- FXSAVE, FXRSTOR ---- */

/* The image's address: 512 bytes, 16-byte aligned, all accessible. */
static bool image_address(struct lc_cpu *c, const struct lc_insn *insn, bool write, uint64_t *la)
{
    if (!lc_mem(c, insn, IMAGE_SIZE, write, la))
        return false;
    if (*la & 15)
        return lc_raise_gp0(c);
    return lc_probe(c, c->tlb_class, insn->seg, *la, IMAGE_SIZE, write);
}

static bool save(struct lc_cpu *c, const struct lc_insn *insn)
{
    struct image_form form = image_form(c, insn);
    uint8_t image[IMAGE_SIZE] = {0};
    uint64_t la;
    if (!image_address(c, insn, true, &la))
        return false;
    make_image(&c->fpu, &form, image);
    for (unsigned i = 0; i < form.used; i += 8) {
        if (i == IMAGE_MXCSR && !form.sse)
            continue;
        (void)lc_store(c, insn, insn->seg, la + i, 8, lc_get64(image + i));
    }
    return true;
}

static bool restore(struct lc_cpu *c, const struct lc_insn *insn)
{
    struct image_form form = image_form(c, insn);
    uint8_t image[IMAGE_SIZE];
    uint64_t la, v;
    if (!image_address(c, insn, false, &la))
        return false;
    for (unsigned i = 0; i < form.used; i += 8) {
        if (!lc_load(c, insn, insn->seg, la + i, 8, &v))
            return false;
        lc_put64(image + i, v);
    }
    if (form.sse && !mxcsr_allowed(c, lc_get32(image + IMAGE_MXCSR)))
        return false;
    take_image(&c->fpu, &form, image);
    return true;
}

static lc_next fxsave(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(save(cpu, insn));
    return lc_end(cpu, insn);
}

static lc_next fxrstor(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(restore(cpu, insn));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(fxsave, fxsave)
LC_OP_SINGLE(fxrstor, fxrstor)
