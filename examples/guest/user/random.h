/*
 * random.h: random numbers that a seed repeats (Marsaglia's xorshift, 64 bits), for one program:
 * its state is a variable of the file that includes this.
 */
#ifndef GUEST_RANDOM_H
#define GUEST_RANDOM_H

#include <stdint.h>

static uint64_t random_state = 88172645463325252;

static inline uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static inline unsigned int below(unsigned int limit)
{
    return (unsigned int)(random_number() >> 16) % limit;
}

#endif
