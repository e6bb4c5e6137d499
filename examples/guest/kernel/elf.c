/*
 * elf.c: loads a statically linked ELF64 program. Each PT_LOAD segment becomes pages with the
 * segment's rights: what is written is not executed, and what is executed is not written. Nothing
 * in the file is trusted. (System V ABI, chapter 5; AMD64 supplement.)
 */
#include "files.h"
#include "memory.h"
#include "string.h"

struct header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_at, sections_at;
    uint32_t flags;
    uint16_t header_size, segment_size, segments;
    uint16_t section_size, sections, names;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, align;
};
_Static_assert(sizeof(struct header) == 64 && sizeof(struct segment) == 56, "the file's format");

enum { CLASS64 = 2, LITTLE_ENDIAN_DATA = 1, EXECUTABLE = 2, MACHINE_X86_64 = 62 };
enum { PT_LOAD = 1, PT_INTERP = 3 };
enum { EXECUTE = 1, WRITE = 2 };

#define LOWEST_ADDRESS  0x10000u
#define HIGHEST_ADDRESS 0x0000700000000000u

/* What is wrong with the header, or NULL. */
static const char *header_fault(const struct file *file, const struct header *h)
{
    if (file->size < sizeof(*h) || memcmp(h->ident, "\177ELF", 4) != 0)
        return "not an ELF file";
    if (h->ident[4] != CLASS64 || h->ident[5] != LITTLE_ENDIAN_DATA)
        return "not a 64-bit little-endian file";
    if (h->machine != MACHINE_X86_64)
        return "for another machine";
    if (h->type != EXECUTABLE)
        return "not an executable";
    if (h->entry < LOWEST_ADDRESS || h->entry > HIGHEST_ADDRESS)
        return "entry point outside user space";
    if (h->segment_size != sizeof(struct segment) || h->segments == 0 ||
        h->segments_at > file->size ||
        h->segments * sizeof(struct segment) > file->size - h->segments_at)
        return "program headers outside the file";
    return NULL;
}

static const char *segment_fault(const struct file *file, const struct segment *s)
{
    if (s->type == PT_INTERP)
        return "needs a dynamic linker";
    if (s->type != PT_LOAD)
        return NULL;
    if (s->offset > file->size || s->file_size > file->size - s->offset)
        return "segment outside the file";
    if (s->file_size > s->memory_size)
        return "segment larger in the file than in memory";
    if (s->address < LOWEST_ADDRESS || s->address > HIGHEST_ADDRESS ||
        s->memory_size > HIGHEST_ADDRESS - s->address)
        return "segment outside user space";
    if ((s->flags & (EXECUTE | WRITE)) == (EXECUTE | WRITE))
        return "segment both writable and executable";
    return NULL;
}

static int load_segment(const struct file *file, uint64_t cr3, const struct segment *s)
{
    uint64_t flags = (s->flags & WRITE ? PTE_WRITABLE : 0) | (s->flags & EXECUTE ? 0 : PTE_NX);
    uint64_t start = page_down(s->address), end = page_up(s->address + s->memory_size);
    int error = space_fill(cr3, start, end, flags);
    if (error == 0)
        error = space_write(cr3, s->address, file->data + s->offset, (size_t)s->file_size);
    return error;
}

static void note_segment(struct program *program, const struct header *h, const struct segment *s)
{
    if (s->address + s->memory_size > program->end)
        program->end = s->address + s->memory_size;
    if (h->segments_at >= s->offset && h->segments_at - s->offset < s->file_size)
        program->headers = s->address + (h->segments_at - s->offset);
}

int elf_load(const struct file *file, uint64_t cr3, struct program *program, const char **reason)
{
    struct header header;
    memcpy(&header, file->data, file->size < sizeof(header) ? file->size : sizeof(header));
    *reason = header_fault(file, &header);
    if (*reason != NULL)
        return -ENOEXEC;
    *program = (struct program){.entry = header.entry, .header_count = header.segments};
    for (unsigned int i = 0; i < header.segments; i++) {
        struct segment segment;
        memcpy(&segment, file->data + header.segments_at + i * sizeof(segment), sizeof(segment));
        *reason = segment_fault(file, &segment);
        if (*reason != NULL)
            return -ENOEXEC;
        if (segment.type != PT_LOAD)
            continue;
        int error = load_segment(file, cr3, &segment);
        if (error != 0) {
            *reason = error == -ENOMEM ? "no memory" : "segments overlap";
            return error == -ENOMEM ? -ENOMEM : -ENOEXEC;
        }
        note_segment(program, &header, &segment);
    }
    return 0;
}
