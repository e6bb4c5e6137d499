/*
 * archive.c: a read-only set of files: a cpio archive in the "newc" format, as Linux's initramfs.
 * The one built into the kernel is used unless the boot loader gives another as its first module.
 *
 * A member is a header of 110 characters (magic, then fields of eight hexadecimal digits), the name
 * with a final zero, and the data, both padded to a multiple of four.
 */
#include "boot.h"
#include "files.h"
#include "memory.h"
#include "string.h"

#define HEADER_SIZE 110u
enum field { MODE = 1, FILE_SIZE = 6, NAME_SIZE_FIELD = 11 };

extern const uint8_t archive_start[], archive_end[]; /* archive.S */

static const uint8_t *archive;
static size_t archive_size;

struct member {
    const char *name;
    struct file file;
    size_t next; /* position of the next member */
};

bool archive_is_module(void)
{
    return boot_facts.module.end > boot_facts.module.start;
}

void archive_init(void)
{
    archive = archive_start;
    archive_size = (size_t)(archive_end - archive_start);
    if (archive_is_module()) {
        archive = direct(boot_facts.module.start);
        archive_size = boot_facts.module.end - boot_facts.module.start;
    }
}

static uint32_t hex_field(const uint8_t *header, enum field field)
{
    const uint8_t *digits = header + 6 + 8 * (unsigned int)field;
    uint32_t value = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t c = digits[i] | 0x20; /* digits keep that bit, letters become small */
        value = value << 4 | (uint32_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    return value;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Reads the member at a position; false at the end, or where the archive is broken. */
static bool read_member(size_t at, struct member *member)
{
    const uint8_t *header = archive + at;
    if (at + HEADER_SIZE > archive_size || memcmp(header, "070701", 6) != 0)
        return false;
    size_t name_size = hex_field(header, NAME_SIZE_FIELD);
    size_t data_at = align4(at + HEADER_SIZE + name_size);
    member->file.size = hex_field(header, FILE_SIZE);
    member->file.mode = hex_field(header, MODE);
    if (name_size == 0 || data_at + member->file.size > archive_size)
        return false;
    member->name = (const char *)header + HEADER_SIZE;
    member->file.data = archive + data_at;
    member->next = align4(data_at + member->file.size);
    return member->name[name_size - 1] == '\0' && strcmp(member->name, "TRAILER!!!") != 0;
}

size_t archive_count(void)
{
    struct member member;
    size_t n = 0;
    for (size_t at = 0; read_member(at, &member); at = member.next)
        n++;
    return n;
}

int archive_find(const char *path, struct file *file)
{
    struct member member;
    while (*path == '/')
        path++;
    for (size_t at = 0; read_member(at, &member); at = member.next) {
        if (strcmp(member.name, path) == 0) {
            *file = member.file;
            return 0;
        }
    }
    return -ENOENT;
}
