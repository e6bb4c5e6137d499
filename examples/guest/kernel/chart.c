/*
 * chart.c: /proc/sched, the scheduler's window. Reading it prints the settings and who ran when;
 * writing a command to it changes the settings:
 *
 *   fixed | latency | fair | coop     the policy
 *   slice=MS  target=MS  min=MS       its times; 0.75 is allowed
 *   preempt=on | preempt=off          whether kernel code can be interrupted
 *   window=MS                         how much of the past the chart shows
 */
#include "format.h"
#include "sched.h"
#include "string.h"

#include "console.h"

static const char *const policy_names[] = {"fixed", "latency", "fair", "coop"};

#define COLUMNS 64
#define CHARTED 16

static uint64_t window = 64000000; /* nanoseconds that the chart shows */

/* Milliseconds with a fraction, as nanoseconds; 0: not a number. */
static uint64_t parse_ms(const char *text)
{
    uint64_t value = 0, scale = 1000000;
    for (; *text >= '0' && *text <= '9' && value < 1000000000000; text++)
        value = value * 10 + (uint64_t)(*text - '0') * 1000000;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && scale > 1; text++) {
            scale /= 10;
            value += (uint64_t)(*text - '0') * scale;
        }
    }
    return *text == '\0' && value >= 1000 ? value : 0;
}

static const char *after(const char *text, const char *key)
{
    size_t n = strlen(key);
    return strncmp(text, key, n) == 0 ? text + n : NULL;
}

static int set_time(const char *text)
{
    struct sched_settings *s = &sched_settings;
    static const char *const keys[] = {"slice=", "target=", "min=", "window="};
    uint64_t *const times[] = {&s->slice, &s->target, &s->granularity, &window};
    for (size_t i = 0; i < 4; i++) {
        const char *number = after(text, keys[i]);
        uint64_t value = number != NULL ? parse_ms(number) : 0;
        if (number != NULL && value != 0) {
            *times[i] = value;
            return 0;
        }
    }
    return -EINVAL;
}

/* One word; a final newline, as echo writes it, does not matter. */
int sched_command(char *text)
{
    size_t n = strlen(text);
    if (n > 0 && text[n - 1] == '\n')
        text[n - 1] = '\0';
    for (unsigned int i = 0; i < 4; i++) {
        if (strcmp(text, policy_names[i]) == 0) {
            sched_settings.policy = (enum policy)i;
            return 0;
        }
    }
    if (strcmp(text, "preempt=on") == 0 || strcmp(text, "preempt=off") == 0) {
        kernel_preemption = text[9] == 'n';
        return 0;
    }
    return set_time(text);
}

static size_t print_ms(char *text, size_t size, const char *name, uint64_t ns)
{
    return format_text(text, size, "%s %lu.%03lu ms", name, ns / 1000000, ns / 1000 % 1000);
}

static uint64_t end_of(uint64_t n)
{
    return n + 1 == turns_made ? now_monotonic() : turns[n % TURNS].end;
}

/* The first turn that reaches into the window, of those that are still known. */
static uint64_t first_turn(uint64_t begin)
{
    uint64_t n = turns_made;
    while (n > 0 && turns_made - n < TURNS - 1 && end_of(n - 1) > begin)
        n--;
    return n;
}

/* Who had a turn, in the order of their first ones. */
static size_t find_tasks(uint64_t from, int32_t pids[CHARTED])
{
    size_t count = 0;
    for (uint64_t n = from; n < turns_made; n++) {
        size_t i = 0;
        while (i < count && pids[i] != turns[n % TURNS].pid)
            i++;
        if (i == count && count < CHARTED)
            pids[count++] = turns[n % TURNS].pid;
    }
    return count;
}

/* Fills the row, and returns the task's name as it was in its last turn. */
static const char *draw_row(char row[COLUMNS + 1], int32_t pid, uint64_t from, uint64_t begin)
{
    const char *name = "";
    uint64_t column = window / COLUMNS;
    memset(row, '.', COLUMNS);
    row[COLUMNS] = '\0';
    for (uint64_t n = from; n < turns_made; n++) {
        const struct turn *turn = &turns[n % TURNS];
        if (turn->pid != pid)
            continue;
        name = turn->name;
        uint64_t first = turn->start > begin ? (turn->start - begin) / column : 0;
        uint64_t last = end_of(n) > begin ? (end_of(n) - begin) / column : 0;
        for (uint64_t c = first; c < COLUMNS && (c < last || c == first); c++)
            row[c] = '#';
    }
    return name;
}

static size_t draw_chart(char *text, size_t size)
{
    int32_t pids[CHARTED];
    char row[COLUMNS + 1];
    uint64_t now = now_monotonic(), begin = now > window ? now - window : 0;
    uint64_t from = first_turn(begin);
    size_t used = 0, count = find_tasks(from, pids);
    for (size_t i = 0; i < count; i++) {
        const char *name = draw_row(row, pids[i], from, begin);
        used += format_text(text + used, size - used, "%5d %-12s %s\n", pids[i], name, row);
    }
    return used + print_ms(text + used, size - used, "one column:", window / COLUMNS);
}

size_t sched_report(char *text, size_t size)
{
    const struct sched_settings *s = &sched_settings;
    size_t n = format_text(text, size, "policy %s\n", policy_names[s->policy]);
    n += print_ms(text + n, size - n, "slice", s->slice);
    n += print_ms(text + n, size - n, "\ntarget", s->target);
    n += print_ms(text + n, size - n, "\nmin", s->granularity);
    n += format_text(text + n, size - n, "\npreempt %s\nswitches %lu\n",
                     kernel_preemption ? "on" : "off", context_switches);
    n += format_text(text + n, size - n, "preemptions %lu in user code, %lu in the kernel\n\n",
                     preemptions, kernel_preemptions);
    n += draw_chart(text + n, size - n);
    return n + format_text(text + n, size - n, "\n");
}
