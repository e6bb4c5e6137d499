/*
 * board_pc.c - the PC as tables: chips, the ports they answer, the wires between them (law 8).
 *
 * Interrupt lines (ISA): 0 PIT, 1 keyboard, 2 cascade, 4 COM1, 8 RTC, 9 ACPI, 12 mouse,
 * 13 coprocessor.
 */
#include "devices/acpi_pm.h"
#include "devices/debugcon.h"
#include "devices/debugexit.h"
#include "devices/fpuerr.h"
#include "devices/i8042.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/mc146818.h"
#include "devices/port61.h"
#include "devices/port92.h"
#include "devices/post80.h"
#include "devices/ps2_keyboard.h"
#include "devices/resetctl.h"
#include "devices/uart16550.h"
#include "machine/machine.h"

static const struct lc_device_class *const chips[LC_CHIPS] = {
    [LC_CHIP_PIC0] = &lc_i8259_class,
    [LC_CHIP_PIC1] = &lc_i8259_class,
    [LC_CHIP_PIT] = &lc_i8254_class,
    [LC_CHIP_PORT61] = &lc_port61_class,
    [LC_CHIP_RTC] = &lc_mc146818_class,
    [LC_CHIP_I8042] = &lc_i8042_class,
    [LC_CHIP_KEYBOARD] = &lc_ps2_keyboard_class,
    [LC_CHIP_COM1] = &lc_uart16550_class,
    [LC_CHIP_PORT92] = &lc_port92_class,
    [LC_CHIP_RESET] = &lc_resetctl_class,
    [LC_CHIP_POST] = &lc_post80_class,
    [LC_CHIP_DEBUGCON] = &lc_debugcon_class,
    [LC_CHIP_DEBUGEXIT] = &lc_debugexit_class,
    [LC_CHIP_ACPI_PM] = &lc_acpi_pm_class,
    [LC_CHIP_FPUERR] = &lc_fpuerr_class,
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
    {"16550A COM1", LC_CHIP_COM1, 0, 0x3f8, 8},
    {"port 92h", LC_CHIP_PORT92, 0, 0x92, 1},
    {"reset control CF9h", LC_CHIP_RESET, LC_RESETCTL_PORTS, 0xcf8, 4},
    {"POST code 80h", LC_CHIP_POST, 0, 0x80, 1},
    {"coprocessor error F0h", LC_CHIP_FPUERR, LC_FPUERR_PORT, 0xf0, 1},
    {"debug console E9h", LC_CHIP_DEBUGCON, 0, 0xe9, 1},
    {"ACPI PM1a event", LC_CHIP_ACPI_PM, LC_ACPI_PM_EVENT, 0x600, 4},
    {"ACPI PM1a control", LC_CHIP_ACPI_PM, LC_ACPI_PM_CONTROL, 0x604, 2},
    {"ACPI PM timer", LC_CHIP_ACPI_PM, LC_ACPI_PM_TIMER, 0x608, 4},
};

struct board_wire {
    uint8_t from, out;
    uint8_t to, in;
};

static const struct board_wire wires[] = {
    {LC_CHIP_PIT, LC_I8254_OUT0, LC_CHIP_PIC0, LC_I8259_IR0},
    {LC_CHIP_I8042, LC_I8042_IRQ1, LC_CHIP_PIC0, LC_I8259_IR1},
    {LC_CHIP_PIC1, LC_I8259_INT, LC_CHIP_PIC0, LC_I8259_IR2},
    {LC_CHIP_COM1, LC_UART16550_IRQ, LC_CHIP_PIC0, LC_I8259_IR4},
    {LC_CHIP_RTC, LC_MC146818_IRQ, LC_CHIP_PIC1, LC_I8259_IR0},
    {LC_CHIP_ACPI_PM, LC_ACPI_PM_SCI, LC_CHIP_PIC1, LC_I8259_IR1},
    {LC_CHIP_I8042, LC_I8042_IRQ12, LC_CHIP_PIC1, LC_I8259_IR4},
    {LC_CHIP_FPUERR, LC_FPUERR_IRQ13, LC_CHIP_PIC1, LC_I8259_IR5},
    {LC_CHIP_KEYBOARD, LC_PS2_KEYBOARD_DATA, LC_CHIP_I8042, LC_I8042_KBD_DATA},
    {LC_CHIP_PORT61, LC_PORT61_GATE2, LC_CHIP_PIT, LC_I8254_GATE2},
    {LC_CHIP_PIT, LC_I8254_OUT2, LC_CHIP_PORT61, LC_PORT61_OUT2},
};

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

static void connect_chips(struct libcpu *m)
{
    struct lc_device **chip = m->board.chip;
    for (size_t i = 0; i < LC_ARRAY_LEN(wires); i++)
        lc_device_connect(chip[wires[i].from], wires[i].out, chip[wires[i].to], wires[i].in);
    lc_i8259_set_slave(chip[LC_CHIP_PIC0], LC_I8259_IR2, lc_i8259_slave_ack, chip[LC_CHIP_PIC1]);
    lc_i8259_set_elcr_mask(chip[LC_CHIP_PIC0], LC_I8259_ELCR_MASTER);
    lc_i8259_set_elcr_mask(chip[LC_CHIP_PIC1], LC_I8259_ELCR_SLAVE);
    lc_debugexit_set_callback(chip[LC_CHIP_DEBUGEXIT], on_exit_port, m);
    const struct lc_ps2_device keyboard = lc_ps2_keyboard_link(chip[LC_CHIP_KEYBOARD]);
    lc_i8042_plug(chip[LC_CHIP_I8042], LC_I8042_KEYBOARD, &keyboard);
}

/* ---- interrupt inputs for others: 0 to 7 are the master's, 8 to 15 the slave's ---- */

static unsigned line_chip(unsigned line)
{
    return line < LC_I8259_INPUTS ? LC_CHIP_PIC0 : LC_CHIP_PIC1;
}

const char *lc_board_line_owner(unsigned line)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(wires); i++)
        if (wires[i].to == line_chip(line) && wires[i].in == line % LC_I8259_INPUTS)
            return chips[wires[i].from]->name;
    return NULL;
}

void lc_board_set_line(struct libcpu *m, unsigned line, bool level)
{
    lc_device_input(m->board.chip[line_chip(line)], line % LC_I8259_INPUTS, level);
}

/* ---- what the firmware of a PC would have left in the CMOS: the sizes of memory ---- */

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

static enum libcpu_err place_all(struct libcpu *m)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(ports); i++) {
        const struct board_ports *p = &ports[i];
        enum libcpu_err err = place(m, p->name, m->board.chip[p->chip], p->bank, p->base, p->len);
        if (err)
            return err;
    }
    if (!m->config.exit_port)
        return LIBCPU_ERR_OK;
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
    if (err)
        return err;
    connect_cpu(m);
    connect_chips(m);
    lc_board_connect_host(m);
    fill_cmos(m);
    lc_board_reset(m);
    return LIBCPU_ERR_OK;
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
