/*
 * options.h - the command line of libcpu-view.
 */
#ifndef VIEW_OPTIONS_H
#define VIEW_OPTIONS_H

#include "view.h"

enum { OPTION_BREAKS = 16 };

struct options {
    struct computer computer;
    enum screen_id screen;
    const char *at;  /* an address, a register, or "@FILE": many */
    uint32_t access; /* LIBCPU_ACCESS_* of --at */
    const char *breaks[OPTION_BREAKS];
    unsigned break_count;
    const char *until; /* NULL: before the first instruction, or (window) a pause */
    struct goal goal;
    uint64_t max_insns;
    const char *shot; /* NULL: none */
    int width, height;
    int font_px; /* 0: as the display has it */
    const char *scale_text;
    double scale;     /* pixels for each of --size and --font-size; 0: what the display says */
    const char *font; /* NULL: look for one */
    enum theme theme;
    bool text;
    bool tour;
    bool run;
    bool compare;
    uint64_t quit_after_ms; /* 0: when the window is closed */
    const char *keys;
    const char *save; /* beginning of the names of saved screens */
};

/* -1, or the exit status: a line has been printed. */
int options_parse(int argc, char **argv, struct options *o);

#endif
