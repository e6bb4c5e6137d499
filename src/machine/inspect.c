/*
 * inspect.c - libcpu/inspect.h: regions of the address spaces, entries of the TLB, registers of
 * chips.
 */
#include "machine/machine.h"

#include "devices/i8254.h"
#include "devices/i8259.h"

/* ---- regions ---- */

static void memory_region(const struct lc_phys_region *r, struct libcpu_region *out)
{
    *out = (struct libcpu_region){
        .name = r->name,
        .base = r->base,
        .size = r->len,
        .kind = r->rom ? LIBCPU_REGION_ROM : LIBCPU_REGION_RAM,
    };
}

static void bus_region(const struct lc_region *r, enum libcpu_region_kind kind,
                       struct libcpu_region *out)
{
    *out = (struct libcpu_region){.name = r->name, .base = r->base, .size = r->len, .kind = kind};
}

enum libcpu_err libcpu_region_get(const libcpu *m, size_t n, struct libcpu_region *region)
{
    if (!m || !region)
        return LIBCPU_ERR_INVALID;
    const struct lc_bus *mmio = &m->phys.mmio;
    if (n < m->phys.count) {
        memory_region(&m->phys.region[n], region);
        return LIBCPU_ERR_OK;
    }
    n -= m->phys.count;
    if (n < mmio->count) {
        bus_region(&mmio->regions[n], LIBCPU_REGION_MMIO, region);
        return LIBCPU_ERR_OK;
    }
    n -= mmio->count;
    if (n >= m->ports.count)
        return LIBCPU_ERR_RANGE;
    bus_region(&m->ports.regions[n], LIBCPU_REGION_PORT, region);
    return LIBCPU_ERR_OK;
}

/* ---- the TLB ---- */

static void tlb_entry(enum lc_tlb_class class, const struct lc_tlb_cold *e,
                      struct libcpu_tlb_entry *out)
{
    static const uint8_t access[LC_TLB_CLASSES] = {
        [LC_TLB_SUPER] = 0,
        [LC_TLB_SUPER_AC] = LIBCPU_ACCESS_AC,
        [LC_TLB_USER] = LIBCPU_ACCESS_USER,
    };
    *out = (struct libcpu_tlb_entry){
        .la = e->la,
        .pa = e->pa,
        .page_shift = e->shift,
        .access = access[class],
        .readable = e->read,
        .writable = e->write,
        .executable = e->fetch,
        .dirty = e->dirty,
        .global = e->global,
    };
}

enum libcpu_err libcpu_tlb_next(const libcpu *m, size_t *cursor, struct libcpu_tlb_entry *entry)
{
    if (!m || !cursor || !entry)
        return LIBCPU_ERR_INVALID;
    for (size_t n = *cursor; n < (size_t)LC_TLB_CLASSES * LC_TLB_ENTRIES; n++) {
        const unsigned class = (unsigned)(n / LC_TLB_ENTRIES);
        const struct lc_tlb_cold *e = &m->cpu->tlbs->cold[class][n % LC_TLB_ENTRIES];
        if (e->la == LC_TLB_NONE)
            continue;
        tlb_entry((enum lc_tlb_class) class, e, entry);
        *cursor = n + 1;
        return LIBCPU_ERR_OK;
    }
    return LIBCPU_ERR_RANGE;
}

/* ---- chips ---- */

enum libcpu_err libcpu_pic_get(const libcpu *m, unsigned n, struct libcpu_pic *pic)
{
    struct lc_i8259_state s;
    if (!m || !pic || n > 1)
        return LIBCPU_ERR_INVALID;
    const struct lc_device *chip = m->board.chip[n ? LC_CHIP_PIC1 : LC_CHIP_PIC0];
    if (!chip)
        return LIBCPU_ERR_UNSUPPORTED;
    lc_i8259_look(chip, &s);
    *pic = (struct libcpu_pic){
        .lines = s.lines,
        .irr = s.irr,
        .isr = s.isr,
        .imr = s.imr,
        .vector = s.vector,
        .level = s.level,
        .ready = s.ready,
        .auto_eoi = s.auto_eoi,
        .output = s.output,
    };
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_pit_get(const libcpu *m, unsigned counter, struct libcpu_pit *pit)
{
    struct lc_i8254_state s;
    if (!m || !pit || counter >= LC_I8254_COUNTERS)
        return LIBCPU_ERR_INVALID;
    const struct lc_device *chip = m->board.chip[LC_CHIP_PIT];
    if (!chip)
        return LIBCPU_ERR_UNSUPPORTED;
    lc_i8254_look(chip, counter, &s);
    *pit = (struct libcpu_pit){
        .reload = s.reload,
        .count = s.count,
        .mode = s.mode,
        .bcd = s.bcd,
        .gate = s.gate,
        .output = s.output,
        .counting = s.counting,
    };
    return LIBCPU_ERR_OK;
}
