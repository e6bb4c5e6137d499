/*
 * test_resume.c - running, stepping, breakpoints, watchpoints, Ctrl-C, ends, detaching.
 */
#include "chat.h"

#include "guest_image.h"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

#define BEGINS(text, with) assert_true(begins((text), (with)))

static uint64_t rip(struct chat *c)
{
    return libcpu_reg(c->m, LIBCPU_REG_RIP);
}

static void set_register(struct chat *c, enum libcpu_reg reg, uint64_t v)
{
    OK(libcpu_reg_set(c->m, reg, &v, libcpu_reg_size(reg)));
}

/* ---- breakpoints ---- */

/* inc ax; inc bx; jmp $-4 */
static const uint8_t counting[] = {0x40, 0x43, 0xeb, 0xfc};

static void breakpoints(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, counting);
    ASK(&c, "Z0,7c01,1", "OK");
    ASK(&c, "Z0,7c01,1", "OK"); /* once more is the same */
    BEGINS(go(&c, "vCont;c", 2, NULL), "T05swbreak:;thread:1;06:");
    assert_int_equal(rip(&c), 0x7c01);
    BEGINS(go(&c, "c", 2, NULL), "T05swbreak:;");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX), 2);
    ASK(&c, "Z1,7c01,1", "OK");
    ASK(&c, "z0,7c01,1", "OK");
    BEGINS(go(&c, "C05", 2, NULL), "T05hwbreak:;");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX), 3);
    ASK(&c, "z1,7c01,1", "OK");
    ASK(&c, "z1,7c01,1", "OK"); /* it is not there: as wanted */
    assert_string_equal(go(&c, "c", 2, NULL), "");
    assert_false(libcpu_gdb_holds(c.g));
    ASK(&c, "c", "E01"); /* it runs */
    chat_raw(&c, "\x03", 1);
    BEGINS(c.wire, "$T02thread:1;");
    assert_true(libcpu_gdb_holds(c.g));
    BEGINS(ask(&c, "?"), "T02thread:1;");
    chat_raw(&c, "\x03", 1); /* held already: nothing to tell */
    assert_string_equal(c.wire, "");
    ASK(&c, "Z5,0,1", "E16");
    ASK(&c, "Z0,0", "E16");
    ASK(&c, "Z0,zz,1", "E16");
    ASK(&c, "z0", "E16");
    /* A debugger that does not know them is not told. */
    ask(&c, "qSupported:multiprocess+");
    ASK(&c, "Z0,7c01,1", "OK");
    BEGINS(go(&c, "c", 2, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c01);
    chat_end(&c);
}

/* A run whose budget ends before a breakpoint: the next one must not begin with passing it. */
static void breakpoints_between_two_runs(void **state)
{
    static struct chat c;
    struct libcpu_stop s;
    (void)state;
    BEGIN(&c, REAL16, counting);
    ASK(&c, "Z0,7c01,1", "OK");
    for (unsigned round = 1; round < 4; round++) {
        ask(&c, "c");
        for (unsigned i = 0; i < 4 && !libcpu_gdb_holds(c.g); i++)
            OK(libcpu_gdb_run(c.g, 1, &s));
        assert_true(libcpu_gdb_holds(c.g));
        assert_int_equal(s.reason, LIBCPU_STOP_BREAKPOINT);
        assert_int_equal(rip(&c), 0x7c01);
        assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX), round);
        assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RBX), round - 1);
    }
    chat_end(&c);
}

static void many_breakpoints(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, counting);
    for (unsigned i = 0; i < 512; i++)
        assert_string_equal(ask(&c, "Z0,%x,1", 0x10000 + i), "OK");
    ASK(&c, "Z0,20000,1", "E0c");
    ASK(&c, "z0,10000,1", "OK");
    ASK(&c, "Z0,20000,1", "OK");
    ASK(&c, "D", "OK");
    /* None is left in the machine. */
    for (unsigned i = 0; i < 512; i++)
        OK(libcpu_breakpoint_add(c.m, 0x10000 + i));
    chat_end(&c);
}

/* Code at 0x7c00 runs as 0700:0c00.  gdb would take a breakpoint elsewhere than at rip for one that
 * is gone, so it is told of a plain SIGTRAP, or of rip as a linear address. */
static void breakpoints_and_the_base_of_cs(void **state)
{
    static struct chat c;
    struct libcpu_segment cs;
    (void)state;
    BEGIN(&c, REAL16, counting);
    OK(libcpu_segment_get(c.m, LIBCPU_REG_CS, &cs));
    cs.base = 0x7000;
    OK(libcpu_segment_set(c.m, LIBCPU_REG_CS, &cs));
    set_register(&c, LIBCPU_REG_RIP, 0xc00);
    ASK(&c, "Z0,7c01,1", "OK");
    BEGINS(go(&c, "c", 2, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0xc01);
    monitor(&c, "pc linear");
    BEGINS(go(&c, "c", 2, NULL), "T05swbreak:;thread:1;");
    assert_non_null(strstr(c.reply, "10:017c000000000000;"));
    chat_end(&c);
}

/* ---- watchpoints ---- */

/* mov [0x500], al; mov al, [0x600]; add word [0x6ff], 1; jmp $-13 */
static const uint8_t touching[] = {0xa2, 0x00, 0x05, 0xa0, 0x00, 0x06, 0x83,
                                   0x06, 0xff, 0x06, 0x01, 0xeb, 0xf3};

static void watchpoints(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, touching);
    ASK(&c, "Z2,500,1", "OK");
    BEGINS(go(&c, "c", 2, NULL), "T05watch:500;thread:1;");
    assert_int_equal(rip(&c), 0x7c03); /* behind the instruction */
    ASK(&c, "z2,500,1", "OK");
    ASK(&c, "Z2,600,1", "OK"); /* which is only read */
    ASK(&c, "Z3,600,1", "OK");
    BEGINS(go(&c, "c", 2, NULL), "T05rwatch:600;");
    assert_int_equal(rip(&c), 0x7c06);
    ASK(&c, "z3,600,1", "OK");
    ASK(&c, "z2,600,1", "OK");
    /* The access begins before what is watched: the address is where they meet. */
    ASK(&c, "Z4,700,4", "OK");
    BEGINS(go(&c, "c", 2, NULL), "T05awatch:700;");
    assert_int_equal(rip(&c), 0x7c0b);
    ASK(&c, "Z2,500,1", "OK");
    BEGINS(go(&c, "s", 2, NULL), "T05thread:1;");
    BEGINS(go(&c, "s", 2, NULL), "T05watch:500;"); /* a step meets them too */
    ASK(&c, "Z2,500,0", "E16");
    ASK(&c, "Z2,ffffffffffffffff,2", "E16");
    ASK(&c, "D;1", "OK");
    assert_string_equal(go(&c, NULL, 2, NULL), "");
    assert_int_equal(libcpu_watchpoint_remove(c.m, 0x500, 1, LIBCPU_WATCH_WRITE),
                     LIBCPU_ERR_INVALID);
    chat_end(&c);
}

/* ---- steps ---- */

static void step_to(struct chat *c, uint64_t want)
{
    BEGINS(go(c, "vCont;s:1", 4, NULL), "T05thread:1;");
    assert_int_equal(rip(c), want);
}

/* cld; mov di, 0x1000; mov cx, 0x3000; rep stosb; hlt */
static const uint8_t repeating[] = {0xfc, 0xbf, 0x00, 0x10, 0xb9, 0x00, 0x30, 0xf3, 0xaa, 0xf4};

/* A repeated instruction counts once for each page; for a step it is one instruction. */
static void a_step_over_rep(void **state)
{
    static struct chat c;
    struct libcpu_stop s = {0};
    uint8_t v;
    (void)state;
    BEGIN(&c, REAL16, repeating);
    step_to(&c, 0x7c01);
    step_to(&c, 0x7c04);
    step_to(&c, 0x7c07);
    set_register(&c, LIBCPU_REG_RAX, 0x5a);
    BEGINS(go(&c, "s", 4, &s), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c09);
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RCX), 0);
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    assert_true(s.insns >= 3);
    OK(libcpu_phys_read(c.m, 0x3fff, &v, 1));
    assert_int_equal(v, 0x5a);
    chat_end(&c);
}

/* A watchpoint and Ctrl-C stop it in between. */
static void a_step_in_rep_can_stop(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, repeating);
    for (int i = 0; i < 3; i++)
        go(&c, "s", 4, NULL);
    ASK(&c, "Z2,1800,1", "OK");
    BEGINS(go(&c, "s", 4, NULL), "T05watch:1800;");
    assert_int_equal(rip(&c), 0x7c07);
    ASK(&c, "z2,1800,1", "OK");
    ask(&c, "s");
    struct libcpu_stop s;
    OK(libcpu_gdb_run(c.g, 1, &s)); /* a budget that ends before the step does */
    assert_false(libcpu_gdb_holds(c.g));
    assert_int_equal(rip(&c), 0x7c07);
    OK(libcpu_gdb_run(c.g, 0, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    chat_raw(&c, "\x03", 1);
    BEGINS(c.wire, "$T02");
    step_to(&c, 0x7c09);
    chat_end(&c);
}

/*
 * The timer interrupts at once: 8259 to vector 8, all masked but the timer; PIT channel 0 to mode
 * 0, count 1000h; vector 8 to 0:7d00h; sti; hlt; nop.
 */
static const uint8_t ticking[] = {
    0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x08, 0xe6, 0x21, 0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21,
    0xb0, 0xfe, 0xe6, 0x21, 0xb0, 0x30, 0xe6, 0x43, 0xb0, 0x00, 0xe6, 0x40, 0xb0, 0x10, 0xe6, 0x40,
    0xc7, 0x06, 0x20, 0x00, 0x00, 0x7d, 0xc7, 0x06, 0x22, 0x00, 0x00, 0x00, 0xfb, 0xf4, 0x90, 0x90,
};

/* Up to the handler of the interrupt, not a step farther; and HLT alone is a step. */
static void a_step_into_an_interrupt(void **state)
{
    static struct chat c;
    uint64_t at = 0x7c00;
    (void)state;
    BEGIN(&c, REAL16, ticking);
    for (int i = 0; i < 40 && at != 0x7c2e; i++) {
        BEGINS(go(&c, "s", 4, NULL), "T05thread:1;");
        assert_true(rip(&c) > at && rip(&c) <= at + 6);
        at = rip(&c);
    }
    assert_int_equal(at, 0x7c2e);
    assert_true(libcpu_cpu_halted(c.m));
    ask(&c, "qThreadExtraInfo,1");
    assert_non_null(strstr(c.reply, "2c2068616c746564")); /* , halted */
    struct libcpu_stats before, after;
    OK(libcpu_stats_get(c.m, &before));
    /* The timer's first interrupt is milliseconds away. */
    BEGINS(go(&c, "s", 100, NULL), "T05thread:1;");
    OK(libcpu_stats_get(c.m, &after));
    assert_int_equal(rip(&c), 0x7d00);
    assert_false(libcpu_cpu_halted(c.m));
    assert_int_equal(after.interrupts, before.interrupts + 1);
    assert_int_equal(after.insns, before.insns);
    chat_end(&c);
}

/* The handler ends the interrupt and comes back: mov al, 0x20; out 0x20, al; iret. */
static const uint8_t handler[] = {0xb0, 0x20, 0xe6, 0x20, 0xcf};

static void a_step_over_an_interrupt(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, ticking);
    OK(libcpu_phys_write(c.m, 0x7d00, handler, sizeof(handler)));
    assert_non_null(strstr(monitor(&c, "step"), "into"));
    assert_non_null(strstr(monitor(&c, "step over"), "over"));
    assert_non_null(strstr(monitor(&c, "step aside"), "usage"));
    while (rip(&c) != 0x7c2e)
        BEGINS(go(&c, "s", 4, NULL), "T05thread:1;");
    /* The interrupt that wakes it, its handler, and the instruction behind HLT. */
    BEGINS(go(&c, "s", 100, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c2f);
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX) & 0xff, 0x20);
    chat_end(&c);

    /* A breakpoint in the handler is met, and the step forgotten. */
    BEGIN(&c, REAL16, ticking);
    OK(libcpu_phys_write(c.m, 0x7d00, handler, sizeof(handler)));
    monitor(&c, "step over");
    while (rip(&c) != 0x7c2e)
        BEGINS(go(&c, "s", 4, NULL), "T05thread:1;");
    ASK(&c, "Z0,7d00,1", "OK");
    ASK(&c, "Z0,7d02,1", "OK");
    BEGINS(go(&c, "s", 100, NULL), "T05swbreak:;");
    assert_int_equal(rip(&c), 0x7d00);
    BEGINS(go(&c, "c", 100, NULL), "T05swbreak:;");
    assert_int_equal(rip(&c), 0x7d02);
    step_to(&c, 0x7d04);
    chat_end(&c);
}

/* ud2, with vector 6 at 0:7d00h: mov word [0x18], 0x7d00; mov word [0x1a], 0; ud2 */
static const uint8_t undefined[] = {0xc7, 0x06, 0x18, 0x00, 0x00, 0x7d, 0xc7,
                                    0x06, 0x1a, 0x00, 0x00, 0x00, 0x0f, 0x0b};

static void a_step_into_an_exception(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, undefined);
    step_to(&c, 0x7c06);
    step_to(&c, 0x7c0c);
    step_to(&c, 0x7d00);
    chat_end(&c);
}

static void ranges(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, counting);
    BEGINS(go(&c, "vCont;r7c00,7c02:1", 4, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c02);
    BEGINS(go(&c, "vCont;r7c02,7c04;c", 4, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c00);
    ASK(&c, "Z0,7c01,1", "OK"); /* ends a range as it ends a run */
    BEGINS(go(&c, "vCont;r7c00,7c04", 4, NULL), "T05thread:1;");
    assert_int_equal(rip(&c), 0x7c01);
    ASK(&c, "z0,7c01,1", "OK");
    /* The whole loop: only Ctrl-C ends it. */
    assert_string_equal(go(&c, "vCont;r7c00,7c04", 4, NULL), "");
    chat_raw(&c, "\x03", 1);
    BEGINS(c.wire, "$T02");
    ASK(&c, "vCont;x", "E16");
    ASK(&c, "vCont", "vCont;c;C;s;S;r");
    ASK(&c, "vCont;s:2", "E16"); /* no such thread */
    ASK(&c, "vCont;r7c00", "E16");
    ASK(&c, "vCont;C", "E16");
    BEGINS(go(&c, "vCont;s:2;s:-1", 4, NULL), "T05");
    BEGINS(go(&c, "s7c00", 4, NULL), "T05"); /* from another place */
    assert_int_equal(rip(&c), 0x7c01);
    ASK(&c, "szz", "E16");
    ASK(&c, "C", "E16");
    chat_end(&c);
}

/* ---- stepping sees what running sees ---- */

enum { STEPS = 400 };

struct sight {
    uint64_t rip[STEPS];
    unsigned count;
    uint64_t first_interrupt, first_syscall; /* instructions retired before */
    bool event;
};

static libcpu *guest(void)
{
    struct libcpu_image_options o;
    libcpu *m;
    OK(libcpu_create(NULL, &m));
    libcpu_image_init(&o);
    OK(libcpu_load_mem(m, guest_image, guest_image_size, &o));
    return m;
}

static uint64_t retired(libcpu *m)
{
    struct libcpu_stats s;
    OK(libcpu_stats_get(m, &s));
    return s.insns;
}

static enum libcpu_hook_answer see_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct sight *s = user;
    s->event = true;
    if (e->kind == LIBCPU_EVENT_INTERRUPT && !s->first_interrupt)
        s->first_interrupt = retired(m);
    return LIBCPU_HOOK_GO_ON;
}

/* From 3 to 0 without an event: SYSCALL. */
static void see_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct sight *s = user;
    if (from == 3 && to == 0 && !s->event && !s->first_syscall)
        s->first_syscall = retired(m);
    s->event = false;
    if (s->first_interrupt && s->first_syscall)
        libcpu_request_stop(m);
}

static void see_insn(void *user, libcpu *m, uint64_t la)
{
    struct sight *s = user;
    (void)m;
    /* Told once a stretch of a repeated instruction; a loop to itself there is none. */
    if (s->count && s->rip[s->count - 1] == la)
        return;
    if (s->count < STEPS)
        s->rip[s->count++] = la;
}

static uint64_t interrupts(libcpu *m)
{
    struct libcpu_stats s;
    OK(libcpu_stats_get(m, &s));
    return s.interrupts;
}

/* Interrupts, and page faults of fetching at rip: of what takes a step before there is an
 * instruction that a hook could be told. */
static bool was_taken(libcpu *m, uint64_t rip, const struct libcpu_stats *before)
{
    struct libcpu_stats now;
    OK(libcpu_stats_get(m, &now));
    bool fetch = now.exceptions != before->exceptions && libcpu_reg(m, LIBCPU_REG_CR2) == rip;
    return now.interrupts != before->interrupts || fetch;
}

/*
 * Step from `from` on: the same instructions in the same order as a run, and the same state as a
 * run of as many.
 */
static void compare_from(uint64_t from)
{
    static struct chat c;
    struct sight seen = {0};
    uint64_t run_hash, step_hash;
    unsigned steps = 0;
    libcpu *m = guest();
    OK(libcpu_run(m, from, NULL));
    OK(libcpu_hook_insn(m, NULL, see_insn, &seen, NULL));
    OK(libcpu_run(m, STEPS + 10, NULL));
    chat_with(&c, guest());
    OK(libcpu_run(c.m, from, NULL));
    for (unsigned i = 0; i < STEPS; steps++) {
        uint64_t at = rip(&c);
        struct libcpu_stats before;
        OK(libcpu_stats_get(c.m, &before));
        BEGINS(go(&c, "s", 100, NULL), "T05thread:1;");
        if (!was_taken(c.m, at, &before))
            assert_int_equal(at, seen.rip[i++]);
    }
    libcpu_destroy(m);
    m = guest();
    OK(libcpu_run(m, from + steps, NULL));
    OK(libcpu_state_hash(m, &run_hash));
    OK(libcpu_state_hash(c.m, &step_hash));
    assert_int_equal(run_hash, step_hash);
    libcpu_destroy(m);
    chat_end(&c);
}

static void steps_see_what_runs_see(void **state)
{
    struct sight seen = {0};
    (void)state;
    libcpu *m = guest();
    OK(libcpu_hook_event(m, NULL, see_event, &seen, NULL));
    OK(libcpu_hook_privilege(m, see_privilege, &seen, NULL));
    OK(libcpu_run(m, 20000000, NULL));
    libcpu_destroy(m);
    assert_true(seen.first_interrupt > STEPS && seen.first_syscall > STEPS);
    compare_from(seen.first_interrupt - STEPS / 2);
    compare_from(seen.first_syscall - STEPS / 2);
}

/* Over the guest's timer interrupt, in a program: the step comes back to it. */
static void a_step_over_a_handler_of_the_guest(void **state)
{
    static struct chat c;
    struct sight seen = {0};
    uint64_t taken;
    (void)state;
    libcpu *m = guest();
    OK(libcpu_hook_event(m, NULL, see_event, &seen, NULL));
    OK(libcpu_run(m, 20000000, NULL));
    libcpu_destroy(m);
    for (unsigned over = 0; over < 2; over++) {
        bool handled = false;
        chat_with(&c, guest());
        OK(libcpu_run(c.m, seen.first_interrupt - STEPS / 2, NULL));
        monitor(&c, over ? "step over" : "step into");
        taken = interrupts(c.m);
        for (unsigned i = 0; i < STEPS; i++) {
            const uint64_t before = interrupts(c.m), flag = 0x200;
            BEGINS(go(&c, "s", 100, NULL), "T05thread:1;");
            /* The kernel's handler runs with interrupts off. */
            handled |= interrupts(c.m) != before && !(libcpu_reg(c.m, LIBCPU_REG_RFLAGS) & flag);
        }
        assert_true(interrupts(c.m) > taken);
        assert_int_equal(handled, !over);
        chat_end(&c);
    }
}

/* ---- ends ---- */

/* mov dx, 0x604; mov ax, 0x2000; out dx, ax; hlt */
static const uint8_t power_off[] = {0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4};
/* 32-bit: lidt [zero]; ud2; zero: dw 0, dd 0 */
static const uint8_t triple[] = {0x0f, 0x01, 0x1d, 0x09, 0x00, 0x10, 0x00, 0x0f,
                                 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static void the_end(void **state)
{
    static struct chat c;
    struct libcpu_stop s = {0};
    (void)state;
    BEGIN(&c, REAL16, power_off);
    assert_string_equal(go(&c, "c", 1, &s), "");
    assert_int_equal(s.reason, LIBCPU_STOP_POWER_OFF); /* the embedder's */
    c.wire_len = 0;
    libcpu_gdb_exit(c.g, 7);
    assert_string_equal(c.wire, "$W07#be");
    ASK(&c, "c", "E01");
    chat_end(&c);
}

static void triple_fault(void **state)
{
    static struct chat c;
    struct libcpu_stop s = {0};
    (void)state;
    BEGIN(&c, PROT32, triple);
    BEGINS(go(&c, "c", 1, &s), "T06thread:1;");
    assert_int_equal(s.reason, LIBCPU_STOP_TRIPLE_FAULT);
    assert_non_null(strstr(c.console, "triple fault: vector "));
    BEGINS(go(&c, "c", 1, &s), "T06"); /* it stays one */
    BEGINS(go(&c, "s", 1, &s), "T06");
    ASK(&c, "D", "OK");
    assert_string_equal(go(&c, NULL, 1, &s), "");
    assert_int_equal(s.reason, LIBCPU_STOP_TRIPLE_FAULT); /* now the embedder's */
    chat_end(&c);
}

/* ud2; syscall; mov eax, [0] */
static const uint8_t bare_code[] = {0x0f, 0x0b, 0x0f, 0x05, 0x8b, 0x04, 0x25, 0, 0, 0, 0};

static void a_bare_machine(void **state)
{
    static struct chat c;
    struct libcpu_config config;
    libcpu *m;
    (void)state;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&config, &m));
    OK(libcpu_bare(m, LIBCPU_BARE_USER64));
    OK(libcpu_map(m, 0x1000, 0x1000, LIBCPU_READ | LIBCPU_EXECUTE));
    OK(libcpu_linear_write(m, 0x1000, bare_code, sizeof(bare_code)));
    chat_with(&c, m);
    BEGINS(go(&c, "c1000", 1, NULL), "T04thread:1;");
    assert_non_null(strstr(c.console, "exception: vector 6"));
    BEGINS(go(&c, "s1002", 1, NULL), "T0cthread:1;");
    assert_int_equal(rip(&c), 0x1004);
    BEGINS(go(&c, "c", 1, NULL), "T0bthread:1;");
    assert_non_null(strstr(c.console, "vector 14, error code 0x4, address 0x0"));
    chat_end(&c);
}

static void the_embedder_stops(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, counting);
    c.wire_len = 0;
    libcpu_gdb_stop(c.g, LIBCPU_GDB_SIGTRAP, "why");
    assert_int_equal(c.wire_len, 0); /* held already */
    go(&c, "c", 1, NULL);
    libcpu_gdb_stop(c.g, LIBCPU_GDB_SIGABRT, "why");
    assert_non_null(strstr(c.wire, "$O776879#"));
    assert_non_null(strstr(c.wire, "$T06"));
    assert_true(libcpu_gdb_holds(c.g));
    chat_end(&c);
}

/* ---- coming and going ---- */

static void ignore(void *user, const uint8_t *data, size_t size)
{
    (void)user, (void)data, (void)size;
}

static void held_until_a_debugger_comes(void **state)
{
    static struct chat c;
    struct libcpu_stop s = {0};
    (void)state;
    BEGIN(&c, REAL16, counting);
    libcpu_gdb_free(c.g);
    const struct libcpu_gdb_config config = {
        .struct_size = sizeof(config), .hold = 1, .m = c.m, .send = ignore};
    libcpu_gdb *g = c.g = libcpu_gdb_new(&config);
    assert_non_null(g);
    assert_true(libcpu_gdb_holds(g));
    assert_false(libcpu_gdb_attached(g));
    OK(libcpu_gdb_run(g, 1000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_NONE);
    assert_int_equal(retired(c.m), 0);
    libcpu_gdb_connect(g);
    assert_true(libcpu_gdb_attached(g));
    libcpu_gdb_receive(g, (const uint8_t *)"$Z0,7c01,1#4e", 13);
    libcpu_gdb_disconnect(g); /* it has started nothing */
    assert_true(libcpu_gdb_holds(g));
    libcpu_gdb_connect(g);
    libcpu_gdb_receive(g, (const uint8_t *)"$c#63", 5);
    assert_false(libcpu_gdb_holds(g));
    libcpu_gdb_disconnect(g);
    assert_false(libcpu_gdb_holds(g));
    OK(libcpu_gdb_run(g, 1000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET); /* the breakpoint went with it */
    assert_int_equal(s.insns, 1000);
    libcpu_gdb_connect(g); /* and comes again */
    assert_true(libcpu_gdb_holds(g));
    libcpu_gdb_receive(g, (const uint8_t *)"$D#44", 5);
    assert_false(libcpu_gdb_holds(g));
    assert_false(libcpu_gdb_attached(g));
    libcpu_gdb_receive(g, (const uint8_t *)"$?#3f", 5); /* over the same connection */
    assert_true(libcpu_gdb_attached(g));
    assert_true(libcpu_gdb_holds(g));
    assert_false(libcpu_gdb_killed(g));
    libcpu_gdb_receive(g, (const uint8_t *)"$k#6b", 5);
    assert_true(libcpu_gdb_killed(g));
    chat_end(&c);
}

static void kill_by_name(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, counting);
    ASK(&c, "vKill;1", "OK");
    assert_true(libcpu_gdb_killed(c.g));
    chat_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breakpoints),
        cmocka_unit_test(breakpoints_between_two_runs),
        cmocka_unit_test(many_breakpoints),
        cmocka_unit_test(breakpoints_and_the_base_of_cs),
        cmocka_unit_test(watchpoints),
        cmocka_unit_test(a_step_over_rep),
        cmocka_unit_test(a_step_in_rep_can_stop),
        cmocka_unit_test(a_step_into_an_interrupt),
        cmocka_unit_test(a_step_into_an_exception),
        cmocka_unit_test(a_step_over_an_interrupt),
        cmocka_unit_test(a_step_over_a_handler_of_the_guest),
        cmocka_unit_test(ranges),
        cmocka_unit_test(steps_see_what_runs_see),
        cmocka_unit_test(the_end),
        cmocka_unit_test(triple_fault),
        cmocka_unit_test(a_bare_machine),
        cmocka_unit_test(the_embedder_stops),
        cmocka_unit_test(held_until_a_debugger_comes),
        cmocka_unit_test(kill_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
