/*
 * test_hooks.c - hooks: order, ranges, change from inside, exact state, and what is forbidden.
 */
#include "api.h"

/* mov al, 'A'; out 0x80, al; in al, 0x80; inc ax; jmp $-1 */
static const uint8_t ports[] = {0xb0, 'A', 0xe6, 0x80, 0xe4, 0x80, 0x40, 0xeb, 0xfd};

struct log {
    libcpu_hook other;
    unsigned calls;
    uint64_t la[64];
    struct libcpu_io_access io[8];
    char order[16];
    size_t order_len;
};

static void note_insn(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), la); /* CS.base is 0 here */
    if (l->calls < 64)
        l->la[l->calls] = la;
    l->calls++;
}

static void every_instruction_once(void **state)
{
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_insn(m, NULL, note_insn, &l, NULL));
    OK(libcpu_run(m, 7, NULL));
    static const uint64_t expected[] = {0x7c00, 0x7c02, 0x7c04, 0x7c06, 0x7c07, 0x7c06, 0x7c07};
    assert_int_equal(l.calls, 7);
    assert_memory_equal(l.la, expected, sizeof(expected));
    libcpu_destroy(m);
}

/* Added after the loop has been decoded and linked: seen from the next instruction on; removed: no
 * more. */
static void into_running_code(void **state)
{
    struct log l = {0};
    const struct libcpu_range only = {0x7c06, 0x7c06};
    libcpu_hook h;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_run(m, 10000, NULL));
    OK(libcpu_hook_insn(m, &only, note_insn, &l, &h));
    OK(libcpu_run(m, 100, NULL));
    assert_int_equal(l.calls, 50);
    OK(libcpu_hook_remove(m, h));
    OK(libcpu_run(m, 10000, NULL));
    assert_int_equal(l.calls, 50);
    INVALID(libcpu_hook_remove(m, h));
    INVALID(libcpu_hook_remove(m, 0));
    libcpu_destroy(m);
}

static void note_io(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    struct log *l = user;
    (void)m;
    l->io[l->calls++ % 8] = *a;
}

static void port_accesses(void **state)
{
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_port(m, NULL, note_io, &l, NULL));
    OK(libcpu_run(m, 100, NULL));
    assert_int_equal(l.calls, 2);
    assert_int_equal(l.io[0].address, 0x80);
    assert_int_equal(l.io[0].value, 'A');
    assert_int_equal(l.io[0].size, 1);
    assert_true(l.io[0].write);
    assert_false(l.io[1].write);
    assert_int_equal(l.io[1].value, 'A');
    libcpu_destroy(m);
}

static void first(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    (void)m, (void)la;
    l->order[l->order_len++ % 16] = '1';
}

static void second(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    (void)m, (void)la;
    l->order[l->order_len++ % 16] = '2';
}

/* Removes itself and the one behind it, which is then not called any more. */
static void remover(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    (void)la;
    l->order[l->order_len++ % 16] = 'r';
    OK(libcpu_hook_remove(m, l->other));
}

/* Skips INC AX at 0x7c00, and writes another instruction over the one at 0x7c02. */
static void skipper(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    uint64_t next = 0x7c01;
    l->calls++;
    if (la == 0x7c00)
        OK(libcpu_reg_set(m, LIBCPU_REG_RIP, &next, 8));
    if (la == 0x7c01)
        OK(libcpu_phys_write(m, 0x7c02, "\x42", 1)); /* inc dx */
}

static void what_a_hook_changes_counts(void **state)
{
    static const uint8_t code[] = {0x40, 0x43, 0x41, 0xf4}; /* inc ax, bx, cx; hlt */
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    uint64_t rcx = libcpu_reg(m, LIBCPU_REG_RCX), rdx = libcpu_reg(m, LIBCPU_REG_RDX);
    OK(libcpu_hook_insn(m, NULL, skipper, &l, NULL));
    OK(libcpu_run(m, 100, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX) & 0xffff, 0);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX) & 0xffff, 1);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RCX), rcx);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RDX), rdx + 1);
    assert_int_equal(l.calls, 4); /* each once */
    libcpu_destroy(m);
}

static void order_and_removal_inside(void **state)
{
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_insn(m, NULL, first, &l, NULL));
    OK(libcpu_hook_insn(m, NULL, remover, &l, NULL));
    OK(libcpu_hook_insn(m, NULL, second, &l, &l.other));
    OK(libcpu_run(m, 1, NULL));
    assert_string_equal(l.order, "1r");
    libcpu_destroy(m);
}

static void forbidden(void *user, libcpu *m, uint64_t la)
{
    unsigned *done = user;
    (void)la;
    assert_int_equal(libcpu_run(m, 1, NULL), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_reset(m), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_load_mem(m, "x", 1, NULL), LIBCPU_ERR_STATE);
    libcpu_destroy(m); /* ignored */
    libcpu_request_stop(m);
    ++*done;
}

static void what_a_hook_may_not(void **state)
{
    struct libcpu_stop s;
    unsigned done = 0;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_insn(m, NULL, forbidden, &done, NULL));
    OK(libcpu_run(m, UINT64_MAX, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    assert_int_equal(done, 1);
    libcpu_destroy(m);
}

/* 32-bit: lidt; int3 is delivered through a gate that has no descriptor: #GP and so on. */
static enum libcpu_hook_answer note_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct log *l = user;
    (void)m;
    l->la[l->calls++ % 64] = (uint64_t)e->kind << 16 | e->vector;
    return LIBCPU_HOOK_GO_ON;
}

static void events_on_the_way_to_a_triple_fault(void **state)
{
    static const uint8_t code[] = {0x0f, 0x01, 0x1d, 0x09, 0x00, 0x10, 0x00, 0x0f,
                                   0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    struct libcpu_stop s;
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_PROT32, code);
    OK(libcpu_hook_event(m, NULL, note_event, &l, NULL));
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_TRIPLE_FAULT);
    assert_true(l.calls >= 1);
    assert_int_equal(l.la[0], LIBCPU_EVENT_EXCEPTION << 16 | 6);
    libcpu_destroy(m);
}

static void note_walk(void *user, libcpu *m, const struct libcpu_walk *w)
{
    struct log *l = user;
    (void)m;
    l->la[l->calls++ % 64] = w->la;
    assert_true(w->ok);
    assert_int_equal(w->pa, w->la); /* the loader's tables map one to one */
}

static void walks(void **state)
{
    /* mov rax, [0x234567]; mov rax, [0x234568]; hlt */
    static const uint8_t code[] = {0x48, 0x8b, 0x04, 0x25, 0x67, 0x45, 0x23, 0x00, 0x48,
                                   0x8b, 0x04, 0x25, 0x68, 0x45, 0x23, 0x00, 0xf4};
    struct log l = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, code);
    OK(libcpu_hook_walk(m, NULL, note_walk, &l, NULL));
    OK(libcpu_run(m, 10, NULL));
    /* One for the code page, one for the data page; the second load hits. */
    assert_int_equal(l.calls, 2);
    assert_int_equal(l.la[0], 0x100000);
    assert_int_equal(l.la[1], 0x234567);
    libcpu_destroy(m);
}

/* ---- a hook that changes the address space in the middle of an access ---- */

enum { ROOT = 0x300000, DATA_LA = 0x234560, DATA_ELSEWHERE = 0x434560 };

/* Another address space: as the loader's, but that the second 2 MiB are those at 4 MiB. */
static void make_other_space(libcpu *m)
{
    static const struct {
        uint64_t pa, entry;
    } entries[] = {{ROOT, ROOT + 0x1003},
                   {ROOT + 0x1000, ROOT + 0x2003},
                   {ROOT + 0x2000, 0x83},
                   {ROOT + 0x2008, 0x400083}};
    static const uint64_t here = 1111, elsewhere = 2222;
    for (unsigned i = 0; i < sizeof(entries) / sizeof(*entries); i++)
        OK(libcpu_phys_write(m, entries[i].pa, &entries[i].entry, 8));
    OK(libcpu_phys_write(m, DATA_LA, &here, 8));
    OK(libcpu_phys_write(m, DATA_ELSEWHERE, &elsewhere, 8));
}

static void go_elsewhere(libcpu *m)
{
    const uint64_t root = ROOT;
    OK(libcpu_reg_set(m, LIBCPU_REG_CR3, &root, 8));
}

static void elsewhere_by_walk(void *user, libcpu *m, const struct libcpu_walk *w)
{
    ++*(unsigned *)user;
    (void)w;
    go_elsewhere(m);
}

static void elsewhere_by_tlb(void *user, libcpu *m, const struct libcpu_tlb_event *e)
{
    ++*(unsigned *)user;
    (void)e;
    go_elsewhere(m);
}

/* The access that was walked for is made as the walk says; the next one finds nothing of it in the
 * TLB. */
static void a_walk_hook_loads_cr3(void **state)
{
    /* mov rax, [DATA_LA]; mov rbx, [DATA_LA]; hlt */
    static const uint8_t code[] = {0x48, 0x8b, 0x04, 0x25, 0x60, 0x45, 0x23, 0x00, 0x48,
                                   0x8b, 0x1c, 0x25, 0x60, 0x45, 0x23, 0x00, 0xf4};
    const struct libcpu_range data = {DATA_LA, DATA_LA};
    (void)state;
    for (unsigned by_tlb = 0; by_tlb < 2; by_tlb++) {
        unsigned calls = 0;
        libcpu *m = MACHINE(LIBCPU_BOOT_LONG64, code);
        make_other_space(m);
        if (by_tlb)
            OK(libcpu_hook_tlb(m, LIBCPU_TLB_FILL, &data, elsewhere_by_tlb, &calls, NULL));
        else
            OK(libcpu_hook_walk(m, &data, elsewhere_by_walk, &calls, NULL));
        OK(libcpu_run(m, 10, NULL));
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 1111);
        assert_int_equal(libcpu_reg(m, LIBCPU_REG_RBX), 2222);
        assert_int_equal(calls, 2);
        libcpu_destroy(m);
    }
}

struct blocks {
    unsigned calls;
    uint64_t la, bytes, insns;
    libcpu_hook self;
};

static void note_block(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns)
{
    struct blocks *b = user;
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), la);
    b->calls++;
    b->la = la;
    b->bytes = bytes;
    b->insns = insns;
}

static void each_block(void **state)
{
    /* inc ax; inc bx; jmp $-2 */
    static const uint8_t code[] = {0x40, 0x43, 0xeb, 0xfc};
    const struct libcpu_range behind = {0x7c01, 0x7c03};
    struct blocks b = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    OK(libcpu_run(m, 3000, NULL));
    OK(libcpu_hook_block(m, NULL, note_block, &b, &b.self));
    OK(libcpu_run(m, 300, NULL));
    assert_int_equal(b.calls, 100);
    assert_int_equal(b.la, 0x7c00);
    assert_int_equal(b.bytes, 4);
    assert_int_equal(b.insns, 3);
    OK(libcpu_hook_range(m, b.self, &behind));
    OK(libcpu_run(m, 301, NULL));
    assert_int_equal(b.calls, 100);
    OK(libcpu_run(m, 1, NULL)); /* a run begins in the middle: another block does */
    assert_int_equal(b.calls, 101);
    assert_int_equal(b.la, 0x7c01);
    OK(libcpu_hook_remove(m, b.self));
    OK(libcpu_run(m, 301, NULL));
    assert_int_equal(b.calls, 101);
    libcpu_destroy(m);
}

/* From the hook of the first instruction on, seen with the second. */
static void adder(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    l->order[l->order_len++ % 16] = 'a';
    if (la == 0x7c00)
        OK(libcpu_hook_insn(m, NULL, first, l, NULL));
}

static void mover(void *user, libcpu *m, uint64_t la)
{
    struct log *l = user;
    const struct libcpu_range later = {0x7c07, 0x7c07};
    l->la[l->calls++ % 64] = la;
    OK(libcpu_hook_range(m, l->other, &later));
}

static void added_and_moved_inside(void **state)
{
    struct log l = {0}, moved = {0};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_insn(m, NULL, adder, &l, NULL));
    OK(libcpu_run(m, 3, NULL));
    assert_string_equal(l.order, "aa1a1");
    libcpu_destroy(m);
    m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    OK(libcpu_hook_insn(m, NULL, mover, &moved, &moved.other));
    OK(libcpu_run(m, 5, NULL));
    assert_int_equal(moved.calls, 2);
    assert_int_equal(moved.la[0], 0x7c00);
    assert_int_equal(moved.la[1], 0x7c07);
    libcpu_destroy(m);
}

static void raiser(void *user, libcpu *m, uint64_t la)
{
    (void)la;
    if (++*(unsigned *)user == 2)
        OK(libcpu_raise(m, 6, 0, 0));
}

/* Vector 6 of the real-mode table points to 0:0600h; the instruction has not been executed. */
static void an_exception_instead_of_the_instruction(void **state)
{
    static const uint8_t code[] = {0x40, 0x40, 0x40};
    const struct libcpu_range here = {0x7c00, 0x7cff};
    unsigned calls = 0;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, code);
    uint64_t rax = libcpu_reg(m, LIBCPU_REG_RAX);
    OK(libcpu_phys_write(m, 0x18, "\x00\x06\x00\x00", 4));
    OK(libcpu_phys_write(m, 0x600, "\xeb\xfe", 2));
    OK(libcpu_hook_insn(m, &here, raiser, &calls, NULL));
    OK(libcpu_run(m, 10, NULL));
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RIP), 0x600);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), rax + 1);
    assert_int_equal(calls, 2);
    libcpu_destroy(m);
}

static void bad_arguments(void **state)
{
    const struct libcpu_range backwards = {2, 1};
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, ports);
    INVALID(libcpu_hook_insn(m, NULL, NULL, NULL, NULL));
    INVALID(libcpu_hook_insn(NULL, NULL, first, NULL, NULL));
    INVALID(libcpu_hook_insn(m, &backwards, first, NULL, NULL));
    INVALID(libcpu_hook_event(m, NULL, NULL, NULL, NULL));
    INVALID(libcpu_hook_walk(m, NULL, NULL, NULL, NULL));
    INVALID(libcpu_hook_port(m, NULL, NULL, NULL, NULL));
    INVALID(libcpu_hook_mmio(m, NULL, NULL, NULL, NULL));
    libcpu_hook h;
    INVALID(libcpu_hook_privilege(m, NULL, NULL, NULL));
    INVALID(libcpu_hook_memory(m, 0, NULL, NULL, NULL, NULL));
    INVALID(libcpu_hook_range(m, 1, NULL));
    OK(libcpu_hook_insn(m, NULL, first, NULL, &h));
    INVALID(libcpu_hook_range(m, h, &backwards));
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_once),
        cmocka_unit_test(into_running_code),
        cmocka_unit_test(port_accesses),
        cmocka_unit_test(order_and_removal_inside),
        cmocka_unit_test(what_a_hook_changes_counts),
        cmocka_unit_test(what_a_hook_may_not),
        cmocka_unit_test(events_on_the_way_to_a_triple_fault),
        cmocka_unit_test(walks),
        cmocka_unit_test(a_walk_hook_loads_cr3),
        cmocka_unit_test(each_block),
        cmocka_unit_test(added_and_moved_inside),
        cmocka_unit_test(an_exception_instead_of_the_instruction),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests_name("api_hooks", tests, NULL, NULL);
}
