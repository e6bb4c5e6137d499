/*
 * AES, SHA, PCLMULQDQ and GFNI: the standards' own examples computed by the instructions, algebra
 * by brute force, and the forms that each operation comes in.
 */
#include "base/bits.h"
#include "cpu/sysrig.h"

/* A register of 32 bytes. */
struct reg {
    uint8_t b[32];
};

static struct rig rig;

static int open_rig(void **state)
{
    (void)state;
    rig_open(&rig, NULL);
    rig_mode(&rig, RIG_LONG, 3);
    rig.c->cr4 |= LC_CR4_OSFXSR | LC_CR4_OSXSAVE;
    rig.c->fpu.xcr0 = 7;
    lc_cpu_derive(rig.c);
    return 0;
}

static int close_rig(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static uint64_t random64(void)
{
    static uint64_t s = 42;
    s = s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s ^ s >> 29;
}

static struct reg random_reg(void)
{
    struct reg v;
    for (unsigned i = 0; i < 32; i += 8)
        lc_put64(v.b + i, random64());
    return v;
}

/* ---- one instruction: xmm0 := op(xmm1 or xmm0, xmm2, imm) ---- */

enum form { SSE, VEX128, VEX256 };
enum { NO_IMM = -1 };

struct op {
    uint8_t map;    /* 0x38, 0x3a */
    uint8_t prefix; /* 0x66 or 0 */
    uint8_t opcode;
    uint8_t w; /* VEX.W */
    bool unary;
};

static const struct op aesenc = {0x38, 0x66, 0xdc, 0, false};
static const struct op aesenclast = {0x38, 0x66, 0xdd, 0, false};
static const struct op aesdec = {0x38, 0x66, 0xde, 0, false};
static const struct op aesdeclast = {0x38, 0x66, 0xdf, 0, false};
static const struct op aesimc = {0x38, 0x66, 0xdb, 0, true};
static const struct op aeskeygenassist = {0x3a, 0x66, 0xdf, 0, true};
static const struct op pclmulqdq = {0x3a, 0x66, 0x44, 0, false};
static const struct op gf2p8mulb = {0x38, 0x66, 0xcf, 0, false};
static const struct op gf2p8affineqb = {0x3a, 0x66, 0xce, 1, false};
static const struct op gf2p8affineinvqb = {0x3a, 0x66, 0xcf, 1, false};
static const struct op sha1rnds4 = {0x3a, 0, 0xcc, 0, false};
static const struct op sha1nexte = {0x38, 0, 0xc8, 0, false};
static const struct op sha1msg1 = {0x38, 0, 0xc9, 0, false};
static const struct op sha1msg2 = {0x38, 0, 0xca, 0, false};
static const struct op sha256rnds2 = {0x38, 0, 0xcb, 0, false};
static const struct op sha256msg1 = {0x38, 0, 0xcc, 0, false};
static const struct op sha256msg2 = {0x38, 0, 0xcd, 0, false};

/* Register 0 and register 2 (or [rbx]); in VEX forms register 1 as the first source. */
static size_t encode(const struct op *op, enum form form, bool mem, int imm, uint8_t *out)
{
    size_t n = 0;
    if (form == SSE) {
        if (op->prefix)
            out[n++] = op->prefix;
        out[n++] = 0x0f;
        out[n++] = op->map;
    } else {
        out[n++] = 0xc4;
        out[n++] = op->map == 0x38 ? 0xe2 : 0xe3;
        out[n++] = (uint8_t)(op->w << 7 | (op->unary ? 0x79 : 0x71) | (form == VEX256 ? 4 : 0));
    }
    out[n++] = op->opcode;
    out[n++] = mem ? 0x03 : 0xc2;
    if (imm != NO_IMM)
        out[n++] = (uint8_t)imm;
    return n;
}

static struct outcome run(const struct op *op, enum form form, bool mem, int imm)
{
    uint8_t bytes[16];
    size_t n = encode(op, form, mem, imm, bytes);
    return rig_run(&rig, bytes, n);
}

/* The 128-bit operation alone, through the legacy form. */
static void calc(const struct op *op, const void *a, const void *b, int imm, void *result)
{
    memcpy(rig.c->fpu.zmm[0], a, 16);
    memcpy(rig.c->fpu.zmm[2], b, 16);
    assert_done(run(op, SSE, false, imm));
    memcpy(result, rig.c->fpu.zmm[0], 16);
}

/* ---- AES (FIPS 197) ---- */

/* Key expansion (5.2) for any length; SubWord and RotWord are the instruction's. */
static void expand_key(const uint8_t *key, unsigned nk, uint32_t *w)
{
    uint8_t constant = 1;
    memcpy(w, key, 4 * nk);
    for (unsigned i = nk; i < 4 * (nk + 7); i++) {
        uint32_t in[4] = {0, 0, 0, w[i - 1]}, out[4], temp = w[i - 1];
        calc(&aeskeygenassist, in, in, constant, out);
        if (i % nk == 0) {
            temp = out[3];
            constant = (uint8_t)(constant << 1 ^ (constant & 0x80 ? 0x1b : 0));
        } else if (nk > 6 && i % nk == 4) {
            temp = out[2];
        }
        w[i] = w[i - nk] ^ temp;
    }
}

static void encrypt(const uint32_t *w, unsigned rounds, uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++)
        block[i] ^= ((const uint8_t *)w)[i];
    for (unsigned r = 1; r < rounds; r++)
        calc(&aesenc, block, w + 4 * r, NO_IMM, block);
    calc(&aesenclast, block, w + 4 * rounds, NO_IMM, block);
}

/* The equivalent inverse cipher (5.3.5): keys between the first and last by AESIMC. */
static void decrypt(const uint32_t *w, unsigned rounds, uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++)
        block[i] ^= ((const uint8_t *)(w + 4 * rounds))[i];
    for (unsigned r = rounds - 1; r > 0; r--) {
        uint8_t key[16];
        calc(&aesimc, w + 4 * r, w + 4 * r, NO_IMM, key);
        calc(&aesdec, block, key, NO_IMM, block);
    }
    calc(&aesdeclast, block, w, NO_IMM, block);
}

/* Appendix C: keys 00 01 02 ..., the text 00 11 22 ... */
static void aes_examples(void **state)
{
    static const struct {
        unsigned nk;
        uint8_t cipher[16];
    } t[] = {
        {4,
         {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5,
          0x5a}},
        {6,
         {0xdd, 0xa9, 0x7c, 0xa4, 0x86, 0x4c, 0xdf, 0xe0, 0x6e, 0xaf, 0x70, 0xa0, 0xec, 0x0d, 0x71,
          0x91}},
        {8,
         {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60,
          0x89}},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        uint8_t key[32], plain[16], block[16];
        uint32_t w[60];
        for (unsigned k = 0; k < 32; k++)
            key[k] = (uint8_t)k;
        for (unsigned k = 0; k < 16; k++)
            block[k] = plain[k] = (uint8_t)(0x11 * k);
        expand_key(key, t[i].nk, w);
        encrypt(w, t[i].nk + 6, block);
        assert_memory_equal(block, t[i].cipher, 16);
        decrypt(w, t[i].nk + 6, block);
        assert_memory_equal(block, plain, 16);
    }
}

/* ---- GF(2^8) and carry-less products, by their definitions ---- */

static uint8_t gf_mul(uint8_t a, uint8_t b)
{
    unsigned r = 0, x = a;
    for (unsigned i = 0; i < 8; i++, x = x << 1 ^ (x & 0x80 ? 0x11b : 0))
        r ^= b >> i & 1 ? x : 0;
    return (uint8_t)r;
}

static uint8_t gf_inverse(uint8_t a)
{
    for (unsigned b = 1; b < 256; b++)
        if (gf_mul(a, (uint8_t)b) == 1)
            return (uint8_t)b;
    return 0;
}

static uint8_t gf_affine(uint64_t matrix, uint8_t x, uint8_t constant)
{
    uint8_t r = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned row = (unsigned)(matrix >> (8 * (7 - i))) & 0xff;
        r |= (uint8_t)((unsigned)__builtin_parity(row & x) << i);
    }
    return r ^ constant;
}

/* AESENC's MixColumns and S-box by algebra: a state with one byte set, for all its values. */
static void aes_is_algebra(void **state)
{
    const uint64_t affine = UINT64_C(0xf1e3c78f1f3e7cf8);
    (void)state;
    for (unsigned x = 0; x < 256; x++) {
        uint8_t in[16] = {0}, key[16] = {0}, out[16];
        in[0] = (uint8_t)x;
        uint8_t s = gf_affine(affine, gf_inverse((uint8_t)x), 0x63);
        calc(&aesenclast, in, key, NO_IMM, out);
        assert_int_equal(out[0], s);
        assert_int_equal(out[1], 0x63);
        calc(&aesenc, in, key, NO_IMM, out);
        uint8_t d = s ^ 0x63; /* the other three cells of the column cancel out */
        assert_int_equal(out[0], 0x63 ^ gf_mul(d, 2));
        assert_int_equal(out[1], 0x63 ^ d);
        assert_int_equal(out[2], 0x63 ^ d);
        assert_int_equal(out[3], 0x63 ^ gf_mul(d, 3));
        calc(&aesimc, in, in, NO_IMM, out);
        assert_int_equal(out[0], gf_mul(in[0], 14));
        assert_int_equal(out[1], gf_mul(in[0], 9));
        assert_int_equal(out[2], gf_mul(in[0], 13));
        assert_int_equal(out[3], gf_mul(in[0], 11));
    }
}

static void gf_products(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 65536; i += 16) {
        uint8_t a[16], b[16], out[16];
        for (unsigned k = 0; k < 16; k++) {
            a[k] = (uint8_t)((i + k) >> 8);
            b[k] = (uint8_t)(i + k);
        }
        calc(&gf2p8mulb, a, b, NO_IMM, out);
        for (unsigned k = 0; k < 16; k++)
            assert_int_equal(out[k], gf_mul(a[k], b[k]));
    }
}

static void gf_transforms(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4096; i++) {
        struct reg x = random_reg(), m = random_reg();
        unsigned constant = i & 0xff;
        uint8_t plain[16], inverse[16];
        if (i < 256)
            x.b[3] = (uint8_t)i; /* every value has been there */
        calc(&gf2p8affineqb, x.b, m.b, (int)constant, plain);
        calc(&gf2p8affineinvqb, x.b, m.b, (int)constant, inverse);
        for (unsigned k = 0; k < 16; k++) {
            uint64_t matrix = lc_get64(m.b + (k & 8));
            assert_int_equal(plain[k], gf_affine(matrix, x.b[k], (uint8_t)constant));
            assert_int_equal(inverse[k], gf_affine(matrix, gf_inverse(x.b[k]), (uint8_t)constant));
        }
    }
}

static void carryless_products(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2048; i++) {
        struct reg a = random_reg(), b = random_reg();
        unsigned imm = (unsigned)random64() & 0xff;
        uint64_t x = lc_get64(a.b + 8 * (imm & 1)), y = lc_get64(b.b + 8 * (imm >> 4 & 1));
        if (i == 0) {
            memset(a.b, 0xff, 16);
            memset(b.b, 0xff, 16);
            x = y = UINT64_MAX;
        }
        lc_u128 product = 0;
        for (unsigned k = 0; k < 64; k++)
            product ^= y >> k & 1 ? (lc_u128)x << k : 0;
        uint8_t out[16];
        calc(&pclmulqdq, a.b, b.b, (int)imm, out);
        assert_int_equal(lc_get64(out), (uint64_t)product);
        assert_int_equal(lc_get64(out + 8), (uint64_t)(product >> 64));
    }
}

/* ---- SHA (FIPS 180-4): 64 bytes at a time ---- */

static uint32_t word_of(const uint8_t *block, unsigned i)
{
    return __builtin_bswap32(lc_get32(block + 4 * i));
}

static void sha1_block(uint32_t h[5], const uint8_t *block)
{
    uint32_t w[20][4], abcd[4] = {h[3], h[2], h[1], h[0]}, before[4], e[4] = {0, 0, 0, h[4]};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++)
            w[i][3 - k] = word_of(block, 4 * i + k);
    for (unsigned i = 4; i < 20; i++) {
        calc(&sha1msg1, w[i - 4], w[i - 3], NO_IMM, w[i]);
        for (unsigned k = 0; k < 4; k++)
            w[i][k] ^= w[i - 2][k];
        calc(&sha1msg2, w[i], w[i - 1], NO_IMM, w[i]);
    }
    for (unsigned i = 0; i < 20; i++) {
        if (i == 0) {
            memcpy(e, w[0], sizeof(e));
            e[3] += h[4];
        } else {
            calc(&sha1nexte, before, w[i], NO_IMM, e);
        }
        memcpy(before, abcd, sizeof(before));
        calc(&sha1rnds4, abcd, e, (int)(i / 5), abcd);
    }
    const uint32_t none[4] = {0};
    calc(&sha1nexte, before, none, NO_IMM, e);
    for (unsigned k = 0; k < 4; k++)
        h[k] += abcd[3 - k];
    h[4] += e[3];
}

static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* XMM0 is the destination of calc(), but also the operand that has the words. */
static void sha256_rounds(uint32_t cdgh[4], const uint32_t abef[4], const uint32_t wk[2])
{
    memcpy(rig.c->fpu.zmm[0], wk, 8);
    memcpy(rig.c->fpu.zmm[1], cdgh, 16);
    memcpy(rig.c->fpu.zmm[2], abef, 16);
    assert_done(RUN(&rig, 0x0f, 0x38, 0xcb, 0xca)); /* sha256rnds2 xmm1, xmm2 */
    memcpy(cdgh, rig.c->fpu.zmm[1], 16);
}

static void sha256_block(uint32_t h[8], const uint8_t *block)
{
    uint32_t w[16][4], abef[4] = {h[5], h[4], h[1], h[0]}, cdgh[4] = {h[7], h[6], h[3], h[2]};
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++)
            w[i][k] = word_of(block, 4 * i + k);
    for (unsigned i = 4; i < 16; i++) {
        calc(&sha256msg1, w[i - 4], w[i - 3], NO_IMM, w[i]);
        for (unsigned k = 0; k < 4; k++)
            w[i][k] += k < 3 ? w[i - 2][k + 1] : w[i - 1][0];
        calc(&sha256msg2, w[i], w[i - 1], NO_IMM, w[i]);
    }
    for (unsigned i = 0; i < 64; i += 2) {
        uint32_t wk[2] = {w[i / 4][i % 4] + sha256_k[i], w[i / 4][i % 4 + 1] + sha256_k[i + 1]};
        uint32_t old[4];
        memcpy(old, abef, sizeof(old));
        sha256_rounds(cdgh, abef, wk);
        memcpy(abef, cdgh, sizeof(abef));
        memcpy(cdgh, old, sizeof(cdgh));
    }
    const uint32_t end[8] = {abef[3], abef[2], cdgh[3], cdgh[2],
                             abef[1], abef[0], cdgh[1], cdgh[0]};
    for (unsigned k = 0; k < 8; k++)
        h[k] += end[k];
}

/* Padding (5.1.1); messages of less than 120 bytes. */
static unsigned pad(const char *message, uint8_t out[128])
{
    size_t n = strlen(message);
    unsigned blocks = n < 56 ? 1 : 2;
    memset(out, 0, 128);
    memcpy(out, message, n);
    out[n] = 0x80;
    lc_put64(out + 64 * blocks - 8, __builtin_bswap64(8 * n));
    return blocks;
}

static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static void sha1_examples(void **state)
{
    static const struct {
        const char *message;
        uint32_t digest[5];
    } t[] = {
        {"abc", {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d}},
        {two_blocks, {0x84983e44, 0x1c3bd26e, 0xbaae4aa1, 0xf95129e5, 0xe54670f1}},
        {"", {0xda39a3ee, 0x5e6b4b0d, 0x3255bfef, 0x95601890, 0xafd80709}},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
        uint8_t m[128];
        unsigned blocks = pad(t[i].message, m);
        for (unsigned b = 0; b < blocks; b++)
            sha1_block(h, m + 64 * b);
        assert_memory_equal(h, t[i].digest, sizeof(h));
    }
}

static void sha256_examples(void **state)
{
    static const struct {
        const char *message;
        uint32_t digest[8];
    } t[] = {
        {"abc",
         {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61,
          0xf20015ad}},
        {two_blocks,
         {0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459, 0x64ff2167, 0xf6ecedd4,
          0x19db06c1}},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
        uint8_t m[128];
        unsigned blocks = pad(t[i].message, m);
        for (unsigned b = 0; b < blocks; b++)
            sha256_block(h, m + 64 * b);
        assert_memory_equal(h, t[i].digest, sizeof(h));
    }
}

/* ---- forms: what happens to the upper lane, memory, alignment ---- */

static const struct {
    const struct op *op;
    int imm;
    bool vex, wide;
} ops[] = {
    {&aesenc, NO_IMM, true, true},       {&aesenclast, NO_IMM, true, true},
    {&aesdec, NO_IMM, true, true},       {&aesdeclast, NO_IMM, true, true},
    {&aesimc, NO_IMM, true, false},      {&aeskeygenassist, 0x36, true, false},
    {&pclmulqdq, 0x11, true, true},      {&pclmulqdq, 0x10, true, true},
    {&gf2p8mulb, NO_IMM, true, true},    {&gf2p8affineqb, 0x5a, true, true},
    {&gf2p8affineinvqb, 7, true, true},  {&sha1rnds4, 2, false, false},
    {&sha1nexte, NO_IMM, false, false},  {&sha1msg1, NO_IMM, false, false},
    {&sha1msg2, NO_IMM, false, false},   {&sha256rnds2, NO_IMM, false, false},
    {&sha256msg1, NO_IMM, false, false}, {&sha256msg2, NO_IMM, false, false},
};

static struct reg value_of(unsigned n)
{
    struct reg v;
    memcpy(v.b, rig.c->fpu.zmm[n], 32);
    return v;
}

static void put_value(unsigned n, const struct reg *v)
{
    memcpy(rig.c->fpu.zmm[n], v->b, 32);
}

/* The second operand in its register and at [rbx]. */
static void put_operands(const struct reg *a, const struct reg *b, uint64_t at)
{
    put_value(0, a);
    put_value(1, a);
    put_value(2, b);
    rig.c->gpr[LC_RBX] = at;
    for (unsigned i = 0; i < 32; i += 8)
        rig_poke(&rig, at + i, lc_get64(b->b + i), 8);
}

static void check_form(size_t i, enum form form, bool mem, unsigned off, const struct reg *a,
                       const struct reg *b, const struct reg *expected)
{
    put_operands(a, b, RIG_DATA + off);
    assert_done(run(ops[i].op, form, mem, ops[i].imm));
    struct reg now = value_of(0);
    if (memcmp(now.b, expected->b, 32) != 0)
        fail_msg("operation %zu, form %d, memory %d", i, (int)form, mem);
}

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(ops); i++) {
        struct reg a = random_reg(), b = random_reg(), legacy = a, vex = {{0}}, wide;
        calc(ops[i].op, a.b, b.b, ops[i].imm, legacy.b);
        memcpy(vex.b, legacy.b, 16);
        wide = vex;
        calc(ops[i].op, a.b + 16, b.b + 16, ops[i].imm, wide.b + 16);
        check_form(i, SSE, false, 0, &a, &b, &legacy);
        check_form(i, SSE, true, 0, &a, &b, &legacy);
        put_operands(&a, &b, RIG_DATA + 8);
        assert_gp0(run(ops[i].op, SSE, true, ops[i].imm));
        if (!ops[i].vex)
            continue;
        check_form(i, VEX128, false, 0, &a, &b, &vex);
        check_form(i, VEX128, true, 5, &a, &b, &vex);
        if (!ops[i].wide) {
            assert_vector(run(ops[i].op, VEX256, false, ops[i].imm), LC_VEC_UD);
            continue;
        }
        check_form(i, VEX256, false, 0, &a, &b, &wide);
        check_form(i, VEX256, true, 13, &a, &b, &wide);
    }
}

/* A VEX form wants its own feature and AVX; VAES and VPCLMULQDQ are the 256-bit ones. */
static void features(void **state)
{
    static const struct {
        const char *model;
        const struct op *op;
        int imm;
        enum form form;
        bool there;
    } t[] = {
        {"max,-vaes", &aesenc, NO_IMM, VEX256, false},
        {"max,-vaes", &aesenc, NO_IMM, VEX128, true},
        {"max,-aes", &aesenc, NO_IMM, VEX128, false},
        {"max,-aes", &aesenc, NO_IMM, SSE, false},
        {"max,-avx", &aesenc, NO_IMM, SSE, true},
        {"max,-avx", &aesenc, NO_IMM, VEX128, false},
        {"max,-vpclmulqdq", &pclmulqdq, 0, VEX256, false},
        {"max,-vpclmulqdq", &pclmulqdq, 0, VEX128, true},
        {"max,-gfni", &gf2p8mulb, NO_IMM, SSE, false},
        {"max,-avx", &gf2p8mulb, NO_IMM, VEX256, false},
        {"max,-avx", &gf2p8mulb, NO_IMM, SSE, true},
        {"max,-sha", &sha1msg1, NO_IMM, SSE, false},
    };
    (void)state;
    for (size_t i = 0; i < LC_ARRAY_LEN(t); i++) {
        close_rig(NULL);
        rig_open(&rig, t[i].model);
        rig_mode(&rig, RIG_LONG, 3);
        rig.c->cr4 |= LC_CR4_OSFXSR | LC_CR4_OSXSAVE;
        rig.c->fpu.xcr0 = 7;
        lc_cpu_derive(rig.c);
        struct outcome o = run(t[i].op, t[i].form, false, t[i].imm);
        assert_vector(o, t[i].there ? -1 : LC_VEC_UD);
    }
    close_rig(NULL);
    open_rig(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_examples),  cmocka_unit_test(aes_is_algebra),
        cmocka_unit_test(gf_products),   cmocka_unit_test(gf_transforms),
        cmocka_unit_test(sha1_examples), cmocka_unit_test(sha256_examples),
        cmocka_unit_test(forms),         cmocka_unit_test(carryless_products),
        cmocka_unit_test(features),
    };
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
