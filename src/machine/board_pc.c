/*
 * board_pc.c - the PC as tables: chips, the ports they answer, the wires between them (law 8).
 *
 * Interrupt lines (ISA): 0 PIT, 1 keyboard, 2 cascade, 4 COM1, 8 RTC, 9 ACPI, 12 mouse,
 * 13 coprocessor, 14 and 15 disks.  They lead to the 8259s and, alike but for 0, which comes in at
 * pin 2, to the I/O APIC.  The APICs are there when the CPU model has one (CPUID "apic").
 */
#include "cpu/feature.h"
#include "devices/acpi_pm.h"
#include "devices/ata.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/fpuerr.h"
#include "devices/fw_cfg.h"
#include "devices/hpet.h"
#include "devices/i8042.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "devices/mc146818.h"
#include "devices/pci_host.h"
#include "devices/port61.h"
#include "devices/port92.h"
#include "devices/post80.h"
#include "devices/ps2_keyboard.h"
#include "devices/resetctl.h"
#include "devices/uart16550.h"
#include "devices/vga.h"
#include "machine/acpi.h"
#include "machine/machine.h"

static const struct lc_device_class *const chips[LC_CHIPS] = {
    [LC_CHIP_LAPIC] = &lc_lapic_class,       [LC_CHIP_IOAPIC] = &lc_ioapic_class,
    [LC_CHIP_PIC0] = &lc_i8259_class,        [LC_CHIP_PIC1] = &lc_i8259_class,
    [LC_CHIP_HPET] = &lc_hpet_class,         [LC_CHIP_PIT] = &lc_i8254_class,
    [LC_CHIP_PORT61] = &lc_port61_class,     [LC_CHIP_RTC] = &lc_mc146818_class,
    [LC_CHIP_I8042] = &lc_i8042_class,       [LC_CHIP_KEYBOARD] = &lc_ps2_keyboard_class,
    [LC_CHIP_COM1] = &lc_uart16550_class,    [LC_CHIP_PORT92] = &lc_port92_class,
    [LC_CHIP_RESET] = &lc_resetctl_class,    [LC_CHIP_POST] = &lc_post80_class,
    [LC_CHIP_DEBUGCON] = &lc_debugcon_class, [LC_CHIP_DEBUGEXIT] = &lc_debugexit_class,
    [LC_CHIP_ACPI_PM] = &lc_acpi_pm_class,   [LC_CHIP_FPUERR] = &lc_fpuerr_class,
    [LC_CHIP_PCI] = &lc_pci_host_class,      [LC_CHIP_FW_CFG] = &lc_fw_cfg_class,
    [LC_CHIP_ATA0] = &lc_ata_class,          [LC_CHIP_ATA1] = &lc_ata_class,
    [LC_CHIP_VGA] = &lc_vga_class,
};

struct board_ports {
    const char *name;
    uint8_t chip;
    uint8_t bank;
    uint16_t base, len;
};

static const struct board_ports ports[] = {
    {"8259A master", LC_CHIP_PIC0, LC_I8259_PORTS, 0x20, 2},
    {"8259A slave", LC_CHIP_PIC1, LC_I8259_PORTS, 0xa0, 2},
    {"8259A master ELCR", LC_CHIP_PIC0, LC_I8259_ELCR, 0x4d0, 1},
    {"8259A slave ELCR", LC_CHIP_PIC1, LC_I8259_ELCR, 0x4d1, 1},
    {"8254 PIT", LC_CHIP_PIT, LC_I8254_PORTS, 0x40, 4},
    {"port 61h", LC_CHIP_PORT61, 0, 0x61, 1},
    {"MC146818 RTC", LC_CHIP_RTC, 0, 0x70, 2},
    {"8042 data", LC_CHIP_I8042, LC_I8042_DATA, 0x60, 1},
    {"8042 command", LC_CHIP_I8042, LC_I8042_COMMAND, 0x64, 1},
    {"16550A COM1", LC_CHIP_COM1, 0, LC_BOARD_COM1, 8},
    {"port 92h", LC_CHIP_PORT92, 0, 0x92, 1},
    {"PCI configuration data", LC_CHIP_PCI, LC_PCI_HOST_DATA, 0xcfc, 4},
    {"fw_cfg", LC_CHIP_FW_CFG, 0, 0x510, 2},
    {"VGA", LC_CHIP_VGA, LC_VGA_COMMON, 0x3c0, 16},
    {"VGA, colour", LC_CHIP_VGA, LC_VGA_COLOUR, 0x3d0, 16},
    {"VGA, monochrome", LC_CHIP_VGA, LC_VGA_MONO, 0x3b0, 16},
    {"POST code 80h", LC_CHIP_POST, 0, 0x80, 1},
    {"coprocessor error F0h", LC_CHIP_FPUERR, LC_FPUERR_PORT, 0xf0, 1},
    {"ATA primary", LC_CHIP_ATA0, LC_ATA_COMMAND, 0x1f0, 8},
    {"ATA primary control", LC_CHIP_ATA0, LC_ATA_CONTROL, 0x3f6, 1},
    {"ATA secondary", LC_CHIP_ATA1, LC_ATA_COMMAND, 0x170, 8},
    {"ATA secondary control", LC_CHIP_ATA1, LC_ATA_CONTROL, 0x376, 1},
    {"debug console E9h", LC_CHIP_DEBUGCON, 0, 0xe9, 1},
    {"ACPI PM1a event", LC_CHIP_ACPI_PM, LC_ACPI_PM_EVENT, LC_BOARD_PM_EVENT, 4},
    {"ACPI PM1a control", LC_CHIP_ACPI_PM, LC_ACPI_PM_CONTROL, LC_BOARD_PM_CONTROL, 2},
    {"ACPI PM timer", LC_CHIP_ACPI_PM, LC_ACPI_PM_TIMER, LC_BOARD_PM_TIMER, 4},
};

/* Registers in memory. */
static const struct board_mmio {
    const char *name;
    uint8_t chip;
    bool apic; /* there with the APICs */
    uint32_t base, len;
} mmio[] = {
    {"HPET", LC_CHIP_HPET, false, LC_BOARD_HPET, 0x400},
    {"I/O APIC", LC_CHIP_IOAPIC, true, LC_BOARD_IOAPIC, 0x1000},
    {"local APIC", LC_CHIP_LAPIC, true, LC_BOARD_LAPIC, 0x1000},
};

enum {
    ISA_IRQ = LC_CHIPS, /* in the table: not a chip but lc_board_set_line() */
    /* Inputs of the I/O APIC that nobody else has: the HPET's timers may use them. */
    HPET_PINS = 0xf00000,
};

struct board_wire {
    uint8_t from, out;
    uint8_t to, in;
};

static const struct board_wire wires[] = {
    {LC_CHIP_PIT, LC_I8254_OUT0, LC_CHIP_HPET, LC_HPET_PIT},
    {LC_CHIP_RTC, LC_MC146818_IRQ, LC_CHIP_HPET, LC_HPET_RTC},
    {LC_CHIP_HPET, LC_HPET_IRQ0, ISA_IRQ, 0},
    {LC_CHIP_HPET, LC_HPET_IRQ8, ISA_IRQ, 8},
    {LC_CHIP_I8042, LC_I8042_IRQ1, ISA_IRQ, 1},
    {LC_CHIP_PIC1, LC_I8259_INT, LC_CHIP_PIC0, LC_I8259_IR2},
    {LC_CHIP_COM1, LC_UART16550_IRQ, ISA_IRQ, LC_IRQ_COM1},
    {LC_CHIP_ACPI_PM, LC_ACPI_PM_SCI, ISA_IRQ, LC_IRQ_SCI},
    {LC_CHIP_I8042, LC_I8042_IRQ12, ISA_IRQ, 12},
    {LC_CHIP_FPUERR, LC_FPUERR_IRQ13, ISA_IRQ, 13},
    {LC_CHIP_ATA0, LC_ATA_INTRQ, ISA_IRQ, 14},
    {LC_CHIP_ATA1, LC_ATA_INTRQ, ISA_IRQ, 15},
    {LC_CHIP_KEYBOARD, LC_PS2_KEYBOARD_DATA, LC_CHIP_I8042, LC_I8042_KBD_DATA},
    {LC_CHIP_PORT61, LC_PORT61_GATE2, LC_CHIP_PIT, LC_I8254_GATE2},
    {LC_CHIP_PIT, LC_I8254_OUT2, LC_CHIP_PORT61, LC_PORT61_OUT2},
};

static bool has_apic(const struct libcpu *m)
{
    return lc_has(m->cpu, LC_FEAT_APIC);
}

/* ---- what the wires of the table cannot say: the CPU's pins, and the way out ---- */

static void on_intr(void *opaque, unsigned pin, bool level)
{
    (void)pin;
    lc_cpu_set_intr(((struct libcpu *)opaque)->cpu, level);
}

static uint8_t on_intack(void *opaque)
{
    return lc_i8259_ack(((struct libcpu *)opaque)->board.chip[LC_CHIP_PIC0]);
}

static void on_isa_irq(void *opaque, unsigned irq, bool level)
{
    lc_board_set_line(opaque, irq, level);
}

void lc_board_set_line(struct libcpu *m, unsigned line, bool level)
{
    struct lc_device **chip = m->board.chip;
    lc_device_input(chip[line < 8 ? LC_CHIP_PIC0 : LC_CHIP_PIC1], LC_I8259_IR0 + (line & 7), level);
    if (has_apic(m))
        lc_device_input(chip[LC_CHIP_IOAPIC], line == 0 ? 2 : line, level);
}

/* The chip at the other end of a line; what only passes through the HPET is another's. */
const char *lc_board_line_owner(unsigned line)
{
    if (line == 2)
        return chips[LC_CHIP_PIC1]->name;
    for (size_t i = 0; i < LC_ARRAY_LEN(wires); i++) {
        const struct board_wire *w = &wires[i];
        if (w->to == ISA_IRQ && w->in == line && w->from != LC_CHIP_HPET)
            return chips[w->from]->name;
        if (w->to == LC_CHIP_HPET && line == (w->in == LC_HPET_PIT ? 0 : 8))
            return chips[w->from]->name;
    }
    return NULL;
}

/* Either gate opens A20: the keyboard controller's (pin 0) or port 92h's (pin 1). */
static void on_a20(void *opaque, unsigned pin, bool level)
{
    struct libcpu *m = opaque;
    m->board.a20[pin] = level;
    lc_cpu_set_a20(m->cpu, m->board.a20[0] || m->board.a20[1]);
}

static void on_ignne(void *opaque, unsigned pin, bool level)
{
    (void)pin;
    lc_cpu_set_ignne(((struct libcpu *)opaque)->cpu, level);
}

static void on_ferr(void *opaque, bool level)
{
    lc_device_input(((struct libcpu *)opaque)->board.chip[LC_CHIP_FPUERR], LC_FPUERR_FERR, level);
}

static void on_reset(void *opaque, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        lc_machine_stop(opaque, LIBCPU_STOP_RESET, 0);
}

static void on_power_off(void *opaque, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        lc_machine_stop(opaque, LIBCPU_STOP_POWER_OFF, 0);
}

static void on_exit_port(void *opaque, uint32_t value, unsigned size)
{
    (void)size;
    lc_machine_stop(opaque, LIBCPU_STOP_EXIT, value);
}

/* ---- the APICs ---- */

static struct lc_device *lapic_of(void *opaque)
{
    return ((struct libcpu *)opaque)->board.chip[LC_CHIP_LAPIC];
}

static uint8_t on_apic_intack(void *opaque)
{
    return lc_lapic_ack(lapic_of(opaque));
}

static void on_nmi(void *opaque, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        lc_cpu_nmi(((struct libcpu *)opaque)->cpu);
}

static void on_eoi(void *opaque, uint8_t vector)
{
    lc_ioapic_eoi(((struct libcpu *)opaque)->board.chip[LC_CHIP_IOAPIC], vector);
}

static void on_tpr(void *opaque, uint8_t priority)
{
    ((struct libcpu *)opaque)->cpu->cr8 = priority;
}

static bool on_message(void *opaque, const struct lc_apic_message *m)
{
    return lc_lapic_message(lapic_of(opaque), m);
}

static void on_ioapic_pin(void *opaque, unsigned pin, bool level)
{
    lc_device_input(((struct libcpu *)opaque)->board.chip[LC_CHIP_IOAPIC], pin, level);
}

static void on_cr8(void *opaque, uint8_t cr8)
{
    lc_lapic_set_tpr_class(lapic_of(opaque), cr8);
}

static void on_apic_mode(void *opaque, unsigned mode)
{
    lc_lapic_set_mode(lapic_of(opaque), (enum lc_lapic_mode)mode);
}

static bool on_apic_read(void *opaque, uint32_t reg, uint64_t *v)
{
    return lc_lapic_msr_read(lapic_of(opaque), reg, v);
}

static bool on_apic_write(void *opaque, uint32_t reg, uint64_t v)
{
    return lc_lapic_msr_write(lapic_of(opaque), reg, v);
}

static void on_deadline(void *opaque, uint64_t ns)
{
    lc_lapic_set_deadline(lapic_of(opaque), ns);
}

static uint64_t on_deadline_read(void *opaque)
{
    return lc_lapic_deadline(lapic_of(opaque));
}

static void connect(struct lc_device *from, unsigned out,
                    void (*set)(void *opaque, unsigned pin, bool level), void *opaque, unsigned pin)
{
    from->out[out] = (struct lc_wire){.set = set, .opaque = opaque, .pin = pin};
}

static void connect_cpu(struct libcpu *m)
{
    struct lc_device **chip = m->board.chip;
    connect(chip[LC_CHIP_PIC0], LC_I8259_INT, on_intr, m, 0);
    connect(chip[LC_CHIP_I8042], LC_I8042_A20, on_a20, m, 0);
    connect(chip[LC_CHIP_PORT92], LC_PORT92_A20, on_a20, m, 1);
    connect(chip[LC_CHIP_I8042], LC_I8042_RESET, on_reset, m, 0);
    connect(chip[LC_CHIP_PORT92], LC_PORT92_RESET, on_reset, m, 0);
    connect(chip[LC_CHIP_RESET], LC_RESETCTL_RESET, on_reset, m, 0);
    connect(chip[LC_CHIP_ACPI_PM], LC_ACPI_PM_POWER_OFF, on_power_off, m, 0);
    connect(chip[LC_CHIP_FPUERR], LC_FPUERR_IGNNE, on_ignne, m, 0);
    m->cpu->bus.intack = on_intack;
    m->cpu->bus.ferr = on_ferr;
    m->cpu->bus.opaque = m;
}

/* Between the 8259 and the CPU; the I/O APIC's messages come in from the side. */
static void connect_apic(struct libcpu *m)
{
    struct lc_device **chip = m->board.chip;
    const struct lc_lapic_host host = {on_intack, on_eoi, on_tpr, m};
    lc_device_connect(chip[LC_CHIP_PIC0], LC_I8259_INT, chip[LC_CHIP_LAPIC], LC_LAPIC_LINT0);
    connect(chip[LC_CHIP_LAPIC], LC_LAPIC_INTR, on_intr, m, 0);
    connect(chip[LC_CHIP_LAPIC], LC_LAPIC_NMI, on_nmi, m, 0);
    lc_lapic_set_host(chip[LC_CHIP_LAPIC], &host);
    lc_ioapic_set_bus(chip[LC_CHIP_IOAPIC], on_message, m);
    lc_hpet_set_routes(chip[LC_CHIP_HPET], HPET_PINS, on_ioapic_pin, m);
    m->cpu->bus.intack = on_apic_intack;
    m->cpu->bus.set_tpr = on_cr8;
    m->cpu->bus.apic_mode = on_apic_mode;
    m->cpu->bus.apic_read = on_apic_read;
    m->cpu->bus.apic_write = on_apic_write;
    m->cpu->bus.set_deadline = on_deadline;
    m->cpu->bus.deadline = on_deadline_read;
}

static void connect_chips(struct libcpu *m)
{
    struct lc_device **chip = m->board.chip;
    for (size_t i = 0; i < LC_ARRAY_LEN(wires); i++) {
        const struct board_wire *w = &wires[i];
        if (w->to == ISA_IRQ)
            connect(chip[w->from], w->out, on_isa_irq, m, w->in);
        else
            lc_device_connect(chip[w->from], w->out, chip[w->to], w->in);
    }
    lc_i8259_set_slave(chip[LC_CHIP_PIC0], LC_I8259_IR2, lc_i8259_slave_ack, chip[LC_CHIP_PIC1]);
    lc_i8259_set_elcr_mask(chip[LC_CHIP_PIC0], LC_I8259_ELCR_MASTER);
    lc_i8259_set_elcr_mask(chip[LC_CHIP_PIC1], LC_I8259_ELCR_SLAVE);
    lc_debugexit_set_callback(chip[LC_CHIP_DEBUGEXIT], on_exit_port, m);
    const struct lc_ps2_device keyboard = lc_ps2_keyboard_link(chip[LC_CHIP_KEYBOARD]);
    lc_i8042_plug(chip[LC_CHIP_I8042], LC_I8042_KEYBOARD, &keyboard);
}

/* ---- what the firmware of a PC would have left in the CMOS: the sizes of memory and disks ---- */

static void set_word(struct lc_device *rtc, uint8_t index, uint64_t v)
{
    uint64_t word = v > 0xffff ? 0xffff : v;
    lc_mc146818_set_ram(rtc, index, (uint8_t)word);
    lc_mc146818_set_ram(rtc, (uint8_t)(index + 1), (uint8_t)(word >> 8));
}

static void fill_cmos(struct libcpu *m)
{
    struct lc_device *rtc = m->board.chip[LC_CHIP_RTC];
    const uint64_t mib = UINT64_C(1) << 20;
    lc_mc146818_set_time(rtc, m->config.rtc_time);
    uint64_t low = m->ram_size < LC_LOW_RAM_MAX ? m->ram_size : LC_LOW_RAM_MAX;
    uint64_t extended = low > mib ? (low - mib) >> 10 : 0;
    set_word(rtc, 0x15, 640);      /* base memory, KiB */
    set_word(rtc, 0x17, extended); /* above 1 MiB, KiB */
    set_word(rtc, 0x30, extended); /* the same, as found at boot */
    set_word(rtc, 0x34, low > 16 * mib ? (low - 16 * mib) >> 16 : 0); /* above 16 MiB, 64 KiB */
    for (unsigned i = 0; i < 3; i++)                                  /* above 4 GiB, 64 KiB */
        lc_mc146818_set_ram(rtc, 0x5b + i, (uint8_t)((m->ram_size - low) >> (16 + 8 * i)));
}

/* The first two disks, of type 47: parameters of their own, nine bytes in the order of the table of
 * fixed disk parameters. */
static void disk_cmos(struct libcpu *m, unsigned slot, uint64_t sectors)
{
    enum { TYPES = 0x12, TYPE = 0x19, PARAMETERS = 0x1b, PARAMETERS_SIZE = 9 };
    struct lc_device *rtc = m->board.chip[LC_CHIP_RTC];
    const struct lc_ata_geometry g = lc_ata_geometry(sectors);
    const unsigned at = PARAMETERS + slot * PARAMETERS_SIZE;

    lc_mc146818_set_ram(rtc, TYPES, lc_mc146818_ram(rtc, TYPES) | (slot ? 0x0f : 0xf0));
    lc_mc146818_set_ram(rtc, TYPE + slot, 47);
    set_word(rtc, (uint8_t)at, g.cylinders);
    lc_mc146818_set_ram(rtc, at + 2, g.heads);
    set_word(rtc, (uint8_t)(at + 3), 0xffff); /* no write precompensation */
    lc_mc146818_set_ram(rtc, at + 5, g.heads > 8 ? 0xc8 : 0xc0);
    set_word(rtc, (uint8_t)(at + 6), g.cylinders); /* landing zone */
    lc_mc146818_set_ram(rtc, at + 8, g.sectors);
}

void lc_board_attach(struct libcpu *m, unsigned slot, const struct lc_ata_media *media)
{
    lc_ata_attach(m->board.chip[slot / 2 ? LC_CHIP_ATA1 : LC_CHIP_ATA0], slot % 2, media);
    if (slot < 2)
        disk_cmos(m, slot, media->sectors);
}

/* ---- what firmware is told, and what it would tell ---- */

static enum libcpu_err fill_fw_cfg(struct libcpu *m)
{
    struct lc_device *d = m->board.chip[LC_CHIP_FW_CFG];
    const uint64_t low = m->ram_size < LC_LOW_RAM_MAX ? m->ram_size : LC_LOW_RAM_MAX;
    uint8_t e820[2 * 20] = {0};

    lc_put64(e820 + 8, low);
    lc_put32(e820 + 16, 1);
    lc_put64(e820 + 20, LC_HIGH_RAM_BASE);
    lc_put64(e820 + 28, m->ram_size - low);
    lc_put32(e820 + 36, 1);
    lc_fw_cfg_set_number(d, LC_FW_CFG_RAM_SIZE, m->ram_size, 8);
    lc_fw_cfg_set_number(d, LC_FW_CFG_CPUS, 1, 2);
    return lc_fw_cfg_add_file(d, "etc/e820", e820, m->ram_size > low ? 40 : 20);
}

uint64_t lc_board_acpi_root(const struct libcpu *m)
{
    const struct lc_phys_region *r = lc_phys_find(&m->phys, LC_ACPI_BASE);
    return m->config.board == LIBCPU_BOARD_PC && r && !r->rom ? LC_ACPI_BASE : 0;
}

void lc_board_write_acpi(struct libcpu *m)
{
    const struct lc_acpi_parts parts = {.apic = has_apic(m), .hpet = true, .pci = true};
    uint8_t image[LC_ACPI_SIZE] = {0};
    (void)lc_acpi_build(&parts, image);
    (void)lc_phys_write(&m->phys, LC_ACPI_BASE, image, sizeof(image), false);
}

/* ---- making ---- */

static enum libcpu_err place(struct libcpu *m, const char *name, struct lc_device *d, unsigned bank,
                             uint64_t base, uint64_t len)
{
    struct lc_region r = {
        .name = name,
        .base = base,
        .len = len,
        .max_size = d->class->access_size,
        .read = lc_device_read,
        .write = lc_device_write,
        .opaque = d,
        .bank = bank,
    };
    return lc_bus_add(&m->ports, &r, &m->error);
}

static enum libcpu_err place_mmio(struct libcpu *m)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(mmio); i++) {
        if (mmio[i].apic && !has_apic(m))
            continue;
        struct lc_device *d = m->board.chip[mmio[i].chip];
        const struct lc_region r = {
            .name = mmio[i].name,
            .base = mmio[i].base,
            .len = mmio[i].len,
            .max_size = d->class->access_size,
            .read = lc_device_read,
            .write = lc_device_write,
            .opaque = d,
        };
        enum libcpu_err err = lc_phys_add_mmio(&m->phys, &r, &m->error);
        if (err)
            return err;
    }
    return LIBCPU_ERR_OK;
}

/* The double word at CF8h is the bridge's, the byte at CF9h resets. */
static uint64_t read_cf8(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    struct lc_device **chip = ((struct libcpu *)opaque)->board.chip;
    if (size == 4)
        return lc_device_read(chip[LC_CHIP_PCI], bank, offset, size);
    return lc_device_read(chip[LC_CHIP_RESET], LC_RESETCTL_PORTS, offset, size);
}

static void write_cf8(void *opaque, unsigned bank, uint64_t offset, unsigned size, uint64_t value)
{
    struct lc_device **chip = ((struct libcpu *)opaque)->board.chip;
    if (size == 4)
        lc_device_write(chip[LC_CHIP_PCI], bank, offset, size, value);
    else
        lc_device_write(chip[LC_CHIP_RESET], LC_RESETCTL_PORTS, offset, size, value);
}

static enum libcpu_err place_cf8(struct libcpu *m)
{
    const struct lc_region r = {
        .name = "PCI configuration address, reset control",
        .base = 0xcf8,
        .len = 4,
        .max_size = 4,
        .read = read_cf8,
        .write = write_cf8,
        .opaque = m,
        .bank = LC_PCI_HOST_ADDRESS,
    };
    return lc_bus_add(&m->ports, &r, &m->error);
}

static enum libcpu_err place_all(struct libcpu *m)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(ports); i++) {
        const struct board_ports *p = &ports[i];
        enum libcpu_err err = place(m, p->name, m->board.chip[p->chip], p->bank, p->base, p->len);
        if (err)
            return err;
    }
    enum libcpu_err err = place_cf8(m);
    if (err || !m->config.exit_port)
        return err;
    return place(m, "debug exit (config: exit_port)", m->board.chip[LC_CHIP_DEBUGEXIT], 0,
                 m->config.exit_port, 4);
}

enum libcpu_err lc_board_init(struct libcpu *m)
{
    const struct lc_device_env env = {&m->clock, &m->alloc, &m->log};
    for (unsigned i = 0; i < LC_CHIPS; i++) {
        enum libcpu_err err = lc_device_new(chips[i], &env, &m->board.chip[i], &m->error);
        if (err)
            return err;
    }
    enum libcpu_err err = place_all(m);
    if (!err)
        err = place_mmio(m);
    if (err)
        return err;
    connect_cpu(m);
    if (has_apic(m))
        connect_apic(m);
    connect_chips(m);
    lc_board_connect_host(m);
    fill_cmos(m);
    lc_board_reset(m);
    return fill_fw_cfg(m);
}

void lc_board_fini(struct libcpu *m)
{
    for (unsigned i = 0; i < LC_CHIPS; i++)
        lc_device_free(m->board.chip[i]);
}

/* From the last to the first: who listens to a wire comes after who drives it, so that no interrupt
 * controller takes a falling or rising output for a request. */
void lc_board_reset(struct libcpu *m)
{
    if (m->config.board == LIBCPU_BOARD_NONE)
        return;
    for (unsigned i = LC_CHIPS; i-- > 0;)
        m->board.chip[i]->class->reset(m->board.chip[i]);
    if (has_apic(m))
        lc_lapic_virtual_wire(m->board.chip[LC_CHIP_LAPIC]);
}

void lc_board_save(const struct libcpu *m, struct lc_sink *s)
{
    if (m->config.board == LIBCPU_BOARD_NONE)
        return;
    for (unsigned i = 0; i < LC_CHIPS; i++)
        m->board.chip[i]->class->save(m->board.chip[i], s);
    lc_sink_bool(s, m->board.a20[0]);
    lc_sink_bool(s, m->board.a20[1]);
}
