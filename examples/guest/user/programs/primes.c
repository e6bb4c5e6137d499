/* primes.c: the sieve of Eratosthenes, in memory from mmap; the answer is known. */
#include "libc.h"

#define LIMIT  1000000u
#define PRIMES 78498u

int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    uint8_t *composite = mmap(LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    if (composite == NULL)
        return 1;
    unsigned int count = 0;
    for (unsigned int n = 2; n < LIMIT; n++) {
        if (composite[n])
            continue;
        count++;
        for (uint64_t multiple = (uint64_t)n * n; multiple < LIMIT; multiple += n)
            composite[multiple] = 1;
    }
    say("%u primes below %u: %s", count, LIMIT, count == PRIMES ? "right" : "wrong");
    return count == PRIMES ? 0 : 1;
}
