/*
 * cpuid.c - does /proc/cpuinfo say what CPUID says?  Runs inside the guest.
 *
 * Asks the processor itself for every feature that Linux names by a CPUID bit (SDM vol. 2A, CPUID;
 * the names of Linux's cpufeatures.h) and looks for the same names in the flags line.
 * (constant_tsc is no bit of CPUID: Linux gives it to models that it knows.) Prints the features,
 * then "ok" or "BAD" lines; exit status 1 after a BAD one.
 */
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { EAX, EBX, ECX, EDX };

static const struct feature {
    const char *name;
    uint32_t leaf, subleaf;
    uint8_t reg, bit;
} features[] = {
    {"fpu", 1, 0, EDX, 0},
    {"vme", 1, 0, EDX, 1},
    {"de", 1, 0, EDX, 2},
    {"pse", 1, 0, EDX, 3},
    {"tsc", 1, 0, EDX, 4},
    {"msr", 1, 0, EDX, 5},
    {"pae", 1, 0, EDX, 6},
    {"mce", 1, 0, EDX, 7},
    {"cx8", 1, 0, EDX, 8},
    {"apic", 1, 0, EDX, 9},
    {"sep", 1, 0, EDX, 11},
    {"mtrr", 1, 0, EDX, 12},
    {"pge", 1, 0, EDX, 13},
    {"mca", 1, 0, EDX, 14},
    {"cmov", 1, 0, EDX, 15},
    {"pat", 1, 0, EDX, 16},
    {"pse36", 1, 0, EDX, 17},
    {"clflush", 1, 0, EDX, 19},
    {"acpi", 1, 0, EDX, 22},
    {"mmx", 1, 0, EDX, 23},
    {"fxsr", 1, 0, EDX, 24},
    {"sse", 1, 0, EDX, 25},
    {"sse2", 1, 0, EDX, 26},
    {"ss", 1, 0, EDX, 27},
    {"ht", 1, 0, EDX, 28},
    {"pni", 1, 0, ECX, 0},
    {"pclmulqdq", 1, 0, ECX, 1},
    {"monitor", 1, 0, ECX, 3},
    {"vmx", 1, 0, ECX, 5},
    {"ssse3", 1, 0, ECX, 9},
    {"fma", 1, 0, ECX, 12},
    {"cx16", 1, 0, ECX, 13},
    {"pcid", 1, 0, ECX, 17},
    {"sse4_1", 1, 0, ECX, 19},
    {"sse4_2", 1, 0, ECX, 20},
    {"x2apic", 1, 0, ECX, 21},
    {"movbe", 1, 0, ECX, 22},
    {"popcnt", 1, 0, ECX, 23},
    {"tsc_deadline_timer", 1, 0, ECX, 24},
    {"aes", 1, 0, ECX, 25},
    {"xsave", 1, 0, ECX, 26},
    {"avx", 1, 0, ECX, 28},
    {"f16c", 1, 0, ECX, 29},
    {"rdrand", 1, 0, ECX, 30},
    {"hypervisor", 1, 0, ECX, 31},
    {"fsgsbase", 7, 0, EBX, 0},
    {"bmi1", 7, 0, EBX, 3},
    {"hle", 7, 0, EBX, 4},
    {"avx2", 7, 0, EBX, 5},
    {"smep", 7, 0, EBX, 7},
    {"bmi2", 7, 0, EBX, 8},
    {"erms", 7, 0, EBX, 9},
    {"invpcid", 7, 0, EBX, 10},
    {"rtm", 7, 0, EBX, 11},
    {"avx512f", 7, 0, EBX, 16},
    {"rdseed", 7, 0, EBX, 18},
    {"adx", 7, 0, EBX, 19},
    {"smap", 7, 0, EBX, 20},
    {"clflushopt", 7, 0, EBX, 23},
    {"clwb", 7, 0, EBX, 24},
    {"sha_ni", 7, 0, EBX, 29},
    {"umip", 7, 0, ECX, 2},
    {"pku", 7, 0, ECX, 3},
    {"gfni", 7, 0, ECX, 8},
    {"vaes", 7, 0, ECX, 9},
    {"vpclmulqdq", 7, 0, ECX, 10},
    {"la57", 7, 0, ECX, 16},
    {"rdpid", 7, 0, ECX, 22},
    {"movdiri", 7, 0, ECX, 27},
    {"movdir64b", 7, 0, ECX, 28},
    {"fsrm", 7, 0, EDX, 4},
    {"serialize", 7, 0, EDX, 14},
    {"xsaveopt", 13, 1, EAX, 0},
    {"xsavec", 13, 1, EAX, 1},
    {"xgetbv1", 13, 1, EAX, 2},
    {"xsaves", 13, 1, EAX, 3},
    {"lahf_lm", 0x80000001, 0, ECX, 0},
    {"svm", 0x80000001, 0, ECX, 2},
    {"abm", 0x80000001, 0, ECX, 5},
    {"3dnowprefetch", 0x80000001, 0, ECX, 8},
    {"syscall", 0x80000001, 0, EDX, 11},
    {"nx", 0x80000001, 0, EDX, 20},
    {"pdpe1gb", 0x80000001, 0, EDX, 26},
    {"rdtscp", 0x80000001, 0, EDX, 27},
    {"lm", 0x80000001, 0, EDX, 29},
    {"nonstop_tsc", 0x80000007, 0, EDX, 8},
};

static char info[65536], flags[8192];
static int bad;

static void say(bool good, const char *what, const char *name)
{
    if (!good || !name)
        printf("%s %s%s%s\n", good ? "ok" : "BAD", what, name ? ": " : "", name ? name : "");
    bad |= !good;
}

/* The text behind "key   : " in /proc/cpuinfo. */
static const char *field(const char *key, char *to, size_t size)
{
    const char *at = info;
    size_t n = 0;

    while (at && strncmp(at, key, strlen(key)) != 0)
        at = (at = strchr(at, '\n')) ? at + 1 : NULL;
    at = at ? strchr(at, ':') : NULL;
    for (at = at ? at + 1 + (at[1] == ' ') : ""; at[n] && at[n] != '\n' && n + 2 < size; n++)
        to[n] = at[n];
    to[n] = '\0';
    return to;
}

static bool has(const struct feature *f)
{
    uint32_t r[4] = {0};

    return __get_cpuid_count(f->leaf, f->subleaf, &r[0], &r[1], &r[2], &r[3]) &&
           (r[f->reg] >> f->bit & 1);
}

static void compare_flags(void)
{
    char word[64];

    flags[0] = ' ';
    field("flags", flags + 1, sizeof(flags) - 2);
    strcat(flags, " ");
    printf("features");
    for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++) {
        const bool real = has(&features[i]);
        snprintf(word, sizeof(word), " %s ", features[i].name);
        const bool told = strstr(flags, word) != NULL;
        if (real)
            printf(" %s", features[i].name);
        if (real != told)
            printf("\n%s", real ? "missing in /proc/cpuinfo:" : "only in /proc/cpuinfo:");
        if (real != told)
            say(false, "flag", features[i].name);
    }
    printf("\n");
    say(!bad, "the flags are those of CPUID", NULL);
}

static void compare_names(void)
{
    uint32_t r[12], a, b, c, d;
    char text[64] = "", seen[128];

    __cpuid(0, a, r[0], r[2], r[1]);
    memcpy(text, r, 12);
    say(strcmp(field("vendor_id", seen, sizeof(seen)), text) == 0, "the vendor is CPUID's", NULL);
    __cpuid(1, a, b, c, d);
    snprintf(text, sizeof(text), "%u", (a >> 8 & 15) + (a >> 20 & 255));
    say(strcmp(field("cpu family", seen, sizeof(seen)), text) == 0, "the family is CPUID's", NULL);
    snprintf(text, sizeof(text), "%u", (a >> 4 & 15) | (a >> 12 & 0xf0));
    say(strcmp(field("model\t", seen, sizeof(seen)), text) == 0, "the model is CPUID's", NULL);
    snprintf(text, sizeof(text), "%u", a & 15);
    say(strcmp(field("stepping", seen, sizeof(seen)), text) == 0, "the stepping is CPUID's", NULL);
    for (uint32_t i = 0; i < 3; i++)
        __cpuid(0x80000002 + i, r[4 * i], r[4 * i + 1], r[4 * i + 2], r[4 * i + 3]);
    memcpy(text, r, 48);
    text[48] = '\0';
    say(strcmp(field("model name", seen, sizeof(seen)), text + strspn(text, " ")) == 0,
        "the name is CPUID's", NULL);
    __cpuid(0x80000008, a, b, c, d);
    snprintf(text, sizeof(text), "%u bits physical, %u bits virtual", a & 255, a >> 8 & 255);
    say(strcmp(field("address sizes", seen, sizeof(seen)), text) == 0, "address sizes are CPUID's",
        NULL);
    say(strcmp(field("cpu MHz", seen, sizeof(seen)), "1000.000") == 0, "1000 MHz", NULL);
}

int main(void)
{
    FILE *f = fopen("/proc/cpuinfo", "r");

    if (!f)
        return 2;
    info[fread(info, 1, sizeof(info) - 1, f)] = '\0';
    fclose(f);
    compare_flags();
    compare_names();
    return bad;
}
