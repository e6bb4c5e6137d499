/*
 * rig.c - see rig.h.
 */
#include "loader/rig.h"

#include <stdlib.h>

static void *limited_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct rig *rig = user;

    (void)old_size;
    if (!new_size) {
        free(ptr);
        return NULL;
    }
    if (rig->allocs_left == 0)
        return NULL;
    if (rig->allocs_left > 0)
        rig->allocs_left--;
    return realloc(ptr, new_size);
}

static void fill(struct rig *rig, uint64_t from, uint64_t to)
{
    uint8_t block[0x1000];

    memset(block, RIG_FILL, sizeof(block));
    for (uint64_t pa = from; pa < to; pa += sizeof(block))
        assert_true(lc_phys_write(&rig->phys, pa, block, sizeof(block), false));
}

static void init(struct rig *rig, uint64_t ram)
{
    memset(rig, 0, sizeof(*rig));
    rig->alloc = (struct lc_alloc){limited_alloc, rig};
    rig->allocs_left = -1;
    assert_int_equal(lc_phys_init(&rig->phys, &rig->alloc), LIBCPU_ERR_OK);
    if (ram)
        rig_add(rig, "RAM", 0, ram, false);
    rig->r.name = "kernel";
    rig->r.cmdline = "";
}

void rig_init(struct rig *rig, uint64_t ram)
{
    init(rig, ram);
    fill(rig, 0, ram < RIG_DIRTY ? ram : RIG_DIRTY);
}

static void fill_small(struct rig *rig)
{
    fill(rig, 0x10000, 0x11000);                         /* boot information */
    fill(rig, 0x90000, 0x96000);                         /* page tables */
    fill(rig, ELF_TEXT_PA, ELF_DATA_PA + 0x2000);        /* ELF */
    fill(rig, LINUX_PREF_PA, LINUX_PREF_PA + 0x1000);    /* Linux */
    fill(rig, KLUDGE_LOAD_PA & ~0xfffu, KLUDGE_BSS_END); /* Multiboot without ELF */
}

void rig_init_small(struct rig *rig)
{
    init(rig, RIG_RAM_SMALL);
    fill_small(rig);
}

static void wipe(struct rig *rig)
{
    static const uint8_t zero[0x1000];
    uint8_t page[sizeof(zero)];

    for (uint64_t pa = 0; pa < RIG_RAM_SMALL; pa += sizeof(page)) {
        assert_true(lc_phys_read(&rig->phys, pa, page, sizeof(page)));
        if (memcmp(page, zero, sizeof(page)) != 0)
            assert_true(lc_phys_write(&rig->phys, pa, zero, sizeof(zero), false));
    }
}

void rig_again_small(struct rig *rig)
{
    wipe(rig);
    fill_small(rig);
    rig->hashed = false;
}

void rig_fini(struct rig *rig)
{
    lc_phys_fini(&rig->phys);
}

void rig_add(struct rig *rig, const char *name, uint64_t base, uint64_t len, bool rom)
{
    assert_int_equal(lc_phys_add(&rig->phys, name, base, len, rom, NULL), LIBCPU_ERR_OK);
    rig->hashed = false;
}

uint64_t rig_hash(const struct rig *rig)
{
    struct lc_sink_hash h;

    lc_sink_hash_init(&h);
    lc_phys_save(&rig->phys, &h.sink);
    for (unsigned i = 0; i < rig->phys.count; i++) {
        lc_sink_u64(&h.sink, rig->phys.region[i].base);
        lc_sink_u64(&h.sink, rig->phys.region[i].len);
        lc_sink_bool(&h.sink, rig->phys.region[i].rom);
    }
    return lc_sink_hash_value(&h);
}

static void assert_unchanged(const struct rig *rig)
{
    struct lc_boot_state untouched;
    const size_t name = strlen(rig->r.name);

    memset(&untouched, 0x5a, sizeof(untouched));
    assert_memory_equal(&rig->boot, &untouched, sizeof(untouched));
    assert_true(rig_hash(rig) == rig->hash);
    assert_int_not_equal(rig->e.text[0], 0);
    assert_null(strchr(rig->e.text, '\n'));
    if (name < 90)
        assert_memory_equal(rig->e.text, rig->r.name, name);
}

enum libcpu_err rig_load(struct rig *rig, const struct image *img, enum lc_image_format format)
{
    /* A copy of just its size, so that a sanitizer sees a read past its end. */
    uint8_t *copy = malloc(img->size ? img->size : 1);
    enum libcpu_err err;

    assert_non_null(copy);
    if (!rig->hashed)
        rig->hash = rig_hash(rig);
    memcpy(copy, img->data, img->size);
    rig->r.data = (struct lc_blob){copy, img->size};
    rig->r.format = format;
    memset(&rig->boot, 0x5a, sizeof(rig->boot));
    memset(&rig->e, 0, sizeof(rig->e));
    err = lc_image_load(&rig->phys, &rig->r, &rig->boot, &rig->e);
    free(copy);
    rig->r.data = (struct lc_blob){NULL, 0};
    rig->hashed = err != LIBCPU_ERR_OK;
    if (err) {
        assert_int_equal(rig->e.code, err);
        assert_unchanged(rig);
    }
    return err;
}

void rig_good(struct rig *rig, const struct image *img, enum lc_image_format format)
{
    if (rig_load(rig, img, format))
        fail_msg("refused: %s", rig->e.text);
}

void rig_bad(struct rig *rig, const struct image *img, enum lc_image_format format,
             enum libcpu_err code, const char *why)
{
    const enum libcpu_err err = rig_load(rig, img, format);

    if (err != code || !strstr(rig->e.text, why))
        fail_msg("error %d \"%s\", want %d with \"%s\"", (int)err, rig->e.text, (int)code, why);
}

uint32_t rig_u32(const struct rig *rig, uint64_t pa)
{
    uint32_t v = 0;

    assert_true(lc_phys_read(&rig->phys, pa, &v, sizeof(v)));
    return v;
}

uint64_t rig_u64(const struct rig *rig, uint64_t pa)
{
    uint64_t v = 0;

    assert_true(lc_phys_read(&rig->phys, pa, &v, sizeof(v)));
    return v;
}

void rig_assert_bytes(const struct rig *rig, uint64_t pa, const void *want, size_t len)
{
    uint8_t *got = malloc(len);

    assert_non_null(got);
    assert_true(lc_phys_read(&rig->phys, pa, got, len));
    assert_memory_equal(got, want, len);
    free(got);
}

void rig_assert_fill(const struct rig *rig, uint64_t pa, size_t len, uint8_t value)
{
    uint8_t *want = malloc(len);

    assert_non_null(want);
    memset(want, value, len);
    rig_assert_bytes(rig, pa, want, len);
    free(want);
}

void rig_assert_text(const struct rig *rig, uint64_t pa, const char *want)
{
    rig_assert_bytes(rig, pa, want, strlen(want) + 1);
}
