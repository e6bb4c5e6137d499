/* counts.h: the kernel's own books, as /proc/frames of the guest operating system tells them. On
 * another kernel they are empty, and equal. */
#ifndef COUNTS_H
#define COUNTS_H

#include "checks.h"

#include <fcntl.h>

struct counts {
    unsigned long free, pieces, inodes, files;
};

static inline unsigned long number_after(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    return at != NULL ? strtoul(at + strlen(word), NULL, 10) : 0;
}

/* A number of a file below /proc; 0 where there is none. */
static inline unsigned long number_in(const char *path, const char *word)
{
    char text[1024] = "";
    int fd = open(path, O_RDONLY);
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        close(fd);
    }
    return number_after(text, word);
}

static inline struct counts count(void)
{
    const char *path = "/proc/frames";
    /* A heap frame that is partly used is not lost: the pieces are counted. */
    return (struct counts){number_in(path, "free ") + number_in(path, "heap "),
                           number_in(path, "pieces "), number_in(path, "inodes "),
                           number_in(path, "files ")};
}

static inline void check_same(const char *what, struct counts before)
{
    struct counts after = count();
    if (memcmp(&before, &after, sizeof(before)) != 0)
        printf("%s: frames %ld, pieces %ld, inodes %ld, files %ld too few\n", what,
               (long)(before.free - after.free), (long)(after.pieces - before.pieces),
               (long)(after.inodes - before.inodes), (long)(after.files - before.files));
    CHECK(memcmp(&before, &after, sizeof(before)) == 0);
}

#endif
