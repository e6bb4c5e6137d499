/*
 * fft.h: the transform for one type of number; REAL, NAME(x) and MULTIPLY_ADD(a, b, c) are the
 * includer's. (Cooley and Tukey, 1965.)
 */
enum { NAME(COUNT) = 1024 };

static REAL NAME(re)[NAME(COUNT)], NAME(im)[NAME(COUNT)], NAME(cosine)[NAME(COUNT) / 2],
    NAME(sine)[NAME(COUNT) / 2], NAME(original)[NAME(COUNT)];

/* cos and sin of 2 pi / COUNT by their series, of its multiples by products with a number whose
 * size is one: each from one of half the index, so that errors do not pile up. */
static void NAME(twiddles)(void)
{
    const REAL x = (REAL)6.283185307179586 / NAME(COUNT), y = x * x;
    NAME(cosine)[0] = 1;
    NAME(sine)[0] = 0;
    NAME(cosine)[1] = 1 - y / 2 * (1 - y / 12 * (1 - y / 30));
    NAME(sine)[1] = x * (1 - y / 6 * (1 - y / 20 * (1 - y / 42)));
    for (unsigned i = 2; i < NAME(COUNT) / 2; i++) {
        unsigned a = i / 2, b = i - a;
        NAME(cosine)[i] = NAME(cosine)[a] * NAME(cosine)[b] - NAME(sine)[a] * NAME(sine)[b];
        NAME(sine)[i] = NAME(sine)[a] * NAME(cosine)[b] + NAME(cosine)[a] * NAME(sine)[b];
    }
}

static void NAME(reorder)(void)
{
    for (unsigned i = 1, k = 0; i < NAME(COUNT); i++) {
        unsigned bit = NAME(COUNT) / 2;
        for (; (k & bit) != 0; bit /= 2)
            k ^= bit;
        k |= bit;
        if (i < k) {
            REAL r = NAME(re)[i], m = NAME(im)[i];
            NAME(re)[i] = NAME(re)[k];
            NAME(im)[i] = NAME(im)[k];
            NAME(re)[k] = r;
            NAME(im)[k] = m;
        }
    }
}

/* One pass over a pair of halves; the twiddles are `step` apart. */
static void NAME(butterflies)(unsigned low, unsigned half, unsigned step, REAL sign)
{
    REAL *restrict r0 = NAME(re) + low, *restrict r1 = NAME(re) + low + half;
    REAL *restrict i0 = NAME(im) + low, *restrict i1 = NAME(im) + low + half;
    for (unsigned k = 0; k < half; k++) {
        REAL c = NAME(cosine)[k * step], s = sign * NAME(sine)[k * step];
        REAL r = MULTIPLY_ADD(r1[k], c, -(i1[k] * s)), i = MULTIPLY_ADD(r1[k], s, i1[k] * c);
        r1[k] = r0[k] - r;
        i1[k] = i0[k] - i;
        r0[k] += r;
        i0[k] += i;
    }
}

static void NAME(transform)(REAL sign)
{
    NAME(reorder)();
    for (unsigned half = 1; half < NAME(COUNT); half *= 2) {
        for (unsigned low = 0; low < NAME(COUNT); low += 2 * half)
            NAME(butterflies)(low, half, NAME(COUNT) / 2 / half, sign);
    }
}

/* There and back; the largest error is reported too. */
static void NAME(round_trip)(void)
{
    uint64_t random = 88172645463325252u;
    REAL worst = 0;
    for (unsigned i = 0; i < NAME(COUNT); i++) {
        NAME(original)[i] = (REAL)(int32_t)(next_random(&random) >> 32) / 65536;
        NAME(re)[i] = NAME(original)[i];
        NAME(im)[i] = 0;
    }
    NAME(twiddles)();
    NAME(transform)(-1);
    report("spectrum re", fnv(FNV_START, NAME(re), sizeof(NAME(re))));
    report("spectrum im", fnv(FNV_START, NAME(im), sizeof(NAME(im))));
    NAME(transform)(1);
    for (unsigned i = 0; i < NAME(COUNT); i++) {
        REAL error = NAME(re)[i] / NAME(COUNT) - NAME(original)[i];
        error = error < 0 ? -error : error;
        worst = error > worst ? error : worst;
    }
    report("back", fnv(FNV_START, NAME(re), sizeof(NAME(re))));
    report("error", (uint64_t)(int64_t)(worst * 1000000000));
}
