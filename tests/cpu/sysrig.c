#include "cpu/sysrig.h"
#include "cpu/exec/fpenv.h"

#include "cpu/exec/block.h"
#include "cpu/model.h"

static uint64_t on_read(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    struct rig *r = opaque;
    (void)bank;
    r->reads++;
    r->port = offset;
    r->size = size;
    return r->answer & lc_mask_size(size);
}

static void on_write(void *opaque, unsigned bank, uint64_t offset, unsigned size, uint64_t value)
{
    struct rig *r = opaque;
    (void)bank;
    r->writes++;
    r->port = offset;
    r->size = size;
    r->value = value;
}

static void on_privilege(void *user, struct lc_cpu *cpu, unsigned from, unsigned to)
{
    struct rig *r = user;
    assert_ptr_equal(r->c, cpu);
    r->changes++;
    r->from = from;
    r->to = to;
}

void rig_poke(struct rig *r, uint64_t pa, uint64_t v, unsigned size)
{
    uint8_t bytes[8];
    lc_put64(bytes, v);
    assert_true(lc_phys_write(&r->phys, pa, bytes, size, true));
}

uint64_t rig_peek(struct rig *r, uint64_t pa, unsigned size)
{
    uint8_t bytes[8] = {0};
    assert_true(lc_phys_read(&r->phys, pa, bytes, size));
    return lc_get64(bytes);
}

void rig_open(struct rig *r, const char *spec)
{
    memset(r, 0, sizeof(*r));
    r->alloc = lc_alloc_default();
    lc_clock_init(&r->clock);
    assert_int_equal(lc_phys_init(&r->phys, &r->alloc), LIBCPU_ERR_OK);
    assert_int_equal(lc_phys_add(&r->phys, "ram", 0, RIG_RAM, false, NULL), LIBCPU_ERR_OK);
    lc_bus_init(&r->ports, &r->alloc, 0x10000);
    struct lc_region all = {.name = "ports",
                            .len = 0x10000,
                            .max_size = 4,
                            .read = on_read,
                            .write = on_write,
                            .opaque = r};
    assert_int_equal(lc_bus_add(&r->ports, &all, NULL), LIBCPU_ERR_OK);
    struct lc_cpu_env env = {
        .alloc = &r->alloc, .phys = &r->phys, .clock = &r->clock, .seed = 1, .ps_per_insn = 1000};
    assert_int_equal(lc_model_parse(spec, env.features, NULL), LIBCPU_ERR_OK);
    assert_int_equal(lc_cpu_new(&env, &r->c, NULL), LIBCPU_ERR_OK);
    r->c->bus.ports = &r->ports;
    r->c->observer.user = r;
    r->c->observer.privilege = on_privilege;
}

void rig_close(struct rig *r)
{
    lc_cpu_free(r->c);
    lc_bus_fini(&r->ports);
    lc_phys_fini(&r->phys);
}

const char *rig_mode_name(enum rig_mode mode)
{
    static const char *const name[] = {"real", "prot16", "prot32", "paged32",
                                       "pae",  "vm86",   "compat", "long"};
    return name[mode];
}

unsigned rig_width(enum rig_mode mode)
{
    switch (mode) {
    case RIG_LONG: return 64;
    case RIG_REAL:
    case RIG_PROT16:
    case RIG_VM86: return 16;
    default: return 32;
    }
}

/* Tables for each kind of paging, all identity, 4 KiB pages but RIG_ABSENT. Returns CR3. */
static uint64_t map_legacy(struct rig *r)
{
    uint64_t pd = RIG_TABLES;
    for (unsigned i = 0; i < 2; i++)
        rig_poke(r, pd + 4 * i, (pd + 0x1000 + 0x1000 * i) | 7, 4);
    for (unsigned i = 0; i < 2048; i++)
        rig_poke(r, pd + 0x1000 + 4 * i, i * 0x1000 == RIG_ABSENT ? 0 : i * 0x1000 | 7, 4);
    return pd;
}

static uint64_t map_wide(struct rig *r, bool pae)
{
    uint64_t base = RIG_TABLES, pml4 = base, pdpt = base + 0x1000, pd = base + 0x2000;
    rig_poke(r, pml4, pdpt | 7, 8);
    rig_poke(r, pdpt, pd | (pae ? 1 : 7), 8);
    for (unsigned i = 0; i < 4; i++)
        rig_poke(r, pd + 8 * i, (pd + 0x1000 + 0x1000 * i) | 7, 8);
    for (unsigned i = 0; i < 2048; i++)
        rig_poke(r, pd + 0x1000 + 8 * i, i * 0x1000 == RIG_ABSENT ? 0 : i * 0x1000 | 7, 8);
    return pae ? pdpt : pml4;
}

static void set_paging(struct rig *r, enum rig_mode mode)
{
    static const uint8_t zeros[0x10000];
    struct lc_cpu *c = r->c;
    assert_true(lc_phys_write(&r->phys, RIG_TABLES, zeros, sizeof(zeros), false));
    c->cr0 = LC_CR0_ET | (mode == RIG_REAL ? 0 : LC_CR0_PE);
    c->cr4 = c->efer = c->cr3 = 0;
    if (mode == RIG_PAGED32) {
        c->cr3 = map_legacy(r);
        c->cr0 |= LC_CR0_PG;
    }
    if (mode == RIG_PAE || mode == RIG_COMPAT || mode == RIG_LONG) {
        c->cr3 = map_wide(r, mode == RIG_PAE);
        c->cr0 |= LC_CR0_PG;
        c->cr4 = LC_CR4_PAE;
        if (mode != RIG_PAE)
            c->efer = LC_EFER_LME | LC_EFER_LMA;
        for (unsigned i = 0; i < 4; i++)
            c->paging.pdpte[i] = mode == RIG_PAE && i == 0 ? rig_peek(r, c->cr3, 8) : 0;
    }
}

static void set_segments(struct rig *r, enum rig_mode mode, unsigned cpl)
{
    struct lc_cpu *c = r->c;
    bool flat = mode != RIG_REAL && mode != RIG_VM86;
    uint16_t common = (uint16_t)(LC_SEG_P | LC_SEG_S | LC_SEG_ACCESSED | LC_SEG_WRITABLE |
                                 cpl << LC_SEG_DPL_SHIFT);
    for (unsigned i = 0; i < LC_SEGS; i++) {
        uint16_t wide = flat ? LC_SEG_G | (rig_width(mode) == 16 ? 0 : LC_SEG_DB) : 0;
        c->seg[i] = (struct lc_seg){.sel = (uint16_t)(flat ? (i == LC_CS ? 8u : 16u) | cpl : 0),
                                    .attr = common | wide,
                                    .limit = flat ? 0xffffffff : 0xffff,
                                    .usable = true};
    }
    c->seg[LC_CS].attr |= LC_SEG_CODE;
    if (mode == RIG_LONG)
        c->seg[LC_CS].attr = (uint16_t)((c->seg[LC_CS].attr & ~LC_SEG_DB) | LC_SEG_L);
    c->tr = (struct lc_seg){
        .sel = 0x28, .attr = LC_SEG_P | 11, .limit = 0x67, .base = RIG_TSS, .usable = true};
}

void rig_mode(struct rig *r, enum rig_mode mode, unsigned cpl)
{
    struct lc_cpu *c = r->c;
    lc_cpu_reset(c);
    memset(c->gpr, 0, sizeof(c->gpr));
    c->gpr[LC_RSP] = RIG_STACK;
    set_paging(r, mode);
    set_segments(r, mode, cpl);
    lc_cpu_set_rflags(c, mode == RIG_VM86 ? LC_VM : 0);
    r->reads = r->writes = r->changes = 0;
}

/* As run.c runs one instruction, but for what follows it. */
struct outcome rig_run(struct rig *r, const uint8_t *bytes, size_t len)
{
    struct lc_cpu *c = r->c;
    assert_true(lc_phys_write(&r->phys, RIG_CODE, bytes, len, true));
    c->rip = RIG_CODE;
    c->exit = LC_EXIT_NEXT;
    c->link = NULL;
    c->pending_dr6 = 0;
    c->budget = c->remaining = 1;
    c->key |= LC_KEY_STEP;
    const struct lc_block *b = lc_block_find(c, 1);
    if (b) {
        c->remaining -= b->count;
        const struct lc_insn *insn = b->insn;
        while (insn)
            insn = insn->fn(c, insn);
    }
    lc_fp_park(c);
    c->key &= ~LC_KEY_STEP;
    c->budget = c->remaining = 0;
    c->retired++;
    struct outcome o = {.exit = c->exit};
    if (c->exit != LC_EXIT_FAULT)
        return o;
    assert_int_equal(c->rip, RIG_CODE);
    o.fault = true;
    o.vector = c->fault.vector;
    o.has_error = c->fault.has_error;
    o.error = c->fault.error;
    o.dr6 = c->fault.dr6;
    return o;
}
