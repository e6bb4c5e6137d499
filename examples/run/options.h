/*
 * options.h - the command line of libcpu-run.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "drive.h"

#include <libcpu/libcpu.h>

/* Exit statuses, beside those that the guest chooses (libcpu-run(1)). */
enum {
    STATUS_OK = 0,
    STATUS_TRIPLE_FAULT = 2,
    STATUS_BUDGET = 4,
    STATUS_HALTED = 6,
    STATUS_USAGE = 64,    /* as in sysexits.h */
    STATUS_DATA = 65,     /* bad image */
    STATUS_NO_INPUT = 66, /* no such file */
    STATUS_INTERNAL = 70,
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

enum { MAX_MODULES = 16 };

enum serial_kind { SERIAL_STDIO, SERIAL_FILE, SERIAL_NONE };

struct options {
    const char *image;               /* NULL: the bundled guest */
    const char *append;              /* NULL: none */
    const char *module[MAX_MODULES]; /* "file args" */
    unsigned module_count;
    enum serial_kind serial;
    bool text_screen;        /* -display text: then stdio is not the serial port's */
    const char *serial_path; /* SERIAL_FILE */
    unsigned trace;
    const char *trace_path; /* NULL: standard error */
    uint64_t max_insns;
    uint64_t ram_size;
    uint32_t clock;
    uint32_t format;
    uint32_t flat_mode; /* LIBCPU_IMAGE_FLAT */
    uint64_t flat_addr;
    uint16_t exit_port;
    const char *cpu;
    struct drives drives;
    bool no_reboot;
    bool quiet;
    bool state_hash;
    bool stats;
    const char *gdb; /* where gdb connects, NULL: nowhere */
    bool hold;       /* -S */
    bool serial_given;
};

/* Returns -1 to go on, else the exit status (after --help, --version, or an error line). */
int options_parse(int argc, char **argv, struct options *o);

#endif
