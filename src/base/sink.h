/*
 * sink.h - where saved state goes, field by field: a hash now, a file later.
 *
 * A module writes its architectural state in a fixed order with fixed sizes, never a host
 * pointer or padding, so that equal states give equal bytes on every host.
 */
#ifndef LC_BASE_SINK_H
#define LC_BASE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lc_sink {
    void (*write)(struct lc_sink *s, const void *data, size_t size);
};

void lc_sink_u8(struct lc_sink *s, uint8_t v);
void lc_sink_u16(struct lc_sink *s, uint16_t v);
void lc_sink_u32(struct lc_sink *s, uint32_t v);
void lc_sink_u64(struct lc_sink *s, uint64_t v);
void lc_sink_bool(struct lc_sink *s, bool v);
void lc_sink_bytes(struct lc_sink *s, const void *data, size_t size);

/* A 64-bit hash of everything written (FNV-1a by 8-byte words with a final mix). */
struct lc_sink_hash {
    struct lc_sink sink; /* first: the sink is this object */
    uint64_t state;      /* over the whole words so far */
    uint64_t word;       /* the length % 8 bytes after them */
    uint64_t length;     /* bytes so far */
};

void lc_sink_hash_init(struct lc_sink_hash *h);
uint64_t lc_sink_hash_value(const struct lc_sink_hash *h);

#endif
