/*
 * crypto_sha.c - SHA-1 and SHA-256 rounds and message schedules (SDM vol. 1, 5.16; vol. 2B,
 * SHA1RNDS4 ...; FIPS 180-4, 4.1, 6.1 and 6.2).
 *
 * In SHA-1's operands A and the oldest word of the schedule are the highest doubleword.  SHA-256
 * has its variables as A B E F and C D G H, the first of them highest, but the oldest word lowest.
 */
#include "cpu/exec/vec.h"

LC_INLINE uint32_t left(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

LC_INLINE uint32_t right(uint32_t v, unsigned n)
{
    return left(v, 32 - n);
}

LC_INLINE uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return z ^ (x & (y ^ z));
}

LC_INLINE uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | (z & (x | y));
}

/* ---- SHA-1 ---- */

/* f and K of the twenty rounds that imm8[1:0] names. */
LC_INLINE uint32_t sha1_f(unsigned part, uint32_t b, uint32_t c, uint32_t d)
{
    switch (part) {
    case 0: return choose(b, c, d) + 0x5a827999;
    case 1: return (b ^ c ^ d) + 0x6ed9eba1;
    case 2: return majority(b, c, d) + 0x8f1bbcdc;
    default: return (b ^ c ^ d) + 0xca62c1d6;
    }
}

/* Four rounds; E is in the first word already (SHA1NEXTE). */
LC_INLINE lc_vec sha1rnds4(lc_vec state, lc_vec words, unsigned imm)
{
    lc_u32x4 s = (lc_u32x4)state, w = (lc_u32x4)words;
    uint32_t a = s[3], b = s[2], c = s[1], d = s[0], e = 0;
    for (unsigned i = 4; i-- > 0;) {
        uint32_t next = left(a, 5) + sha1_f(imm & 3, b, c, d) + e + w[i];
        e = d;
        d = c;
        c = left(b, 30);
        b = a;
        a = next;
    }
    return (lc_vec)(lc_u32x4){d, c, b, a};
}

LC_INLINE lc_vec sha1nexte(lc_vec state, lc_vec words)
{
    lc_u32x4 s = (lc_u32x4)state, w = (lc_u32x4)words;
    w[3] += left(s[3], 30);
    return (lc_vec)w;
}

LC_INLINE lc_vec sha1msg1(lc_vec a, lc_vec b)
{
    return a ^ (lc_vec) { b[1], a[0] }; /* words two further on */
}

LC_INLINE lc_vec sha1msg2(lc_vec a, lc_vec b)
{
    lc_u32x4 x = (lc_u32x4)a, w = (lc_u32x4)b, r;
    r[3] = left(x[3] ^ w[2], 1);
    r[2] = left(x[2] ^ w[1], 1);
    r[1] = left(x[1] ^ w[0], 1);
    r[0] = left(x[0] ^ r[3], 1);
    return (lc_vec)r;
}

/* ---- SHA-256 ---- */

LC_INLINE uint32_t sigma0(uint32_t w)
{
    return right(w, 7) ^ right(w, 18) ^ w >> 3;
}

LC_INLINE uint32_t sigma1(uint32_t w)
{
    return right(w, 17) ^ right(w, 19) ^ w >> 10;
}

/* Two rounds; `wk` has their words with the constants added. */
LC_INLINE lc_vec sha256rnds2(lc_vec cdgh, lc_vec abef, lc_vec wk)
{
    lc_u32x4 s = (lc_u32x4)abef, t = (lc_u32x4)cdgh, k = (lc_u32x4)wk;
    uint32_t a = s[3], b = s[2], c = t[3], d = t[2], e = s[1], f = s[0], g = t[1], h = t[0];
    for (unsigned i = 0; i < 2; i++) {
        uint32_t t1 = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + choose(e, f, g) + k[i];
        uint32_t t2 = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + majority(a, b, c);
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    return (lc_vec)(lc_u32x4){f, e, b, a};
}

LC_INLINE lc_vec sha256msg1(lc_vec a, lc_vec b)
{
    lc_u32x4 w = (lc_u32x4)a, next = (lc_u32x4)b;
    return (lc_vec)(lc_u32x4){w[0] + sigma0(w[1]), w[1] + sigma0(w[2]), w[2] + sigma0(w[3]),
                              w[3] + sigma0(next[0])};
}

LC_INLINE lc_vec sha256msg2(lc_vec a, lc_vec b)
{
    lc_u32x4 r = (lc_u32x4)a, w = (lc_u32x4)b;
    r[0] += sigma1(w[2]);
    r[1] += sigma1(w[3]);
    r[2] += sigma1(r[0]);
    r[3] += sigma1(r[1]);
    return (lc_vec)r;
}

/* ---- the handlers: no VEX forms ---- */

/* XMM0 is the third operand. */
#define CALL_XMM0(name, a, b, imm) name(a, b, lc_xmm_get(cpu, 0, 0))

#define SHA(name, call)                                                                            \
    LC_VEC_LANE_FORMS(name, name, call, LC_CLASS_SSE, sse)                                         \
    const struct lc_op lc_op_##name = {.fn = {{name##_rr_sse}, {name##_rm_sse}}};

SHA(sha1rnds4, LC_VEC_CALL_BINARY_IMM)
SHA(sha1nexte, LC_VEC_CALL_BINARY)
SHA(sha1msg1, LC_VEC_CALL_BINARY)
SHA(sha1msg2, LC_VEC_CALL_BINARY)
SHA(sha256rnds2, CALL_XMM0)
SHA(sha256msg1, LC_VEC_CALL_BINARY)
SHA(sha256msg2, LC_VEC_CALL_BINARY)
