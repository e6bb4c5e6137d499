/*
 * io.c - IN, OUT, INS, OUTS (SDM vol. 1, chapter 19; vol. 2).
 *
 * A port access is the last thing that can be refused: the permission is checked and the memory
 * side probed before the device sees anything, since what a device has been told cannot be undone.
 */
#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/exec/op.h"

/* ---- permission ---- */

enum { TSS_IO_BASE = 0x66, TSS_MIN_LIMIT = 0x67 };

static bool tss_load16(struct lc_cpu *c, uint64_t offset, uint64_t *v)
{
    uint64_t la = c->tr.base + offset;
    return lc_sys_load(c, lc_long_mode(c) ? la : (uint32_t)la, 2, v);
}

static bool has_bitmap(const struct lc_cpu *c)
{
    unsigned type = c->tr.attr & LC_SEG_TYPE;
    return c->tr.usable && (type == LC_SYS_TSS || type == LC_SYS_TSS_BUSY) &&
           c->tr.limit >= TSS_MIN_LIMIT;
}

/* Are the bits of all `size` ports clear? Two bytes are always read, so that both must lie inside
 * the TSS (vol. 1, 19.5.2). */
static LC_NOINLINE bool bitmap_allows(struct lc_cpu *c, unsigned port, unsigned size)
{
    uint64_t base, bits;
    if (!has_bitmap(c))
        return lc_raise_gp0(c);
    if (!tss_load16(c, TSS_IO_BASE, &base))
        return false;
    uint64_t at = base + port / 8;
    if (at + 1 > c->tr.limit)
        return lc_raise_gp0(c);
    if (!tss_load16(c, at, &bits))
        return false;
    return (bits >> (port & 7) & lc_mask(size)) == 0 || lc_raise_gp0(c);
}

static bool port_allowed(struct lc_cpu *c, unsigned port, unsigned size)
{
    if (lc_real_mode(c) || (!lc_vm86(c) && lc_cpl(c) <= lc_iopl(c)))
        return true;
    return bitmap_allows(c, port, size);
}

/* ---- the bus ---- */

static uint64_t port_read(struct lc_cpu *c, uint16_t port, unsigned size)
{
    lc_cpu_sync_clock(c);
    uint64_t v = c->bus.ports ? lc_bus_read(c->bus.ports, port, size) : ~UINT64_C(0);
    lc_debug_io(c, port, size);
    return v;
}

static void port_write(struct lc_cpu *c, uint16_t port, unsigned size, uint64_t v)
{
    lc_cpu_sync_clock(c);
    if (c->bus.ports)
        lc_bus_write(c->bus.ports, port, size, v & lc_mask_size(size));
    lc_debug_io(c, port, size);
}

/* There is no 64-bit port access: REX.W changes nothing. */
LC_INLINE unsigned port_size(unsigned size)
{
    return size == 8 ? 4 : size;
}

/* ---- IN, OUT ---- */

LC_INLINE lc_next in_from(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                          uint16_t port)
{
    size = port_size(size);
    TRY(port_allowed(cpu, port, size));
    cpu->at = insn;
    lc_set_reg(cpu, LC_RAX * 8, size, port_read(cpu, port, size));
    return lc_end(cpu, insn);
}

LC_INLINE lc_next out_to(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                         uint16_t port)
{
    size = port_size(size);
    TRY(port_allowed(cpu, port, size));
    cpu->at = insn;
    port_write(cpu, port, size, lc_reg(cpu, LC_RAX * 8, size));
    return lc_end(cpu, insn);
}

LC_INLINE lc_next in_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return in_from(cpu, insn, size, (uint8_t)insn->imm);
}

LC_INLINE lc_next in_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return in_from(cpu, insn, size, (uint16_t)cpu->gpr[LC_RDX]);
}

LC_INLINE lc_next out_ri(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return out_to(cpu, insn, size, (uint8_t)insn->imm);
}

LC_INLINE lc_next out_rr(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return out_to(cpu, insn, size, (uint16_t)cpu->gpr[LC_RDX]);
}

LC_INSTANCES(in, ri)
LC_INSTANCES(in, rr)
LC_INSTANCES(out, ri)
LC_INSTANCES(out, rr)
const struct lc_op lc_op_in = {.fn = {LC_SIZES(in, rr), {NULL}, {NULL}, LC_SIZES(in, ri), {NULL}}};
const struct lc_op lc_op_out = {
    .fn = {LC_SIZES(out, rr), {NULL}, {NULL}, LC_SIZES(out, ri), {NULL}}};

/* ---- INS, OUTS: one iteration a time ---- */

static bool repeats(const struct lc_insn *insn)
{
    return (insn->flags & (LC_INSN_REP | LC_INSN_REPN)) != 0;
}

static unsigned address_size(const struct lc_insn *insn)
{
    return 1u << LC_INSN_ASIZE(insn->flags);
}

static void advance(struct lc_cpu *c, unsigned reg, unsigned asize, unsigned size)
{
    uint64_t step = c->rflags & LC_DF ? 0 - (uint64_t)size : size;
    lc_set_reg(c, reg * 8, asize, lc_reg(c, reg * 8, asize) + step);
}

/* Where the memory side of an iteration lies, and that it can be used. */
static bool probe(struct lc_cpu *c, unsigned seg, uint64_t la, unsigned size, bool write)
{
    if (!lc_probe(c, c->tlb_class, seg, la, size, write))
        return false;
    return !c->align_check || (la & (size - 1)) == 0 || lc_raise_error(c, LC_VEC_AC, 0);
}

static bool ins_once(struct lc_cpu *c, const struct lc_insn *insn, unsigned size)
{
    unsigned asize = address_size(insn);
    uint16_t port = (uint16_t)c->gpr[LC_RDX];
    uint64_t la;
    if (!lc_linear(c, LC_ES, lc_reg(c, LC_RDI * 8, asize), size, true, &la) ||
        !probe(c, LC_ES, la, size, true))
        return false;
    c->at = insn;
    (void)lc_store(c, insn, LC_ES, la, size, port_read(c, port, size));
    advance(c, LC_RDI, asize, size);
    return true;
}

static bool outs_once(struct lc_cpu *c, const struct lc_insn *insn, unsigned size)
{
    unsigned asize = address_size(insn);
    uint16_t port = (uint16_t)c->gpr[LC_RDX];
    uint64_t la, v;
    if (!lc_linear(c, insn->seg, lc_reg(c, LC_RSI * 8, asize), size, false, &la) ||
        !lc_load(c, insn, insn->seg, la, size, &v))
        return false;
    c->at = insn;
    port_write(c, port, size, v);
    advance(c, LC_RSI, asize, size);
    return true;
}

/* One iteration, counted in rCX when there is a REP prefix; the run loop sees every one.  Whether
 * the port may be used is asked first, also when there is nothing to do: processors do so. */
LC_INLINE lc_next iterate(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                          bool (*once)(struct lc_cpu *, const struct lc_insn *, unsigned))
{
    unsigned asize = address_size(insn);
    uint64_t count = lc_reg(cpu, LC_RCX * 8, asize);
    TRY(port_allowed(cpu, (uint16_t)cpu->gpr[LC_RDX], port_size(size)));
    if (repeats(insn) && count == 0)
        return lc_end(cpu, insn);
    TRY(once(cpu, insn, port_size(size)));
    if (!repeats(insn))
        return lc_end(cpu, insn);
    lc_set_reg(cpu, LC_RCX * 8, asize, count - 1);
    return count == 1 ? lc_end(cpu, insn) : lc_again(cpu, insn);
}

LC_INLINE lc_next ins(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return iterate(cpu, insn, size, ins_once);
}

LC_INLINE lc_next outs(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    return iterate(cpu, insn, size, outs_once);
}

LC_OP_SIZED(ins, ins)
LC_OP_SIZED(outs, outs)
