/*
 * test_story.c - the mechanisms of the guest's run as they were seen from outside: rings, doors,
 * ticks and slices, page tables of its programs, faults. What the guest prints proves nothing here.
 */
#include "story.h"

/* ---- rings ---- */

static void the_level_is_that_of_cs(void **state)
{
    const struct story *s = *state;
    assert_true(s->crossings > 400);
    for (size_t i = 0; i < s->crossings; i++) {
        const struct story_crossing *c = &s->crossing[i];
        assert_int_equal(c->cpl, c->to);
        assert_int_equal(c->cs & 3, c->to);
        assert_int_equal(c->from, c->to == 3 ? 0 : 3);
        if (c->to == 3)
            assert_true(c->rip < USER_TOP && c->rip >= 0x400000);
        else
            assert_true(c->rip >= KERNEL_BASE);
    }
}

/* An event in ring 3 goes where its gate says, on the stack that the TSS names, and leaves behind
 * where the program was. */
static void gates_and_stacks(void **state)
{
    const struct story *s = *state;
    unsigned seen = 0;
    for (size_t i = 0; i < s->crossings; i++) {
        const struct story_crossing *c = &s->crossing[i];
        if (c->to != 0 || !c->by_event)
            continue;
        const struct story_event *e = &s->event[c->events - 1];
        unsigned first = e->e.has_error_code ? 1 : 0;
        assert_int_equal(c->rip, c->gate);
        assert_int_equal(c->frame[first], e->e.rip);
        assert_int_equal(c->frame[first + 1] & 0xffff, e->cs);
        assert_int_equal(c->rsp, c->tss_rsp0 - 8 * (5 + first));
        if (e->e.kind == LIBCPU_EVENT_SOFTWARE)
            assert_int_equal(c->gate_dpl, 3);
        seen++;
    }
    assert_true(seen > 50);
}

static unsigned ways_in_at(const struct story *s, const char *symbol)
{
    uint64_t rip = guest_symbol(symbol);
    unsigned n = 0;
    for (size_t i = 0; i < s->crossings; i++)
        n += s->crossing[i].to == 0 && s->crossing[i].rip == rip;
    return n;
}

static unsigned events_of(const struct story *s, unsigned kind, unsigned vector)
{
    unsigned n = 0;
    for (size_t i = 0; i < s->events; i++)
        n += s->event[i].e.kind == kind && s->event[i].e.vector == vector;
    return n;
}

/* The three doors, as often as the kernel counted. */
static void three_doors(void **state)
{
    const struct story *s = *state;
    unsigned int80 = events_of(s, LIBCPU_EVENT_SOFTWARE, 0x80);
    assert_true(int80 >= 4);
    assert_int_equal(int80, guest_u64(&s->g, "syscalls_int80"));
    assert_int_equal(ways_in_at(s, "syscall_entry"), guest_u64(&s->g, "syscalls_syscall"));
    assert_int_equal(ways_in_at(s, "sysenter_entry"), guest_u64(&s->g, "syscalls_sysenter"));
    assert_true(guest_u64(&s->g, "syscalls_sysenter") >= 4);
}

/* ---- time ---- */

/* 298 pulses of 1.193182 MHz, and an instruction that does not want to be interrupted. */
static void ticks_are_a_quarter_of_a_millisecond_apart(void **state)
{
    const struct story *s = *state;
    const double period = 298e9 / 1193182;
    uint64_t first = 0, n = 0;
    for (size_t i = 0; i < s->events; i++) {
        const struct story_event *e = &s->event[i];
        if (e->e.kind != LIBCPU_EVENT_INTERRUPT || e->e.vector != 0x20)
            continue;
        if (n == 0)
            first = e->time;
        double late = (double)(e->time - first) - (double)n * period;
        assert_true(late > -100000 && late < 100000);
        n++;
    }
    assert_true(n > 50);
    assert_int_equal(n, guest_u64(&s->g, "timer_ticks"));
    assert_int_equal(n / 4, guest_u64(&s->g, "jiffies"));
}

/* A program that does nothing but count keeps the processor for 10 ms, then another has it.  How
 * many whole slices there are depends on how fast the compiler made it count. */
static void slices_are_ten_milliseconds(void **state)
{
    const struct story *s = *state;
    const struct story_crossing *begin = NULL, *last = NULL;
    unsigned whole = 0;
    for (size_t i = 0; i < s->crossings; i++) {
        const struct story_crossing *c = &s->crossing[i];
        if (c->to != 3)
            continue;
        bool other = begin && begin->pid != c->pid;
        if (other && strcmp(last->name, "counter") == 0 && c->left_state == TASK_READY) {
            uint64_t ran = c->time - begin->time;
            assert_true(ran > 8900000 && ran < 11100000);
            assert_int_not_equal(last->cr3, c->cr3);
            whole++;
        }
        if (!begin || other)
            begin = c;
        last = c;
    }
    assert_true(whole <= guest_u64(&s->g, "preemptions"));
    assert_true(whole >= 2);
}

/* Three counters at the same address: each its own frame, all of them the kernel's upper half. */
static void same_address_different_frames(void **state)
{
    const struct story *s = *state;
    int32_t pid[3] = {0};
    uint64_t frame[3] = {0}, count[3] = {0};
    unsigned n = 0;
    for (size_t i = 0; i < s->crossings; i++) {
        const struct story_crossing *c = &s->crossing[i];
        if (!c->counter_frame)
            continue;
        unsigned k = 0;
        while (k < n && pid[k] != c->pid)
            k++;
        if (k == n) {
            assert_true(n < 3);
            pid[n++] = c->pid;
        }
        frame[k] = c->counter_frame;
        count[k] = c->count > count[k] ? c->count : count[k];
        assert_true(c->kernel_shared);
    }
    assert_int_equal(n, 3);
    assert_true(frame[0] != frame[1] && frame[1] != frame[2] && frame[0] != frame[2]);
    for (unsigned k = 0; k < 3; k++)
        assert_true(count[k] > 1000000);
}

/* ---- faults ---- */

/* Did the process fault again later? Then the page came, and the instruction was tried again. */
static bool was_retried(const struct story *s, size_t event)
{
    for (size_t i = event + 1; i < s->events; i++)
        if (s->event[i].pid == s->event[event].pid && s->event[i].e.vector == 14)
            return true;
    return false;
}

/* Each "faulty" dies of its last page fault; address and error code say so, and the page tables. */
static void page_faults(void **state)
{
    static const uint32_t errors[] = {6, 7, 0x15, 4, 6};
    const struct story *s = *state;
    unsigned n = 0;
    for (size_t i = 0; i < s->events; i++) {
        const struct story_event *e = &s->event[i];
        if (e->e.kind != LIBCPU_EVENT_EXCEPTION || e->e.vector != 14 || e->e.cpl != 3)
            continue;
        assert_false(e->walk.ok);
        assert_int_equal(e->e.error_code, e->walk.error_code);
        if (strcmp(e->name, "faulty") != 0 || was_retried(s, i))
            continue;
        assert_true(n < 5);
        /* A read of the kernel is refused at a level that is there, or finds no page. */
        assert_int_equal(e->e.error_code & ~1u, errors[n] & ~1u);
        n++;
    }
    assert_int_equal(n, 5);
}

/* Demand paging: a program's first instruction is fetched from a page that is not there yet. */
static void pages_come_when_they_are_touched(void **state)
{
    const struct story *s = *state;
    unsigned fetched = 0, files = 0;
    for (size_t i = 0; i < s->events; i++) {
        const struct story_event *e = &s->event[i];
        if (e->e.vector != 14 || e->e.cpl != 3 || e->e.error_code != 0x14)
            continue;
        assert_int_equal(e->e.address, e->e.rip);
        files += strcmp(e->name, "hello") == 0 && was_retried(s, i);
        fetched++;
    }
    assert_true(files >= 1);
    assert_true(fetched >= 8);
}

/* Every walk that failed is followed by its fault. */
static void failed_walks_are_faults(void **state)
{
    const struct story *s = *state;
    assert_true(s->walks >= 5);
    for (size_t i = 0; i < s->walks; i++) {
        const struct story_walk *w = &s->walk[i];
        assert_true(w->events < s->events);
        const struct story_event *e = &s->event[w->events];
        assert_int_equal(e->e.vector, 14);
        assert_int_equal(e->e.address, w->w.la);
        assert_int_equal(e->e.error_code, w->w.error_code);
    }
}

/* What ring 3 must not do: #GP, at the very instruction. */
static void privileged_instructions(void **state)
{
    static const uint8_t opcode[] = {0xfa, 0xf4, 0x0f, 0xe4, 0xe6, 0x0f, 0x0f, 0xcd};
    const struct story *s = *state;
    unsigned n = 0;
    for (size_t i = 0; i < s->events; i++) {
        const struct story_event *e = &s->event[i];
        if (e->e.kind != LIBCPU_EVENT_EXCEPTION || e->e.vector != 13)
            continue;
        assert_true(n < 8);
        assert_string_equal(e->name, "privileged");
        assert_int_equal(e->e.cpl, 3);
        if (opcode[n] != 0xe4 && opcode[n] != 0xe6)
            assert_int_equal(e->code[0], opcode[n]);
        /* INT 20h: the gate's vector, and that it stands in the IDT. */
        assert_int_equal(e->e.error_code, opcode[n] == 0xcd ? 0x20 << 3 | 2 : 0);
        n++;
    }
    assert_int_equal(n, 8);
}

static void it_ends_well(void **state)
{
    const struct story *s = *state;
    assert_int_equal(s->g.stop.reason, LIBCPU_STOP_POWER_OFF);
    assert_true(guest_said(&s->g, "78498 primes below 1000000: right"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_is_that_of_cs),
        cmocka_unit_test(gates_and_stacks),
        cmocka_unit_test(three_doors),
        cmocka_unit_test(ticks_are_a_quarter_of_a_millisecond_apart),
        cmocka_unit_test(slices_are_ten_milliseconds),
        cmocka_unit_test(same_address_different_frames),
        cmocka_unit_test(page_faults),
        cmocka_unit_test(pages_come_when_they_are_touched),
        cmocka_unit_test(failed_walks_are_faults),
        cmocka_unit_test(privileged_instructions),
        cmocka_unit_test(it_ends_well),
    };
    return cmocka_run_group_tests_name("guest_story", tests, story_setup, story_teardown);
}
