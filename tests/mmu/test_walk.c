/*
 * test_walk.c - the page walker against the model, and its promises one by one (SDM vol. 3A,
 * chapter 4).
 */
#include "walk_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KIB64 UINT64_C(0x10000)
#define LOW   UINT64_C(0x000000000)
#define ROM   UINT64_C(0x0000f0000)
#define ODD   UINT64_C(0x000100000) /* the same as LOW when A20 is off */
#define HIGH  UINT64_C(0x900000000)
#define REGS  UINT64_C(0x0fee00000)
#define HOLE  UINT64_C(0x020000000)

/* The walker's memory, the model's copy of it, and a device that no walk may disturb. */
struct world {
    struct lc_alloc alloc;
    struct lc_phys phys;
    struct model_memory model;
    unsigned device_reads;
    unsigned code_writes;
    uint64_t random;
};

static uint64_t device_read(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    struct world *w = opaque;
    (void)bank;
    (void)offset;
    (void)size;
    w->device_reads++;
    return 0;
}

static void code_written(void *opaque, uint64_t pa, uint64_t len)
{
    struct world *w = opaque;
    (void)pa;
    (void)len;
    w->code_writes++;
}

static int setup(void **state)
{
    static const struct {
        const char *name;
        uint64_t base;
        bool rom;
    } ranges[MODEL_RANGES] = {
        {"low", LOW, false}, {"rom", ROM, true}, {"odd", ODD, false}, {"high", HIGH, false}};
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->alloc = lc_alloc_default();
    w->random = 1;
    assert_int_equal(lc_phys_init(&w->phys, &w->alloc), LIBCPU_ERR_OK);
    w->phys.code_written = code_written;
    w->phys.opaque = w;
    for (unsigned i = 0; i < MODEL_RANGES; i++) {
        assert_int_equal(
            lc_phys_add(&w->phys, ranges[i].name, ranges[i].base, KIB64, ranges[i].rom, NULL), 0);
        w->model.range[i] =
            (struct model_range){ranges[i].base, KIB64, calloc(1, KIB64), ranges[i].rom};
        assert_non_null(w->model.range[i].bytes);
    }
    const struct lc_region regs = {
        .name = "regs", .base = REGS, .len = 4096, .max_size = 8, .read = device_read, .opaque = w};
    assert_int_equal(lc_phys_add_mmio(&w->phys, &regs, NULL), LIBCPU_ERR_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < MODEL_RANGES; i++)
        free(w->model.range[i].bytes);
    lc_phys_fini(&w->phys);
    free(w);
    return 0;
}

/* splitmix64 */
static uint64_t next_random(struct world *w)
{
    uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Put an entry into both memories. */
static void put(struct world *w, uint64_t pa, unsigned size, uint64_t value)
{
    uint8_t *bytes = model_at(&w->model, pa, false);
    struct lc_phys_page page = lc_phys_page(&w->phys, pa, true);
    lc_put(bytes, value, size);
    lc_put(page.host + pa % LC_PAGE_SIZE, value, size);
}

static uint64_t get(struct world *w, uint64_t pa, unsigned size)
{
    return lc_phys_load(&w->phys, pa, size);
}

static void compare_memory(struct world *w)
{
    for (unsigned i = 0; i < MODEL_RANGES; i++) {
        const struct model_range *r = &w->model.range[i];
        assert_memory_equal(lc_phys_page(&w->phys, r->base, false).host, r->bytes, r->len);
    }
}

static _Noreturn void disagree(const struct lc_paging *pg, uint64_t la, struct lc_walk_access a,
                               const struct lc_walk *got, const struct model_result *want)
{
    print_error("mode %d la %llx wp %d pse %d pge %d smep %d smap %d nxe %d a20 %llx\n",
                (int)pg->mode, (unsigned long long)la, pg->wp, pg->pse, pg->pge, pg->smep, pg->smap,
                pg->nxe, (unsigned long long)pg->a20_mask);
    print_error("write %d fetch %d user %d smap_ok %d set_ad %d\n", a.write, a.fetch, a.user,
                a.smap_ok, a.set_ad);
    for (unsigned i = 0; i < got->steps || i < want->entries; i++)
        print_error(
            "entry %u: %llx: %llx -> %llx, model %llx: %llx -> %llx\n", i,
            (unsigned long long)got->step[i].entry_pa, (unsigned long long)got->step[i].value,
            (unsigned long long)got->step[i].updated, (unsigned long long)want->entry[i].pa,
            (unsigned long long)want->entry[i].value, (unsigned long long)want->entry[i].updated);
    print_error("ok %d error %x pa %llx shift %u rights %d%d%d%d%d\n", got->ok, got->error,
                (unsigned long long)got->pa, got->page_shift, got->writable, got->user,
                got->executable, got->global, got->dirty);
    print_error("model: ok %d error %x pa %llx shift %u rights %d%d%d%d%d\n", want->ok, want->error,
                (unsigned long long)want->pa, want->shift, want->writable, want->user,
                want->executable, want->global, want->dirty);
    fail();
    abort();
}

static bool same_entries(const struct lc_walk *got, const struct model_result *want)
{
    if (got->steps != want->entries)
        return false;
    for (unsigned i = 0; i < got->steps; i++) {
        const struct lc_walk_step *s = &got->step[i];
        const struct model_entry *e = &want->entry[i];
        if (s->entry_pa != e->pa || s->value != e->value || s->updated != e->updated)
            return false;
    }
    return true;
}

static bool same_result(const struct lc_walk *got, const struct model_result *want)
{
    if (got->ok != want->ok)
        return false;
    if (!want->ok)
        return got->error == want->error;
    return got->pa == want->pa && got->page_shift == want->shift &&
           got->writable == want->writable && got->user == want->user &&
           got->executable == want->executable && got->global == want->global &&
           got->dirty == want->dirty;
}

/* Walk both; the entries and the result must be equal. */
static struct lc_walk check(struct world *w, const struct lc_paging *pg, uint64_t la,
                            struct lc_walk_access a)
{
    struct lc_walk got;
    bool ok = lc_walk(&w->phys, pg, la, a, &got);
    struct model_result want = model_walk(&w->model, pg, la, a);
    if (ok != got.ok || !same_entries(&got, &want) || !same_result(&got, &want))
        disagree(pg, la, a, &got, &want);
    return got;
}

/* ---- all combinations ---- */

static struct lc_paging paging(enum lc_paging_mode mode, unsigned flags)
{
    return (struct lc_paging){
        .mode = mode,
        .cr3 = LOW + 0x1000,
        .pdpte = {0, 0, 0, LOW + 0x1000 + 1},
        .a20_mask = ~UINT64_C(0),
        .wp = (flags & 1) != 0,
        .smep = (flags & 2) != 0,
        .smap = (flags & 4) != 0,
        .nxe = (flags & 8) != 0,
        .pge = (flags & 16) != 0,
        .pse = (flags & 32) != 0,
    };
}

enum { PAGING_FLAGS = 64, ACCESSES = 24 };

/* Read, write or fetch × user × AC × accessed and dirty bits. */
static struct lc_walk_access access_number(unsigned n)
{
    return (struct lc_walk_access){
        .write = n % 3 == 1,
        .fetch = n % 3 == 2,
        .user = (n / 3 & 1) != 0,
        .smap_ok = (n / 3 & 2) != 0,
        .set_ad = (n / 3 & 4) != 0,
    };
}

/* A path of tables for one linear address, every right granted. */
struct path {
    enum lc_paging_mode mode;
    uint64_t la;
    unsigned entry_size;
    unsigned levels; /* in memory */
    uint64_t pa[5];  /* of the entries, top first */
    uint64_t good[5];
};

static const uint64_t table_page[5] = {LOW + 0x1000, LOW + 0x2000, HIGH + 0x3000, LOW + 0x4000,
                                       HIGH + 0x5000};

static void add_entry(struct path *p, uint64_t table, unsigned hi, unsigned lo, uint64_t next)
{
    p->pa[p->levels] = table + lc_field(p->la, hi, lo) * p->entry_size;
    p->good[p->levels] = next | LC_PTE_P | LC_PTE_W | LC_PTE_U;
    p->levels++;
}

static struct path make_path(enum lc_paging_mode mode)
{
    bool old = mode == LC_PAGING_32;
    struct path p = {.mode = mode, .entry_size = old ? 4 : 8};
    p.la = old || mode == LC_PAGING_PAE ? 0xc1a35678 : UINT64_C(0x00123456c1a35678);
    unsigned levels = old || mode == LC_PAGING_PAE ? 2 : mode == LC_PAGING_4 ? 4 : 5;
    uint64_t page = old ? 0x12345000 : UINT64_C(0x3412345000);
    unsigned width = old ? 10 : 9;
    for (unsigned i = 0; i < levels; i++) {
        bool last = i == levels - 1;
        unsigned lo = 12 + width * (levels - 1 - i);
        add_entry(&p, table_page[i], lo + width - 1, lo, last ? page : table_page[i + 1]);
    }
    return p;
}

static void put_path(struct world *w, const struct path *p)
{
    for (unsigned i = 0; i < p->levels; i++)
        put(w, p->pa[i], p->entry_size, p->good[i]);
}

/* Entry bits of a combination; the address stays. */
static uint64_t combine(const struct path *p, unsigned level, unsigned n)
{
    static const uint64_t extra[4] = {0, LC_BIT(LC_PHYS_BITS), LC_BIT(13), LC_BIT(52)};
    uint64_t v = p->good[level] & ~(LC_PTE_P | LC_PTE_W | LC_PTE_U);
    v |= n & 7;
    if (n & 8) /* with an aligned address, or all would have reserved bits */
        v = (v & ~UINT64_C(0x3fffe000)) | LC_PTE_PS;
    v |= n & 16 ? LC_PTE_G : 0;
    v |= n & 32 ? LC_PTE_NX : 0;
    v |= extra[n >> 6];
    return p->entry_size == 4 ? v & 0xffffffff : v;
}

static const enum lc_paging_mode modes[] = {LC_PAGING_32, LC_PAGING_PAE, LC_PAGING_4, LC_PAGING_5};

static void every_entry_at_every_level(void **state)
{
    struct world *w = *state;
    for (unsigned m = 0; m < LC_ARRAY_LEN(modes); m++) {
        struct path p = make_path(modes[m]);
        put_path(w, &p);
        struct lc_paging plain = paging(modes[m], 0);
        assert_true(check(w, &plain, p.la, access_number(0)).ok);
        for (unsigned level = 0; level < p.levels; level++)
            for (unsigned n = 0; n < 256; n++)
                for (unsigned f = 0; f < PAGING_FLAGS; f++) {
                    struct lc_paging pg = paging(modes[m], f);
                    for (unsigned a = 0; a < ACCESSES; a++) {
                        put_path(w, &p);
                        put(w, p.pa[level], p.entry_size, combine(&p, level, n));
                        check(w, &pg, p.la, access_number(a));
                    }
                }
        compare_memory(w);
    }
}

/* W, U and XD of all levels together. */
static void every_mix_of_rights(void **state)
{
    struct world *w = *state;
    for (unsigned m = 0; m < LC_ARRAY_LEN(modes); m++) {
        struct path p = make_path(modes[m]);
        bool nx = modes[m] != LC_PAGING_32;
        unsigned per_level = nx && p.levels < 5 ? 3 : 2;
        for (unsigned n = 0; n < 1u << (per_level * p.levels); n++) {
            put_path(w, &p);
            for (unsigned i = 0; i < p.levels; i++) {
                unsigned r = n >> (per_level * i);
                uint64_t v = p.good[i] & ~(LC_PTE_W | LC_PTE_U);
                v |= (r & 1 ? LC_PTE_W : 0) | (r & 2 ? LC_PTE_U : 0);
                v |= per_level == 3 && r & 4 ? LC_PTE_NX : 0;
                put(w, p.pa[i], p.entry_size, v);
            }
            for (unsigned f = 0; f < 8; f++) {
                struct lc_paging pg = paging(modes[m], f | 8);
                for (unsigned a = 0; a < 12; a++)
                    check(w, &pg, p.la, access_number(a));
            }
        }
        compare_memory(w);
    }
}

/* Each bit alone, on top of entries for every page size. */
static void every_single_bit(void **state)
{
    struct world *w = *state;
    for (unsigned m = 0; m < LC_ARRAY_LEN(modes); m++) {
        struct path p = make_path(modes[m]);
        for (unsigned level = 0; level < p.levels; level++)
            for (unsigned n = 0; n < 8u * p.entry_size * 4; n++) {
                unsigned bit = n / 4;
                struct lc_paging pg = paging(modes[m], n & 1 ? 0x38 : 0x20);
                put_path(w, &p);
                uint64_t v = p.good[level] & ~UINT64_C(0x7fffe000);
                v |= n & 2 ? LC_PTE_PS : 0;
                put(w, p.pa[level], p.entry_size, v ^ LC_BIT(bit));
                for (unsigned a = 0; a < ACCESSES; a++)
                    check(w, &pg, p.la, access_number(a));
            }
        compare_memory(w);
    }
}

/* ---- random tables ---- */

static bool one_in(struct world *w, unsigned n)
{
    return next_random(w) % n == 0;
}

static uint64_t random_frame(struct world *w)
{
    static const uint64_t base[] = {LOW, LOW, LOW, ODD, HIGH, HIGH, ROM, HOLE};
    uint64_t page = next_random(w) % 16 * LC_PAGE_SIZE;
    if (one_in(w, 64))
        return REGS;
    return base[next_random(w) % LC_ARRAY_LEN(base)] + page;
}

static uint64_t random_entry(struct world *w, unsigned size)
{
    uint64_t v = random_frame(w);
    v |= one_in(w, 16) ? 0 : LC_PTE_P;
    v |= one_in(w, 6) ? 0 : LC_PTE_W;
    v |= one_in(w, 6) ? 0 : LC_PTE_U;
    v |= next_random(w) & (LC_PTE_A | LC_PTE_D | LC_PTE_G | LC_PTE_PWT | LC_PTE_PCD);
    v |= one_in(w, 12) ? LC_PTE_NX : 0;
    v |= one_in(w, 12) ? LC_BIT(next_random(w) % 64) : 0;
    if (one_in(w, 6))
        v = (v & ~UINT64_C(0x3fffe000)) | LC_PTE_PS;
    return size == 4 ? v & 0xffffffff : v;
}

static void randomize(struct world *w, unsigned size)
{
    for (unsigned i = 0; i < MODEL_RANGES; i++)
        for (uint64_t off = 0; off < KIB64; off += size)
            put(w, w->model.range[i].base + off, size, random_entry(w, size));
}

static struct lc_paging random_paging(struct world *w, enum lc_paging_mode mode)
{
    struct lc_paging pg = paging(mode, (unsigned)next_random(w) % PAGING_FLAGS);
    pg.cr3 = random_frame(w) | (next_random(w) & 0x18);
    for (unsigned i = 0; i < 4; i++)
        pg.pdpte[i] = random_frame(w) | !one_in(w, 8) | (next_random(w) & 0xe18);
    if (one_in(w, 4))
        pg.a20_mask = ~UINT64_C(0x100000);
    return pg;
}

static uint64_t random_address(struct world *w, enum lc_paging_mode mode)
{
    uint64_t la = next_random(w);
    if (mode == LC_PAGING_32 || mode == LC_PAGING_PAE)
        return la & 0xffffffff;
    return lc_sext(la, mode == LC_PAGING_4 ? 48 : 57);
}

static void random_tables(void **state)
{
    struct world *w = *state;
    for (unsigned m = 0; m < LC_ARRAY_LEN(modes); m++) {
        unsigned count[32] = {0};
        for (unsigned round = 0; round < 12; round++) {
            w->random = m * 1000 + round;
            randomize(w, modes[m] == LC_PAGING_32 ? 4 : 8);
            for (unsigned n = 0; n < 4000; n++) {
                struct lc_paging pg = random_paging(w, modes[m]);
                struct lc_walk_access a = access_number((unsigned)next_random(w) % ACCESSES);
                struct lc_walk got = check(w, &pg, random_address(w, modes[m]), a);
                count[got.ok ? got.page_shift : 0]++;
                if (n % 64 == 0)
                    compare_memory(w);
            }
            compare_memory(w);
        }
        bool old = modes[m] == LC_PAGING_32;
        assert_true(count[0] > 5000 && count[12] > 500 && count[old ? 22 : 21] > 500);
        assert_true(m < 2 || count[30] > 500);
    }
    assert_int_equal(w->device_reads, 0);
}

/* ---- promises, one by one, with values by hand ---- */

static const struct lc_walk_access peek = {0};
static const struct lc_walk_access load = {.set_ad = true};
static const struct lc_walk_access store = {.write = true, .set_ad = true};

static void without_paging(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = {.mode = LC_PAGING_NONE, .a20_mask = ~UINT64_C(0)};
    struct lc_walk_access user_store = {.write = true, .user = true, .set_ad = true};
    assert_true(lc_walk(&w->phys, &pg, 0xfff12345, user_store, &got));
    assert_true(got.ok && got.writable && got.user && got.executable && got.dirty);
    assert_false(got.global);
    assert_int_equal(got.pa, 0xfff12345);
    assert_int_equal(got.page_shift, 12);
    assert_int_equal(got.steps, 0);
    pg.a20_mask = ~UINT64_C(0x100000);
    assert_true(lc_walk(&w->phys, &pg, 0x10ffef, user_store, &got));
    assert_int_equal(got.pa, 0x00ffef);
}

static void pse36_page(void **state)
{
    struct world *w = *state;
    struct lc_paging pg = {.mode = LC_PAGING_32, .cr3 = 0x1018, .a20_mask = ~UINT64_C(0)};
    struct lc_walk got;
    put(w, 0x1000 + 4, 4, 0x00c00000 | 0x9a << 13 | 1 << 12 | 0x83);
    pg.pse = true;
    assert_true(lc_walk(&w->phys, &pg, 0x00523456, peek, &got));
    assert_int_equal(got.pa, UINT64_C(0x9a00d23456));
    assert_int_equal(got.page_shift, 22);
    put(w, 0x1000 + 4, 4, 0x00e00083);
    assert_false(lc_walk(&w->phys, &pg, 0x00523456, peek, &got));
    assert_int_equal(got.error, LC_PF_P | LC_PF_RSVD);
    pg.pse = false; /* PS is ignored: a table at 0xe00000, where nothing is */
    assert_true(lc_walk(&w->phys, &pg, 0x00523456, peek, &got));
    assert_int_equal(got.pa, 0xfffff456);
    assert_int_equal(got.page_shift, 12);
}

static void steps_tell_the_way(void **state)
{
    struct world *w = *state;
    struct lc_paging pg = {.mode = LC_PAGING_4, .cr3 = 0x1000, .a20_mask = ~UINT64_C(0)};
    struct lc_walk got;
    put(w, 0x1000 + 8 * 256, 8, HIGH + 0x2007);
    put(w, HIGH + 0x2000 + 8 * 511, 8, 0x3007);
    put(w, 0x3000, 8, 0x00200087);
    assert_true(lc_walk(&w->phys, &pg, UINT64_C(0xffff807fc0000123), store, &got));
    assert_int_equal(got.pa, 0x200123);
    assert_int_equal(got.page_shift, 21);
    assert_int_equal(got.steps, 3);
    const struct lc_walk_step want[3] = {
        {4, 8, LC_WALK_NEXT, 0x1800, HIGH + 0x2007, HIGH + 0x2027},
        {3, 8, LC_WALK_NEXT, HIGH + 0x2ff8, 0x3007, 0x3027},
        {2, 8, LC_WALK_PAGE, 0x3000, 0x200087, 0x2000e7},
    };
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(got.step[i].level, want[i].level);
        assert_int_equal(got.step[i].entry_size, want[i].entry_size);
        assert_int_equal(got.step[i].verdict, want[i].verdict);
        assert_int_equal(got.step[i].entry_pa, want[i].entry_pa);
        assert_int_equal(got.step[i].value, want[i].value);
        assert_int_equal(got.step[i].updated, want[i].updated);
        assert_int_equal(get(w, got.step[i].entry_pa, 8), want[i].updated);
    }
}

/* Three levels of good tables for la 0, then a 4 KiB page with the given flags. */
static struct lc_paging small_page(struct world *w, uint64_t flags)
{
    put(w, 0x1000, 8, 0x2007);
    put(w, 0x2000, 8, 0x3007);
    put(w, 0x3000, 8, 0x4007);
    put(w, 0x4000, 8, 0x5000 | flags);
    return (struct lc_paging){
        .mode = LC_PAGING_4, .cr3 = 0x1000, .a20_mask = ~UINT64_C(0), .wp = true, .nxe = true};
}

static void expect_entries(struct world *w, uint64_t upper, uint64_t last)
{
    assert_int_equal(get(w, 0x1000, 8), 0x2000 | upper);
    assert_int_equal(get(w, 0x2000, 8), 0x3000 | upper);
    assert_int_equal(get(w, 0x3000, 8), 0x4000 | upper);
    assert_int_equal(get(w, 0x4000, 8), 0x5000 | last);
}

static void accessed_and_dirty(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = small_page(w, 7);
    assert_true(lc_walk(&w->phys, &pg, 0, (struct lc_walk_access){.write = true}, &got));
    expect_entries(w, 7, 7); /* a peek changes nothing */
    assert_false(got.dirty);
    assert_true(lc_walk(&w->phys, &pg, 0, load, &got));
    expect_entries(w, 0x27, 0x27);
    assert_false(got.dirty);
    assert_true(lc_walk(&w->phys, &pg, 0, store, &got));
    expect_entries(w, 0x27, 0x67);
    assert_true(got.dirty);
    assert_true(lc_walk(&w->phys, &pg, 0, load, &got));
    expect_entries(w, 0x27, 0x67); /* the CPU never clears them */
    assert_true(got.dirty);
}

static void faults_set_nothing(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = small_page(w, 5);
    assert_false(lc_walk(&w->phys, &pg, 0, store, &got));
    assert_int_equal(got.error, LC_PF_P | LC_PF_W);
    expect_entries(w, 7, 5);
    pg.wp = false;
    assert_true(lc_walk(&w->phys, &pg, 0, store, &got));
    expect_entries(w, 0x27, 0x65);
    assert_false(got.writable); /* the right is the page's, not this access's */
    pg = small_page(w, 6);
    assert_false(lc_walk(&w->phys, &pg, 0, store, &got));
    assert_int_equal(got.error, LC_PF_W);
    expect_entries(w, 7, 6);
    pg = small_page(w, 7 | LC_BIT(45));
    assert_false(lc_walk(&w->phys, &pg, 0, load, &got));
    assert_int_equal(got.error, LC_PF_P | LC_PF_RSVD);
    expect_entries(w, 7, 7 | LC_BIT(45));
}

/* An entry that is on the path at every level gets A and D all the same. */
static void recursive_table(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = {.mode = LC_PAGING_5, .cr3 = 0x1000, .a20_mask = ~UINT64_C(0)};
    put(w, 0x1000 + 8 * 511, 8, 0x1003);
    assert_true(lc_walk(&w->phys, &pg, UINT64_C(0xfffffffffffff123), store, &got));
    assert_int_equal(got.pa, 0x1123);
    assert_int_equal(got.steps, 5);
    assert_int_equal(get(w, 0x1ff8, 8), 0x1063);
}

static void entries_on_code_pages(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = small_page(w, 7);
    lc_phys_set_code(&w->phys, 0x4000, true);
    assert_true(lc_walk(&w->phys, &pg, 0, store, &got));
    assert_int_equal(w->code_writes, 1);
    assert_true(lc_walk(&w->phys, &pg, 0, store, &got));
    assert_int_equal(w->code_writes, 1);
    lc_phys_set_code(&w->phys, 0x4000, false);
    w->code_writes = 0;
}

static void entries_in_rom(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = {.mode = LC_PAGING_32, .cr3 = ROM, .a20_mask = ~UINT64_C(0), .pse = true};
    put(w, ROM, 4, 0x00400083);
    assert_true(lc_walk(&w->phys, &pg, 0x1234, store, &got));
    assert_int_equal(got.pa, 0x401234);
    assert_true(got.dirty);
    assert_int_equal(get(w, ROM, 4), 0x00400083);
}

static void entries_where_no_memory_is(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t cr3 = i ? REGS : HOLE;
        struct lc_paging pg = {.mode = LC_PAGING_4, .cr3 = cr3, .a20_mask = ~UINT64_C(0)};
        assert_false(lc_walk(&w->phys, &pg, 0x1234, store, &got));
        assert_int_equal(got.error, LC_PF_P | LC_PF_RSVD | LC_PF_W);
        assert_int_equal(got.step[0].verdict, LC_WALK_NO_MEMORY);
        assert_int_equal(got.step[0].value, UINT64_MAX);
        pg.mode = LC_PAGING_32;
        assert_true(lc_walk(&w->phys, &pg, 0x1234, store, &got));
        assert_int_equal(got.pa, 0xfffff234);
        pg.pse = true;
        assert_false(lc_walk(&w->phys, &pg, 0x1234, store, &got));
        assert_int_equal(got.step[0].verdict, LC_WALK_NO_MEMORY);
    }
    assert_int_equal(w->device_reads, 0);
}

static void a20_masks_entries_and_result(void **state)
{
    struct world *w = *state;
    struct lc_walk got;
    struct lc_paging pg = {
        .mode = LC_PAGING_32, .cr3 = ODD + 0x1000, .a20_mask = ~UINT64_C(0x100000)};
    put(w, LOW + 0x1000, 4, ODD + 0x2007);
    put(w, LOW + 0x2000, 4, ODD + 0x3007);
    put(w, ODD + 0x1000, 4, 0);
    assert_true(lc_walk(&w->phys, &pg, 0x567, load, &got));
    assert_int_equal(got.pa, LOW + 0x3567);
    assert_int_equal(got.step[0].entry_pa, LOW + 0x1000);
    assert_int_equal(got.step[1].entry_pa, LOW + 0x2000);
    assert_int_equal(get(w, LOW + 0x1000, 4), ODD + 0x2027);
    pg.a20_mask = ~UINT64_C(0);
    assert_false(lc_walk(&w->phys, &pg, 0x567, load, &got));
}

static void error_bits(void **state)
{
    (void)state;
    const struct lc_walk_access fetch = {.fetch = true, .user = true};
    struct lc_paging pg = {.mode = LC_PAGING_4};
    assert_int_equal(lc_walk_error_bits(&pg, fetch), LC_PF_U);
    pg.nxe = true;
    assert_int_equal(lc_walk_error_bits(&pg, fetch), LC_PF_U | LC_PF_I);
    pg.mode = LC_PAGING_32;
    assert_int_equal(lc_walk_error_bits(&pg, fetch), LC_PF_U);
    pg.smep = true;
    assert_int_equal(lc_walk_error_bits(&pg, fetch), LC_PF_U | LC_PF_I);
    assert_int_equal(lc_walk_error_bits(&pg, store), LC_PF_W);
}

static void load_pdptes(void **state)
{
    struct world *w = *state;
    const uint64_t before[4] = {1, 2, 3, 4};
    uint64_t out[4] = {1, 2, 3, 4};
    const uint64_t all = ~UINT64_C(0);
    for (unsigned i = 0; i < 4; i++)
        put(w, 0x1020 + 8 * i, 8, (i + 1) * 0x1000 | 0xe19);
    put(w, 0x1028, 8, UINT64_MAX - 1); /* not present: nothing is reserved */
    assert_true(lc_walk_load_pdptes(&w->phys, 0x103f, all, out));
    assert_int_equal(out[0], 0x1e19);
    assert_int_equal(out[1], UINT64_MAX - 1);
    assert_int_equal(out[3], 0x4e19);
    memcpy(out, before, sizeof(out));
    for (unsigned bit = 0; bit < 64; bit++) {
        bool reserved = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= LC_PHYS_BITS;
        put(w, 0x1038, 8, LC_BIT(bit) | 1);
        assert_int_equal(lc_walk_load_pdptes(&w->phys, 0x1020, all, out), !reserved);
        if (reserved)
            assert_memory_equal(out, before, sizeof(out));
        memcpy(out, before, sizeof(out));
    }
    put(w, 0x1038, 8, 0);
    assert_true(lc_walk_load_pdptes(&w->phys, ODD + 0x1020, ~UINT64_C(0x100000), out));
    assert_int_equal(out[0], 0x1e19);
    assert_false(lc_walk_load_pdptes(&w->phys, HOLE, all, out));
}

#define WALK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WALK_TEST(without_paging),
        WALK_TEST(pse36_page),
        WALK_TEST(steps_tell_the_way),
        WALK_TEST(accessed_and_dirty),
        WALK_TEST(faults_set_nothing),
        WALK_TEST(recursive_table),
        WALK_TEST(entries_on_code_pages),
        WALK_TEST(entries_in_rom),
        WALK_TEST(entries_where_no_memory_is),
        WALK_TEST(a20_masks_entries_and_result),
        WALK_TEST(error_bits),
        WALK_TEST(load_pdptes),
        WALK_TEST(every_single_bit),
        WALK_TEST(every_mix_of_rights),
        WALK_TEST(every_entry_at_every_level),
        WALK_TEST(random_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
