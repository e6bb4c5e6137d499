/*
 * ld.c: /lib/ld-guest.so, the ELF interpreter of dynamic programs. The kernel maps the program and
 * this file, and starts this file; it maps the shared objects that the program needs, fills in the
 * addresses that could not be known before (relocation), and jumps to the program.
 *
 * It is a shared object without relocations of its own: nobody could make them. So it calls no
 * library, and its data holds no pointers. (System V ABI, chapter 5, "Dynamic Linking"; AMD64
 * supplement, "Relocation Types".)
 */
#include "linux.h"
#include "numbers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_PHDR = 6, PF_X = 1, PF_W = 2, PF_R = 4 };
enum { DT_NEEDED = 1, DT_PLTRELSZ, DT_HASH = 4, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ };
enum { DT_JMPREL = 23 };
enum { R_64 = 1, R_GLOB_DAT = 6, R_JUMP_SLOT = 7, R_RELATIVE = 8 };

#define PAGE        4096u
#define OBJECTS_MAX 8
#define HEADERS_MAX 16

struct header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

struct relocation {
    uint64_t offset, info, addend;
};

struct object {
    uint64_t base;
    const uint64_t *dynamic; /* pairs of a key and a value */
};

static struct object objects[OBJECTS_MAX]; /* the program is the first */
static unsigned int object_count;

uint64_t link_program(const uint64_t *stack) __attribute__((visibility("hidden")));

/* ---- what a library would have ---- */

static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                    uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    int64_t answer;
    __asm__ volatile("syscall"
                     : "=a"(answer)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return answer;
}

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0')
        n++;
    return n;
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static void say(const char *text)
{
    call(NR_WRITE, 2, (uint64_t)text, length(text), 0, 0, 0);
}

static _Noreturn void give_up(const char *what, const char *name)
{
    say("ld-guest: ");
    say(what);
    say(" ");
    say(name);
    say("\n");
    for (;;)
        call(NR_EXIT_GROUP, 127, 0, 0, 0, 0, 0);
}

static uint64_t page_down(uint64_t at)
{
    return at & ~(uint64_t)(PAGE - 1);
}

/* ---- mapping a shared object ---- */

static uint64_t map(uint64_t at, uint64_t size, uint64_t rights, uint64_t flags, int file,
                    uint64_t offset)
{
    int64_t mapped = call(NR_MMAP, at, size, rights, flags, (uint64_t)file, offset);
    if (mapped < 0)
        give_up("no memory for", "a shared object");
    return (uint64_t)mapped;
}

/* The file's part, zeroes up to the end of its last page, and zeroes for the rest. */
static void map_segment(uint64_t base, const struct segment *s, int file)
{
    uint64_t rights = (s->flags & PF_R ? PROT_READ : 0u) | (s->flags & PF_W ? PROT_WRITE : 0u) |
                      (s->flags & PF_X ? PROT_EXEC : 0u);
    uint64_t start = page_down(base + s->vaddr), end = base + s->vaddr + s->memsz;
    uint64_t file_end = base + s->vaddr + s->filesz;
    uint64_t mapped_end = page_down(file_end + PAGE - 1);
    map(start, file_end - start, rights, MAP_PRIVATE | MAP_FIXED, file, page_down(s->offset));
    if (s->flags & PF_W) {
        for (uint64_t at = file_end; at < mapped_end; at++)
            *(volatile char *)at = 0;
    }
    if (end > mapped_end)
        map(mapped_end, end - mapped_end, rights, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
}

static void add_object(uint64_t base, const struct segment *segments, unsigned int count)
{
    struct object *object = &objects[object_count++];
    object->base = base;
    for (unsigned int i = 0; i < count; i++) {
        if (segments[i].type == PT_DYNAMIC)
            object->dynamic = (const uint64_t *)(base + segments[i].vaddr);
    }
}

static void load(const char *name)
{
    char path[128] = "/lib/";
    struct header header;
    struct segment segments[HEADERS_MAX];
    size_t n = length(name);
    if (n + 6 > sizeof(path) || object_count == OBJECTS_MAX)
        give_up("too much for me:", name);
    for (size_t i = 0; i <= n; i++)
        path[5 + i] = name[i];
    int file = (int)call(NR_OPEN, (uint64_t)path, O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
    if (file < 0)
        give_up("cannot open", path);
    if (call(NR_READ, (uint64_t)file, (uint64_t)&header, sizeof(header), 0, 0, 0) !=
            sizeof(header) ||
        header.phnum > HEADERS_MAX ||
        call(NR_PREAD64, (uint64_t)file, (uint64_t)segments, header.phnum * sizeof(segments[0]),
             header.phoff, 0, 0) < 0)
        give_up("cannot read", path);
    uint64_t end = 0;
    for (unsigned int i = 0; i < header.phnum; i++) {
        if (segments[i].type == PT_LOAD && segments[i].vaddr + segments[i].memsz > end)
            end = segments[i].vaddr + segments[i].memsz;
    }
    uint64_t base = map(0, end, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* a place for all of it */
    for (unsigned int i = 0; i < header.phnum; i++) {
        if (segments[i].type == PT_LOAD)
            map_segment(base, &segments[i], file);
    }
    call(NR_CLOSE, (uint64_t)file, 0, 0, 0, 0, 0);
    add_object(base, segments, header.phnum);
}

/* ---- the dynamic section ---- */

static uint64_t value_of(const struct object *object, uint64_t key)
{
    for (const uint64_t *pair = object->dynamic; pair[0] != 0; pair += 2) {
        if (pair[0] == key)
            return pair[1];
    }
    return 0;
}

static const void *table(const struct object *object, uint64_t key)
{
    uint64_t value = value_of(object, key);
    return value != 0 ? (const void *)(object->base + value) : NULL;
}

static void load_needed(const struct object *object)
{
    const char *strings = table(object, DT_STRTAB);
    for (const uint64_t *pair = object->dynamic; pair[0] != 0; pair += 2) {
        if (pair[0] == DT_NEEDED)
            load(strings + pair[1]);
    }
}

/* The first object that defines it, the program before all others. */
static uint64_t find(const char *name)
{
    for (unsigned int n = 0; n < object_count; n++) {
        const struct symbol *symbols = table(&objects[n], DT_SYMTAB);
        const char *strings = table(&objects[n], DT_STRTAB);
        const uint32_t *hash = table(&objects[n], DT_HASH);
        for (uint32_t i = 1; hash != NULL && i < hash[1]; i++) { /* the number of symbols */
            if (symbols[i].section != 0 && same(strings + symbols[i].name, name))
                return objects[n].base + symbols[i].value;
        }
    }
    give_up("nobody has", name);
}

static void relocate(const struct object *object, uint64_t key, uint64_t size_key)
{
    const struct symbol *symbols = table(object, DT_SYMTAB);
    const char *strings = table(object, DT_STRTAB);
    const struct relocation *r = table(object, key);
    for (uint64_t n = value_of(object, size_key) / sizeof(*r); n > 0; n--, r++) {
        uint64_t *where = (uint64_t *)(object->base + r->offset);
        const char *name = strings + symbols[r->info >> 32].name;
        switch ((uint32_t)r->info) {
        case R_RELATIVE: *where = object->base + r->addend; break;
        case R_64: *where = find(name) + r->addend; break;
        case R_GLOB_DAT:
        case R_JUMP_SLOT: *where = find(name); break;
        default: give_up("a relocation that I do not know for", name);
        }
    }
}

/* ---- all together ---- */

static uint64_t auxiliary(const uint64_t *stack, uint64_t key)
{
    const uint64_t *at = stack + 1 + stack[0] + 1; /* behind argc, argv and its end */
    while (*at != 0)
        at++;
    for (at++; at[0] != AT_NULL; at += 2) {
        if (at[0] == key)
            return at[1];
    }
    return 0;
}

/* Returns where the program begins. */
uint64_t link_program(const uint64_t *stack)
{
    const struct segment *segments = (const struct segment *)auxiliary(stack, AT_PHDR);
    unsigned int count = (unsigned int)auxiliary(stack, AT_PHNUM);
    uint64_t base = 0;
    for (unsigned int i = 0; i < count; i++) {
        if (segments[i].type == PT_PHDR)
            base = (uint64_t)segments - segments[i].vaddr;
    }
    if (base == 0)
        give_up("nothing to link:", "start the program, not me");
    add_object(base, segments, count);
    for (unsigned int i = 0; i < object_count; i++)
        load_needed(&objects[i]);
    for (unsigned int i = 0; i < object_count; i++) {
        relocate(&objects[i], DT_RELA, DT_RELASZ);
        relocate(&objects[i], DT_JMPREL, DT_PLTRELSZ);
    }
    return auxiliary(stack, AT_ENTRY);
}
