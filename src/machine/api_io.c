/*
 * api_io.c - libcpu/io.h: what is typed, and where the guest's output goes.
 */
#include "devices/debugcon.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_keymap.h"
#include "devices/uart16550.h"
#include "devices/vga.h"
#include "machine/machine.h"

static void on_serial_byte(void *user, uint8_t byte)
{
    const struct libcpu *m = user;
    if (m->config.serial)
        m->config.serial(m->config.serial_user, &byte, 1);
}

void lc_board_connect_host(struct libcpu *m)
{
    const struct lc_uart16550_line line = {.transmit = on_serial_byte, .user = m};
    lc_uart16550_set_line(m->board.chip[LC_CHIP_COM1], &line);
    lc_debugcon_set_output(m->board.chip[LC_CHIP_DEBUGCON], m->config.debugcon,
                           m->config.debugcon_user);
}

/* Input arrives now: the chips must see the time of the current instruction. */
static enum libcpu_err now(libcpu *m, const char *what)
{
    lc_machine_clear(m);
    if (m->config.board == LIBCPU_BOARD_NONE)
        return lc_machine_fail(m, LIBCPU_ERR_UNSUPPORTED, "%s: the machine has no board", what);
    lc_cpu_sync_clock(m->cpu);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_serial_input(libcpu *m, const void *data, size_t size, size_t *taken)
{
    if (taken)
        *taken = 0;
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = now(m, "serial input");
    if (err)
        return err;
    if (!data && size)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "serial input: the data is NULL");
    size_t n = lc_uart16550_receive(m->board.chip[LC_CHIP_COM1], data, size);
    if (taken)
        *taken = n;
    if (n == 0 && size)
        return lc_machine_fail(m, LIBCPU_ERR_FULL, "serial input: the receiver is full");
    return LIBCPU_ERR_OK;
}

/* Print Screen and Pause have sequences of their own, which the map of single codes lacks. */
static bool key_exists(unsigned usage)
{
    return usage == LC_KEY_PRINT_SCREEN || usage == LC_KEY_PAUSE || lc_ps2_set2(usage) != 0;
}

enum libcpu_err libcpu_key(libcpu *m, uint16_t usage, bool down)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = now(m, "key");
    if (err)
        return err;
    if (!key_exists(usage))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "key: there is no usage 0x%x", usage);
    if (!lc_ps2_keyboard_press(m->board.chip[LC_CHIP_KEYBOARD], usage, down))
        return lc_machine_fail(m, LIBCPU_ERR_FULL, "key: usage 0x%x was lost", usage);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_type(libcpu *m, const char *text, size_t *typed)
{
    if (typed)
        *typed = 0;
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = now(m, "type");
    if (err)
        return err;
    if (!text)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "type: the text is NULL");
    size_t size = strlen(text);
    size_t n = lc_ps2_keyboard_type(m->board.chip[LC_CHIP_KEYBOARD], text, size);
    if (typed)
        *typed = n;
    if (n == 0 && size)
        return lc_machine_fail(m, LIBCPU_ERR_FULL, "type: the keyboard takes no keys now");
    return LIBCPU_ERR_OK;
}

/* ---- the text screen ---- */

#define TEXT_MEMORY UINT64_C(0xb8000)
enum { TEXT_CELLS = 0x4000 };

static uint16_t text_cell(const struct libcpu *m, unsigned offset)
{
    uint8_t cell[2] = {0};
    (void)lc_phys_read(&m->phys, TEXT_MEMORY + 2u * (offset % TEXT_CELLS), cell, sizeof(cell));
    return lc_get16(cell);
}

static void fill_screen(const struct lc_vga_text *t, struct libcpu_text_screen *s)
{
    const unsigned cursor = (t->cursor - t->start) % TEXT_CELLS;
    *s = (struct libcpu_text_screen){
        .columns = (uint16_t)t->columns,
        .rows = (uint16_t)(t->rows * t->columns > TEXT_CELLS ? TEXT_CELLS / t->columns : t->rows),
        .blank = t->blank,
    };
    if (!t->pitch || cursor / t->pitch >= s->rows || cursor % t->pitch >= s->columns)
        return;
    s->cursor_column = (uint16_t)(cursor % t->pitch);
    s->cursor_row = (uint16_t)(cursor / t->pitch);
    s->cursor_visible = t->cursor_on && !t->blank;
}

enum libcpu_err libcpu_text_screen(libcpu *m, uint16_t *cells, size_t max,
                                   struct libcpu_text_screen *screen)
{
    struct lc_vga_text t;
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = now(m, "text screen");
    if (err)
        return err;
    if (!screen || (!cells && max))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "text screen: %s is NULL",
                               screen ? "cells" : "screen");
    lc_vga_text(m->board.chip[LC_CHIP_VGA], &t);
    fill_screen(&t, screen);
    for (unsigned row = 0; row < screen->rows; row++)
        for (unsigned i = 0; i < screen->columns; i++)
            if ((size_t)row * screen->columns + i < max)
                cells[(size_t)row * screen->columns + i] =
                    text_cell(m, t.start + row * t.pitch + i);
    return LIBCPU_ERR_OK;
}
