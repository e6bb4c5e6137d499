/*
 * board.h - the PC: which chips there are, where they lie, how they are wired.
 */
#ifndef LC_MACHINE_BOARD_H
#define LC_MACHINE_BOARD_H

#include "base/device.h"

/* The chips of the board, in the order in which they are made and saved; reset goes backwards. */
enum lc_board_chip {
    LC_CHIP_PIC0,
    LC_CHIP_PIC1,
    LC_CHIP_PIT,
    LC_CHIP_PORT61,
    LC_CHIP_RTC,
    LC_CHIP_I8042,
    LC_CHIP_KEYBOARD,
    LC_CHIP_COM1,
    LC_CHIP_PORT92,
    LC_CHIP_RESET,
    LC_CHIP_POST,
    LC_CHIP_DEBUGCON,
    LC_CHIP_DEBUGEXIT,
    LC_CHIP_ACPI_PM,
    LC_CHIP_FPUERR,
    LC_CHIPS,
};

/* Interrupt inputs of the board: those of the two 8259A. */
enum { LC_BOARD_LINES = 16 };

struct lc_board {
    struct lc_device *chip[LC_CHIPS]; /* owned */
    bool a20[2];                      /* levels of the two A20 gates: 8042, port 92h */
};

struct libcpu;

/* Make, place and wire every chip. On failure what was made is freed by lc_board_fini(). */
enum libcpu_err lc_board_init(struct libcpu *m);
void lc_board_fini(struct libcpu *m);
/* Every chip as after power-on. */
void lc_board_reset(struct libcpu *m);
/* Connect what the guest sends to the embedder's callbacks (api_io.c). */
void lc_board_connect_host(struct libcpu *m);
/* The class of the chip that drives an interrupt input, NULL when it is free. */
const char *lc_board_line_owner(unsigned line);
/* Drive a free one. */
void lc_board_set_line(struct libcpu *m, unsigned line, bool level);
void lc_board_save(const struct libcpu *m, struct lc_sink *s);

#endif
