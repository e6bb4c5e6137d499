/*
 * books.c - see books.h. (SDM vol. 3A, 4.5: the entries of four-level paging.)
 */
#include "books.h"

enum { PRESENT = 1, WRITABLE = 2, LARGE = 0x80, ENTRIES = 512, USER_HALF = 256, TASKS = 128 };
enum { SLOTS = 16384 }; /* of the swap disk, examples/guest/kernel/swap.c */

#define ADDRESS UINT64_C(0x000ffffffffff000)

/* struct frame, examples/guest/kernel/mem.h. */
struct frame {
    uint32_t refs, next;
    uint16_t kind, heap_class, heap_used, padding;
};

/* What was seen of one frame. */
struct seen {
    uint32_t entries, writable, tables;
};

struct audit {
    struct guest *g;
    struct books *b;
    struct frame *frame;
    struct seen *seen;
    uint64_t frames;
    uint16_t slots[SLOTS];
};

static void read_phys(const struct audit *a, uint64_t pa, void *buf, size_t size)
{
    OK(libcpu_phys_read(a->g->m, pa, buf, size));
}

/* ---- walking ---- */

static void see_leaf(struct audit *a, uint64_t entry)
{
    uint64_t n = (entry & ADDRESS) / PAGE;
    if (entry & PRESENT) {
        assert_true(n < a->frames);
        a->seen[n].entries++;
        a->seen[n].writable += (entry & WRITABLE) != 0;
        a->b->mapped++;
    } else if (entry != 0) {
        uint64_t slot = (entry >> 12) - 1;
        assert_true(slot < SLOTS);
        a->slots[slot]++;
        a->b->swapped++;
    }
}

/* A program's table, and all below it. */
static void walk(struct audit *a, uint64_t pa, int level, unsigned to)
{
    uint64_t table[ENTRIES];
    read_phys(a, pa, table, sizeof(table));
    for (unsigned i = 0; i < to; i++) {
        if (level == 1) {
            see_leaf(a, table[i]);
            continue;
        }
        if (!(table[i] & PRESENT) || (table[i] & LARGE))
            continue;
        uint64_t below = table[i] & ADDRESS;
        a->seen[below / PAGE].tables++;
        walk(a, below, level - 1, ENTRIES);
    }
}

/* The kernel's half: three levels of tables, whose leaves are no program's. */
static void walk_kernel(struct audit *a, uint64_t pa, int level, unsigned from)
{
    uint64_t table[ENTRIES];
    read_phys(a, pa, table, sizeof(table));
    for (unsigned i = from; i < ENTRIES; i++) {
        if (!(table[i] & PRESENT) || (table[i] & LARGE))
            continue;
        a->seen[(table[i] & ADDRESS) / PAGE].tables++;
        if (level > 2)
            walk_kernel(a, table[i] & ADDRESS, level - 1, 0);
    }
}

static void walk_programs(struct audit *a)
{
    uint64_t seen[TASKS], kernel = guest_u64(a->g, "kernel_cr3");
    for (unsigned i = 1; i < TASKS; i++) {
        struct guest_task t = guest_task(a->g, i);
        if (t.state == TASK_FREE)
            continue;
        a->b->tasks++;
        uint64_t n = 0;
        while (n < a->b->spaces && seen[n] != t.cr3)
            n++;
        if (t.cr3 == kernel || n < a->b->spaces) /* it has ended; a thread */
            continue;
        seen[a->b->spaces++] = t.cr3;
        a->seen[t.cr3 / PAGE].tables++;
        walk(a, t.cr3, 4, USER_HALF);
    }
    a->seen[kernel / PAGE].tables++;
    walk_kernel(a, kernel, 4, USER_HALF);
}

/* ---- comparing ---- */

static void check_free_list(const struct audit *a)
{
    uint32_t at;
    uint64_t n = 0;
    read_phys(a, guest_symbol("free_list") - KERNEL_BASE, &at, sizeof(at));
    for (; at != 0; at = a->frame[at].next, n++) {
        assert_true(at < a->frames && n <= a->frames);
        assert_int_equal(a->frame[at].kind, FREE);
    }
    assert_int_equal(n, guest_u64(a->g, "frames_free"));
    assert_int_equal(n, a->b->kinds[FREE]);
}

static void check_frame(struct audit *a, uint64_t n)
{
    const struct frame *f = &a->frame[n];
    const struct seen *s = &a->seen[n];
    bool wrong = f->kind >= FRAME_KINDS;
    switch (f->kind) {
    case FREE: wrong |= f->refs != 0 || s->entries != 0 || s->tables != 0; break;
    case TABLE: wrong |= f->refs != 1 || s->tables != 1 || s->entries != 0; break;
    case ANON: /* two owners: both had to lose their W bit */
        wrong |= f->refs != s->entries || s->tables != 0 || (s->entries > 1 && s->writable > 0);
        break;
    case CACHE: /* the file is an owner too, until it is deleted */
        wrong |= f->refs != s->entries && f->refs != s->entries + 1;
        break;
    case KERNEL:
    case HEAP: wrong |= s->entries != 0 || s->tables != 0 || f->refs != 1; break;
    default: break;
    }
    if (wrong)
        fail_msg("frame 0x%llx of kind %u: %u owners, seen in %u entries (%u writable), %u tables",
                 (unsigned long long)n * PAGE, f->kind, f->refs, s->entries, s->writable,
                 s->tables);
    a->b->multiple += s->entries > 1 && (f->kind == ANON || f->kind == CACHE);
}

static void check_swap(struct audit *a)
{
    uint16_t *users = malloc(sizeof(a->slots));
    uint64_t used = 0;
    assert_non_null(users);
    read_phys(a, guest_symbol("users") - KERNEL_BASE, users, sizeof(a->slots));
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_int_equal(users[i], a->slots[i]);
        used += users[i] != 0;
    }
    assert_int_equal(used, guest_u64(a->g, "swap_used"));
    a->b->swap_used = used;
    free(users);
}

enum { CLASSES = 8, SMALLEST = 32 }; /* of the heap's pieces, examples/guest/kernel/heap.c */

/* The list of a size's free pieces: each in a frame of that size, linked to and fro. */
static uint64_t count_free_pieces(const struct audit *a, unsigned class)
{
    uint64_t at, from = 0, n = 0, link[2];
    read_phys(a, guest_symbol("free_pieces") - KERNEL_BASE + 8 * class, &at, sizeof(at));
    for (; at != 0; from = at, at = link[0], n++) {
        uint64_t pa = at - DIRECT_BASE;
        assert_true(pa / PAGE < a->frames && pa % ((uint64_t)SMALLEST << class) == 0);
        assert_int_equal(a->frame[pa / PAGE].kind, HEAP);
        assert_int_equal(a->frame[pa / PAGE].heap_class, class);
        read_phys(a, pa, link, sizeof(link));
        assert_int_equal(link[1], from);
    }
    return n;
}

/* Of each size, what is not used is on its list. */
static void check_heap(const struct audit *a)
{
    uint64_t free[CLASSES] = {0};
    for (uint64_t n = 0; n < a->frames; n++) {
        const struct frame *f = &a->frame[n];
        if (f->kind != HEAP)
            continue;
        assert_true(f->heap_class < CLASSES);
        free[f->heap_class] += PAGE / ((uint64_t)SMALLEST << f->heap_class) - f->heap_used;
    }
    for (unsigned class = 0; class < CLASSES; class ++)
        assert_int_equal(count_free_pieces(a, class), free[class]);
}

static void count_frames(struct audit *a)
{
    uint64_t pieces = 0, kinds[FRAME_KINDS];
    for (uint64_t n = 0; n < a->frames; n++) {
        assert_true(a->frame[n].kind < FRAME_KINDS);
        a->b->kinds[a->frame[n].kind]++;
        pieces += a->frame[n].kind == HEAP ? a->frame[n].heap_used : 0;
    }
    read_phys(a, guest_symbol("frames_of_kind") - KERNEL_BASE, kinds, sizeof(kinds));
    for (unsigned k = 0; k < FRAME_KINDS; k++)
        assert_int_equal(a->b->kinds[k], kinds[k]);
    assert_int_equal(pieces, guest_u64(a->g, "heap_pieces"));
    a->b->pieces = pieces;
}

void books_audit(struct guest *g, struct books *b)
{
    struct audit *a = calloc(1, sizeof(*a));
    assert_non_null(a);
    *b =
        (struct books){.inodes = guest_u64(g, "inodes_alive"), .files = guest_u64(g, "files_open")};
    a->g = g;
    a->b = b;
    a->frames = guest_u64(g, "ram_end") / PAGE;
    a->frame = malloc(a->frames * sizeof(*a->frame));
    a->seen = calloc(a->frames, sizeof(*a->seen));
    assert_true(a->frame && a->seen);
    read_phys(a, guest_u64(g, "frames") - DIRECT_BASE, a->frame, a->frames * sizeof(*a->frame));
    count_frames(a);
    check_free_list(a);
    check_heap(a);
    walk_programs(a);
    for (uint64_t n = 0; n < a->frames; n++)
        check_frame(a, n);
    check_swap(a);
    free(a->frame);
    free(a->seen);
    free(a);
}

void books_same(const struct books *x, const struct books *y)
{
    /* A heap frame that is partly used is not lost: its pieces are counted. */
    const struct {
        const char *name;
        uint64_t before, after;
    } rows[] = {
        {"frames", x->kinds[FREE] + x->kinds[HEAP], y->kinds[FREE] + y->kinds[HEAP]},
        {"tables", x->kinds[TABLE], y->kinds[TABLE]},
        {"kernel", x->kinds[KERNEL], y->kinds[KERNEL]},
        {"anonymous", x->kinds[ANON], y->kinds[ANON]},
        {"cached", x->kinds[CACHE], y->kinds[CACHE]},
        {"reserved", x->kinds[RESERVED], y->kinds[RESERVED]},
        {"heap pieces", x->pieces, y->pieces},
        {"inodes", x->inodes, y->inodes},
        {"open files", x->files, y->files},
        {"places on the disk", x->swap_used, y->swap_used},
        {"tasks", x->tasks, y->tasks},
        {"address spaces", x->spaces, y->spaces},
        {"mapped pages", x->mapped, y->mapped},
        {"swapped pages", x->swapped, y->swapped},
    };
    bool same = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].before == rows[i].after)
            continue;
        print_error("%s: %llu, and were %llu\n", rows[i].name, (unsigned long long)rows[i].after,
                    (unsigned long long)rows[i].before);
        same = false;
    }
    assert_true(same);
}
