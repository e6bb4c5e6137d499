/* spin.c [MILLISECONDS]: computes without a pause; at its end, how far it came. */
#include "libc.h"

int main(int argc, char *argv[])
{
    uint64_t end = clock_ms() + (argc > 1 ? (uint64_t)to_number(argv[1]) : 500), rounds = 0;
    do
        for (volatile int i = 0; i < 1000; i++)
            ;
    while (rounds++, clock_ms() < end);
    say("%lu rounds", rounds);
    return 0;
}
