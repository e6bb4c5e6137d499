/*
 * bare.c - libcpu/bare.h: a mode set up in one call, and memory mapped by linear address.
 *
 * Frames are given out from the end of RAM downwards; the first page of RAM holds the descriptor
 * table, page tables are frames like any others.  Everything lies in the guest's own memory in the
 * form that the processor reads, so that guest code which looks at its tables finds real ones.
 */
#include "machine/bare.h"

#include "cpu/access.h"
#include "cpu/cr.h"
#include "machine/machine.h"

/* Page table entries (SDM vol. 3A, table 4-15). */
#define PTE_P  LC_BIT(0)
#define PTE_RW LC_BIT(1)
#define PTE_US LC_BIT(2)
#define PTE_XD LC_BIT(63)
#define PTE_PA UINT64_C(0x000ffffffffff000)

/* Descriptors of the table, as flat segments for CPL 0 and 3. */
enum { SEL_CODE32 = 0x08, SEL_DATA = 0x10, SEL_CODE64 = 0x18, SEL_USER = 0x20 };

static const struct mode {
    bool real, wide, user;
} modes[] = {
    [LIBCPU_BARE_REAL16] = {.real = true},
    [LIBCPU_BARE_PROT32] = {0},
    [LIBCPU_BARE_USER32] = {.user = true},
    [LIBCPU_BARE_KERNEL64] = {.wide = true},
    [LIBCPU_BARE_USER64] = {.wide = true, .user = true},
};

static const struct mode *mode_of(const struct libcpu *m)
{
    return &modes[m->bare.mode];
}

/* ---- frames ---- */

/* A cleared page of RAM; 0: there is none left. */
static uint64_t take_frame(struct libcpu *m)
{
    static const uint8_t zeros[LC_PAGE_SIZE];
    struct lc_bare *b = &m->bare;
    uint64_t pa = b->free_list;
    if (pa) {
        b->free_list = lc_phys_load(&m->phys, pa, 8);
    } else {
        if (b->next_frame <= LC_PAGE_SIZE)
            return 0;
        pa = b->next_frame -= LC_PAGE_SIZE;
        if (pa >= LC_LOW_RAM_MAX)
            pa += LC_HIGH_RAM_BASE - LC_LOW_RAM_MAX;
    }
    lc_phys_write(&m->phys, pa, zeros, sizeof(zeros), true);
    return pa;
}

static void give_frame(struct libcpu *m, uint64_t pa)
{
    uint8_t next[8];
    lc_put64(next, m->bare.free_list);
    lc_phys_write(&m->phys, pa, next, sizeof(next), true);
    m->bare.free_list = pa;
}

/* ---- page tables ---- */

/* Levels of the tables in use: PAE has three, of which the topmost holds four entries. */
static unsigned levels(const struct libcpu *m)
{
    return mode_of(m)->wide ? 4 : 3;
}

static uint64_t entry_pa(uint64_t table, uint64_t la, unsigned level)
{
    return table + (la >> (LC_PAGE_SHIFT + 9 * (level - 1)) & 511) * 8;
}

static void put_entry(struct libcpu *m, uint64_t pa, uint64_t v)
{
    uint8_t bytes[8];
    lc_put64(bytes, v);
    lc_phys_write(&m->phys, pa, bytes, sizeof(bytes), true);
}

/* Where the last-level entry of la lies; with `make`, missing tables are made. 0: there is none, or
 * no frame for one. */
static uint64_t leaf_pa(struct libcpu *m, uint64_t la, bool make)
{
    uint64_t table = m->cpu->cr3 & PTE_PA;
    for (unsigned level = levels(m); level > 1; level--) {
        uint64_t pa = entry_pa(table, la, level), e = lc_phys_load(&m->phys, pa, 8);
        if (!(e & PTE_P)) {
            uint64_t frame = make ? take_frame(m) : 0;
            if (!frame)
                return 0;
            /* The topmost entries of PAE have no rights (vol. 3A, table 4-8). */
            e = frame | PTE_P | (level == 3 && !mode_of(m)->wide ? 0 : PTE_RW | PTE_US);
            put_entry(m, pa, e);
        }
        table = e & PTE_PA;
    }
    return entry_pa(table, la, 1);
}

static uint64_t leaf(struct libcpu *m, uint64_t la)
{
    uint64_t pa = leaf_pa(m, la, false);
    return pa ? lc_phys_load(&m->phys, pa, 8) : 0;
}

/* Without LIBCPU_READ a page is kept, but not present. */
static uint64_t leaf_bits(const struct libcpu *m, unsigned rights)
{
    uint64_t e = mode_of(m)->user ? PTE_US : 0;
    e |= rights & (LIBCPU_READ | LIBCPU_WRITE | LIBCPU_EXECUTE) ? PTE_P : 0;
    e |= rights & LIBCPU_WRITE ? PTE_RW : 0;
    return e | (rights & LIBCPU_EXECUTE ? 0 : PTE_XD);
}

/* PAE's topmost entries are registers that MOV CR3 loads (vol. 3A, 4.4.1). */
static void tables_changed(struct libcpu *m)
{
    if (mode_of(m)->real)
        return;
    (void)lc_cr3_write(m->cpu, m->cpu->cr3);
    lc_cpu_flush(m->cpu, false);
    m->cpu->disturbed = true;
}

/* ---- the CPU ---- */

static struct lc_seg flat(uint16_t sel, uint16_t attr)
{
    return (struct lc_seg){
        .sel = sel,
        .attr = (uint16_t)(attr | LC_SEG_P | LC_SEG_S | LC_SEG_ACCESSED | LC_SEG_G |
                           (sel & 3u) << LC_SEG_DPL_SHIFT),
        .limit = 0xffffffff,
        .usable = true,
    };
}

static uint64_t descriptor(const struct lc_seg *s)
{
    return UINT64_C(0x000f00000000ffff) | (uint64_t)s->attr << 40;
}

/* The descriptor table is mapped in the last page of the address space, for the system alone. */
static uint64_t table_la(const struct libcpu *m)
{
    return mode_of(m)->wide ? UINT64_C(0xfffffffffffff000) : UINT64_C(0xfffff000);
}

static void map_table(struct libcpu *m)
{
    put_entry(m, leaf_pa(m, table_la(m), true), 0 | PTE_P | PTE_RW | PTE_XD);
}

static void set_segments(struct libcpu *m)
{
    const struct mode *mode = mode_of(m);
    struct lc_cpu *c = m->cpu;
    const uint16_t code = LC_SEG_CODE | LC_SEG_READABLE;
    for (unsigned user = 0; user < 2; user++) {
        unsigned rpl = user ? 3 : 0, at = user ? SEL_USER - SEL_CODE32 : 0;
        struct lc_seg code32 = flat((uint16_t)((SEL_CODE32 + at) | rpl), code | LC_SEG_DB);
        struct lc_seg data = flat((uint16_t)((SEL_DATA + at) | rpl), LC_SEG_WRITABLE | LC_SEG_DB);
        struct lc_seg code64 = flat((uint16_t)((SEL_CODE64 + at) | rpl), code | LC_SEG_L);
        put_entry(m, SEL_CODE32 + at, descriptor(&code32));
        put_entry(m, SEL_DATA + at, descriptor(&data));
        put_entry(m, SEL_CODE64 + at, descriptor(&code64));
        if (user != mode->user)
            continue;
        for (unsigned i = 0; i < LC_SEGS; i++)
            c->seg[i] = data;
        c->seg[LC_CS] = mode->wide ? code64 : code32;
    }
    c->gdtr = (struct lc_table_reg){table_la(m), SEL_USER + 3 * 8 - 1};
}

static void set_real(struct lc_cpu *c)
{
    c->seg[LC_CS].sel = 0;
    c->seg[LC_CS].base = 0;
    c->idtr = (struct lc_table_reg){0, 0x3ff};
}

/* Everything that the model has of x87, SSE and AVX is switched on. */
static void enable_vectors(struct lc_cpu *c)
{
    c->cr0 = (c->cr0 & ~(LC_CR0_CD | LC_CR0_NW)) | LC_CR0_NE | LC_CR0_MP;
    c->cr4 |= lc_has(c, LC_FEAT_FXSR) ? LC_CR4_OSFXSR | LC_CR4_OSXMMEXCPT : 0;
    if (!lc_has(c, LC_FEAT_XSAVE))
        return;
    c->cr4 |= LC_CR4_OSXSAVE;
    c->fpu.xcr0 = LC_XCR0_X87 | LC_XCR0_SSE | (lc_has(c, LC_FEAT_AVX) ? LC_XCR0_AVX : 0);
}

static void enable_paging(struct libcpu *m, uint64_t root)
{
    struct lc_cpu *c = m->cpu;
    const struct mode *mode = mode_of(m);
    c->cr0 |= LC_CR0_PE | LC_CR0_WP | LC_CR0_PG;
    c->cr4 |= LC_CR4_PAE;
    c->cr4 |= lc_has(c, LC_FEAT_FSGSBASE) ? LC_CR4_FSGSBASE : 0;
    c->efer = LC_EFER_SCE | (lc_has(c, LC_FEAT_NX) ? LC_EFER_NXE : 0);
    c->efer |= mode->wide ? LC_EFER_LME | LC_EFER_LMA : 0;
    c->cr3 = root;
}

static void start_frames(struct libcpu *m)
{
    m->bare.next_frame = m->ram_size;
    m->bare.free_list = 0;
}

enum libcpu_err libcpu_bare(libcpu *m, enum libcpu_bare_mode mode)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (mode < LIBCPU_BARE_REAL16 || mode > LIBCPU_BARE_USER64)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "bare: mode %d: there is no such mode",
                               (int)mode);
    if (m->running || m->config.board != LIBCPU_BOARD_NONE)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "bare: the machine %s",
                               m->running ? "is running" : "has a board");
    m->bare.mode = mode;
    start_frames(m);
    lc_cpu_reset(m->cpu);
    m->cpu->gpr[LC_RDX] = 0;
    m->cpu->rip = 0;
    lc_cpu_set_a20(m->cpu, true);
    m->cpu->fpu.fcw = 0x37f;
    enable_vectors(m->cpu);
    if (mode_of(m)->real) {
        set_real(m->cpu);
    } else {
        enable_paging(m, take_frame(m));
        map_table(m);
        set_segments(m);
        m->cpu->idtr = (struct lc_table_reg){0, 0};
    }
    lc_cpu_derive(m->cpu);
    tables_changed(m);
    return LIBCPU_ERR_OK;
}

/* ---- mapping ---- */

static enum libcpu_err check_range(struct libcpu *m, const char *what, uint64_t la, uint64_t size)
{
    const unsigned long long from = la, n = size;
    if (!m->bare.mode)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "%s: libcpu_bare() has not been called", what);
    if (size == 0 || (la | size) % LC_PAGE_SIZE)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "%s: 0x%llx, size 0x%llx: not multiples of 4096", what, from, n);
    uint64_t last = la + size - 1, end = mode_of(m)->real ? m->ram_size - 1 : 0xffffffff;
    bool ok = last >= la;
    if (mode_of(m)->wide)
        ok = ok && lc_cpu_canonical(m->cpu, la) && lc_cpu_canonical(m->cpu, last) &&
             la >> 63 == last >> 63;
    else
        ok = ok && last <= end;
    if (!ok)
        return lc_machine_fail(m, LIBCPU_ERR_RANGE, "%s: 0x%llx, size 0x%llx: out of range", what,
                               from, n);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_rights(struct libcpu *m, const char *what, unsigned rights)
{
    if (rights & ~(LIBCPU_READ | LIBCPU_WRITE | LIBCPU_EXECUTE))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "%s: rights 0x%x: no such rights", what,
                               rights);
    return LIBCPU_ERR_OK;
}

/* Are all pages mapped, or none? */
static enum libcpu_err check_mapped(struct libcpu *m, const char *what, uint64_t la, uint64_t size,
                                    bool mapped)
{
    for (uint64_t at = 0; at < size && !mode_of(m)->real; at += LC_PAGE_SIZE) {
        if ((leaf(m, la + at) != 0) == mapped)
            continue;
        return lc_machine_fail(m, mapped ? LIBCPU_ERR_UNMAPPED : LIBCPU_ERR_OVERLAP,
                               "%s: page 0x%llx is %s", what, (unsigned long long)(la + at),
                               mapped ? "not mapped" : "mapped already");
    }
    return LIBCPU_ERR_OK;
}

static void drop_pages(struct libcpu *m, uint64_t la, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += LC_PAGE_SIZE) {
        uint64_t pa = leaf_pa(m, la + at, false);
        give_frame(m, lc_phys_load(&m->phys, pa, 8) & PTE_PA);
        put_entry(m, pa, 0);
    }
}

static bool map_page(struct libcpu *m, uint64_t la, unsigned rights)
{
    uint64_t pa = leaf_pa(m, la, true), frame = pa ? take_frame(m) : 0;
    if (!frame)
        return false;
    put_entry(m, pa, frame | leaf_bits(m, rights));
    return true;
}

static void clear_ram(struct libcpu *m, uint64_t pa, uint64_t size)
{
    static const uint8_t zeros[LC_PAGE_SIZE];
    for (uint64_t at = 0; at < size; at += LC_PAGE_SIZE)
        lc_phys_write(&m->phys, pa + at, zeros, sizeof(zeros), true);
}

enum libcpu_err libcpu_map(libcpu *m, uint64_t la, uint64_t size, unsigned rights)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_range(m, "map", la, size);
    err = err ? err : check_rights(m, "map", rights);
    if (!err && size > m->ram_size) /* before pages are looked at, of which there may be 2^35 */
        err = lc_machine_fail(m, LIBCPU_ERR_NOMEM, "map: size 0x%llx: config.ram_size is 0x%llx",
                              (unsigned long long)size, (unsigned long long)m->ram_size);
    err = err ? err : check_mapped(m, "map", la, size, false);
    if (err)
        return err;
    if (mode_of(m)->real)
        clear_ram(m, la, size);
    for (uint64_t at = 0; at < size && !mode_of(m)->real; at += LC_PAGE_SIZE) {
        if (map_page(m, la + at, rights))
            continue;
        drop_pages(m, la, at);
        tables_changed(m);
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "map: page 0x%llx: config.ram_size is used up",
                               (unsigned long long)(la + at));
    }
    tables_changed(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_unmap(libcpu *m, uint64_t la, uint64_t size)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_range(m, "unmap", la, size);
    err = err ? err : check_mapped(m, "unmap", la, size, true);
    if (err || mode_of(m)->real)
        return err;
    drop_pages(m, la, size);
    tables_changed(m);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_protect(libcpu *m, uint64_t la, uint64_t size, unsigned rights)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_range(m, "protect", la, size);
    err = err ? err : check_rights(m, "protect", rights);
    err = err ? err : check_mapped(m, "protect", la, size, true);
    if (err || mode_of(m)->real)
        return err;
    for (uint64_t at = 0; at < size; at += LC_PAGE_SIZE) {
        uint64_t pa = leaf_pa(m, la + at, false), frame = lc_phys_load(&m->phys, pa, 8) & PTE_PA;
        put_entry(m, pa, frame | leaf_bits(m, rights));
    }
    tables_changed(m);
    return LIBCPU_ERR_OK;
}
