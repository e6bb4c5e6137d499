/*
 * test_phys.c - placement, routing, code notices, lazy commit and saved state of physical memory.
 */
#include "mmu/phys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define GIB UINT64_C(0x40000000)

/* Physical memory, and a log of what the block cache and the device were told. */
struct world {
    struct lc_alloc alloc;
    struct lc_phys phys;
    struct notice {
        uint64_t pa;
        uint64_t len;
        uint8_t before; /* first byte, as memory held it then */
    } notice[8];
    unsigned notices;
    uint64_t device_offset;
    uint64_t device_value;
    unsigned device_writes;
};

static void code_written(void *opaque, uint64_t pa, uint64_t len)
{
    struct world *w = opaque;
    assert_true(w->notices < LC_ARRAY_LEN(w->notice));
    w->notice[w->notices++] = (struct notice){pa, len, (uint8_t)lc_phys_load(&w->phys, pa, 1)};
}

static uint64_t device_read(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    struct world *w = opaque;
    (void)bank;
    (void)size;
    w->device_offset = offset;
    return 0x1122334455667788;
}

static void device_write(void *opaque, unsigned bank, uint64_t offset, unsigned size,
                         uint64_t value)
{
    struct world *w = opaque;
    (void)bank;
    (void)size;
    w->device_offset = offset;
    w->device_value = value;
    w->device_writes++;
}

static enum libcpu_err add_device(struct world *w, uint64_t base, uint64_t len, struct lc_error *e)
{
    const struct lc_region r = {
        .name = "timer",
        .base = base,
        .len = len,
        .max_size = 4,
        .read = device_read,
        .write = device_write,
        .opaque = w,
    };
    return lc_phys_add_mmio(&w->phys, &r, e);
}

static void add(struct world *w, const char *name, uint64_t base, uint64_t len, bool rom)
{
    struct lc_error e;
    assert_int_equal(lc_phys_add(&w->phys, name, base, len, rom, &e), LIBCPU_ERR_OK);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->alloc = lc_alloc_default();
    assert_int_equal(lc_phys_init(&w->phys, &w->alloc), LIBCPU_ERR_OK);
    w->phys.code_written = code_written;
    w->phys.opaque = w;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    lc_phys_fini(&w->phys);
    free(w);
    return 0;
}

/* ---- placement ---- */

static void refuses_bad_ranges(void **state)
{
    struct world *w = *state;
    const struct {
        uint64_t base;
        uint64_t len;
        enum libcpu_err err;
    } bad[] = {
        {0x1000, 0, LIBCPU_ERR_INVALID},
        {0x1001, 0x1000, LIBCPU_ERR_INVALID},
        {0x1000, 0x1800, LIBCPU_ERR_INVALID},
        {LC_BIT(LC_PHYS_BITS), 0x1000, LIBCPU_ERR_RANGE},
        {LC_BIT(LC_PHYS_BITS) - 0x1000, 0x2000, LIBCPU_ERR_RANGE},
        {UINT64_MAX & LC_PAGE_MASK, 0x2000, LIBCPU_ERR_RANGE},
        {0x1000, UINT64_MAX & LC_PAGE_MASK, LIBCPU_ERR_RANGE},
    };
    for (unsigned i = 0; i < LC_ARRAY_LEN(bad); i++) {
        struct lc_error e = {0};
        assert_int_equal(lc_phys_add(&w->phys, "odd", bad[i].base, bad[i].len, false, &e),
                         bad[i].err);
        assert_int_equal(e.code, bad[i].err);
        assert_non_null(strstr(e.text, "odd"));
    }
    assert_int_equal(w->phys.count, 0);
    add(w, "last page", LC_BIT(LC_PHYS_BITS) - 0x1000, 0x1000, false);
}

static void overlaps_name_both(void **state)
{
    struct world *w = *state;
    struct lc_error e;
    add(w, "ram", 0x10000, 0x10000, false);
    assert_int_equal(add_device(w, 0x40000, 0x10, &e), LIBCPU_ERR_OK);
    const uint64_t bases[] = {0xf000, 0x10000, 0x18000, 0x1f000};
    for (unsigned i = 0; i < LC_ARRAY_LEN(bases); i++) {
        assert_int_equal(lc_phys_add(&w->phys, "bios", bases[i], 0x2000, true, &e),
                         LIBCPU_ERR_OVERLAP);
        assert_non_null(strstr(e.text, "bios"));
        assert_non_null(strstr(e.text, "ram"));
        assert_int_equal(add_device(w, bases[i] + 0xfff, 2, &e), LIBCPU_ERR_OVERLAP);
        assert_non_null(strstr(e.text, "timer"));
        assert_non_null(strstr(e.text, "ram at 0x10000-0x1ffff"));
    }
    assert_int_equal(lc_phys_add(&w->phys, "bios", 0x40000, 0x1000, true, &e), LIBCPU_ERR_OVERLAP);
    assert_string_equal(e.text, "bios at 0x40000-0x40fff overlaps timer at 0x40000-0x4000f");
    assert_int_equal(lc_phys_add(&w->phys, "all", 0, 0x100000, false, &e), LIBCPU_ERR_OVERLAP);
    add(w, "below", 0xf000, 0x1000, false);
    add(w, "above", 0x20000, 0x20000, false);
    assert_int_equal(w->phys.count, 3);
    assert_int_equal(w->phys.mmio.count, 1);
}

static void device_ranges_are_the_buses_business(void **state)
{
    struct world *w = *state;
    struct lc_error e;
    add(w, "ram", 0, 0x10000, false);
    assert_int_equal(add_device(w, 0x8000, 0, &e), LIBCPU_ERR_INVALID);
    assert_int_equal(add_device(w, 0x20000, UINT64_MAX - 0x100, &e), LIBCPU_ERR_RANGE);
    assert_int_equal(add_device(w, LC_BIT(LC_PHYS_BITS) - 4, 8, &e), LIBCPU_ERR_RANGE);
}

static void region_table_fills(void **state)
{
    struct world *w = *state;
    struct lc_error e;
    for (unsigned i = LC_PHYS_REGIONS; i-- > 0;)
        add(w, "piece", i * 0x3000, 0x1000, false);
    for (unsigned i = 0; i < LC_PHYS_REGIONS; i++)
        assert_int_equal(w->phys.region[i].base, i * 0x3000);
    assert_int_equal(lc_phys_add(&w->phys, "one more", GIB, 0x1000, false, &e), LIBCPU_ERR_FULL);
    assert_non_null(strstr(e.text, "one more"));
}

static void *no_memory(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    (void)new_size;
    (void)ptr;
    return NULL;
}

static void out_of_memory_changes_nothing(void **state)
{
    struct world *w = *state;
    struct lc_error e;
    add(w, "ram", 0x10000, 0x1000, false);
    w->alloc.fn = no_memory;
    assert_int_equal(lc_phys_add(&w->phys, "more", 0, 0x1000, false, &e), LIBCPU_ERR_NOMEM);
    assert_int_equal(add_device(w, 0x40000, 0x10, &e), LIBCPU_ERR_NOMEM);
    w->alloc = lc_alloc_default();
    assert_int_equal(w->phys.count, 1);
    assert_int_equal(w->phys.region[0].base, 0x10000);
    assert_null(lc_phys_find(&w->phys, 0));
}

static void finds_the_region(void **state)
{
    struct world *w = *state;
    add(w, "b", 0x100000, 0x2000, false);
    add(w, "c", 4 * GIB, 0x1000, false);
    add(w, "a", 0, 0x1000, true);
    assert_string_equal(lc_phys_find(&w->phys, 0)->name, "a");
    assert_string_equal(lc_phys_find(&w->phys, 0xfff)->name, "a");
    assert_null(lc_phys_find(&w->phys, 0x1000));
    assert_null(lc_phys_find(&w->phys, 0xfffff));
    assert_string_equal(lc_phys_find(&w->phys, 0x101fff)->name, "b");
    assert_null(lc_phys_find(&w->phys, 0x102000));
    assert_string_equal(lc_phys_find(&w->phys, 4 * GIB)->name, "c");
    assert_null(lc_phys_find(&w->phys, 4 * GIB + 0x1000));
    assert_null(lc_phys_find(&w->phys, UINT64_MAX));
}

static void describes_a_page(void **state)
{
    struct world *w = *state;
    add(w, "ram", 0x10000, 0x2000, false);
    add(w, "rom", 0x20000, 0x1000, true);
    struct lc_phys_page page = lc_phys_page(&w->phys, 0x11abc, true);
    assert_ptr_equal(page.host, w->phys.region[0].host + 0x1000);
    assert_true(page.writable && !page.code);
    lc_phys_set_code(&w->phys, 0x11fff, true);
    assert_true(lc_phys_page(&w->phys, 0x11000, false).code);
    assert_false(lc_phys_page(&w->phys, 0x10000, false).code);
    lc_phys_set_code(&w->phys, 0x11000, true);
    assert_true(lc_phys_page(&w->phys, 0x11000, false).code);
    lc_phys_set_code(&w->phys, 0x11000, false);
    assert_false(lc_phys_page(&w->phys, 0x11000, false).code);
    lc_phys_set_code(&w->phys, 0x50000, true); /* nothing there */
    page = lc_phys_page(&w->phys, 0x20fff, true);
    assert_true(page.host && !page.writable);
    assert_null(lc_phys_page(&w->phys, 0x50000, true).host);
}

/* ---- bytes ---- */

static void copies_cross_regions(void **state)
{
    struct world *w = *state;
    uint8_t in[0x3000];
    uint8_t out[0x3000] = {0};
    for (unsigned i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7 + i / 256);
    add(w, "first", 0x10000, 0x2000, false);
    add(w, "second", 0x12000, 0x2000, false);
    assert_true(lc_phys_write(&w->phys, 0x10800, in, sizeof(in), false));
    assert_true(lc_phys_read(&w->phys, 0x10800, out, sizeof(out)));
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(lc_phys_load(&w->phys, 0x12000, 1), in[0x1800]);
    assert_true(lc_phys_is_memory(&w->phys, 0x10000, 0x4000));
    assert_false(lc_phys_is_memory(&w->phys, 0x10000, 0x4001));
    assert_false(lc_phys_is_memory(&w->phys, 0xffff, 2));
    assert_false(lc_phys_is_memory(&w->phys, 0x10000, UINT64_MAX));
    assert_true(lc_phys_is_memory(&w->phys, 0x50000, 0));
}

static void copies_are_whole_or_nothing(void **state)
{
    struct world *w = *state;
    uint8_t buf[16];
    memset(buf, 0xaa, sizeof(buf));
    add(w, "ram", 0x10000, 0x1000, false);
    add(w, "rom", 0x11000, 0x1000, true);
    assert_false(lc_phys_write(&w->phys, 0x10ff8, buf, 16, false));
    assert_int_equal(lc_phys_load(&w->phys, 0x10ff8, 8), 0);
    assert_false(lc_phys_write(&w->phys, 0x11ff8, buf, 16, true));
    assert_int_equal(lc_phys_load(&w->phys, 0x11ff8, 8), 0);
    assert_false(lc_phys_read(&w->phys, 0x11ff8, buf, 16));
    assert_int_equal(buf[0], 0xaa);
    assert_true(lc_phys_write(&w->phys, 0x10ff8, buf, 16, true));
    assert_int_equal(lc_phys_load(&w->phys, 0x11000, 8), UINT64_C(0xaaaaaaaaaaaaaaaa));
}

static void rom_ignores_stores(void **state)
{
    struct world *w = *state;
    const uint32_t word = 0x12345678;
    add(w, "rom", 0xf0000, 0x10000, true);
    lc_phys_set_code(&w->phys, 0xf0000, true);
    lc_phys_store(&w->phys, 0xf0000, 4, 0xffffffff);
    assert_int_equal(lc_phys_load(&w->phys, 0xf0000, 4), 0);
    assert_int_equal(w->notices, 0);
    assert_true(lc_phys_write(&w->phys, 0xf0000, &word, 4, true));
    assert_int_equal(lc_phys_load(&w->phys, 0xf0000, 4), word);
    assert_int_equal(w->notices, 1);
}

static void sizes_of_access(void **state)
{
    struct world *w = *state;
    add(w, "ram", 0, 0x1000, false);
    for (unsigned size = 1; size <= 8; size *= 2) {
        lc_phys_store(&w->phys, 0x101, 8, 0);
        lc_phys_store(&w->phys, 0x101, size, UINT64_C(0x8877665544332211));
        uint64_t want = UINT64_C(0x8877665544332211) & lc_mask_size(size);
        assert_int_equal(lc_phys_load(&w->phys, 0x101, 8), want);
        assert_int_equal(lc_phys_load(&w->phys, 0x101, size), want);
    }
    assert_int_equal(lc_phys_load(&w->phys, 0x102, 2), 0x3322);
}

static void devices_and_nothing(void **state)
{
    struct world *w = *state;
    struct lc_error e;
    add(w, "ram", 0, 0x1000, false);
    assert_int_equal(add_device(w, 0xfee00000, 0x1000, &e), LIBCPU_ERR_OK);
    assert_int_equal(lc_phys_load(&w->phys, 0xfee00020, 4), 0x55667788);
    assert_int_equal(w->device_offset, 0x20);
    lc_phys_store(&w->phys, 0xfee000b0, 4, 0x77);
    assert_int_equal(w->device_offset, 0xb0);
    assert_int_equal(w->device_value, 0x77);
    assert_int_equal(lc_phys_load(&w->phys, 0x1000, 1), 0xff);
    assert_int_equal(lc_phys_load(&w->phys, 0x1000, 4), 0xffffffff);
    assert_int_equal(lc_phys_load(&w->phys, UINT64_MAX - 7, 8), UINT64_MAX);
    lc_phys_store(&w->phys, 0x1000, 8, 0);
    lc_phys_store(&w->phys, LC_BIT(50), 8, 0);
    assert_int_equal(w->device_writes, 1);
    uint32_t word = 0;
    assert_false(lc_phys_read(&w->phys, 0xfee00020, &word, 4));
    assert_false(lc_phys_write(&w->phys, 0xfee00020, &word, 4, true));
    assert_int_equal(w->device_writes, 1);
}

/* ---- notices ---- */

static void stores_to_code_are_told(void **state)
{
    struct world *w = *state;
    add(w, "ram", 0x10000, 0x4000, false);
    lc_phys_store(&w->phys, 0x12345, 1, 0x90);
    assert_int_equal(w->notices, 0);
    lc_phys_set_code(&w->phys, 0x12000, true);
    lc_phys_store(&w->phys, 0x12345, 4, 0x11111111);
    assert_int_equal(w->notices, 1);
    assert_int_equal(w->notice[0].pa, 0x12345);
    assert_int_equal(w->notice[0].len, 4);
    assert_int_equal(w->notice[0].before, 0x90); /* told before it happens */
    lc_phys_store(&w->phys, 0x11ff8, 8, 1);
    lc_phys_store(&w->phys, 0x13000, 8, 1);
    assert_int_equal(w->notices, 1);
    w->phys.code_written = NULL;
    lc_phys_store(&w->phys, 0x12345, 4, 0);
}

static void copies_to_code_are_told_by_page(void **state)
{
    struct world *w = *state;
    static const uint8_t buf[0x3000];
    add(w, "low", 0x10000, 0x2000, false);
    add(w, "high", 0x12000, 0x2000, false);
    lc_phys_set_code(&w->phys, 0x10000, true);
    lc_phys_set_code(&w->phys, 0x12000, true);
    lc_phys_set_code(&w->phys, 0x13000, true);
    assert_true(lc_phys_write(&w->phys, 0x10ff0, buf, 0x2020, false));
    assert_int_equal(w->notices, 3);
    const uint64_t pa[3] = {0x10ff0, 0x12000, 0x13000};
    const uint64_t len[3] = {0x10, 0x1000, 0x10};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(w->notice[i].pa, pa[i]);
        assert_int_equal(w->notice[i].len, len[i]);
    }
}

/* ---- cost and saved state ---- */

static uint64_t resident_bytes(void)
{
    unsigned long total;
    unsigned long resident;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu %lu", &total, &resident), 2);
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Collects a hash, and counts pages and bytes. */
struct counter {
    struct lc_sink sink;
    struct lc_sink_hash hash;
    unsigned pages;
    uint64_t bytes;
};

static void count_write(struct lc_sink *s, const void *data, size_t size)
{
    struct counter *c = LC_CONTAINER(s, struct counter, sink);
    c->pages += size == LC_PAGE_SIZE;
    c->bytes += size;
    lc_sink_bytes(&c->hash.sink, data, size);
}

static struct counter save(const struct lc_phys *p)
{
    struct counter c = {.sink.write = count_write};
    lc_sink_hash_init(&c.hash);
    lc_phys_save(p, &c.sink);
    return c;
}

static uint64_t save_hash(const struct lc_phys *p)
{
    struct counter c = save(p);
    return lc_sink_hash_value(&c.hash);
}

static void large_memory_is_lazy(void **state)
{
    struct world *w = *state;
    uint64_t before = resident_bytes();
    add(w, "ram", 4 * GIB, 64 * GIB, false);
    assert_true(resident_bytes() - before < 512 * 1024);
    const uint64_t places[] = {4 * GIB, 37 * GIB + 0x123456, 68 * GIB - 8};
    for (unsigned i = 0; i < LC_ARRAY_LEN(places); i++) {
        lc_phys_store(&w->phys, places[i], 8, i + 1);
        lc_phys_set_code(&w->phys, places[i], true);
        assert_int_equal(lc_phys_load(&w->phys, places[i], 8), i + 1);
    }
    (void)lc_phys_load(&w->phys, 50 * GIB, 8);
    struct counter c = save(&w->phys);
    assert_int_equal(c.pages, 3);
    assert_int_equal(c.bytes, 3 * (8 + LC_PAGE_SIZE) + 8);
    /* three pages, which a host may have rounded up to 2 MiB each, and as many of the bitmap */
    assert_true(resident_bytes() - before < 16 * 1024 * 1024);
}

static void save_tells_contents_only(void **state)
{
    struct world *w = *state;
    struct lc_phys other;
    const uint64_t len = UINT64_C(0x900000);
    assert_int_equal(lc_phys_init(&other, &w->alloc), LIBCPU_ERR_OK);
    add(w, "ram", 0x1ff000, len, false);
    assert_int_equal(lc_phys_add(&other, "memory", 0x1ff000, len, false, NULL), LIBCPU_ERR_OK);
    uint64_t empty = save_hash(&other);
    for (uint64_t off = 0; off < len; off += LC_PAGE_SIZE) {
        lc_phys_store(&w->phys, 0x1ff000 + off, 8, off + 1);
        lc_phys_store(&w->phys, 0x1ff000 + off, 8, 0);
    }
    assert_int_equal(save_hash(&w->phys), empty);
    lc_phys_store(&w->phys, 0x1ff000 + len - 1, 1, 9);
    lc_phys_store(&w->phys, 0x400000, 8, 7);
    lc_phys_page(&other, 0x400abc, true).host[0] = 7; /* as a TLB hit writes */
    lc_phys_page(&other, 0x1ff000 + len - 1, true).host[0xfff] = 9;
    struct counter c = save(&other);
    assert_int_equal(c.pages, 2);
    assert_int_not_equal(lc_sink_hash_value(&c.hash), empty);
    assert_int_equal(save_hash(&w->phys), lc_sink_hash_value(&c.hash));
    lc_phys_store(&other, 0x400000, 8, 8);
    assert_int_not_equal(save_hash(&other), lc_sink_hash_value(&c.hash));
    lc_phys_fini(&other);
}

static void save_tells_places(void **state)
{
    struct world *w = *state;
    uint64_t seen[3];
    add(w, "low", 0x10000, 0x2000, false);
    add(w, "high", 0x30000, 0x2000, false);
    const uint64_t places[3] = {0x10000, 0x11000, 0x30000};
    for (unsigned i = 0; i < 3; i++) {
        lc_phys_store(&w->phys, places[i], 8, 1);
        seen[i] = save_hash(&w->phys);
        lc_phys_store(&w->phys, places[i], 8, 0);
    }
    assert_int_not_equal(seen[0], seen[1]);
    assert_int_not_equal(seen[0], seen[2]);
}

static void save_holds_rom(void **state)
{
    struct world *w = *state;
    add(w, "rom", 0xf0000, 0x10000, true);
    assert_int_equal(save(&w->phys).pages, 0);
    assert_true(lc_phys_write(&w->phys, 0xf8000, "x", 1, true));
    assert_int_equal(save(&w->phys).pages, 1);
}

#define PHYS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PHYS_TEST(refuses_bad_ranges),
        PHYS_TEST(overlaps_name_both),
        PHYS_TEST(device_ranges_are_the_buses_business),
        PHYS_TEST(region_table_fills),
        PHYS_TEST(out_of_memory_changes_nothing),
        PHYS_TEST(finds_the_region),
        PHYS_TEST(describes_a_page),
        PHYS_TEST(copies_cross_regions),
        PHYS_TEST(copies_are_whole_or_nothing),
        PHYS_TEST(rom_ignores_stores),
        PHYS_TEST(sizes_of_access),
        PHYS_TEST(devices_and_nothing),
        PHYS_TEST(stores_to_code_are_told),
        PHYS_TEST(copies_to_code_are_told_by_page),
        PHYS_TEST(large_memory_is_lazy),
        PHYS_TEST(save_tells_contents_only),
        PHYS_TEST(save_tells_places),
        PHYS_TEST(save_holds_rom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
