/*
 * counter.c: never calls the kernel while it counts, and yet is interrupted. Its variable has the
 * same address in every running copy of the program, but each copy counts its own.
 */
#include "libc.h"

#define STEPS          4
#define COUNT_PER_STEP 2500000

static volatile uint64_t count;

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[1] : "?";
    for (int step = 1; step <= STEPS; step++) {
        for (int i = 0; i < COUNT_PER_STEP; i++)
            count++;
        say("%s counted to %8lu at address %p", name, count, (void *)&count);
    }
    return count == (uint64_t)STEPS * COUNT_PER_STEP ? 0 : 1;
}
