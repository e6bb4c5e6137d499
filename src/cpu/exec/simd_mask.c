/*
 * simd_mask.c - memory touched under a mask: MASKMOVQ, MASKMOVDQU, VMASKMOVPS, VMASKMOVPD,
 * VPMASKMOVD, VPMASKMOVQ, and the gathers (SDM vol. 1, 14.5 and 14.6; vol. 2C, VPGATHERDD).
 *
 * An element that is not selected is not touched, and cannot fault.  Elements go in ascending
 * order; each is an access of its own.
 */
#include "cpu/exec/vec.h"

LC_INLINE bool is_set(const uint8_t *mask, unsigned i, unsigned size)
{
    return mask[size * i + size - 1] >> 7;
}

/* The segment offset of element i: addresses wrap between elements. */
LC_INLINE uint64_t element_at(const struct lc_insn *insn, uint64_t ea, unsigned i, unsigned size)
{
    return (ea + size * i) & lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
}

/* Can all selected elements at segment offset ea be written? */
static bool probe_selected(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t ea,
                           const uint8_t *mask, unsigned size, unsigned count)
{
    unsigned seg = insn->seg;
    uint64_t la;
    for (unsigned i = 0; i < count; i++) {
        if (!is_set(mask, i, size))
            continue;
        if (!lc_linear(cpu, seg, element_at(insn, ea, i, size), size, true, &la))
            return false;
        if (!lc_rmw(cpu, la, size) && !lc_probe(cpu, cpu->tlb_class, seg, la, size, true))
            return false;
    }
    return true;
}

/* Store the selected elements: nothing is written when one of them faults. */
static LC_NOINLINE bool store_selected(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t ea,
                                       const uint8_t *mask, const uint8_t *from, unsigned size,
                                       unsigned count)
{
    uint64_t la;
    if (!probe_selected(cpu, insn, ea, mask, size, count))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!is_set(mask, i, size))
            continue;
        if (!lc_linear(cpu, insn->seg, element_at(insn, ea, i, size), size, true, &la) ||
            !lc_store(cpu, insn, insn->seg, la, size, lc_get(from + size * i, size)))
            return false; /* a device: to be done again as the block's last instruction */
    }
    return true;
}

/* Load the selected elements into cpu->vbuf, zeros for the others. */
static LC_NOINLINE bool load_selected(struct lc_cpu *cpu, const struct lc_insn *insn, uint64_t ea,
                                      const uint8_t *mask, unsigned size, unsigned count)
{
    uint64_t la, v;
    memset(cpu->vbuf, 0, LC_VEC_BYTES);
    for (unsigned i = 0; i < count; i++) {
        if (!is_set(mask, i, size))
            continue;
        if (!lc_linear(cpu, insn->seg, element_at(insn, ea, i, size), size, false, &la) ||
            !lc_load(cpu, insn, insn->seg, la, size, &v))
            return false;
        lc_put(cpu->vbuf + size * i, v, size);
    }
    return true;
}

/* ---- MASKMOVQ, MASKMOVDQU: bytes to DS:rDI, or another segment ---- */

/* Here processors check the whole operand, whatever is selected (vol. 2A, MASKMOVDQU, leaves it to
 * them). */
static LC_NOINLINE bool store_bytes(struct lc_cpu *cpu, const struct lc_insn *insn,
                                    const uint8_t *mask, const uint8_t *from, unsigned count)
{
    uint64_t ea = cpu->gpr[LC_RDI] & lc_mask_size(1u << LC_INSN_ASIZE(insn->flags)), la;
    return lc_linear(cpu, insn->seg, ea, count, true, &la) &&
           lc_probe(cpu, cpu->tlb_class, insn->seg, la, count, true) &&
           store_selected(cpu, insn, ea, mask, from, 1, count);
}

static lc_next maskmovdqu(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(store_bytes(cpu, insn, lc_xmm(cpu, insn->src), lc_xmm(cpu, insn->dst), 16));
    NEXT(cpu, insn);
}

/* The x87 state is MMX's even when the store faults. */
static lc_next maskmovq(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    TRY(lc_mmx_ready(cpu));
    lc_mmx_enter(cpu);
    TRY(store_bytes(cpu, insn, cpu->fpu.st[insn->src], cpu->fpu.st[insn->dst], 8));
    NEXT(cpu, insn);
}

LC_OP_SINGLE(maskmovdqu, maskmovdqu)
LC_OP_SINGLE(maskmovq, maskmovq)

/* ---- VMASKMOV: the mask is VEX.vvvv ---- */

#define VMASKMOV_FORMS(name, size, bytes)                                                          \
    static lc_next name##_load_##bytes(struct lc_cpu *cpu, const struct lc_insn *insn)             \
    {                                                                                              \
        const uint8_t *mask = lc_xmm(cpu, lc_vec_first(insn, LC_CLASS_128));                       \
        TRY(load_selected(cpu, insn, lc_ea(cpu, insn), mask, size, (bytes) / (size)));             \
        lc_ymm_set(cpu, insn->dst, lc_ymm_load(cpu->vbuf, bytes));                                 \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    static lc_next name##_store_##bytes(struct lc_cpu *cpu, const struct lc_insn *insn)            \
    {                                                                                              \
        const uint8_t *mask = lc_xmm(cpu, lc_vec_first(insn, LC_CLASS_128));                       \
        TRY(store_selected(cpu, insn, lc_ea(cpu, insn), mask, lc_xmm(cpu, insn->src), size,        \
                           (bytes) / (size)));                                                     \
        NEXT(cpu, insn);                                                                           \
    }
#define VMASKMOV(name, size)                                                                       \
    VMASKMOV_FORMS(name, size, 16)                                                                 \
    VMASKMOV_FORMS(name, size, 32)                                                                 \
    const struct lc_op lc_op_##name##_load = {                                                     \
        .fn = {[LC_FORM_RM] = {NULL, name##_load_16, name##_load_32, NULL}}};                      \
    const struct lc_op lc_op_##name##_store = {                                                    \
        .fn = {[LC_FORM_MR] = {NULL, name##_store_16, name##_store_32, NULL}}};
VMASKMOV(vmaskmov_d, 4)
VMASKMOV(vmaskmov_q, 8)

/* ---- gathers ---- */

/* Where a gather finds element i: base + index * scale + displacement, in the address size. */
static uint64_t gather_at(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned i, unsigned size)
{
    uint64_t index = lc_get(lc_xmm(cpu, insn->index) + size * i, size);
    uint64_t ea = lc_reg(cpu, insn->base, 8) + (lc_sext_size(index, size) << insn->scale) +
                  (uint64_t)(int64_t)insn->disp;
    return ea & lc_mask_size(1u << LC_INSN_ASIZE(insn->flags));
}

/* Before anything is looked for, each element of the mask becomes all of its sign, and what is
 * above the vector's `bytes` is cleared. */
static void spread_signs(uint8_t *mask, unsigned size, unsigned bytes)
{
    for (unsigned i = 0; i < bytes / size; i++)
        memset(mask + size * i, is_set(mask, i, size) ? 0xff : 0, size);
    memset(mask + bytes, 0, LC_VEC_BYTES - bytes);
}

/*
 * Each element that is there is written, and its mask cleared, before the next is looked for: a
 * fault leaves what has been done, so that the instruction goes on from there when it is run again.
 */
static LC_NOINLINE bool gather(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned index_size,
                               unsigned size, unsigned bytes)
{
    uint8_t *dst = lc_xmm(cpu, insn->dst), *mask = lc_xmm(cpu, lc_vec_first(insn, LC_CLASS_128));
    unsigned count = bytes / (index_size > size ? index_size : size);
    uint64_t la, v;
    spread_signs(mask, size, bytes);
    for (unsigned i = 0; i < count; i++) {
        if (is_set(mask, i, size)) {
            uint64_t ea = gather_at(cpu, insn, i, index_size);
            if (!lc_linear(cpu, insn->seg, ea, size, false, &la) ||
                !lc_load(cpu, insn, insn->seg, la, size, &v))
                return false;
            lc_put(dst + size * i, v, size);
            memset(dst + bytes, 0, LC_VEC_BYTES - bytes);
        }
        memset(mask + size * i, 0, size);
    }
    memset(dst + size * count, 0, LC_VEC_BYTES - size * count);
    memset(mask, 0, LC_VEC_BYTES);
    return true;
}

/* The larger of index and element decides how many there are. */
#define GATHER_FORM(name, index_size, size, bytes)                                                 \
    static lc_next name##_##bytes(struct lc_cpu *cpu, const struct lc_insn *insn)                  \
    {                                                                                              \
        TRY(gather(cpu, insn, index_size, size, bytes));                                           \
        NEXT(cpu, insn);                                                                           \
    }
#define GATHER(name, index_size, size)                                                             \
    GATHER_FORM(name, index_size, size, 16)                                                        \
    GATHER_FORM(name, index_size, size, 32)                                                        \
    const struct lc_op lc_op_##name = {.fn = {[LC_FORM_RM] = {NULL, name##_16, name##_32, NULL}}};
GATHER(vpgather_dd, 4, 4)
GATHER(vpgather_dq, 4, 8)
GATHER(vpgather_qd, 8, 4)
GATHER(vpgather_qq, 8, 8)
