/*
 * mkcpio.c: makes the archive of user programs, a "newc" cpio, on the computer that builds it.
 *
 *   mkcpio OUTPUT member ...
 *
 * where a member is one of
 *
 *   name=file       an executable file with that content
 *   name:MODE=file  the same with other permissions, in octal
 *   name/           a directory
 *   name@target     a symbolic link
 *
 * The result depends on names and contents alone: no times, owners or inode numbers of the builder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGULAR       0100000u
#define DIRECTORY     0040755u
#define SYMBOLIC_LINK 0120777u
#define EXECUTABLE    0755u

static unsigned int members;

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

static void put_member(FILE *out, unsigned int mode, const char *name, const char *data,
                       size_t size)
{
    size_t name_size = strlen(name) + 1;
    unsigned int inode = mode != 0 ? ++members : 0;
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

static void put_file(FILE *out, char *member, char *equals)
{
    unsigned int mode = EXECUTABLE;
    *equals = '\0';
    char *colon = strchr(member, ':');
    if (colon != NULL) {
        *colon = '\0';
        mode = (unsigned int)strtoul(colon + 1, NULL, 8);
    }
    size_t size;
    char *data = read_file(equals + 1, &size);
    put_member(out, REGULAR | mode, member, data, size);
    free(data);
}

static void put_argument(FILE *out, char *member)
{
    char *equals = strchr(member, '='), *at = strchr(member, '@');
    size_t length = strlen(member);
    if (equals != NULL) {
        put_file(out, member, equals);
    } else if (at != NULL) {
        *at = '\0';
        put_member(out, SYMBOLIC_LINK, member, at + 1, strlen(at + 1));
    } else if (length > 0 && member[length - 1] == '/') {
        member[length - 1] = '\0';
        put_member(out, DIRECTORY, member, "", 0);
    } else {
        fail("not a member:", member);
    }
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        fail("usage:", "mkcpio OUTPUT member ...");
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL)
        fail("cannot write", argv[1]);
    for (int i = 2; i < argc; i++)
        put_argument(out, argv[i]);
    put_member(out, 0, "TRAILER!!!", "", 0);
    if (fclose(out) != 0)
        fail("cannot write", argv[1]);
    return 0;
}
