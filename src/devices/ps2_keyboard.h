/*
 * ps2_keyboard.h - a 102-key PS/2 keyboard with US layout for text.
 *
 * Keys are named by their USB HID usage (HID Usage Tables, keyboard page 07h): A is 04h, 1 is 1Eh,
 * Enter 28h, the modifiers E0h to E7h.
 */
#ifndef LC_DEVICES_PS2_KEYBOARD_H
#define LC_DEVICES_PS2_KEYBOARD_H

#include "base/device.h"
#include "devices/ps2.h"

extern const struct lc_device_class lc_ps2_keyboard_class;

enum {
    LC_PS2_KEYBOARD_BUFFER = 16,        /* bytes of keystrokes */
    LC_PS2_KEYBOARD_BAT_NS = 10000000,  /* self-test; a real one takes 300 to 500 ms */
    LC_PS2_KEYBOARD_SCROLL_LOCK = 0x01, /* LED bits */
    LC_PS2_KEYBOARD_NUM_LOCK = 0x02,
    LC_PS2_KEYBOARD_CAPS_LOCK = 0x04,
};

/* The usages that a program is likely to name. */
enum lc_key {
    LC_KEY_A = 0x04, /* to Z = 1Dh */
    LC_KEY_1 = 0x1e, /* to 9 = 26h */
    LC_KEY_0 = 0x27,
    LC_KEY_ENTER = 0x28,
    LC_KEY_ESCAPE,
    LC_KEY_BACKSPACE,
    LC_KEY_TAB,
    LC_KEY_SPACE,
    LC_KEY_CAPS_LOCK = 0x39,
    LC_KEY_F1 = 0x3a, /* to F12 = 45h */
    LC_KEY_PRINT_SCREEN = 0x46,
    LC_KEY_SCROLL_LOCK,
    LC_KEY_PAUSE,
    LC_KEY_INSERT,
    LC_KEY_HOME,
    LC_KEY_PAGE_UP,
    LC_KEY_DELETE,
    LC_KEY_END,
    LC_KEY_PAGE_DOWN,
    LC_KEY_RIGHT,
    LC_KEY_LEFT,
    LC_KEY_DOWN,
    LC_KEY_UP,
    LC_KEY_NUM_LOCK,
    LC_KEY_KEYPAD_SLASH,
    LC_KEY_KEYPAD_ENTER = 0x58,
    LC_KEY_LEFT_CONTROL = 0xe0,
    LC_KEY_LEFT_SHIFT,
    LC_KEY_LEFT_ALT,
    LC_KEY_LEFT_GUI,
    LC_KEY_RIGHT_CONTROL,
    LC_KEY_RIGHT_SHIFT,
    LC_KEY_RIGHT_ALT,
    LC_KEY_RIGHT_GUI,
};

enum lc_ps2_keyboard_output {
    LC_PS2_KEYBOARD_DATA, /* true: a byte waits */
    LC_PS2_KEYBOARD_OUTPUTS,
};

/* The keyboard's end of the link. */
struct lc_ps2_device lc_ps2_keyboard_link(struct lc_device *d);

/* A key goes down (again: typematic repeat) or up.  False when it was lost: unknown key, scanning
 * switched off by the host, or no room, which sends an overrun code as a real keyboard does. */
bool lc_ps2_keyboard_press(struct lc_device *d, unsigned usage, bool down);

/* Type ASCII text: whole keystrokes (shift, key, releases) as long as they fit.  Returns how many
 * characters were taken, 0 while the host has scanning off; what no US key makes is skipped. */
size_t lc_ps2_keyboard_type(struct lc_device *d, const char *text, size_t n);

/* `fn` is called when the buffer has become empty or scanning was switched on: time to type. */
void lc_ps2_keyboard_set_room(struct lc_device *d, void (*fn)(void *user), void *user);

/* LC_PS2_KEYBOARD_*_LOCK bits as the host has set them. */
uint8_t lc_ps2_keyboard_leds(const struct lc_device *d);

#endif
