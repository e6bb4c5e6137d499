/*
 * options.h - the command line of libcpu-run.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "../common/computer.h"

#include <libcpu/libcpu.h>

/* Exit statuses, beside those that the guest chooses (libcpu-run(1)). */
enum {
    STATUS_OK = 0,
    STATUS_TRIPLE_FAULT = 2,
    STATUS_BUDGET = 4,
    STATUS_HALTED = 6,
    STATUS_USAGE = COMPUTER_USAGE,
    STATUS_NO_INPUT = COMPUTER_NO_INPUT,
    STATUS_INTERNAL = COMPUTER_INTERNAL,
};

/* What -d asks for. */
enum {
    TRACE_IN_ASM = 1, /* each instruction, the first time */
    TRACE_EXEC = 2,   /* each instruction, every time */
    TRACE_INT = 4,
    TRACE_WALK = 8,
    TRACE_IO = 16,
    TRACE_CPU = 32, /* registers before each instruction */
};

enum serial_kind { SERIAL_STDIO, SERIAL_FILE, SERIAL_NONE };

struct options {
    struct computer computer;
    enum serial_kind serial;
    bool text_screen;        /* -display text: then stdio is not the serial port's */
    const char *serial_path; /* SERIAL_FILE */
    unsigned trace;
    const char *trace_path; /* NULL: standard error */
    uint64_t max_insns;
    bool no_reboot;
    bool state_hash;
    bool stats;
    const char *gdb; /* where gdb connects, NULL: nowhere */
    bool hold;       /* -S */
    bool serial_given;
    bool tour;
    const char *tour_choice; /* a chapter or row; NULL: all */
    bool no_pause;
    bool others; /* an option that is not the tour's was given */
};

/* Returns -1 to go on, else the exit status (after --help, --version, or an error line). */
int options_parse(int argc, char **argv, struct options *o);

#endif
