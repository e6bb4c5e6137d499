/*
 * program.h: all that the programs have instead of a C library.
 *
 * A program computes, reports every result as a line "name value", and returns 0. The same file
 * runs under Linux and in the machine, and has to say the same in both.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* start.S */
long system_write(int fd, const void *data, size_t size);
_Noreturn void system_exit(int status);

int main(void);

/* What compilers call by themselves. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Output, kept until there is much of it or the program ends. */
void put(const char *text);
void put_hex(uint64_t value, unsigned digits);
void put_decimal(uint64_t value);

/* "name value", hexadecimal. */
void report(const char *name, uint64_t value);
void report_text(const char *name, const char *text);

/* Say what does not hold and end with status 1. */
void check(bool holds, const char *what);

/* FNV-1a, 64 bits. (Fowler, Noll, Vo.) */
#define FNV_START 0xcbf29ce484222325u
uint64_t fnv(uint64_t hash, const void *data, size_t size);

/* Marsaglia, "Xorshift RNGs", 2003. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

#endif
