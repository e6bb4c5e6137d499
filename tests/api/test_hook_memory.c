/*
 * test_hook_memory.c - hooks of memory: accesses, fetches, walks, the TLB, accessed and dirty bits.
 */
#include "bare_code.h"

struct seen {
    uint64_t rip;
    struct libcpu_access a;
};

struct log {
    unsigned count;
    struct seen seen[32];
    libcpu_hook self, other;
    uint64_t replace, with; /* the value of accesses at `replace` */
    unsigned kinds;         /* what TLB hooks have seen */
};

static void note(void *user, libcpu *m, struct libcpu_access *a)
{
    struct log *l = user;
    l->seen[l->count++ % 32] = (struct seen){libcpu_reg(m, LIBCPU_REG_RIP), *a};
    if (a->la == l->replace)
        a->value = l->with;
}

#define R LIBCPU_MEMORY_READ
#define W LIBCPU_MEMORY_WRITE
#define F LIBCPU_MEMORY_FETCH

struct expected {
    uint64_t rip, la;
    unsigned kind, size;
    uint64_t value;
};

static void check(const struct log *l, const struct expected *e, unsigned count)
{
    assert_int_equal(l->count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(l->seen[i].rip, CODE + e[i].rip);
        assert_int_equal(l->seen[i].a.la, e[i].la);
        assert_int_equal(l->seen[i].a.kind, e[i].kind);
        assert_int_equal(l->seen[i].a.size, e[i].size);
        assert_int_equal(l->seen[i].a.value, e[i].value);
    }
}

#define CHECK(l, e) check((l), (e), sizeof(e) / sizeof(*(e)))

static void each_access_once(void **state)
{
    static const struct expected expected[] = {
        {0, DATA, W, 8, 0x1122334455ffff88},
        {3, DATA + 4, R, 4, 0x11223344},
        {6, DATA + 1, R, 2, 0xffff},
        {6, DATA + 1, W, 2, 0},
        {10, STACK_TOP - 8, W, 8, 0x11223344},
        {11, DATA, R, 8, 0x1122334455000088},
        {11, DATA + 8, R, 8, 0},
        {14, DATA, R, 1, 0x88},
        {14, DATA + 0x10, W, 1, 0x88},
        {14, DATA + 1, R, 1, 0},
        {14, DATA + 0x11, W, 1, 0},
    };
    struct log l = {0};
    (void)state;
    /* mov [rdi], rax; mov eax, [rdi+4]; inc word [rdi+1]; push rax; movups xmm0, [rdi];
     * rep movsb; hlt */
    libcpu *m = KERNEL64(0x48, 0x89, 0x07, 0x8b, 0x47, 0x04, 0x66, 0xff, 0x47, 0x01, 0x50, 0x0f,
                         0x10, 0x07, 0xf3, 0xa4, 0xf4);
    OK(libcpu_hook_memory(m, R | W, NULL, note, &l, NULL));
    set(m, LIBCPU_REG_RAX, 0x1122334455ffff88);
    set(m, LIBCPU_REG_RCX, 2);
    OK(libcpu_run(m, 5, NULL));
    set(m, LIBCPU_REG_RDI, DATA + 0x10);
    OK(libcpu_run(m, 10, NULL));
    CHECK(&l, expected);
    libcpu_destroy(m);
}

/* The hook's value is what is read and written; a read hook may also write to memory itself. */
static void poke(void *user, libcpu *m, struct libcpu_access *a)
{
    (void)user;
    put(m, a->la, 77);
}

static void values_are_replaced(void **state)
{
    struct log l = {.replace = DATA, .with = 5};
    (void)state;
    /* mov rax, [rdi]; mov [rdi], rcx; mov rbx, [rdi+8]; add [rdi], rcx; hlt */
    libcpu *m = KERNEL64(0x48, 0x8b, 0x07, 0x48, 0x89, 0x0f, 0x48, 0x8b, 0x5f, 0x08, 0x48, 0x01,
                         0x0f, 0xf4);
    const struct libcpu_range second = {DATA + 8, DATA + 8};
    set(m, LIBCPU_REG_RCX, 100);
    OK(libcpu_hook_memory(m, R | W, NULL, note, &l, &l.self));
    OK(libcpu_hook_memory(m, R, &second, poke, NULL, NULL));
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 5);
    assert_int_equal(get(m, DATA), 5);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 77);
    OK(libcpu_hook_remove(m, l.self));
    OK(libcpu_hook_memory(m, R, NULL, note, &l, NULL));
    l.with = 1000;
    OK(libcpu_run(m, 1, NULL));
    assert_int_equal(get(m, DATA), 1100);
    /* The page is dirty and in the TLB by now: a store that hits. */
    OK(libcpu_hook_memory(m, W, NULL, note, &l, NULL));
    set(m, LIBCPU_REG_RIP, CODE + 3);
    OK(libcpu_run(m, 1, NULL));
    assert_int_equal(get(m, DATA), 1000);
    libcpu_destroy(m);
}

static void ranges_and_kinds(void **state)
{
    struct log reads = {0}, tail = {0};
    const struct libcpu_range last_byte = {DATA + 7, DATA + 7}, elsewhere = {DATA + 8, DATA + 9};
    (void)state;
    /* mov rax, [rdi]; mov [rdi], eax; mov [rdi+4], eax; jmp -10 */
    libcpu *m = KERNEL64(0x48, 0x8b, 0x07, 0x89, 0x07, 0x89, 0x47, 0x04, 0xeb, 0xf6);
    OK(libcpu_hook_memory(m, R, NULL, note, &reads, &reads.self));
    OK(libcpu_hook_memory(m, R | W, &last_byte, note, &tail, &tail.self));
    OK(libcpu_run(m, 4, NULL));
    assert_int_equal(reads.count, 1);
    assert_int_equal(tail.count, 2); /* the whole and the upper half */
    OK(libcpu_hook_range(m, tail.self, &elsewhere));
    OK(libcpu_run(m, 4, NULL));
    assert_int_equal(reads.count, 2);
    assert_int_equal(tail.count, 2);
    OK(libcpu_hook_range(m, tail.self, NULL));
    OK(libcpu_run(m, 4, NULL));
    assert_int_equal(tail.count, 5);
    /* Alone it is called without a list: the whole reaches into the range, and the upper half. */
    OK(libcpu_hook_remove(m, reads.self));
    OK(libcpu_hook_range(m, tail.self, &last_byte));
    OK(libcpu_run(m, 4, NULL));
    assert_int_equal(reads.count, 3);
    assert_int_equal(tail.count, 7);
    libcpu_destroy(m);
}

static void over_the_end_of_a_page(void **state)
{
    static const struct expected expected[] = {{0, DATA + 0xffc, W, 8, 0x8877665544332211},
                                               {3, DATA + 0xffc, R, 8, 0x8877665544332211}};
    struct log l = {0};
    (void)state;
    libcpu *m = KERNEL64(0x48, 0x89, 0x07, 0x48, 0x8b, 0x1f, 0xf4);
    set(m, LIBCPU_REG_RDI, DATA + 0xffc);
    set(m, LIBCPU_REG_RAX, 0x8877665544332211);
    OK(libcpu_hook_memory(m, R | W, NULL, note, &l, NULL));
    OK(libcpu_run(m, 10, NULL));
    CHECK(&l, expected);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 0x8877665544332211);
    libcpu_destroy(m);
}

static void fetches(void **state)
{
    static const struct expected expected[] = {
        {0, CODE, F, 1, 0x90},
        {1, CODE + 1, F, 10, 0x060504030201b848},
        {11, CODE + 11, F, 2, 0xf3eb},
    };
    const struct libcpu_range inside = {CODE + 5, CODE + 5};
    struct log all = {0}, one = {0};
    (void)state;
    /* nop; mov rax, imm64; jmp -13 */
    libcpu *m = KERNEL64(0x90, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xeb, 0xf3);
    OK(libcpu_hook_memory(m, F, NULL, note, &all, &all.self));
    OK(libcpu_hook_memory(m, F, &inside, note, &one, NULL));
    OK(libcpu_run(m, 3, NULL));
    CHECK(&all, expected);
    assert_int_equal(one.count, 1);
    assert_int_equal(one.seen[0].a.la, CODE + 1);
    OK(libcpu_hook_remove(m, all.self));
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(one.count, 2);
    libcpu_destroy(m);
}

/* Device registers: told once each, though the instruction is tried twice; a write may be replaced.
 */
static void device_registers(void **state)
{
    /* mov esi, 0x110000; mov edi, 0xd0000000; movsb;
     * mov eax, [rdi]; hlt */
    static const uint8_t code[] = {0xbe, 0x00, 0x00, 0x11, 0x00, 0xbf, 0x00,
                                   0x00, 0x00, 0xd0, 0xa4, 0x8b, 0x07, 0xf4};
    struct log l = {.replace = 0x110000, .with = 0x44};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, code);
    OK(libcpu_phys_write(m, 0x110000, "\x33", 1));
    OK(libcpu_hook_memory(m, R | W, NULL, note, &l, NULL));
    OK(libcpu_run(m, 1000, NULL)); /* so many that they are one block, which is left and entered */
    assert_int_equal(l.count, 3);
    assert_int_equal(l.seen[0].a.la, 0x110000);
    assert_int_equal(l.seen[0].a.value, 0x33);
    assert_int_equal(l.seen[1].a.la, 0xd0000000);
    assert_int_equal(l.seen[1].a.kind, W);
    assert_int_equal(l.seen[1].a.value, 0x44);
    assert_int_equal(l.seen[2].a.la, 0xd0000001);
    assert_int_equal(l.seen[2].a.value, 0xffffffff);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 0xffffffff);
    libcpu_destroy(m);
}

/* ---- change from inside ---- */

static void note_and_remove(void *user, libcpu *m, struct libcpu_access *a)
{
    struct log *l = user;
    note(user, m, a);
    OK(libcpu_hook_remove(m, l->self));
    if (l->other)
        OK(libcpu_hook_remove(m, l->other));
}

static void note_and_add(void *user, libcpu *m, struct libcpu_access *a)
{
    struct log *l = user;
    note(user, m, a);
    if (l->count == 1)
        OK(libcpu_hook_memory(m, W, NULL, note, l, NULL));
}

static void changes_inside_running_code(void **state)
{
    struct log gone = {0}, behind = {0}, more = {0};
    (void)state;
    /* mov [rdi], eax; mov [rdi], eax; jmp -6 */
    libcpu *m = KERNEL64(0x89, 0x07, 0x89, 0x07, 0xeb, 0xfa);
    OK(libcpu_run(m, 30000, NULL));
    OK(libcpu_hook_memory(m, W, NULL, note_and_remove, &gone, &gone.self));
    OK(libcpu_hook_memory(m, W, NULL, note, &behind, &gone.other));
    OK(libcpu_run(m, 3, NULL));
    assert_int_equal(gone.count, 1);
    assert_int_equal(behind.count, 0);
    OK(libcpu_run(m, 30000, NULL));
    OK(libcpu_hook_memory(m, W, NULL, note_and_add, &more, NULL));
    OK(libcpu_run(m, 3, NULL)); /* once alone, then both */
    assert_int_equal(more.count, 3);
    libcpu_destroy(m);
}

static void stop_or_raise(void *user, libcpu *m, struct libcpu_access *a)
{
    (void)a;
    if (user)
        OK(libcpu_raise(m, 13, 0x18, 0));
    else
        libcpu_request_stop(m);
}

/* In the middle of an instruction: it is finished, and nothing of the next has happened. */
static void stop_and_raise(void **state)
{
    struct libcpu_stop s;
    libcpu_hook h;
    (void)state;
    libcpu *m = KERNEL64(0x48, 0x89, 0x07, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0xf4);
    set(m, LIBCPU_REG_RAX, 9);
    OK(libcpu_hook_memory(m, W, NULL, stop_or_raise, NULL, &h));
    OK(libcpu_run(m, 10, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    assert_int_equal(s.rip, CODE + 3);
    assert_int_equal(s.insns, 1);
    assert_int_equal(get(m, DATA), 9);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 9);
    OK(libcpu_hook_remove(m, h));
    OK(libcpu_hook_memory(m, W, NULL, stop_or_raise, m, NULL));
    set(m, LIBCPU_REG_RIP, CODE);
    OK(libcpu_run(m, 10, &s)); /* no IDT: a #GP that cannot be delivered */
    assert_int_equal(s.reason, LIBCPU_STOP_EXCEPTION);
    assert_int_equal(s.rip, CODE + 3);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 9);
    libcpu_destroy(m);
}

/* ---- translation ---- */

static void note_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e)
{
    struct log *l = user;
    l->seen[l->count++ % 32] = (struct seen){
        libcpu_reg(m, LIBCPU_REG_RIP), {.la = e->la, .value = e->pa, .kind = (uint8_t)e->kind}};
    l->kinds |= e->kind;
}

static void tlb_fills_and_flushes(void **state)
{
    static const struct expected expected[] = {
        {0, CODE, LIBCPU_TLB_FILL, 0, 0},       {0, DATA, LIBCPU_TLB_FILL, 0, 0},
        {6, DATA, LIBCPU_TLB_FLUSH_PAGE, 0, 0}, {9, DATA, LIBCPU_TLB_FILL, 0, 0},
        {15, 0, LIBCPU_TLB_FLUSH, 0, 0},
    };
    struct libcpu_walk w;
    struct log l = {0};
    (void)state;
    /* mov rax, [rdi], twice; invlpg [rdi]; mov rax, [rdi]; mov rax, cr3;
     * mov cr3, rax; hlt */
    libcpu *m = KERNEL64(0x48, 0x8b, 0x07, 0x48, 0x8b, 0x07, 0x0f, 0x01, 0x3f, 0x48, 0x8b, 0x07,
                         0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0xf4);
    OK(libcpu_hook_tlb(m, LIBCPU_TLB_FILL | LIBCPU_TLB_FLUSH | LIBCPU_TLB_FLUSH_PAGE, NULL,
                       note_tlb, &l, NULL));
    OK(libcpu_run(m, 6, NULL));
    for (unsigned i = 0; i < 2; i++) {
        OK(libcpu_translate(m, l.seen[i].a.la, 0, &w));
        assert_int_equal(l.seen[i].a.value, w.pa);
        l.seen[i].a.value = l.seen[i + 2].a.value = 0;
    }
    assert_int_equal(l.seen[4].a.value, 0);
    CHECK(&l, expected);
    libcpu_destroy(m);
}

enum { MANY = 3000, MANY_AT = 0x10000000 }; /* pages: more than the TLB has room for */

/* What the TLB must hold, by its events alone. */
struct mirror {
    uint64_t held[MANY]; /* physical address of each page, 0: not held */
    unsigned fills, evictions;
    uint64_t evicted; /* told, and the fill that it makes room for not yet */
};

static void mirror_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e)
{
    struct mirror *k = user;
    uint64_t n = (e->la - MANY_AT) >> 12;
    (void)m;
    if (e->kind == LIBCPU_TLB_FLUSH) {
        memset(k->held, 0, sizeof(k->held));
        return;
    }
    if (e->kind == LIBCPU_TLB_EVICT) {
        assert_int_equal(k->evicted, 0);
        assert_int_not_equal(e->pa, 0);
        k->evicted = e->la;
    } else if (e->kind == LIBCPU_TLB_FILL) {
        assert_int_not_equal(k->evicted, e->la);
        k->evicted = 0;
    }
    if (n >= MANY)
        return; /* the code */
    k->fills += e->kind == LIBCPU_TLB_FILL;
    k->evictions += e->kind == LIBCPU_TLB_EVICT;
    if (e->kind == LIBCPU_TLB_EVICT)
        assert_int_equal(k->held[n], e->pa);
    k->held[n] = e->kind == LIBCPU_TLB_FILL ? e->pa : 0;
}

static unsigned check_mirror(const libcpu *m, const struct mirror *k)
{
    struct libcpu_tlb_entry e;
    unsigned held = 0, seen = 0;
    for (size_t cursor = 0; libcpu_tlb_next(m, &cursor, &e) == LIBCPU_ERR_OK;) {
        if (e.la < MANY_AT)
            continue;
        assert_int_equal(k->held[(e.la - MANY_AT) >> 12], e.pa);
        seen++;
    }
    for (unsigned n = 0; n < MANY; n++)
        held += k->held[n] != 0;
    assert_int_equal(seen, held);
    return seen;
}

/* More pages than there is room for: each one that goes is told, before the one that comes. */
static void tlb_evictions(void **state)
{
    /* again: mov rax, [rdi]; add rdi, 4096; dec rcx; jnz again; mov rax, cr3; mov cr3, rax; hlt */
    static const uint8_t code[] = {0x48, 0x8b, 0x07, 0x48, 0x81, 0xc7, 0,    0x10,
                                   0,    0,    0x48, 0xff, 0xc9, 0x75, 0xf1, 0x0f,
                                   0x20, 0xd8, 0x0f, 0x22, 0xd8, 0xf4};
    struct libcpu_stats before, after;
    struct mirror k = {0};
    (void)state;
    libcpu *m = kernel64_mib(code, sizeof(code), 16);
    OK(libcpu_map(m, MANY_AT, (uint64_t)MANY << 12, LIBCPU_READ));
    OK(libcpu_hook_tlb(
        m, LIBCPU_TLB_FILL | LIBCPU_TLB_FLUSH | LIBCPU_TLB_FLUSH_PAGE | LIBCPU_TLB_EVICT, NULL,
        mirror_tlb, &k, NULL));
    for (unsigned round = 0; round < 2; round++) {
        set(m, LIBCPU_REG_RDI, MANY_AT);
        set(m, LIBCPU_REG_RCX, MANY);
        set(m, LIBCPU_REG_RIP, CODE);
        OK(libcpu_stats_get(m, &before));
        OK(libcpu_run(m, 4 * MANY, NULL));
        OK(libcpu_stats_get(m, &after));
        unsigned held = check_mirror(m, &k);
        assert_int_equal(k.fills - k.evictions, held);
        assert_true(k.evictions > 0 && held > 0);
    }
    assert_true(after.tlb_evictions > before.tlb_evictions);
    OK(libcpu_run(m, 1, NULL)); /* its code may have been dropped */
    OK(libcpu_stats_get(m, &before));
    OK(libcpu_run(m, 1, NULL)); /* a flush is no eviction */
    OK(libcpu_stats_get(m, &after));
    assert_int_equal(check_mirror(m, &k), 0);
    assert_int_equal(before.tlb_evictions, after.tlb_evictions);
    libcpu_destroy(m);
}

static void tlb_hits_of_a_range(void **state)
{
    const struct libcpu_range data = {DATA + 5, DATA + 5};
    struct log l = {0};
    (void)state;
    libcpu *m = KERNEL64(0x48, 0x8b, 0x07, 0x48, 0x89, 0x07, 0xeb, 0xf8);
    OK(libcpu_run(m, 3000, NULL));
    OK(libcpu_hook_tlb(m, LIBCPU_TLB_HIT, &data, note_tlb, &l, NULL));
    OK(libcpu_run(m, 30, NULL));
    assert_int_equal(l.count, 20);
    assert_int_equal(l.kinds, LIBCPU_TLB_HIT);
    assert_int_equal(l.seen[0].rip, CODE);
    assert_int_equal(l.seen[1].rip, CODE + 3);
    libcpu_destroy(m);
}

struct updates {
    unsigned count;
    struct libcpu_ad_update u[16];
};

static void note_ad(void *user, libcpu *m, const struct libcpu_ad_update *u)
{
    struct updates *l = user;
    (void)m;
    l->u[l->count++ % 16] = *u;
}

static void accessed_and_dirty_bits(void **state)
{
    const struct libcpu_range data = {DATA, DATA};
    struct updates l = {0};
    struct libcpu_walk w;
    (void)state;
    /* mov rax, [rdi]; mov rax, [rdi]; mov [rdi], rax; mov [rdi], rax; hlt */
    libcpu *m =
        KERNEL64(0x48, 0x8b, 0x07, 0x48, 0x8b, 0x07, 0x48, 0x89, 0x07, 0x48, 0x89, 0x07, 0xf4);
    OK(libcpu_translate(m, DATA, 0, &w));
    OK(libcpu_hook_ad(m, &data, note_ad, &l, NULL));
    OK(libcpu_run(m, 2, NULL));
    assert_true(l.count >= 1);
    const struct libcpu_ad_update *leaf = &l.u[l.count - 1];
    assert_int_equal(leaf->level, 1);
    assert_int_equal(leaf->entry_size, 8);
    assert_int_equal(leaf->entry_pa, w.step[3].entry_pa);
    assert_int_equal(leaf->before, w.step[3].value);
    assert_int_equal(leaf->after, leaf->before | 0x20);
    l.count = 0;
    OK(libcpu_run(m, 2, NULL));
    assert_int_equal(l.count, 1);
    assert_int_equal(l.u[0].la, DATA);
    assert_int_equal(l.u[0].after, l.u[0].before | 0x40);
    libcpu_destroy(m);
}

/* ---- watched runs are the same runs ---- */

static void ignore_memory(void *user, libcpu *m, struct libcpu_access *a)
{
    (void)m, (void)a;
    ++*(unsigned *)user;
}

static void ignore_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e)
{
    (void)m, (void)e;
    ++*(unsigned *)user;
}

/* The timer's count is read and stored; a byte is copied to a device; over and over. */
static void what_looks_changes_nothing(void **state)
{
    static const uint8_t code[] = {0xe4, 0x40, 0x88, 0x04, 0x25, 0x00, 0x00, 0x11,
                                   0x00, 0xbe, 0x00, 0x00, 0x11, 0x00, 0xbf, 0x00,
                                   0x00, 0x00, 0xd0, 0xa4, 0xff, 0x06, 0xeb, 0xe8};
    uint64_t hash[2];
    unsigned calls = 0;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, code);
        if (i) {
            OK(libcpu_hook_memory(m, R | W | F, NULL, ignore_memory, &calls, NULL));
            OK(libcpu_hook_tlb(m, LIBCPU_TLB_HIT, NULL, ignore_tlb, &calls, NULL));
        }
        OK(libcpu_run(m, 70003, NULL));
        OK(libcpu_state_hash(m, &hash[i]));
        libcpu_destroy(m);
    }
    assert_true(calls > 70003);
    assert_int_equal(hash[0], hash[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_access_once),
        cmocka_unit_test(values_are_replaced),
        cmocka_unit_test(ranges_and_kinds),
        cmocka_unit_test(over_the_end_of_a_page),
        cmocka_unit_test(fetches),
        cmocka_unit_test(device_registers),
        cmocka_unit_test(changes_inside_running_code),
        cmocka_unit_test(stop_and_raise),
        cmocka_unit_test(tlb_fills_and_flushes),
        cmocka_unit_test(tlb_evictions),
        cmocka_unit_test(tlb_hits_of_a_range),
        cmocka_unit_test(accessed_and_dirty_bits),
        cmocka_unit_test(what_looks_changes_nothing),
    };
    return cmocka_run_group_tests_name("api_hook_memory", tests, NULL, NULL);
}
