/*
 * mkcpio.c: makes the archive of user programs, a "newc" cpio, on the computer that builds it.
 *
 *   mkcpio OUTPUT name=file ...
 *
 * The result depends on names and contents alone: no times, owners or inode numbers of the builder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXECUTABLE_FILE 0100755u

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "mkcpio: %s %s\n", what, name);
    exit(1);
}

static void pad(FILE *out, size_t written)
{
    for (; written % 4 != 0; written++)
        putc(0, out);
}

static void put_member(FILE *out, unsigned int inode, unsigned int mode, const char *name,
                       const char *data, size_t size)
{
    size_t name_size = strlen(name) + 1;
    fprintf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode, mode, 0u, 0u,
            1u, 0u, (unsigned int)size, 0u, 0u, 0u, 0u, (unsigned int)name_size, 0u);
    fwrite(name, 1, name_size, out);
    pad(out, 110 + name_size);
    fwrite(data, 1, size, out);
    pad(out, size);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0)
        fail("cannot read", path);
    *size = (size_t)ftell(in);
    rewind(in);
    char *data = malloc(*size + 1);
    if (data == NULL || fread(data, 1, *size, in) != *size)
        fail("cannot read", path);
    fclose(in);
    return data;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        fail("usage:", "mkcpio OUTPUT name=file ...");
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL)
        fail("cannot write", argv[1]);
    for (int i = 2; i < argc; i++) {
        char *path = strchr(argv[i], '=');
        if (path == NULL)
            fail("not name=file:", argv[i]);
        *path++ = '\0';
        size_t size;
        char *data = read_file(path, &size);
        put_member(out, (unsigned int)i - 1, EXECUTABLE_FILE, argv[i], data, size);
        free(data);
    }
    put_member(out, 0, 0, "TRAILER!!!", "", 0);
    if (fclose(out) != 0)
        fail("cannot write", argv[1]);
    return 0;
}
