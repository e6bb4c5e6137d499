/*
 * walk.h - the page walker: linear to physical, for every paging mode (SDM vol. 3A, chapter 4).
 *
 * One function translates (law 3).  The TLB fill, the public translate call, page-walk events,
 * the tests and the window all use it.
 */
#ifndef LC_MMU_WALK_H
#define LC_MMU_WALK_H

#include "mmu/phys.h"

/*
 * A paging-structure entry (SDM vol. 3A, tables 4-15 to 4-20):
 *
 *  63  62..52   51..........12  11..9  8  7   6 5 4   3   2   1   0
 *  XD  ignored  frame address   ign.   G  PS  D A PCD PWT U/S R/W P
 *
 * PS is PAT in a 4 KiB entry. 32-bit entries have no XD and end at bit 31.
 */
#define LC_PTE_P   LC_BIT(0)
#define LC_PTE_W   LC_BIT(1)
#define LC_PTE_U   LC_BIT(2)
#define LC_PTE_PWT LC_BIT(3)
#define LC_PTE_PCD LC_BIT(4)
#define LC_PTE_A   LC_BIT(5)
#define LC_PTE_D   LC_BIT(6)
#define LC_PTE_PS  LC_BIT(7)
#define LC_PTE_G   LC_BIT(8)
#define LC_PTE_NX  LC_BIT(63)

/* Page-fault error code (SDM vol. 3A, 4.7). */
#define LC_PF_P    0x01u /* a protection violation, not a missing entry */
#define LC_PF_W    0x02u /* a write */
#define LC_PF_U    0x04u /* a user-mode access */
#define LC_PF_RSVD 0x08u /* a reserved bit was set */
#define LC_PF_I    0x10u /* an instruction fetch (only with NXE or SMEP) */

enum lc_paging_mode {
    LC_PAGING_NONE, /* CR0.PG = 0 */
    LC_PAGING_32,   /* 2 levels, 4-byte entries */
    LC_PAGING_PAE,  /* 3 levels, PDPTEs in registers */
    LC_PAGING_4,    /* 4 levels */
    LC_PAGING_5,    /* 5 levels */
};

/* Everything that a translation depends on beside the address; derived from CR0, CR3, CR4, EFER. */
struct lc_paging {
    enum lc_paging_mode mode;
    uint64_t cr3;
    uint64_t pdpte[4]; /* LC_PAGING_PAE: as loaded by MOV CR3 (SDM vol. 3A, 4.4.1) */
    uint64_t a20_mask; /* anded to every physical address: ~0, or ~0x100000 with A20 off */
    bool wp;           /* CR0.WP */
    bool pse;          /* CR4.PSE (32-bit mode: 4 MiB pages, with PSE-36) */
    bool pge;          /* CR4.PGE: G is honoured */
    bool smep;         /* CR4.SMEP */
    bool smap;         /* CR4.SMAP */
    bool nxe;          /* EFER.NXE */
    bool no_pse36;     /* the CPU lacks PSE-36: 4 MiB pages lie below 4 GiB */
    bool no_page1g;    /* the CPU lacks 1 GiB pages: PS is reserved there */
};

/* What kind of access asks. */
struct lc_walk_access {
    bool write;
    bool fetch;
    bool user;    /* CPL 3, and not an implicit supervisor access */
    bool smap_ok; /* explicit supervisor access with EFLAGS.AC set: SMAP does not apply */
    bool set_ad;  /* set accessed and dirty bits as the CPU does; false: no side effects */
};

enum lc_walk_verdict {
    LC_WALK_NEXT,      /* present, points to the next table */
    LC_WALK_PAGE,      /* present, maps the page */
    LC_WALK_ABSENT,    /* P = 0 */
    LC_WALK_RESERVED,  /* a reserved bit is set */
    LC_WALK_NO_MEMORY, /* the entry lies where no memory is: all ones, so reserved bits are set
                        * (in 32-bit paging only a 4 MiB page has any: else NEXT or PAGE) */
};

struct lc_walk_step {
    uint8_t level;      /* 5 = PML5E ... 1 = PTE */
    uint8_t entry_size; /* 4 or 8 bytes */
    enum lc_walk_verdict verdict;
    uint64_t entry_pa; /* where the entry lies; for a PAE PDPTE register: its index 0..3 */
    uint64_t value;    /* as read, before A and D were set */
    uint64_t updated;  /* as written back: with A and D when they were set (ROM ignores it) */
};

enum { LC_WALK_STEPS = 5 };

struct lc_walk {
    bool ok;
    uint32_t error;     /* !ok: the page-fault error code */
    uint64_t pa;        /* ok: physical address of la (a20_mask applied) */
    uint8_t page_shift; /* ok: 12, 21, 22 or 30 (12 without paging) */
    bool writable;      /* ok: R/W of all levels (an entry of the PDPTE registers has none) */
    bool user;          /* ok: U/S of all levels */
    bool executable;    /* ok: no level has XD (always true without NXE) */
    bool global;        /* ok: G of the last entry, and CR4.PGE */
    bool dirty;         /* ok: D of the last entry is (now) set; true without paging */
    uint8_t steps;      /* entries of step[] that are valid */
    struct lc_walk_step step[LC_WALK_STEPS]; /* top level first */
};

/*
 * Translate `la` (canonical, or below 4 GiB outside 64-bit mode: the caller has checked).
 * Fills *w wholly. Returns w->ok. With access.set_ad, A is set in every entry used and D in the
 * last one on a write, but only when the whole walk is allowed (SDM vol. 3A, 4.8).
 */
bool lc_walk(struct lc_phys *p, const struct lc_paging *pg, uint64_t la,
             struct lc_walk_access access, struct lc_walk *w);

/* Error code bits that a fault of this access has beside P and RSVD. */
uint32_t lc_walk_error_bits(const struct lc_paging *pg, struct lc_walk_access access);

/* Load and check the four PDPTEs (SDM vol. 3A, 4.4.1); false: a reserved bit is set in a present
 * one (#GP), and out[] is as before. */
bool lc_walk_load_pdptes(struct lc_phys *p, uint64_t cr3, uint64_t a20_mask, uint64_t out[4]);

/* Is la canonical for this many linear-address bits (48 or 57)? */
LC_INLINE bool lc_canonical(uint64_t la, unsigned bits)
{
    return lc_sext(la, bits) == la;
}

#endif
