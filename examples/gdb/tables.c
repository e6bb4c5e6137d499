/*
 * tables.c - `monitor` commands that show the processor's tables: page tables, TLB, GDT, IDT
 * (SDM vol. 3A, chapters 3, 4 and 6).
 *
 * The guest made the tables and may have made them endless: what is printed and what is looked at
 * is bounded.
 */
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LINES_MAX = 512,     /* of a command's output */
    WALKS_MAX = 1 << 20, /* of `maps` */
};

/* ---- walk ---- */

static const char *verdict_text(unsigned verdict)
{
    static const char *const texts[] = {"table", "page", "not present", "reserved bit set",
                                        "no memory there"};
    return verdict < sizeof(texts) / sizeof(*texts) ? texts[verdict] : "?";
}

static void print_walk(libcpu_gdb *g, const struct libcpu_walk *w)
{
    static const char *const levels[] = {"?", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    for (unsigned i = 0; i < w->steps && i < LIBCPU_WALK_STEPS; i++) {
        const struct libcpu_walk_step *s = &w->step[i];
        libcpu_gdb_print(g, "  %-5s at 0x%010" PRIx64 " = 0x%0*" PRIx64 "  %s\n",
                         s->level < 6 ? levels[s->level] : "?", s->entry_pa, s->entry_size * 2,
                         s->value, verdict_text(s->verdict));
    }
    if (!w->canonical)
        libcpu_gdb_print(g, "  this is no address in this mode\n");
    else if (!w->ok)
        libcpu_gdb_print(g, "  page fault, error code 0x%x\n", w->error_code);
    else
        libcpu_gdb_print(g, "  physical 0x%" PRIx64 ", page of %u KiB, r%c%c %s%s%s\n", w->pa,
                         1u << (w->page_shift - 10), w->writable ? 'w' : '-',
                         w->executable ? 'x' : '-', w->user ? "user" : "supervisor",
                         w->global ? ", global" : "", w->dirty ? ", dirty" : "");
}

/* The letters behind the address. */
static bool access_of(const char *letters, uint32_t *access)
{
    *access = 0;
    for (; *letters; letters++) {
        switch (*letters) {
        case 'r':
        case ' ': break;
        case 'w': *access |= LIBCPU_ACCESS_WRITE; break;
        case 'x': *access |= LIBCPU_ACCESS_FETCH; break;
        case 'u': *access |= LIBCPU_ACCESS_USER; break;
        default: return false;
        }
    }
    return true;
}

void gdb_monitor_walk(libcpu_gdb *g, const char *args)
{
    static const char *const pagings[] = {"no paging", "32-bit paging", "PAE paging",
                                          "4-level paging", "5-level paging"};
    char text[256];
    uint64_t la;
    uint32_t access;
    struct libcpu_walk w;
    snprintf(text, sizeof(text), "%s", args);
    char *letters = strrchr(text, ' ');
    if (letters && access_of(letters, &access))
        *letters = '\0';
    else
        access = 0;
    if (!gdb_address(g, text, &la)) {
        libcpu_gdb_print(g, "usage: walk ADDRESS [w][x][u]\n");
        return;
    }
    if (libcpu_translate(g->m, la, access, &w))
        return;
    libcpu_gdb_print(g, "0x%" PRIx64 ": %s, cr3 0x%" PRIx64 "\n", la,
                     w.paging < 5 ? pagings[w.paging] : "?", w.cr3);
    print_walk(g, &w);
}

/* ---- maps ---- */

struct mapping {
    uint64_t la, size, pa;
    uint8_t rights; /* bits: writable, executable, user, global */
    uint8_t shift;
};

static uint8_t rights_of(const struct libcpu_walk *w)
{
    return (uint8_t)((w->writable != 0) | (w->executable != 0) << 1 | (w->user != 0) << 2 |
                     (w->global != 0) << 3);
}

static void print_mapping(libcpu_gdb *g, const struct mapping *m)
{
    if (m->size)
        libcpu_gdb_print(
            g, "0x%016" PRIx64 "-0x%016" PRIx64 " -> 0x%010" PRIx64 "  r%c%c %c%c %u KiB\n", m->la,
            m->la + (m->size - 1), m->pa, m->rights & 1 ? 'w' : '-', m->rights & 2 ? 'x' : '-',
            m->rights & 4 ? 'u' : 's', m->rights & 8 ? 'g' : '-', 1u << (m->shift - 10));
}

/* Bits of an address that an entry of the last step looked at covers. */
static unsigned step_shift(const struct libcpu_walk *w)
{
    const struct libcpu_walk_step *s = &w->step[w->steps - 1];
    if (s->entry_size == 4)
        return s->level == 2 ? 22 : 12;
    return 12 + 9 * (s->level - 1u);
}

/* Where the next thing can be mapped; false: nowhere any more. */
static bool step_on(const struct libcpu_walk *w, uint64_t *la)
{
    uint64_t next;
    if (!w->canonical) {
        unsigned bits = w->paging == LIBCPU_PAGING_5LEVEL ? 57 : 48;
        next = ~UINT64_C(0) << (bits - 1);
        if (w->paging < LIBCPU_PAGING_4LEVEL)
            return false;
    } else {
        unsigned shift = w->ok ? w->page_shift : w->steps ? step_shift(w) : 12;
        next = ((*la >> shift) + 1) << shift;
    }
    if (next <= *la)
        return false;
    *la = next;
    return true;
}

static bool continues(const struct mapping *m, const struct libcpu_walk *w, uint64_t la)
{
    return m->size && la == m->la + m->size && w->pa == m->pa + m->size &&
           rights_of(w) == m->rights && w->page_shift == m->shift;
}

static void list_maps(libcpu_gdb *g, uint64_t la)
{
    struct mapping m = {0};
    unsigned lines = 0, walks = 0;
    struct libcpu_walk w;
    bool more = true;
    for (; more && lines < LINES_MAX && walks < WALKS_MAX; walks++) {
        const uint64_t at = la;
        if (libcpu_translate(g->m, at, LIBCPU_ACCESS_AC, &w))
            return;
        more = step_on(&w, &la);
        if (w.ok && continues(&m, &w, at)) {
            m.size += la - at;
        } else if (w.ok) {
            print_mapping(g, &m);
            lines += m.size != 0;
            m = (struct mapping){at, (more ? la : 0) - at, w.pa, rights_of(&w), w.page_shift};
        }
    }
    print_mapping(g, &m);
    if (more)
        libcpu_gdb_print(g, "There may be more: maps 0x%" PRIx64 "\n", la);
}

void gdb_monitor_maps(libcpu_gdb *g, const char *args)
{
    struct libcpu_walk w;
    uint64_t la = 0;
    if (*args && !gdb_address(g, args, &la)) {
        libcpu_gdb_print(g, "usage: maps [ADDRESS]\n");
        return;
    }
    la &= ~UINT64_C(0xfff);
    if (!libcpu_translate(g->m, 0, 0, &w) && w.paging == LIBCPU_PAGING_NONE)
        libcpu_gdb_print(g, "no paging: linear addresses are physical ones\n");
    else
        list_maps(g, la);
}

/* ---- tlb ---- */

void gdb_monitor_tlb(libcpu_gdb *g, const char *args)
{
    struct libcpu_tlb_entry e;
    size_t cursor = 0;
    unsigned n = 0;
    (void)args;
    while (libcpu_tlb_next(g->m, &cursor, &e) == LIBCPU_ERR_OK) {
        if (n++ < LINES_MAX)
            libcpu_gdb_print(
                g, "0x%016" PRIx64 " -> 0x%010" PRIx64 "  %c%c%c %-13s %s%sof %u KiB\n", e.la, e.pa,
                e.readable ? 'r' : '-', e.writable ? 'w' : '-', e.executable ? 'x' : '-',
                e.access == LIBCPU_ACCESS_USER ? "user"
                : e.access == LIBCPU_ACCESS_AC ? "supervisor AC"
                                               : "supervisor",
                e.dirty ? "dirty " : "", e.global ? "global " : "", 1u << (e.page_shift - 10));
    }
    libcpu_gdb_print(g, "%u entries%s\n", n, n > LINES_MAX ? "; the first are shown" : "");
}

/* ---- descriptors ---- */

static bool long_mode(libcpu_gdb *g)
{
    const uint64_t lma = 1u << 10;
    return (libcpu_reg(g->m, LIBCPU_REG_EFER) & lma) != 0;
}

static const char *system_type(unsigned type)
{
    static const char *const names[16] = {
        "?",
        "16-bit TSS",
        "LDT",
        "busy 16-bit TSS",
        "16-bit call gate",
        "task gate",
        "16-bit interrupt gate",
        "16-bit trap gate",
        "?",
        "TSS",
        "?",
        "busy TSS",
        "call gate",
        "?",
        "interrupt gate",
        "trap gate",
    };
    return names[type & 15];
}

static uint64_t field(uint64_t v, unsigned at, unsigned bits)
{
    return v >> at & ((UINT64_C(1) << bits) - 1);
}

static uint64_t descriptor_base(uint64_t d)
{
    return field(d, 16, 24) | field(d, 56, 8) << 24;
}

static uint64_t descriptor_limit(uint64_t d)
{
    uint64_t limit = field(d, 0, 16) | field(d, 48, 4) << 16;
    return field(d, 55, 1) ? limit << 12 | 0xfff : limit;
}

/* SDM vol. 3A, 3.4.5. */
static void print_segment(libcpu_gdb *g, unsigned selector, uint64_t d)
{
    bool code = field(d, 43, 1);
    const char *size = field(d, 53, 1) && code ? "64" : field(d, 54, 1) ? "32" : "16";
    libcpu_gdb_print(g, "%04x  base 0x%08" PRIx64 " limit 0x%08" PRIx64 "  %s%s %s%s%s DPL %u%s\n",
                     selector, descriptor_base(d), descriptor_limit(d), code ? "code" : "data",
                     size, code ? "execute" : "read",
                     field(d, 41, 1) ? (code ? "/read" : "/write") : "",
                     field(d, 42, 1) ? (code ? ", conforming" : ", expand-down") : "",
                     (unsigned)field(d, 45, 2), field(d, 47, 1) ? "" : "  not present");
}

static void print_gate(libcpu_gdb *g, const char *name, uint64_t d, uint64_t high, bool wide)
{
    unsigned ist = (unsigned)field(d, 32, 3);
    uint64_t offset = field(d, 0, 16) | field(d, 48, 16) << 16 | (wide ? high << 32 : 0);
    libcpu_gdb_print(g, "%s  %04x:0x%0*" PRIx64 "  %s DPL %u", name, (unsigned)field(d, 16, 16),
                     wide ? 16 : 8, offset, system_type((unsigned)field(d, 40, 4)),
                     (unsigned)field(d, 45, 2));
    if (wide && ist)
        libcpu_gdb_print(g, " IST %u", ist);
    libcpu_gdb_print(g, "%s\n", field(d, 47, 1) ? "" : "  not present");
}

/* An LDT, a TSS, or a call gate or task gate. */
static void print_system(libcpu_gdb *g, unsigned selector, uint64_t d, uint64_t high, bool wide)
{
    unsigned type = (unsigned)field(d, 40, 4);
    char name[8];
    if ((type & 7) >= 4) {
        snprintf(name, sizeof(name), "%04x", selector & 0xffff);
        print_gate(g, name, d, high, wide);
        return;
    }
    libcpu_gdb_print(g, "%04x  base 0x%08" PRIx64 " limit 0x%08" PRIx64 "  %s DPL %u%s\n", selector,
                     descriptor_base(d) | (wide ? (high & 0xffffffff) << 32 : 0),
                     descriptor_limit(d), system_type(type), (unsigned)field(d, 45, 2),
                     field(d, 47, 1) ? "" : "  not present");
}

void gdb_monitor_gdt(libcpu_gdb *g, const char *args)
{
    const uint64_t base = libcpu_reg(g->m, LIBCPU_REG_GDTR_BASE);
    const unsigned limit = (unsigned)libcpu_reg(g->m, LIBCPU_REG_GDTR_LIMIT);
    const bool wide = long_mode(g);
    unsigned lines = 0;
    (void)args;
    libcpu_gdb_print(g, "base 0x%" PRIx64 " limit 0x%x\n", base, limit);
    for (unsigned at = 0; at + 7 <= limit && lines < LINES_MAX; at += 8) {
        uint64_t d, high = 0;
        if (libcpu_linear_read(g->m, base + at, &d, 8)) {
            libcpu_gdb_print(g, "%04x  cannot be read\n", at);
            return;
        }
        if (!d)
            continue;
        lines++;
        if (field(d, 44, 1)) {
            print_segment(g, at, d);
            continue;
        }
        bool two = wide && at + 15 <= limit && !libcpu_linear_read(g->m, base + at + 8, &high, 8);
        print_system(g, at, d, high, wide);
        at += two ? 8 : 0;
    }
}

/* Real mode: an offset and a segment a vector (SDM vol. 3A, 20.1.4). */
static void real_vectors(libcpu_gdb *g, uint64_t base, unsigned limit)
{
    for (unsigned v = 0; v < 256 && v * 4 + 3 <= limit; v++) {
        uint16_t at[2];
        if (libcpu_linear_read(g->m, base + v * 4, at, 4))
            return;
        if (at[0] || at[1])
            libcpu_gdb_print(g, "%02x  %04x:%04x\n", v, at[1], at[0]);
    }
}

void gdb_monitor_idt(libcpu_gdb *g, const char *args)
{
    const uint64_t base = libcpu_reg(g->m, LIBCPU_REG_IDTR_BASE);
    const unsigned limit = (unsigned)libcpu_reg(g->m, LIBCPU_REG_IDTR_LIMIT);
    const bool wide = long_mode(g);
    const unsigned size = wide ? 16 : 8;
    (void)args;
    libcpu_gdb_print(g, "base 0x%" PRIx64 " limit 0x%x\n", base, limit);
    if (libcpu_cpu_mode(g->m) == LIBCPU_MODE_REAL) {
        real_vectors(g, base, limit);
        return;
    }
    for (unsigned v = 0; v < 256 && v * size + size - 1 <= limit; v++) {
        uint64_t d[2] = {0, 0};
        char name[8];
        if (libcpu_linear_read(g->m, base + v * size, d, size)) {
            libcpu_gdb_print(g, "%02x  cannot be read\n", v);
            return;
        }
        snprintf(name, sizeof(name), "%02x", v & 0xff);
        if (field(d[0], 47, 1))
            print_gate(g, name, d[0], d[1], wide);
    }
}
