/*
 * sort.c: five ways to sort, which have to agree.
 */
#include "program.h"

enum { COUNT = 2048, NETWORK = 64, BATCH = 256 };

static uint32_t numbers[COUNT], sorted[COUNT], scratch[COUNT];

static void fill(uint32_t *a, uint64_t seed)
{
    for (unsigned i = 0; i < COUNT; i++)
        a[i] = (uint32_t)(next_random(&seed) >> 20);
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t value = *a;
    *a = *b;
    *b = value;
}

static void quicksort(uint32_t *a, long low, long high)
{
    while (low < high) {
        uint32_t pivot = a[(low + high) / 2];
        long i = low, k = high;
        while (i <= k) {
            while (a[i] < pivot)
                i++;
            while (a[k] > pivot)
                k--;
            if (i <= k)
                swap(&a[i++], &a[k--]);
        }
        quicksort(a, low, k);
        low = i;
    }
}

static void sift(uint32_t *a, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && a[child + 1] > a[child])
            child++;
        if (a[root] >= a[child])
            return;
        swap(&a[root], &a[child]);
    }
}

static void heapsort(uint32_t *a, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(a, i, count);
    for (size_t end = count; end-- > 1;) {
        swap(&a[0], &a[end]);
        sift(a, 0, end);
    }
}

static void merge(const uint32_t *a, uint32_t *to, size_t low, size_t middle, size_t high)
{
    size_t i = low, k = middle;
    for (size_t n = low; n < high; n++)
        to[n] = k >= high || (i < middle && a[i] <= a[k]) ? a[i++] : a[k++];
}

static void mergesort(uint32_t *a, uint32_t *spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = low + 2 * width < count ? low + 2 * width : count;
            merge(a, spare, low, middle, high);
        }
        memcpy(a, spare, count * sizeof(*a));
    }
}

static void radixsort(uint32_t *a, uint32_t *spare, size_t count)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t place[257] = {0};
        for (size_t i = 0; i < count; i++)
            place[(a[i] >> shift & 255) + 1]++;
        for (unsigned i = 0; i < 256; i++)
            place[i + 1] += place[i];
        for (size_t i = 0; i < count; i++)
            spare[place[a[i] >> shift & 255]++] = a[i];
        memcpy(a, spare, count * sizeof(*a));
    }
}

/* Batcher's odd-even merge sort of BATCH columns at once: a compare-exchange is a minimum and a
 * maximum of whole rows. (Knuth, vol. 3, 5.2.2, Algorithm M.) */
static int32_t rows[NETWORK][BATCH];

static void exchange(int32_t *restrict a, int32_t *restrict b)
{
    for (unsigned i = 0; i < BATCH; i++) {
        int32_t low = a[i] < b[i] ? a[i] : b[i];
        int32_t high = a[i] < b[i] ? b[i] : a[i];
        a[i] = low;
        b[i] = high;
    }
}

static void network(void)
{
    for (unsigned p = NETWORK / 2; p > 0; p /= 2) {
        unsigned q = NETWORK / 2, r = 0, d = p;
        for (;;) {
            for (unsigned i = 0; i + d < NETWORK; i++) {
                if ((i & p) == r)
                    exchange(rows[i], rows[i + d]);
            }
            if (q == p)
                break;
            d = q - p;
            q /= 2;
            r = p;
        }
    }
}

static void columns(void)
{
    uint64_t random = 1442695040888963407u;
    int64_t before = 0, after = 0;
    for (unsigned i = 0; i < NETWORK; i++) {
        for (unsigned k = 0; k < BATCH; k++)
            before += rows[i][k] = (int32_t)(next_random(&random) >> 32);
    }
    network();
    for (unsigned i = 0; i < NETWORK; i++) {
        for (unsigned k = 0; k < BATCH; k++) {
            after += rows[i][k];
            check(i == 0 || rows[i - 1][k] <= rows[i][k], "a column is out of order");
        }
    }
    check(before == after, "a column has lost a number");
    report("network", fnv(FNV_START, rows, sizeof(rows)));
}

static void same(const char *name)
{
    check(memcmp(numbers, sorted, sizeof(numbers)) == 0, name);
    report(name, fnv(FNV_START, numbers, sizeof(numbers)));
}

int main(void)
{
    fill(sorted, 88172645463325252u);
    quicksort(sorted, 0, COUNT - 1);
    for (unsigned i = 1; i < COUNT; i++)
        check(sorted[i - 1] <= sorted[i], "quicksort");
    report("quicksort", fnv(FNV_START, sorted, sizeof(sorted)));
    fill(numbers, 88172645463325252u);
    heapsort(numbers, COUNT);
    same("heapsort");
    fill(numbers, 88172645463325252u);
    mergesort(numbers, scratch, COUNT);
    same("mergesort");
    fill(numbers, 88172645463325252u);
    radixsort(numbers, scratch, COUNT);
    same("radixsort");
    columns();
    return 0;
}
