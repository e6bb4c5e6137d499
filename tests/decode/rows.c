#include "decode/rows.h"

#include <stdio.h>

uint32_t rows_key(enum rows_mode mode)
{
    static const uint32_t key[] = {
        LC_KEY_CODE16,
        LC_KEY_CODE16 | LC_KEY_VM86,
        LC_KEY_CODE16 | LC_KEY_PROT,
        LC_KEY_CODE32 | LC_KEY_PROT,
        LC_KEY_CODE64 | LC_KEY_PROT,
    };
    return key[mode];
}

const char *rows_mode_name(enum rows_mode mode)
{
    static const char *const name[] = {"real", "vm86", "prot16", "prot32", "long"};
    return name[mode];
}

const char *rows_name(const struct lc_row *row)
{
    static char buf[128];
    static const char *const map[] = {"1",      "0f",     "0f38", "0f3a",   "v.0f",
                                      "v.0f38", "v.0f3a", "e.0f", "e.0f38", "e.0f3a"};
    static const char *const prefix[] = {"", " NONE", " 66", " F3", " F2", " N66"};
    char ext[16] = "";
    if (row->ext >= 0x100)
        snprintf(ext, sizeof(ext), " modrm %02x", (unsigned)row->ext & 0xff);
    else if (row->ext >= 0)
        snprintf(ext, sizeof(ext), " /%d", row->ext);
    snprintf(buf, sizeof(buf), "row %u: %s %s:%02x%s%s", (unsigned)(row - lc_rows), row->mnemonic,
             map[row->map], row->opcode, ext, prefix[row->prefix]);
    return buf;
}

const char *rows_hex(const uint8_t *bytes, unsigned len)
{
    static char buf[3 * LC_INSN_MAX + 1];
    buf[0] = 0;
    for (unsigned i = 0; i < len && i < LC_INSN_MAX; i++)
        snprintf(buf + 3 * i, 4, "%02x ", bytes[i]);
    return buf;
}

void rows_decoder(struct lc_decoder *d)
{
    static const uint64_t all[4] = {~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)};
    struct lc_alloc a = lc_alloc_default();
    assert_true(lc_decoder_init(d, &a, all));
}

void rows_decoder_free(struct lc_decoder *d)
{
    struct lc_alloc a = lc_alloc_default();
    lc_decoder_fini(d, &a);
}
