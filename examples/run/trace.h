/*
 * trace.h - what -d prints, made from hooks.
 */
#ifndef RUN_TRACE_H
#define RUN_TRACE_H

#include "options.h"

#include <stdio.h>

struct trace;

/* Add the hooks that o->trace asks for; NULL: none asked for, or *err says what failed. */
struct trace *trace_begin(libcpu *m, const struct options *o, FILE *out, enum libcpu_err *err);
void trace_end(struct trace *t);

#endif
