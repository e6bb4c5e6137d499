/*
 * test_walks.c - the window's walks are right: 10,000 random addresses in a real address space, as
 * libcpu-view prints them, as libcpu_translate() says, and as worked out here from the tables alone
 * (SDM vol. 3A, 4.3 to 4.6).
 *
 * usage: test_walks LIBCPU-VIEW IMAGE APPEND UNTIL   (IMAGE "-": the bundled guest)
 *
 * UNTIL is a number of instructions: the run is deterministic, so that this program brings a
 * machine of its own to the same moment.
 */
#include "guest_image.h"

#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESSES = 10000, KINDS = 6 };

static const struct {
    const char *option;
    uint32_t access;
} kinds[KINDS] = {
    {"r", 0},
    {"w", LIBCPU_ACCESS_WRITE},
    {"x", LIBCPU_ACCESS_FETCH},
    {"ru", LIBCPU_ACCESS_USER},
    {"wu", LIBCPU_ACCESS_USER | LIBCPU_ACCESS_WRITE},
    {"xu", LIBCPU_ACCESS_USER | LIBCPU_ACCESS_FETCH},
};

static void die(const char *what)
{
    fprintf(stderr, "test_walks: %s\n", what);
    exit(1);
}

static uint64_t random_state = 1;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* ---- the tables, read here ---- */

struct tables {
    libcpu *m;
    uint64_t cr0, cr3, cr4, efer;
    unsigned levels, bits, size; /* of the tables */
    bool pae;
};

static void read_mode(struct tables *t)
{
    t->cr0 = libcpu_reg(t->m, LIBCPU_REG_CR0);
    t->cr3 = libcpu_reg(t->m, LIBCPU_REG_CR3);
    t->cr4 = libcpu_reg(t->m, LIBCPU_REG_CR4);
    t->efer = libcpu_reg(t->m, LIBCPU_REG_EFER);
    bool lma = t->efer >> 10 & 1;
    t->pae = (t->cr4 >> 5 & 1) && !lma;
    t->levels = !(t->cr0 >> 31) ? 0 : lma ? 4 + (unsigned)(t->cr4 >> 12 & 1) : t->pae ? 3 : 2;
    t->bits = t->levels == 2 ? 10 : 9;
    t->size = t->levels == 2 ? 4 : 8;
}

/* Where a walk ends, as the line of libcpu-view says it. */
static void walk(const struct tables *t, uint64_t la, uint32_t access, char *line, size_t room)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    bool w = true, u = true, x = true, user = access & LIBCPU_ACCESS_USER;
    uint64_t table = t->pae ? t->cr3 & 0xffffffe0 : t->cr3 & UINT64_C(0xffffffffff000);
    uint64_t entry = 0;
    unsigned level = t->levels, shift = 0;
    size_t at = (size_t)snprintf(line, room, "%016" PRIx64 " ", la);
    unsigned error = (access & LIBCPU_ACCESS_WRITE ? 2u : 0) | (user ? 4u : 0);
    /* The I bit exists where something depends on fetches (4.7). */
    if ((access & LIBCPU_ACCESS_FETCH) &&
        (((t->efer >> 11 & 1) && t->size == 8) || (t->cr4 >> 20 & 1)))
        error |= 16;
    if (t->levels == 0) {
        snprintf(line + at, room - at, "pa %" PRIx64 " uwx 12", la & 0xffffffff);
        return;
    }
    unsigned top = 12 + t->levels * t->bits;
    if (t->levels >= 4 && (uint64_t)((int64_t)(la << (64 - top)) >> (64 - top)) != la) {
        snprintf(line + at, room - at, "not canonical");
        return;
    }
    for (;; level--) {
        shift = 12 + (level - 1) * t->bits;
        unsigned bits = t->pae && level == 3 ? 2 : t->bits;
        uint64_t index = la >> shift & ((UINT64_C(1) << bits) - 1);
        entry = 0;
        if (libcpu_phys_read(t->m, table + index * t->size, &entry, t->size))
            die("a table where no memory is");
        if (!(entry & 1)) {
            snprintf(line + at, room - at, "fault %x at %s", error, names[level]);
            return;
        }
        if (bits != 2) {
            w &= entry >> 1 & 1;
            u &= entry >> 2 & 1;
            x &= t->size == 4 || !(t->efer >> 11 & 1) || !(entry >> 63);
        }
        bool large = level == 3 ? t->levels >= 4 : level == 2 && (t->size == 8 || t->cr4 >> 4 & 1);
        if (level == 1 || (large && entry >> 7 & 1))
            break;
        table = entry & UINT64_C(0xffffffffff000);
    }
    bool smep = t->cr4 >> 20 & 1, smap = t->cr4 >> 21 & 1, wp = t->cr0 >> 16 & 1;
    bool fetch = access & LIBCPU_ACCESS_FETCH;
    bool refused = user && !u;
    refused |= (access & LIBCPU_ACCESS_WRITE) && !w && (user || wp);
    refused |= fetch && (!x || (!user && u && smep));
    refused |= !fetch && !user && u && smap;
    if (refused) {
        snprintf(line + at, room - at, "fault %x at %s", error | 1, names[level]);
        return;
    }
    uint64_t mask = (UINT64_C(1) << shift) - 1;
    uint64_t frame = entry & UINT64_C(0xffffffffff000) & ~mask;
    if (t->size == 4 && shift == 22) /* PSE-36 */
        frame = (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32;
    snprintf(line + at, room - at, "pa %" PRIx64 " %c%c%c %u", frame | (la & mask), u ? 'u' : 's',
             w ? 'w' : '-', x ? 'x' : '-', shift);
}

/* ---- addresses ---- */

/* Half of them end in something that is mapped, or nearly: at each level a present entry, now and
 * then another. */
static uint64_t near_address(const struct tables *t)
{
    uint64_t table = t->pae ? t->cr3 & 0xffffffe0 : t->cr3 & UINT64_C(0xffffffffff000), la = 0;
    for (unsigned level = t->levels; level; level--) {
        unsigned shift = 12 + (level - 1) * t->bits, bits = t->pae && level == 3 ? 2 : t->bits;
        uint64_t count = UINT64_C(1) << bits, index = random64() & (count - 1), entry = 0;
        for (uint64_t n = 0; n < count && random64() % 2048; n++, index = (index + 1) & (count - 1))
            if (!libcpu_phys_read(t->m, table + index * t->size, &entry, t->size) && (entry & 1))
                break;
        la |= index << shift;
        if (!(entry & 1) || level == 1 || (entry >> 7 & 1 && level <= 3)) {
            la |= random64() & ((UINT64_C(1) << shift) - 1);
            break;
        }
        table = entry & UINT64_C(0xffffffffff000);
    }
    unsigned top = 12 + t->levels * t->bits;
    return t->levels >= 4 ? (uint64_t)((int64_t)(la << (64 - top)) >> (64 - top)) : la;
}

static uint64_t random_address(const struct tables *t)
{
    uint64_t r = random64();
    if (t->levels < 4)
        return r % 2 && t->levels ? near_address(t) : random64() & 0xffffffff;
    if (r % 2)
        return near_address(t);
    return r % 16 == 0 ? random64() : (uint64_t)((int64_t)(random64() << 16) >> 16);
}

/* ---- the three of them ---- */

/* What libcpu_translate() says, in the same words. */
static void ask(libcpu *m, uint64_t la, uint32_t access, char *line, size_t room)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    struct libcpu_walk w;
    size_t at = (size_t)snprintf(line, room, "%016" PRIx64 " ", la);
    if (libcpu_translate(m, la, access, &w))
        die("libcpu_translate");
    if (!w.canonical)
        snprintf(line + at, room - at, "not canonical");
    else if (w.ok)
        snprintf(line + at, room - at, "pa %" PRIx64 " %c%c%c %u", w.pa, w.user ? 'u' : 's',
                 w.writable ? 'w' : '-', w.executable ? 'x' : '-', w.page_shift);
    else
        snprintf(line + at, room - at, "fault %x at %s", w.error_code,
                 names[w.step[w.steps - 1].level]);
}

static libcpu *machine(const char *image, const char *append, uint64_t insns)
{
    struct libcpu_image_options o;
    struct libcpu_stop stop;
    libcpu *m;
    libcpu_image_init(&o);
    o.cmdline = append;
    o.name = strcmp(image, "-") == 0 ? "guest" : NULL;
    if (libcpu_create(NULL, &m) || (o.name ? libcpu_load_mem(m, guest_image, guest_image_size, &o)
                                           : libcpu_load_file(m, image, &o)))
        die("the machine cannot be made");
    while (insns && !libcpu_run(m, insns, &stop) && stop.insns)
        insns -= stop.insns;
    if (insns)
        die("the image ends before that many instructions");
    return m;
}

/* One kind of access: the file of addresses through the program, line by line. Counts faults. */
static unsigned compare(const struct tables *t, const char *command, const uint64_t *address,
                        uint32_t access)
{
    char seen[256], worked_out[256], asked[256];
    unsigned faults = 0;
    FILE *f = popen(command, "r");
    if (!f)
        die("no pipe");
    for (unsigned i = 0; i < ADDRESSES; i++) {
        if (!fgets(seen, sizeof(seen), f))
            die("libcpu-view printed too few lines");
        seen[strcspn(seen, "\n")] = '\0';
        walk(t, address[i], access, worked_out, sizeof(worked_out));
        ask(t->m, address[i], access, asked, sizeof(asked));
        if (strcmp(seen, worked_out) != 0 || strcmp(asked, worked_out) != 0) {
            fprintf(stderr, "libcpu-view:      %s\nlibcpu_translate: %s\nfrom the tables:  %s\n",
                    seen, asked, worked_out);
            die("they differ");
        }
        faults += strstr(seen, "fault") != NULL;
    }
    if (fgets(seen, sizeof(seen), f) || pclose(f) != 0)
        die("libcpu-view printed too much, or failed");
    return faults;
}

int main(int argc, char **argv)
{
    static uint64_t address[ADDRESSES];
    char file[] = "/tmp/test_walks_XXXXXX", command[2048];
    if (argc != 5)
        die("usage: test_walks LIBCPU-VIEW IMAGE APPEND UNTIL");
    bool bundled = strcmp(argv[2], "-") == 0;
    struct tables t = {.m = machine(argv[2], argv[3], strtoull(argv[4], NULL, 10))};
    read_mode(&t);
    int fd = mkstemp(file);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f)
        die("no temporary file");
    for (unsigned i = 0; i < ADDRESSES; i++) {
        address[i] = random_address(&t);
        fprintf(f, "%" PRIx64 "\n", address[i]);
    }
    fclose(f);
    unsigned faults = 0;
    for (unsigned k = 0; k < KINDS; k++) {
        snprintf(command, sizeof(command),
                 "'%s' --text --append '%s' --until %s --at '@%s' --access %s %s%s%s", argv[1],
                 argv[3], argv[4], file, kinds[k].option, bundled ? "" : "'",
                 bundled ? "" : argv[2], bundled ? "" : "'");
        faults += compare(&t, command, address, kinds[k].access);
    }
    unlink(file);
    if (faults < ADDRESSES || faults > (KINDS - 1) * ADDRESSES)
        die("the addresses are nearly all of one kind");
    printf("%u levels, CR3 %" PRIx64 ": %u walks, %u of them faults\n", t.levels, t.cr3,
           KINDS * ADDRESSES, faults);
    libcpu_destroy(t.m);
    return 0;
}
