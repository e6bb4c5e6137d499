/*
 * batch.h - many translations as lines of text, for scripts and tests.
 */
#ifndef VIEW_BATCH_H
#define VIEW_BATCH_H

#include "view.h"

/*
 * For each hexadecimal address of a file ("-": standard input) a line: the address; "pa ADDRESS" or
 * "fault CODE"; rights; page size; level of the last step. An exit status.
 */
int batch_print(struct view *v, const char *path, uint32_t access);

#endif
