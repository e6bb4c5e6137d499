/*
 * blob.c - bounded little-endian reads.
 */
#include "base/blob.h"

#include "base/bits.h"

const uint8_t *lc_blob_at(const struct lc_blob *b, uint64_t off, uint64_t len)
{
    return lc_inside(off, len, b->size) ? b->data + off : NULL;
}

bool lc_blob_u8(const struct lc_blob *b, uint64_t off, uint8_t *v)
{
    const uint8_t *p = lc_blob_at(b, off, sizeof(*v));

    if (p)
        *v = *p;
    return p != NULL;
}

bool lc_blob_u16(const struct lc_blob *b, uint64_t off, uint16_t *v)
{
    const uint8_t *p = lc_blob_at(b, off, sizeof(*v));

    if (p)
        *v = lc_get16(p);
    return p != NULL;
}

bool lc_blob_u32(const struct lc_blob *b, uint64_t off, uint32_t *v)
{
    const uint8_t *p = lc_blob_at(b, off, sizeof(*v));

    if (p)
        *v = lc_get32(p);
    return p != NULL;
}

bool lc_blob_u64(const struct lc_blob *b, uint64_t off, uint64_t *v)
{
    const uint8_t *p = lc_blob_at(b, off, sizeof(*v));

    if (p)
        *v = lc_get64(p);
    return p != NULL;
}
