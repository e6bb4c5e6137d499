/*
 * vdso.c: asks for the time without entering the kernel. AT_SYSINFO_EHDR says where the kernel put
 * its shared object; its dynamic symbols say where in it the function is. (vdso(7).)
 */
#include "libc.h"

enum { PT_DYNAMIC = 2, DT_HASH = 4, DT_STRTAB = 5, DT_SYMTAB = 6 };
#define CALLS 1000

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};

typedef int clock_function(int clock, struct timespec *time);

static uint64_t word_at(uint64_t address)
{
    return *(const uint64_t *)address;
}

static uint64_t dynamic_value(uint64_t dynamic, uint64_t key)
{
    for (; word_at(dynamic) != 0; dynamic += 16) {
        if (word_at(dynamic) == key)
            return word_at(dynamic + 8);
    }
    return 0;
}

static clock_function *find(uint64_t base, const char *name)
{
    uint64_t headers = base + word_at(base + 32), dynamic = 0;
    unsigned int count = *(const uint16_t *)(base + 56);
    for (unsigned int i = 0; i < count; i++) {
        if (*(const uint32_t *)(headers + 56 * i) == PT_DYNAMIC)
            dynamic = base + word_at(headers + 56 * i + 16);
    }
    if (dynamic == 0)
        return NULL;
    const struct symbol *symbols = (const void *)(base + dynamic_value(dynamic, DT_SYMTAB));
    const char *strings = (const char *)(base + dynamic_value(dynamic, DT_STRTAB));
    const uint32_t *hash = (const void *)(base + dynamic_value(dynamic, DT_HASH));
    for (uint32_t i = 1; i < hash[1]; i++) { /* hash[1] is the number of symbols */
        if (strcmp(strings + symbols[i].name, name) == 0)
            return (clock_function *)(base + symbols[i].value);
    }
    return NULL;
}

static uint64_t ms(const struct timespec *time)
{
    return (uint64_t)time->sec * 1000 + (uint64_t)time->nsec / 1000000;
}

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    uint64_t base = getauxval(AT_SYSINFO_EHDR);
    clock_function *ask = base != 0 ? find(base, "__vdso_clock_gettime") : NULL;
    if (ask == NULL) {
        say("there is no vDSO");
        return 1;
    }
    struct timespec first, last;
    say("the vDSO is at 0x%lx, its clock_gettime at %p", base, (void *)(uintptr_t)ask);
    ask(CLOCK_MONOTONIC, &first);
    for (int i = 0; i < CALLS; i++)
        ask(CLOCK_MONOTONIC, &last);
    uint64_t kernel = clock_ms();
    say("%d questions, none of them a system call: %lu ms; the kernel says %lu ms", CALLS,
        ms(&last), kernel);
    return ms(&last) < ms(&first) || kernel < ms(&last) || kernel > ms(&last) + 100;
}
