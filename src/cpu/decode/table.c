/*
 * table.c - the instruction table, and the lookup made from it.
 *
 * Rows whose first opcode is the same form a chain in table order; the decoder takes the first row
 * of the chain that fits.  A row for 8 or 16 opcodes stands in as many chains.
 */
#include "cpu/decode/insn.h"
#include "cpu/exec/ops.h"
#include "cpu/flags.h"

/* Short names for the .def files; local to this file. */
#define K(kind, size) LC_OPD(LC_OPK_##kind, LC_OPS_##size)
enum operand_name {
    Eb = K(E, B),
    Ew = K(E, W),
    Ed = K(E, D),
    Eq = K(E, Q),
    Ez = K(E, Z),
    Ev = K(E, V),
    Ey = K(E, Y),
    Rv = K(R, V),
    Rw = K(R, W),
    Rd = K(R, D),
    Rq = K(R, Q),
    Ry = K(R, Y),
    Rr = K(R, R),
    M = K(M, N),
    Mb = K(M, B),
    Mw = K(M, W),
    Md = K(M, D),
    Mq = K(M, Q),
    Mdq = K(M, DQ),
    Mv = K(M, V),
    My = K(M, Y),
    Mp = K(M, P),
    Ma = K(M, A),
    Ms = K(M, S),
    Gb = K(G, B),
    Gw = K(G, W),
    Gd = K(G, D),
    Gq = K(G, Q),
    Gv = K(G, V),
    Gy = K(G, Y),
    Gr = K(G, R),
    By = K(B, Y),
    Zb = K(Z, B),
    Zv = K(Z, V),
    Zy = K(Z, Y),
    Ib = K(I, B),
    Iw = K(I, W),
    Iz = K(I, Z),
    Iv = K(I, V),
    Ibs = K(I, BS),
    Jb = K(J, B),
    Jz = K(J, Z),
    Ap = K(A, P),
    Ob = K(O, B),
    Ov = K(O, V),
    Sw = K(S, W),
    Cr = K(C, R),
    Dr = K(D, R),
    One = K(1, B),
    Xb = K(X, B),
    Xv = K(X, V),
    Yb = K(Y, B),
    Yv = K(Y, V),
    Xz = K(X, Z),
    Yz = K(Y, Z),
    AL = LC_OPD_FIXED(LC_OPK_F, LC_OPS_B, 0),
    AX = LC_OPD_FIXED(LC_OPK_F, LC_OPS_W, 0),
    rAX = LC_OPD_FIXED(LC_OPK_F, LC_OPS_V, 0),
    zAX = LC_OPD_FIXED(LC_OPK_F, LC_OPS_Z, 0),
    CL = LC_OPD_FIXED(LC_OPK_F, LC_OPS_B, 1),
    DX = LC_OPD_FIXED(LC_OPK_F, LC_OPS_W, 2),
    sES = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 0),
    sCS = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 1),
    sSS = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 2),
    sDS = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 3),
    sFS = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 4),
    sGS = LC_OPD_FIXED(LC_OPK_SEG, LC_OPS_W, 5),
    Pd = K(P, D),
    Pq = K(P, Q),
    Qd = K(Q, D),
    Qq = K(Q, Q),
    Nq = K(N, Q),
    Vd = K(V, D),
    Vq = K(V, Q),
    Vdq = K(V, DQ),
    Vx = K(V, X),
    Vqq = K(V, QQ),
    Vy = K(V, Y),
    Wd = K(W, D),
    Wq = K(W, Q),
    Wdq = K(W, DQ),
    Wx = K(W, X),
    Wqq = K(W, QQ),
    Ww = K(W, W),
    Wb = K(W, B),
    Hd = K(H, D),
    Hq = K(H, Q),
    Hdq = K(H, DQ),
    Hx = K(H, X),
    Hqq = K(H, QQ),
    Uq = K(U, Q),
    Udq = K(U, DQ),
    Ux = K(U, X),
    Hy = K(H, Y),
    Ub = K(U, B),
    Uw = K(U, W),
    Ud = K(U, D),
    Uqq = K(U, QQ),
    Nd = K(N, D),
    Mx = K(M, X),
    Mqq = K(M, QQ),
    Mt = K(M, T),
    STi = K(T, T),
    ST0 = K(ST, T),
    Lx = K(L, X),
    Ldq = K(L, DQ),
};
#undef K

#define CF     LC_CF
#define PF     LC_PF
#define AF     LC_AF
#define ZF     LC_ZF
#define SF     LC_SF
#define OF     LC_OF
#define DF     LC_DF
#define SZP    (LC_SF | LC_ZF | LC_PF)
#define OSZAP  (LC_OF | LC_SF | LC_ZF | LC_AF | LC_PF)
#define OSZAPC LC_OSZAPC
#define CCF    (LC_OSZAPC & ~LC_AF) /* what conditions read */

#define ANY      LC_EXT_ANY
#define RM(byte) LC_EXT_RM(byte)
#define NP       LC_PFX_ANY
#define NONE     LC_PFX_NONE
#define P66      LC_PFX_66
#define PF3      LC_PFX_F3
#define PF2      LC_PFX_F2
#define N66      LC_PFX_N66

#define LOCK   LC_ATTR_LOCK
#define END    LC_ATTR_END
#define BRANCH LC_ATTR_BRANCH
#define PRIV0  LC_ATTR_PRIV0
#define CPL0UD LC_ATTR_CPL0UD
#define SCE    LC_ATTR_SCE
#define PROT   LC_ATTR_PROT
#define NOREAL LC_ATTR_NOREAL
#define REP    LC_ATTR_REP
#define REPZ   LC_ATTR_REPZ
#define MEM    LC_ATTR_MEM
#define REG    LC_ATTR_REG
#define L0     LC_ATTR_L0
#define L1     LC_ATTR_L1
#define W0     LC_ATTR_W0
#define W1     LC_ATTR_W1
#define OSFPU  LC_ATTR_FPU
#define OSSSE  LC_ATTR_SSE
#define OSAVX  LC_ATTR_AVX
#define OSMMX  LC_ATTR_MMX
#define VSIB   LC_ATTR_VSIB
#define OSXSV  LC_ATTR_XSAVE
#define OSXCR  LC_ATTR_XCR
#define NOVVVV LC_ATTR_NOVVVV
#define WR     LC_ATTR_WRITE
#define RD     LC_ATTR_READ
#define UD     LC_ATTR_UD
#define NOREXB LC_ATTR_NOREXB

#define OPS0                                                                                       \
    {                                                                                              \
        0                                                                                          \
    }
#define OPS1(a)                                                                                    \
    {                                                                                              \
        a                                                                                          \
    }
#define OPS2(a, b)                                                                                 \
    {                                                                                              \
        a, b                                                                                       \
    }
#define OPS3(a, b, c)                                                                              \
    {                                                                                              \
        a, b, c                                                                                    \
    }
#define OPS4(a, b, c, d)                                                                           \
    {                                                                                              \
        a, b, c, d                                                                                 \
    }

/* A row for 16 opcodes names an array of 16 operations, indexed by the condition. */
#define ICC(mnem, map_, opc, ext_, pfx, mode_, size_, ops, fr, fw, fu, attrs, feat, handler)       \
    {                                                                                              \
        .mnemonic = mnem,                                                                          \
        .op = lc_op_##handler,                                                                     \
        .map = LC_MAP_##map_,                                                                      \
        .opcode = opc,                                                                             \
        .ext = ext_,                                                                               \
        .prefix = pfx,                                                                             \
        .mode = LC_MODE_##mode_,                                                                   \
        .size = LC_SIZE_##size_,                                                                   \
        .feature = LC_FEAT_##feat,                                                                 \
        .operand = ops,                                                                            \
        .flags_read = fr,                                                                          \
        .flags_written = fw,                                                                       \
        .flags_undefined = fu,                                                                     \
        .attr = (attrs) | LC_ATTR_CC,                                                              \
    },

#define I(mnem, map_, opc, ext_, pfx, mode_, size_, ops, fr, fw, fu, attrs, feat, handler)         \
    {                                                                                              \
        .mnemonic = mnem,                                                                          \
        .op = &lc_op_##handler,                                                                    \
        .map = LC_MAP_##map_,                                                                      \
        .opcode = opc,                                                                             \
        .ext = ext_,                                                                               \
        .prefix = pfx,                                                                             \
        .mode = LC_MODE_##mode_,                                                                   \
        .size = LC_SIZE_##size_,                                                                   \
        .feature = LC_FEAT_##feat,                                                                 \
        .operand = ops,                                                                            \
        .flags_read = fr,                                                                          \
        .flags_written = fw,                                                                       \
        .flags_undefined = fu,                                                                     \
        .attr = attrs,                                                                             \
    },

/* The general part stands first. */
/* clang-format off */
const struct lc_row lc_rows[] = {
#include "cpu/decode/insn_general.def"
#include "cpu/decode/insn_system.def"
#include "cpu/decode/insn_x87.def"
#include "cpu/decode/insn_simd.def"
#include "cpu/decode/insn_simdmove.def"
#include "cpu/decode/insn_simdfp.def"
#include "cpu/decode/insn_crypto.def"
#include "cpu/decode/insn_xstate.def"
};
/* clang-format on */

const unsigned lc_row_count = LC_ARRAY_LEN(lc_rows);

/* How many consecutive opcodes a row stands for. */
static unsigned row_span(const struct lc_row *r)
{
    if (r->attr & LC_ATTR_CC)
        return 16;
    for (unsigned i = 0; i < LC_OPERANDS; i++)
        if (LC_OPD_KIND(r->operand[i]) == LC_OPK_Z)
            return 8;
    return 1;
}

static bool feature_present(const uint64_t features[4], unsigned f)
{
    return f == LC_FEAT_BASE || (features[f >> 6] >> (f & 63) & 1);
}

/* VEX forms of what has a feature of its own need AVX too (vol. 1, 14.2), x87 rows the unit. */
static bool row_present(const uint64_t features[4], const struct lc_row *r)
{
    bool escape = r->map == LC_MAP_1 && (r->opcode & 0xf8) == 0xd8;
    if ((r->attr & LC_ATTR_AVX) && !feature_present(features, LC_FEAT_AVX))
        return false;
    if (escape && !feature_present(features, LC_FEAT_FPU))
        return false;
    return feature_present(features, r->feature);
}

bool lc_decoder_init(struct lc_decoder *d, const struct lc_alloc *a, const uint64_t features[4])
{
    memset(d, 0, sizeof(*d));
    memcpy(d->features, features, sizeof(d->features));
    d->next_len = (size_t)lc_row_count * 16;
    d->next = lc_alloc_zero(a, d->next_len, sizeof(*d->next));
    if (!d->next)
        return false;
    /* Backwards, each at the head of its chains, so that chains are in table order. */
    for (unsigned i = lc_row_count; i-- > 0;) {
        const struct lc_row *r = &lc_rows[i];
        if (!row_present(features, r))
            continue;
        for (unsigned k = 0; k < row_span(r); k++) {
            uint16_t *head = &d->head[r->map][r->opcode + k];
            d->next[i * 16 + k] = *head;
            *head = (uint16_t)(i + 1);
        }
    }
    return true;
}

void lc_decoder_fini(struct lc_decoder *d, const struct lc_alloc *a)
{
    lc_alloc_free(a, d->next, d->next_len * sizeof(*d->next));
    d->next = NULL;
}
