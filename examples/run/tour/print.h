/*
 * print.h - how the tour's text looks: at most 80 columns, facts indented under the words.
 */
#ifndef TOUR_PRINT_H
#define TOUR_PRINT_H

#include "stage.h"

/* Words that are wrapped, two columns in. */
void print_words(const char *text);
/* "--- 5.9  Title -----" */
void print_title(const char *row, const char *title);

/* A line of what was seen. */
void fact(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What the guest's program has printed, at most `lines` lines. */
void print_output(const struct stage *s, unsigned lines);

/*
 * The scene's mechanism has been observed if `seen` holds; else a line says that `what` was not.
 * Returns `seen`.
 */
bool observed(struct stage *s, bool seen, const char *what);

enum { TEXT = 96 };

/* "0x8000000001a3c067  P W U A D NX" */
const char *entry_text(uint64_t entry, char text[TEXT]);
/* "error 0x6: write, ring 3, page absent" */
const char *fault_text(uint32_t error_code, char text[TEXT]);
/* A walk, an entry a line. */
void print_walk(const struct libcpu_walk *w);
/* "10.01 ms" */
const char *ms_text(uint64_t ns, char text[TEXT]);
/* Who had the processor in a stretch of time: a row of columns for each process of that name (NULL:
 * of all that had a turn). */
void print_chart(const struct stage *s, uint64_t start, uint64_t column_ns, const char *name);

#endif
