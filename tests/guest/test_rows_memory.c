/*
 * test_rows_memory.c - memory, seen from outside: how paging begins, the steps of translations, the
 * entries of page tables before and after a fault, and how stack and heap grow.
 */
#include "calls.h"
#include "shell.h"

#include <stdio.h>

enum { VECTOR_PF = 14, SIGSEGV_STATUS = 11, CACHE = 6, MIB_PAGES = 256 };

/* ---- 5.1 ---- */

struct switched {
    unsigned count;
    uint64_t cr3, rip, loads;
    bool before_pg;
};

static enum libcpu_hook_answer on_cr(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    struct switched *s = user;
    s->loads += w->number == 3 && s->count == 0;
    if (w->number != 0 || (w->before & CR0_PG) || !(w->after & CR0_PG))
        return LIBCPU_HOOK_GO_ON;
    s->count++;
    s->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    s->rip = libcpu_reg(m, LIBCPU_REG_RIP);
    libcpu_request_stop(m); /* behind it */
    return LIBCPU_HOOK_GO_ON;
}

/* Addresses are physical until the kernel has built tables, put their base into CR3 and set PG;
 * the instruction that does so lies at the same address before and behind it. */
static void paging_is_switched_on(void **state)
{
    struct guest g;
    struct switched s = {.count = 0};
    (void)state;
    guest_boot(&g, STORY);
    struct libcpu_walk w = guest_translate(&g, 0x123456, LIBCPU_ACCESS_WRITE);
    assert_true(w.ok && w.paging == LIBCPU_PAGING_NONE && w.pa == 0x123456 && w.steps == 0);
    OK(libcpu_hook_cr(g.m, NULL, on_cr, &s, NULL));
    guest_run(&g);
    assert_int_equal(s.count, 1);
    assert_true(s.loads >= 1 && s.cr3 != 0);
    assert_true(libcpu_reg(g.m, LIBCPU_REG_CR0) & CR0_PG);
    assert_true(libcpu_reg(g.m, LIBCPU_REG_EFER) & EFER_LMA);
    w = guest_translate(&g, s.rip, LIBCPU_ACCESS_FETCH);
    assert_true(w.ok && w.pa == s.rip && w.cr3 == s.cr3);
    guest_run_to_ring3(&g);
    assert_int_equal(s.count, 1);
    assert_false(guest_translate(&g, s.rip, LIBCPU_ACCESS_FETCH).ok);
    w = guest_translate(&g, guest_symbol("trap_handler"), 0);
    assert_true(w.ok && w.paging == LIBCPU_PAGING_4LEVEL);
    guest_end(&g);
}

/* ---- 5.2, 5.7 ---- */

/* Four tables, indexed by nine bits each; the low twelve bits stay. A large page needs three. */
static void four_levels(void **state)
{
    struct guest g;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_until(&g, "runs as pid 1");
    uint64_t la = guest_symbol("jiffies") + 5, table = libcpu_reg(g.m, LIBCPU_REG_CR3);
    struct libcpu_walk w = guest_translate(&g, la, 0);
    assert_int_equal(w.steps, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct libcpu_walk_step *step = &w.step[i];
        assert_int_equal(step->level, 4 - i);
        assert_int_equal(step->entry_pa, (table & PTE_ADDRESS) + 8 * (la >> (39 - 9 * i) & 511));
        assert_int_equal(step->verdict, i < 3 ? LIBCPU_VERDICT_TABLE : LIBCPU_VERDICT_PAGE);
        table = step->value;
    }
    assert_int_equal(w.pa, (table & PTE_ADDRESS) | (la & 0xfff));
    la = DIRECT_BASE + 0x765432;
    w = guest_translate(&g, la, 0);
    assert_int_equal(w.steps, 3);
    assert_int_equal(w.page_shift, 21);
    assert_int_equal(w.pa, 0x765432);
    assert_int_equal(w.step[2].value & 0x80, 0x80); /* PS */
    guest_end(&g);
}

/* A null entry of the top table leaves out 512 GiB, and a look-up ends there at once. */
static void null_entries_end_a_lookup(void **state)
{
    struct guest g;
    unsigned present = 0;
    (void)state;
    guest_boot(&g, STORY);
    guest_run_until(&g, "runs as pid 1");
    struct libcpu_walk w = guest_translate(&g, UINT64_C(0x100000000000), LIBCPU_ACCESS_USER);
    assert_false(w.ok);
    assert_int_equal(w.steps, 1);
    assert_int_equal(w.step[0].verdict, LIBCPU_VERDICT_ABSENT);
    assert_int_equal(w.step[0].value, 0);
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t entry;
        OK(libcpu_phys_read(g.m, (libcpu_reg(g.m, LIBCPU_REG_CR3) & PTE_ADDRESS) + 8 * i, &entry,
                            8));
        present += entry != 0;
    }
    assert_int_equal(present, 2); /* of a program: its own at 4 MiB, and its stack */
    guest_end(&g);
}

/* ---- 5.4, 5.8, 5.9: faults, with the entry before and after ---- */

struct fault {
    struct libcpu_event e;
    int32_t pid;
    char name[16];
    uint64_t before, after; /* the entry at the fault, and when the instruction is tried again */
    uint64_t rip_after;
    uint64_t frame_kind; /* of the new frame */
    bool retried;
    bool from_file;
};

struct faults {
    struct guest *g;
    struct fault *fault;
    size_t count, room;
};

static uint64_t current_entry(const struct guest *g, uint64_t la)
{
    return guest_entry(g, libcpu_reg(g->m, LIBCPU_REG_CR3), la);
}

static enum libcpu_hook_answer on_page_fault(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct faults *f = user;
    (void)m;
    if (e->cpl != 3)
        return LIBCPU_HOOK_GO_ON;
    if (f->count == f->room) {
        f->room = f->room ? 2 * f->room : 256;
        f->fault = realloc(f->fault, f->room * sizeof(*f->fault));
        if (!f->fault)
            abort();
    }
    struct guest_task t = guest_current(f->g);
    struct fault *fault = &f->fault[f->count++];
    *fault = (struct fault){.e = *e, .pid = t.pid};
    memcpy(fault->name, t.name, sizeof(fault->name));
    fault->before = e->address < USER_TOP ? current_entry(f->g, e->address) : 0;
    return LIBCPU_HOOK_GO_ON;
}

static uint64_t kind_of_frame(const struct guest *g, uint64_t pa)
{
    uint16_t kind = 0;
    uint64_t table = guest_u64(g, "frames") - DIRECT_BASE;
    OK(libcpu_phys_read(g->m, table + 16 * (pa / PAGE) + 8, &kind, sizeof(kind)));
    return kind;
}

/* Back in ring 3: at the instruction that faulted, or the program is another or gone. */
static void on_return(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct faults *f = user;
    (void)from;
    if (to != 3)
        return;
    int32_t pid = guest_current(f->g).pid;
    for (size_t i = f->count; i-- > 0;) {
        struct fault *fault = &f->fault[i];
        if (fault->pid != pid)
            continue;
        if (fault->retried)
            return;
        fault->retried = true;
        fault->rip_after = libcpu_reg(m, LIBCPU_REG_RIP);
        fault->after = current_entry(f->g, fault->e.address);
        if (fault->after & PTE_P)
            fault->frame_kind = kind_of_frame(f->g, fault->after & PTE_ADDRESS);
        return;
    }
}

static void record(struct faults *f, struct guest *g)
{
    static const struct libcpu_range page_fault = {VECTOR_PF, VECTOR_PF};
    *f = (struct faults){.g = g};
    OK(libcpu_hook_event(g->m, &page_fault, on_page_fault, f, NULL));
    OK(libcpu_hook_privilege(g->m, on_return, f, NULL));
}

/* Nothing was there, then a page is, and the very instruction is tried again; what is read from a
 * program's file is the file's own frame. */
static void pages_come_on_demand(void **state)
{
    struct guest g;
    struct faults f;
    unsigned filled = 0, of_files = 0, fetches = 0, zeroes = 0;
    (void)state;
    guest_boot(&g, "quiet init=/bin/counter");
    record(&f, &g);
    guest_run(&g);
    for (size_t i = 0; i < f.count; i++) {
        const struct fault *x = &f.fault[i];
        assert_true(x->retried);
        if (x->before != 0)
            continue; /* it was there: see the next test */
        assert_false(x->e.error_code & 1);
        assert_int_equal(x->after & (PTE_P | PTE_U), PTE_P | PTE_U);
        assert_int_equal(x->rip_after, x->e.rip);
        if (x->e.error_code & 2)
            assert_true(x->after & PTE_W);
        assert_int_equal(x->after & PTE_NX ? 0 : 16, x->e.error_code & 16); /* code alone may run */
        of_files += x->frame_kind == CACHE;
        fetches += (x->e.error_code & 16) != 0;
        zeroes += x->frame_kind != CACHE;
        filled++;
    }
    assert_true(filled >= 4 && of_files >= 2 && fetches >= 1 && zeroes >= 1);
    free(f.fault);
    guest_end(&g);
}

struct end {
    struct guest *g;
    int32_t pid, status;
};

/* At each switch: has the program become a zombie? */
static enum libcpu_hook_answer on_switch(void *user, libcpu *m, const struct libcpu_cr_write *w)
{
    struct end *end = user;
    (void)m, (void)w;
    for (unsigned i = 1; i < 128; i++) {
        struct guest_task t = guest_task(end->g, i);
        if (t.state != TASK_ZOMBIE || strcmp(t.name, "faulty") != 0)
            continue;
        end->pid = t.pid;
        end->status = t.status;
    }
    return LIBCPU_HOOK_GO_ON;
}

/* An access that no range allows: the entry stays as it was, and the program ends by SIGSEGV. */
static void invalid_accesses_end_the_program(void **state)
{
    static const struct {
        const char *line;
        uint32_t error, mask; /* the kernel may have a page there, or not */
        bool present;
    } rows[] = {
        {"faulty null", 6, 0x1f, false},      {"faulty rodata", 7, 0x1f, true},
        {"faulty execute", 0x15, 0x1f, true}, {"faulty kernel", 4, 0x1e, false},
        {"faulty stack", 6, 0x1f, false},
    };
    static const struct libcpu_range cr3 = {3, 3};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct guest g;
        struct faults f;
        guest_boot(&g, "quiet init=/bin/sh");
        guest_run_until(&g, "$ ");
        record(&f, &g);
        struct end end = {.g = &g};
        OK(libcpu_hook_cr(g.m, &cr3, on_switch, &end, NULL));
        shell_type(&g, rows[i].line);
        const struct fault *x = NULL;
        for (size_t n = 0; n < f.count; n++)
            if (strcmp(f.fault[n].name, "faulty") == 0)
                x = &f.fault[n];
        assert_non_null(x);
        assert_false(x->retried);
        assert_int_equal(x->e.error_code & rows[i].mask, rows[i].error & rows[i].mask);
        assert_int_equal((x->before & PTE_P) != 0, rows[i].present);
        assert_int_equal(end.pid, x->pid);
        assert_int_equal(end.status, SIGSEGV_STATUS);
        free(f.fault);
        guest_end(&g);
    }
}

struct bits {
    uint64_t la;
    unsigned accessed, dirty;
    bool wrong;
};

static void on_bits(void *user, libcpu *m, const struct libcpu_ad_update *u)
{
    struct bits *b = user;
    (void)m;
    if (u->level != 1 || u->la / PAGE != b->la / PAGE)
        return;
    uint64_t set = u->after & ~u->before;
    b->wrong |= (u->before & ~u->after) != 0 || (set & ~(uint64_t)(PTE_A | PTE_D)) != 0;
    b->accessed += (set & PTE_A) != 0;
    b->dirty += (set & PTE_D) != 0;
}

/* The processor notes the first access and the first write in the entry, each once. */
static void accessed_and_dirty(void **state)
{
    struct guest g;
    struct guest_segment s;
    size_t size;
    unsigned n = 0;
    (void)state;
    const uint8_t *file = guest_program("bin/counter", &size);
    while (program_segment(file, n, &s))
        n++;
    struct bits b = {.la = s.vaddr + s.memsz - 8};
    const struct libcpu_range page = {b.la & ~UINT64_C(0xfff), b.la | 0xfff};
    guest_boot(&g, "quiet init=/bin/counter");
    guest_run_to_ring3(&g);
    assert_int_equal(current_entry(&g, b.la), 0);
    OK(libcpu_hook_ad(g.m, &page, on_bits, &b, NULL));
    guest_run_until(&g, "counted to");
    assert_int_equal(current_entry(&g, b.la) & (PTE_A | PTE_D), PTE_A | PTE_D);
    assert_false(b.wrong);
    assert_int_equal(b.dirty, 1);
    assert_true(b.accessed <= 1);
    guest_end(&g);
}

/* ---- 5.11 ---- */

/* Page zero is there for a program that asked for it before its execve: readable, and zeroes. */
static void page_zero(void **state)
{
    struct guest g;
    struct faults f;
    unsigned refused = 0, filled = 0;
    uint64_t word = 1;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    record(&f, &g);
    shell_type(&g, "zero");
    for (size_t i = 0; i < f.count; i++) {
        const struct fault *x = &f.fault[i];
        if (x->e.address != 0)
            continue;
        assert_int_equal(x->e.error_code, 4);
        refused += !x->retried;
        filled += x->retried;
        if (!x->retried)
            continue;
        assert_int_equal(x->after & (PTE_P | PTE_U | PTE_W), PTE_P | PTE_U);
        OK(libcpu_phys_read(g.m, x->after & PTE_ADDRESS, &word, sizeof(word)));
    }
    assert_int_equal(refused, 1);
    assert_int_equal(filled, 1);
    assert_true(guest_said(&g, "address 0 holds 0"));
    free(f.fault);
    guest_end(&g);
}

/* ---- 7.1 ---- */

static unsigned pages_between(const struct guest *g, uint64_t cr3, uint64_t from, uint64_t to)
{
    unsigned n = 0;
    for (uint64_t la = from & ~UINT64_C(0xfff); la < to; la += PAGE)
        n += (guest_entry(g, cr3, la) & PTE_P) != 0;
    return n;
}

struct growth {
    struct guest *g;
    uint64_t cr3, brk[2]; /* the heap's end before and after */
    unsigned stack[2], heap[2];
    bool looked; /* at the heap, behind the call that made it longer */
};

/* Before each of the program's system calls: what is there. */
static enum libcpu_hook_answer on_call(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    struct growth *w = user;
    uint64_t number = libcpu_reg(m, LIBCPU_REG_RAX), to = libcpu_reg(m, LIBCPU_REG_RDI);
    (void)la, (void)sysenter;
    if (strcmp(guest_current(w->g).name, "grow") != 0)
        return LIBCPU_HOOK_GO_ON;
    w->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    unsigned stack = pages_between(w->g, w->cr3, USER_TOP - 4096 * PAGE, USER_TOP);
    w->stack[0] = w->stack[0] ? w->stack[0] : stack;
    w->stack[1] = stack;
    if (number == NR_BRK && to != 0) {
        w->brk[1] = to;
        w->brk[0] = to - MIB_PAGES * PAGE;
    } else if (w->brk[1]) {
        unsigned heap = pages_between(w->g, w->cr3, w->brk[0], w->brk[1]);
        w->heap[0] = w->looked ? w->heap[0] : heap;
        w->heap[1] = heap;
        w->looked = true;
    }
    return LIBCPU_HOOK_GO_ON;
}

/* The stack has a page more for each call that went deeper; brk makes no page, a touch does. */
static void stack_and_heap_grow(void **state)
{
    struct guest g;
    struct growth w = {.g = &g};
    (void)state;
    guest_boot(&g, "quiet init=/bin/grow");
    OK(libcpu_hook_syscall(g.m, NULL, on_call, &w, NULL));
    guest_run(&g);
    assert_true(w.stack[0] > 0 && w.stack[0] < 10);
    assert_true(w.stack[1] - w.stack[0] >= 256 && w.stack[1] < 300);
    assert_int_equal(w.heap[0], 0);
    assert_int_equal(w.heap[1], MIB_PAGES);
    guest_end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paging_is_switched_on),
        cmocka_unit_test(four_levels),
        cmocka_unit_test(null_entries_end_a_lookup),
        cmocka_unit_test(pages_come_on_demand),
        cmocka_unit_test(invalid_accesses_end_the_program),
        cmocka_unit_test(accessed_and_dirty),
        cmocka_unit_test(page_zero),
        cmocka_unit_test(stack_and_heap_grow),
    };
    return cmocka_run_group_tests_name("guest_rows_memory", tests, NULL, NULL);
}
