/*
 * acpi_dsdt.c - the namespace: how to switch off, and which devices are where.
 */
#include "devices/acpi_pm.h"
#include "machine/acpi.h"
#include "machine/board.h"

struct range {
    uint16_t base;
    uint8_t len; /* 0: none */
};

/* Devices that only occupy ports and an interrupt. */
static const struct device {
    char name[5], id[8];
    struct range io[4];
    uint8_t irq; /* 0: none */
} devices[] = {
    {"PIC_", "PNP0000", {{0x20, 2}, {0xa0, 2}, {0x4d0, 2}}, 2},
    {"TMR_", "PNP0100", {{0x40, 4}}, 0},
    {"RTC_", "PNP0B00", {{0x70, 2}}, 8},
    {"KBD_", "PNP0303", {{0x60, 1}, {0x64, 1}}, 1},
    {"SPKR", "PNP0800", {{0x61, 1}}, 0},
    {"FPU_", "PNP0C04", {{0xf0, 1}}, 13},
    {"COM1", "PNP0501", {{LC_BOARD_COM1, 8}}, LC_IRQ_COM1},
    /* What belongs to the board itself. */
    {"SYSB", "PNP0C02", {{LC_BOARD_PM_EVENT, 12}, {0x80, 1}, {0x92, 1}}, 0},
};

static void put_device(struct lc_aml *a, const struct device *d)
{
    const size_t device = lc_aml_device(a, d->name);

    lc_aml_name_eisa(a, "_HID", d->id);
    if (d->irq == LC_IRQ_COM1)
        lc_aml_name_integer(a, "_UID", 1);
    const size_t resources = lc_aml_resources(a);
    for (unsigned i = 0; i < sizeof(d->io) / sizeof(*d->io); i++)
        if (d->io[i].len)
            lc_aml_io(a, d->io[i].base, d->io[i].len);
    if (d->irq)
        lc_aml_irq(a, d->irq);
    lc_aml_resources_end(a, resources);
    lc_aml_end(a, device);
}

static void put_cpu(struct lc_aml *a)
{
    const size_t device = lc_aml_device(a, "CPU0");

    lc_aml_name_string(a, "_HID", "ACPI0007");
    lc_aml_name_integer(a, "_UID", 0);
    lc_aml_end(a, device);
}

static void put_hpet(struct lc_aml *a)
{
    const size_t device = lc_aml_device(a, "HPET");

    lc_aml_name_eisa(a, "_HID", "PNP0103");
    const size_t resources = lc_aml_resources(a);
    lc_aml_memory(a, LC_BOARD_HPET, 0x400);
    lc_aml_resources_end(a, resources);
    lc_aml_end(a, device);
}

/* The host bridge: all buses and ports but its own, video memory, what lies between RAM and the
 * APICs. */
static void put_pci(struct lc_aml *a)
{
    const size_t device = lc_aml_device(a, "PCI0");

    lc_aml_name_eisa(a, "_HID", "PNP0A03");
    lc_aml_name_integer(a, "_UID", 0);
    const size_t resources = lc_aml_resources(a);
    lc_aml_window16(a, LC_AML_BUS, 0, 0xff);
    lc_aml_io(a, 0xcf8, 8);
    lc_aml_window16(a, LC_AML_IO, 0, 0xcf7);
    lc_aml_window16(a, LC_AML_IO, 0xd00, 0xffff);
    lc_aml_window32(a, 0xa0000, 0xbffff);
    lc_aml_window32(a, LC_BOARD_PCI_BASE, LC_BOARD_PCI_END - 1);
    lc_aml_resources_end(a, resources);
    lc_aml_end(a, device);
}

void lc_acpi_dsdt(struct lc_aml *a, const struct lc_acpi_parts *parts)
{
    static const uint8_t s5[4] = {LC_ACPI_PM_S5, LC_ACPI_PM_S5, 0, 0};
    const size_t scope = lc_aml_scope(a, "\\_SB_");

    put_cpu(a);
    if (parts->pci)
        put_pci(a);
    if (parts->hpet)
        put_hpet(a);
    for (unsigned i = 0; i < sizeof(devices) / sizeof(*devices); i++)
        put_device(a, &devices[i]);
    lc_aml_end(a, scope);
    lc_aml_name_package(a, "_S5_", s5, sizeof(s5));
}
