/*
 * cpu_fixture.c - see cpu_fixture.h.
 */
#include "support/cpu_fixture.h"

#include "cpu/feature.h"

enum {
    PTE_P = 1,
    PTE_RW = 2,
    PTE_US = 4,
};

static const uint64_t pte_xd = LC_BIT(63);

/* The first event is the outcome; those that its delivery meets, without an IDT, are not. */
static bool on_event(void *user, struct lc_cpu *cpu, const struct lc_fault *fault)
{
    struct cpu_fixture *f = user;
    if (f->ended)
        return true;
    f->ended = true;
    f->fault = *fault;
    memcpy(f->gpr, cpu->gpr, sizeof(f->gpr));
    f->rip = cpu->rip;
    f->rflags = lc_cpu_rflags(cpu);
    return true;
}

bool fixture_init(struct cpu_fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->alloc = lc_alloc_default();
    lc_clock_init(&f->clock);
    if (lc_phys_init(&f->phys, &f->alloc) != LIBCPU_ERR_OK)
        return false;
    struct lc_cpu_env env = {
        .alloc = &f->alloc, .phys = &f->phys, .clock = &f->clock, .ps_per_insn = 1000};
    for (unsigned i = LC_FEAT_BASE + 1; i < LC_FEATURES; i++)
        env.features[i >> 6] |= LC_BIT(i & 63);
    if (lc_phys_add(&f->phys, "ram", 0, FIXTURE_RAM, false, NULL) != LIBCPU_ERR_OK ||
        lc_cpu_new(&env, &f->cpu, NULL) != LIBCPU_ERR_OK) {
        lc_phys_fini(&f->phys);
        return false;
    }
    f->ram = lc_phys_page(&f->phys, 0, true).host;
    f->next_table = FIXTURE_TABLES + LC_PAGE_SIZE;
    f->cpu->observer.user = f;
    f->cpu->observer.event = on_event;
    return true;
}

void fixture_fini(struct cpu_fixture *f)
{
    lc_cpu_free(f->cpu);
    lc_phys_fini(&f->phys);
}

void fixture_segment(struct cpu_fixture *f, unsigned seg, uint16_t sel, uint64_t base,
                     uint32_t limit, uint16_t attr)
{
    unsigned dpl = (unsigned)(sel & 3) << LC_SEG_DPL_SHIFT;
    f->cpu->seg[seg] = (struct lc_seg){
        .sel = sel,
        .attr = (uint16_t)(attr | LC_SEG_P | LC_SEG_S | LC_SEG_ACCESSED | dpl),
        .limit = limit,
        .base = base,
        .usable = true,
    };
    if (limit > 0xfffff)
        f->cpu->seg[seg].attr |= LC_SEG_G;
    lc_cpu_derive(f->cpu);
}

/* The selectors that Linux gives a process, so that pushed ones compare equal. */
static void set_segments(struct cpu_fixture *f, enum fixture_mode mode)
{
    static const struct {
        uint16_t cs, ds;
        uint32_t limit;
        uint16_t cs_attr, ds_attr;
    } of[] = {
        [FIXTURE_64] = {0x33, 0x2b, 0xffffffff, LC_SEG_L, LC_SEG_DB},
        [FIXTURE_32] = {0x23, 0x2b, 0xffffffff, LC_SEG_DB, LC_SEG_DB},
        [FIXTURE_16] = {0x07, 0x0f, 0xffff, 0, 0},
        [FIXTURE_PM32] = {0x08, 0x10, 0xffffffff, LC_SEG_DB, LC_SEG_DB},
        [FIXTURE_PM16] = {0x08, 0x10, 0xffff, 0, 0},
        [FIXTURE_REAL] = {0, 0, 0xffff, 0, 0},
    };
    uint16_t cs = of[mode].cs_attr | LC_SEG_CODE | LC_SEG_READABLE;
    uint16_t ds = of[mode].ds_attr | LC_SEG_WRITABLE;
    for (unsigned i = 0; i < LC_SEGS; i++)
        fixture_segment(f, i, i == LC_CS ? of[mode].cs : of[mode].ds, 0, of[mode].limit,
                        i == LC_CS ? cs : ds);
    for (unsigned i = 0; mode == FIXTURE_64 && i < LC_SEGS; i++)
        if (i != LC_CS && i != LC_SS)
            f->cpu->seg[i] = (struct lc_seg){.sel = 0};
}

void fixture_mode(struct cpu_fixture *f, enum fixture_mode mode)
{
    struct lc_cpu *c = f->cpu;
    lc_cpu_reset(c);
    c->cr0 = LC_CR0_ET | LC_CR0_NE;
    c->cr4 = LC_CR4_OSFXSR | LC_CR4_OSXMMEXCPT | LC_CR4_OSXSAVE;
    c->idtr = (struct lc_table_reg){0, 0};
    if (mode != FIXTURE_REAL)
        c->cr0 |= LC_CR0_PE;
    if (mode <= FIXTURE_16) {
        c->cr0 |= LC_CR0_PG | LC_CR0_WP | LC_CR0_MP;
        c->cr4 |= LC_CR4_PAE;
        c->cr3 = FIXTURE_TABLES;
        c->efer = LC_EFER_LME | LC_EFER_LMA | LC_EFER_NXE | LC_EFER_SCE;
    }
    c->fpu.xcr0 = 7;
    set_segments(f, mode);
    lc_cpu_set_rflags(c, LC_IF);
}

/* The entry of a table for la at a level, making the table that it points to. */
static uint64_t descend(struct cpu_fixture *f, uint64_t table, uint64_t la, unsigned level)
{
    uint8_t *entry = f->ram + table + (la >> (12 + 9 * level) & 511) * 8;
    if (!(lc_get64(entry) & PTE_P)) {
        lc_put64(entry, f->next_table | PTE_P | PTE_RW | PTE_US);
        f->next_table += LC_PAGE_SIZE;
    }
    return lc_get64(entry) & LC_PAGE_MASK;
}

void fixture_map(struct cpu_fixture *f, uint64_t la, uint64_t pa, bool writable, bool executable)
{
    uint64_t table = FIXTURE_TABLES;
    for (unsigned level = 3; level > 0; level--)
        table = descend(f, table, la, level);
    lc_put64(f->ram + table + (la >> 12 & 511) * 8,
             pa | PTE_P | PTE_US | (writable ? PTE_RW : 0) | (executable ? 0 : pte_xd));
    lc_tlb_flush(f->cpu->tlbs, false);
}

void fixture_code(struct cpu_fixture *f, uint64_t pa, const void *bytes, size_t len)
{
    lc_phys_write(&f->phys, pa, bytes, len, true);
}

bool fixture_run(struct cpu_fixture *f, uint64_t max)
{
    struct lc_cpu *c = f->cpu;
    f->ended = false;
    c->shutdown = c->halted = c->shadow = c->shadow_ss = false;
    c->pending_dr6 = 0;
    lc_cpu_run(c, max);
    if (!f->ended) {
        memcpy(f->gpr, c->gpr, sizeof(f->gpr));
        f->rip = c->rip;
        f->rflags = lc_cpu_rflags(c);
    }
    return f->ended;
}
