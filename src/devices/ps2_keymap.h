/*
 * ps2_keymap.h - HID usages to scan codes, ASCII to keystrokes (US layout).
 */
#ifndef LC_DEVICES_PS2_KEYMAP_H
#define LC_DEVICES_PS2_KEYMAP_H

#include <stdint.h>

enum {
    LC_PS2_E0 = 0x100,    /* the code is preceded by E0h */
    LC_PS2_SHIFT = 0x100, /* the character needs shift */
    LC_PS2_CTRL = 0x200,  /* the character needs control */
};

/* Set 2 make code of a key, with LC_PS2_E0; 0: no such key, or Print Screen or Pause. */
unsigned lc_ps2_set2(unsigned usage);
/* HID usage that types `c`, with LC_PS2_SHIFT or LC_PS2_CTRL; 0: none. */
unsigned lc_ps2_usage_of(char c);

#endif
