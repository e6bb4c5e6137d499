/*
 * sink.c - fields of saved state as little-endian bytes, and a hash over them.
 *
 * The hash is over the bytes alone: it does not depend on how they were cut into writes.
 */
#include "base/sink.h"

#include "base/bits.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x00000100000001b3)

void lc_sink_u8(struct lc_sink *s, uint8_t v)
{
    s->write(s, &v, sizeof(v));
}

void lc_sink_u16(struct lc_sink *s, uint16_t v)
{
    s->write(s, &v, sizeof(v));
}

void lc_sink_u32(struct lc_sink *s, uint32_t v)
{
    s->write(s, &v, sizeof(v));
}

void lc_sink_u64(struct lc_sink *s, uint64_t v)
{
    s->write(s, &v, sizeof(v));
}

void lc_sink_bool(struct lc_sink *s, bool v)
{
    lc_sink_u8(s, v ? 1 : 0);
}

void lc_sink_bytes(struct lc_sink *s, const void *data, size_t size)
{
    if (size > 0)
        s->write(s, data, size);
}

/* FNV-1a over 64-bit words; the rotation lets high bits reach low ones. */
static uint64_t absorb(uint64_t state, uint64_t word)
{
    state = (state ^ word) * FNV_PRIME;
    return state << 29 | state >> 35;
}

static void hash_byte(struct lc_sink_hash *h, uint8_t byte)
{
    h->word |= (uint64_t)byte << (8 * (h->length & 7));
    h->length++;
    if ((h->length & 7) == 0) {
        h->state = absorb(h->state, h->word);
        h->word = 0;
    }
}

static void hash_write(struct lc_sink *s, const void *data, size_t size)
{
    struct lc_sink_hash *h = LC_CONTAINER(s, struct lc_sink_hash, sink);
    const uint8_t *p = data;

    while (size > 0 && (h->length & 7) != 0) {
        hash_byte(h, *p++);
        size--;
    }
    for (; size >= 8; size -= 8, p += 8) {
        h->state = absorb(h->state, lc_get64(p));
        h->length += 8;
    }
    while (size > 0) {
        hash_byte(h, *p++);
        size--;
    }
}

void lc_sink_hash_init(struct lc_sink_hash *h)
{
    *h = (struct lc_sink_hash){.sink.write = hash_write, .state = FNV_OFFSET};
}

uint64_t lc_sink_hash_value(const struct lc_sink_hash *h)
{
    uint64_t v = absorb(absorb(h->state, h->word), h->length);

    v = (v ^ v >> 33) * UINT64_C(0xff51afd7ed558ccd);
    v = (v ^ v >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return v ^ v >> 33;
}
