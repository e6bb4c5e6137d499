/*
 * test_rows_slicing.c - slicing time, seen from outside: interrupts at whatever instruction, what a
 * switch changes and what it does not, and the kernel interrupted in its own code.
 */
#include "calls.h"
#include "shell.h"

#include <stdio.h>

enum { IRQ0 = 0x20, KEYBOARD = 0x21, COM1 = 0x24, PIDS = 64 };
enum { PIT_COUNT = 0x40, PIT_COMMAND = 0x43, PIC_COMMAND = 0x20, EOI = 0x20, DIVISOR = 298 };

/* ---- 2.1, 2.2, 2.7: a program is interrupted, and goes on as if nothing had happened ---- */

struct interrupted {
    struct registers at;
    bool waiting; /* not yet gone on */
};

struct watch {
    struct guest *g;
    struct interrupted of[PIDS];
    int32_t last;    /* whose interrupt it was */
    uint64_t loaded; /* CR3, since the interrupt */
    unsigned interrupts, went_on, switches;
    unsigned vectors[256];
    uint64_t wrong;
};

static enum libcpu_hook_answer on_interrupt(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct watch *w = user;
    int32_t pid = guest_current(w->g).pid;
    if (e->kind != LIBCPU_EVENT_INTERRUPT || e->cpl != 3 || pid >= PIDS)
        return LIBCPU_HOOK_GO_ON;
    registers_read(m, &w->of[pid].at);
    w->of[pid].waiting = true;
    w->last = pid;
    w->loaded = 0;
    w->interrupts++;
    w->vectors[e->vector]++;
    return LIBCPU_HOOK_GO_ON;
}

static enum libcpu_hook_answer on_cr3(void *user, libcpu *m, const struct libcpu_cr_write *write)
{
    struct watch *w = user;
    (void)m;
    w->loaded = write->after;
    return LIBCPU_HOOK_GO_ON;
}

/* All registers, RIP and flags are those of the moment of the interrupt. */
static void check_resumed(struct watch *w, libcpu *m, int32_t pid)
{
    struct registers now;
    registers_read(m, &now);
    w->wrong += memcmp(&now, &w->of[pid].at, sizeof(now)) != 0;
    w->of[pid].waiting = false;
    w->went_on++;
}

static void on_way_out(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct watch *w = user;
    int32_t pid = guest_current(w->g).pid;
    (void)from;
    if (to != 3 || pid >= PIDS)
        return;
    if (w->last && pid != w->last && w->of[w->last].waiting) {
        /* Another program: its page tables have been loaded since. */
        w->switches++;
        w->wrong += w->loaded != libcpu_reg(m, LIBCPU_REG_CR3);
        w->wrong += w->loaded == w->of[w->last].at.cr3;
    }
    w->last = 0;
    if (w->of[pid].waiting)
        check_resumed(w, m, pid);
}

static void watch(struct watch *w, struct guest *g)
{
    static const struct libcpu_range cr3 = {3, 3};
    *w = (struct watch){.g = g};
    OK(libcpu_hook_event(g->m, NULL, on_interrupt, w, NULL));
    OK(libcpu_hook_cr(g->m, &cr3, on_cr3, w, NULL));
    OK(libcpu_hook_privilege(g->m, on_way_out, w, NULL));
}

static void programs_go_on_where_they_were(void **state)
{
    struct guest g;
    struct watch w;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh sched=fixed,slice=2");
    guest_run_until(&g, "$ ");
    watch(&w, &g);
    shell_type(&g, "spin 40 & spin 40 & spin 40 & wait");
    assert_true(w.interrupts > 100);
    assert_true(w.vectors[IRQ0] > 100);
    assert_true(w.switches > 10);
    assert_true(w.went_on >= w.interrupts - 3);
    assert_int_equal(w.wrong, 0);
    guest_end(&g);
}

/* Keys and bytes of the serial line, while a program computes: it is interrupted, and goes on. */
static void devices_interrupt_programs(void **state)
{
    struct guest g;
    struct watch w;
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    guest_run_until(&g, "$ ");
    guest_serial(&g, "spin 60 & wait\n");
    guest_run_until(&g, "]\n");
    watch(&w, &g);
    for (unsigned i = 0; i < 10; i++) {
        OK(libcpu_type(g.m, "k", NULL));
        OK(libcpu_run(g.m, 300000, &g.stop));
        OK(libcpu_serial_input(g.m, "s", 1, NULL));
        OK(libcpu_run(g.m, 300000, &g.stop));
    }
    guest_run_until(&g, "rounds");
    assert_true(w.vectors[KEYBOARD] >= 10); /* of twenty: some meet the kernel */
    assert_true(w.vectors[COM1] >= 5);      /* of ten */
    assert_int_equal(w.wrong, 0);
    const char *echo = strstr(g.out, "]\n") + 2;
    unsigned keys = 0, bytes = 0;
    for (; *echo != '(' && *echo; echo++) {
        keys += *echo == 'k';
        bytes += *echo == 's';
    }
    assert_int_equal(keys, 10);
    assert_int_equal(bytes, 10 + 1); /* "spin" */
    guest_end(&g);
}

/* ---- 2.2, 2.10: the timer chip ---- */

struct pit {
    unsigned commands, bytes, ends;
    uint64_t command, divisor;
};

static void on_port(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    struct pit *p = user;
    (void)m;
    if (!a->write)
        return;
    if (a->address == PIT_COMMAND) {
        p->commands++;
        p->command = a->value;
    } else if (a->address == PIT_COUNT) {
        p->divisor |= a->value << (8 * p->bytes++);
    } else if (a->address == PIC_COMMAND) {
        p->ends += a->value == EOI;
    }
}

/* Counter 0 as a rate generator of 4004 Hz; each of its interrupts is acknowledged. */
static void the_timer_is_programmed(void **state)
{
    static const struct libcpu_range ports = {PIC_COMMAND, PIT_COMMAND};
    struct guest g;
    struct pit p = {.commands = 0};
    (void)state;
    guest_boot(&g, "quiet init=/bin/sh");
    OK(libcpu_hook_port(g.m, &ports, on_port, &p, NULL));
    guest_run_until(&g, "$ ");
    shell_type(&g, "sleep 0.02");
    assert_int_equal(p.commands, 1);
    assert_int_equal(p.command >> 6, 0);     /* counter 0 */
    assert_int_equal(p.command >> 4 & 3, 3); /* low byte, then high byte */
    assert_int_equal(p.command >> 1 & 3, 2); /* rate generator */
    assert_int_equal(p.bytes, 2);
    assert_int_equal(p.divisor, DIVISOR);
    uint64_t ticks = guest_u64(&g, "timer_ticks");
    assert_true(ticks >= 80 && p.ends >= ticks - 1 && p.ends <= ticks + 100);
    guest_end(&g);
}

/* ---- 2.8: the kernel's own code ---- */

struct inside {
    struct guest *g;
    int32_t pid; /* interrupted in the kernel */
    uint64_t rip;
    bool others; /* have been in ring 3 since */
    unsigned preempted, resumed;
};

static enum libcpu_hook_answer on_tick(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct inside *w = user;
    struct guest_task t = guest_current(w->g);
    (void)m;
    if (e->cpl == 0 && strcmp(t.name, "cat") == 0) {
        w->pid = t.pid;
        w->rip = e->rip;
        w->others = false;
    }
    return LIBCPU_HOOK_GO_ON;
}

static void on_ring3(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct inside *w = user;
    (void)m, (void)from;
    w->others |= to == 3 && guest_current(w->g).pid != w->pid;
}

static void on_iret(void *user, libcpu *m, uint64_t rip)
{
    struct inside *w = user;
    (void)m;
    if (!w->rip || rip != w->rip || guest_current(w->g).pid != w->pid)
        return;
    w->preempted += w->others;
    w->resumed += !w->others;
    w->rip = 0;
}

/* "cat" copies in the kernel nearly all the time, beside two programs that compute. */
static struct inside interrupt_the_kernel(const char *line)
{
    static const struct libcpu_range irq0 = {IRQ0, IRQ0};
    struct guest g;
    struct inside w = {.g = &g};
    guest_boot(&g, "quiet init=/bin/sh sched=fixed,slice=2");
    guest_run_until(&g, "$ ");
    shell_type(&g, line);
    OK(libcpu_hook_event(g.m, &irq0, on_tick, &w, NULL));
    OK(libcpu_hook_privilege(g.m, on_ring3, &w, NULL));
    OK(libcpu_hook_iret(g.m, NULL, on_iret, &w, NULL));
    shell_type(&g, "cat /dev/zero >/dev/null & spin 60 & spin 60");
    guest_end(&g);
    return w;
}

/* Interrupted in the middle of a system call, it sees others run before it goes on there; or, when
 * the kernel is told so, it goes on at once each time. */
static void the_kernel_is_preempted(void **state)
{
    (void)state;
    struct inside on = interrupt_the_kernel("echo preempt=on >/proc/sched");
    assert_true(on.preempted > 5);
    struct inside off = interrupt_the_kernel("echo preempt=off >/proc/sched");
    assert_int_equal(off.preempted, 0);
    assert_true(off.resumed > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_go_on_where_they_were),
        cmocka_unit_test(devices_interrupt_programs),
        cmocka_unit_test(the_timer_is_programmed),
        cmocka_unit_test(the_kernel_is_preempted),
    };
    return cmocka_run_group_tests_name("guest_rows_slicing", tests, NULL, NULL);
}
