/*
 * test_rows.c - every row of the table runs: an instance of each, in every mode, operand size and
 * form, executed by the run loop, does what its row leads one to expect - it retires and execution
 * goes on behind it, or it raises what it is there to raise.
 *
 * What it computes is checked elsewhere; that no row is forgotten, is checked here.
 */
#include "decode/rows.h"
#include "support/sys_fixture.h"

#include "cpu/exec/ops.h"

#include <stdlib.h>

/* ---- where an instance runs ---- */

struct place {
    const char *name;
    enum rows_mode mode;
    unsigned cpl;
};

static const struct place places[] = {
    {"real", ROWS_REAL, 0},     {"prot16", ROWS_PROT16, 0}, {"prot32", ROWS_PROT32, 0},
    {"user32", ROWS_PROT32, 3}, {"long", ROWS_LONG, 0},     {"user64", ROWS_LONG, 3},
};

/* One instance on its way: operands, and what is expected. */
struct trial {
    struct sys *s;
    struct lc_cpu *c;
    const struct place *place;
    struct enc e;
    uint64_t ea;    /* of the memory operand */
    uint64_t la;    /* the same, linear */
    uint64_t stack; /* linear address of the top of the stack */
    int vector;     /* expected; -1: it retires */
    bool goes_on;   /* rip is then that of the next instruction */
};

static bool wide(const struct trial *t)
{
    return t->place->mode == ROWS_LONG;
}

static unsigned size_of(const struct trial *t)
{
    return t->e.opsize;
}

static void enter_mode(struct trial *t)
{
    struct sys *s = t->s;
    switch (t->place->mode) {
    case ROWS_REAL: sys_real(s); break;
    case ROWS_PROT16: sys_protected16(s, t->place->cpl); break;
    case ROWS_PROT32: sys_protected(s, t->place->cpl); break;
    default: sys_long(s, t->place->cpl); break;
    }
    s->cpu->cr4 |= LC_CR4_FSGSBASE | LC_CR4_OSFXSR | LC_CR4_OSXMMEXCPT | LC_CR4_OSXSAVE;
    s->cpu->fpu.xcr0 = 7;
    lc_cpu_set_rflags(s->cpu, 3u << 12 | LC_OF | 2);
}

/* A page of data at DS:ea in each mode, filled with what is harmless as a number or an address. */
static void lay_out_data(struct trial *t)
{
    struct lc_cpu *c = t->c;
    bool small = t->place->mode == ROWS_REAL || t->place->mode == ROWS_PROT16;
    t->ea = small ? 0x200 : SYS_DATA;
    if (t->place->mode == ROWS_REAL) {
        for (unsigned i = 0; i < 2; i++) {
            struct lc_seg *seg = &c->seg[i ? LC_DS : LC_ES];
            seg->sel = SYS_DATA >> 4;
            seg->base = SYS_DATA;
        }
        lc_cpu_derive(c);
    }
    t->la = t->ea + c->segbase[LC_DS];
    t->stack = (c->gpr[LC_RSP] & c->sp_mask) + c->segbase[LC_SS];
    for (unsigned i = 0; i < 1024; i += 8) {
        sys_put(t->s, t->la + i, 8, 0x100);
        sys_put(t->s, t->stack - 512 + i, 8, 0);
    }
    for (unsigned i = 0; i < (wide(t) ? 16u : 8u); i++)
        if (i != LC_RSP)
            c->gpr[i] = 0x100;
    c->gpr[LC_RDX] = 0; /* of DIV */
    c->gpr[LC_RBX] = c->gpr[LC_RSI] = c->gpr[LC_RDI] = t->ea;
    c->gpr[LC_RBP] = c->gpr[LC_RSP] - 256;
}

/* ---- what some rows need ---- */

static void put_memory(struct trial *t, unsigned at, unsigned size, uint64_t v)
{
    sys_put(t->s, t->la + at, size, v);
}

static void put_stack(struct trial *t, unsigned at, unsigned size, uint64_t v)
{
    sys_put(t->s, t->stack + at, size, v);
}

/* The value of a register or memory source: operand E or R. */
static void put_source(struct trial *t, uint64_t v)
{
    t->c->gpr[t->e.rm] = v;
    put_memory(t, 0, 8, v);
}

static uint16_t data_selector(const struct trial *t)
{
    return t->place->mode == ROWS_REAL ? SYS_DATA >> 4 : sys_ds(t->place->cpl);
}

static uint16_t code_selector(const struct trial *t)
{
    switch (t->place->mode) {
    case ROWS_REAL: return SYS_CODE >> 4;
    case ROWS_PROT16: return SYS_CS16;
    case ROWS_PROT32: return sys_cs(t->place->cpl);
    default: return t->place->cpl ? SYS_CS64_3 : SYS_CS64;
    }
}

static void move_selector(struct trial *t)
{
    put_source(t, data_selector(t));
}

static void pop_selector(struct trial *t)
{
    put_stack(t, 0, 8, data_selector(t));
}

/* LES and the like, far transfers by memory: an offset, then a selector. */
static void far_data(struct trial *t)
{
    put_memory(t, 0, 8, 0x100);
    put_memory(t, size_of(t), 2, data_selector(t));
}

static void far_code(struct trial *t)
{
    t->goes_on = false;
    t->e.imm = 0x100;
    t->e.imm2 = code_selector(t);
    put_memory(t, 0, 8, 0x100);
    put_memory(t, size_of(t), 2, code_selector(t));
}

static void far_return(struct trial *t)
{
    t->goes_on = false;
    t->e.imm = 0;
    put_stack(t, 0, 8, 0x100);
    put_stack(t, size_of(t), 2, code_selector(t));
}

static void interrupt_return(struct trial *t)
{
    unsigned size = size_of(t);
    far_return(t);
    put_stack(t, 2 * size, 2, 2);
    if (!wide(t))
        return;
    put_stack(t, 3 * size, size, 0x1000);
    put_stack(t, 4 * size, 2, data_selector(t));
}

static void near_transfer(struct trial *t)
{
    t->goes_on = false;
}

static void load_ldtr(struct trial *t)
{
    put_source(t, SYS_LDTR);
}

static void load_tr(struct trial *t)
{
    sys_put_desc(t->s, SYS_FREE, sys_desc(SYS_TSS2, 0x67, 0x89, 0));
    put_source(t, SYS_FREE);
}

static void table_image(struct trial *t)
{
    put_memory(t, 0, 2, 0xff);
    put_memory(t, 2, 8, SYS_GDT);
}

static void load_cr0(struct trial *t)
{
    put_source(t, t->c->cr0);
}

static void invpcid_all(struct trial *t)
{
    t->c->gpr[t->e.reg] = 2;
    put_memory(t, 0, 8, 0);
    put_memory(t, 8, 8, 0);
}

static void time_stamp_msr(struct trial *t)
{
    t->c->gpr[LC_RCX] = 0x10;
}

static void no_extensions(struct trial *t)
{
    t->c->gpr[LC_RCX] = 0;
    t->c->gpr[LC_RAX] = t->ea;
}

/* No processor has these in real mode (vol. 2B). */
static void system_call(struct trial *t)
{
    struct lc_cpu *c = t->c;
    t->goes_on = false;
    c->sysenter_cs = SYS_CS;
    c->sysenter_eip = c->lstar = SYS_CODE;
    c->star = (uint64_t)SYS_CS << 32 | (uint64_t)SYS_CS << 48;
    c->gpr[LC_R11] &= ~(uint64_t)LC_TF; /* SYSRET with TF is followed by its trap */
    if (t->place->mode == ROWS_REAL)
        t->vector = LC_VEC_GP;
}

static void quotient_fits(struct trial *t)
{
    t->c->gpr[LC_RAX] = 7;
    put_source(t, size_of(t) == 1 ? 5 : 0x105);
}

static void in_bounds(struct trial *t)
{
    t->c->gpr[t->e.reg] = 0x55;
    put_memory(t, 0, size_of(t), 0x50);
    put_memory(t, size_of(t), size_of(t), 0x60);
}

static void zeros(struct trial *t)
{
    for (unsigned i = 0; i < 576; i += 8)
        put_memory(t, i, 8, 0);
}

static void absolute(struct trial *t)
{
    t->e.imm = t->ea;
}

static void any_frame(struct trial *t)
{
    t->e.imm2 = 3;
}

/* All elements, the gathers' at the base. */
static void all_elements(struct trial *t)
{
    memset(t->c->fpu.zmm[t->e.vvvv], 0xff, 32);
    if (t->e.index != LC_NO_REG)
        memset(t->c->fpu.zmm[t->e.index], 0, 32);
}

static void vector_33(struct trial *t)
{
    t->e.imm = 33;
    t->vector = 33;
}

static void xcr0_x87(struct trial *t)
{
    t->c->gpr[LC_RCX] = t->c->gpr[LC_RDX] = 0;
    t->c->gpr[LC_RAX] = 1;
}

/* ---- the exceptions to the rule ---- */

struct special {
    const struct lc_op *op;
    void (*prepare)(struct trial *t);
    int vector; /* what it raises by its nature; -1: nothing */
};

static const struct special specials[] = {
    {&lc_op_mov_to_seg, move_selector, -1},
    {&lc_op_pop_seg, pop_selector, -1},
    {&lc_op_les, far_data, -1},
    {&lc_op_lds, far_data, -1},
    {&lc_op_lss, far_data, -1},
    {&lc_op_lfs, far_data, -1},
    {&lc_op_lgs, far_data, -1},
    {&lc_op_jmp_far, far_code, -1},
    {&lc_op_call_far, far_code, -1},
    {&lc_op_retf, far_return, -1},
    {&lc_op_iret, interrupt_return, -1},
    {&lc_op_jmp_near, near_transfer, -1},
    {&lc_op_call_near, near_transfer, -1},
    {&lc_op_ret, near_transfer, -1},
    {&lc_op_lldt, load_ldtr, -1},
    {&lc_op_ltr, load_tr, -1},
    {&lc_op_lgdt, table_image, -1},
    {&lc_op_lidt, table_image, -1},
    {&lc_op_mov_to_cr, load_cr0, -1},
    {&lc_op_lmsw, load_cr0, -1},
    {&lc_op_invpcid, invpcid_all, -1},
    {&lc_op_rdmsr, time_stamp_msr, -1},
    {&lc_op_wrmsr, time_stamp_msr, -1},
    {&lc_op_monitor, no_extensions, -1},
    {&lc_op_mwait, no_extensions, -1},
    {&lc_op_syscall, system_call, -1},
    {&lc_op_sysret, system_call, -1},
    {&lc_op_sysenter, system_call, -1},
    {&lc_op_sysexit, system_call, -1},
    {&lc_op_div, quotient_fits, -1},
    {&lc_op_idiv, quotient_fits, -1},
    {&lc_op_bound, in_bounds, -1},
    {&lc_op_fxrstor, zeros, -1},
    {&lc_op_ldmxcsr, zeros, -1},
    {&lc_op_xrstor, zeros, -1},
    {&lc_op_xgetbv, xcr0_x87, -1},
    {&lc_op_xsetbv, xcr0_x87, -1},
    {&lc_op_mov_moffs, absolute, -1},
    {&lc_op_enter, any_frame, -1},
    {&lc_op_int, vector_33, -1},
    {&lc_op_vmaskmov_d_load, all_elements, -1},
    {&lc_op_vmaskmov_q_load, all_elements, -1},
    {&lc_op_vmaskmov_d_store, all_elements, -1},
    {&lc_op_vmaskmov_q_store, all_elements, -1},
    {&lc_op_vpgather_dd, all_elements, -1},
    {&lc_op_vpgather_dq, all_elements, -1},
    {&lc_op_vpgather_qd, all_elements, -1},
    {&lc_op_vpgather_qq, all_elements, -1},
    {&lc_op_int3, NULL, LC_VEC_BP},
    {&lc_op_into, NULL, LC_VEC_OF},
    {&lc_op_int1, NULL, LC_VEC_DB},
    {&lc_op_rdpmc, NULL, LC_VEC_GP}, /* there are no counters */
};

/* The immediate is small: a branch stays in the segment, AAM divides by no zero. */
static void prepare(struct trial *t)
{
    const struct lc_row *row = t->e.row;
    t->vector = row->attr & LC_ATTR_UD ? LC_VEC_UD : -1;
    t->goes_on = !(row->attr & LC_ATTR_BRANCH);
    t->e.imm = 0x11;
    for (unsigned i = 0; i < LC_ARRAY_LEN(specials); i++) {
        if (specials[i].op != row->op)
            continue;
        t->vector = specials[i].vector;
        if (specials[i].prepare)
            specials[i].prepare(t);
    }
}

/* ---- running it ---- */

struct rows_test {
    struct sys *s;
    struct lc_decoder d;
    unsigned *runs; /* per row */
    unsigned long total;
};

static void fail_trial(const struct trial *t, const char *what, const uint8_t *bytes, unsigned len)
{
    const struct sys *s = t->s;
    print_message("%s, %s, size %u, %s: %s: %s\n", rows_name(t->e.row), t->place->name, t->e.opsize,
                  t->e.mem ? "memory" : "register", what, rows_hex(bytes, len));
    print_message("rip %llx, %u events, first %u, expected %d\n", (unsigned long long)s->cpu->rip,
                  s->events, s->event[0], t->vector);
    fail();
}

static void run_trial(struct rows_test *r, struct trial *t)
{
    uint8_t bytes[LC_INSN_MAX];
    unsigned len = enc_bytes(&t->e, bytes);
    if (!len)
        fail_trial(t, "not encoded", bytes, 0);
    sys_code(t->s, bytes, len);
    uint64_t rip = t->c->rip, before = lc_cpu_steps(t->c);
    enum lc_stop stop = sys_step(t->s, 1);
    bool halts = t->e.row->op == &lc_op_hlt;
    if (stop != LC_STOP_BUDGET || t->c->halted != halts)
        fail_trial(t, "the run loop stopped", bytes, len);
    if (t->vector >= 0 ? t->s->events != 1 || t->s->event[0] != t->vector : t->s->events != 0)
        fail_trial(t, "another event", bytes, len);
    if (lc_cpu_steps(t->c) != before + 1)
        fail_trial(t, "it does not count as one", bytes, len);
    if (t->vector < 0 && t->goes_on && t->c->rip != rip + len)
        fail_trial(t, "execution does not go on behind it", bytes, len);
    r->runs[t->e.row - lc_rows]++;
    r->total++;
}

/* Do these operands make an instance of this very row? Special cases of it stand before it. */
static bool is_own(struct rows_test *r, const struct enc *e)
{
    uint8_t bytes[LC_INSN_MAX];
    struct lc_decoded d;
    unsigned len = enc_bytes(e, bytes);
    lc_decode(&r->d, e->key, bytes, len, &d);
    return len && d.row == e->row;
}

static bool choose_reg(struct rows_test *r, struct enc *e)
{
    static const uint8_t regs[] = {LC_RDX, LC_RBP, LC_RAX};
    for (unsigned i = 0; i < LC_ARRAY_LEN(regs); i++) {
        e->reg = regs[i];
        if (LC_OPD_KIND(e->row->operand[0]) == LC_OPK_C)
            e->reg = 0;
        if (is_own(r, e))
            return true;
    }
    return false;
}

static void one_instance(struct rows_test *r, const struct place *p, const struct enc *e)
{
    struct trial t = {.s = r->s, .c = r->s->cpu, .place = p, .e = *e};
    if (!choose_reg(r, &t.e))
        return;
    enter_mode(&t);
    lay_out_data(&t);
    prepare(&t);
    run_trial(r, &t);
}

static void one_form(struct rows_test *r, const struct place *p, struct enc *e)
{
    unsigned span = enc_span(e->row);
    e->rm = LC_RCX;
    e->base = LC_RBX;
    e->vvvv = LC_RSI;
    for (e->offset = 0; e->offset < span; e->offset++)
        one_instance(r, p, e);
}

static bool privileged(const struct lc_row *row)
{
    return (row->attr & (LC_ATTR_PRIV0 | LC_ATTR_CPL0UD)) != 0;
}

static void one_place(struct rows_test *r, const struct place *p, const struct lc_row *row)
{
    struct enc e;
    uint32_t key = rows_key(p->mode);
    if (!enc_in_mode(row, key) || (p->cpl && privileged(row)))
        return;
    enc_init(&e, row, key);
    for (unsigned size = 1; size <= 8; size *= 2) {
        if (!(enc_sizes(row, key) & size))
            continue;
        e.opsize = (uint8_t)size;
        for (unsigned mem = 0; mem < 2; mem++) {
            e.mem = mem;
            if (mem ? enc_can_mem(row) : enc_can_reg(row))
                one_form(r, p, &e);
        }
    }
}

static void every_row_runs(void **state)
{
    struct rows_test *r = *state;
    unsigned missing = 0;
    for (unsigned i = 0; i < lc_row_count; i++) {
        for (unsigned p = 0; p < LC_ARRAY_LEN(places); p++)
            one_place(r, &places[p], &lc_rows[i]);
        if (!r->runs[i]) {
            print_message("never run: %s\n", rows_name(&lc_rows[i]));
            missing++;
        }
    }
    print_message("%u rows, %lu instances\n", lc_row_count, r->total);
    assert_int_equal(missing, 0);
}

static int setup(void **state)
{
    static struct rows_test r;
    void *s;
    if (sys_setup(&s))
        return -1;
    r.s = s;
    r.runs = calloc(lc_row_count, sizeof(*r.runs));
    assert_non_null(r.runs);
    rows_decoder(&r.d);
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    struct rows_test *r = *state;
    void *s = r->s;
    rows_decoder_free(&r->d);
    free(r->runs);
    return sys_teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row_runs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
