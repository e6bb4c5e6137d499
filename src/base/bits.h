/*
 * bits.h - bit fields, sign extension and unaligned little-endian access.
 *
 * Guest memory is little-endian and unaligned; it is read and written through
 * memcpy so that the host's alignment and aliasing rules hold.  Hosts are
 * little-endian (checked here).
 */
#ifndef LC_BASE_BITS_H
#define LC_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "libcpu needs a little-endian host");

#define LC_INLINE                       static inline __attribute__((always_inline))
#define LC_NOINLINE                     __attribute__((noinline))
#define LC_LIKELY(x)                    __builtin_expect(!!(x), 1)
#define LC_UNLIKELY(x)                  __builtin_expect(!!(x), 0)
#define LC_ARRAY_LEN(a)                 (sizeof(a) / sizeof(*(a)))
#define LC_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define LC_BIT(n)                       (UINT64_C(1) << (n))

__extension__ typedef unsigned __int128 lc_u128;
__extension__ typedef __int128 lc_i128;

/* All ones in the low `bits` bits, 0 <= bits <= 64. */
LC_INLINE uint64_t lc_mask(unsigned bits)
{
    return bits >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << bits) - 1;
}

/* All ones in the low `size` bytes, size in 1, 2, 4, 8. */
LC_INLINE uint64_t lc_mask_size(unsigned size)
{
    return ~UINT64_C(0) >> (64 - 8 * size);
}

/* Bits hi..lo of v, moved down to bit 0. */
LC_INLINE uint64_t lc_field(uint64_t v, unsigned hi, unsigned lo)
{
    return (v >> lo) & lc_mask(hi - lo + 1);
}

/* Sign-extend the low `bits` bits (1 to 64). */
LC_INLINE uint64_t lc_sext(uint64_t v, unsigned bits)
{
    return (uint64_t)((int64_t)(v << (64 - bits)) >> (64 - bits));
}

/* Sign-extend the low `size` bytes. */
LC_INLINE uint64_t lc_sext_size(uint64_t v, unsigned size)
{
    return lc_sext(v, 8 * size);
}

LC_INLINE uint16_t lc_get16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

LC_INLINE uint32_t lc_get32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

LC_INLINE uint64_t lc_get64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Read `size` (1, 2, 4, 8) bytes, zero-extended. */
LC_INLINE uint64_t lc_get(const void *p, unsigned size)
{
    switch (size) {
    case 1: return *(const uint8_t *)p;
    case 2: return lc_get16(p);
    case 4: return lc_get32(p);
    default: return lc_get64(p);
    }
}

LC_INLINE void lc_put16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));
}

LC_INLINE void lc_put32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

LC_INLINE void lc_put64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

/* Write the low `size` (1, 2, 4, 8) bytes of v. */
LC_INLINE void lc_put(void *p, uint64_t v, unsigned size)
{
    switch (size) {
    case 1: *(uint8_t *)p = (uint8_t)v; break;
    case 2: lc_put16(p, (uint16_t)v); break;
    case 4: lc_put32(p, (uint32_t)v); break;
    default: lc_put64(p, v); break;
    }
}

/* a + b in *out; false when it wraps. */
LC_INLINE bool lc_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* Is [off, off+len) inside [0, size)? Never wraps. */
LC_INLINE bool lc_inside(uint64_t off, uint64_t len, uint64_t size)
{
    return off <= size && len <= size - off;
}

#endif
