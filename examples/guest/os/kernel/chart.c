/*
 * chart.c: /proc/sched, the scheduler's window. Reading it prints the settings and who ran when;
 * writing a command to it changes the settings:
 *
 *   fixed | latency | fair | coop     the policy
 *   slice=MS  target=MS  min=MS       its times; 0.75 is allowed
 *   preempt=on | preempt=off          whether kernel code can be interrupted
 */
#include "format.h"
#include "sched.h"
#include "string.h"

#include "console.h"

static const char *const policy_names[] = {"fixed", "latency", "fair", "coop"};

#define COLUMNS  64
#define CHARTED  16
#define LEAST_MS 250000u /* a column stands for a quarter of a millisecond at least */

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
    static const char *const keys[] = {"slice=", "target=", "min="};
    uint64_t *const times[] = {&s->slice, &s->target, &s->granularity};
    for (size_t i = 0; i < 3; i++) {
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

/* The turns that the chart shows: as many of the last ones as belong to at most 16 tasks. */
static uint64_t first_turn(int32_t pids[CHARTED], size_t *count)
{
    uint64_t n = turns_made;
    *count = 0;
    while (n > 0 && turns_made - n < TURNS - 1) {
        int32_t pid = turns[(n - 1) % TURNS].pid;
        size_t i = 0;
        while (i < *count && pids[i] != pid)
            i++;
        if (i == CHARTED)
            break;
        if (i == *count)
            pids[(*count)++] = pid;
        n--;
    }
    return n;
}

static void draw_row(char row[COLUMNS + 1], int32_t pid, uint64_t from, uint64_t column)
{
    memset(row, '.', COLUMNS);
    row[COLUMNS] = '\0';
    for (uint64_t n = from; n < turns_made; n++) {
        const struct turn *turn = &turns[n % TURNS];
        uint64_t begin = turns[from % TURNS].start;
        uint64_t end = n + 1 == turns_made ? now_monotonic() : turn->end;
        if (turn->pid != pid)
            continue;
        for (uint64_t c = (turn->start - begin) / column; c <= (end - begin) / column; c++) {
            if (c < COLUMNS && (c * column + begin < end || turn->start == end))
                row[c] = '#';
        }
    }
}

static size_t draw_chart(char *text, size_t size)
{
    int32_t pids[CHARTED];
    size_t count, used = 0;
    uint64_t from = first_turn(pids, &count);
    if (count == 0)
        return 0;
    uint64_t span = now_monotonic() - turns[from % TURNS].start;
    uint64_t column = span / COLUMNS + 1 > LEAST_MS ? span / COLUMNS + 1 : LEAST_MS;
    for (size_t i = count; i-- > 0;) {
        char row[COLUMNS + 1];
        const struct task *task = pids[i] == 0 ? &tasks[0] : task_of(pids[i]);
        draw_row(row, pids[i], from, column);
        used += format_text(text + used, size - used, "%5d %-12s %s\n", pids[i],
                            task != NULL ? task->name : "(ended)", row);
    }
    return used + print_ms(text + used, size - used, "one column:", column);
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
