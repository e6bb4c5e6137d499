/*
 * fuzz_machine.c - a whole machine on hostile bytes: code, page tables, device programming.
 *
 * The first byte chooses the mode, the second whether the run is cut in two; the rest is loaded and
 * run for some hundred instructions.  A fresh machine each time, so that a finding is its input
 * alone.  A run that is cut must end in the same state as one that is not.
 */
#include "fuzz/fuzz.h"

#include <libcpu/libcpu.h>

enum { INSNS = 512 };

static libcpu *start(const uint8_t *data, size_t size, uint8_t mode)
{
    struct libcpu_config c;
    struct libcpu_image_options o;
    libcpu *m;
    libcpu_config_init(&c);
    c.ram_size = 4 << 20;
    if (libcpu_create(&c, &m))
        return NULL;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16 + mode % 3u;
    o.addr = o.mode == LIBCPU_BOOT_REAL16 ? 0x7c00 : 0x100000;
    if (libcpu_load_mem(m, data, size, &o)) {
        libcpu_destroy(m);
        return NULL;
    }
    return m;
}

/* Run INSNS instructions in pieces of `step`; the state's hash. */
static uint64_t run(const uint8_t *data, size_t size, uint8_t mode, uint64_t step)
{
    libcpu *m = start(data, size, mode);
    struct libcpu_stop s = {0};
    uint64_t hash = 0;
    if (!m)
        return 0;
    for (uint64_t left = INSNS; left; left -= step < left ? step : left) {
        libcpu_run(m, step < left ? step : left, &s);
        if (s.reason != LIBCPU_STOP_BUDGET)
            break;
    }
    libcpu_state_hash(m, &hash);
    libcpu_destroy(m);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > 65536)
        return 0;
    uint64_t whole = run(data + 2, size - 2, data[0], INSNS);
    FUZZ_CHECK(!data[1] || run(data + 2, size - 2, data[0], data[1]) == whole);
    return 0;
}
