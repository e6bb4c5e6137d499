/*
 * acpi.c - ACPI's tables: found from their root, added up to zero, naming what is there.
 *
 * With a folder as argument, and "all" or "bare": writes the tables into it, for iasl.sh.
 */
#include "machine/acpi.h"
#include "machine/board.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static const struct lc_acpi_parts all = {.apic = true, .hpet = true, .pci = true};
static const struct lc_acpi_parts bare = {.apic = false};

static uint8_t image[LC_ACPI_SIZE];

static uint8_t sum(const uint8_t *at, size_t n)
{
    uint8_t s = 0;

    while (n-- > 0)
        s = (uint8_t)(s + *at++);
    return s;
}

/* The table at a physical address: within the image, and its bytes add up to zero. */
static const uint8_t *table(uint64_t pa)
{
    assert_in_range(pa, LC_ACPI_BASE, LC_ACPI_BASE + LC_ACPI_SIZE - 36);
    const uint8_t *t = image + (pa - LC_ACPI_BASE);
    const uint32_t len = lc_get32(t + 4);
    assert_in_range(len, 36, LC_ACPI_SIZE - (pa - LC_ACPI_BASE));
    if (memcmp(t, "FACS", 4) != 0)
        assert_int_equal(sum(t, len), 0);
    return t;
}

/* A table by its signature, by both roots; NULL: they do not have it. */
static const uint8_t *find(const char *signature)
{
    const uint8_t *rsdt = table(lc_get32(image + 16)), *xsdt = table(lc_get64(image + 24));
    const unsigned n = (lc_get32(rsdt + 4) - 36) / 4;
    const uint8_t *found = NULL;

    assert_memory_equal(rsdt, "RSDT", 4);
    assert_memory_equal(xsdt, "XSDT", 4);
    assert_int_equal((lc_get32(xsdt + 4) - 36) / 8, n);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(lc_get32(rsdt + 36 + 4 * i), lc_get64(xsdt + 36 + 8 * i));
        const uint8_t *t = table(lc_get32(rsdt + 36 + 4 * i));
        if (memcmp(t, signature, 4) == 0)
            found = t;
    }
    return found;
}

static size_t build(const struct lc_acpi_parts *parts)
{
    memset(image, 0, sizeof(image));
    const size_t used = lc_acpi_build(parts, image);
    assert_in_range(used, 1, LC_ACPI_SIZE);
    assert_memory_equal(image, "RSD PTR ", 8);
    assert_int_equal(sum(image, 20), 0);
    assert_int_equal(sum(image, 36), 0);
    assert_int_equal(image[15], 2);
    return used;
}

static void which_tables(void **state)
{
    (void)state;
    build(&all);
    assert_non_null(find("FACP"));
    assert_non_null(find("APIC"));
    assert_non_null(find("HPET"));
    build(&bare);
    assert_non_null(find("FACP"));
    assert_null(find("APIC"));
    assert_null(find("HPET"));
}

static void fixed_hardware(void **state)
{
    (void)state;
    build(&all);
    const uint8_t *fadt = find("FACP");
    assert_int_equal(lc_get32(fadt + 4), 268);
    assert_int_equal(lc_get16(fadt + 46), LC_IRQ_SCI);
    assert_int_equal(lc_get32(fadt + 56), LC_BOARD_PM_EVENT);
    assert_int_equal(lc_get32(fadt + 64), LC_BOARD_PM_CONTROL);
    assert_int_equal(lc_get32(fadt + 76), LC_BOARD_PM_TIMER);
    assert_int_equal(lc_get32(fadt + 112) & 1 << 10, 1 << 10);
    assert_int_equal(fadt[116], 1); /* the reset register: a byte of I/O space */
    assert_int_equal(fadt[117], 8);
    assert_int_equal(lc_get64(fadt + 120), LC_BOARD_RESET);
    assert_int_equal(fadt[128], 6);
    assert_int_equal(lc_get64(fadt + 152), LC_BOARD_PM_EVENT);
    assert_int_equal(lc_get64(fadt + 176), LC_BOARD_PM_CONTROL);
    assert_int_equal(lc_get64(fadt + 212), LC_BOARD_PM_TIMER);
    assert_int_equal(lc_get32(fadt + 40), lc_get64(fadt + 140));
    assert_memory_equal(table(lc_get32(fadt + 40)), "DSDT", 4);
    const uint8_t *facs = table(lc_get32(fadt + 36));
    assert_memory_equal(facs, "FACS", 4);
    assert_int_equal(lc_get32(fadt + 36) % 64, 0);
    assert_int_equal(lc_get32(facs + 4), 64);
}

/* The lengths of the entries lead to the end. */
static void interrupts(void **state)
{
    unsigned seen[8] = {0};

    (void)state;
    build(&all);
    const uint8_t *madt = find("APIC");
    const uint32_t len = lc_get32(madt + 4);
    uint32_t at = 44;
    assert_int_equal(lc_get32(madt + 36), LC_BOARD_LAPIC);
    assert_int_equal(lc_get32(madt + 40), 1);
    for (; at < len; at += madt[at + 1]) {
        assert_in_range(madt[at + 1], 6, len - at);
        seen[madt[at] & 7]++;
        if (madt[at] == 1)
            assert_int_equal(lc_get32(madt + at + 4), LC_BOARD_IOAPIC);
    }
    assert_int_equal(at, len);
    assert_true(seen[0] == 1 && seen[1] == 1 && seen[2] == 2 && seen[4] == 1);
}

/* One that does not fit is not written past its end. */
static void bounds(void **state)
{
    uint8_t little[8] = {0};
    struct lc_aml a = {little, 0, 4};

    (void)state;
    lc_aml_end(&a, lc_aml_scope(&a, "\\_SB_"));
    lc_aml_patch(&a, 2, ~UINT64_C(0), 8);
    assert_int_equal(a.size, 8);
    assert_int_equal(little[3], 0xff);
    assert_int_equal(lc_get32(little + 4), 0);
}

/* ---- for iasl ---- */

static int write_table(const char *folder, const char *name, const uint8_t *at, size_t size)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s.dat", folder, name);
    FILE *f = fopen(path, "wb");
    const bool ok = f && fwrite(at, 1, size, f) == size;
    if (!f || fclose(f) != 0 || !ok) {
        fprintf(stderr, "%s: cannot write\n", path);
        return 1;
    }
    return 0;
}

static int write_all(const char *folder, const struct lc_acpi_parts *parts)
{
    const size_t used = lc_acpi_build(parts, image);
    int status = 0;

    for (size_t at = 48; at < used; at += 16) {
        static const char *const known[] = {"FACS", "DSDT", "FACP", "APIC", "HPET", "RSDT", "XSDT"};
        for (size_t i = 0; i < LC_ARRAY_LEN(known); i++)
            if (memcmp(image + at, known[i], 4) == 0)
                status |= write_table(folder, known[i], image + at, lc_get32(image + at + 4));
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_tables),
        cmocka_unit_test(fixed_hardware),
        cmocka_unit_test(interrupts),
        cmocka_unit_test(bounds),
    };

    if (argc == 3)
        return write_all(argv[1], strcmp(argv[2], "bare") == 0 ? &bare : &all);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
