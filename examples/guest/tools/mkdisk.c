/*
 * mkdisk.c: makes a boot disk (boot/layout.h): a host program, run while the tree is built.
 *
 * usage: mkdisk [-screen] [-size MIB] OUT SECTOR LOADER KERNEL [MODULE...]
 *
 * KERNEL and each MODULE are "FILE arguments"; the text without the file's folders is the command
 * line. -screen: the loader writes to the firmware's screen, not to the first serial port.
 * -size: the disk's least size; what the files do not need is the kernel's.  Sizes are whole
 * cylinders, as old firmware counts them.
 */
#include "../boot/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CYLINDER = 16 * 63 };
enum { LOADER_SIZE_MOST = BOOT_LOADER_MOST * BOOT_SECTOR_SIZE };

static FILE *out;
static const char *out_path;

static void die(const char *path, const char *what)
{
    fprintf(stderr, "mkdisk: %s: %s\n", path, what);
    if (out)
        remove(out_path);
    exit(1);
}

/* A whole file; *size gets its bytes. */
static unsigned char *slurp(const char *path, uint32_t *size)
{
    FILE *f = fopen(path, "rb");
    long n = 0;
    if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0)
        die(path, "cannot be read");
    if (n > 0x7fffffff)
        die(path, "is larger than 2 GiB");
    unsigned char *data = malloc((size_t)n + 1);
    if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
        die(path, "cannot be read");
    fclose(f);
    *size = (uint32_t)n;
    return data;
}

static uint32_t sectors_of(uint32_t bytes)
{
    return (uint32_t)(((uint64_t)bytes + BOOT_SECTOR_SIZE - 1) / BOOT_SECTOR_SIZE);
}

/* Write at a sector, filled up with zeros. */
static void put(uint32_t sector, const void *data, uint32_t bytes)
{
    static const char zeros[BOOT_SECTOR_SIZE];
    uint32_t rest = sectors_of(bytes) * BOOT_SECTOR_SIZE - bytes;
    if (fseek(out, (long)sector * BOOT_SECTOR_SIZE, SEEK_SET) != 0 ||
        fwrite(data, 1, bytes, out) != bytes || fwrite(zeros, 1, rest, out) != rest)
        die(out_path, "cannot be written");
}

static void put16(unsigned char *at, uint32_t v)
{
    at[0] = (unsigned char)v;
    at[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *at, uint32_t v)
{
    put16(at, v);
    put16(at + 2, v >> 16);
}

/* The boot sector, told how long the loader is, and a partition over what is in use (type DAh: data
 * that is no file system) so that nobody takes the disk for empty. */
static void put_boot_sector(const char *path, uint32_t loader_sectors, uint32_t sectors)
{
    uint32_t size;
    unsigned char *data = slurp(path, &size);
    if (size != BOOT_SECTOR_SIZE || data[510] != 0x55 || data[511] != 0xaa)
        die(path, "is no boot sector: 512 bytes that end in 55 AA");
    put16(data + BOOT_COUNT_OFFSET, loader_sectors);
    unsigned char *entry = data + BOOT_PARTITION_OFFSET;
    entry[0] = 0x80;
    memcpy(entry + 1, "\0\2\0", 3);
    entry[4] = 0xda;
    memcpy(entry + 5, "\376\377\377", 3);
    put32(entry + 8, 1);
    put32(entry + 12, sectors - 1);
    put(0, data, BOOT_SECTOR_SIZE);
    free(data);
}

/* "FILE arguments": put the file at the sector and note it; the sector after it. */
static uint32_t put_file(struct boot_file *f, const char *text, uint32_t sector)
{
    size_t len = strcspn(text, " ");
    char *path = calloc(1, len + 1);
    if (!path)
        die(text, "no memory");
    memcpy(path, text, len);
    const char *slash = strrchr(path, '/');
    const char *command = text + (slash ? slash + 1 - path : 0);
    if (strlen(command) >= sizeof(f->command))
        die(command, "the command line is too long: 247 characters at most");
    unsigned char *data = slurp(path, &f->bytes);
    if (f->bytes == 0)
        die(path, "is empty");
    f->sector = sector;
    memcpy(f->command, command, strlen(command));
    put(sector, data, f->bytes);
    uint32_t next = sector + sectors_of(f->bytes);
    free(data);
    free(path);
    return next;
}

/* Zeros to the end of the last cylinder. */
static void put_rest(uint32_t sectors, uint32_t least)
{
    uint32_t all = sectors > least ? sectors : least;
    all = (all + CYLINDER - 1) / CYLINDER * CYLINDER;
    if (all > sectors)
        put(all - 1, "", 1);
}

static void put_sum(struct boot_table *t)
{
    uint32_t word, sum = 0;
    for (size_t i = 0; i < sizeof(*t); i += sizeof(word)) {
        memcpy(&word, (const char *)t + i, sizeof(word));
        sum += word;
    }
    t->head.sum = (uint32_t)-sum;
}

int main(int argc, char **argv)
{
    static struct boot_table table = {.head = {.magic = BOOT_MAGIC, .version = BOOT_VERSION}};
    uint32_t size, sector = BOOT_LOADER_SECTOR, least = 0;
    for (; argc > 2 && argv[1][0] == '-'; argv++, argc--) {
        if (strcmp(argv[1], "-screen") == 0) {
            table.head.flags = BOOT_FLAG_SCREEN;
        } else if (strcmp(argv[1], "-size") == 0) {
            unsigned long mib = strtoul(argv[2], NULL, 10);
            if (mib < 1 || mib > 1000)
                die(argv[2], "-size: from 1 to 1000 MiB");
            least = (uint32_t)mib * 2048;
            argv++;
            argc--;
        } else {
            argc = 0;
            break;
        }
    }
    if (argc < 5 || argc - 4 > BOOT_FILES) {
        fprintf(stderr,
                "usage: mkdisk [-screen] [-size MIB] OUT SECTOR LOADER KERNEL [MODULE...]\n");
        return 64;
    }
    out_path = argv[1];
    out = fopen(out_path, "wb");
    if (!out)
        die(out_path, "cannot be written");
    unsigned char *loader = slurp(argv[3], &size);
    if (size == 0 || size > LOADER_SIZE_MOST)
        die(argv[3], "is no loader: up to 32 KiB");
    table.head.loader_sectors = sectors_of(size);
    put(sector, loader, size);
    free(loader);
    sector += table.head.loader_sectors;
    for (int i = 4; i < argc; i++)
        sector = put_file(&table.file[table.head.files++], argv[i], sector);
    put_sum(&table);
    put(BOOT_TABLE_SECTOR, &table, sizeof(table));
    put_boot_sector(argv[2], table.head.loader_sectors, sector);
    put_rest(sector, least);
    if (fclose(out) != 0)
        die(out_path, "cannot be written");
    return 0;
}
