/*
 * boot.h - other ways to start a machine than with the kernel in memory: from a disk by the
 * firmware, and with files of one's own.
 */
#ifndef TOUR_BOOT_H
#define TOUR_BOOT_H

#include "stage.h"

/* A machine whose firmware finds the bundled guest on a disk; nothing has run. */
bool boot_from_disk(struct stage *s);

/* A newc archive with one executable file, of less than 256 bytes in all; its size. */
size_t boot_archive(char to[256], const char *name, const char *content);

#endif
