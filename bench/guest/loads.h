/*
 * loads.h: what the loads, the guest kernel and the native program share.
 */
#ifndef BENCH_LOADS_H
#define BENCH_LOADS_H

#include <stdint.h>

/* Rows of loads.def. */
struct load {
    const char *name;
    void (*prepare)(uint64_t scale);
    uint64_t (*run)(uint64_t scale);
    uint64_t insns;
};

#define ANY(name, prepare, insns, text)   uint64_t load_##name(uint64_t scale);
#define GUEST(name, prepare, insns, text) uint64_t load_##name(uint64_t scale);
#include "loads.def"
#undef ANY
#undef GUEST

void no_preparation(uint64_t scale);
void prepare_text(uint64_t scale);
void prepare_chain(uint64_t scale);
void prepare_table(uint64_t scale);
void prepare_sse(uint64_t scale);
void prepare_avx(uint64_t scale);
void prepare_user(uint64_t scale);
void prepare_spaces(uint64_t scale);
void prepare_timer(uint64_t scale);

/*
 * Working memory. The kernel's is a stretch of RAM that no part of the image covers, so that
 * loading the image touches none of it; its content is undefined at the start.
 */
#define ARENA_SIZE (16u << 20)
extern uint8_t arena[];

/* Some bytes that can be written and executed. */
#define CODE_SIZE 4096
extern uint8_t code_page[];

/* End with a message where there is no AVX2 and FMA. */
void need_avx2(void);

/* compute.S. Each returns a checksum; the comment there gives the instruction count. */
uint64_t integer_loop(uint64_t iterations);
uint64_t adds_loop(uint64_t iterations);
uint64_t chase_loop(const void *start, uint64_t steps);
uint64_t fib_recursive(uint64_t n);

/* The random numbers of all loads (Marsaglia, "Xorshift RNGs", 2003). */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* Order matters, unlike in a sum. */
static inline uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum << 7 | sum >> 57) * 0x9e3779b97f4a7c15u + value;
}

#endif
