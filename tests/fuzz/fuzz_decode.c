/*
 * fuzz_decode.c - the decoder on any bytes, in every mode: it reads only what it was given, says
 * the same with one byte less or more, and what it decodes makes a record.
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"
#include "fuzz/fuzz.h"

static const uint32_t keys[] = {
    LC_KEY_CODE16,
    LC_KEY_CODE16 | LC_KEY_VM86,
    LC_KEY_CODE16 | LC_KEY_PROT,
    LC_KEY_CODE32 | LC_KEY_PROT,
    LC_KEY_CODE64 | LC_KEY_PROT,
};

static void one(const struct lc_decoder *d, uint32_t key, const uint8_t *data, size_t size)
{
    struct lc_decoded a, b;
    struct lc_insn insn;
    enum lc_decode_status s = lc_decode(d, key, data, size, &a);
    if (s == LC_DECODE_SHORT)
        return;
    FUZZ_CHECK(a.len <= size && a.len <= LC_INSN_MAX);
    if (s != LC_DECODE_OK)
        return;
    lc_emit(&a, key, 4080, &insn);
    FUZZ_CHECK(insn.fn);
    /* Exactly its own bytes are enough; one less is not. */
    FUZZ_CHECK(lc_decode(d, key, data, a.len, &b) == LC_DECODE_OK && b.row == a.row);
    FUZZ_CHECK(lc_decode(d, key, data, a.len - 1u, &b) == LC_DECODE_SHORT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t all[4] = {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)};
    static struct lc_decoder d;
    struct lc_alloc alloc = lc_alloc_default();
    if (!lc_decoder_init(&d, &alloc, all))
        return 0;
    for (size_t at = 0; at < size && at < 64; at++)
        for (size_t k = 0; k < LC_ARRAY_LEN(keys); k++)
            one(&d, keys[k], data + at, size - at);
    lc_decoder_fini(&d, &alloc);
    return 0;
}
