/*
 * elf.c - ELF executables: the file header, the program headers, the entry.
 *
 * System V ABI (gABI) chapters 4 and 5, and its i386 and x86-64 supplements.  A kernel is a static
 * executable of either class: ELF32 starts in protected mode, ELF64 in 64-bit mode.  Segments go
 * to their physical addresses (p_paddr).  Not our concern, hence accepted as they are: EI_OSABI,
 * EI_ABIVERSION, padding, p_flags, and the congruence of p_vaddr and p_offset, which matters only
 * to a loader that maps pages of the file.
 */
#include "loader/elf.h"

#include "loader/formats.h"

#include <inttypes.h>

/* Where a field lies in each class, and how wide it is. */
struct field {
    const char *name;
    uint8_t off32, size32;
    uint8_t off64, size64;
};

enum { E_TYPE, E_MACHINE, E_VERSION, E_ENTRY, E_PHOFF, E_SHOFF, E_FLAGS, E_EHSIZE };
enum { E_PHENTSIZE = E_EHSIZE + 1, E_PHNUM, E_SHENTSIZE, E_SHNUM, E_SHSTRNDX };
static const struct field file_field[] = {
    [E_TYPE] = {"e_type", 16, 2, 16, 2},           [E_MACHINE] = {"e_machine", 18, 2, 18, 2},
    [E_VERSION] = {"e_version", 20, 4, 20, 4},     [E_ENTRY] = {"e_entry", 24, 4, 24, 8},
    [E_PHOFF] = {"e_phoff", 28, 4, 32, 8},         [E_SHOFF] = {"e_shoff", 32, 4, 40, 8},
    [E_FLAGS] = {"e_flags", 36, 4, 48, 4},         [E_EHSIZE] = {"e_ehsize", 40, 2, 52, 2},
    [E_PHENTSIZE] = {"e_phentsize", 42, 2, 54, 2}, [E_PHNUM] = {"e_phnum", 44, 2, 56, 2},
    [E_SHENTSIZE] = {"e_shentsize", 46, 2, 58, 2}, [E_SHNUM] = {"e_shnum", 48, 2, 60, 2},
    [E_SHSTRNDX] = {"e_shstrndx", 50, 2, 62, 2},
};

enum { P_TYPE, P_OFFSET, P_VADDR, P_PADDR, P_FILESZ, P_MEMSZ, P_ALIGN };
static const struct field segment_field[] = {
    [P_TYPE] = {"p_type", 0, 4, 0, 4},       [P_OFFSET] = {"p_offset", 4, 4, 8, 8},
    [P_VADDR] = {"p_vaddr", 8, 4, 16, 8},    [P_PADDR] = {"p_paddr", 12, 4, 24, 8},
    [P_FILESZ] = {"p_filesz", 16, 4, 32, 8}, [P_MEMSZ] = {"p_memsz", 20, 4, 40, 8},
    [P_ALIGN] = {"p_align", 28, 4, 48, 8},
};

enum { SH_TYPE, SH_FLAGS, SH_ADDR, SH_OFFSET, SH_SIZE, SH_ALIGN };
static const struct field section_field[] = {
    [SH_TYPE] = {"sh_type", 4, 4, 4, 4},   [SH_FLAGS] = {"sh_flags", 8, 4, 8, 8},
    [SH_ADDR] = {"sh_addr", 12, 4, 16, 8}, [SH_OFFSET] = {"sh_offset", 16, 4, 24, 8},
    [SH_SIZE] = {"sh_size", 20, 4, 32, 8}, [SH_ALIGN] = {"sh_addralign", 32, 4, 48, 8},
};

enum { EHDR_SIZE32 = 52, EHDR_SIZE64 = 64, CLASS32 = 1, CLASS64 = 2 };
enum { ET_REL = 1, ET_EXEC = 2, ET_DYN = 3, ET_CORE = 4 };
enum { PT_LOAD = 1, PT_INTERP = 3 };
enum { PN_XNUM = 0xffff };

static uint64_t get(const uint8_t *at, const struct field *f, bool is64)
{
    return is64 ? lc_get(at + f->off64, f->size64) : lc_get(at + f->off32, f->size32);
}

static uint64_t get_file(const struct lc_load *l, unsigned field, bool is64)
{
    return get(l->r->data.data, &file_field[field], is64);
}

bool lc_elf_probe(const struct lc_blob *b)
{
    const uint8_t *ident = lc_blob_at(b, 0, 4);

    return ident && memcmp(ident,
                           "\x7f"
                           "ELF",
                           4) == 0;
}

/* e_ident: the magic number, and what the rest of the header is to be read as. */
static enum libcpu_err check_ident(struct lc_load *l, bool *is64)
{
    const struct lc_blob *b = &l->r->data;
    const uint8_t *ident = lc_blob_at(b, 0, 16);
    size_t size;

    if (!lc_elf_probe(b))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_ident: does not begin with 7f 45 4c 46");
    if (!ident)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "size 0x%zx: shorter than e_ident", b->size);
    if (ident[4] != CLASS32 && ident[4] != CLASS64)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "EI_CLASS %u: neither ELF32 nor ELF64", ident[4]);
    if (ident[5] != 1)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED, "EI_DATA %u: not little-endian", ident[5]);
    if (ident[6] != 1)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "EI_VERSION %u: must be 1", ident[6]);
    *is64 = ident[4] == CLASS64;
    size = *is64 ? EHDR_SIZE64 : EHDR_SIZE32;
    if (b->size < size)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "size 0x%zx: shorter than the file header (0x%zx)", b->size, size);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_type(struct lc_load *l, bool is64)
{
    const unsigned type = (unsigned)get_file(l, E_TYPE, is64);

    switch (type) {
    case ET_EXEC: return LIBCPU_ERR_OK;
    case ET_DYN:
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "e_type 3: position-independent (ET_DYN); link it to a fixed address");
    case ET_REL:
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "e_type 1: an object file (ET_REL), not linked yet");
    case ET_CORE: return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED, "e_type 4: a core dump (ET_CORE)");
    default: return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_type %u: not an executable (2)", type);
    }
}

/* Fields of the file header that can have one value only. */
static enum libcpu_err check_fixed(struct lc_load *l, bool is64)
{
    static const struct {
        unsigned field;
        unsigned want32, want64;
        enum libcpu_err code;
    } fixed[] = {
        {E_MACHINE, 3, 62, LIBCPU_ERR_UNSUPPORTED}, /* EM_386, EM_X86_64 */
        {E_VERSION, 1, 1, LIBCPU_ERR_FORMAT},
        {E_FLAGS, 0, 0, LIBCPU_ERR_FORMAT}, /* x86 defines none */
        {E_EHSIZE, EHDR_SIZE32, EHDR_SIZE64, LIBCPU_ERR_FORMAT},
        {E_PHENTSIZE, 32, 56, LIBCPU_ERR_FORMAT},
    };

    for (size_t i = 0; i < LC_ARRAY_LEN(fixed); i++) {
        const unsigned want = is64 ? fixed[i].want64 : fixed[i].want32;
        const unsigned got = (unsigned)get_file(l, fixed[i].field, is64);

        if (got != want)
            return lc_load_fail(l, fixed[i].code, "%s 0x%x: must be 0x%x in an ELF%d file for x86",
                                file_field[fixed[i].field].name, got, want, is64 ? 64 : 32);
    }
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_table(struct lc_load *l, const char *field, uint64_t off,
                                   unsigned count, unsigned size)
{
    const uint64_t bytes = (uint64_t)count * size;

    if (lc_inside(off, bytes, l->r->data.size))
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                        "%s 0x%" PRIx64 ": %u entries of 0x%x end past the end of the file (0x%zx)",
                        field, off, count, size, l->r->data.size);
}

static enum libcpu_err check_program_table(struct lc_load *l, const struct lc_elf *elf)
{
    if (!elf->phnum)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_phnum 0: nothing to load");
    if (elf->phnum == PN_XNUM)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "e_phnum 0xffff: extended numbering is not supported");
    return check_table(l, "e_phoff", elf->phoff, elf->phnum, elf->phentsize);
}

/* Sections are not needed to run, but what the header says about them must be true. */
static enum libcpu_err check_section_table(struct lc_load *l, const struct lc_elf *elf)
{
    const unsigned want = elf->is64 ? 64 : 40;

    if (!elf->shnum)
        return LIBCPU_ERR_OK;
    if (!elf->shoff)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_shoff 0: but e_shnum is %u", elf->shnum);
    if (elf->shentsize != want)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_shentsize 0x%x: must be 0x%x", elf->shentsize,
                            want);
    if (elf->shstrndx >= elf->shnum)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "e_shstrndx %u: there are %u sections",
                            elf->shstrndx, elf->shnum);
    return check_table(l, "e_shoff", elf->shoff, elf->shnum, elf->shentsize);
}

enum libcpu_err lc_elf_open(struct lc_load *l, struct lc_elf *elf)
{
    bool is64 = false;
    enum libcpu_err err = check_ident(l, &is64);

    if (!err)
        err = check_type(l, is64);
    if (!err)
        err = check_fixed(l, is64);
    if (err)
        return err;
    *elf = (struct lc_elf){
        .is64 = is64,
        .entry = get_file(l, E_ENTRY, is64),
        .phoff = get_file(l, E_PHOFF, is64),
        .shoff = get_file(l, E_SHOFF, is64),
        .phnum = (unsigned)get_file(l, E_PHNUM, is64),
        .shnum = (unsigned)get_file(l, E_SHNUM, is64),
        .shstrndx = (unsigned)get_file(l, E_SHSTRNDX, is64),
        .phentsize = (unsigned)get_file(l, E_PHENTSIZE, is64),
        .shentsize = (unsigned)get_file(l, E_SHENTSIZE, is64),
        .limit = is64 ? UINT64_MAX : LC_4GIB,
    };
    err = check_program_table(l, elf);
    return err ? err : check_section_table(l, elf);
}

static struct lc_elf_segment segment(const struct lc_load *l, const struct lc_elf *elf, unsigned i)
{
    const uint8_t *at = l->r->data.data + elf->phoff + (uint64_t)i * elf->phentsize;

    return (struct lc_elf_segment){
        .type = (uint32_t)get(at, &segment_field[P_TYPE], elf->is64),
        .offset = get(at, &segment_field[P_OFFSET], elf->is64),
        .vaddr = get(at, &segment_field[P_VADDR], elf->is64),
        .paddr = get(at, &segment_field[P_PADDR], elf->is64),
        .filesz = get(at, &segment_field[P_FILESZ], elf->is64),
        .memsz = get(at, &segment_field[P_MEMSZ], elf->is64),
        .align = get(at, &segment_field[P_ALIGN], elf->is64),
    };
}

/* The range of one address field: must not wrap, and end at or below `limit`. */
static enum libcpu_err check_range(struct lc_load *l, unsigned i, const char *field, uint64_t addr,
                                   uint64_t len, uint64_t limit)
{
    if (lc_inside(addr, len, limit))
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_RANGE,
                        "program header %u: %s 0x%" PRIx64 " + p_memsz 0x%" PRIx64
                        " ends above 0x%" PRIx64,
                        i, field, addr, len, limit);
}

static enum libcpu_err check_segment(struct lc_load *l, const struct lc_elf *elf, unsigned i,
                                     const struct lc_elf_segment *s)
{
    enum libcpu_err err;

    if (s->filesz > s->memsz)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "program header %u: p_filesz 0x%" PRIx64
                            " is larger than p_memsz 0x%" PRIx64,
                            i, s->filesz, s->memsz);
    if (!lc_inside(s->offset, s->filesz, l->r->data.size))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "program header %u: p_offset 0x%" PRIx64 " + p_filesz 0x%" PRIx64
                            " is past the end of the file (0x%zx)",
                            i, s->offset, s->filesz, l->r->data.size);
    if (s->align & (s->align - 1))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "program header %u: p_align 0x%" PRIx64 " is no power of two", i,
                            s->align);
    err = check_range(l, i, "p_vaddr", s->vaddr, s->memsz, elf->is64 ? UINT64_MAX : LC_4GIB);
    return err ? err : check_range(l, i, "p_paddr", s->paddr, s->memsz, elf->limit);
}

static enum libcpu_err add_segment(struct lc_load *l, const struct lc_elf *elf, unsigned i)
{
    const struct lc_elf_segment s = segment(l, elf, i);
    enum libcpu_err err;

    if (s.type == PT_INTERP)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "program header %u: p_type 3 (PT_INTERP): not a static executable", i);
    if (s.type != PT_LOAD)
        return LIBCPU_ERR_OK;
    err = check_segment(l, elf, i, &s);
    if (err || !s.memsz)
        return err;
    return lc_load_add(l, &(struct lc_piece){s.paddr, s.memsz, l->r->data.data + s.offset, s.filesz,
                                             "program header", (int)i});
}

enum libcpu_err lc_elf_add_segments(struct lc_load *l, const struct lc_elf *elf)
{
    for (unsigned i = 0; i < elf->phnum; i++) {
        const enum libcpu_err err = add_segment(l, elf, i);

        if (err)
            return err;
    }
    if (!l->count)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "e_phnum %u: no program header has anything to load", elf->phnum);
    return LIBCPU_ERR_OK;
}

/* Is the entry an address of a segment's file bytes: a physical one, or else a virtual one? */
static bool find_entry(struct lc_load *l, const struct lc_elf *elf, bool is_virtual,
                       uint64_t *entry)
{
    for (unsigned i = 0; i < elf->phnum; i++) {
        const struct lc_elf_segment s = segment(l, elf, i);
        const uint64_t offset = elf->entry - (is_virtual ? s.vaddr : s.paddr);

        if (s.type == PT_LOAD && offset < s.filesz) {
            *entry = s.paddr + offset;
            return true;
        }
    }
    return false;
}

enum libcpu_err lc_elf_entry(struct lc_load *l, const struct lc_elf *elf, uint64_t *entry)
{
    if (!find_entry(l, elf, false, entry) && !find_entry(l, elf, true, entry))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "e_entry 0x%" PRIx64 ": in no segment's file bytes", elf->entry);
    if (*entry >= LC_4GIB)
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "e_entry 0x%" PRIx64 ": its physical address 0x%" PRIx64
                            " is above 4 GiB",
                            elf->entry, *entry);
    return LIBCPU_ERR_OK;
}

struct lc_elf_section lc_elf_section(const struct lc_load *l, const struct lc_elf *elf, unsigned i)
{
    const uint8_t *at = l->r->data.data + elf->shoff + (uint64_t)i * elf->shentsize;

    return (struct lc_elf_section){
        .type = (uint32_t)get(at, &section_field[SH_TYPE], elf->is64),
        .flags = get(at, &section_field[SH_FLAGS], elf->is64),
        .addr = get(at, &section_field[SH_ADDR], elf->is64),
        .offset = get(at, &section_field[SH_OFFSET], elf->is64),
        .size = get(at, &section_field[SH_SIZE], elf->is64),
        .align = get(at, &section_field[SH_ALIGN], elf->is64),
    };
}

void lc_elf_put_section_addr(const struct lc_elf *elf, uint8_t *header, uint64_t addr)
{
    const struct field *f = &section_field[SH_ADDR];

    lc_put(header + (elf->is64 ? f->off64 : f->off32), addr, elf->is64 ? f->size64 : f->size32);
}

enum libcpu_err lc_elf_load(struct lc_load *l)
{
    struct lc_elf elf;
    enum libcpu_err err = lc_elf_open(l, &elf);

    if (!err)
        err = lc_elf_add_segments(l, &elf);
    if (!err)
        err = lc_elf_entry(l, &elf, &l->boot.rip);
    if (err)
        return err;
    l->boot.mode = elf.is64 ? LC_BOOT_LONG64 : LC_BOOT_PROT32;
    return elf.is64 ? lc_identity_tables(l) : LIBCPU_ERR_OK;
}
