/*
 * model_walk.h - a translation, with all that a person wants to know of it.
 */
#ifndef VIEW_MODEL_WALK_H
#define VIEW_MODEL_WALK_H

#include "draw.h"

#include <libcpu/libcpu.h>

enum { WALK_ENTRIES = 1024 };

/* One table on the way. */
struct walk_level {
    unsigned level;            /* 5 to 1 */
    const char *table, *entry; /* "PML4", "PML4E" */
    const char *part;          /* of the address: "PD" */
    unsigned shift;            /* of its part of the address */
    unsigned bits;             /* how many */
    unsigned index;
    uint64_t table_pa;
    bool reached; /* the walk has been there: `step` is valid */
    struct libcpu_walk_step step;
    bool is_page;
    uint8_t roles[WALK_ENTRIES]; /* of all entries, when reached */
};

enum walk_tlb {
    WALK_TLB_NONE,  /* no entry: the next access walks */
    WALK_TLB_HIT,   /* an entry that says what the tables say */
    WALK_TLB_STALE, /* an entry that differs from the tables */
};

struct model_walk {
    struct libcpu_walk walk;
    unsigned levels;
    struct walk_level level[5]; /* top first */
    enum walk_tlb tlb;
    struct libcpu_tlb_entry entry; /* HIT, STALE */
    char why[400];                 /* in plain words */
    char tlb_text[200];
};

/* Explain a walk, reading tables and TLB as they are now. */
void model_walk(libcpu *m, const struct libcpu_walk *walk, struct model_walk *out);

/* The parts of a linear address in a paging mode, top first; returns how many. */
unsigned walk_parts(unsigned paging, struct walk_level *level);

/* "present, writable, user, ..." of an entry. */
void entry_flags(const struct walk_level *l, uint64_t value, unsigned paging, char *text,
                 size_t size);
/* "present=0 write=1 user=1": the bits of a page fault's error code. */
void error_flags(uint32_t error, char *text, size_t size);
/* "4-level paging" */
const char *paging_name(unsigned paging);
/* "write by ring 3" */
const char *access_name(uint32_t access);
const char *page_size_name(unsigned shift);

/* The entry of the TLB for an access to la; false: there is none. */
bool tlb_lookup(libcpu *m, uint64_t la, uint32_t access, struct libcpu_tlb_entry *entry);
/* Does it say something else than the tables do now? */
bool tlb_is_stale(libcpu *m, const struct libcpu_tlb_entry *entry);

#endif
