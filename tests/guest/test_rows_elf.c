/*
 * test_rows_elf.c - ELF files, seen from outside: what execve answers to damaged ones, what lies in
 * the pages of good ones, and where static and dynamic programs begin.
 */
#include "calls.h"
#include "cpio.h"
#include "shell.h"

#include <elf.h>
#include <stdio.h>

#undef AT_NULL /* calls.h has its own */

/* A copy of a program of the guest, to be changed. */
struct copy {
    uint8_t *bytes;
    size_t size;
};

static struct copy copy_of(const char *path)
{
    struct copy c;
    const uint8_t *from = guest_program(path, &c.size);
    c.bytes = malloc(c.size);
    assert_non_null(c.bytes);
    memcpy(c.bytes, from, c.size);
    return c;
}

static Elf64_Ehdr *header_of(struct copy *c)
{
    return (Elf64_Ehdr *)(void *)c->bytes;
}

/* The n-th program header of a type. */
static Elf64_Phdr *segment_of(struct copy *c, uint32_t type)
{
    Elf64_Phdr *p = (Elf64_Phdr *)(void *)(c->bytes + header_of(c)->e_phoff);
    for (unsigned i = 0; i < header_of(c)->e_phnum; i++)
        if (p[i].p_type == type)
            return &p[i];
    return NULL;
}

/* ---- 4.1: bad headers ---- */

struct damage {
    const char *name;
    void (*change)(struct copy *c);
    int64_t answer;
};

#define CHANGE(name, statement)                                                                    \
    static void name(struct copy *c)                                                               \
    {                                                                                              \
        Elf64_Ehdr *h = header_of(c);                                                              \
        Elf64_Phdr *p = segment_of(c, PT_LOAD);                                                    \
        (void)h, (void)p;                                                                          \
        statement;                                                                                 \
    }

CHANGE(nothing, )
CHANGE(magic, h->e_ident[1] = 'e')
CHANGE(class_32, h->e_ident[EI_CLASS] = ELFCLASS32)
CHANGE(big_endian, h->e_ident[EI_DATA] = ELFDATA2MSB)
CHANGE(version, h->e_ident[EI_VERSION] = 2)
CHANGE(object_file, h->e_type = ET_REL)
CHANGE(core_file, h->e_type = ET_CORE)
CHANGE(machine_arm, h->e_machine = EM_AARCH64)
CHANGE(machine_386, h->e_machine = EM_386)
CHANGE(entry_in_kernel, h->e_entry = KERNEL_BASE + 0x100000)
CHANGE(header_size, h->e_phentsize = 32)
CHANGE(no_headers, h->e_phnum = 0)
CHANGE(many_headers, h->e_phnum = 0xffff)
CHANGE(headers_behind_end, h->e_phoff = c->size - 8)
CHANGE(headers_nowhere, h->e_phoff = UINT64_MAX - 64)
CHANGE(nothing_to_load, for (unsigned i = 0; i < h->e_phnum; i++) p[i].p_type = PT_NOTE)
CHANGE(file_larger_than_memory, p->p_memsz = p->p_filesz - 1)
CHANGE(segment_behind_end, p->p_filesz = p->p_memsz = c->size + 1)
CHANGE(offset_behind_end, p->p_offset = UINT64_MAX & ~UINT64_C(0xfff))
CHANGE(address_in_kernel, p->p_vaddr = KERNEL_BASE)
CHANGE(address_wraps, p->p_memsz = UINT64_MAX - 0x1000)
CHANGE(not_congruent, p->p_vaddr += 8)
CHANGE(cut_in_header, c->size = 40)
CHANGE(cut_in_segment, c->size = (size_t)(p->p_offset + p->p_filesz) - 1)
CHANGE(empty, c->size = 0)

/* What the program is not asked for, or may say. */
CHANGE(no_sections, h->e_shoff = h->e_shnum = h->e_shstrndx = 0)
CHANGE(wild_sections, h->e_shoff = UINT64_MAX; h->e_shnum = 0xfff0; h->e_shstrndx = 0xfff0)

static const struct damage damages[] = {
    {"good", nothing, 0},
    {"magic", magic, -LINUX_ENOEXEC},
    {"class32", class_32, -LINUX_ENOEXEC},
    {"big", big_endian, -LINUX_ENOEXEC},
    {"version", version, -LINUX_ENOEXEC},
    {"object", object_file, -LINUX_ENOEXEC},
    {"core", core_file, -LINUX_ENOEXEC},
    {"arm", machine_arm, -LINUX_ENOEXEC},
    {"i386", machine_386, -LINUX_ENOEXEC},
    {"entry", entry_in_kernel, -LINUX_ENOEXEC},
    {"phentsize", header_size, -LINUX_ENOEXEC},
    {"phnum0", no_headers, -LINUX_ENOEXEC},
    {"phnum", many_headers, -LINUX_ENOEXEC},
    {"phoff", headers_behind_end, -LINUX_ENOEXEC},
    {"phoffwild", headers_nowhere, -LINUX_ENOEXEC},
    {"noload", nothing_to_load, -LINUX_ENOEXEC},
    {"memsz", file_larger_than_memory, -LINUX_ENOEXEC},
    {"filesz", segment_behind_end, -LINUX_ENOEXEC},
    {"offset", offset_behind_end, -LINUX_ENOEXEC},
    {"vaddr", address_in_kernel, -LINUX_ENOEXEC},
    {"wraps", address_wraps, -LINUX_ENOEXEC},
    {"congruent", not_congruent, -LINUX_ENOEXEC},
    {"cut", cut_in_header, -LINUX_ENOEXEC},
    {"cutsegment", cut_in_segment, -LINUX_ENOEXEC},
    {"empty", empty, -LINUX_ENOEXEC},
    {"nosections", no_sections, 0},
    {"wildsections", wild_sections, 0},
};
enum { DAMAGES = sizeof(damages) / sizeof(damages[0]) };

/* Each is refused, and the shell, whose child tried, goes on; without sections it runs. */
static void bad_files_are_refused(void **state)
{
    struct guest g;
    struct calls calls;
    struct cpio files = {0};
    char path[40];
    (void)state;
    for (size_t i = 0; i < DAMAGES; i++) {
        struct copy c = copy_of("bin/hello");
        uint8_t *bytes = c.bytes;
        damages[i].change(&c);
        snprintf(path, sizeof(path), "t/%s", damages[i].name);
        cpio_add(&files, path, 0100755, bytes, c.size);
        free(bytes);
    }
    guest_boot_files(&g, "quiet init=/bin/sh", &files);
    guest_run_until(&g, "$ ");
    calls_begin(&calls, &g);
    for (size_t i = 0; i < DAMAGES; i++) {
        size_t from = calls.count, said = g.out_len;
        snprintf(path, sizeof(path), "/t/%s", damages[i].name);
        shell_type(&g, path);
        const struct call *call = calls_find(&calls, from, NR_EXECVE, path);
        if (call_answer(call) != damages[i].answer)
            fail_msg("%s: execve answers %d", path, (int)call_answer(call));
        assert_int_equal(strstr(g.out + said, "hello through SYSENTER") != NULL,
                         damages[i].answer == 0);
    }
    calls_end(&calls);
    guest_end(&g);
    cpio_free(&files);
}

/* ---- 4.2, 4.4: sections, and pages that hold them ---- */

static const Elf64_Shdr *section(struct copy *c, const char *name)
{
    const Elf64_Ehdr *h = header_of(c);
    const Elf64_Shdr *s = (const Elf64_Shdr *)(const void *)(c->bytes + h->e_shoff);
    const char *names = (const char *)c->bytes + s[h->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < h->e_shnum; i++)
        if (strcmp(names + s[i].sh_name, name) == 0)
            return &s[i];
    fail_msg("no section %s", name);
    return NULL;
}

/* Stop when the program is in its first system call of a number. */
struct pause {
    struct guest *g;
    const char *name;
    uint64_t number;
};

static enum libcpu_hook_answer pause_here(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    struct pause *p = user;
    (void)la, (void)sysenter;
    if (libcpu_reg(m, LIBCPU_REG_RAX) == p->number &&
        strcmp(guest_current(p->g).name, p->name) == 0)
        libcpu_request_stop(m);
    return LIBCPU_HOOK_GO_ON;
}

static void run_to_call(struct guest *g, const char *name, uint64_t number)
{
    struct pause p = {g, name, number};
    libcpu_hook hook;
    OK(libcpu_hook_syscall(g->m, NULL, pause_here, &p, &hook));
    guest_run(g);
    assert_int_equal(g->stop.reason, LIBCPU_STOP_REQUEST);
    OK(libcpu_hook_remove(g->m, hook));
}

/* The rights that ring 3 has at an address whose page is there. */
static unsigned rights_at(const struct guest *g, uint64_t la)
{
    struct libcpu_walk w = guest_translate(g, la, LIBCPU_ACCESS_USER);
    assert_true(w.ok);
    return PF_R | (w.writable ? PF_W : 0u) | (w.executable ? PF_X : 0u);
}

static void check_bytes(const struct guest *g, uint64_t la, const void *expected, size_t size)
{
    uint8_t page[PAGE];
    size = size < PAGE - la % PAGE ? size : PAGE - la % PAGE;
    OK(libcpu_linear_read(g->m, la, page, size));
    assert_memory_equal(page, expected, size);
}

/* Code may run, data be written, constants neither; .text and .rodata are the file's bytes, .bss is
 * in no file and .shstrtab in no page. */
static void sections_are_pages_with_rights(void **state)
{
    struct guest g;
    struct copy c = copy_of("bin/sh");
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    run_to_call(&g, "sh", NR_READ);
    const Elf64_Shdr *text = section(&c, ".text"), *data = section(&c, ".data");
    const Elf64_Shdr *bss = section(&c, ".bss"), *rodata = section(&c, ".rodata");
    assert_int_equal(section(&c, ".shstrtab")->sh_flags & SHF_ALLOC, 0);
    assert_int_equal(bss->sh_type, SHT_NOBITS);
    assert_int_equal(rights_at(&g, header_of(&c)->e_entry), PF_R | PF_X);
    assert_int_equal(rights_at(&g, rodata->sh_addr), PF_R);
    check_bytes(&g, header_of(&c)->e_entry,
                c.bytes + text->sh_offset + (header_of(&c)->e_entry - text->sh_addr),
                text->sh_size - (header_of(&c)->e_entry - text->sh_addr));
    check_bytes(&g, rodata->sh_addr, c.bytes + rodata->sh_offset, rodata->sh_size);
    assert_true(data->sh_addr / PAGE > text->sh_addr / PAGE && bss->sh_addr >= data->sh_addr);
    assert_int_equal(rights_at(&g, data->sh_addr) & PF_X, 0);
    guest_end(&g);
    free(c.bytes);
}

/* The part of a data segment's last page that is not in the file is zeroes, in a frame of its own;
 * the file goes on with other bytes there. */
static void bss_is_zeroes(void **state)
{
    struct guest g;
    struct guest_segment s;
    size_t size;
    uint8_t page[PAGE], frame[PAGE];
    unsigned n = 0, checked = 0;
    (void)state;
    const uint8_t *file = guest_program("bin/counter", &size);
    guest_boot(&g, "quiet init=/bin/counter");
    run_to_call(&g, "counter", NR_WRITE);
    while (program_segment(file, n, &s))
        n++;
    assert_true(program_segment(file, n - 1, &s));
    assert_true((s.flags & PF_W) && s.memsz > s.filesz);
    uint64_t from = s.vaddr + s.filesz, to = s.vaddr + s.memsz;
    for (uint64_t la = s.vaddr & ~UINT64_C(0xfff); la < to; la += PAGE) {
        struct libcpu_walk w = guest_translate(&g, la, LIBCPU_ACCESS_USER);
        if (!w.ok)
            continue;
        OK(libcpu_linear_read(g.m, la, page, PAGE));
        OK(libcpu_phys_read(g.m, w.pa, frame, PAGE));
        assert_memory_equal(page, frame, PAGE);
        for (uint64_t at = la; at < la + PAGE; at++) {
            /* Behind the variables nothing was ever written. */
            if (at >= to)
                assert_int_equal(page[at - la], 0);
        }
        checked++;
    }
    assert_true(checked > 0 && from < to);
    guest_end(&g);
}

/* ---- 4.5, 4.6, 4.7: where programs begin ---- */

static const struct call *start_of(struct guest *g, struct calls *calls, const char *line,
                                   const char *path)
{
    calls_begin(calls, g);
    shell_type(g, line);
    const struct call *c = calls_find(calls, 0, NR_EXECVE, path);
    assert_non_null(c->begins);
    return c;
}

/* No interpreter: the first instruction is the program's own. */
static void static_programs(void **state)
{
    struct guest g;
    struct calls calls;
    struct copy c = copy_of("bin/hello");
    (void)state;
    assert_null(segment_of(&c, PT_INTERP));
    assert_null(segment_of(&c, PT_DYNAMIC));
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    const struct call *call = start_of(&g, &calls, "hello", "/bin/hello");
    assert_int_equal(call->after.rip, header_of(&c)->e_entry);
    assert_int_equal(auxiliary(call->begins, AT_BASE), 0);
    assert_int_equal(auxiliary(call->begins, AT_ENTRY), header_of(&c)->e_entry);
    calls_end(&calls);
    guest_end(&g);
    free(c.bytes);
}

struct passing {
    uint64_t at;
    unsigned times;
};

static void on_insn(void *user, libcpu *m, uint64_t la)
{
    struct passing *p = user;
    (void)m;
    p->times += la == p->at;
}

/* The interpreter, another ELF file, has the processor first; it finds the program by the auxiliary
 * vector, and jumps to it. */
static void dynamic_programs(void **state)
{
    struct guest g;
    struct calls calls;
    struct copy c = copy_of("bin/dynamic"), ld = copy_of("lib/ld-guest.so");
    const uint64_t base = 0x555555554000;
    struct passing p = {.at = base + header_of(&c)->e_entry};
    const struct libcpu_range range = {p.at, p.at};
    (void)state;
    const Elf64_Phdr *interp = segment_of(&c, PT_INTERP);
    assert_non_null(interp);
    assert_string_equal((const char *)c.bytes + interp->p_offset, "/lib/ld-guest.so");
    assert_non_null(segment_of(&c, PT_DYNAMIC));
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    OK(libcpu_hook_insn(g.m, &range, on_insn, &p, NULL));
    const struct call *call = start_of(&g, &calls, "dynamic", "/bin/dynamic");
    uint64_t ld_base = auxiliary(call->begins, AT_BASE);
    assert_true(ld_base != 0 && ld_base % PAGE == 0);
    assert_int_equal(call->after.rip, ld_base + header_of(&ld)->e_entry);
    assert_int_equal(auxiliary(call->begins, AT_ENTRY), p.at);
    assert_int_equal(auxiliary(call->begins, AT_PHDR), base + header_of(&c)->e_phoff);
    assert_int_equal(auxiliary(call->begins, AT_PHNUM), header_of(&c)->e_phnum);
    assert_int_equal(p.times, 1);
    calls_end(&calls);
    guest_end(&g);
    free(c.bytes);
    free(ld.bytes);
}

/* An interpreter that is not there, is no program, or is no name. */
static void bad_interpreters(void **state)
{
    struct guest g;
    struct calls calls;
    struct cpio files = {0};
    struct copy c = copy_of("bin/dynamic");
    (void)state;
    Elf64_Phdr *interp = segment_of(&c, PT_INTERP);
    char *path = (char *)c.bytes + interp->p_offset;
    memcpy(path, "/lib/xx", 7);
    cpio_add(&files, "t/missing", 0100755, c.bytes, c.size);
    memcpy(path, "/bin/notelf\0", 12);
    cpio_add(&files, "t/notelf", 0100755, c.bytes, c.size);
    memset(path, 'x', interp->p_filesz);
    cpio_add(&files, "t/endless", 0100755, c.bytes, c.size);
    interp->p_offset = c.size;
    cpio_add(&files, "t/outside", 0100755, c.bytes, c.size);
    guest_boot_files(&g, "quiet init=/bin/sh", &files);
    guest_run_until(&g, "$ ");
    calls_begin(&calls, &g);
    static const struct {
        const char *path;
        int64_t answer;
    } rows[] = {
        {"/t/missing", -LINUX_ENOENT},
        {"/t/notelf", -LINUX_ELIBBAD},
        {"/t/endless", -LINUX_ENOEXEC},
        {"/t/outside", -LINUX_ENOEXEC},
    };
    for (size_t i = 0; i < 4; i++) {
        shell_type(&g, rows[i].path);
        const struct call *call = calls_find(&calls, 0, NR_EXECVE, rows[i].path);
        if (call_answer(call) != rows[i].answer)
            fail_msg("%s: execve answers %d", rows[i].path, (int)call_answer(call));
    }
    calls_end(&calls);
    guest_end(&g);
    cpio_free(&files);
    free(c.bytes);
}

/* argc, argv, envp and the auxiliary vector on an aligned stack; all else is zero. */
static void a_program_begins(void **state)
{
    struct guest g;
    struct calls calls;
    uint8_t vdso[4];
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    calls_begin(&calls, &g);
    shell_prepare(&g, "args one two");
    run_to_call(&g, "args", NR_WRITE);
    const struct call *c = calls_find(&calls, 0, NR_EXECVE, "/bin/args");
    const struct beginning *b = c->begins;
    assert_non_null(b);
    assert_int_equal(REG(c->after, RSP) % 16, 0);
    assert_true(REG(c->after, RSP) < USER_TOP && REG(c->after, RSP) > USER_TOP - 0x100000);
    assert_int_equal(c->after.rflags & ~UINT64_C(2), RFLAGS_IF);
    assert_int_equal(c->after.cs, RING3_CS);
    assert_int_equal(b->argc, 3);
    assert_string_equal(b->argv[2], "two");
    assert_int_equal(b->envc, 3);
    assert_int_equal(auxiliary(b, AT_PAGESZ), PAGE);
    assert_int_equal(guest_word(&g, auxiliary(b, AT_PHDR)) & 0xffffffff, PT_LOAD);
    char name[16] = "";
    OK(libcpu_linear_read(g.m, auxiliary(b, AT_EXECFN), name, 10));
    assert_string_equal(name, "/bin/args");
    uint64_t random = guest_word(&g, auxiliary(b, AT_RANDOM));
    assert_int_not_equal(random, guest_word(&g, auxiliary(b, AT_RANDOM) + 8));
    OK(libcpu_linear_read(g.m, auxiliary(b, AT_SYSINFO_EHDR), vdso, 4));
    assert_memory_equal(vdso, ELFMAG, 4);
    calls_end(&calls);
    guest_end(&g);
}

/* ---- 4.6: what two processes share of a library ---- */

struct two {
    struct guest *g;
    unsigned writes;
};

/* The first one that wants to write waits for a signal instead; with the second, all stops. */
static enum libcpu_hook_answer hold_at_write(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    const uint64_t pause = 34;
    struct two *t = user;
    (void)la, (void)sysenter;
    if (libcpu_reg(m, LIBCPU_REG_RAX) != NR_WRITE ||
        strcmp(guest_current(t->g).name, "dynamic") != 0)
        return LIBCPU_HOOK_GO_ON;
    if (t->writes++ == 0)
        OK(libcpu_reg_set(m, LIBCPU_REG_RAX, &pause, 8));
    else
        libcpu_request_stop(m);
    return LIBCPU_HOOK_GO_ON;
}

/* Two processes have the same library: pages that cannot be written are one frame for both, pages
 * that were written are two. */
static void libraries_are_shared(void **state)
{
    const uint64_t top = USER_TOP - 0x40000000; /* mappings lie below */
    struct guest g;
    struct two two = {.g = &g};
    unsigned same = 0, different = 0;
    int32_t pid = 0;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    OK(libcpu_hook_syscall(g.m, NULL, hold_at_write, &two, NULL));
    shell_prepare(&g, "dynamic & dynamic");
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_REQUEST);
    uint64_t a = guest_space(&g, "dynamic", &pid), b = guest_space(&g, "dynamic", &pid);
    assert_true(a != 0 && b != 0 && a != b);
    for (uint64_t la = top - 0x200000; la < top; la += PAGE) {
        uint64_t x = guest_entry(&g, a, la), y = guest_entry(&g, b, la);
        if (!(x & PTE_P) || !(y & PTE_P))
            continue;
        bool one = ((x ^ y) & PTE_ADDRESS) == 0;
        if ((x & PTE_W) || (y & PTE_W))
            assert_false(one);
        same += one;
        different += !one;
    }
    assert_true(same >= 3);
    assert_true(different >= 2);
    guest_end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_files_are_refused), cmocka_unit_test(sections_are_pages_with_rights),
        cmocka_unit_test(bss_is_zeroes),         cmocka_unit_test(static_programs),
        cmocka_unit_test(dynamic_programs),      cmocka_unit_test(bad_interpreters),
        cmocka_unit_test(a_program_begins),      cmocka_unit_test(libraries_are_shared),
    };
    return cmocka_run_group_tests_name("guest_rows_elf", tests, NULL, NULL);
}
