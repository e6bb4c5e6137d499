/*
 * replay.c - a main for a fuzz target without libFuzzer: runs it over every file of the folders
 * (and every file) on the command line.
 *
 * An empty or missing folder is a failure: a corpus that is not found tests nothing.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* Inputs run, or -1. */
static long run_file(const char *path, size_t size)
{
    /* Just its size, so that a sanitizer sees a read past its end. */
    uint8_t *data = malloc(size ? size : 1);
    FILE *f = fopen(path, "rb");
    const int good = data && f && fread(data, 1, size, f) == size;

    if (f)
        fclose(f);
    if (good)
        (void)LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "%s: cannot read\n", path);
    free(data);
    return good ? 1 : -1;
}

static long run_path(const char *path);

static long run_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    long count = 0;

    if (!folder)
        return -1;
    while (count >= 0 && (entry = readdir(folder)) != NULL) {
        char child[4096];
        long ran;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        ran = run_path(child);
        count = ran < 0 ? -1 : count + ran;
    }
    closedir(folder);
    return count;
}

static long run_path(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        fprintf(stderr, "%s: not found\n", path);
        return -1;
    }
    return S_ISDIR(st.st_mode) ? run_folder(path) : run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    long total = 0;

    for (int i = 1; i < argc; i++) {
        const long count = run_path(argv[i]);

        if (count <= 0) {
            fprintf(stderr, "%s: nothing was run\n", argv[i]);
            return 1;
        }
        total += count;
    }
    printf("%ld inputs\n", total);
    return total ? 0 : 1;
}
