/*
 * sys_fixture.c - see sys_fixture.h.
 */
#include "sys_fixture.h"

#include "cpu/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- memory ---- */

void sys_put(struct sys *s, uint64_t pa, unsigned size, uint64_t v)
{
    assert_true(lc_phys_write(&s->phys, pa, &v, size, false));
}

uint64_t sys_get(struct sys *s, uint64_t pa, unsigned size)
{
    uint64_t v = 0;
    assert_true(lc_phys_read(&s->phys, pa, &v, size));
    return v;
}

static uint64_t desc_at(uint16_t sel)
{
    return (sel & LC_SEL_TI ? SYS_LDT : SYS_GDT) + (sel & ~7u);
}

void sys_put_desc(struct sys *s, uint16_t sel, uint64_t raw)
{
    sys_put(s, desc_at(sel), 8, raw);
}

uint64_t sys_get_desc(struct sys *s, uint16_t sel)
{
    return sys_get(s, desc_at(sel), 8);
}

/* `flags`: G, D/B, L, AVL as the high nibble of byte 6. */
uint64_t sys_desc(uint32_t base, uint32_t limit, unsigned access, unsigned flags)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)access << 40 |
           (uint64_t)(limit >> 16 & 0xf) << 48 | (uint64_t)flags << 52 |
           (uint64_t)(base >> 24) << 56;
}

uint64_t sys_gate(unsigned type, unsigned dpl, unsigned count, uint16_t sel, uint32_t offset)
{
    return (offset & 0xffff) | (uint64_t)sel << 16 | (uint64_t)count << 32 |
           (uint64_t)(0x80 | dpl << 5 | type) << 40 | (uint64_t)(offset >> 16) << 48;
}

void sys_put_gate(struct sys *s, unsigned vector, uint64_t gate)
{
    unsigned size = lc_long_mode(s->cpu) ? 16 : 8;
    sys_put(s, SYS_IDT + size * vector, 8, gate);
    if (size == 16)
        sys_put(s, SYS_IDT + 16 * vector + 8, 8, 0);
}

/* ---- tables ---- */

enum { FLAT32 = 0xc, FLAT64 = 0xa, FLAT16 = 0x0 };

static void build_gdt(struct sys *s)
{
    bool wide = lc_long_mode(s->cpu);
    for (unsigned sel = 0; sel < 0x800; sel += 8) {
        sys_put_desc(s, (uint16_t)sel, 0);
        sys_put_desc(s, (uint16_t)(sel | LC_SEL_TI), 0);
    }
    sys_put_desc(s, SYS_TR, sys_desc(SYS_TSS, wide ? 0x67 : 0x7ff, 0x8b, 0));
    sys_put_desc(s, SYS_LDTR, sys_desc(SYS_LDT, 0xff, 0x82, 0));
    sys_put_desc(s, SYS_CS64, sys_desc(0, 0xfffff, SYS_A_CODE, FLAT64));
    sys_put_desc(s, SYS_CS64_3, sys_desc(0, 0xfffff, SYS_A_CODE | 0x60, FLAT64));
    for (unsigned cpl = 0; cpl < 4; cpl++) {
        sys_put_desc(s, sys_cs(cpl), sys_desc(0, 0xfffff, SYS_A_CODE | cpl << 5, FLAT32));
        sys_put_desc(s, sys_ds(cpl), sys_desc(0, 0xfffff, SYS_A_DATA | cpl << 5, FLAT32));
    }
    sys_put_desc(s, SYS_CS16, sys_desc(0, 0x1fffff, SYS_A_CODE, FLAT16));
    sys_put_desc(s, SYS_SS16, sys_desc(SYS_STACK & ~0xffffu, 0xffff, SYS_A_DATA, FLAT16));
    sys_put_desc(s, SYS_CS16_3, sys_desc(0, 0x1fffff, SYS_A_CODE | 0x60, FLAT16));
    sys_put_desc(s, SYS_SS16_3, sys_desc(SYS_STACK & ~0xffffu, 0xffff, SYS_A_DATA | 0x60, FLAT16));
    sys_put_desc(s, SYS_TR2, sys_desc(SYS_TSS2, 0x67, 0x89, 0));
    sys_put_desc(s, SYS_TASK_GATE, sys_gate(LC_SYS_TASK_GATE, 3, 0, SYS_TR2, 0));
}

static void build_idt(struct sys *s)
{
    bool wide = lc_long_mode(s->cpu);
    uint16_t cs = wide ? SYS_CS64 : SYS_CS;
    for (unsigned v = 0; v < 256; v++) {
        sys_put_gate(s, v, sys_gate(LC_SYS_INT, 3, 0, cs, (uint32_t)SYS_HANDLER(v)));
        sys_put(s, SYS_HANDLER(v), 1, 0xf4);
    }
}

static void build_ivt(struct sys *s)
{
    for (unsigned v = 0; v < 256; v++)
        sys_put(s, SYS_IVT + 4 * v, 4, SYS_HANDLER(v));
}

/* 64-bit: RSP0..2 at 4, IST1..7 at 36. 32-bit: ESP0, SS0 at 4, and so on. */
static void build_tss(struct sys *s)
{
    static const uint32_t stack[3] = {SYS_STACK0, SYS_STACK1, SYS_STACK2};
    for (unsigned i = 0; i < 0x800; i += 8)
        sys_put(s, SYS_TSS + i, 8, 0);
    for (unsigned i = 0; i < 3; i++) {
        sys_put(s, SYS_TSS + 4 + 8 * i, 8, stack[i]);
        if (!lc_long_mode(s->cpu))
            sys_put(s, SYS_TSS + 8 + 8 * i, 2, sys_ds(i));
    }
    if (lc_long_mode(s->cpu))
        for (unsigned i = 0; i < 7; i++)
            sys_put(s, SYS_TSS + 36 + 8 * i, 8, SYS_IST1 + 0x1000 * i);
    sys_put(s, SYS_TSS + 0x66, 2, 0x68); /* the I/O map, empty */
}

static void build_pages(struct sys *s)
{
    const uint64_t table = LC_PTE_P | LC_PTE_W | LC_PTE_U, page = table | LC_PTE_PS;
    sys_put(s, SYS_PML4, 8, SYS_PDPT | table);
    sys_put(s, SYS_PDPT, 8, SYS_PD | table);
    for (unsigned i = 0; i < 2; i++)
        sys_put(s, SYS_PD + 8 * i, 8, (uint64_t)i << 21 | page);
    sys_put(s, SYS_PD32, 4, page);
}

/* ---- modes ---- */

void sys_load(struct sys *s, unsigned seg, uint16_t sel)
{
    struct lc_desc d = {.raw = sys_get_desc(s, sel), .sel = sel};
    d.attr = (uint16_t)(d.raw >> 40 & 0xf0ff);
    s->cpu->seg[seg] = lc_desc_segment(&d, sel);
    lc_cpu_derive(s->cpu);
}

static void load_all(struct sys *s, uint16_t cs, uint16_t ds)
{
    sys_load(s, LC_CS, cs);
    for (unsigned seg = 0; seg < LC_SEGS; seg++)
        if (seg != LC_CS)
            sys_load(s, seg, ds);
}

static void load_system(struct sys *s)
{
    struct lc_desc d = {.raw = sys_get_desc(s, SYS_TR), .sel = SYS_TR};
    d.attr = (uint16_t)(d.raw >> 40 & 0xf0ff);
    s->cpu->tr = lc_desc_system(&d, 0);
    s->cpu->gdtr = (struct lc_table_reg){SYS_GDT, SYS_GDT_LIMIT};
    s->cpu->idtr = (struct lc_table_reg){SYS_IDT, 0xfff};
}

static void start(struct sys *s, uint64_t cr0, uint64_t cr4, uint64_t cr3, uint64_t efer)
{
    struct lc_cpu *c = s->cpu;
    lc_cpu_reset(c);
    c->cr0 = cr0;
    c->cr4 = cr4;
    c->cr3 = cr3;
    c->efer = efer;
    c->rip = SYS_CODE;
    c->gpr[LC_RSP] = SYS_STACK;
    s->events = s->privileges = 0;
    build_pages(s);
    build_gdt(s);
    build_idt(s);
    build_tss(s);
    load_system(s);
    lc_cpu_derive(c);
    lc_tlb_flush(c->tlbs, false);
}

static void start_protected(struct sys *s)
{
    start(s, LC_CR0_PE | LC_CR0_PG | LC_CR0_WP | LC_CR0_ET, LC_CR4_PSE, SYS_PD32, 0);
}

void sys_real(struct sys *s)
{
    struct lc_cpu *c = s->cpu;
    start(s, LC_CR0_ET, 0, 0, 0);
    build_ivt(s);
    c->idtr = (struct lc_table_reg){SYS_IVT, 0x3ff};
    c->seg[LC_CS].sel = SYS_CODE >> 4;
    c->seg[LC_CS].base = SYS_CODE;
    c->seg[LC_SS].sel = (SYS_STACK - 0x1000) >> 4;
    c->seg[LC_SS].base = SYS_STACK - 0x1000;
    c->gpr[LC_RSP] = 0x1000;
    c->rip = 0;
    lc_cpu_derive(c);
}

void sys_protected(struct sys *s, unsigned cpl)
{
    start_protected(s);
    load_all(s, sys_cs(cpl), sys_ds(cpl));
}

void sys_protected16(struct sys *s, unsigned cpl)
{
    start_protected(s);
    load_all(s, cpl ? SYS_CS16_3 : SYS_CS16, cpl ? SYS_SS16_3 : SYS_SS16);
    s->cpu->gpr[LC_RSP] = 0x8000;
}

void sys_vm86(struct sys *s, unsigned iopl)
{
    struct lc_cpu *c = s->cpu;
    start_protected(s);
    lc_cpu_set_rflags(c, LC_VM | iopl << 12 | 2);
    for (unsigned seg = 0; seg < LC_SEGS; seg++) {
        uint16_t sel = (uint16_t)((seg == LC_CS ? SYS_CODE : SYS_STACK - 0x1000) >> 4);
        c->seg[seg] = (struct lc_seg){
            .sel = sel, .base = (uint64_t)sel << 4, .limit = 0xffff, .attr = 0xf3, .usable = true};
    }
    c->seg[LC_CS].attr = 0xfb;
    c->rip = 0;
    c->gpr[LC_RSP] = 0x1000;
    lc_cpu_derive(c);
}

static void start_long(struct sys *s)
{
    start(s, LC_CR0_PE | LC_CR0_PG | LC_CR0_WP | LC_CR0_ET, LC_CR4_PAE, SYS_PML4,
          LC_EFER_LME | LC_EFER_LMA | LC_EFER_SCE);
}

void sys_long(struct sys *s, unsigned cpl)
{
    start_long(s);
    load_all(s, cpl ? SYS_CS64_3 : SYS_CS64, sys_ds(cpl));
}

void sys_compat(struct sys *s, unsigned cpl)
{
    start_long(s);
    load_all(s, sys_cs(cpl), sys_ds(cpl));
}

/* ---- setup ---- */

static bool on_event(void *user, struct lc_cpu *cpu, const struct lc_fault *f)
{
    struct sys *s = user;
    (void)cpu;
    if (s->events < LC_ARRAY_LEN(s->event))
        s->event[s->events] = f->vector;
    s->events++;
    return true;
}

static void on_privilege(void *user, struct lc_cpu *cpu, unsigned from, unsigned to)
{
    struct sys *s = user;
    assert_int_equal(lc_cpl(cpu), to);
    s->from = from;
    s->to = to;
    s->privileges++;
}

static uint8_t intack(void *opaque)
{
    struct sys *s = opaque;
    s->cpu->intr = false;
    return s->vector;
}

int sys_setup(void **state)
{
    struct sys *s = calloc(1, sizeof(*s));
    struct lc_error e;
    assert_non_null(s);
    s->alloc = lc_alloc_default();
    assert_int_equal(lc_phys_init(&s->phys, &s->alloc), LIBCPU_ERR_OK);
    assert_int_equal(lc_phys_add(&s->phys, "ram", 0, SYS_RAM, false, &e), LIBCPU_ERR_OK);
    lc_clock_init(&s->clock);
    struct lc_cpu_env env = {
        .alloc = &s->alloc, .phys = &s->phys, .clock = &s->clock, .ps_per_insn = 1000};
    assert_int_equal(lc_model_parse(NULL, env.features, &e), LIBCPU_ERR_OK);
    assert_int_equal(lc_cpu_new(&env, &s->cpu, &e), LIBCPU_ERR_OK);
    s->cpu->observer.user = s;
    s->cpu->observer.event = on_event;
    s->cpu->observer.privilege = on_privilege;
    s->cpu->bus.intack = intack;
    s->cpu->bus.opaque = s;
    sys_protected(s, 0);
    *state = s;
    return 0;
}

int sys_teardown(void **state)
{
    struct sys *s = *state;
    lc_cpu_free(s->cpu);
    lc_phys_fini(&s->phys);
    free(s);
    return 0;
}

/* ---- running ---- */

void sys_code(struct sys *s, const void *bytes, size_t len)
{
    uint64_t at = s->cpu->rip + s->cpu->segbase[LC_CS];
    assert_true(lc_phys_write(&s->phys, at, bytes, len, false));
}

enum lc_stop sys_step(struct sys *s, unsigned n)
{
    return lc_cpu_run(s->cpu, n);
}

int sys_vector(const struct sys *s)
{
    uint64_t off = s->cpu->rip + s->cpu->segbase[LC_CS] - SYS_HANDLERS;
    return off % 16 == 0 && off < 4096 ? (int)(off / 16) : -1;
}

/* The error code is the last thing that was pushed. */
static int64_t top_of_stack(struct sys *s)
{
    struct lc_cpu *c = s->cpu;
    uint64_t la = (c->gpr[LC_RSP] & c->sp_mask) + c->segbase[LC_SS];
    return (int64_t)sys_get(s, la, 4);
}

void sys_expect_fault(struct sys *s, unsigned vector, int64_t error, const char *file, int line)
{
    assert_int_equal(sys_step(s, 1), LC_STOP_BUDGET);
    bool ok = sys_vector(s) == (int)vector && (error < 0 || top_of_stack(s) == error);
    if (ok)
        return;
    print_message("expected vector %u, error %lld; rip %llx, vector %d, error %llx\n", vector,
                  (long long)error, (unsigned long long)s->cpu->rip, sys_vector(s),
                  (unsigned long long)top_of_stack(s));
    _fail(file, line);
}

void sys_expect_done(struct sys *s, const char *file, int line)
{
    unsigned before = s->events;
    sys_step(s, 1);
    if (s->events == before)
        return;
    print_message("unexpected vector %d at the handler %d\n", s->event[before], sys_vector(s));
    _fail(file, line);
}
