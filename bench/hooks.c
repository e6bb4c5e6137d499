/*
 * hooks.c: what hooks cost, through the public API.
 *
 *   bench-hooks [THOUSANDS-OF-ROUNDS]
 *
 * A loop of eight instructions, of which one reads and one writes memory, runs with a hook on
 * everything of one kind: prints "name value unit" for the time of the loop and of an event, and
 * where Unicorn was found how many times longer that takes.  Each figure is the best of five runs.
 */
#include "hooks.h"

#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5 };

/* mov rax, [rdi+rcx*8]; add rax, rdx; mov [rsi+rcx*8], rax; inc rcx; and ecx, 1ffh;
 * lea rdx, [rdx+rax]; dec r8; jnz; hlt */
const uint8_t bench_loop[] = {0x48, 0x8b, 0x04, 0xcf, 0x48, 0x01, 0xd0, 0x48, 0x89, 0x04,
                              0xce, 0x48, 0xff, 0xc1, 0x81, 0xe1, 0xff, 0x01, 0x00, 0x00,
                              0x48, 0x8d, 0x14, 0x02, 0x49, 0xff, 0xc8, 0x75, 0xe3, 0xf4};
const size_t bench_loop_size = sizeof(bench_loop);

double bench_cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_insn(void *user, libcpu *m, uint64_t la)
{
    (void)m, (void)la;
    ++*(uint64_t *)user;
}

static void on_block(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    (void)m, (void)la, (void)bytes, (void)insns;
    ++*(uint64_t *)user;
}

static void on_memory(void *user, libcpu *m, struct libcpu_access *access)
{
    (void)m, (void)access;
    ++*(uint64_t *)user;
}

static enum libcpu_err watch(libcpu *m, enum bench_watch what, uint64_t *events)
{
    const unsigned both = LIBCPU_MEMORY_READ | LIBCPU_MEMORY_WRITE;
    switch (what) {
    case WATCH_CODE: return libcpu_hook_insn(m, NULL, on_insn, events, NULL);
    case WATCH_BLOCKS: return libcpu_hook_block(m, NULL, on_block, events, NULL);
    case WATCH_MEMORY: return libcpu_hook_memory(m, both, NULL, on_memory, events, NULL);
    default: return LIBCPU_ERR_OK;
    }
}

/* The same events into a ring. */
static enum libcpu_err trace(libcpu *m, enum bench_watch what)
{
    static const uint64_t kinds[] = {
        0, LIBCPU_TRACE_BIT(LIBCPU_TRACE_INSN), LIBCPU_TRACE_BIT(LIBCPU_TRACE_BLOCK),
        LIBCPU_TRACE_BIT(LIBCPU_TRACE_READ) | LIBCPU_TRACE_BIT(LIBCPU_TRACE_WRITE)};
    struct libcpu_trace_options o;
    libcpu_trace_init(&o);
    o.kinds = kinds[what];
    return o.kinds ? libcpu_trace_start(m, &o) : LIBCPU_ERR_OK;
}

static enum libcpu_err set_up(libcpu *m, uint64_t rounds)
{
    const struct {
        enum libcpu_reg reg;
        uint64_t value;
    } regs[] = {{LIBCPU_REG_RIP, BENCH_CODE},
                {LIBCPU_REG_RDI, BENCH_FROM},
                {LIBCPU_REG_RSI, BENCH_TO},
                {LIBCPU_REG_R8, rounds}};
    const unsigned rw = LIBCPU_READ | LIBCPU_WRITE;
    enum libcpu_err err = libcpu_bare(m, LIBCPU_BARE_KERNEL64);
    err = err ? err : libcpu_map(m, BENCH_CODE, 0x1000, rw | LIBCPU_EXECUTE);
    err = err ? err : libcpu_map(m, BENCH_FROM, 0x10000, rw);
    err = err ? err : libcpu_linear_write(m, BENCH_CODE, bench_loop, bench_loop_size);
    for (size_t i = 0; !err && i < sizeof(regs) / sizeof(*regs); i++)
        err = libcpu_reg_set(m, regs[i].reg, &regs[i].value, sizeof(regs[i].value));
    return err;
}

/* One run; below 0: it failed. */
static double ours(enum bench_watch what, uint64_t rounds, bool traced, uint64_t *events)
{
    struct libcpu_config config;
    struct libcpu_stop stop = {0};
    libcpu *m;
    *events = 0;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    if (libcpu_create(&config, &m))
        return -1;
    enum libcpu_err err = set_up(m, rounds);
    err = err ? err : traced ? trace(m, what) : watch(m, what, events);
    double start = bench_cpu_seconds();
    err = err ? err : libcpu_run(m, UINT64_MAX, &stop);
    double seconds = bench_cpu_seconds() - start;
    struct libcpu_trace_status status;
    if (traced && !libcpu_trace_status(m, &status))
        *events = status.written;
    libcpu_destroy(m);
    return err || stop.reason != LIBCPU_STOP_HALTED ? -1 : seconds;
}

struct figure {
    double hook, trace, peer; /* seconds */
    uint64_t events;
};

static void best(double *to, double seconds)
{
    if (*to == 0 || (seconds >= 0 && seconds < *to))
        *to = seconds;
}

static struct figure measure(enum bench_watch what, uint64_t rounds)
{
    struct figure f = {0};
    uint64_t ignored;
    for (unsigned i = 0; i < RUNS; i++) {
        best(&f.trace, ours(what, rounds, true, &ignored));
        best(&f.hook, ours(what, rounds, false, &f.events));
        best(&f.peer, bench_peer(what, rounds, &ignored));
    }
    return f;
}

int main(int argc, char **argv)
{
    static const char *const names[WATCHES] = {"nothing", "code", "blocks", "memory"};
    unsigned long thousands = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
    if (argc > 2 || thousands < 1 || thousands > 1000000) {
        fprintf(stderr, "usage: bench-hooks [THOUSANDS-OF-ROUNDS], up to 1000000\n");
        return 64;
    }
    for (unsigned what = 0; what < WATCHES; what++) {
        struct figure f = measure(what, (uint64_t)thousands * 1000);
        if (f.hook < 0 || f.trace < 0) {
            fprintf(stderr, "bench-hooks: %s: the run failed\n", names[what]);
            return 70;
        }
        printf("hooks-%s %.1f ms\n", names[what], f.hook * 1e3);
        if (f.events) {
            printf("hooks-%s-event %.2f ns\n", names[what], f.hook * 1e9 / (double)f.events);
            printf("trace-%s-event %.2f ns\n", names[what], f.trace * 1e9 / (double)f.events);
        }
        if (f.peer > 0)
            printf("hooks-%s-unicorn %.2f x\n", names[what], f.peer / f.hook);
    }
    return 0;
}
