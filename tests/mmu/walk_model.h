/*
 * walk_model.h - a second opinion on address translation, written from the manual's tables alone.
 *
 * Where the walker computes with masks, the model reads the figures: the format of each entry is
 * a picture of its bits (SDM vol. 3A, tables 4-4 to 4-20, with MAXPHYADDR 40), and rights are the
 * sentences of section 4.6.1. It works on its own copy of memory.
 */
#ifndef TESTS_MMU_WALK_MODEL_H
#define TESTS_MMU_WALK_MODEL_H

#include "mmu/walk.h"

enum { MODEL_RANGES = 4 };

/* The model's memory. */
struct model_memory {
    struct model_range {
        uint64_t base;
        uint64_t len;
        uint8_t *bytes;
        bool rom;
    } range[MODEL_RANGES];
};

struct model_result {
    bool ok;
    uint32_t error;
    uint64_t pa;
    unsigned shift;
    bool writable, user, executable, global, dirty;
    unsigned entries; /* looked at, a PDPTE register included */
    struct model_entry {
        uint64_t pa;
        uint64_t value;
        uint64_t updated;
    } entry[5];
};

/* Bytes of the model's memory at pa up to the range's end, or NULL. */
uint8_t *model_at(const struct model_memory *m, uint64_t pa, bool for_write);

struct model_result model_walk(const struct model_memory *m, const struct lc_paging *pg,
                               uint64_t la, struct lc_walk_access access);

#endif
