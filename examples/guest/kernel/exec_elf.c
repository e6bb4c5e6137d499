/*
 * exec_elf.c: ELF files for x86-64. Each PT_LOAD becomes a range of the new address space, to be
 * filled when it is touched; what is longer in memory than in the file is zeroes (.bss). A program
 * with PT_INTERP is dynamic: its interpreter, which is another ELF file, is mapped as well and gets
 * the processor first; the auxiliary vector tells it where the program is. (System V ABI, "Program
 * Loading"; AMD64 supplement, "Process Initialization".)
 */
#include "exec.h"

#include "cpu.h"
#include "string.h"
#include "vdso.h"

enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62, PT_LOAD = 1, PT_INTERP = 3, PT_PHDR = 6 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };

#define PIE_BASE      0x555555554000u /* where programs that can lie anywhere lie */
#define HEADERS_MAX   64u
#define AUX_PAIRS_MAX 20u

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* One ELF file: the program, or its interpreter. */
struct elf {
    struct inode *inode;
    struct elf_header header;
    struct program_header *segments;
    uint64_t base; /* added to all its addresses */
    uint64_t end;  /* of the highest segment */
    uint64_t headers_at;
};

static bool good_header(const struct elf_header *h)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little-endian */, 1};
    return memcmp(h->ident, ident, sizeof(ident)) == 0 && h->machine == EM_X86_64 &&
           (h->type == ET_EXEC || h->type == ET_DYN) &&
           h->phentsize == sizeof(struct program_header) && h->phnum > 0 && h->phnum <= HEADERS_MAX;
}

static bool good_segment(const struct elf *elf, const struct program_header *s)
{
    return s->filesz <= s->memsz && s->offset % PAGE_SIZE == s->vaddr % PAGE_SIZE &&
           s->vaddr < USER_TOP && s->memsz < USER_TOP - s->vaddr && s->offset <= elf->inode->size &&
           s->filesz <= elf->inode->size - s->offset;
}

/* Checks the whole file's claims before anything of the old program is touched. */
static int read_elf(struct elf *elf, struct inode *inode, const char *start)
{
    elf->inode = inode;
    memcpy(&elf->header, start, sizeof(elf->header));
    if (!good_header(&elf->header))
        return -ENOEXEC;
    size_t size = elf->header.phnum * sizeof(struct program_header);
    elf->segments = kmalloc(size);
    if (elf->segments == NULL)
        return -ENOMEM;
    int64_t n = cache_read_kernel(inode, elf->segments, size, elf->header.phoff);
    if (n != (int64_t)size)
        return n < 0 ? (int)n : -ENOEXEC;
    bool any = false;
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct program_header *s = &elf->segments[i];
        if (s->type != PT_LOAD)
            continue;
        if (!good_segment(elf, s))
            return -ENOEXEC;
        any = true;
    }
    return any ? 0 : -ENOEXEC;
}

static uint32_t rights(const struct program_header *s)
{
    return (s->flags & PF_R ? PROT_READ : 0u) | (s->flags & PF_W ? PROT_WRITE : 0u) |
           (s->flags & PF_X ? PROT_EXEC : 0u);
}

static int map_segment(struct mm *mm, struct elf *elf, const struct program_header *s)
{
    uint64_t at = elf->base + s->vaddr;
    struct vma like = {.prot = rights(s), .flags = MAP_PRIVATE | MAP_FIXED};
    if (s->memsz == 0)
        return 0;
    if (at + s->memsz > USER_TOP - STACK_VISIBLE)
        return -ENOEXEC;
    if (s->filesz > 0) {
        like.inode = elf->inode;
        like.offset = page_down(s->offset);
        if (s->memsz > s->filesz)
            like.file_end = at + s->filesz;
    }
    int64_t mapped = mm_map(mm, page_down(at), page_up(at + s->memsz) - page_down(at), like);
    if (at + s->memsz > elf->end)
        elf->end = at + s->memsz;
    if (elf->header.phoff >= s->offset && elf->header.phoff < s->offset + s->filesz)
        elf->headers_at = at + elf->header.phoff - s->offset;
    return mapped < 0 ? (int)mapped : 0;
}

static int map_elf(struct mm *mm, struct elf *elf)
{
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct program_header *s = &elf->segments[i];
        int error = s->type == PT_LOAD ? map_segment(mm, elf, s) : 0;
        if (error != 0)
            return error;
    }
    return elf->base + elf->header.entry < USER_TOP ? 0 : -ENOEXEC;
}

/* Room for all of the interpreter at once; the hole is then filled segment by segment. */
static int place_interpreter(struct mm *mm, struct elf *elf)
{
    uint64_t low = USER_TOP, high = 0;
    for (unsigned int i = 0; i < elf->header.phnum; i++) {
        const struct program_header *s = &elf->segments[i];
        if (s->type != PT_LOAD)
            continue;
        low = s->vaddr < low ? s->vaddr : low;
        high = s->vaddr + s->memsz > high ? s->vaddr + s->memsz : high;
    }
    if (elf->header.type == ET_EXEC)
        return map_elf(mm, elf);
    struct vma hole = {.flags = MAP_PRIVATE};
    int64_t at = mm_map(mm, 0, page_up(high) - page_down(low), hole);
    if (at < 0)
        return (int)at;
    elf->base = (uint64_t)at - page_down(low);
    mm_unmap(mm, (uint64_t)at, (uint64_t)at + page_up(high) - page_down(low));
    return map_elf(mm, elf);
}

/* ---- the interpreter ---- */

static int open_interpreter(struct program *p, const struct elf *main, struct elf *interpreter)
{
    char path[256] = {0}, start[sizeof(struct elf_header)];
    const struct program_header *s = main->segments;
    while (s < main->segments + main->header.phnum && s->type != PT_INTERP)
        s++;
    if (s == main->segments + main->header.phnum)
        return 0;
    if (s->filesz < 2 || s->filesz > sizeof(path) ||
        cache_read_kernel(p->inode, path, s->filesz, s->offset) != (int64_t)s->filesz ||
        path[s->filesz - 1] != '\0')
        return -ENOEXEC;
    struct inode *inode;
    int error = path_lookup(AT_FDCWD, path, true, &inode);
    if (error != 0)
        return error;
    interpreter->inode = inode; /* read_elf repeats it; the caller puts it back */
    if (cache_read_kernel(inode, start, sizeof(start), 0) != sizeof(start))
        return -ELIBBAD;
    error = read_elf(interpreter, inode, start);
    return error == -ENOEXEC ? -ELIBBAD : error;
}

/* ---- the first stack ---- */

/* Not a secret here: runs shall repeat. C libraries seed their stack guards with it. */
static void fill_random(uint64_t bytes[2])
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    for (int i = 0; i < 2; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = state;
    }
}

struct writer {
    uint64_t at;
    int error;
};

static void put(struct writer *w, uint64_t value)
{
    if (w->error == 0)
        w->error = copy_to_user(w->at, &value, sizeof(value));
    w->at += sizeof(value);
}

/* Pointers to strings that lie one behind the other; the address behind the last. */
static uint64_t put_pointers(struct writer *w, uint64_t string, uint64_t count)
{
    for (uint64_t i = 0; i < count && w->error == 0; i++) {
        char piece[64];
        put(w, string);
        int64_t length;
        while ((length = copy_string_from_user(piece, string, sizeof(piece))) == -ENAMETOOLONG)
            string += sizeof(piece);
        if (length < 0)
            w->error = (int)length;
        string += (uint64_t)length + 1;
    }
    put(w, 0);
    return string;
}

static void put_pair(struct writer *w, uint64_t key, uint64_t value)
{
    put(w, key);
    put(w, value);
}

static void put_auxiliary(struct writer *w, const struct elf *main, const struct elf *interpreter,
                          uint64_t vdso, uint64_t file_name, uint64_t random)
{
    put_pair(w, AT_SYSINFO_EHDR, vdso);
    put_pair(w, AT_HWCAP, cpu_features.leaf1_edx);
    put_pair(w, AT_PAGESZ, PAGE_SIZE);
    put_pair(w, AT_CLKTCK, TICKS_OF_USER);
    put_pair(w, AT_PHDR, main->headers_at);
    put_pair(w, AT_PHENT, sizeof(struct program_header));
    put_pair(w, AT_PHNUM, main->header.phnum);
    put_pair(w, AT_BASE, interpreter->inode != NULL ? interpreter->base : 0);
    put_pair(w, AT_FLAGS, 0);
    put_pair(w, AT_ENTRY, main->base + main->header.entry);
    put_pair(w, AT_UID, 0);
    put_pair(w, AT_EUID, 0);
    put_pair(w, AT_GID, 0);
    put_pair(w, AT_EGID, 0);
    put_pair(w, AT_SECURE, 0);
    put_pair(w, AT_RANDOM, random);
    put_pair(w, AT_EXECFN, file_name);
    put_pair(w, AT_NULL, 0);
}

/* argc, argv, envp and the auxiliary vector, below the strings. The stack pointer, or 0. */
static uint64_t build_stack(const struct program *p, const struct elf *main,
                            const struct elf *interpreter, uint64_t vdso)
{
    uint64_t strings = STACK_TOP - ARG_PAGES * PAGE_SIZE + p->at, random[2];
    uint64_t random_at = (strings - sizeof(random)) & ~15ull;
    uint64_t words = 1 + p->argc + 1 + p->envc + 1 + 2 * AUX_PAIRS_MAX;
    uint64_t rsp = (random_at - 8 * words) & ~15ull;
    struct writer w = {rsp, 0};
    fill_random(random);
    w.error = copy_to_user(random_at, random, sizeof(random));
    put(&w, p->argc);
    uint64_t environment = put_pointers(&w, strings, p->argc);
    uint64_t file_name = put_pointers(&w, environment, p->envc);
    put_auxiliary(&w, main, interpreter, vdso, file_name, random_at);
    current->mm->arg_start = strings;
    current->mm->arg_end = environment;
    return w.error == 0 ? rsp : 0;
}

static void start_at(uint64_t entry, uint64_t rsp)
{
    struct trap_frame *frame = task_frame(current);
    *frame = (struct trap_frame){
        .rip = entry,
        .cs = USER_CS,
        .rflags = RFLAGS_FIXED | RFLAGS_IF,
        .rsp = rsp,
        .ss = USER_DS,
    };
}

/* ---- all together ---- */

static int build_space(struct mm *mm, struct elf *main, struct elf *interpreter, uint64_t *vdso)
{
    main->base = main->header.type == ET_DYN ? PIE_BASE : 0;
    int error = map_elf(mm, main);
    mm->brk_start = mm->brk = page_up(main->end);
    if (error == 0 && interpreter->inode != NULL)
        error = place_interpreter(mm, interpreter);
    if (error == 0 && (current->personality & MMAP_PAGE_ZERO)) {
        struct vma zero = {.prot = PROT_READ | PROT_EXEC, .flags = MAP_PRIVATE | MAP_FIXED};
        error = mm_map(mm, 0, PAGE_SIZE, zero) < 0 ? -ENOMEM : 0;
    }
    if (error == 0)
        *vdso = vdso_map(mm);
    return error;
}

static int run(struct program *p, struct elf *main, struct elf *interpreter)
{
    uint64_t vdso = 0;
    struct mm *mm = mm_new();
    if (mm == NULL)
        return -ENOMEM;
    int error = build_space(mm, main, interpreter, &vdso);
    if (error != 0) {
        mm_put(mm);
        return error;
    }
    error = program_replace(p, mm);
    if (error != 0)
        return error;
    uint64_t rsp = build_stack(p, main, interpreter, vdso);
    if (rsp == 0) { /* there is no program to return an error to */
        signal_send(current, SIGKILL);
        return 0;
    }
    const struct elf *first = interpreter->inode != NULL ? interpreter : main;
    start_at(first->base + first->header.entry, rsp);
    return 0;
}

static int load_elf(struct program *p)
{
    struct elf main = {0}, interpreter = {0};
    int error = read_elf(&main, p->inode, p->header);
    if (error == 0)
        error = open_interpreter(p, &main, &interpreter);
    if (error == 0)
        error = run(p, &main, &interpreter);
    kfree(main.segments);
    kfree(interpreter.segments);
    inode_put(interpreter.inode);
    return error;
}

const struct format format_elf = {"elf", load_elf};
