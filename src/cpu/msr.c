/*
 * msr.c - RDMSR and WRMSR (SDM vol. 2, and vol. 4): what each register lets in.
 *
 * Memory types (PAT, MTRRs) are kept and checked but change nothing: this machine's memory is
 * coherent.
 */
#include "cpu/msr.h"

#include "cpu/cpuid.h"
#include "cpu/cr.h"
#include "cpu/exec/hook.h"

struct msr {
    uint32_t number;
    uint8_t feature;
    uint16_t field;                                    /* offset in struct lc_cpu */
    bool (*legal)(const struct lc_cpu *c, uint64_t v); /* NULL: see read, write, fixed */
    uint64_t (*read)(struct lc_cpu *c);                /* NULL: the field or fixed value */
    bool (*write)(struct lc_cpu *c, uint64_t v);       /* false: not allowed */
    uint64_t fixed;
    const char *name;
};

/* ---- legality of values that are simply kept ---- */

static bool legal_any(const struct lc_cpu *c, uint64_t v)
{
    (void)c, (void)v;
    return true;
}

static bool legal_low32(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    return v >> 32 == 0;
}

static bool legal_canonical(const struct lc_cpu *c, uint64_t v)
{
    return lc_cpu_canonical_base(c, v);
}

static bool legal_mcg_status(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    return (v & ~UINT64_C(7)) == 0;
}

/* Memory types (vol. 3A, table 11-2): UC, WC, WT, WP, WB; PAT has UC- as well (table 11-10). */
static bool is_memory_type(uint64_t type)
{
    return type < 7 && (0x73u >> type & 1);
}

static bool legal_pat(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    for (unsigned i = 0; i < 64; i += 8)
        if (!is_memory_type(v >> i & 0xff) && (v >> i & 0xff) != 7)
            return false;
    return true;
}

static bool legal_mtrr_fixed(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    for (unsigned i = 0; i < 64; i += 8)
        if (!is_memory_type(v >> i & 0xff))
            return false;
    return true;
}

static bool legal_mtrr_base(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    return is_memory_type(v & 0xff) && (v & 0xf00) == 0 && v >> LC_PHYS_BITS == 0;
}

static bool legal_mtrr_mask(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    return (v & 0x7ff) == 0 && v >> LC_PHYS_BITS == 0;
}

/* Default type, fixed ranges enabled (bit 10), MTRRs enabled (bit 11). */
static bool legal_mtrr_def_type(const struct lc_cpu *c, uint64_t v)
{
    (void)c;
    return is_memory_type(v & 0xff) && (v & ~UINT64_C(0xcff)) == 0;
}

/* ---- registers that do something ---- */

static uint64_t read_microcode(struct lc_cpu *c)
{
    (void)c;
    return UINT64_C(0x100) << 32;
}

static bool write_ignored(struct lc_cpu *c, uint64_t v)
{
    (void)c, (void)v;
    return true;
}

static uint64_t read_tsc(struct lc_cpu *c)
{
    return lc_cpu_tsc(c);
}

/* ---- the local APIC ---- */

static uint64_t read_apic_base(struct lc_cpu *c)
{
    return c->apic_base;
}

/* The modes are off, xAPIC and x2APIC; what is not a way from one to another (vol. 3A, figure
 * 10-27) is illegal. */
static bool write_apic_base(struct lc_cpu *c, uint64_t v)
{
    uint64_t mode = LC_APIC_BASE_ENABLE;
    if (lc_has(c, LC_FEAT_X2APIC))
        mode |= LC_APIC_BASE_X2APIC;
    if (v & ~(LC_APIC_BASE_BSP | mode | (lc_mask(LC_PHYS_BITS) & LC_PAGE_MASK)))
        return false;
    bool on = (v & LC_APIC_BASE_ENABLE) != 0, x2 = (v & LC_APIC_BASE_X2APIC) != 0;
    bool was_on = (c->apic_base & LC_APIC_BASE_ENABLE) != 0;
    bool was_x2 = (c->apic_base & LC_APIC_BASE_X2APIC) != 0;
    if ((x2 && !on) || (x2 && !was_on) || (was_x2 && on && !x2))
        return false;
    c->apic_base = v;
    lc_cpu_tell_apic(c);
    return true;
}

static uint64_t read_deadline(struct lc_cpu *c)
{
    lc_cpu_sync_clock(c);
    bool armed = c->bus.deadline && c->bus.deadline(c->bus.opaque) != LC_NEVER;
    return armed ? c->tsc_deadline : 0;
}

/* Give the local APIC the deadline as a time of the clock; one that is past is now. */
static void set_deadline(struct lc_cpu *c, uint64_t v)
{
    uint64_t now = lc_cpu_tsc(c), ahead = v > now ? v - now : 0;
    c->tsc_deadline = v;
    if (c->bus.set_deadline)
        c->bus.set_deadline(c->bus.opaque, v ? c->clock->now + ahead : LC_NEVER);
}

static bool write_deadline(struct lc_cpu *c, uint64_t v)
{
    set_deadline(c, v);
    return true;
}

static bool is_apic(const struct lc_cpu *c, uint32_t number)
{
    return number >> 8 == 8 && lc_has(c, LC_FEAT_X2APIC) && c->bus.apic_read && c->bus.apic_write;
}

static bool apic_read(struct lc_cpu *c, uint32_t number, uint64_t *v)
{
    lc_cpu_sync_clock(c);
    return c->bus.apic_read(c->bus.opaque, number & 0xff, v);
}

static bool apic_write(struct lc_cpu *c, uint32_t number, uint64_t v)
{
    lc_cpu_sync_clock(c);
    return c->bus.apic_write(c->bus.opaque, number & 0xff, v);
}

/* ---- others ---- */

/* A deadline stays where it is in the counter's time. */
static bool write_tsc(struct lc_cpu *c, uint64_t v)
{
    uint64_t deadline = read_deadline(c);
    c->tsc_offset += v - lc_cpu_tsc(c);
    if (deadline)
        set_deadline(c, deadline);
    return true;
}

static uint64_t read_misc_enable(struct lc_cpu *c)
{
    return c->misc_enable | LC_MISC_NO_BTS | LC_MISC_NO_PEBS;
}

static bool write_misc_enable(struct lc_cpu *c, uint64_t v)
{
    uint64_t settable = LC_MISC_FAST_STRINGS;
    if (lc_has(c, LC_FEAT_MONITOR))
        settable |= LC_MISC_MONITOR;
    if (v & ~(settable | LC_MISC_NO_BTS | LC_MISC_NO_PEBS))
        return false;
    c->misc_enable = v & settable;
    return true;
}

static uint64_t read_efer(struct lc_cpu *c)
{
    return c->efer;
}

/* LMA cannot be written; LME cannot change while paging is on (vol. 3A, 9.8.5). */
static bool write_efer(struct lc_cpu *c, uint64_t v)
{
    uint64_t valid = LC_EFER_LME | LC_EFER_LMA;
    if (lc_has(c, LC_FEAT_SYSCALL))
        valid |= LC_EFER_SCE;
    if (lc_has(c, LC_FEAT_NX))
        valid |= LC_EFER_NXE;
    v = (v & ~LC_EFER_LMA) | (c->efer & LC_EFER_LMA);
    uint64_t changed = c->efer ^ v;
    if ((v & ~valid) || ((changed & LC_EFER_LME) && (c->cr0 & LC_CR0_PG)))
        return false;
    c->efer = v;
    if (changed & LC_EFER_NXE)
        lc_cpu_flush(c, false);
    lc_cpu_derive(c);
    return true;
}

static uint64_t read_fs_base(struct lc_cpu *c)
{
    return c->seg[LC_FS].base;
}

static uint64_t read_gs_base(struct lc_cpu *c)
{
    return c->seg[LC_GS].base;
}

static bool write_base(struct lc_cpu *c, unsigned seg, uint64_t v)
{
    if (!lc_cpu_canonical_base(c, v))
        return false;
    c->seg[seg].base = v;
    lc_cpu_derive_segment(c, seg);
    return true;
}

static bool write_fs_base(struct lc_cpu *c, uint64_t v)
{
    return write_base(c, LC_FS, v);
}

static bool write_gs_base(struct lc_cpu *c, uint64_t v)
{
    return write_base(c, LC_GS, v);
}

/* ---- the table ---- */

#define FIELD(n, text, feat, member, check)                                                        \
    {.number = (n),                                                                                \
     .name = (text),                                                                               \
     .feature = LC_FEAT_##feat,                                                                    \
     .field = offsetof(struct lc_cpu, member),                                                     \
     .legal = (check)},
#define FIXED(n, text, feat, value)                                                                \
    {.number = (n), .name = (text), .feature = LC_FEAT_##feat, .fixed = (value)},
#define CALL(n, text, feat, get, set)                                                              \
    {.number = (n), .name = (text), .feature = LC_FEAT_##feat, .read = (get), .write = (set)},

static const struct msr msrs[] = {
#include "cpu/msr.def"
};

#undef FIELD
#undef FIXED
#undef CALL

_Static_assert(sizeof(struct lc_cpu) <= UINT16_MAX, "offsets fit their field");

/* By halving: the rows are in ascending order. */
static const struct msr *find_row(uint32_t number)
{
    size_t lo = 0, hi = LC_ARRAY_LEN(msrs);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (msrs[mid].number == number)
            return &msrs[mid];
        if (msrs[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* IA32_TSC_AUX comes with RDTSCP or RDPID; all others with their one feature. */
static const struct msr *find(const struct lc_cpu *c, uint32_t number)
{
    const struct msr *m = find_row(number);
    if (!m || m->feature == LC_FEAT_BASE || lc_has(c, m->feature))
        return m;
    return m->feature == LC_FEAT_RDTSCP && lc_has(c, LC_FEAT_RDPID) ? m : NULL;
}

const char *lc_msr_name(uint32_t number)
{
    const struct msr *m = find_row(number);
    return m ? m->name : NULL;
}

static uint64_t *field_of(struct lc_cpu *c, const struct msr *m)
{
    return (uint64_t *)(void *)((char *)c + m->field);
}

bool lc_msr_read(struct lc_cpu *c, uint32_t number, uint64_t *v)
{
    const struct msr *m = find(c, number);
    if (is_apic(c, number))
        return apic_read(c, number, v) || lc_raise_gp0(c);
    if (!m)
        return lc_raise_gp0(c);
    if (m->read)
        *v = m->read(c);
    else
        *v = m->legal ? *field_of(c, m) : m->fixed;
    return true;
}

static bool write_row(struct lc_cpu *c, const struct msr *m, uint64_t v)
{
    if (m->write)
        return m->write(c, v);
    if (!m->legal || !m->legal(c, v))
        return false;
    *field_of(c, m) = v;
    return true;
}

bool lc_msr_write(struct lc_cpu *c, uint32_t number, uint64_t v)
{
    const struct msr *m = find(c, number);
    if (is_apic(c, number))
        return apic_write(c, number, v) || lc_raise_gp0(c);
    return (m && write_row(c, m, v)) || lc_raise_gp0(c);
}

/* ---- instructions ---- */

/* Tell of an access to come, and of what the register holds. */
static LC_NOINLINE bool tell(struct lc_cpu *c, enum lc_system_event event, uint64_t v)
{
    uint32_t number = (uint32_t)c->gpr[LC_RCX];
    bool exists = find(c, number) != NULL || is_apic(c, number);
    uint64_t now = 0;
    if (exists)
        (void)lc_msr_read(c, number, &now);
    return lc_tell(c, event, number, exists, now, event == LC_SYSTEM_MSR_READ ? now : v);
}

static lc_next rdmsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v;
    if (LC_UNLIKELY(cpu->observer.system != NULL) && tell(cpu, LC_SYSTEM_MSR_READ, 0))
        return lc_hook_done(cpu, insn);
    TRY(lc_msr_read(cpu, (uint32_t)cpu->gpr[LC_RCX], &v));
    cpu->gpr[LC_RAX] = (uint32_t)v;
    cpu->gpr[LC_RDX] = v >> 32;
    return lc_end(cpu, insn);
}

static lc_next wrmsr(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    uint64_t v = (uint32_t)cpu->gpr[LC_RAX] | cpu->gpr[LC_RDX] << 32;
    if (LC_UNLIKELY(cpu->observer.system != NULL) && tell(cpu, LC_SYSTEM_MSR_WRITE, v))
        return lc_hook_done(cpu, insn);
    TRY(lc_msr_write(cpu, (uint32_t)cpu->gpr[LC_RCX], v));
    return lc_end(cpu, insn);
}

LC_OP_SINGLE(rdmsr, rdmsr)
LC_OP_SINGLE(wrmsr, wrmsr)
