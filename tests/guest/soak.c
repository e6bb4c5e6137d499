/*
 * soak.c SECONDS [SEED] - random programs (examples/guest/user/programs/soak.c) for so many seconds
 * of the guest's time, in little memory with a swap disk. At every report, a minute apart, the
 * kernel's books are checked from outside, and say what they said before.
 */
#include "../../examples/common/ramdisk.h"
#include "books.h"

#include <stdio.h>

enum { RAM = 32 << 20, DISK_MIB = 16 };
#define LONGEST_MINUTE UINT64_C(90000000000) /* nanoseconds: a report comes each minute */

static unsigned seconds = 20, seed = 1;

/* At the end of a report: the only process is in its system call. */
static void look(struct guest *g, struct books *first, size_t reports)
{
    struct books b;
    books_audit(g, &b);
    assert_int_equal(b.tasks, 1);
    assert_int_equal(b.spaces, 1);
    if (reports == 1)
        *first = b;
    books_same(first, &b);
}

static void soak(void **state)
{
    struct guest g;
    struct ramdisk d;
    struct libcpu_config c;
    struct libcpu_image_options o;
    struct books first = {0};
    char line[80];
    size_t reports = 0, shown = 0;
    (void)state;
    snprintf(line, sizeof(line), "quiet init=/bin/soak seconds=%u seed=%u", seconds, seed);
    libcpu_config_init(&c);
    c.ram_size = RAM;
    libcpu_image_init(&o);
    o.cmdline = line;
    guest_boot_with(&g, &c, &o);
    assert_true(ramdisk_add(&d, g.m, DISK_MIB));
    while (guest_run_to(&g, " KiB\n", LONGEST_MINUTE)) {
        look(&g, &first, ++reports);
        printf("%s", g.out + shown);
        fflush(stdout);
        shown = g.out_len;
    }
    if (g.stop.reason != LIBCPU_STOP_POWER_OFF)
        fail_msg("it did not end (%s): %s", libcpu_stop_name(g.stop.reason), g.out + shown);
    assert_true(reports >= 2 && reports >= seconds / 62);
    printf("%s", g.out + shown);
    printf("swapped out %llu, in %llu; killed for memory %llu; forks %llu; page faults %llu\n",
           (unsigned long long)guest_u64(&g, "swap_outs"),
           (unsigned long long)guest_u64(&g, "swap_ins"),
           (unsigned long long)guest_u64(&g, "oom_kills"),
           (unsigned long long)guest_u64(&g, "forks"),
           (unsigned long long)guest_u64(&g, "page_faults"));
    assert_true(guest_u64(&g, "swap_outs") > 0 && guest_u64(&g, "oom_kills") > 0);
    guest_end(&g);
    ramdisk_free(&d);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(soak)};
    if (argc > 1)
        seconds = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = (unsigned)strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests_name("guest_soak", tests, NULL, NULL);
}
