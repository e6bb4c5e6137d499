/*
 * loads_memory.c: loads that stress the way from a linear address to memory: order, spread, blocks.
 *
 * A load runs several times in one measurement and must then give the same checksum each time, so
 * each either reads only, or writes values that do not depend on what was there.
 */
#include "loads.h"

/* --- stream ------------------------------------------------------------------------------------
 */

#define SEGMENT_WORDS (1u << 17) /* 1 MiB */
#define SEGMENTS      4u         /* 4 MiB read, 4 MiB written */

static uint64_t sweep(const uint64_t *restrict from, uint64_t *restrict to, uint64_t start)
{
    uint64_t sum = start;
    for (unsigned i = 0; i < SEGMENT_WORDS; i++) {
        uint64_t value = from[i] * 5 + start;
        to[i] = value;
        sum += value;
    }
    return sum;
}

uint64_t load_stream(uint64_t scale)
{
    uint64_t *words = (uint64_t *)(void *)arena, sum = 0;
    for (unsigned i = 0; i < 2 * SEGMENTS * SEGMENT_WORDS; i += 512)
        words[i] = i;
    for (uint64_t i = 0; i < scale; i++) {
        uint64_t segment = i % SEGMENTS * SEGMENT_WORDS;
        sum = mix(sum, sweep(words + segment, words + segment + SEGMENTS * SEGMENT_WORDS, i));
    }
    return sum;
}

/* --- chase -------------------------------------------------------------------------------------
 */

/* A node is a cache line, and no two successive ones share a page but by chance. */
struct node {
    const struct node *next;
    uint64_t value;
    uint64_t padding[6];
};
_Static_assert(sizeof(struct node) == 64, "a cache line");

#define NODES       131072u
#define CHASE_INSNS 4u

/* Sattolo's shuffle: one cycle through all nodes. */
void prepare_chain(uint64_t scale)
{
    (void)scale;
    struct node *nodes = (struct node *)(void *)arena;
    uint64_t random = 521288629u;
    for (unsigned i = 0; i < NODES; i++)
        nodes[i].next = nodes + i;
    for (unsigned i = NODES - 1; i > 0; i--) {
        unsigned other = (unsigned)((next_random(&random) >> 20) % i);
        const struct node *next = nodes[i].next;
        nodes[i].next = nodes[other].next;
        nodes[other].next = next;
        nodes[i].value = i;
    }
    nodes[0].value = 0;
}

uint64_t load_chase(uint64_t scale)
{
    return chase_loop(arena, scale * (1000000 / CHASE_INSNS));
}

/* --- hash --------------------------------------------------------------------------------------
 */

#define TABLE_WORDS (1u << 19) /* 4 MiB */

uint64_t load_hash(uint64_t scale)
{
    uint64_t *table = (uint64_t *)(void *)arena;
    uint64_t random = 123456789u, sum = 0;
    for (uint64_t i = 0; i < scale * 65536; i++) {
        uint64_t r = next_random(&random);
        sum = mix(sum, table[r >> 13 & (TABLE_WORDS - 1)]);
        table[r >> 40 & (TABLE_WORDS - 1)] = r;
    }
    return sum;
}

/* One run leaves its last value in every word that it writes; from then on all runs are equal. */
void prepare_table(uint64_t scale)
{
    uint64_t *table = (uint64_t *)(void *)arena;
    for (unsigned i = 0; i < TABLE_WORDS; i++)
        table[i] = i;
    load_hash(scale);
}

/* --- strings -----------------------------------------------------------------------------------
 */

static void move_bytes(uint8_t *to, const uint8_t *from, uint64_t count)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void move_words(uint8_t *to, const uint8_t *from, uint64_t count)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void store_bytes(uint8_t *to, uint8_t value, uint64_t count)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

static void store_words(uint8_t *to, uint64_t value, uint64_t count)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

/* Bytes left when `value` was found. */
static uint64_t scan_bytes(const uint8_t *at, uint8_t value, uint64_t count)
{
    __asm__ volatile("repne scasb" : "+D"(at), "+c"(count) : "a"(value) : "memory", "cc");
    return count;
}

/* Bytes left at the first difference. */
static uint64_t compare_bytes(const uint8_t *a, const uint8_t *b, uint64_t count)
{
    __asm__ volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(count) : : "memory", "cc");
    return count;
}

#define BLOCK (64u << 10)
#define SMALL 200u
#define SCAN  4096u

uint64_t load_strings(uint64_t scale)
{
    uint8_t *a = arena, *b = arena + 4 * BLOCK;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < scale; i++) {
        store_words(a, i * 0x0101010101010101u, BLOCK / 8);
        store_bytes(b + 3, (uint8_t)(i + 1), BLOCK);
        a[SCAN - 1] = (uint8_t)(i + 1);
        move_bytes(b + 5, a, BLOCK);
        move_words(a + 1, b, BLOCK / 8);
        for (unsigned at = 0; at < BLOCK; at += 8 * SMALL)
            move_bytes(a + at, b + at + 7, SMALL);
        sum = mix(sum, scan_bytes(b + 5, (uint8_t)(i + 1), SCAN));
        sum = mix(sum, compare_bytes(a + 8 * SMALL, b + 8 * SMALL + 7, SMALL + 1));
        sum = mix(sum, a[4 * SMALL] + (uint64_t)b[SCAN + 4]);
    }
    return sum;
}

/* --- smc ---------------------------------------------------------------------------------------
 */

typedef uint64_t generated(void);

/* MOV EAX, imm32; RET: the immediate is changed before each call. */
uint64_t load_smc(uint64_t scale)
{
    volatile uint8_t *code = code_page;
    uint64_t sum = 0;
    code[0] = 0xb8;
    code[5] = 0xc3;
    for (uint32_t i = 0; i < scale * 2000; i++) {
        *(volatile uint32_t *)(volatile void *)(code + 1) = i * 7;
        sum = mix(sum, ((generated *)(uintptr_t)code)());
    }
    return sum;
}
