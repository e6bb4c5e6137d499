/*
 * vga.h - the registers of a VGA in text mode (IBM PS/2 Hardware Interface Technical Reference,
 * "Video Subsystem").
 *
 * After reset it is as its BIOS would have left it: mode 3, 80 by 25 characters in colour.  The
 * board has its memory, where the characters are; nothing is drawn here.
 */
#ifndef LC_DEVICES_VGA_H
#define LC_DEVICES_VGA_H

#include "base/device.h"

extern const struct lc_device_class lc_vga_class;

enum lc_vga_bank {
    LC_VGA_COMMON, /* 16 bytes: 3C0h to 3CFh */
    LC_VGA_COLOUR, /* 16 bytes: 3D0h to 3DFh, CRT controller and status */
    LC_VGA_MONO,   /* the same at 3B0h: one of the two answers */
    LC_VGA_BANKS,
};

/* What the screen shows, in characters. */
struct lc_vga_text {
    unsigned columns, rows;
    unsigned pitch;  /* characters from one row to the next */
    unsigned start;  /* the first one's offset in text memory */
    unsigned cursor; /* offset of the cursor */
    bool cursor_on;
    bool blank; /* the screen is off, or in a graphics mode */
};

void lc_vga_text(const struct lc_device *d, struct lc_vga_text *t);

#endif
