/*
 * The bus: placement, splitting, unclaimed addresses.
 */
#include "base/bus.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* A region that remembers its accesses as text: "r0.2 w4.1=7 ". Reads give 0xa0 + offset bytes. */
struct recorder {
    char text[256];
    size_t len;
};

static void record(struct recorder *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    r->len += (size_t)vsnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, ap);
    va_end(ap);
}

static uint64_t rec_read(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    record(opaque, "r%u:%u.%u ", bank, (unsigned)offset, size);
    for (unsigned i = 0; i < size; i++)
        v |= (0xa0 + offset + i) << (8 * i);
    return v | ~lc_mask_size(size); /* high bits must not leak */
}

static void rec_write(void *opaque, unsigned bank, uint64_t offset, unsigned size, uint64_t value)
{
    record(opaque, "w%u:%u.%u=%x ", bank, (unsigned)offset, size, (unsigned)value);
}

static struct lc_region region(struct recorder *r, uint64_t base, uint64_t len, uint8_t max)
{
    return (struct lc_region){.name = "chip",
                              .base = base,
                              .len = len,
                              .max_size = max,
                              .read = rec_read,
                              .write = rec_write,
                              .opaque = r,
                              .bank = 1};
}

struct fixture {
    struct lc_alloc alloc;
    struct lc_bus bus;
    struct recorder rec;
};

static int setup(void **state)
{
    static struct fixture f;

    f.alloc = lc_alloc_default();
    lc_bus_init(&f.bus, &f.alloc, 0x10000);
    f.rec = (struct recorder){.len = 0};
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    lc_bus_fini(&((struct fixture *)*state)->bus);
    return 0;
}

static void add(struct fixture *f, uint64_t base, uint64_t len, uint8_t max)
{
    struct lc_region r = region(&f->rec, base, len, max);

    assert_int_equal(lc_bus_add(&f->bus, &r, NULL), LIBCPU_ERR_OK);
}

static void expect(struct fixture *f, const char *text)
{
    assert_string_equal(f->rec.text, text);
    f->rec = (struct recorder){.len = 0};
}

static void unclaimed_addresses_read_as_ones(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lc_bus_read(&f->bus, 0x80, 1), 0xff);
    assert_int_equal(lc_bus_read(&f->bus, 0x80, 4), 0xffffffff);
    assert_true(lc_bus_read(&f->bus, 0x80, 8) == UINT64_MAX);
    lc_bus_write(&f->bus, 0x80, 8, 1);
    assert_int_equal(lc_bus_read(&f->bus, 0xffff, 4), 0xffffffff);
    assert_int_equal(lc_bus_read(&f->bus, UINT64_MAX, 2), 0xffff);
}

static void accesses_are_split_into_the_widest(void **state)
{
    struct fixture *f = *state;

    add(f, 0x100, 8, 1);
    add(f, 0x200, 8, 2);
    add(f, 0x300, 8, 8);
    assert_int_equal(lc_bus_read(&f->bus, 0x101, 2), 0xa2a1);
    expect(f, "r1:1.1 r1:2.1 ");
    assert_int_equal(lc_bus_read(&f->bus, 0x203, 4), 0xa6a5a4a3);
    expect(f, "r1:3.2 r1:5.2 ");
    assert_true(lc_bus_read(&f->bus, 0x300, 8) == UINT64_C(0xa7a6a5a4a3a2a1a0));
    expect(f, "r1:0.8 ");
    lc_bus_write(&f->bus, 0x100, 4, 0x44332211);
    expect(f, "w1:0.1=11 w1:1.1=22 w1:2.1=33 w1:3.1=44 ");
    lc_bus_write(&f->bus, 0x200, 1, 0x1234);
    expect(f, "w1:0.1=34 ");
}

static void accesses_over_an_end_are_split_there(void **state)
{
    struct fixture *f = *state;

    add(f, 0x100, 3, 4);
    add(f, 0x104, 4, 4);
    assert_int_equal(lc_bus_read(&f->bus, 0x100, 4), 0xffa2a1a0);
    expect(f, "r1:0.2 r1:2.1 ");
    assert_int_equal(lc_bus_read(&f->bus, 0x102, 4), 0xa1a0ffa2);
    expect(f, "r1:2.1 r1:0.2 ");
    lc_bus_write(&f->bus, 0xfe, 4, 0x44332211);
    expect(f, "w1:0.2=4433 ");
}

static void a_region_without_functions_is_silent(void **state)
{
    struct fixture *f = *state;
    struct lc_region r = {.name = "mute", .base = 0x10, .len = 4, .max_size = 4};

    assert_int_equal(lc_bus_add(&f->bus, &r, NULL), LIBCPU_ERR_OK);
    assert_int_equal(lc_bus_read(&f->bus, 0x10, 4), 0xffffffff);
    lc_bus_write(&f->bus, 0x10, 4, 1);
}

static void an_overlap_names_both(void **state)
{
    struct fixture *f = *state;
    struct lc_region r = region(&f->rec, 0x103, 2, 1);
    struct lc_error e;

    add(f, 0x100, 4, 1);
    r.name = "intruder";
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OVERLAP);
    assert_string_equal(e.text, "intruder at 0x103-0x104 overlaps chip at 0x100-0x103");
    r.base = 0xff;
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OVERLAP);
    assert_non_null(strstr(e.text, "intruder"));
    assert_non_null(strstr(e.text, "chip"));
    r.base = 0x101;
    r.len = 1;
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OVERLAP);
    r.base = 0x0;
    r.len = 0x10000;
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OVERLAP);
    assert_int_equal(f->bus.count, 1);
    r.base = 0x104;
    r.len = 1;
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OK);
}

static void bad_regions_are_refused(void **state)
{
    struct fixture *f = *state;
    struct lc_region r = region(&f->rec, 0x100, 0, 1);
    struct lc_error e;

    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_INVALID);
    r = region(&f->rec, 0x100, 1, 3);
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_INVALID);
    r = region(&f->rec, 0xffff, 2, 1);
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_RANGE);
    r = region(&f->rec, 2, UINT64_MAX, 1);
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_RANGE);
    r = region(&f->rec, 0xffff, 1, 1);
    assert_int_equal(lc_bus_add(&f->bus, &r, &e), LIBCPU_ERR_OK);
}

static void many_regions_are_found(void **state)
{
    struct fixture *f = *state;

    for (uint64_t i = 0; i < 100; i++)
        add(f, (i * 37 % 100) * 16 + 8, 8, 1); /* in mixed order */
    for (uint64_t addr = 0; addr < 1600; addr++) {
        const struct lc_region *r = lc_bus_find(&f->bus, addr);

        if (addr % 16 < 8)
            assert_null(r);
        else
            assert_int_equal(r->base, addr / 16 * 16 + 8);
    }
}

static void *refuse(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user;
    (void)ptr;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static void out_of_memory_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct lc_alloc empty = {.fn = refuse};
    struct lc_region r = region(&f->rec, 0x9000, 1, 1);

    for (uint64_t i = 0; i < 16; i++)
        add(f, i * 4, 4, 1);
    f->bus.alloc = &empty;
    assert_int_equal(lc_bus_add(&f->bus, &r, NULL), LIBCPU_ERR_NOMEM);
    assert_int_equal(f->bus.count, 16);
    assert_int_equal(lc_bus_find(&f->bus, 63)->base, 60);
    f->bus.alloc = &f->alloc;
    assert_int_equal(lc_bus_add(&f->bus, &r, NULL), LIBCPU_ERR_OK);
}

static void watch(void *user, uint64_t addr, unsigned size, uint64_t value, bool write)
{
    record(user, "%c%x.%u=%x ", write ? 'W' : 'R', (unsigned)addr, size, (unsigned)value);
}

static void the_watcher_sees_unsplit_accesses(void **state)
{
    struct fixture *f = *state;

    add(f, 0x100, 8, 1);
    f->bus.watch = watch;
    f->bus.watch_user = &f->rec;
    lc_bus_read(&f->bus, 0x100, 2);
    expect(f, "r1:0.1 r1:1.1 R100.2=a1a0 ");
    lc_bus_write(&f->bus, 0x100, 2, 0xff1234);
    expect(f, "w1:0.1=34 w1:1.1=12 W100.2=1234 ");
    lc_bus_read(&f->bus, 0x80, 1);
    expect(f, "R80.1=ff ");
}

static void what_is_removed_is_free_again(void **state)
{
    struct fixture *f = *state;
    struct recorder other = {0};
    struct lc_region r = region(&other, 0x104, 4, 1);

    add(f, 0x100, 4, 1);
    assert_int_equal(lc_bus_add(&f->bus, &r, NULL), LIBCPU_ERR_OK);
    add(f, 0x108, 4, 1);
    lc_bus_remove(&f->bus, &f->rec);
    assert_int_equal(f->bus.count, 1);
    assert_int_equal(lc_bus_read(&f->bus, 0x100, 1), 0xff);
    assert_int_equal(lc_bus_read(&f->bus, 0x104, 1), 0xa0);
    lc_bus_remove(&f->bus, &other);
    add(f, 0x102, 8, 1);
    assert_int_equal(lc_bus_read(&f->bus, 0x104, 1), 0xa2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unclaimed_addresses_read_as_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(accesses_are_split_into_the_widest, setup, teardown),
        cmocka_unit_test_setup_teardown(accesses_over_an_end_are_split_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_region_without_functions_is_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(an_overlap_names_both, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_regions_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(many_regions_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_removed_is_free_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_watcher_sees_unsplit_accesses, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
