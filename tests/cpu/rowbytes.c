#include "cpu/rowbytes.h"

#include "cpu/sysrig.h"
#include "support/encode.h"

size_t row_bytes(const struct lc_row *row, unsigned width, uint8_t out[LC_INSN_MAX])
{
    uint32_t key = width == 64 ? LC_KEY_CODE64 : width == 32 ? LC_KEY_CODE32 : LC_KEY_CODE16;
    struct enc e;
    key |= LC_KEY_PROT;
    if (!enc_in_mode(row, key))
        return 0;
    enc_init(&e, row, key);
    e.mem = !enc_can_reg(row);
    e.base = e.index = LC_NO_REG;
    e.seg = LC_NO_REG;
    e.disp = RIG_DATA;
    e.vvvv = 3;
    return enc_bytes(&e, out);
}
