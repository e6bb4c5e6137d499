/*
 * disk_overlay.c - a tree over the 48 bits of a sector's number: six levels of 7 bits, then a leaf
 * of 64 sectors with a bit for each that is kept.  Walking it meets the sectors in ascending order,
 * which makes the saved state independent of the order of writes.
 */
#include "machine/disk_overlay.h"

#include "base/bits.h"

#include <string.h>

enum {
    SECTOR = 512,
    LEVELS = 6,
    LEVEL_BITS = 7,
    LEAF_BITS = 6,
    CHILDREN = 1 << LEVEL_BITS,
    LEAF_SECTORS = 1 << LEAF_BITS,
};

_Static_assert(LEVELS *LEVEL_BITS + LEAF_BITS == 48, "the sector numbers of ATA");

struct node {
    void *child[CHILDREN]; /* struct node; struct leaf below the last level */
};

struct leaf {
    uint64_t kept; /* bit n: sector n */
    uint8_t data[LEAF_SECTORS][SECTOR];
};

/* Which child leads to the sector, from a node with `below` levels of nodes under it. */
static unsigned child_of(uint64_t sector, unsigned below)
{
    return (unsigned)(sector >> (LEAF_BITS + LEVEL_BITS * below)) % CHILDREN;
}

void lc_overlay_init(struct lc_overlay *o, const struct lc_alloc *alloc)
{
    *o = (struct lc_overlay){.alloc = alloc};
}

static void free_node(const struct lc_alloc *a, struct node *n, unsigned below)
{
    for (unsigned i = 0; n && i < CHILDREN; i++) {
        if (below)
            free_node(a, n->child[i], below - 1);
        else
            lc_alloc_free(a, n->child[i], sizeof(struct leaf));
    }
    lc_alloc_free(a, n, sizeof(*n));
}

void lc_overlay_fini(struct lc_overlay *o)
{
    free_node(o->alloc, o->root, LEVELS - 1);
    o->root = NULL;
}

const uint8_t *lc_overlay_find(const struct lc_overlay *o, uint64_t sector)
{
    const void *at = o->root;

    for (unsigned level = LEVELS; at && level-- > 0;)
        at = ((const struct node *)at)->child[child_of(sector, level)];
    const struct leaf *leaf = at;
    const unsigned n = (unsigned)(sector % LEAF_SECTORS);
    return leaf && leaf->kept >> n & 1 ? leaf->data[n] : NULL;
}

/* What *at points to, made when there is nothing. */
static void *need(const struct lc_overlay *o, void **at, size_t size)
{
    if (!*at)
        *at = lc_alloc_zero(o->alloc, 1, size);
    return *at;
}

bool lc_overlay_put(struct lc_overlay *o, uint64_t sector, const uint8_t *data)
{
    void **at = &o->root;

    for (unsigned level = LEVELS; level-- > 0;) {
        struct node *n = need(o, at, sizeof(*n));
        if (!n)
            return false;
        at = &n->child[child_of(sector, level)];
    }
    struct leaf *leaf = need(o, at, sizeof(*leaf));
    if (!leaf)
        return false;
    leaf->kept |= LC_BIT(sector % LEAF_SECTORS);
    memcpy(leaf->data[sector % LEAF_SECTORS], data, SECTOR);
    return true;
}

static void save_leaf(const struct leaf *leaf, uint64_t first, struct lc_sink *s)
{
    for (unsigned i = 0; leaf && i < LEAF_SECTORS; i++) {
        if (!(leaf->kept >> i & 1))
            continue;
        lc_sink_u64(s, first + i);
        lc_sink_bytes(s, leaf->data[i], SECTOR);
    }
}

static void save_node(const struct node *n, unsigned below, uint64_t first, struct lc_sink *s)
{
    for (uint64_t i = 0; n && i < CHILDREN; i++) {
        uint64_t at = first + (i << (LEAF_BITS + LEVEL_BITS * below));
        if (below)
            save_node(n->child[i], below - 1, at, s);
        else
            save_leaf(n->child[i], at, s);
    }
}

void lc_overlay_save(const struct lc_overlay *o, struct lc_sink *s)
{
    save_node(o->root, LEVELS - 1, 0, s);
    lc_sink_u64(s, UINT64_MAX); /* the end */
}
