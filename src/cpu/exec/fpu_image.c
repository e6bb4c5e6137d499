/*
 * fpu_image.c - between registers and the FXSAVE image (SDM vol. 1, 10.5.1; vol. 2A, FXSAVE).
 */
#include "cpu/exec/fpu_image.h"

#include "cpu/exec/fpenv.h"
#include "cpu/exec/vec.h"

enum {
    FCW = 0,
    FSW = 2,
    FTW = 4, /* abridged: a bit a physical register */
    FOP = 6,
    FIP = 8,
    FCS = 12, /* in the 32-bit form */
    FDP = 16,
    FDS = 20, /* in the 32-bit form */
    MXCSR_MASK = LC_FX_MXCSR + 4,
};

#define FCW_WRITABLE 0x1f3fu
#define FCW_FIXED    0x0040u /* always reads 1 */
#define FSW_B        0x8000u /* follows ES */
#define FSW_FLAGS    0x003fu
#define FOP_BITS     0x07ffu
#define POINTER_BITS 48 /* kept of FIP and FDP, which come back canonical */

/* Where ST(i) is: registers turn with TOP, the image does not. */
static unsigned physical(const struct lc_fpu *f, unsigned i)
{
    return ((f->fsw >> 11) + i) & 7;
}

static void put_pointers(const struct lc_fpu *f, bool wide, uint8_t *image)
{
    if (wide) {
        lc_put64(image + FIP, f->fip);
        lc_put64(image + FDP, f->fdp);
        return;
    }
    lc_put32(image + FIP, (uint32_t)f->fip);
    lc_put32(image + FCS, f->fcs);
    lc_put32(image + FDP, (uint32_t)f->fdp);
    lc_put32(image + FDS, f->fds);
}

static void get_pointers(struct lc_fpu *f, bool wide, const uint8_t *image)
{
    f->fip = wide ? lc_sext(lc_get64(image + FIP), POINTER_BITS) : lc_get32(image + FIP);
    f->fdp = wide ? lc_sext(lc_get64(image + FDP), POINTER_BITS) : lc_get32(image + FDP);
    f->fcs = wide ? 0 : lc_get16(image + FCS);
    f->fds = wide ? 0 : lc_get16(image + FDS);
}

void lc_fx_put_x87(const struct lc_fpu *f, bool wide, uint8_t *image)
{
    lc_put16(image + FCW, f->fcw);
    lc_put16(image + FSW, f->fsw);
    lc_put16(image + FTW, f->ftw);
    lc_put16(image + FOP, f->fop);
    put_pointers(f, wide, image);
    for (unsigned i = 0; i < 8; i++) {
        uint8_t *p = image + LC_FX_ST + 16 * i;
        memset(p, 0, 16);
        memcpy(p, f->st[physical(f, i)], 10);
    }
}

static uint16_t with_summary(uint16_t fsw, uint16_t fcw)
{
    fsw &= (uint16_t) ~(LC_FSW_ES | FSW_B);
    bool waiting = (fsw & ~fcw & FSW_FLAGS) != 0;
    return waiting ? fsw | LC_FSW_ES | FSW_B : fsw;
}

void lc_fx_get_x87(struct lc_fpu *f, bool wide, const uint8_t *image)
{
    f->fcw = (lc_get16(image + FCW) & FCW_WRITABLE) | FCW_FIXED;
    f->fsw = with_summary(lc_get16(image + FSW), f->fcw);
    f->ftw = image[FTW];
    f->fop = lc_get16(image + FOP) & FOP_BITS;
    get_pointers(f, wide, image);
    for (unsigned i = 0; i < 8; i++)
        memcpy(f->st[physical(f, i)], image + LC_FX_ST + 16 * i, 10);
}

void lc_fx_put_mxcsr(const struct lc_fpu *f, uint8_t *image)
{
    lc_put32(image + LC_FX_MXCSR, f->mxcsr);
    lc_put32(image + MXCSR_MASK, LC_MXCSR_MASK);
}

bool lc_fx_mxcsr_allowed(struct lc_cpu *c, const uint8_t *image)
{
    return (lc_get32(image + LC_FX_MXCSR) & ~LC_MXCSR_MASK) == 0 || lc_raise_gp0(c);
}

void lc_fx_put_xmm(const struct lc_fpu *f, unsigned xmms, uint8_t *image)
{
    for (unsigned i = 0; i < xmms; i++)
        memcpy(image + LC_FX_XMM + 16 * i, f->zmm[i], 16);
}

void lc_fx_get_xmm(struct lc_fpu *f, unsigned xmms, const uint8_t *image)
{
    for (unsigned i = 0; i < xmms; i++)
        memcpy(f->zmm[i], image + LC_FX_XMM + 16 * i, 16);
}

void lc_fx_store(struct lc_cpu *c, const struct lc_insn *insn, uint64_t la, const uint8_t *image,
                 unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i += 8)
        (void)lc_store(c, insn, insn->seg, la + i, 8, lc_get64(image + i));
}

bool lc_fx_load(struct lc_cpu *c, const struct lc_insn *insn, uint64_t la, uint8_t *image,
                unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i += 8) {
        uint64_t v;
        if (!lc_load(c, insn, insn->seg, la + i, 8, &v))
            return false;
        lc_put64(image + i, v);
    }
    return true;
}
