/*
 * api_regs.c - libcpu/regs.h: registers from outside.
 *
 * Most registers are a field of struct lc_cpu: a table says which.  The others have a function.
 */
#include "cpu/cr.h"
#include "cpu/descriptor.h"
#include "cpu/exec/x87.h"
#include "cpu/exec/xstate.h"
#include "cpu/msr.h"
#include "machine/machine.h"

struct reg_row {
    const char *name;
    uint8_t size;
};

#define AT(member) (uint16_t) offsetof(struct lc_cpu, member)

static const struct reg_row reg_rows[] = {
#define LIBCPU_REG_ROW(id, value, bytes, text) [LIBCPU_REG_##id] = {.name = text, .size = bytes},
    LIBCPU_REG_MAP(LIBCPU_REG_ROW)
#undef LIBCPU_REG_ROW
};

/* Registers that can be read, and written as they are, in place, by number; 0: it is none of them
 * (the fields that begin the struct are the general ones, below). */
static const uint16_t plain_fields[] = {
    [LIBCPU_REG_RIP] = AT(rip),
    [LIBCPU_REG_GDTR_BASE] = AT(gdtr.base),
    [LIBCPU_REG_GDTR_LIMIT] = AT(gdtr.limit),
    [LIBCPU_REG_IDTR_BASE] = AT(idtr.base),
    [LIBCPU_REG_IDTR_LIMIT] = AT(idtr.limit),
    [LIBCPU_REG_CR2] = AT(cr2),
    [LIBCPU_REG_DR0] = AT(dr[0]),
    [LIBCPU_REG_DR1] = AT(dr[1]),
    [LIBCPU_REG_DR2] = AT(dr[2]),
    [LIBCPU_REG_DR3] = AT(dr[3]),
    [LIBCPU_REG_DR6] = AT(dr[6]),
    [LIBCPU_REG_DR7] = AT(dr[7]),
    [LIBCPU_REG_STAR] = AT(star),
    [LIBCPU_REG_LSTAR] = AT(lstar),
    [LIBCPU_REG_CSTAR] = AT(cstar),
    [LIBCPU_REG_FMASK] = AT(fmask),
    [LIBCPU_REG_KERNEL_GS_BASE] = AT(kernel_gs_base),
    [LIBCPU_REG_TSC_AUX] = AT(tsc_aux),
    [LIBCPU_REG_SYSENTER_CS] = AT(sysenter_cs),
    [LIBCPU_REG_SYSENTER_ESP] = AT(sysenter_esp),
    [LIBCPU_REG_SYSENTER_EIP] = AT(sysenter_eip),
    [LIBCPU_REG_PAT] = AT(pat),
    [LIBCPU_REG_FCW] = AT(fpu.fcw),
    [LIBCPU_REG_FSW] = AT(fpu.fsw),
    [LIBCPU_REG_MXCSR] = AT(fpu.mxcsr),
    [LIBCPU_REG_FOP] = AT(fpu.fop),
    [LIBCPU_REG_FIP] = AT(fpu.fip),
    [LIBCPU_REG_FDP] = AT(fpu.fdp),
    [LIBCPU_REG_FCS] = AT(fpu.fcs),
    [LIBCPU_REG_FDS] = AT(fpu.fds),
};

static bool reg_exists(enum libcpu_reg reg)
{
    return (unsigned)reg < LC_ARRAY_LEN(reg_rows) && reg_rows[reg].name;
}

size_t libcpu_reg_size(enum libcpu_reg reg)
{
    return reg_exists(reg) ? reg_rows[reg].size : 0;
}

const char *libcpu_reg_name(enum libcpu_reg reg)
{
    return reg_exists(reg) ? reg_rows[reg].name : NULL;
}

int libcpu_reg_find(const char *name)
{
    for (unsigned i = 0; name && i < LC_ARRAY_LEN(reg_rows); i++)
        if (reg_rows[i].name && strcmp(reg_rows[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Where a plain register lives, or NULL. */
static void *plain_field(struct lc_cpu *c, enum libcpu_reg reg)
{
    if (reg <= LIBCPU_REG_R15)
        return &c->gpr[reg];
    if (reg >= LIBCPU_REG_ST0 && reg <= LIBCPU_REG_ST7)
        return lc_st(c, reg - LIBCPU_REG_ST0);
    if (reg >= LIBCPU_REG_XMM0 && reg <= LIBCPU_REG_XMM15)
        return c->fpu.zmm[reg - LIBCPU_REG_XMM0];
    if (reg >= LIBCPU_REG_YMM0 && reg <= LIBCPU_REG_YMM15)
        return c->fpu.zmm[reg - LIBCPU_REG_YMM0];
    if ((unsigned)reg < LC_ARRAY_LEN(plain_fields) && plain_fields[reg])
        return (uint8_t *)c + plain_fields[reg];
    return NULL;
}

/* Segment registers by their public number, or NULL. */
static struct lc_seg *segment_of(struct lc_cpu *c, enum libcpu_reg reg)
{
    if (reg >= LIBCPU_REG_ES && reg <= LIBCPU_REG_GS)
        return &c->seg[reg - LIBCPU_REG_ES];
    if (reg == LIBCPU_REG_LDTR)
        return &c->ldtr;
    return reg == LIBCPU_REG_TR ? &c->tr : NULL;
}

static uint64_t get_special(struct lc_cpu *c, enum libcpu_reg reg)
{
    const struct lc_seg *s = segment_of(c, reg);
    if (s)
        return s->sel;
    switch (reg) {
    case LIBCPU_REG_RFLAGS: return lc_cpu_rflags(c);
    case LIBCPU_REG_FS_BASE: return c->seg[LC_FS].base;
    case LIBCPU_REG_GS_BASE: return c->seg[LC_GS].base;
    case LIBCPU_REG_CR0: return c->cr0;
    case LIBCPU_REG_CR3: return c->cr3;
    case LIBCPU_REG_CR4: return c->cr4;
    case LIBCPU_REG_CR8: return c->cr8;
    case LIBCPU_REG_APIC_BASE: return c->apic_base;
    case LIBCPU_REG_XCR0: return c->fpu.xcr0;
    case LIBCPU_REG_FTW: return lc_x87_tags(&c->fpu);
    case LIBCPU_REG_EFER: return c->efer;
    case LIBCPU_REG_TSC: return lc_cpu_tsc(c);
    default: return 0;
    }
}

uint64_t libcpu_reg(libcpu *m, enum libcpu_reg reg)
{
    if (!m || !reg_exists(reg))
        return 0;
    const void *p = plain_field(m->cpu, reg);
    unsigned size = reg_rows[reg].size;
    return p ? lc_get(p, size < 8 ? size : 8) : get_special(m->cpu, reg);
}

static enum libcpu_err check_size(libcpu *m, enum libcpu_reg reg, const void *buf, size_t size)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!buf)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "register: the buffer is NULL");
    if (!reg_exists(reg))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "register: there is no number %d", (int)reg);
    if (size != reg_rows[reg].size)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "register %s: size %zu: it has %u bytes",
                               reg_rows[reg].name, size, reg_rows[reg].size);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_reg_get(libcpu *m, enum libcpu_reg reg, void *buf, size_t size)
{
    enum libcpu_err err = check_size(m, reg, buf, size);
    if (err)
        return err;
    const void *p = plain_field(m->cpu, reg);
    if (p)
        memcpy(buf, p, size); /* fields are little-endian, as every host that this runs on */
    else
        lc_put(buf, get_special(m->cpu, reg), (unsigned)size);
    return LIBCPU_ERR_OK;
}

/* ---- setting ---- */

/* What a segment register, LDTR or TR may be loaded with. */
static bool fits(enum libcpu_reg reg, const struct lc_desc *d)
{
    unsigned type = lc_attr_system_type(d->attr) & ~LC_TSS_BUSY;
    if (!(d->attr & LC_SEG_P))
        return false;
    if (reg == LIBCPU_REG_LDTR)
        return lc_attr_system_type(d->attr) == LC_SYS_LDT;
    if (reg == LIBCPU_REG_TR)
        return type == LC_SYS_TSS || type == LC_SYS_TSS16;
    return (d->attr & LC_SEG_S) != 0;
}

/* From its descriptor, without privilege checks and without marking it accessed or busy. */
static bool load_descriptor(struct lc_cpu *c, enum libcpu_reg reg, uint16_t sel, struct lc_seg *s)
{
    struct lc_desc d;
    bool found;
    uint64_t high = 0;
    if (!lc_desc_probe(c, sel, &found, &d) || !found || !fits(reg, &d))
        return false;
    bool system = reg == LIBCPU_REG_LDTR || reg == LIBCPU_REG_TR;
    if (system && lc_long_mode(c) && !lc_desc_read_high(c, &d, LC_VEC_GP, &high))
        return false;
    *s = system ? lc_desc_system(&d, high) : lc_desc_segment(&d, sel);
    return true;
}

/* A selector, as MOV would load it. */
static bool load_selector(struct lc_cpu *c, enum libcpu_reg reg, uint16_t sel)
{
    struct lc_seg *s = segment_of(c, reg);
    if (reg <= LIBCPU_REG_GS && (lc_real_mode(c) || lc_vm86(c))) {
        s->sel = sel;
        s->base = (uint64_t)sel << 4;
        return true;
    }
    if (!lc_null_selector(sel))
        return load_descriptor(c, reg, sel, s);
    if (reg == LIBCPU_REG_CS || reg == LIBCPU_REG_TR)
        return false;
    s->sel = sel;
    s->usable = false;
    return true;
}

static bool set_special(struct lc_cpu *c, enum libcpu_reg reg, uint64_t v)
{
    if (segment_of(c, reg))
        return load_selector(c, reg, (uint16_t)v);
    switch (reg) {
    case LIBCPU_REG_RFLAGS:
        if (v >> 32)
            return false;
        lc_cpu_set_rflags(c, v);
        return true;
    case LIBCPU_REG_FS_BASE: c->seg[LC_FS].base = v; return true;
    case LIBCPU_REG_GS_BASE: c->seg[LC_GS].base = v; return true;
    case LIBCPU_REG_CR0: return lc_cr0_write(c, v);
    case LIBCPU_REG_CR3: return lc_cr3_write(c, v);
    case LIBCPU_REG_CR4: return lc_cr4_write(c, v);
    case LIBCPU_REG_CR8: return lc_cr8_write(c, v);
    case LIBCPU_REG_XCR0: return v == c->fpu.xcr0 || lc_xcr0_write(c, v);
    case LIBCPU_REG_FTW: c->fpu.ftw = lc_x87_abridge((uint16_t)v); return true;
    case LIBCPU_REG_EFER: return lc_msr_write(c, 0xc0000080, v);
    case LIBCPU_REG_APIC_BASE: return lc_msr_write(c, 0x1b, v);
    case LIBCPU_REG_TSC: c->tsc_offset += v - lc_cpu_tsc(c); return true;
    default: return false;
    }
}

/* A write inside an instruction hook changes what runs next: leave the block structure alone, but
 * look everything up anew. */
static void changed(struct lc_cpu *c)
{
    lc_cpu_derive(c);
    c->rebudget = true;
}

enum libcpu_err libcpu_reg_set(libcpu *m, enum libcpu_reg reg, const void *buf, size_t size)
{
    enum libcpu_err err = check_size(m, reg, buf, size);
    if (err)
        return err;
    struct lc_cpu *c = m->cpu;
    struct lc_fault fault = c->fault; /* the checks below report as instructions do */
    enum lc_exit left = c->exit;
    uint64_t v = size <= 8 ? lc_get(buf, (unsigned)size) : 0;
    void *p = plain_field(c, reg);
    bool ok = true;
    if (p)
        memcpy(p, buf, size);
    else
        ok = set_special(c, reg, v);
    c->fault = fault;
    c->exit = left;
    lc_x87_settle(c); /* FCW and FSW tell whether an exception waits */
    changed(c);
    if (!ok)
        return lc_machine_fail(m, LIBCPU_ERR_RANGE, "register %s: it cannot hold 0x%llx",
                               reg_rows[reg].name, (unsigned long long)v);
    return LIBCPU_ERR_OK;
}

/* ---- segments ---- */

enum libcpu_err libcpu_segment_get(libcpu *m, enum libcpu_reg reg, struct libcpu_segment *segment)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!segment)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "segment: the struct is NULL");
    const struct lc_seg *s = segment_of(m->cpu, reg);
    if (!s)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "segment: %d is no segment register",
                               (int)reg);
    *segment = (struct libcpu_segment){
        .selector = s->sel,
        .attributes = s->attr,
        .limit = s->limit,
        .base = s->base,
        .usable = s->usable,
    };
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_segment_set(libcpu *m, enum libcpu_reg reg,
                                   const struct libcpu_segment *segment)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!segment)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "segment: the struct is NULL");
    struct lc_seg *s = segment_of(m->cpu, reg);
    if (!s)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "segment: %d is no segment register",
                               (int)reg);
    *s = (struct lc_seg){
        .sel = segment->selector,
        .attr = segment->attributes,
        .limit = segment->limit,
        .base = segment->base,
        .usable = segment->usable != 0,
    };
    changed(m->cpu);
    return LIBCPU_ERR_OK;
}

unsigned libcpu_cpl(libcpu *m)
{
    return m ? lc_cpl(m->cpu) : 0;
}

enum libcpu_mode libcpu_cpu_mode(libcpu *m)
{
    if (!m || lc_real_mode(m->cpu))
        return LIBCPU_MODE_REAL;
    if (lc_vm86(m->cpu))
        return LIBCPU_MODE_VM86;
    if (m->cpu->code64)
        return LIBCPU_MODE_LONG64;
    bool big = m->cpu->seg[LC_CS].attr & LC_SEG_DB;
    if (lc_long_mode(m->cpu))
        return big ? LIBCPU_MODE_COMPAT32 : LIBCPU_MODE_COMPAT16;
    return big ? LIBCPU_MODE_PROT32 : LIBCPU_MODE_PROT16;
}

bool libcpu_cpu_halted(libcpu *m)
{
    return m && m->cpu->halted;
}
