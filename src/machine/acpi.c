/*
 * acpi.c - the tables: RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT, HPET (ACPI 6.4, chapter 5.2; IA-PC
 * HPET specification 1.0a, 3.2.4).
 */
#include "machine/acpi.h"

#include "base/bits.h"
#include "devices/hpet.h"
#include "machine/board.h"

enum {
    HEADER = 36,
    HEADER_LENGTH = 4,
    HEADER_CHECKSUM = 9,
    RSDP_SIZE = 36,
    FACS_SIZE = 64,
    TABLES = 4, /* that the root names */

    SPACE_MEMORY = 0,
    SPACE_IO = 1,

    /* Fixed feature flags. */
    FADT_WBINVD = 1 << 0,
    FADT_PROC_C1 = 1 << 2,
    FADT_NO_SLEEP_BUTTON = 1 << 5,
    FADT_NO_FIXED_RTC = 1 << 6,
    FADT_RESET_REGISTER = 1 << 10,
    /* Boot architecture: ISA devices, a keyboard controller; no MSI. */
    BOOT_LEGACY = 1 << 0,
    BOOT_8042 = 1 << 1,
    BOOT_NO_MSI = 1 << 3,

    RESET_VALUE = 0x06, /* system reset, CPU reset */
    RTC_CENTURY = 0x32,
    NO_C2 = 101,
    NO_C3 = 1001,
};

/* ---- one table ---- */

static uint64_t address_of(size_t at)
{
    return LC_ACPI_BASE + at;
}

static void align(struct lc_aml *a, size_t to)
{
    while (a->size % to)
        lc_aml_number(a, 0, 1);
}

static size_t begin(struct lc_aml *a, const char signature[4], uint8_t revision)
{
    align(a, 16);
    const size_t at = a->size;
    lc_aml_bytes(a, signature, 4);
    lc_aml_number(a, 0, 4);
    lc_aml_number(a, revision, 1);
    lc_aml_number(a, 0, 1);
    lc_aml_bytes(a, "LIBCPU", 6);
    lc_aml_bytes(a, "LIBCPUPC", 8);
    lc_aml_number(a, 1, 4);
    lc_aml_bytes(a, "LCPU", 4);
    lc_aml_number(a, 1, 4);
    return at;
}

/* Make the bytes of [at, at+len) add up to zero. */
static void check(struct lc_aml *a, size_t at, size_t len, size_t checksum)
{
    uint8_t sum = 0;

    for (size_t i = at; i < at + len && i < a->cap; i++)
        sum = (uint8_t)(sum + a->data[i]);
    lc_aml_patch(a, checksum, (uint8_t)-sum, 1);
}

static size_t end(struct lc_aml *a, size_t at)
{
    lc_aml_patch(a, at + HEADER_LENGTH, a->size - at, 4);
    check(a, at, a->size - at, at + HEADER_CHECKSUM);
    return at;
}

/* A generic address structure; `bytes` is the width of an access too. */
static void put_gas(struct lc_aml *a, uint8_t space, uint64_t address, unsigned bytes)
{
    lc_aml_number(a, address ? space : 0, 1);
    lc_aml_number(a, address ? bytes * 8 : 0, 1);
    lc_aml_number(a, 0, 1);
    lc_aml_number(a, address ? (bytes == 1 ? 1 : bytes == 2 ? 2 : bytes == 4 ? 3 : 4) : 0, 1);
    lc_aml_number(a, address, 8);
}

/* ---- the tables ---- */

static size_t put_facs(struct lc_aml *a)
{
    align(a, 64);
    const size_t at = a->size;
    lc_aml_bytes(a, "FACS", 4);
    lc_aml_number(a, FACS_SIZE, 4);
    for (unsigned i = 8; i < FACS_SIZE; i++)
        lc_aml_number(a, i == 32 ? 2 : 0, 1); /* version 2 */
    return at;
}

static size_t put_dsdt(struct lc_aml *a, const struct lc_acpi_parts *parts)
{
    const size_t at = begin(a, "DSDT", 2);

    lc_acpi_dsdt(a, parts);
    return end(a, at);
}

/* The first half: what ACPI 1.0 had. */
static void put_fadt_old(struct lc_aml *a, size_t facs, size_t dsdt)
{
    const struct {
        uint32_t value;
        uint8_t size;
    } fields[] = {
        {(uint32_t)address_of(facs), 4},
        {(uint32_t)address_of(dsdt), 4},
        {0, 1},
        {1, 1}, /* a desktop */
        {LC_IRQ_SCI, 2},
        {0, 4}, /* SMI_CMD: ACPI is always on */
        {0, 4}, /* enable, disable, S4, P-states */
        {LC_BOARD_PM_EVENT, 4},
        {0, 4},
        {LC_BOARD_PM_CONTROL, 4},
        {0, 4},
        {0, 4},
        {LC_BOARD_PM_TIMER, 4},
        {0, 4},
        {0, 4},
        {4, 1}, /* lengths of the blocks */
        {2, 1},
        {0, 1},
        {4, 1},
        {0, 4}, /* GPE blocks, C-states */
        {NO_C2, 2},
        {NO_C3, 2},
        {0, 4}, /* flushing */
        {0, 4}, /* duty cycle, alarms */
        {RTC_CENTURY, 1},
        {BOOT_LEGACY | BOOT_8042 | BOOT_NO_MSI, 2},
        {0, 1},
        {FADT_WBINVD | FADT_PROC_C1 | FADT_NO_SLEEP_BUTTON | FADT_NO_FIXED_RTC |
             FADT_RESET_REGISTER,
         4},
    };

    for (size_t i = 0; i < LC_ARRAY_LEN(fields); i++)
        lc_aml_number(a, fields[i].value, fields[i].size);
}

static size_t put_fadt(struct lc_aml *a, size_t facs, size_t dsdt)
{
    const size_t at = begin(a, "FACP", 5);

    put_fadt_old(a, facs, dsdt);
    put_gas(a, SPACE_IO, LC_BOARD_RESET, 1);
    lc_aml_number(a, RESET_VALUE, 1);
    lc_aml_number(a, 0, 3);
    lc_aml_number(a, 0, 8); /* the FACS has an address below 4 GiB */
    lc_aml_number(a, address_of(dsdt), 8);
    put_gas(a, SPACE_IO, LC_BOARD_PM_EVENT, 4);
    put_gas(a, SPACE_IO, 0, 0);
    put_gas(a, SPACE_IO, LC_BOARD_PM_CONTROL, 2);
    put_gas(a, SPACE_IO, 0, 0);
    put_gas(a, SPACE_IO, 0, 0);
    put_gas(a, SPACE_IO, LC_BOARD_PM_TIMER, 4);
    for (unsigned i = 0; i < 4; i++) /* GPE blocks, sleep control and status */
        put_gas(a, SPACE_IO, 0, 0);
    return end(a, at);
}

/* An interrupt that does not come in where, or as, ISA's do. */
static void put_override(struct lc_aml *a, uint8_t irq, uint32_t pin, uint16_t flags)
{
    lc_aml_number(a, 2, 1);
    lc_aml_number(a, 10, 1);
    lc_aml_number(a, 0, 1);
    lc_aml_number(a, irq, 1);
    lc_aml_number(a, pin, 4);
    lc_aml_number(a, flags, 2);
}

static size_t put_madt(struct lc_aml *a)
{
    const size_t at = begin(a, "APIC", 4);

    lc_aml_number(a, LC_BOARD_LAPIC, 4);
    lc_aml_number(a, 1, 4); /* there are 8259s too */
    /* A processor: type, length, uid, id, enabled. */
    lc_aml_number(a, 0x0800, 2);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, 1, 4);
    /* The I/O APIC: type, length, id, -, address, first interrupt. */
    lc_aml_number(a, 0x0c01, 2);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, LC_BOARD_IOAPIC, 4);
    lc_aml_number(a, 0, 4);
    put_override(a, 0, 2, 0);
    put_override(a, LC_IRQ_SCI, LC_IRQ_SCI, 0xd); /* active high, level */
    /* NMI at every processor's LINT1. */
    lc_aml_number(a, 0x0604, 2);
    lc_aml_number(a, 0xff, 1);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, 1, 1);
    return end(a, at);
}

static size_t put_hpet(struct lc_aml *a)
{
    const size_t at = begin(a, "HPET", 1);

    lc_aml_number(a, LC_HPET_ID, 4);
    lc_aml_number(a, SPACE_MEMORY, 1);
    lc_aml_number(a, 64, 1);
    lc_aml_number(a, 0, 2);
    lc_aml_number(a, LC_BOARD_HPET, 8);
    lc_aml_number(a, 0, 1);
    lc_aml_number(a, LC_HPET_MIN_TICK, 2);
    lc_aml_number(a, 0, 1);
    return end(a, at);
}

static size_t put_root(struct lc_aml *a, const char signature[4], const size_t *table, unsigned n,
                       unsigned pointer)
{
    const size_t at = begin(a, signature, 1);

    for (unsigned i = 0; i < n; i++)
        lc_aml_number(a, address_of(table[i]), pointer);
    return end(a, at);
}

static void put_rsdp(struct lc_aml *a, size_t rsdt, size_t xsdt)
{
    struct lc_aml root = {a->data, 0, RSDP_SIZE};

    lc_aml_bytes(&root, "RSD PTR ", 8);
    lc_aml_number(&root, 0, 1);
    lc_aml_bytes(&root, "LIBCPU", 6);
    lc_aml_number(&root, 2, 1);
    lc_aml_number(&root, address_of(rsdt), 4);
    lc_aml_number(&root, RSDP_SIZE, 4);
    lc_aml_number(&root, address_of(xsdt), 8);
    lc_aml_number(&root, 0, 4);
    check(&root, 0, 20, 8);
    check(&root, 0, RSDP_SIZE, 32);
}

size_t lc_acpi_build(const struct lc_acpi_parts *parts, uint8_t image[LC_ACPI_SIZE])
{
    struct lc_aml a = {image, RSDP_SIZE, LC_ACPI_SIZE};
    size_t table[TABLES];
    unsigned n = 0;

    const size_t facs = put_facs(&a), dsdt = put_dsdt(&a, parts);
    table[n++] = put_fadt(&a, facs, dsdt);
    if (parts->apic)
        table[n++] = put_madt(&a);
    if (parts->hpet)
        table[n++] = put_hpet(&a);
    const size_t rsdt = put_root(&a, "RSDT", table, n, 4);
    const size_t xsdt = put_root(&a, "XSDT", table, n, 8);
    put_rsdp(&a, rsdt, xsdt);
    return a.size;
}
