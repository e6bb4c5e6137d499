/*
 * keyboard.c: the i8042 controller and a keyboard behind it that speaks scan code set 1. Keys go to
 * the console like characters from the serial line.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"

enum { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64 };
enum { OUTPUT_FULL = 0x01, INPUT_FULL = 0x02 };
enum {
    READ_CONFIG = 0x20,
    WRITE_CONFIG = 0x60,
    DISABLE_MOUSE = 0xa7,
    DISABLE_KEYBOARD = 0xad,
    ENABLE_KEYBOARD = 0xae
};
enum { CONFIG_INTERRUPT = 0x01, CONFIG_MOUSE_INTERRUPT = 0x02, CONFIG_TRANSLATE = 0x40 };
enum { KEY_CONTROL = 0x1d, KEY_LEFT_SHIFT = 0x2a, KEY_RIGHT_SHIFT = 0x36, RELEASED = 0x80 };
#define PATIENCE 10000

/* Scan code set 1, from code 0 on; a zero is a key without a character. */
static const char plain[] =
    "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
    "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static bool shift, control;

static bool wait_status(uint8_t bit, bool set)
{
    for (unsigned int i = 0; i < PATIENCE; i++) {
        if (((in8(STATUS) & bit) != 0) == set)
            return true;
    }
    return false;
}

static bool command(uint8_t value)
{
    if (!wait_status(INPUT_FULL, false))
        return false;
    out8(COMMAND, value);
    return true;
}

static void drop_output(void)
{
    for (unsigned int i = 0; i < 32 && (in8(STATUS) & OUTPUT_FULL) != 0; i++)
        in8(DATA);
}

static bool enable_interrupt(void)
{
    if (!command(READ_CONFIG) || !wait_status(OUTPUT_FULL, true))
        return false;
    uint8_t config = in8(DATA);
    config = (uint8_t)((config & ~CONFIG_MOUSE_INTERRUPT) | CONFIG_INTERRUPT | CONFIG_TRANSLATE);
    if (!command(WRITE_CONFIG) || !wait_status(INPUT_FULL, false))
        return false;
    out8(DATA, config);
    return true;
}

/* False if no controller answers; the serial line is enough to go on. */
bool keyboard_init(void)
{
    if (in8(STATUS) == 0xff)
        return false;
    if (!command(DISABLE_KEYBOARD) || !command(DISABLE_MOUSE))
        return false;
    drop_output();
    if (!enable_interrupt() || !command(ENABLE_KEYBOARD))
        return false;
    pic_unmask(IRQ_KEYBOARD);
    return true;
}

void keyboard_interrupt(void)
{
    uint8_t code = in8(DATA);
    uint8_t key = (uint8_t)(code & ~RELEASED);
    bool down = (code & RELEASED) == 0;
    if (key == KEY_LEFT_SHIFT || key == KEY_RIGHT_SHIFT)
        shift = down;
    else if (key == KEY_CONTROL)
        control = down;
    else if (down && key < sizeof(plain) - 1) {
        char c = (shift ? shifted : plain)[key];
        if (c != '\0')
            console_input(control ? (char)(c & 0x1f) : c);
    }
}
