/*
 * paging_judge.c - what the paging images must print, from the sentences of SDM vol. 3A, 4.6
 * to 4.8.
 *
 * It knows no tables and no walker: an outcome follows from the bits of the one entry that a sweep
 * changes, the controls and the access.  Reads the output, says which outcome is wrong.
 *
 * QEMU differs in one thing: with a reserved bit set, its error code has P clear (4.7: P is set, as
 * the fault is not due to an entry that is not present).
 *
 * usage: paging_judge MACHINE WAY... < output   (the ways that must be there, in order)
 */
#include "paging.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A way to a page: how many entries, which of them is the first that changes. */
static const struct way {
    const char *name;
    unsigned levels, first;
    bool has_nx;   /* entries of 8 bytes */
    unsigned open; /* levels without a reserved bit, as a mask */
} ways[] = {
    {"5-level-4k", 5, 0, true, 0}, {"5-level-2m", 4, 3, true, 0}, {"5-level-1g", 3, 2, true, 0},
    {"4-level-4k", 4, 0, true, 0}, {"4-level-2m", 3, 2, true, 0}, {"4-level-1g", 2, 1, true, 0},
    {"pae-4k", 2, 0, true, 0},     {"pae-2m", 1, 0, true, 0},     {"32-bit-4k", 2, 0, false, 3},
    {"32-bit-4m", 1, 0, false, 0},
};

/* 4.6.1: may this access use the page? */
static bool allowed(unsigned bits, unsigned controls, unsigned access, bool nx)
{
    bool user_page = bits & BIT_U;
    unsigned kind = access % USER;
    if (kind == FETCH && nx && (controls & WITH_NXE))
        return false;
    if (access >= USER) /* user-mode accesses: user pages only; writes where R/W is 1 */
        return user_page && (kind != WRITE || (bits & BIT_W));
    if (user_page && kind == FETCH)
        return !(controls & WITH_SMEP);
    if (user_page && (controls & WITH_SMAP) && !(controls & WITH_AC))
        return false;
    return kind != WRITE || !(controls & WITH_WP) || (bits & BIT_W);
}

/* 4.7 and 4.8. */
static void expect(const struct way *w, unsigned level, unsigned bits, unsigned controls,
                   unsigned access, char out[3])
{
    unsigned kind = access % USER;
    bool nx = w->has_nx && (bits & BIT_NX);
    bool reserved =
        ((bits & BIT_RESERVED) && !(w->open >> level & 1)) || (nx && !(controls & WITH_NXE));
    unsigned error = (kind == WRITE ? 2u : 0) | (access >= USER ? 4u : 0);
    if (kind == FETCH && ((controls & WITH_SMEP) || (w->has_nx && (controls & WITH_NXE))))
        error |= 16;
    if (!(bits & BIT_P))
        snprintf(out, 3, "%02x", error);
    else if (reserved)
        snprintf(out, 3, "%02x", error | 9);
    else if (!allowed(bits, controls, access, nx))
        snprintf(out, 3, "%02x", error | 1);
    else
        snprintf(out, 3, "k%x", w->levels + (kind == WRITE ? 8 : 0));
}

static const struct way *find(const char *name)
{
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

static unsigned wrong;
static bool qemu;

static bool as_expected(const char *got, const char *want)
{
    static const char digits[] = "0123456789abcdef";
    if (memcmp(got, want, 2) == 0)
        return true;
    const char *low = strchr(digits, want[1]);
    bool reserved = want[0] != 'k' && low - digits >= 9;
    return qemu && reserved && got[0] == want[0] && got[1] == low[-1];
}

static void judge(const struct way *w, unsigned level, unsigned controls, const char *codes)
{
    for (unsigned bits = 0; bits < BITS; bits++) {
        if (strlen(codes) < 2 * ACCESSES + 1) {
            printf("%s %u %u: the line is short\n", w->name, level, controls);
            wrong++;
            return;
        }
        codes++; /* the blank */
        for (unsigned access = 0; access < ACCESSES; access++, codes += 2) {
            char want[3];
            expect(w, level, bits, controls, access, want);
            if (as_expected(codes, want))
                continue;
            if (wrong++ < 20)
                printf("%s, entry %u, bits %02x, controls %02x, %s %s: %.2s, expected %s\n",
                       w->name, level, bits, controls, access >= USER ? "user" : "supervisor",
                       (const char *const[]){"read", "write", "fetch"}[access % USER], codes, want);
        }
    }
}

/* One way: a line for each entry that changes and each set of controls. */
static bool judge_way(const char *name)
{
    const struct way *w = find(name);
    char text[2048], got[32];
    for (unsigned level = w ? w->first : 0; w && level < w->levels; level++)
        for (unsigned c = 0; c < CONTROLS; c++) {
            unsigned l, k;
            int used = 0;
            if (!fgets(text, sizeof(text), stdin))
                text[0] = '\0';
            if (sscanf(text, "%31s %u %u%n", got, &l, &k, &used) != 3 || strcmp(got, name) != 0 ||
                l != level || k != c) {
                printf("%s %u %u: not this line: %.60s\n", name, level, c, text);
                return false;
            }
            judge(w, level, c, text + used);
        }
    return w != NULL;
}

int main(int argc, char **argv)
{
    char text[2048];
    qemu = argc > 1 && strcmp(argv[1], "qemu") == 0;
    for (int i = 2; i < argc; i++)
        if (!judge_way(argv[i]))
            return 1;
    if (wrong)
        printf("%u outcomes are not as expected\n", wrong);
    if (argc < 3 || !fgets(text, sizeof(text), stdin) || strncmp(text, "ok", 2) != 0 ||
        !fgets(text, sizeof(text), stdin) || strcmp(text, "stop: debug exit 0\n") != 0) {
        printf("the run did not end well: %s\n", text);
        return 1;
    }
    return wrong != 0;
}
