/*
 * debugger.h - libcpu-run's gdb server: -gdb, -s, -S.
 */
#ifndef RUN_DEBUGGER_H
#define RUN_DEBUGGER_H

#include "options.h"

struct debugger;

/* Begin as the options say.  *out is NULL without -gdb.  Returns -1 to go on, else the exit status,
 * after an error line. */
int debugger_begin(const struct options *o, libcpu *m, struct debugger **out);
/* Tell a debugger the exit status, and end. NULL is allowed. */
void debugger_end(struct debugger *d, int status);

/* See to what the debugger has sent.  True: it wants the machine to end. All: d may be NULL. */
bool debugger_poll(struct debugger *d);
/* Does it hold the machine? */
bool debugger_holds(const struct debugger *d);
/* libcpu_run(), as the debugger wants it. */
enum libcpu_err debugger_run(struct debugger *d, libcpu *m, uint64_t max_insns,
                             struct libcpu_stop *why);
/* Halted for good: true when there is a debugger, who now has the machine. */
bool debugger_takes_halted(struct debugger *d);
/* Wait until the debugger sends something, or `fd` (-1: none) can be read, or time is up. */
void debugger_wait(const struct debugger *d, int fd, uint64_t timeout_ns);

#endif
