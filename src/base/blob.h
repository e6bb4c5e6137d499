/*
 * blob.h - a bounded reader over bytes that nobody has checked yet.
 *
 * Every getter checks the offset and the length without wrapping and says whether the bytes exist.
 */
#ifndef LC_BASE_BLOB_H
#define LC_BASE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lc_blob {
    const uint8_t *data; /* borrowed */
    size_t size;
};

/* Pointer to `len` bytes at `off`, or NULL when they are not all there. */
const uint8_t *lc_blob_at(const struct lc_blob *b, uint64_t off, uint64_t len);
bool lc_blob_u8(const struct lc_blob *b, uint64_t off, uint8_t *v);
bool lc_blob_u16(const struct lc_blob *b, uint64_t off, uint16_t *v);
bool lc_blob_u32(const struct lc_blob *b, uint64_t off, uint32_t *v);
bool lc_blob_u64(const struct lc_blob *b, uint64_t off, uint64_t *v);

#endif
