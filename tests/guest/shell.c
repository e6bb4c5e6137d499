/*
 * shell.c - see shell.h.
 */
#include "shell.h"

#include <stdio.h>

enum { SLICE = 1000000, PATIENCE = 3000 };

/* The output of the line is what stands between it, as it is echoed, and the next prompt. */
static const char *type(struct guest *g, const char *line)
{
    char typed[300];
    size_t before = g->out_len;
    snprintf(typed, sizeof(typed), "%s\n", line);
    guest_serial(g, typed);
    for (unsigned i = 0; i < PATIENCE; i++) {
        const char *echoed = strstr(g->out + before, typed);
        const char *output = echoed ? echoed + strlen(typed) : NULL;
        if (output && (strncmp(output, "$ ", 2) == 0 || strstr(output, "\n$ ")))
            return output;
        OK(libcpu_run(g->m, SLICE, &g->stop));
        if (g->stop.reason != LIBCPU_STOP_BUDGET)
            break;
    }
    fail_msg("\"%s\" does not come to an end (%s): %s", line, libcpu_stop_name(g->stop.reason),
             g->out + before);
    return NULL;
}

void shell_prepare(struct guest *g, const char *line)
{
    guest_serial(g, line);
    OK(libcpu_serial_input(g->m, "\n", 1, NULL));
}

void shell_type(struct guest *g, const char *line)
{
    (void)type(g, line);
}

void shell_expect(struct guest *g, const char *line, const char *output)
{
    const char *got = type(g, line);
    size_t n = strlen(output);
    if (strncmp(got, output, n) != 0 || strcmp(got + n, "$ ") != 0)
        fail_msg("\"%s\" gave: %s", line, got);
}
