/*
 * access.h - linear memory as instructions see it: the inline fast path over the TLB, and the
 * functions behind it (law 4).
 *
 * Every function returns false when the access faults; cpu->fault then says how (or, for a device
 * register in the middle of a block, asks for a retry: see LC_EXIT_RETRY), and nothing has been
 * written.  The handler returns lc_fault() at once (exec/op.h).
 */
#ifndef LC_CPU_ACCESS_H
#define LC_CPU_ACCESS_H

#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

/* ---- ways to fault; each returns false ---- */
bool lc_raise(struct lc_cpu *c, unsigned vector);                       /* no error code */
bool lc_raise_error(struct lc_cpu *c, unsigned vector, uint32_t error); /* with an error code */
bool lc_raise_page(struct lc_cpu *c, uint64_t la, uint32_t error);      /* #PF */
bool lc_raise_gp0(struct lc_cpu *c);                                    /* #GP(0) */
bool lc_raise_ud(struct lc_cpu *c);                                     /* #UD */

/* ---- slow paths, out of line; a value read is left in c->found ---- */
/* `insn` may be NULL outside a handler; `seg` chooses between #SS and #GP. Sizes 1, 2, 4, 8. */
bool lc_load_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                  unsigned size);
bool lc_store_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                   unsigned size, uint64_t v);
/* Load with the rights of a store: the store that follows cannot fault. */
bool lc_load_rmw_slow(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                      unsigned size);

/* The same with the rights of a class: descriptor tables and TSS (LC_TLB_SUPER), stack frames. */
bool lc_load_as(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned size,
                uint64_t *v);
bool lc_store_as(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned size,
                 uint64_t v);
/* Check that [la, la+len) can be read or written without doing it (len <= 4096); sets A and D. */
bool lc_probe(struct lc_cpu *c, enum lc_tlb_class as, unsigned seg, uint64_t la, unsigned len,
              bool write);

/* Drop translations (lc_tlb_flush, lc_tlb_flush_page), and tell of it. */
void lc_cpu_flush(struct lc_cpu *c, bool keep_global);
void lc_cpu_flush_page(struct lc_cpu *c, uint64_t la);

/* Translate one byte of the current code stream; fills the fetch tag. #PF, #GP(0) as needed. */
bool lc_fetch_translate(struct lc_cpu *c, uint64_t la, uint64_t *pa);

/* Host bytes from la to the end of its page, for string instructions: NULL when an access could be
 * special (then go by lc_load and lc_store). No fault is raised. */
uint8_t *lc_host_read(struct lc_cpu *c, uint64_t la);
uint8_t *lc_host_write(struct lc_cpu *c, uint64_t la);
/* `len` bytes of the current code stream; NULL when the TLB does not hold them in one page. */
const uint8_t *lc_host_fetch(const struct lc_cpu *c, uint64_t la, unsigned len);

/* ---- segmentation, legacy modes (SDM vol. 3A, 5.3 and 5.4) ---- */
/* Are `size` bytes at offset ea inside the segment and of the right type? Raises #GP(0) or #SS(0).
 */
bool lc_seg_check(struct lc_cpu *c, unsigned seg, uint64_t ea, unsigned size, bool write);
/* The same question of any segment, answered without raising. */
bool lc_seg_allows(const struct lc_cpu *c, const struct lc_seg *s, uint64_t ea, unsigned size,
                   bool write);
/* Outside 64-bit mode: effective address (already masked to the address size) to linear, with all
 * checks; the linear address is left in c->found. */
bool lc_linear_slow(struct lc_cpu *c, unsigned seg, uint64_t ea, unsigned size, bool write);

/* ---- fast paths ---- */

/* Effective address (already masked to the address size) to linear, in any mode. */
LC_INLINE bool lc_linear(struct lc_cpu *c, unsigned seg, uint64_t ea, unsigned size, bool write,
                         uint64_t *la)
{
    if (LC_LIKELY(c->code64)) {
        *la = ea + c->segbase[seg];
        return true;
    }
    if (!lc_linear_slow(c, seg, ea, size, write))
        return false;
    *la = c->found;
    return true;
}

LC_INLINE bool lc_load(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                       unsigned size, uint64_t *v)
{
    const struct lc_tlb_hot *e = &c->tlb[lc_tlb_index(la)];
    if (LC_LIKELY(((la + size - 1) & LC_PAGE_MASK) == e->read)) {
        *v = lc_get((const void *)(uintptr_t)(la + e->addend), size);
        return true;
    }
    if (!lc_load_slow(c, insn, seg, la, size))
        return false;
    *v = c->found;
    return true;
}

LC_INLINE bool lc_store(struct lc_cpu *c, const struct lc_insn *insn, unsigned seg, uint64_t la,
                        unsigned size, uint64_t v)
{
    const struct lc_tlb_hot *e = &c->tlb[lc_tlb_index(la)];
    if (LC_LIKELY(((la + size - 1) & LC_PAGE_MASK) == e->write)) {
        lc_put((void *)(uintptr_t)(la + e->addend), v, size);
        return true;
    }
    return lc_store_slow(c, insn, seg, la, size, v);
}

/* Host address for a read-modify-write, or NULL: then lc_load_rmw_slow() and lc_store(). */
LC_INLINE void *lc_rmw(struct lc_cpu *c, uint64_t la, unsigned size)
{
    const struct lc_tlb_hot *e = &c->tlb[lc_tlb_index(la)];
    if (LC_LIKELY(((la + size - 1) & LC_PAGE_MASK) == e->write))
        return (void *)(uintptr_t)(la + e->addend);
    return NULL;
}

/* Implicit supervisor accesses: GDT, LDT, IDT, TSS. */
LC_INLINE bool lc_sys_load(struct lc_cpu *c, uint64_t la, unsigned size, uint64_t *v)
{
    return lc_load_as(c, LC_TLB_SUPER, LC_DS, la, size, v);
}

LC_INLINE bool lc_sys_store(struct lc_cpu *c, uint64_t la, unsigned size, uint64_t v)
{
    return lc_store_as(c, LC_TLB_SUPER, LC_DS, la, size, v);
}

#endif
