/*
 * search.h - what / finds in an address space: an address, a symbol, pages with certain rights,
 * pages that map a frame of memory.
 */
#ifndef VIEW_SEARCH_H
#define VIEW_SEARCH_H

#include "model_space.h"
#include "symbols.h"

enum search_kind {
    SEARCH_NONE,
    SEARCH_RIGHTS, /* "w+x", "u+w", "x" */
    SEARCH_FRAME,  /* "pa 1000" */
    SEARCH_SYMBOL, /* a name, or its beginning */
};

struct search {
    enum search_kind kind;
    uint8_t set, clear; /* RIGHTS: SPACE_* that must be there, and must not */
    uint64_t pa;        /* FRAME */
    const char *name;   /* SYMBOL: the text itself */
};

/* The next hit behind an address, or the first of all. */
struct search_hit {
    uint64_t la;
    unsigned count, number; /* of all; which of them, from 1 */
    const char *name;       /* SYMBOL: the whole of it */
};

/* NONE: the text is nothing of the kind. A name is one only when a symbol begins with it. */
void search_parse(const char *text, const struct symbols *symbols, struct search *s);

/* Does a range of pages have those rights? Only for RIGHTS. */
bool search_marks(const struct search *s, uint8_t flags);

/* Look behind `after` (UINT64_MAX: from the beginning); false: there is no hit. */
bool search_next(const struct search *s, libcpu *m, const struct snapshot *regs,
                 const struct symbols *symbols, uint64_t after, struct search_hit *hit);

#endif
