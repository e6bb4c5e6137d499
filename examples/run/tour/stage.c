/*
 * stage.c - see stage.h: the machine, and the person at its serial line.
 */
#include "stage.h"

#include "guest_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 1000000, FIFO = 16 };

static const uint64_t longest = 600000000; /* instructions that a command may take */
static const char prompt[] = "$ ";

/* ---- what the guest prints ---- */

static void on_serial(void *user, const uint8_t *data, size_t size)
{
    struct stage *s = user;
    if (s->out_len + size >= s->out_room) {
        size_t room = 2 * (s->out_room + size);
        char *out = realloc(s->out, room);
        if (!out)
            return;
        s->out = out;
        s->out_room = room;
    }
    for (size_t i = 0; i < size; i++)
        if (data[i] != '\r')
            s->out[s->out_len++] = (char)data[i];
    s->out[s->out_len] = '\0';
}

static void forget_output(struct stage *s)
{
    s->out_len = 0;
    s->out[0] = '\0';
}

static bool at_prompt(const struct stage *s)
{
    const size_t n = sizeof(prompt) - 1;
    return s->out_len >= n && strcmp(s->out + s->out_len - n, prompt) == 0 &&
           (s->out_len == n || s->out[s->out_len - n - 1] == '\n');
}

/* ---- the machine ---- */

static bool refuse(const char *what, const char *why)
{
    fprintf(stderr, "libcpu-run: --tour: %s: %s\n", what, why);
    return false;
}

bool stage_load(struct stage *s, const struct stage_options *o)
{
    struct libcpu_config c;
    struct libcpu_image_options io;
    char why[256] = "";
    *s = (struct stage){
        .out = calloc(1, PAGE), .out_room = PAGE, .checks = s->checks, .failures = s->failures};
    if (!s->out)
        return refuse("the guest's output", "out of memory");
    libcpu_config_init(&c);
    c.serial = on_serial;
    c.serial_user = s;
    if (o->ram_size)
        c.ram_size = o->ram_size;
    if (o->insns_per_second)
        c.insns_per_second = o->insns_per_second;
    if (libcpu_create_error(&c, &s->m, why, sizeof(why)))
        return refuse("the machine", why);
    libcpu_image_init(&io);
    io.name = "guest";
    io.cmdline = o->cmdline ? o->cmdline : "quiet";
    io.modules = o->module;
    io.module_count = o->module ? 1 : 0;
    if (libcpu_load_mem(s->m, guest_image, guest_image_size, &io))
        return refuse("the guest", libcpu_last_error(s->m));
    if (o->record_boot)
        stage_record(s);
    return true;
}

void stage_end(struct stage *s)
{
    libcpu_destroy(s->m);
    free(s->out);
    free(s->log);
    *s = (struct stage){.checks = s->checks, .failures = s->failures};
}

/* ---- running ---- */

static bool runs_on(struct stage *s, uint64_t insns)
{
    return !libcpu_run(s->m, insns, &s->stop) && s->stop.reason == LIBCPU_STOP_BUDGET;
}

bool stage_to_prompt(struct stage *s)
{
    for (uint64_t n = 0; !at_prompt(s); n += SLICE)
        if (n > longest || !runs_on(s, SLICE))
            return at_prompt(s);
    return true;
}

bool stage_until(struct stage *s, const char *text)
{
    for (uint64_t n = 0; !strstr(s->out, text); n += SLICE)
        if (n > longest || !runs_on(s, SLICE))
            return strstr(s->out, text) != NULL;
    return true;
}

void stage_run_ns(struct stage *s, uint64_t ns)
{
    const uint64_t end = libcpu_reg(s->m, LIBCPU_REG_TSC) + ns;
    const uint64_t piece = 2000;
    while (libcpu_reg(s->m, LIBCPU_REG_TSC) < end && runs_on(s, piece))
        ;
}

bool stage_type(struct stage *s, const char *line)
{
    for (size_t left = strlen(line), n; left; line += n, left -= n) {
        libcpu_serial_input(s->m, line, left < FIFO ? left : FIFO, &n);
        if (!runs_on(s, SLICE))
            return false;
    }
    return true;
}

bool stage_command(struct stage *s, const char *line)
{
    const int most = 70;
    printf("    $ %.*s%s\n", most, line, strlen(line) > (size_t)most ? "..." : "");
    if (!stage_type(s, line))
        return false;
    forget_output(s);
    stage_record(s);
    if (!stage_type(s, "\n") || !stage_to_prompt(s))
        return false;
    s->recording = false;
    s->out_len -= sizeof(prompt) - 1;
    s->out[s->out_len] = '\0';
    return true;
}
