/*
 * polite.c [TURNS]: a program as they were before preemption: it does a little and then gives the
 * processor away, by a software interrupt (INT 0x80, number 158).
 */
#include "libc.h"

int main(int argc, char *argv[])
{
    long turns = argc > 1 ? to_number(argv[1]) : 5;
    for (long i = 1; i <= turns; i++) {
        say("turn %ld of %ld", i, turns);
        door_int80(NR32_SCHED_YIELD, 0, 0, 0, 0, 0);
    }
    return 0;
}
