/*
 * test_sched.c - who runs when, seen from outside: the machine runs in pieces of 20 microseconds of
 * virtual time, and after each the kernel's `current` says whose turn it is.
 */
#include "guest.h"

#include <stdio.h>

enum { PIECE = 20000, TURNS = 4096 };

struct turn {
    uint64_t start, end; /* nanoseconds of virtual time */
    int32_t pid;
    char name[16];
};

struct record {
    struct guest g;
    struct turn turn[TURNS];
    unsigned turns;
    uint64_t drawn; /* when the chart was printed; 0: it was not */
};

static void look(struct record *r)
{
    struct guest_task task = guest_current(&r->g);
    uint64_t now = libcpu_reg(r->g.m, LIBCPU_REG_TSC);
    struct turn *last = r->turns ? &r->turn[r->turns - 1] : NULL;
    if (!r->drawn && guest_said(&r->g, "policy "))
        r->drawn = now;
    if (last)
        last->end = now;
    if (last && last->pid == task.pid)
        return;
    assert_true(r->turns < TURNS);
    last = &r->turn[r->turns++];
    *last = (struct turn){.start = now, .end = now, .pid = task.pid};
    memcpy(last->name, task.name, sizeof(last->name));
}

/* Type commands to the shell, record until it exits. */
static struct record *record(const char *options, const char *commands)
{
    struct record *r = calloc(1, sizeof(*r));
    char line[256];
    assert_non_null(r);
    snprintf(line, sizeof(line), "quiet init=/bin/sh %s", options);
    guest_boot(&r->g, line);
    guest_run_until(&r->g, "$ ");
    guest_serial(&r->g, commands);
    for (uint64_t n = 0; r->g.stop.reason == LIBCPU_STOP_BUDGET && n < 400000; n++) {
        OK(libcpu_run(r->g.m, PIECE, &r->g.stop));
        look(r);
    }
    if (r->g.stop.reason != LIBCPU_STOP_POWER_OFF)
        fail_msg("it did not end: %s", r->g.out);
    return r;
}

static void release(struct record *r)
{
    guest_end(&r->g);
    free(r);
}

static bool is_spin(const struct turn *t)
{
    return strcmp(t->name, "spin") == 0;
}

/* The middle one of the turns of "spin" that were followed by another "spin" at once. */
static double median_turn_ms(const struct record *r, unsigned *count)
{
    uint64_t length[TURNS];
    unsigned n = 0;
    for (unsigned i = 1; i + 1 < r->turns; i++) {
        if (!is_spin(&r->turn[i - 1]) || !is_spin(&r->turn[i]) || !is_spin(&r->turn[i + 1]))
            continue;
        uint64_t ns = r->turn[i].end - r->turn[i].start;
        unsigned at = n++;
        for (; at > 0 && length[at - 1] > ns; at--)
            length[at] = length[at - 1];
        length[at] = ns;
    }
    *count = n;
    return n ? (double)length[n / 2] / 1e6 : 0;
}

/* `first`: what is typed before the programs are started. */
static void check_turns_after(const char *options, const char *first, unsigned programs, double ms)
{
    char commands[512] = "";
    unsigned count;
    strcat(commands, first);
    for (unsigned i = 0; i < programs; i++)
        strcat(commands, "spin 200 & ");
    strcat(commands, "wait\nexit\n");
    struct record *r = record(options, commands);
    double median = median_turn_ms(r, &count);
    if (count < 10 || median < ms - 0.3 || median > ms + 0.3)
        fail_msg("%s %s: %u turns, the middle one %.2f ms, not %.2f", options, first, count, median,
                 ms);
    release(r);
}

static void check_turns(const char *options, unsigned programs, double ms)
{
    check_turns_after(options, "", programs, ms);
}

static void fixed(void **state)
{
    (void)state;
    check_turns("sched=fixed", 3, 10);
    check_turns("sched=fixed,slice=4", 3, 4);
}

/* The article's numbers: 15 ms for 3 tasks are 5 ms, for 10 tasks 1.5 ms. */
static void latency(void **state)
{
    (void)state;
    check_turns("sched=latency,target=15", 3, 5);
    check_turns("sched=latency,target=15", 10, 1.5);
}

/* 6 ms for 10 tasks would be 0.6 ms; no turn is shorter than the minimum. */
static void granularity(void **state)
{
    (void)state;
    check_turns("sched=latency,target=6,min=0.75", 10, 0.75);
    check_turns("sched=latency,target=6,min=2", 6, 2);
}

static void fair(void **state)
{
    uint64_t time[2] = {0, 0};
    int32_t nice = 0;
    (void)state;
    struct record *r = record("sched=fair", "spin 300 & nice 5 spin 300 & wait\nexit\n");
    for (unsigned i = 0; i < r->turns; i++) {
        const struct turn *t = &r->turn[i];
        if (!is_spin(t))
            continue;
        nice = t->pid > nice ? t->pid : nice; /* the one that was started last */
    }
    for (unsigned i = 0; i < r->turns; i++)
        if (is_spin(&r->turn[i]))
            time[r->turn[i].pid == nice] += r->turn[i].end - r->turn[i].start;
    double share = (double)time[1] / (double)time[0]; /* of the weights: 335 / 1024 */
    assert_true(share > 0.30 && share < 0.38);
    release(r);
}

/* Nobody is interrupted: "spin" runs to its end; "polite" programs take turns by INT 0x80. */
static void cooperative(void **state)
{
    unsigned spins = 0, politely = 0;
    (void)state;
    struct record *r = record("sched=coop", "spin 100 & polite 40 & polite 40 & wait\nexit\n");
    for (unsigned i = 0; i < r->turns; i++) {
        spins += is_spin(&r->turn[i]) && r->turn[i].end - r->turn[i].start > 1000000;
        politely += strcmp(r->turn[i].name, "polite") == 0;
    }
    assert_int_equal(spins, 1);
    assert_true(politely >= 2);
    /* Before one of them has its third turn, the other has had its first. */
    const char *first = strstr(r->g.out, "turn 1 of 40");
    assert_true(first && strstr(first + 1, "turn 1 of 40") < strstr(first, "turn 3 of 40"));
    assert_true(guest_u64(&r->g, "syscalls_int80") >= 80);
    release(r);
}

/* The same choices while the system runs. */
static void chosen_at_run_time(void **state)
{
    (void)state;
    check_turns_after("sched=fixed", "echo latency >/proc/sched; echo target=12 >/proc/sched; ", 3,
                      4);
    check_turns_after("sched=coop", "echo fixed >/proc/sched; echo slice=3 >/proc/sched; ", 3, 3);
    struct record *r =
        record("sched=fixed", "echo coop >/proc/sched; spin 60 & spin 60 & wait\nexit\n");
    unsigned long_ones = 0;
    for (unsigned i = 0; i < r->turns; i++)
        long_ones += r->turn[i].pid > 1 && r->turn[i].end - r->turn[i].start > 50000000;
    assert_int_equal(long_ones, 2);
    release(r);
}

/* ---- the chart of who ran when ---- */

enum { COLUMNS = 64, COLUMN_NS = 1000000 };

/* How long a process ran between two moments. */
static uint64_t ran(const struct record *r, int32_t pid, uint64_t from, uint64_t to)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < r->turns; i++) {
        const struct turn *t = &r->turn[i];
        uint64_t start = t->start > from ? t->start : from, end = t->end < to ? t->end : to;
        if (t->pid == pid && end > start)
            sum += end - start;
    }
    return sum;
}

/* A turn that was shorter than our pieces has a mark of its own. */
static bool is_alone(const char *row, unsigned c)
{
    return row[c] == '#' && row[c + 1] != '#' && (c == 0 || row[c - 1] != '#');
}

/* One row: where it has a mark, the process ran; where it ran all the time, it has a mark. */
static bool row_agrees(const struct record *r, const char *row, int32_t pid, uint64_t begin)
{
    const uint64_t slack = 400000;
    for (unsigned c = 0; c < COLUMNS; c++) {
        uint64_t from = begin + c * COLUMN_NS - slack, to = begin + (c + 1) * COLUMN_NS + slack;
        uint64_t time = ran(r, pid, from, to);
        if (!is_alone(row, c) && (row[c] == '#' ? time == 0 : time == to - from))
            return false;
    }
    return true;
}

/* The rows of two processes, at one moment. */
static bool chart_agrees(const struct record *r, const char *const row[2], const int32_t pid[2],
                         uint64_t drawn)
{
    uint64_t begin = drawn - COLUMNS * COLUMN_NS;
    return row_agrees(r, row[0], pid[0], begin) && row_agrees(r, row[1], pid[1], begin);
}

static unsigned marks(const char *row)
{
    unsigned n = 0;
    for (unsigned c = 0; c < COLUMNS; c++)
        n += row[c] == '#';
    return n;
}

/* "cat /proc/sched" draws the last 64 ms; the record from outside says the same. Between drawing
 * and printing, others may have had their turns. */
static void chart(void **state)
{
    const uint64_t longest_ago = 20000000, step = 100000;
    const char *row[2] = {NULL, NULL};
    int32_t pid[2] = {0, 0};
    char head[40];
    (void)state;
    struct record *r = record("sched=fixed,slice=5",
                              "spin 90 & spin 90 & sleep 0.08; cat /proc/sched\nwait\nexit\n");
    assert_true(r->drawn > longest_ago + COLUMNS * COLUMN_NS);
    for (unsigned i = 0; i < r->turns; i++) {
        unsigned k = pid[0] ? 1 : 0;
        if (!is_spin(&r->turn[i]) || r->turn[i].pid == pid[0] || pid[1])
            continue;
        pid[k] = r->turn[i].pid;
        snprintf(head, sizeof(head), "\n%5d %-12s ", pid[k], "spin");
        row[k] = strstr(r->g.out, head);
        assert_non_null(row[k]);
        row[k] += strlen(head);
    }
    assert_non_null(row[1]);
    uint64_t ago = 0;
    while (ago < longest_ago && !chart_agrees(r, row, pid, r->drawn - ago))
        ago += step;
    assert_true(ago < longest_ago);
    unsigned all = marks(row[0]) + marks(row[1]);
    assert_true(all > 50 && all < 80);
    release(r);
}

static uint64_t kernel_preemptions(const char *options)
{
    struct record *r = record(options, "cat /dev/zero >/dev/null & spin 100 & spin 100\n"
                                       "kill -9 2\nexit\n");
    uint64_t n = guest_u64(&r->g, "kernel_preemptions");
    release(r);
    return n;
}

/* A program that is in the kernel nearly all the time loses the processor there, or not. */
static void kernel_preemption(void **state)
{
    (void)state;
    assert_true(kernel_preemptions("sched=fixed,slice=2") > 5);
    assert_int_equal(kernel_preemptions("sched=fixed,slice=2 preempt=off"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed),
        cmocka_unit_test(latency),
        cmocka_unit_test(granularity),
        cmocka_unit_test(fair),
        cmocka_unit_test(cooperative),
        cmocka_unit_test(kernel_preemption),
        cmocka_unit_test(chosen_at_run_time),
        cmocka_unit_test(chart),
    };
    return cmocka_run_group_tests_name("guest_sched", tests, NULL, NULL);
}
