/*
 * test_programs.c - the same files, run by this processor under Linux and by the machine under the
 * small kernel of kernel/, have to write the same bytes.
 *
 *   test_programs LEVEL KERNEL PROGRAMS EXPECTED NAME...
 *
 * LEVEL is what the programs in the folder PROGRAMS were compiled for.  A host that cannot run them
 * leaves the judging to what EXPECTED/LEVEL/NAME or EXPECTED/NAME has on record; on others the
 * record is checked too.
 */
#include <libcpu/libcpu.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_MAX = 65536, NATIVE_SECONDS = 60 };
#define GUEST_INSNS UINT64_C(500000000)

struct output {
    char text[OUTPUT_MAX];
    size_t size;
};

static struct {
    const char *level, *kernel, *programs, *expected;
} given;

/* The whole file, to be freed; NULL: it cannot be read. */
static char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long end = ftell(f);
    rewind(f);
    char *data = malloc(end > 0 ? (size_t)end : 1);
    *size = data && end > 0 ? fread(data, 1, (size_t)end, f) : 0;
    fclose(f);
    return data;
}

/* ---- here ---- */

/* __builtin_cpu_supports() also asks whether the system saves the registers. */
static bool host_has_level(const char *level)
{
    __builtin_cpu_init();
    if (strcmp(level, "x86-64-v2") == 0)
        return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    if (strcmp(level, "x86-64-v3") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    return true;
}

static void collect(struct output *out, int fd)
{
    ssize_t n;
    while (out->size < OUTPUT_MAX &&
           (n = read(fd, out->text + out->size, OUTPUT_MAX - out->size)) > 0)
        out->size += (size_t)n;
}

/* Exit status, or -1 when it did not exit, or could not be started (a kernel without 32-bit
 * programs). */
static int run_native(const char *path, struct output *out)
{
    int ends[2], status;
    out->size = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(NATIVE_SECONDS);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    collect(out, ends[0]);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 127)
        return WEXITSTATUS(status);
    assert_true(WIFEXITED(status));
    return -1;
}

/* ---- there ---- */

static void on_debugcon(void *user, const uint8_t *data, size_t size)
{
    struct output *out = user;
    size_t room = OUTPUT_MAX - out->size;
    if (size > room)
        size = room;
    memcpy(out->text + out->size, data, size);
    out->size += size;
}

/* No more than the level promises: the kernel saves nothing at the first of these, uses FXSAVE up
 * to v2, and XSAVE above. */
static const char *model_of(const char *level)
{
    if (strcmp(level, "general") == 0)
        return "base";
    if (strcmp(level, "x86-64") == 0)
        return "x86-64-v1";
    return strncmp(level, "x86-64", 6) == 0 ? level : "max";
}

static void run_guest(const char *path, struct output *out)
{
    struct libcpu_config config;
    struct libcpu_image_options options;
    struct libcpu_module module = {.cmdline = ""};
    struct libcpu_stop why;
    libcpu *m;
    out->size = 0;
    libcpu_config_init(&config);
    config.cpu = model_of(given.level);
    config.debugcon = on_debugcon;
    config.debugcon_user = out;
    assert_int_equal(libcpu_create(&config, &m), LIBCPU_ERR_OK);
    char *data = read_file(path, &module.size);
    module.data = data;
    libcpu_image_init(&options);
    options.modules = &module;
    options.module_count = 1;
    assert_int_equal(libcpu_load_file(m, given.kernel, &options), LIBCPU_ERR_OK);
    assert_int_equal(libcpu_run(m, GUEST_INSNS, &why), LIBCPU_ERR_OK);
    if (why.reason != LIBCPU_STOP_EXIT || why.exit_value != 0)
        fail_msg("%s, value %u, rip %#llx, after:\n%.*s", libcpu_stop_name(why.reason),
                 (unsigned)why.exit_value, (unsigned long long)why.rip, (int)out->size, out->text);
    libcpu_destroy(m);
    free(data);
}

/* ---- the comparison ---- */

/* Length of the line that begins at `at`, without its end. */
static int line_length(const struct output *out, size_t at)
{
    size_t n = at;
    while (n < out->size && out->text[n] != '\n')
        n++;
    return (int)(n - at);
}

static void same(const struct output *a, const char *a_name, const struct output *b,
                 const char *b_name)
{
    size_t line = 0, i = 0;
    while (i < a->size && i < b->size && a->text[i] == b->text[i]) {
        if (a->text[i++] == '\n')
            line = i;
    }
    if (i < a->size || i < b->size)
        fail_msg("first difference:\n%s: %.*s\n%s: %.*s", a_name, line_length(a, line),
                 a->text + line, b_name, line_length(b, line), b->text + line);
    assert_true(a->size > 0);
}

static void read_record(const char *name, struct output *out)
{
    char path[4096];
    size_t size;
    snprintf(path, sizeof(path), "%s/%s/%s", given.expected, given.level, name);
    char *data = read_file(path, &size);
    snprintf(path, sizeof(path), "%s/%s", given.expected, name);
    if (!data)
        data = read_file(path, &size);
    if (!data)
        fail_msg("%s has no record of %s", given.expected, name);
    assert_true(size <= OUTPUT_MAX);
    memcpy(out->text, data, size);
    out->size = size;
    free(data);
}

static void program(void **state)
{
    static struct output native, guest, record;
    const char *name = *state;
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", given.programs, name);
    read_record(name, &record);
    int status = host_has_level(given.level) ? run_native(path, &native) : -1;
    if (status >= 0) {
        assert_int_equal(status, 0);
        same(&native, "this processor", &record, "on record");
    }
    run_guest(path, &guest);
    same(status >= 0 ? &native : &record, status >= 0 ? "this processor" : "on record", &guest,
         "the machine");
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[32];
    size_t count = argc > 5 ? (size_t)argc - 5 : 0;
    if (count == 0 || count > sizeof(tests) / sizeof(tests[0])) {
        fputs("usage: test_programs LEVEL KERNEL PROGRAMS EXPECTED NAME...\n", stderr);
        return 64;
    }
    given.level = argv[1];
    given.kernel = argv[2];
    given.programs = argv[3];
    given.expected = argv[4];
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){argv[5 + i], program, NULL, NULL, argv[5 + i]};
    return _cmocka_run_group_tests(given.level, tests, count, NULL, NULL);
}
