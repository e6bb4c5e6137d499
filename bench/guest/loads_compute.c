/*
 * loads_compute.c: loads that stress decoding, dispatch, flags and branches rather than memory.
 */
#include "loads.h"

#define INTEGER_INSNS 20u
#define ADDS_INSNS    8u

#define TEXT_SIZE 65536u
#define SORT_SIZE 4096u
#define FIB_OF    22u /* 57313 calls */

void no_preparation(uint64_t scale)
{
    (void)scale;
}

uint64_t load_integer(uint64_t scale)
{
    return integer_loop(scale * (1000000 / INTEGER_INSNS));
}

uint64_t load_adds(uint64_t scale)
{
    return adds_loop(scale * (1000000 / ADDS_INSNS));
}

/* --- branches ----------------------------------------------------------------------------------
 */

/* Letters, digits, spaces and signs in no order that a branch predictor could learn. */
void prepare_text(uint64_t scale)
{
    (void)scale;
    static const char alphabet[] = "aeistnrdlu  \n0123+-*/;";
    uint64_t random = 88172645463325252u;
    for (unsigned i = 0; i < TEXT_SIZE; i++)
        arena[i] = (uint8_t)alphabet[(next_random(&random) >> 20) % (sizeof(alphabet) - 1)];
}

/* Counts and sums of what a tokenizer finds. */
struct tokens {
    uint64_t words, numbers, lines, signs, sum;
};

static const uint8_t *take_word(const uint8_t *p, const uint8_t *end, struct tokens *t)
{
    uint64_t hash = 0;
    while (p < end && *p >= 'a' && *p <= 'z')
        hash = hash * 31 + *p++;
    t->words++;
    t->sum += hash;
    return p;
}

static const uint8_t *take_number(const uint8_t *p, const uint8_t *end, struct tokens *t)
{
    uint64_t number = 0;
    while (p < end && *p >= '0' && *p <= '9')
        number = number * 10 + (uint64_t)(*p++ - '0');
    t->numbers++;
    t->sum ^= number;
    return p;
}

static void tokenize(const uint8_t *p, const uint8_t *end, struct tokens *t)
{
    while (p < end) {
        uint8_t c = *p;
        if (c >= 'a' && c <= 'z') {
            p = take_word(p, end, t);
        } else if (c >= '0' && c <= '9') {
            p = take_number(p, end, t);
        } else {
            if (c == '\n')
                t->lines++;
            else if (c != ' ')
                t->signs = t->signs * 3 + c;
            p++;
        }
    }
}

uint64_t load_branches(uint64_t scale)
{
    struct tokens t = {0};
    for (uint64_t i = 0; i < scale; i++)
        tokenize(arena, arena + TEXT_SIZE, &t);
    return mix(mix(mix(mix(t.words, t.numbers), t.lines), t.signs), t.sum);
}

/* --- sort --------------------------------------------------------------------------------------
 */

static void insertion_sort(uint32_t *a, int64_t low, int64_t high)
{
    for (int64_t i = low + 1; i <= high; i++) {
        uint32_t value = a[i];
        int64_t k = i - 1;
        for (; k >= low && a[k] > value; k--)
            a[k + 1] = a[k];
        a[k + 1] = value;
    }
}

static int64_t partition(uint32_t *a, int64_t low, int64_t high)
{
    uint32_t pivot = a[(low + high) / 2];
    for (;; low++, high--) {
        while (a[low] < pivot)
            low++;
        while (a[high] > pivot)
            high--;
        if (low >= high)
            return high;
        uint32_t value = a[low];
        a[low] = a[high];
        a[high] = value;
    }
}

static void quicksort(uint32_t *a, int64_t low, int64_t high)
{
    while (high - low > 8) {
        int64_t middle = partition(a, low, high);
        quicksort(a, low, middle);
        low = middle + 1;
    }
    insertion_sort(a, low, high);
}

uint64_t load_sort(uint64_t scale)
{
    uint32_t *a = (uint32_t *)(void *)arena;
    uint64_t random = 2463534242u, sum = 0;
    for (uint64_t pass = 0; pass < 2 * scale; pass++) {
        for (unsigned i = 0; i < SORT_SIZE; i++)
            a[i] = (uint32_t)(next_random(&random) >> 16);
        quicksort(a, 0, SORT_SIZE - 1);
        for (unsigned i = 0; i < SORT_SIZE; i += 64)
            sum = mix(sum, a[i]);
    }
    return sum;
}

/* --- fib and indirect --------------------------------------------------------------------------
 */

uint64_t load_fib(uint64_t scale)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < scale; i++)
        sum = mix(sum, fib_recursive(FIB_OF + (i & 1)));
    return sum;
}

/* Small functions that a compiler cannot fold, for it does not know which is called. */
typedef uint64_t step(uint64_t a, uint64_t b);

static uint64_t step_add(uint64_t a, uint64_t b)
{
    return a + b;
}
static uint64_t step_xor(uint64_t a, uint64_t b)
{
    return a ^ b;
}
static uint64_t step_shift(uint64_t a, uint64_t b)
{
    return (a << 3) - b;
}
static uint64_t step_max(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b + 1;
}
static uint64_t step_turn(uint64_t a, uint64_t b)
{
    return (a >> 11 | a << 53) + b;
}
static uint64_t step_times(uint64_t a, uint64_t b)
{
    return a * 3 + b;
}
static uint64_t step_not(uint64_t a, uint64_t b)
{
    return ~a + b;
}
static uint64_t step_low(uint64_t a, uint64_t b)
{
    return (a & 0xffff) + b;
}

static step *const steps[8] = {step_add,  step_xor,   step_shift, step_max,
                               step_turn, step_times, step_not,   step_low};

uint64_t load_indirect(uint64_t scale)
{
    uint64_t random = 362436069u, sum = 1;
    for (uint64_t i = 0; i < scale * 65536; i++) {
        uint64_t r = next_random(&random);
        sum = steps[r >> 30 & 7](sum, r);
    }
    return sum;
}
