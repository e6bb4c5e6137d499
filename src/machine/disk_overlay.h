/*
 * disk_overlay.h - sectors kept in memory over those of a disk (copy on write).
 */
#ifndef LC_MACHINE_DISK_OVERLAY_H
#define LC_MACHINE_DISK_OVERLAY_H

#include "base/alloc.h"
#include "base/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct lc_overlay {
    const struct lc_alloc *alloc;
    void *root; /* NULL: no sector */
};

void lc_overlay_init(struct lc_overlay *o, const struct lc_alloc *alloc);
void lc_overlay_fini(struct lc_overlay *o);
/* The 512 bytes of a sector below 2^48; NULL: it is not kept. */
const uint8_t *lc_overlay_find(const struct lc_overlay *o, uint64_t sector);
/* Keep a sector. false: no memory, and nothing has changed that can be seen. */
bool lc_overlay_put(struct lc_overlay *o, uint64_t sector, const uint8_t *data);
/* Numbers and contents, in ascending order. */
void lc_overlay_save(const struct lc_overlay *o, struct lc_sink *s);

#endif
