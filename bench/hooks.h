/*
 * hooks.h: the loop that bench-hooks watches, and the other emulator, where there is one.
 */
#ifndef BENCH_HOOKS_H
#define BENCH_HOOKS_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_CODE = 0x400000, BENCH_FROM = 0x500000, BENCH_TO = 0x508000 };

/* What is watched. */
enum bench_watch { WATCH_NOTHING, WATCH_CODE, WATCH_BLOCKS, WATCH_MEMORY, WATCHES };

/* Eight instructions a round, of which one reads and one writes; rounds are counted down in R8, RDI
 * and RSI are BENCH_FROM and BENCH_TO, and HLT ends it. */
extern const uint8_t bench_loop[];
extern const size_t bench_loop_size;

/* Seconds of CPU time for so many rounds, and how many events were seen; below 0: there is no other
 * emulator, or it failed. */
double bench_peer(enum bench_watch what, uint64_t rounds, uint64_t *events);

double bench_cpu_seconds(void);

#endif
