/*
 * descriptor.c - reading descriptors from the GDT and LDT, taking them apart, marking them
 * accessed or busy (SDM vol. 3A, 3.4.5, 3.5 and 5.8.3).
 *
 * The tables are read by implicit supervisor accesses, whatever the CPL (vol. 3A, 4.6).
 */
#include "cpu/descriptor.h"

#include "cpu/access.h"

bool lc_raise_selector(struct lc_cpu *c, unsigned vector, uint16_t sel)
{
    return lc_raise_error(c, vector, (sel & ~LC_SEL_RPL) | c->ext);
}

/* Linear addresses of tables wrap at 4 GiB outside IA-32e mode. */
static uint64_t table_la(const struct lc_cpu *c, uint64_t la)
{
    return lc_long_mode(c) ? la : (uint32_t)la;
}

/* Do `len` bytes from the descriptor of `sel` on lie in its table? */
static bool locate(const struct lc_cpu *c, uint16_t sel, unsigned len, uint64_t *la)
{
    uint64_t base = c->gdtr.base, limit = c->gdtr.limit;
    if (sel & LC_SEL_TI) {
        if (!c->ldtr.usable)
            return false;
        base = c->ldtr.base;
        limit = c->ldtr.limit;
    }
    uint64_t offset = sel & ~7u;
    *la = table_la(c, base + offset);
    return offset + len - 1 <= limit;
}

bool lc_desc_probe(struct lc_cpu *c, uint16_t sel, bool *found, struct lc_desc *d)
{
    *d = (struct lc_desc){.sel = sel};
    *found = locate(c, sel, 8, &d->la);
    if (!*found)
        return true;
    if (!lc_sys_load(c, d->la, 8, &d->raw))
        return false;
    d->attr = (uint16_t)(d->raw >> 40 & 0xf0ff);
    return true;
}

bool lc_desc_read(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_desc *d)
{
    bool found;
    if (!lc_desc_probe(c, sel, &found, d))
        return false;
    return found || lc_raise_selector(c, vector, sel);
}

bool lc_desc_read_high(struct lc_cpu *c, const struct lc_desc *d, unsigned vector, uint64_t *high)
{
    uint64_t la;
    if (!locate(c, d->sel, 16, &la))
        return lc_raise_selector(c, vector, d->sel);
    return lc_sys_load(c, table_la(c, la + 8), 8, high);
}

bool lc_desc_set_type(struct lc_cpu *c, const struct lc_desc *d, unsigned set, unsigned clear)
{
    uint64_t access = ((d->raw >> 40 & 0xff) | set) & ~(uint64_t)clear;
    return lc_sys_store(c, table_la(c, d->la + 5), 1, access);
}

bool lc_desc_set_accessed(struct lc_cpu *c, const struct lc_desc *d)
{
    if (d->attr & LC_SEG_ACCESSED)
        return true;
    return lc_desc_set_type(c, d, LC_SEG_ACCESSED, 0);
}

/* Base 63..56 and 39..16, limit 51..48 and 15..0 (vol. 3A, figure 3-8). */
static uint32_t base_of(uint64_t raw)
{
    return (uint32_t)(lc_field(raw, 39, 16) | lc_field(raw, 63, 56) << 24);
}

static uint32_t limit_of(uint64_t raw)
{
    uint32_t limit = (uint32_t)(lc_field(raw, 15, 0) | lc_field(raw, 51, 48) << 16);
    return raw >> 55 & 1 ? limit << 12 | 0xfff : limit;
}

struct lc_seg lc_desc_segment(const struct lc_desc *d, uint16_t sel)
{
    return (struct lc_seg){
        .sel = sel,
        .attr = (uint16_t)(d->attr | LC_SEG_ACCESSED),
        .limit = limit_of(d->raw),
        .base = base_of(d->raw),
        .usable = true,
    };
}

struct lc_seg lc_desc_system(const struct lc_desc *d, uint64_t high)
{
    return (struct lc_seg){
        .sel = d->sel,
        .attr = d->attr,
        .limit = limit_of(d->raw),
        .base = base_of(d->raw) | high << 32,
        .usable = true,
    };
}

struct lc_gate lc_gate_parse(uint64_t raw, uint64_t high)
{
    return (struct lc_gate){
        .offset = lc_field(raw, 15, 0) | lc_field(raw, 63, 48) << 16 | high << 32,
        .sel = (uint16_t)lc_field(raw, 31, 16),
        .type = (uint8_t)lc_field(raw, 43, 40),
        .dpl = (uint8_t)lc_field(raw, 46, 45),
        .count = (uint8_t)lc_field(raw, 36, 32),
        .present = (raw >> 47 & 1) != 0,
        .system = (raw >> 44 & 1) == 0,
    };
}
