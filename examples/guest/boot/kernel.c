/*
 * kernel.c: a Multiboot kernel from the disk to memory (Multiboot specification 0.6.96,
 * section 3.1; ELF for 32 bits). Segments are read from the disk straight to where they belong.
 */
#include "loader.h"

enum { SEARCH = 8192, MAX_SEGMENTS = 32, PT_LOAD = 1, EM_386 = 3 };
enum { FLAG_ADDRESSES = 1 << 16, FLAGS_KNOWN = 0x3 /* aligned modules, memory */ };
#define HEADER_MAGIC 0x1badb002u
#define ELF_MAGIC    0x464c457fu

struct header {
    uint32_t magic, flags, checksum;
    uint32_t header_at, load_at, load_end, bss_end, entry;
};

struct elf {
    uint32_t magic;
    uint8_t class, data, version, unused[9];
    uint16_t type, machine;
    uint32_t version2, entry, segments_at, sections_at, flags;
    uint16_t size, segment_size, segments;
};

struct segment {
    uint32_t type, offset, linear, physical, file_size, memory_size, flags, align;
};

static uint8_t head[SEARCH] __attribute__((aligned(4)));

/* The Multiboot header, and where it is in the file. */
static const struct header *find_header(uint32_t size, uint32_t *at)
{
    for (*at = 0; *at + 12 <= size; *at += 4) {
        const struct header *h = (const struct header *)(head + *at);
        if (h->magic != HEADER_MAGIC || h->magic + h->flags + h->checksum != 0)
            continue;
        if (h->flags & 0xffff & ~(uint32_t)FLAGS_KNOWN)
            fail("the kernel asks for what this loader has not, Multiboot flags", h->flags);
        return h;
    }
    fail("the kernel has no Multiboot header in its first bytes", size);
}

/* Bytes of the file to memory, and zeros behind them. */
static void place(const struct boot_file *f, uint32_t offset, uint32_t to, uint32_t bytes,
                  uint32_t memory)
{
    if (offset > f->bytes || bytes > f->bytes - offset)
        fail("the kernel's file is too short for its segment at", offset);
    if (memory < bytes)
        fail("a segment of the kernel is larger in the file than in memory", bytes);
    take_at(to, memory, "a segment of the kernel");
    disk_read(f->sector, offset, (void *)to, bytes);
    memset((uint8_t *)to + bytes, 0, memory - bytes);
}

static uint32_t load_by_header(const struct boot_file *f, const struct header *h, uint32_t at)
{
    uint32_t before = h->header_at - h->load_at;
    if (h->load_at > h->header_at || before > at || (h->load_end && h->load_end < h->load_at))
        fail("the kernel's Multiboot header has a load address of", h->load_at);
    uint32_t offset = at - before;
    uint32_t bytes = h->load_end ? h->load_end - h->load_at : f->bytes - offset;
    uint32_t memory = h->bss_end > h->load_at + bytes ? h->bss_end - h->load_at : bytes;
    place(f, offset, h->load_at, bytes, memory);
    return h->entry;
}

static uint32_t load_elf(const struct boot_file *f)
{
    static struct segment segments[MAX_SEGMENTS];
    const struct elf *e = (const struct elf *)head;
    if (e->magic != ELF_MAGIC || e->class != 1 || e->machine != EM_386)
        fail("the kernel is no ELF file for 32 bits; its first word is", e->magic);
    uint32_t count = e->segments, size = count * sizeof(struct segment);
    if (count == 0 || count > MAX_SEGMENTS || e->segment_size != sizeof(struct segment))
        fail("the number of the kernel's segments", count);
    if (e->segments_at > f->bytes || size > f->bytes - e->segments_at)
        fail("the kernel's segments are not in its file, but at", e->segments_at);
    disk_read(f->sector, e->segments_at, segments, size);
    for (uint32_t i = 0; i < count; i++) {
        const struct segment *s = &segments[i];
        if (s->type == PT_LOAD && s->memory_size)
            place(f, s->offset, s->physical, s->file_size, s->memory_size);
    }
    return e->entry;
}

uint32_t load_kernel(const struct boot_file *file)
{
    uint32_t at, size = file->bytes < SEARCH ? file->bytes : SEARCH;
    disk_read(file->sector, 0, head, size);
    const struct header *h = find_header(size, &at);
    if (h->flags & FLAG_ADDRESSES)
        return load_by_header(file, h, at);
    return load_elf(file);
}
