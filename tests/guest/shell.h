/*
 * shell.h - typing at the guest's shell.
 */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H

#include "guest.h"

/* Type a line, and run to the prompt behind what it prints; the test fails when none comes. */
void shell_type(struct guest *g, const char *line);
/* Type a line; nothing has yet been done about its end. */
void shell_prepare(struct guest *g, const char *line);
/* As shell_type, and it must print exactly this. */
void shell_expect(struct guest *g, const char *line, const char *output);

#endif
