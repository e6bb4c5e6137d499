/*
 * hash.c: SHA-256 (FIPS 180-4), CRC-32 (ISO 3309), Adler-32 (RFC 1950), FNV-1a, SipHash-2-4, with
 * answers that their definitions give where there are some.
 */
#include "program.h"

enum { SIZE = 20000 };

static uint8_t data[SIZE];

static uint32_t rotate_right(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* n, its digits to the base 2^32, lowest first, becomes n * factor. */
enum { LIMBS = 5 };

static void times(uint32_t n[LIMBS], uint64_t factor)
{
    uint32_t product[LIMBS] = {0};
    for (unsigned half = 0; half < 2; half++) {
        uint64_t carry = 0;
        for (unsigned i = 0; i + half < LIMBS; i++) {
            carry += (uint64_t)n[i] * (uint32_t)(factor >> 32 * half) + product[i + half];
            product[i + half] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    memcpy(n, product, sizeof(product));
}

/* Is root^degree at most number * 2^(32 * degree)? */
static bool root_fits(uint64_t root, uint32_t number, unsigned degree)
{
    uint32_t power[LIMBS] = {1};
    for (unsigned i = 0; i < degree; i++)
        times(power, root);
    return power[LIMBS - 1] == 0 && (degree == 3 || power[3] == 0) && power[degree] < number;
}

/* The constants of SHA-256 are the first 32 bits of the fractional parts of roots of primes. */
static uint32_t root_fraction(uint32_t prime, unsigned degree)
{
    uint64_t root = 0;
    for (unsigned bit = 38; bit-- > 0;) {
        if (root_fits(root | UINT64_C(1) << bit, prime, degree))
            root |= UINT64_C(1) << bit;
    }
    return (uint32_t)root;
}

static uint32_t constants[64], initial[8];

static void make_constants(void)
{
    unsigned n = 0;
    for (uint32_t p = 2; n < 64; p++) {
        bool prime = true;
        for (uint32_t d = 2; d * d <= p; d++)
            prime = prime && p % d != 0;
        if (!prime)
            continue;
        if (n < 8)
            initial[n] = root_fraction(p, 2);
        constants[n++] = root_fraction(p, 3);
    }
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void sha256_schedule(uint32_t w[64], const uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++)
        w[i] = big_endian(block + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = (rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3) + w[i - 16] + w[i - 7] +
               (rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10);
    }
}

static void sha256_block(uint32_t h[8], const uint8_t *block)
{
    uint32_t w[64], s[8];
    sha256_schedule(w, block);
    for (unsigned i = 0; i < 8; i++)
        s[i] = h[i];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t e = rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25);
        uint32_t a = rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22);
        uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
        uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (unsigned k = 7; k > 0; k--)
            s[k] = s[k - 1];
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++)
        h[i] += s[i];
}

static void sha256(const char *name, const uint8_t *p, size_t size)
{
    uint32_t h[8];
    uint8_t last[128] = {0};
    for (unsigned i = 0; i < 8; i++)
        h[i] = initial[i];
    size_t whole = size / 64 * 64, rest = size - whole;
    for (size_t i = 0; i < whole; i += 64)
        sha256_block(h, p + i);
    memcpy(last, p + whole, rest);
    last[rest] = 0x80;
    size_t end = rest < 56 ? 64 : 128;
    for (unsigned i = 0; i < 8; i++)
        last[end - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
    for (size_t i = 0; i < end; i += 64)
        sha256_block(h, last + i);
    put(name);
    put(" ");
    for (unsigned i = 0; i < 8; i++)
        put_hex(h[i], 8);
    put("\n");
}

static uint32_t crc32(uint32_t polynomial, const uint8_t *p, size_t size)
{
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (unsigned k = 0; k < 8; k++)
            value = value >> 1 ^ (polynomial & (0u - (value & 1)));
        table[i] = value;
    }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ p[i]) & 255];
    return ~crc;
}

static uint32_t adler32(const uint8_t *p, size_t size)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

static uint64_t siphash(uint64_t k0, uint64_t k1, const uint8_t *p, size_t size)
{
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    for (size_t at = 0; at <= size; at += 8) {
        uint64_t m = size - at < 8 ? (uint64_t)size << 56 : 0;
        for (size_t i = 0; i < 8 && at + i < size; i++)
            m |= (uint64_t)p[at + i] << 8 * i;
        v[3] ^= m;
        sip_round(v);
        sip_round(v);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int main(void)
{
    static const uint8_t abc[] = {'a', 'b', 'c'};
    static const uint8_t digits[] = "123456789";
    uint64_t random = 2463534242u;
    for (unsigned i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(next_random(&random) >> 24);
    make_constants();
    check(constants[0] == 0x428a2f98 && initial[0] == 0x6a09e667, "constants of SHA-256");
    sha256("sha256-empty", data, 0);
    sha256("sha256-abc", abc, 3);
    for (size_t size = 55; size <= 65; size++)
        sha256("sha256-edge", data, size);
    sha256("sha256-long", data, SIZE);
    check(crc32(0xedb88320, digits, 9) == 0xcbf43926, "CRC-32 of the digits");
    check(crc32(0x82f63b78, digits, 9) == 0xe3069283, "CRC-32C of the digits");
    report("crc32", crc32(0xedb88320, data, SIZE));
    report("crc32c", crc32(0x82f63b78, data, SIZE));
    report("adler32", adler32(data, SIZE));
    report("fnv", fnv(FNV_START, data, SIZE));
    report("siphash", siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, data, SIZE - 3));
    return 0;
}
