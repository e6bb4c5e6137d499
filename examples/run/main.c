/*
 * main.c - libcpu-run: run an image, a disk or the bundled guest, with the terminal as its serial
 * port.
 *
 * Uses the public API only.
 */
#include "debugger.h"
#include "firmware_image.h"
#include "guest_image.h"
#include "input.h"
#include "options.h"
#include "screen.h"
#include "terminal.h"
#include "tour/tour.h"
#include "trace.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLICE = 2000000,     /* instructions between two looks at the keyboard */
    HELD_NS = 500000000, /* the longest sleep while the debugger holds the machine */
};

struct runner {
    struct options o;
    libcpu *m;
    FILE *serial;    /* where COM1 goes; NULL: nowhere */
    FILE *trace_out; /* to be closed; NULL: standard error */
    struct trace *trace;
    struct debugger *debugger; /* NULL: none */
    struct screen *screen;     /* of -display text; NULL: none */
    struct input *input;
    uint64_t insns_left;
    uint64_t time_ns; /* the machine's, at the last stop */
};

static int fail(int status, const char *text)
{
    fprintf(stderr, "libcpu-run: %s\n", text);
    return status;
}

/* ---- output ---- */

static void on_serial(void *user, const uint8_t *data, size_t size)
{
    struct runner *r = user;
    if (!r->serial)
        return;
    fwrite(data, 1, size, r->serial);
}

static void on_debugcon(void *user, const uint8_t *data, size_t size)
{
    (void)user;
    fwrite(data, 1, size, stderr);
}

static int load(struct runner *r)
{
    const struct computer_built_in own = {guest_image, guest_image_size, firmware_image,
                                          firmware_image_size};
    return computer_load(&r->o.computer, r->m, &own);
}

/* ---- running ---- */

/* Does the terminal's keyboard lead into the machine? */
static bool has_keyboard(const struct runner *r)
{
    return (r->o.serial == SERIAL_STDIO || r->screen) && !input_has_ended(r->input);
}

/* Look at the keyboard; true: the person wants to leave. */
static bool take_input(struct runner *r, uint64_t timeout_ns)
{
    size_t room;
    uint8_t *to = input_room(r->input, &room);
    bool wanted = has_keyboard(r) && room > 0;
    if (timeout_ns)
        debugger_wait(r->debugger, wanted ? STDIN_FILENO : -1, timeout_ns);
    if (!wanted)
        return false;
    switch (terminal_read(to, &room, 0)) {
    case TERMINAL_QUIT: return true;
    case TERMINAL_EOF: input_ended(r->input); break;
    case TERMINAL_DATA: input_came(r->input, room); break;
    case TERMINAL_NONE: break;
    }
    return false;
}

/* How long an idle guest with the host's clock may be left alone, below a second. */
static uint64_t idle_ns(const struct libcpu_stop *s)
{
    const uint64_t most = 100000000;
    uint64_t ns = s->next_event_ns > s->time_ns ? s->next_event_ns - s->time_ns : 0;
    return ns < most ? ns : most;
}

/* Halted with no event to come: only input can wake it. */
static int after_halt(struct runner *r)
{
    const uint64_t interrupt_flag = 0x200;
    bool can_wake = libcpu_reg(r->m, LIBCPU_REG_RFLAGS) & interrupt_flag;
    if (can_wake && input_feed_halted(r->input, r->time_ns))
        return -1;
    if (can_wake && has_keyboard(r))
        return take_input(r, 500000000) ? STATUS_OK : -1;
    return debugger_takes_halted(r->debugger) ? -1 : STATUS_HALTED;
}

/* What a stop means; -1: go on. */
static int after_stop(struct runner *r, const struct libcpu_stop *s)
{
    switch (s->reason) {
    case LIBCPU_STOP_BUDGET: return r->insns_left ? -1 : STATUS_BUDGET;
    case LIBCPU_STOP_IDLE: return take_input(r, idle_ns(s)) ? STATUS_OK : -1;
    case LIBCPU_STOP_HALTED: return after_halt(r);
    case LIBCPU_STOP_EXIT: return (int)(s->exit_value * 2 + 1) & 0xff;
    case LIBCPU_STOP_POWER_OFF: return STATUS_OK;
    case LIBCPU_STOP_TRIPLE_FAULT:
        fprintf(stderr, "libcpu-run: triple fault: vector %u at rip 0x%" PRIx64 "\n", s->vector,
                s->rip);
        return STATUS_TRIPLE_FAULT;
    case LIBCPU_STOP_RESET:
        if (r->o.no_reboot)
            return STATUS_OK;
        libcpu_reset(r->m);
        input_reset(r->input);
        return load(r);
    case LIBCPU_STOP_REQUEST: return -1;
    default: return fail(STATUS_INTERNAL, libcpu_strerror((enum libcpu_err)s->error));
    }
}

static int run(struct runner *r)
{
    for (;;) {
        struct libcpu_stop s;
        if (take_input(r, debugger_holds(r->debugger) ? HELD_NS : 0))
            return STATUS_OK;
        if (debugger_poll(r->debugger))
            return STATUS_OK;
        if (terminal_signal())
            return 128 + terminal_signal();
        if (debugger_holds(r->debugger))
            continue;
        input_feed(r->input, r->time_ns);
        uint64_t n = r->insns_left < SLICE ? r->insns_left : SLICE;
        if (debugger_run(r->debugger, r->m, n, &s))
            return fail(STATUS_INTERNAL, libcpu_last_error(r->m));
        r->time_ns = s.time_ns;
        if (r->serial)
            fflush(r->serial); /* also a prompt, which ends without a newline */
        if (r->screen)
            screen_draw(r->screen, r->m, false);
        if (s.reason == LIBCPU_STOP_BUDGET)
            r->insns_left -= n;
        else
            r->insns_left -= s.insns < r->insns_left ? s.insns : r->insns_left;
        int status = debugger_holds(r->debugger) ? -1 : after_stop(r, &s);
        if (status >= 0)
            return status;
    }
}

/* ---- beginning and end ---- */

static int open_outputs(struct runner *r)
{
    r->serial = r->o.serial == SERIAL_STDIO ? stdout : NULL;
    if (r->o.serial == SERIAL_FILE && !(r->serial = fopen(r->o.serial_path, "wb"))) {
        fprintf(stderr, "libcpu-run: -serial '%s': cannot write the file\n", r->o.serial_path);
        return STATUS_NO_INPUT;
    }
    if (r->o.trace_path && !(r->trace_out = fopen(r->o.trace_path, "w"))) {
        fprintf(stderr, "libcpu-run: -D '%s': cannot write the file\n", r->o.trace_path);
        return STATUS_NO_INPUT;
    }
    return -1;
}

static void report(struct runner *r)
{
    struct libcpu_stats s;
    uint64_t hash;
    if (r->o.stats && libcpu_stats_get(r->m, &s) == LIBCPU_ERR_OK)
        fprintf(stderr,
                "instructions %" PRIu64 "\nblocks %" PRIu64 "\nblock look-ups %" PRIu64
                "\ntlb hits (slow path) %" PRIu64 "\ntlb misses %" PRIu64 "\ntlb flushes %" PRIu64
                "\ntlb evictions %" PRIu64 "\npage walks %" PRIu64 "\nexceptions %" PRIu64
                "\ninterrupts %" PRIu64 "\n",
                s.insns, s.blocks, s.block_lookups, s.tlb_hits, s.tlb_misses, s.tlb_flushes,
                s.tlb_evictions, s.walks, s.exceptions, s.interrupts);
    if (r->o.state_hash && libcpu_state_hash(r->m, &hash) == LIBCPU_ERR_OK)
        fprintf(stderr, "state hash %016" PRIx64 "\n", hash);
}

/* Its terminal knows what Ctrl-D is. */
static bool runs_bundled_guest(const struct computer *c)
{
    return !c->image && !drives_given(&c->drives);
}

static int start(struct runner *r)
{
    enum libcpu_err err;
    int status = open_outputs(r);
    if (status < 0)
        status = computer_create(&r->o.computer, on_serial, on_debugcon, r, &r->m);
    if (status < 0)
        status = load(r);
    if (status >= 0)
        return status;
    status = debugger_begin(&r->o, r->m, &r->debugger);
    if (status >= 0)
        return status;
    r->trace = trace_begin(r->m, &r->o, r->trace_out ? r->trace_out : stderr, &err);
    if (err)
        return fail(STATUS_INTERNAL, libcpu_strerror(err));
    r->insns_left = r->o.max_insns;
    if (r->o.text_screen && !(r->screen = screen_begin(stdout)))
        return fail(STATUS_INTERNAL, "no memory for the screen");
    if (!(r->input = input_begin(r->m, r->screen, runs_bundled_guest(&r->o.computer))))
        return fail(STATUS_INTERNAL, "no memory for the input");
    if (!has_keyboard(r))
        input_none(r->input);
    terminal_begin();
    status = run(r);
    if (r->screen)
        screen_draw(r->screen, r->m, true);
    screen_end(r->screen);
    terminal_end();
    debugger_end(r->debugger, status);
    r->debugger = NULL;
    if (r->serial)
        fflush(r->serial);
    report(r);
    return status;
}

/* Only a person at a terminal is waited for. */
static int tour(const struct options *o)
{
    const bool pauses = !o->no_pause && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    int status = tour_run(o->tour_choice, pauses);
    return terminal_signal() ? 128 + terminal_signal() : status;
}

static void finish(struct runner *r)
{
    debugger_end(r->debugger, STATUS_INTERNAL);
    trace_end(r->trace);
    input_end(r->input);
    libcpu_destroy(r->m);
    if (r->serial && r->serial != stdout)
        fclose(r->serial);
    if (r->trace_out)
        fclose(r->trace_out);
}

int main(int argc, char **argv)
{
    static struct runner r;
    static char name[] = "libcpu-run"; /* for getopt's messages */
    argv[0] = name;
    int status = options_parse(argc, argv, &r.o);
    if (status >= 0)
        return status;
    if (r.o.tour)
        return tour(&r.o);
    status = start(&r);
    finish(&r);
    return status;
}
