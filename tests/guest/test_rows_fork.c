/*
 * test_rows_fork.c - forks and cows, seen from outside: fork's two answers, the page tables of
 * parent and child before and after a write, the first processes, and that nothing is lost.
 */
#include "books.h"
#include "calls.h"
#include "cpio.h"
#include "shell.h"

#include <stdio.h>

enum { VECTOR_PF = 14, COW_PAGES = 256, WRITTEN = 100 };

/* ---- 6.1, 6.2 ---- */

static const struct call *birth_of(const struct calls *c, int32_t pid)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->call[i].pid == pid && c->call[i].door == DOOR_BIRTH)
            return &c->call[i];
    return NULL;
}

/* One call, two returns: the child's number in the parent, 0 in the child, and nothing else is
 * different but the page tables. */
static void fork_answers_twice(void **state)
{
    struct guest g;
    struct calls calls;
    unsigned forks = 0;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    calls_begin(&calls, &g);
    shell_type(&g, "echo a | cat | cat");
    for (size_t i = 0; i < calls.count; i++) {
        const struct call *c = &calls.call[i];
        if (c->door != DOOR_SYSCALL || REG(c->before, RAX) != NR_FORK)
            continue;
        assert_int_equal(c->pid, 1);
        const struct call *child = birth_of(&calls, (int32_t)call_answer(c));
        assert_non_null(child);
        assert_int_equal(call_answer(child), 0);
        assert_int_equal(child->pid, 2 + forks); /* numbers begin at 1 and go up */
        for (int r = 1; r < 16; r++)
            assert_int_equal(child->after.r[r], c->after.r[r]);
        assert_int_equal(child->after.rip, c->after.rip);
        assert_int_not_equal(child->after.cr3, c->after.cr3);
        forks++;
    }
    assert_int_equal(forks, 3);
    calls_end(&calls);
    guest_end(&g);
}

/* Every program but the first began in a child, which then became it. */
static void fork_then_execve(void **state)
{
    struct guest g;
    struct calls calls;
    unsigned programs = 0;
    (void)state;
    guest_boot(&g, "quiet");
    calls_begin(&calls, &g);
    guest_run_until(&g, "$ ");
    shell_type(&g, "sh -c 'ps | cat'");
    for (size_t i = 0; i < calls.count; i++) {
        const struct call *c = &calls.call[i];
        if (!c->begins)
            continue;
        const struct call *birth = birth_of(&calls, c->pid);
        assert_non_null(birth);
        assert_true(birth < c);
        programs++;
    }
    assert_int_equal(programs, 5); /* heartbeat, sh; sh, ps, cat */
    calls_end(&calls);
    guest_end(&g);
}

/* ---- 6.3 ---- */

struct cow {
    struct guest *g;
    bool born, maps;
    uint64_t own, shared;
    uint64_t parent, child; /* CR3 */
    unsigned same, protected_pages, copies;
    uint64_t shared_entries[2];
    bool wrong;
};

static enum libcpu_hook_answer on_cow_call(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    const uint64_t mmap = 9;
    struct cow *c = user;
    (void)la, (void)sysenter;
    c->maps = libcpu_reg(m, LIBCPU_REG_RAX) == mmap && strcmp(guest_current(c->g).name, "cow") == 0;
    return LIBCPU_HOOK_GO_ON;
}

/* The two mappings, from the answers of mmap: the private one first. */
static void on_mapped(struct cow *c, uint64_t answer)
{
    c->maps = false;
    if (!c->own)
        c->own = answer;
    else
        c->shared = answer;
}

static void look_at_both(struct cow *c)
{
    for (uint64_t i = 0; i < COW_PAGES; i++) {
        uint64_t p = guest_entry(c->g, c->parent, c->own + i * PAGE);
        uint64_t q = guest_entry(c->g, c->child, c->own + i * PAGE);
        c->same += (p & PTE_P) && ((p ^ q) & PTE_ADDRESS) == 0;
        c->protected_pages += !(p & PTE_W) && !(q & PTE_W);
    }
    c->shared_entries[0] = guest_entry(c->g, c->parent, c->shared);
    c->shared_entries[1] = guest_entry(c->g, c->child, c->shared);
}

static void on_cow_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct cow *c = user;
    struct guest_task t = guest_current(c->g);
    (void)from;
    if (to != 3 || strcmp(t.name, "cow") != 0)
        return;
    uint64_t cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    if (!c->parent)
        c->parent = cr3;
    if (c->maps)
        on_mapped(c, libcpu_reg(m, LIBCPU_REG_RAX));
    if (cr3 == c->parent || c->born)
        return;
    c->child = cr3;
    c->born = true;
    look_at_both(c);
}

/* A write to a page that is there and may not be written: a copy, or the last owner's again. */
static enum libcpu_hook_answer on_cow_fault(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct cow *c = user;
    uint64_t cr3 = libcpu_reg(m, LIBCPU_REG_CR3), la = e->address & ~UINT64_C(0xfff);
    if (!c->born || e->cpl != 3 || la < c->own || la >= c->own + COW_PAGES * PAGE)
        return LIBCPU_HOOK_GO_ON;
    c->wrong |= e->error_code != 7;
    c->wrong |= (guest_entry(c->g, cr3, la) & (PTE_P | PTE_W)) != PTE_P;
    c->copies += cr3 == c->child;
    return LIBCPU_HOOK_GO_ON;
}

/* Frames of two processes: equal, and after a write different, with the old bytes in both but for
 * the one that was written. What is shared stays so, and can be written by both. */
static void frames_equal_then_different(void **state)
{
    static const struct libcpu_range page_fault = {VECTOR_PF, VECTOR_PF};
    struct guest g;
    struct cow c = {.g = &g};
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    OK(libcpu_hook_syscall(g.m, NULL, on_cow_call, &c, NULL));
    OK(libcpu_hook_privilege(g.m, on_cow_privilege, &c, NULL));
    OK(libcpu_hook_event(g.m, &page_fault, on_cow_fault, &c, NULL));
    shell_prepare(&g, "cow 1");
    assert_true(guest_run_to(&g, "I wrote to", UINT64_C(1000000000)));
    assert_true(c.born);
    assert_int_equal(c.same, COW_PAGES);
    assert_int_equal(c.protected_pages, COW_PAGES);
    assert_int_equal(c.copies, WRITTEN);
    assert_false(c.wrong);
    assert_int_equal(c.shared_entries[0] & PTE_ADDRESS, c.shared_entries[1] & PTE_ADDRESS);
    assert_true((c.shared_entries[0] & PTE_W) && (c.shared_entries[1] & PTE_W));
    for (uint64_t i = 0; i < COW_PAGES; i++) {
        uint64_t p = guest_entry(&g, c.parent, c.own + i * PAGE);
        uint64_t q = guest_entry(&g, c.child, c.own + i * PAGE);
        char one[PAGE], two[PAGE];
        assert_int_equal(((p ^ q) & PTE_ADDRESS) != 0, i < WRITTEN);
        OK(libcpu_phys_read(g.m, p & PTE_ADDRESS, one, PAGE));
        OK(libcpu_phys_read(g.m, q & PTE_ADDRESS, two, PAGE));
        assert_int_equal(one[0], 'p');
        assert_int_equal(two[0], i < WRITTEN ? 'c' : 'p');
        assert_memory_equal(one + 1, two + 1, PAGE - 1);
        assert_int_equal((q & PTE_W) != 0, i < WRITTEN);
        assert_false(p & PTE_W);
    }
    uint64_t shared = guest_entry(&g, c.child, c.shared);
    assert_int_equal(shared & PTE_ADDRESS, c.shared_entries[0] & PTE_ADDRESS);
    guest_end(&g);
}

/* ---- 6.5, 6.7 ---- */

static struct guest_task task_named(const struct guest *g, const char *name, uint64_t *parent)
{
    for (unsigned i = 1; i < 128; i++) {
        struct guest_task t = guest_task(g, i);
        if (t.state != TASK_FREE && strcmp(t.name, name) == 0) {
            *parent = t.parent;
            return t;
        }
    }
    fail_msg("no task %s", name);
    return (struct guest_task){0};
}

static int32_t pid_at(const struct guest *g, uint64_t task)
{
    return guest_task(g, (unsigned)((task - guest_symbol("tasks")) / g->task_size)).pid;
}

/* Each of the places where the kernel looks for its first program. */
static void places_of_init(void **state)
{
    static const char *const places[] = {"sbin/init", "etc/init", "bin/init"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct guest g;
        struct cpio files = {0};
        size_t size;
        const uint8_t *hello = guest_program("bin/hello", &size);
        char line[64];
        for (size_t k = 0; k < i; k++)
            cpio_text(&files, places[k], "no program");
        cpio_add(&files, places[i], 0100755, hello, size);
        guest_boot_files(&g, "", &files);
        guest_run(&g);
        assert_int_equal(g.stop.reason, LIBCPU_STOP_POWER_OFF);
        snprintf(line, sizeof(line), "no /%s\n", places[i]);
        assert_false(guest_said(&g, line));
        assert_true(guest_said(&g, "hello(1)"));
        guest_end(&g);
        cpio_free(&files);
    }
}

/* The parents of all, up to process 1, which is its own; who loses his gets init. */
static void programs_form_a_tree(void **state)
{
    struct guest g;
    uint64_t init = 0, parent = 0;
    (void)state;
    guest_boot(&g, "quiet");
    guest_run_until(&g, "$ ");
    struct guest_task first = task_named(&g, "init", &init);
    assert_int_equal(first.pid, 1);
    assert_int_equal(pid_at(&g, init), 1);
    task_named(&g, "heartbeat", &parent);
    assert_int_equal(pid_at(&g, parent), 1);
    struct guest_task shell = task_named(&g, "sh", &parent);
    assert_int_equal(pid_at(&g, parent), 1);
    /* The inner shell ends at once: its child is init's then. */
    shell_type(&g, "sleep 50 & sh -c 'spin 100000 &'");
    task_named(&g, "sleep", &parent);
    assert_int_equal(pid_at(&g, parent), shell.pid);
    task_named(&g, "spin", &parent);
    assert_int_equal(pid_at(&g, parent), 1);
    guest_end(&g);
}

/* ---- and nothing is lost ---- */

/* A thousand times fork, execve, exit, wait; the books are what they were. */
static void a_thousand_programs(void **state)
{
    struct guest g;
    struct cpio files = {0};
    struct books before, after;
    char *script = calloc(1000, 16);
    (void)state;
    assert_non_null(script);
    for (unsigned i = 0; i < 1000; i++)
        memcpy(script + 12 * i, "/bin/echo x\n", 12);
    cpio_text(&files, "t/thousand", script);
    cpio_text(&files, "t/one", "/bin/echo x\n");
    free(script);
    guest_boot_files(&g, "quiet init=/bin/sh", &files);
    guest_run_until(&g, "$ ");
    shell_type(&g, "sh /t/one >/dev/null");
    books_audit(&g, &before);
    uint64_t forks = guest_u64(&g, "forks");
    shell_type(&g, "sh /t/thousand >/dev/null");
    books_audit(&g, &after);
    books_same(&before, &after);
    assert_int_equal(guest_u64(&g, "forks") - forks, 1001);
    guest_end(&g);
    cpio_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fork_answers_twice),          cmocka_unit_test(fork_then_execve),
        cmocka_unit_test(frames_equal_then_different), cmocka_unit_test(places_of_init),
        cmocka_unit_test(programs_form_a_tree),        cmocka_unit_test(a_thousand_programs),
    };
    return cmocka_run_group_tests_name("guest_rows_fork", tests, NULL, NULL);
}
