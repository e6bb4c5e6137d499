/*
 * walk_model.c - see walk_model.h.
 */
#include "walk_model.h"

/*
 * Pictures of entries, bit 63 (or 31) first, spaces ignored:
 *
 *  X  execute-disable, reserved without NXE     r  reserved, must be 0
 *  a  address                                   h  address bits 39:32 of a 4 MiB page
 *  i  ignored                                   t  PAT
 *  G D A U W P  as in the manual                c  PCD, PWT
 *  S  PS, set                                   z  PS, clear
 */
#define IGN11 "iiiiiiiiiii"
#define RSV12 "rrrrrrrrrrrr"
#define RSV11 "rrrrrrrrrrr"
#define ADR10 "aaaaaaaaaa"
#define ADR20 ADR10 ADR10
#define ADR28 ADR20 "aaaaaaaa"
#define TABLE " iii i z i A cc UWP"
#define PAGE  " iii G S D A cc UWP"
#define SMALL " iii G t D A cc UWP"
#define IN_2M "aaaaaaaaa rrrrrrrr t"
#define IN_1G "rrrrrrrrrrrrrrrrr t"

static const char PML4E[] = "X " IGN11 RSV12 ADR28 " iii i r i A cc UWP"; /* and PML5E */
static const char PDPTE[] = "X " IGN11 RSV12 ADR28 TABLE;
static const char PDPTE_1G[] = "X " IGN11 RSV12 ADR10 IN_1G PAGE;
static const char PDE[] = "X " IGN11 RSV12 ADR28 TABLE;
static const char PDE_2M[] = "X " IGN11 RSV12 ADR10 IN_2M PAGE;
static const char PTE[] = "X " IGN11 RSV12 ADR28 SMALL;

static const char PAE_PDE[] = "X " RSV11 RSV12 ADR28 TABLE;
static const char PAE_PDE_2M[] = "X " RSV11 RSV12 ADR10 IN_2M PAGE;
static const char PAE_PTE[] = "X " RSV11 RSV12 ADR28 SMALL;

static const char OLD_PDE[] = ADR20 " iii i i i A cc UWP";
static const char OLD_PDE_4M[] = ADR10 "r hhhhhhhh t" PAGE;
static const char OLD_PTE[] = ADR20 SMALL;

struct model {
    const struct model_memory *memory;
    const struct lc_paging *pg;
    uint64_t la;
    uint64_t base; /* of the next table; then of the page */
    unsigned size; /* of an entry */
    bool reserved; /* the last entry looked at had a reserved bit set */
    bool all_u, all_w, any_x;
    struct model_result out;
};

enum look { STOP, GO_ON, FOUND };

uint8_t *model_at(const struct model_memory *m, uint64_t pa, bool for_write)
{
    for (unsigned i = 0; i < MODEL_RANGES; i++) {
        const struct model_range *r = &m->range[i];
        if (pa >= r->base && pa < r->base + r->len)
            return for_write && r->rom ? NULL : r->bytes + (pa - r->base);
    }
    return NULL;
}

static uint64_t read_memory(const struct model *m, uint64_t pa)
{
    const uint8_t *bytes = model_at(m->memory, pa, false);
    uint64_t v = 0;
    for (unsigned i = m->size; i-- > 0;)
        v = v << 8 | (bytes ? bytes[i] : 0xff);
    return v;
}

/* What the picture says of a value. */
struct reading {
    bool reserved;
    uint64_t address;
    bool g, d, u, w, x;
};

static struct reading read_picture(const char *picture, unsigned size, uint64_t value, bool nxe)
{
    struct reading r = {0};
    int n = (int)size * 8;
    for (; *picture; picture++) {
        if (*picture == ' ')
            continue;
        bool set = value >> --n & 1;
        switch (*picture) {
        case 'X':
            r.x = set;
            r.reserved |= set && !nxe;
            break;
        case 'r': r.reserved |= set; break;
        case 'a': r.address |= (uint64_t)set << n; break;
        case 'h': r.address |= (uint64_t)set << (n - 13 + 32); break;
        case 'G': r.g = set; break;
        case 'D': r.d = set; break;
        case 'U': r.u = set; break;
        case 'W': r.w = set; break;
        default: break;
        }
    }
    return r;
}

/* Look at the entry that linear-address bits hi..lo select; `table` or `page` may be NULL. */
static enum look look(struct model *m, unsigned hi, unsigned lo, const char *table,
                      const char *page)
{
    uint64_t index = 0;
    for (unsigned b = hi + 1; b-- > lo;)
        index = index * 2 + (m->la >> b & 1);
    uint64_t pa = (m->base + index * m->size) & m->pg->a20_mask;
    uint64_t value = read_memory(m, pa);
    m->out.entry[m->out.entries++] = (struct model_entry){pa, value, value};
    if (!(value & 1))
        return STOP;
    bool is_page = !table || (page && (value & 0x80));
    struct reading r = read_picture(is_page ? page : table, m->size, value, m->pg->nxe);
    m->reserved = r.reserved;
    if (r.reserved)
        return STOP;
    m->all_u = m->all_u && r.u;
    m->all_w = m->all_w && r.w;
    m->any_x = m->any_x || r.x;
    m->base = r.address;
    if (!is_page)
        return GO_ON;
    m->out.shift = lo;
    m->out.global = r.g && m->pg->pge;
    m->out.dirty = r.d;
    return FOUND;
}

static bool walk_32(struct model *m)
{
    m->size = 4;
    m->base = m->pg->cr3 & 0xfffff000;
    enum look l = look(m, 31, 22, OLD_PDE, m->pg->pse ? OLD_PDE_4M : NULL);
    return l == FOUND || (l == GO_ON && look(m, 21, 12, NULL, OLD_PTE) == FOUND);
}

static bool walk_pae(struct model *m)
{
    unsigned i = m->la >> 31 & 1 ? (m->la >> 30 & 1 ? 3 : 2) : (m->la >> 30 & 1 ? 1 : 0);
    uint64_t pdpte = m->pg->pdpte[i];
    m->out.entry[m->out.entries++] = (struct model_entry){i, pdpte, pdpte};
    if (!(pdpte & 1))
        return false;
    m->size = 8;
    m->base = pdpte & 0xfffffff000;
    enum look l = look(m, 29, 21, PAE_PDE, PAE_PDE_2M);
    return l == FOUND || (l == GO_ON && look(m, 20, 12, NULL, PAE_PTE) == FOUND);
}

static bool walk_64(struct model *m)
{
    m->size = 8;
    m->base = m->pg->cr3 & 0xfffffff000;
    if (m->pg->mode == LC_PAGING_5 && look(m, 56, 48, PML4E, NULL) != GO_ON)
        return false;
    if (look(m, 47, 39, PML4E, NULL) != GO_ON)
        return false;
    enum look l = look(m, 38, 30, PDPTE, PDPTE_1G);
    if (l == GO_ON)
        l = look(m, 29, 21, PDE, PDE_2M);
    if (l == GO_ON)
        l = look(m, 20, 12, NULL, PTE);
    return l == FOUND;
}

static bool may_supervisor(const struct model *m, struct lc_walk_access a)
{
    const struct lc_paging *pg = m->pg;
    bool user_address = m->all_u;
    if (a.fetch) {
        if (user_address && pg->smep)
            return false;
        return !(m->any_x && pg->nxe);
    }
    if (user_address && pg->smap && !a.smap_ok)
        return false;
    if (a.write && pg->wp)
        return m->all_w;
    return true;
}

static bool may_user(const struct model *m, struct lc_walk_access a)
{
    if (!m->all_u)
        return false;
    if (a.fetch)
        return !(m->any_x && m->pg->nxe);
    return a.write ? m->all_w : true;
}

static uint32_t error_code(const struct model *m, struct lc_walk_access a)
{
    uint32_t e = 0;
    bool pae = m->pg->mode != LC_PAGING_32;
    if (m->out.entry[m->out.entries - 1].value & 1)
        e += 1;
    if (a.write)
        e += 2;
    if (a.user)
        e += 4;
    if (m->reserved)
        e += 8;
    if (a.fetch && (m->pg->smep || (pae && m->pg->nxe)))
        e += 16;
    return e;
}

static void mark(struct model *m, bool write)
{
    for (unsigned i = 0; i < m->out.entries; i++) {
        struct model_entry *e = &m->out.entry[i];
        if (m->pg->mode == LC_PAGING_PAE && i == 0)
            continue;
        e->updated = e->value | 0x20;
        if (write && i == m->out.entries - 1)
            e->updated |= 0x40;
        uint8_t *bytes = model_at(m->memory, e->pa, true);
        if (bytes && e->updated != e->value)
            bytes[0] = (uint8_t)e->updated;
    }
    if (write)
        m->out.dirty = true;
}

struct model_result model_walk(const struct model_memory *memory, const struct lc_paging *pg,
                               uint64_t la, struct lc_walk_access a)
{
    struct model m = {.memory = memory, .pg = pg, .la = la, .all_u = true, .all_w = true};
    bool found = pg->mode == LC_PAGING_32    ? walk_32(&m)
                 : pg->mode == LC_PAGING_PAE ? walk_pae(&m)
                                             : walk_64(&m);
    if (!found || !(a.user ? may_user(&m, a) : may_supervisor(&m, a))) {
        m.out.error = error_code(&m, a);
        return m.out;
    }
    if (a.set_ad)
        mark(&m, a.write);
    uint64_t size = UINT64_C(1) << m.out.shift;
    m.out.ok = true;
    m.out.pa = (m.base + la % size) & pg->a20_mask;
    m.out.writable = m.all_w;
    m.out.user = m.all_u;
    m.out.executable = !m.any_x;
    return m.out;
}
