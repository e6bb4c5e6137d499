/*
 * drive.h - the disks of the command line: -drive and -snapshot.
 */
#ifndef COMMON_DRIVE_H
#define COMMON_DRIVE_H

#include <libcpu/libcpu.h>

struct drive {
    const char *path; /* NULL: no such drive */
    bool snapshot;
    bool readonly;
};

struct drives {
    struct drive slot[LIBCPU_DISK_SLOTS];
    bool snapshot; /* -snapshot: all of them */
};

/* Take the value of -drive, which is changed; false: *why says, in one line, what is wrong. */
bool drive_option(char *text, struct drives *d, char *why, size_t size);
/* Is there any? */
bool drives_given(const struct drives *d);
/* Attach them all; libcpu_last_error() says what failed. */
enum libcpu_err drives_attach(const struct drives *d, libcpu *m);

#endif
