/*
 * test_image.c - one image in our machine through the public API: what it prints and how it stops
 * must be expect/NAME.txt; it must be the same, state and all, when run in slices.
 *
 * usage: test_image IMAGE ARGUMENT EXPECT [SECTORS]
 *
 * With SECTORS the machine has a disk, a snapshot whose sectors begin with "sector N".
 */
#include <libcpu/libcpu.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), LIBCPU_ERR_OK)
#define LONGEST  UINT64_C(400000000)

static const char *image_path, *argument, *expect_path;
static uint64_t disk_sectors;

struct output {
    char *text;
    size_t len, room;
    uint64_t hash;
};

static void on_debugcon(void *user, const uint8_t *data, size_t size)
{
    struct output *o = user;
    if (o->len + size >= o->room) {
        o->room = 2 * (o->room + size + 4096);
        o->text = realloc(o->text, o->room);
        if (!o->text)
            abort();
    }
    memcpy(o->text + o->len, data, size);
    o->len += size;
    o->text[o->len] = '\0';
}

static void say(struct output *o, const char *text)
{
    on_debugcon(o, (const uint8_t *)text, strlen(text));
}

static int on_disk_read(void *user, uint64_t sector, void *data, size_t count)
{
    char text[LIBCPU_DISK_SECTOR + 1];
    (void)user;
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "sector %-504llu\n", (unsigned long long)(sector + i));
        memcpy((char *)data + i * LIBCPU_DISK_SECTOR, text, LIBCPU_DISK_SECTOR);
    }
    return 0;
}

static void add_disk(libcpu *m)
{
    struct libcpu_disk d;
    libcpu_disk_init(&d);
    d.flags = LIBCPU_DISK_SNAPSHOT;
    d.sectors = disk_sectors;
    d.read = on_disk_read;
    if (disk_sectors)
        OK(libcpu_disk_add(m, 0, &d));
}

/* Run the image to its end, so many instructions at a time. */
static struct output run(uint64_t slice)
{
    struct output o = {0};
    struct libcpu_config c;
    struct libcpu_image_options io;
    struct libcpu_stop stop;
    libcpu *m;
    char line[64];
    libcpu_config_init(&c);
    c.debugcon = on_debugcon;
    c.debugcon_user = &o;
    libcpu_image_init(&io);
    io.cmdline = argument;
    OK(libcpu_create(&c, &m));
    add_disk(m);
    OK(libcpu_load_file(m, image_path, &io));
    do {
        OK(libcpu_run(m, slice, &stop));
    } while (stop.reason == LIBCPU_STOP_BUDGET && stop.total_insns < LONGEST);
    snprintf(line, sizeof(line), "stop: %s", libcpu_stop_name(stop.reason));
    say(&o, line);
    snprintf(line, sizeof(line), " %u", stop.exit_value);
    if (stop.reason == LIBCPU_STOP_EXIT)
        say(&o, line);
    say(&o, "\n");
    OK(libcpu_state_hash(m, &o.hash));
    libcpu_destroy(m);
    return o;
}

static char *read_expectation(void)
{
    FILE *f = fopen(expect_path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_true(size > 0);
    rewind(f);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    fclose(f);
    return text;
}

/* The first line that differs, with its counterpart. */
static void compare(const char *got, const char *want)
{
    for (unsigned n = 1; *got || *want; n++) {
        size_t g = strcspn(got, "\n"), w = strcspn(want, "\n");
        if (g != w || memcmp(got, want, g) != 0)
            fail_msg("line %u is\n  %.*s\nexpected\n  %.*s", n, (int)g, got, (int)w, want);
        got += g + (got[g] == '\n');
        want += w + (want[w] == '\n');
    }
}

static void output_is_as_expected(void **state)
{
    (void)state;
    struct output o = run(LONGEST);
    char *want = read_expectation();
    compare(o.text, want);
    free(want);
    free(o.text);
}

static void slices_change_nothing(void **state)
{
    (void)state;
    struct output whole = run(LONGEST), sliced = run(997);
    assert_string_equal(sliced.text, whole.text);
    assert_int_equal(sliced.hash, whole.hash);
    free(whole.text);
    free(sliced.text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_is_as_expected),
        cmocka_unit_test(slices_change_nothing),
    };
    if (argc != 4 && argc != 5)
        return 64;
    image_path = argv[1];
    argument = argv[2];
    expect_path = argv[3];
    disk_sectors = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
