/*
 * model_space.h - an address space as a whole: what is mapped, from its tables alone.
 */
#ifndef VIEW_MODEL_SPACE_H
#define VIEW_MODEL_SPACE_H

#include "draw.h"
#include "record.h"

enum {
    SPACE_W = 1,
    SPACE_U = 2,
    SPACE_X = 4,
    SPACE_G = 8,
    SPACE_A = 16,
    SPACE_D = 32,
};

/* How a page stands beside the same page of another space. */
enum space_diff {
    DIFF_NONE,   /* no comparison */
    DIFF_SHARED, /* the same frame */
    DIFF_PARTED, /* another frame */
    DIFF_ONLY,   /* not mapped in the other one */
};

/* One mapped page as the tables have it. */
struct space_page {
    uint64_t la, pa, size;
    uint8_t flags; /* SPACE_*: all levels combined */
};

/* Pages beside each other that are alike. */
struct space_range {
    uint64_t la, pa; /* of its first page */
    uint64_t size;
    uint64_t page; /* size of its pages */
    uint8_t flags;
    uint8_t diff;  /* enum space_diff */
    uint32_t heat; /* recent walks in it */
};

enum { SPACE_RANGES = 2048, SPACE_PAGES = 1 << 18, SPACE_RECENT = 2000 };

struct space {
    uint64_t cr3;
    unsigned paging;
    unsigned count;
    bool truncated;                /* there was more */
    uint64_t mapped;               /* bytes */
    uint64_t shared, parted, only; /* bytes, in a comparison */
    unsigned tables;               /* page tables, the top one too */
    struct space_range range[SPACE_RANGES];
};

/* Called for each page, in ascending order, and for each table (size 0, pa); false ends it. */
typedef bool (*space_page_fn)(void *user, const struct space_page *page);
/* Go through the tables at cr3; false: it was ended, or there was too much. */
bool space_each(libcpu *m, uint64_t cr3, unsigned paging, space_page_fn fn, void *user);
/* The same without what the supervisor has there and in another space by the same tables: that is
 * the largest part of most, and the same in all. */
bool space_each_own(libcpu *m, uint64_t cr3, uint64_t other, unsigned paging, space_page_fn fn,
                    void *user);

/* The frame of a page in another space; false: none. */
bool space_lookup(libcpu *m, uint64_t cr3, unsigned paging, uint64_t la, struct space_page *page);

/* Is there still an address space at a CR3 that was seen? One whose process has ended does not map
 * the interrupt table as the current one does: its tables are other data by now. */
bool space_alive(libcpu *m, uint64_t cr3, const struct snapshot *now);

/* The paging mode that the registers say. */
unsigned space_paging(const struct snapshot *s);

/* Read the space; `other` is a CR3 to compare with, 0: none. */
void space_read(libcpu *m, uint64_t cr3, unsigned paging, uint64_t other, struct space *out);
/* Count recent walks. */
void space_heat(struct space *s, const struct recorder *r);

/* The CR3 of the space, of those that were seen, that has the most in common with the current one:
 * after fork, the other process. 0: there is no other. */
uint64_t space_nearest(libcpu *m, const struct recorder *r, const struct snapshot *now);

/* The 512 (or fewer) entries of the table at the end of a way of entries: what each maps; returns
 * how many, and the address that the first of them is for. 0: no such table. */
unsigned space_node(libcpu *m, uint64_t cr3, unsigned paging, const uint16_t *way, unsigned depth,
                    uint8_t *roles, uint64_t *base, unsigned *shift);

/* How many of the recent events were walks in each of `count` entries from an address on; `top`:
 * of the top table, whose addresses have copies of their sign above. */
void space_node_heat(const struct recorder *r, bool top, uint64_t base, unsigned shift,
                     unsigned count, uint16_t *heat);

/* "rwxu": what may be done. */
void space_rights(uint8_t flags, char text[5]);
enum role space_role(uint8_t flags);

#endif
