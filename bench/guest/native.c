/*
 * native.c: the loads that need no ring 0, as a Linux program, made of the same object files.
 *
 *   bench-native NAME SCALE REPEAT      as the guest's load=NAME scale=SCALE repeat=REPEAT
 *   bench-native --list                 all loads: "any" or "guest", name, text
 */
#define _DEFAULT_SOURCE
#include "loads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint8_t arena[ARENA_SIZE] __attribute__((aligned(4096)));
uint8_t code_page[CODE_SIZE] __attribute__((aligned(4096)));

static const struct load loads[] = {
#define ANY(name, prepare, insns, text) {#name, prepare, load_##name, insns},
#define GUEST(name, prepare, insns, text)
#include "loads.def"
#undef ANY
#undef GUEST
};

static int list(void)
{
#define ANY(name, prepare, insns, text)   puts("any " #name " " text);
#define GUEST(name, prepare, insns, text) puts("guest " #name " " text);
#include "loads.def"
#undef ANY
#undef GUEST
    return 0;
}

void need_avx2(void)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return;
    puts("@@FAIL this processor has no AVX2 and FMA");
    exit(69);
}

static const struct load *find_load(const char *name)
{
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        if (strcmp(loads[i].name, name) == 0)
            return &loads[i];
    }
    fprintf(stderr, "bench-native: no load \"%s\"\n", name);
    exit(64);
}

static void run(const struct load *load, uint64_t scale, uint64_t repeat)
{
    memset(arena, 0, sizeof(arena)); /* the host's page faults are not part of a load */
    load->prepare(scale);
    printf("@@START %s\n", load->name);
    fflush(stdout);
    uint64_t sum = load->run(scale);
    for (uint64_t i = 1; i < repeat; i++) {
        if (load->run(scale) != sum) {
            printf("@@FAIL checksums differ between repetitions\n");
            exit(1);
        }
    }
    printf("@@END %s %016" PRIx64 " %" PRIu64 "\n", load->name, sum, load->insns * scale * repeat);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    if (argc != 4) {
        fputs("usage: bench-native NAME SCALE REPEAT | --list\n", stderr);
        return 64;
    }
    if (mprotect(code_page, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        perror("bench-native: mprotect");
        return 70;
    }
    run(find_load(argv[1]), strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    return 0;
}
