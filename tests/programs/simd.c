/*
 * simd.c: what compilers do not find by themselves: shuffles, packs, blends, string comparisons,
 * gathers, permutations and the rest, each on many vectors, as far as the level goes.
 */
#include "floating.h"

#include <immintrin.h>

enum { ROUNDS = 64 };

/* Two vectors of the wanted size with any bits in them; floats are made small numbers. */
static uint64_t random;

static void fill(void *to, size_t size)
{
    uint8_t *at = to;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t r = next_random(&random);
        memcpy(at + i, &r, 8);
    }
}

static void fill_float(void *to, size_t size)
{
    uint8_t *at = to;
    for (size_t i = 0; i < size; i += 4) {
        float value = (float)(int32_t)(next_random(&random) >> 32) / 65536;
        memcpy(at + i, &value, 4);
    }
}

static void fill_double(void *to, size_t size)
{
    uint8_t *at = to;
    for (size_t i = 0; i < size; i += 8) {
        double value = (double)(int32_t)(next_random(&random) >> 32) / 4096;
        memcpy(at + i, &value, 8);
    }
}

/* A row is a line of output: the hash of ROUNDS results of an expression in a, b and, sometimes, c.
 */
#define ROW(type, kind, name, result, expression)                                                  \
    do {                                                                                           \
        uint64_t hash = FNV_START;                                                                 \
        random = 88172645463325252u;                                                               \
        for (unsigned i = 0; i < ROUNDS; i++) {                                                    \
            type a, b, c;                                                                          \
            kind(&a, sizeof(a));                                                                   \
            kind(&b, sizeof(b));                                                                   \
            kind(&c, sizeof(c));                                                                   \
            result r = expression;                                                                 \
            hash = fnv(hash, &r, sizeof(r));                                                       \
            (void)a, (void)b, (void)c;                                                             \
        }                                                                                          \
        report(name, hash);                                                                        \
    } while (0)

#define I(name, expression) ROW(__m128i, fill, name, __m128i, expression)
#define F(name, expression) ROW(__m128, fill_float, name, __m128, expression)
#define D(name, expression) ROW(__m128d, fill_double, name, __m128d, expression)

static void sse2_integers(void)
{
    I("packs", _mm_packs_epi16(a, b));
    I("packs32", _mm_packs_epi32(a, b));
    I("packus", _mm_packus_epi16(a, b));
    I("unpack", _mm_xor_si128(_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi16(a, b)));
    I("unpack64", _mm_xor_si128(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi64(a, b)));
    I("madd", _mm_madd_epi16(a, b));
    I("mulhi", _mm_add_epi16(_mm_mulhi_epi16(a, b), _mm_mulhi_epu16(a, b)));
    I("mullo", _mm_mullo_epi16(a, b));
    I("muludq", _mm_mul_epu32(a, b));
    I("sad", _mm_sad_epu8(a, b));
    I("avg", _mm_xor_si128(_mm_avg_epu8(a, b), _mm_avg_epu16(a, b)));
    I("saturate", _mm_xor_si128(_mm_adds_epi8(a, b), _mm_subs_epu16(a, b)));
    I("minmax", _mm_xor_si128(_mm_min_epi16(a, b), _mm_max_epu8(a, b)));
    I("compare", _mm_xor_si128(_mm_cmpgt_epi8(a, b), _mm_cmpgt_epi32(a, b)));
    I("shuffle", _mm_xor_si128(_mm_shuffle_epi32(a, 0x1b), _mm_shufflehi_epi16(b, 0x93)));
    I("shufflelo", _mm_shufflelo_epi16(a, 0x72));
    I("shift", _mm_xor_si128(_mm_sra_epi16(a, _mm_srli_epi64(b, 60)), _mm_slli_epi32(a, 7)));
    I("shift64", _mm_xor_si128(_mm_srl_epi64(a, _mm_srli_epi64(b, 58)), _mm_srai_epi32(a, 40)));
    I("bytes", _mm_xor_si128(_mm_slli_si128(a, 5), _mm_srli_si128(b, 11)));
    I("andnot", _mm_andnot_si128(a, b));
    I("insert", _mm_insert_epi16(a, _mm_extract_epi16(b, 3), 6));
    ROW(__m128i, fill, "movemask", int, _mm_movemask_epi8(_mm_xor_si128(a, b)));
}

static void sse2_floats(void)
{
    F("shufps", _mm_shuffle_ps(a, b, 0x4e));
    F("unpackps", _mm_unpackhi_ps(a, b));
    F("cmpps", _mm_or_ps(_mm_cmplt_ps(a, b), _mm_cmpnle_ps(b, c)));
    F("minps", _mm_sub_ps(_mm_min_ps(a, b), _mm_max_ps(b, c)));
    F("divps", _mm_div_ps(a, _mm_sqrt_ps(_mm_mul_ps(b, b))));
    F("cvtps", _mm_cvtepi32_ps(_mm_cvtps_epi32(a)));
    F("movhl", _mm_movehl_ps(a, _mm_movelh_ps(b, c)));
    D("shufpd", _mm_shuffle_pd(a, b, 1));
    D("cmppd", _mm_or_pd(_mm_cmpge_pd(a, b), _mm_cmpneq_pd(b, c)));
    D("divpd", _mm_div_pd(a, _mm_sqrt_pd(_mm_mul_pd(b, b))));
    D("cvtpd", _mm_cvtps_pd(_mm_cvtpd_ps(a)));
    D("cvtdq", _mm_cvtepi32_pd(_mm_cvttpd_epi32(a)));
    D("sd", _mm_cvtsi32_sd(_mm_add_sd(a, b), _mm_cvtsd_si32(c)));
    ROW(__m128, fill_float, "movmskps", int, _mm_movemask_ps(_mm_sub_ps(a, b)));
    ROW(__m128d, fill_double, "comisd", int, _mm_comilt_sd(a, b) | _mm_ucomigt_sd(b, c) << 1);
}

#ifdef __SSE4_2__

static void sse4_integers(void)
{
    I("pshufb", _mm_shuffle_epi8(a, b));
    I("palignr", _mm_alignr_epi8(a, b, 9));
    I("phadd", _mm_xor_si128(_mm_hadd_epi16(a, b), _mm_hsubs_epi16(b, c)));
    I("maddubs", _mm_maddubs_epi16(a, b));
    I("mulhrs", _mm_mulhrs_epi16(a, b));
    I("sign", _mm_xor_si128(_mm_sign_epi8(a, b), _mm_abs_epi32(c)));
    I("blendv", _mm_blendv_epi8(a, b, c));
    I("pblendw", _mm_blend_epi16(a, b, 0x5a));
    I("pmulld", _mm_mullo_epi32(a, b));
    I("pmuldq", _mm_mul_epi32(a, b));
    I("mpsadbw", _mm_mpsadbw_epu8(a, b, 5));
    I("minpos", _mm_minpos_epu16(a));
    I("extend", _mm_xor_si128(_mm_cvtepi8_epi32(a), _mm_cvtepu16_epi64(b)));
    I("packusdw", _mm_packus_epi32(a, b));
    I("pcmpgtq", _mm_xor_si128(_mm_cmpgt_epi64(a, b), _mm_cmpeq_epi64(a, a)));
    I("pinsr", _mm_insert_epi32(_mm_insert_epi8(a, _mm_extract_epi8(b, 7), 13), 77, 1));
    I("min32", _mm_xor_si128(_mm_min_epi32(a, b), _mm_max_epu16(b, c)));
    ROW(__m128i, fill, "ptest", int, _mm_testz_si128(a, b) | _mm_testc_si128(a, a) << 1);
    ROW(__m128i, fill, "pcmpistri", int, _mm_cmpistri(a, b, 0) | _mm_cmpistri(a, c, 0x44) << 8);
    I("pcmpestrm", _mm_cmpestrm(a, 9, b, 14, 0x40));
    ROW(__m128i, fill, "crc32", uint64_t,
        _mm_crc32_u64(1, (uint64_t)_mm_cvtsi128_si64(a)) ^ _mm_crc32_u8(7, 0x5a));
    ROW(__m128i, fill, "popcnt", long long, _mm_popcnt_u64((uint64_t)_mm_cvtsi128_si64(b)));
}

static void sse4_floats(void)
{
    F("roundps", _mm_add_ps(_mm_round_ps(a, 9), _mm_round_ps(b, 11)));
    F("dpps", _mm_dp_ps(a, b, 0x75));
    F("blendvps", _mm_blendv_ps(a, b, c));
    F("insertps", _mm_insert_ps(a, b, 0x96));
    F("haddps", _mm_hadd_ps(a, _mm_addsub_ps(b, c)));
    D("roundpd", _mm_sub_pd(_mm_round_pd(a, 8), _mm_round_pd(b, 10)));
    D("dppd", _mm_dp_pd(a, b, 0x31));
    D("hsubpd", _mm_hsub_pd(a, b));
}

#endif

#ifdef __AVX2__

#define YI(name, expression) ROW(__m256i, fill, name, __m256i, expression)
#define YF(name, expression) ROW(__m256, fill_float, name, __m256, expression)
#define YD(name, expression) ROW(__m256d, fill_double, name, __m256d, expression)

static void avx_integers(void)
{
    static const int32_t table[64] = {1, -2, 3, 5, -8, 13, 21, 34, 55};
    YI("vpshufb", _mm256_shuffle_epi8(a, b));
    YI("vperm2i128", _mm256_permute2x128_si256(a, b, 0x21));
    YI("vpermd", _mm256_permutevar8x32_epi32(a, b));
    YI("vpermq", _mm256_permute4x64_epi64(a, 0x93));
    YI("vpsllv", _mm256_xor_si256(_mm256_sllv_epi32(a, _mm256_srli_epi32(b, 26)),
                                  _mm256_srlv_epi64(b, _mm256_srli_epi64(c, 57))));
    YI("vpsrav", _mm256_srav_epi32(a, _mm256_srli_epi32(b, 26)));
    YI("vpblendd", _mm256_blend_epi32(a, b, 0xa6));
    YI("vpalignr", _mm256_alignr_epi8(a, b, 21));
    YI("vpackssdw", _mm256_packs_epi32(a, b));
    YI("vpsadbw", _mm256_sad_epu8(a, b));
    YI("vmpsadbw", _mm256_mpsadbw_epu8(a, b, 0x2a));
    YI("vpmovsx", _mm256_cvtepi8_epi16(_mm256_castsi256_si128(a)));
    YI("vbroadcast", _mm256_broadcastw_epi16(_mm256_castsi256_si128(b)));
    YI("vinserti128", _mm256_inserti128_si256(a, _mm256_extracti128_si256(b, 1), 0));
    YI("vpgatherdd", _mm256_i32gather_epi32(table, _mm256_srli_epi32(a, 26), 4));
    YI("vpgatherqq",
       _mm256_i64gather_epi64((const long long *)(const void *)table, _mm256_srli_epi64(b, 59), 8));
    YI("vphadd", _mm256_hadd_epi32(a, b));
    ROW(__m256i, fill, "vpmovmskb", int, _mm256_movemask_epi8(_mm256_cmpgt_epi8(a, b)));
    ROW(__m256i, fill, "vptest", int, _mm256_testnzc_si256(a, b));
    ROW(__m256i, fill, "bmi", uint64_t,
        _pext_u64((uint64_t)_mm256_extract_epi64(a, 0), (uint64_t)_mm256_extract_epi64(b, 1)) ^
            _pdep_u64((uint64_t)_mm256_extract_epi64(b, 2), (uint64_t)_mm256_extract_epi64(c, 3)));
}

static void avx_floats(void)
{
    YF("vpermilps", _mm256_permutevar_ps(a, _mm256_castps_si256(b)));
    YF("vperm2f128", _mm256_permute2f128_ps(a, b, 0x83));
    YF("vblendvps", _mm256_blendv_ps(a, b, c));
    YF("vcmpps", _mm256_cmp_ps(a, b, _CMP_NGE_UQ));
    YF("vdpps", _mm256_dp_ps(a, b, 0xf1));
    YF("vroundps", _mm256_round_ps(a, 0));
    YF("vaddsub", _mm256_addsub_ps(a, b));
    YF("vfmadd", _mm256_fmadd_ps(a, b, c));
    YF("vfnmsub", _mm256_fnmsub_ps(a, b, c));
    YF("vfmaddsub", _mm256_fmaddsub_ps(a, b, c));
    YD("vfmsub", _mm256_fmsub_pd(a, b, c));
    YD("vfmsubadd", _mm256_fmsubadd_pd(a, b, c));
    YD("vhadd", _mm256_hadd_pd(a, b));
    YD("vcmppd", _mm256_and_pd(a, _mm256_cmp_pd(a, b, _CMP_LT_OQ)));
    YD("vunpck", _mm256_unpackhi_pd(a, b));
    YD("vcvtps2pd", _mm256_cvtps_pd(_mm256_cvtpd_ps(a)));
    F("vpermil", _mm_permute_ps(a, 0x2d));
    F("vcvtph", _mm_cvtph_ps(_mm_cvtps_ph(a, 0)));
    F("vfmaddss", _mm_fmadd_ss(a, b, c));
    D("vbroadcast", _mm256_castpd256_pd128(_mm256_broadcastsd_pd(a)));
}

static void avx_masks(void)
{
    static float from[8] = {1, 2, 3, 4, 5, 6, 7, 8}, to[8];
    uint64_t hash = FNV_START;
    random = 521288629u;
    for (unsigned i = 0; i < ROUNDS; i++) {
        __m256i mask;
        fill(&mask, sizeof(mask));
        _mm256_maskstore_ps(to, mask, _mm256_maskload_ps(from, _mm256_slli_epi32(mask, 1)));
        hash = fnv(hash, to, sizeof(to));
    }
    report("vmaskmov", hash);
}

#endif

int main(void)
{
    sse2_integers();
    sse2_floats();
#ifdef __SSE4_2__
    sse4_integers();
    sse4_floats();
#endif
#ifdef __AVX2__
    avx_integers();
    avx_floats();
    avx_masks();
#endif
    return 0;
}
