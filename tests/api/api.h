/*
 * api.h - what the API's suites share: cmocka, and machines that run a few bytes of code.
 */
#ifndef TESTS_API_H
#define TESTS_API_H

#include <libcpu/libcpu.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call)      assert_int_equal((call), LIBCPU_ERR_OK)
#define INVALID(call) assert_int_equal((call), LIBCPU_ERR_INVALID)

/* A machine that starts `code` at 0x7c00 in 16-bit real mode, or at 1 MiB in another mode. */
static inline libcpu *machine_with(const struct libcpu_config *config, uint32_t mode,
                                   const void *code, size_t size)
{
    struct libcpu_image_options o;
    libcpu *m;
    OK(libcpu_create(config, &m));
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = mode;
    o.addr = mode == LIBCPU_BOOT_REAL16 ? 0x7c00 : 0x100000;
    OK(libcpu_load_mem(m, code, size, &o));
    return m;
}

#define MACHINE(mode, code) machine_with(NULL, (mode), (code), sizeof(code))

#endif
