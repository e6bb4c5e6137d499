/*
 * tlb.h - the software TLB, in two halves (law 4).
 *
 * The hot half is what generated and interpreted code looks at: one compare of the access's last
 * byte with a tag, then a host load.  A tag is the linear page address when nothing special can
 * happen on such an access, else LC_TLB_NONE, which no page address equals.  Special are: MMIO,
 * ROM or code (stores), a page not yet dirty (stores), a page that a breakpoint or hook watches,
 * and, because the compared byte is the last one, an access that leaves its page.
 *
 * The cold half is the translation itself, as the architecture lets a TLB keep it: it may be stale
 * until INVLPG, a load of CR3 or a change of CR0 or CR4 (SDM vol. 3A, 4.10).
 *
 * There is a table for each class of access, so that rights need no test on a hit.
 */
#ifndef LC_MMU_TLB_H
#define LC_MMU_TLB_H

#include "mmu/walk.h"

enum {
    LC_TLB_BITS = 11,
    LC_TLB_ENTRIES = 1 << LC_TLB_BITS,
};

#define LC_TLB_NONE UINT64_C(1) /* never equals a page address */

enum lc_tlb_class {
    LC_TLB_SUPER,    /* CPL 0 to 2, and implicit supervisor accesses */
    LC_TLB_SUPER_AC, /* explicit supervisor accesses with EFLAGS.AC set: SMAP is lifted */
    LC_TLB_USER,     /* CPL 3 */
    LC_TLB_CLASSES,
};

struct lc_tlb_hot {
    uint64_t read; /* tags: page address or LC_TLB_NONE */
    uint64_t write;
    uint64_t fetch;
    uint64_t addend; /* host address of a byte minus its linear address */
};

struct lc_tlb_cold {
    uint64_t la;   /* page address, LC_TLB_NONE: empty slot */
    uint64_t pa;   /* page address */
    uint8_t shift; /* of the page that the walk found */
    bool read;     /* rights of this class */
    bool write;
    bool fetch;
    bool dirty; /* D is set in the entry: a store need not walk */
    bool global;
};

struct lc_tlb {
    struct lc_tlb_hot hot[LC_TLB_CLASSES][LC_TLB_ENTRIES];
    struct lc_tlb_hot none[LC_TLB_ENTRIES]; /* always empty: sends every access to the slow path */
    struct lc_tlb_cold cold[LC_TLB_CLASSES][LC_TLB_ENTRIES];
    uint16_t used[LC_TLB_CLASSES][LC_TLB_ENTRIES]; /* slots filled since the last full flush */
    uint16_t used_count[LC_TLB_CLASSES];
    bool large;     /* an entry of a page above 4 KiB may be here */
    uint64_t fills; /* statistics */
    uint64_t flushes;
    uint64_t evictions;
};

/*
 * Two streams are often a power of two apart: higher bits keep them from sharing a slot.  The
 * lowest bit of the page number is left alone, so that neighbours never share one: the slot is that
 * of the first byte and the tag is compared with the page of the last.
 */
LC_INLINE unsigned lc_tlb_index(uint64_t la)
{
    const unsigned mask = LC_TLB_ENTRIES - 1;
    return ((unsigned)(la >> LC_PAGE_SHIFT) & mask) ^
           ((unsigned)(la >> (LC_PAGE_SHIFT + LC_TLB_BITS - 1)) & mask & ~1u);
}

/* Empty, also of what `used` does not know: for a new object. */
void lc_tlb_init(struct lc_tlb *t);
/* Drop everything, or all but global pages. */
void lc_tlb_flush(struct lc_tlb *t, bool keep_global);
/* Drop every entry that translates la, of any page size, global or not (INVLPG). */
void lc_tlb_flush_page(struct lc_tlb *t, uint64_t la);
/* Physical page `pa` has become code: stores to it must be seen. */
void lc_tlb_protect(struct lc_tlb *t, uint64_t pa);
/* What class `c` knows of la, or NULL. */
const struct lc_tlb_cold *lc_tlb_find(const struct lc_tlb *t, enum lc_tlb_class c, uint64_t la);
/* What an entry for la would take the place of: that of another page; NULL: of none. */
const struct lc_tlb_cold *lc_tlb_victim(const struct lc_tlb *t, enum lc_tlb_class c, uint64_t la);
/* Keep a translation and return its slot; the caller sets the hot tags. */
unsigned lc_tlb_insert(struct lc_tlb *t, enum lc_tlb_class c, const struct lc_tlb_cold *e);

#endif
