/*
 * rig.h - a machine's memory to load images into: dirty where images go, so that a missing zero
 * shows, and hashed, so that a write by a refused load shows.
 */
#ifndef LC_TESTS_LOADER_RIG_H
#define LC_TESTS_LOADER_RIG_H

#include "loader/image.h"
#include "loader/loader.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka.h needs the two above. */
#include <cmocka.h>

enum { RIG_RAM = 0x400000, RIG_RAM_SMALL = 0x202000, RIG_DIRTY = 0x204000, RIG_FILL = 0xa5 };

struct rig {
    struct lc_alloc alloc;
    struct lc_phys phys;
    long allocs_left; /* < 0: no limit */
    struct lc_image_request r;
    struct lc_boot_state boot;
    struct lc_error e;
    uint64_t hash; /* of memory, when `hashed`: kept from a refused load to the next */
    bool hashed;
};

/* RAM from 0 to `ram`, filled below RIG_DIRTY; a request named "kernel" without an image. */
void rig_init(struct rig *rig, uint64_t ram);
/* The same with as little RAM and as few dirty pages as the images need: for very many loads. */
void rig_init_small(struct rig *rig);
/* Its memory once more as rig_init_small() made it, in the same host pages: fresh ones are page
 * faults of the host's, and millions of those take minutes under some hypervisors. */
void rig_again_small(struct rig *rig);
void rig_fini(struct rig *rig);
void rig_add(struct rig *rig, const char *name, uint64_t base, uint64_t len, bool rom);
/* Hash of all memory and of which regions there are. */
uint64_t rig_hash(const struct rig *rig);

/* Load without an expectation. When it fails, memory and *boot must be unchanged and the text must
 * begin with the image's name. */
enum libcpu_err rig_load(struct rig *rig, const struct image *img, enum lc_image_format format);
/* Load; must succeed. */
void rig_good(struct rig *rig, const struct image *img, enum lc_image_format format);
/* Load; must fail with `code` and a text that contains `why`. */
void rig_bad(struct rig *rig, const struct image *img, enum lc_image_format format,
             enum libcpu_err code, const char *why);

uint32_t rig_u32(const struct rig *rig, uint64_t pa);
uint64_t rig_u64(const struct rig *rig, uint64_t pa);
void rig_assert_bytes(const struct rig *rig, uint64_t pa, const void *want, size_t len);
/* All of [pa, pa+len) has this value. */
void rig_assert_fill(const struct rig *rig, uint64_t pa, size_t len, uint8_t value);
void rig_assert_text(const struct rig *rig, uint64_t pa, const char *want);

#endif
