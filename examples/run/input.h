/*
 * input.h - what a person or a pipe gives to the guest: kept until the guest has set up its serial
 * port, and an end of file for the bundled guest's terminal.
 */
#ifndef RUN_INPUT_H
#define RUN_INPUT_H

#include "options.h"

struct input;
struct screen;

/*
 * Bytes go to the first serial port, or with a screen to the PS/2 keyboard. `ends`: when there is
 * no more, the guest gets Ctrl-D. NULL: no memory.
 */
struct input *input_begin(libcpu *m, struct screen *screen, bool ends);
void input_end(struct input *in);

/* Where the next bytes from outside go, and how many fit; then how many came, or that no more will.
 */
uint8_t *input_room(struct input *in, size_t *room);
void input_came(struct input *in, size_t size);
void input_ended(struct input *in);
/* Nothing comes from here, and the guest is told nothing. */
void input_none(struct input *in);
bool input_has_ended(const struct input *in);

/* Give the guest what it takes now, at a time of its own; true: it took something. */
bool input_feed(struct input *in, uint64_t guest_ns);
/* The machine has been reset: its serial port is as it was after power-on. */
void input_reset(struct input *in);
/* The processor waits for an interrupt: the guest has set up all that it will. True: it took
 * something. */
bool input_feed_halted(struct input *in, uint64_t guest_ns);

#endif
