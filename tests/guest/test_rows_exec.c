/*
 * test_rows_exec.c - running a program, seen from outside: what execve gets in registers, what it
 * answers, and what lies on the new program's stack at its first instruction.
 */
#include "calls.h"
#include "cpio.h"
#include "shell.h"

#include <stdio.h>

struct session {
    struct guest g;
    struct calls calls;
    size_t from; /* of the line that was typed last */
};

static void begin(struct session *s, const struct cpio *files)
{
    if (files)
        guest_boot_files(&s->g, "quiet init=/bin/sh", files);
    else
        guest_boot(&s->g, "quiet init=/bin/sh");
    guest_run_until(&s->g, "$ ");
    calls_begin(&s->calls, &s->g);
}

static void end(struct session *s)
{
    calls_end(&s->calls);
    guest_end(&s->g);
}

/* Type a line, and return its execve of a path. */
static const struct call *run(struct session *s, const char *line, const char *path)
{
    s->from = s->calls.count;
    shell_type(&s->g, line);
    return calls_find(&s->calls, s->from, NR_EXECVE, path);
}

static void check_arguments(const struct call *c, uint64_t argc, const char *const argv[])
{
    assert_non_null(c->begins);
    assert_int_equal(c->begins->argc, argc);
    for (uint64_t i = 0; i < argc; i++)
        assert_string_equal(c->begins->argv[i], argv[i]);
}

/* ---- 3.1, 3.2 ---- */

/* The same process, in other memory, with other registers: another program. */
static void execve_replaces_the_program(void **state)
{
    static const char *const argv[] = {"args", "a", "b  c"};
    struct session s;
    size_t size;
    (void)state;
    begin(&s, NULL);
    const struct call *c = run(&s, "args a 'b  c'", "/bin/args");
    assert_string_equal(c->name, "sh");
    assert_string_equal(c->name_after, "args");
    assert_int_equal(call_answer(c), 0);
    assert_int_not_equal(c->before.cr3, c->after.cr3);
    assert_int_equal(c->after.rip, program_entry(guest_program("bin/args", &size)));
    for (int i = 0; i < 16; i++)
        if (i != LIBCPU_REG_RSP)
            assert_int_equal(c->after.r[i], 0);
    check_arguments(c, 3, argv);
    assert_int_equal(c->begins->envc, 3);
    assert_string_equal(c->begins->envp[0], "HOME=/");
    /* It goes on under the same number. */
    assert_non_null(calls_next(&s.calls, c, c->pid, NR_WRITE));
    assert_non_null(calls_next(&s.calls, c, c->pid, NR_EXIT_GROUP));
    end(&s);
}

/* The file is one thing, argv[0] another: the shell calls /bin/args "args". */
static void first_argument_is_a_convention(void **state)
{
    struct session s;
    (void)state;
    begin(&s, NULL);
    const struct call *c = run(&s, "args", "/bin/args");
    assert_string_equal(c->begins->argv[0], "args");
    assert_true(guest_said(&s.g, "AT_EXECFN       /bin/args"));
    end(&s);
}

struct rewrite {
    struct guest *g;
    int64_t dirfd;
    uint64_t skip; /* bytes of the path */
    bool done;
};

/* Makes an execve of /bin/args an execveat. */
static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    struct rewrite *r = user;
    char path[10] = "";
    uint64_t at = libcpu_reg(m, LIBCPU_REG_RDI);
    (void)la, (void)sysenter;
    if (r->done || libcpu_reg(m, LIBCPU_REG_RAX) != NR_EXECVE ||
        libcpu_linear_read(m, at, path, 10) != LIBCPU_ERR_OK || strcmp(path, "/bin/args") != 0)
        return LIBCPU_HOOK_GO_ON;
    const struct {
        enum libcpu_reg reg;
        uint64_t value;
    } set[] = {
        {LIBCPU_REG_RAX, NR_EXECVEAT},
        {LIBCPU_REG_RDI, (uint64_t)r->dirfd},
        {LIBCPU_REG_R10, libcpu_reg(m, LIBCPU_REG_RDX)},
        {LIBCPU_REG_RDX, libcpu_reg(m, LIBCPU_REG_RSI)},
        {LIBCPU_REG_RSI, at + r->skip},
        {LIBCPU_REG_R8, 0},
    };
    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
        OK(libcpu_reg_set(m, set[i].reg, &set[i].value, 8));
    r->done = true;
    return LIBCPU_HOOK_GO_ON;
}

/* execve is execveat at AT_FDCWD; at a directory's descriptor the path begins there. */
static void execveat_underneath(void **state)
{
    static const struct {
        const char *line;
        int64_t dirfd;
        uint64_t skip;
    } rows[] = {
        {"args one", -100, 0},
        {"args one </bin", 0, 5},
    };
    static const char *const argv[] = {"args", "one"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct session s;
        struct rewrite r = {.dirfd = rows[i].dirfd, .skip = rows[i].skip};
        begin(&s, NULL);
        r.g = &s.g;
        OK(libcpu_hook_syscall(s.g.m, NULL, on_syscall, &r, NULL));
        shell_type(&s.g, rows[i].line);
        assert_true(r.done);
        const struct call *c = NULL;
        for (size_t n = 0; n < s.calls.count && !c; n++)
            if (strcmp(s.calls.call[n].name_after, "args") == 0)
                c = &s.calls.call[n];
        assert_non_null(c);
        assert_non_null(c->begins);
        check_arguments(c, 2, argv);
        end(&s);
    }
}

/* ---- 3.4: scripts ---- */

static void scripts(void **state)
{
    static const char *const plain[] = {"/bin/args", "first second", "/bin/script", "x"};
    static const char *const nested[] = {"/bin/args", "deep", "/t/1", "/t/2", "/t/3", "y"};
    struct session s;
    struct cpio files = {0};
    char text[400];
    (void)state;
    cpio_text(&files, "t/1", "#!/bin/args deep\n");
    for (unsigned i = 2; i <= 6; i++) {
        char name[8];
        snprintf(name, sizeof(name), "t/%u", i);
        snprintf(text, sizeof(text), "#!/t/%u\n", i - 1);
        cpio_text(&files, name, text);
    }
    cpio_text(&files, "t/none", "#!/bin/missing\n");
    begin(&s, &files);
    check_arguments(run(&s, "script x", "/bin/script"), 4, plain);
    check_arguments(run(&s, "/t/3 y", "/t/3"), 6, nested);
    /* A script of a script of a script of a script of a script: the fifth is one too many. */
    assert_int_equal(call_answer(run(&s, "/t/5", "/t/5")), 0);
    assert_int_equal(call_answer(run(&s, "/t/6", "/t/6")), -LINUX_ELOOP);
    assert_int_equal(call_answer(run(&s, "/t/none", "/t/none")), -LINUX_ENOENT);
    end(&s);
    cpio_free(&files);
}

/* Of the first line, what lies in the first 256 bytes; the rest is lost. */
static void line_is_cut_at_256_bytes(void **state)
{
    struct session s;
    struct cpio files = {0};
    char text[600] = "#!/bin/args ";
    (void)state;
    for (unsigned i = 12; i < 599; i++)
        text[i] = (char)('a' + i % 26);
    cpio_text(&files, "t/long", text);
    begin(&s, &files);
    const struct call *c = run(&s, "/t/long", "/t/long");
    assert_int_equal(c->begins->argc, 3);
    assert_int_equal(strlen(c->begins->argv[1]), 256 - 12);
    assert_memory_equal(c->begins->argv[1], text + 12, 256 - 12);
    assert_string_equal(c->begins->argv[2], "/t/long");
    end(&s);
    cpio_free(&files);
}

/* ---- 3.3: none of the formats ---- */

static void no_format_accepts(void **state)
{
    static const struct {
        const char *path, *message;
        int64_t error;
    } rows[] = {
        {"/bin/notelf", NULL, LINUX_ENOEXEC},
        {"/bin/hello32", "Exec format error", LINUX_ENOEXEC},
        {"/t/zeros", "Exec format error", LINUX_ENOEXEC},
        {"/t/plain", "Permission denied", LINUX_EACCES},
        {"/bin", "Permission denied", LINUX_EACCES},
        {"/bin/missing", "No such file or directory", LINUX_ENOENT},
    };
    struct session s;
    struct cpio files = {0};
    const char zeros[300] = "";
    (void)state;
    cpio_add(&files, "t/zeros", 0100755, zeros, sizeof(zeros));
    cpio_add(&files, "t/plain", 0100644, "#!/bin/args\n", 12);
    begin(&s, &files);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct call *c = run(&s, rows[i].path, rows[i].path);
        assert_int_equal(call_answer(c), -rows[i].error);
        assert_null(c->begins);
        assert_int_equal(c->after.cr3, c->before.cr3); /* the old program goes on */
        if (rows[i].message)
            assert_true(guest_said(&s.g, rows[i].message));
    }
    end(&s);
    cpio_free(&files);
}

/* ---- 3.6 ---- */

/* ENOEXEC: the child reads the file itself. No second program begins for it. */
static void shell_falls_back(void **state)
{
    struct session s;
    (void)state;
    begin(&s, NULL);
    const struct call *c = run(&s, "shebang 42", "/bin/shebang");
    assert_int_equal(call_answer(c), -LINUX_ENOEXEC);
    int32_t pid = c->pid;
    const struct call *open = calls_next(&s.calls, c, pid, NR_OPEN);
    assert_non_null(open);
    assert_string_equal(open->path, "/bin/shebang");
    assert_string_equal(open->name, "sh");
    assert_true(guest_said(&s.g, "no first line for the kernel: shebang 42"));
    end(&s);
}

/* ---- 3.5 ---- */

static void formats_from_userland(void **state)
{
    static const char *const by_magic[] = {"/bin/args", "/t/magic", "x"};
    static const char *const by_name[] = {"/bin/args", "/t/prog.own"};
    struct session s;
    struct cpio files = {0};
    (void)state;
    cpio_text(&files, "t/magic", "AB\001C and more");
    cpio_text(&files, "t/prog.own", "\002 anything");
    begin(&s, &files);
    assert_int_equal(call_answer(run(&s, "/t/magic x", "/t/magic")), -LINUX_ENOEXEC);
    shell_expect(&s.g, "cd /proc/sys/fs/binfmt_misc", "");
    shell_expect(&s.g, "echo ':m:M:1:B\\x01c:\\xff\\xff\\xdf:/bin/args:' >register", "");
    shell_expect(&s.g, "echo ':e:E::own::/bin/args:' >register", "");
    check_arguments(run(&s, "/t/magic x", "/t/magic"), 3, by_magic);
    check_arguments(run(&s, "/t/prog.own", "/t/prog.own"), 2, by_name);
    shell_expect(&s.g, "echo 0 >status", "");
    assert_int_equal(call_answer(run(&s, "/t/magic x", "/t/magic")), -LINUX_ENOEXEC);
    end(&s);
    cpio_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(execve_replaces_the_program),
        cmocka_unit_test(first_argument_is_a_convention),
        cmocka_unit_test(execveat_underneath),
        cmocka_unit_test(scripts),
        cmocka_unit_test(line_is_cut_at_256_bytes),
        cmocka_unit_test(no_format_accepts),
        cmocka_unit_test(shell_falls_back),
        cmocka_unit_test(formats_from_userland),
    };
    return cmocka_run_group_tests_name("guest_rows_exec", tests, NULL, NULL);
}
