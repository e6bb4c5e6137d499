/* tree.c: a directory with all that is in it. */
#include "libc.h"

/* One entry; true: it is gone. */
static bool remove_entry(const char *directory, const char *name)
{
    char path[512];
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    format_text(path, sizeof(path), "%s/%s", directory, name);
    int error = unlink(path);
    return (error == -EISDIR ? remove_tree(path) : error) == 0;
}

static bool remove_entries(const char *path)
{
    char buffer[2048];
    bool any = false;
    long n = 0;
    int file = open(path, O_RDONLY | O_DIRECTORY, 0);
    while (file >= 0 && (n = getdents64(file, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < n;) {
            const struct linux_dirent *entry = (const void *)(buffer + at);
            at += entry->reclen;
            any |= remove_entry(path, entry->name);
        }
    }
    close(file);
    return any;
}

/* Who reads a directory whose entries go misses some: again, as long as that helps. */
int remove_tree(const char *path)
{
    int error;
    do
        error = rmdir(path);
    while (error == -ENOTEMPTY && remove_entries(path));
    return error;
}
