/* ls.c: lists directories; -l also says what the files are. */
#include "libc.h"

static bool is_long;

static void show_mode(uint32_t mode)
{
    char text[11] = "?rwxrwxrwx";
    static const char kinds[16] = "?pc?d?b?-?l?s???";
    text[0] = kinds[mode >> 12 & 15];
    for (int i = 0; i < 9; i++) {
        if ((mode >> (8 - i) & 1) == 0)
            text[i + 1] = '-';
    }
    printf("%s", text);
}

static void show(const char *directory, const char *name)
{
    char path[512], target[256];
    struct linux_stat st;
    if (!is_long) {
        printf("%s\n", name);
        return;
    }
    format_text(path, sizeof(path), "%s/%s", directory, name);
    int error = lstat(path, &st);
    if (error < 0) {
        complain("ls: %s: %s\n", path, error_text(error));
        return;
    }
    show_mode(st.mode);
    printf(" %3lu %8ld %s", st.nlink, st.size, name);
    long n = (st.mode & S_IFMT) == S_IFLNK ? readlink(path, target, sizeof(target) - 1) : 0;
    target[n > 0 ? n : 0] = '\0';
    printf("%s%s\n", n > 0 ? " -> " : "", target);
}

static int list(const char *path)
{
    char buffer[2048];
    long n;
    int file = open(path, O_RDONLY, 0);
    if (file < 0) {
        complain("ls: %s: %s\n", path, error_text(file));
        return 1;
    }
    while ((n = getdents64(file, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < n;) {
            const struct linux_dirent *entry = (const void *)(buffer + at);
            if (entry->name[0] != '.')
                show(path, entry->name);
            at += entry->reclen;
        }
    }
    if (n == -ENOTDIR)
        show(".", path);
    close(file);
    return 0;
}

int main(int argc, char *argv[])
{
    int failed = 0, listed = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-l") == 0) {
            is_long = true;
            continue;
        }
        failed |= list(argv[i]);
        listed++;
    }
    return listed > 0 ? failed : list(".");
}
