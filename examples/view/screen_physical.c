/*
 * screen_physical.c - screen 3: frames of memory, who maps them, which are page tables, what was
 * written lately.
 */
#include "model_space.h"
#include "pace.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 1 << 18, MAPPERS = 12, FRAME_FLASHES = 8 };

/* What is known of a frame: from all address spaces that have been seen. */
struct frame {
    uint32_t maps;   /* how many pages map it; a large page counts in each */
    uint32_t users;  /* how many of ring 3 */
    uint8_t small;   /* not only large pages, with which kernels map all of memory */
    uint8_t flags;   /* SPACE_* of all of them together */
    uint8_t table;   /* a page table lies here */
    uint8_t written; /* refreshes since its contents changed, backwards: 0 long ago */
    uint64_t sum;    /* of its contents; 0: never looked at */
};

struct physical {
    uint64_t insns;
    uint64_t cr3;
    struct pace pace;
    unsigned frames;
    unsigned tables, mapped, shared;
    uint8_t role[FRAMES]; /* what pictures need of each, close together */
    struct frame frame[FRAMES];
};

static void mark_run(struct physical *p, uint64_t pa, uint64_t size, uint8_t flags)
{
    for (uint64_t n = pa >> 12; n < (pa + size) >> 12 && n < p->frames; n++) {
        p->frame[n].maps++;
        p->frame[n].users += (flags & SPACE_U) != 0;
        p->frame[n].small |= size == 4096;
        p->frame[n].flags |= flags;
    }
}

static bool mark(void *user, const struct space_page *page)
{
    struct physical *p = user;
    uint64_t n = page->pa >> 12;
    if (page->size)
        mark_run(p, page->pa, page->size, page->flags);
    else if (n < p->frames)
        p->frame[n].table = 1;
    return true;
}

/* Four sums side by side: a multiplication does not wait for the one before. */
static uint64_t checksum(libcpu *m, uint64_t pa)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t words[512], sum[4] = {1, 2, 3, 4};
    if (libcpu_phys_read(m, pa, words, sizeof(words)))
        return 0;
    for (unsigned i = 0; i < 512; i++)
        sum[i % 4] = (sum[i % 4] ^ words[i]) * odd;
    return (((sum[0] * odd ^ sum[1]) * odd ^ sum[2]) * odd ^ sum[3]) | 1;
}

/* Which mapped frames have other contents than at the last look; large spaces: those of tables and
 * small pages only, as many as a picture has time for. */
static void look_for_writes(libcpu *m, struct physical *p)
{
    unsigned budget = 2048;
    for (unsigned n = 0; n < p->frames && budget; n++) {
        struct frame *f = &p->frame[n];
        if (f->written)
            f->written--;
        if (!f->table && !(f->flags & SPACE_D))
            continue;
        budget--;
        uint64_t sum = checksum(m, (uint64_t)n << 12);
        if (f->sum && sum != f->sum)
            f->written = FRAME_FLASHES;
        f->sum = sum;
    }
}

static enum role frame_role(const struct frame *f)
{
    if (f->written > FRAME_FLASHES / 2)
        return ROLE_FLASH;
    if (f->table)
        return ROLE_TABLE;
    if (f->users > 1)
        return ROLE_GOOD;
    if (f->users)
        return ROLE_USER;
    return f->small ? ROLE_KERNEL : f->maps ? ROLE_RULE : ROLE_ABSENT;
}

/* What the map and its legend say of the frames. */
static void sum_up(struct physical *p)
{
    p->tables = p->mapped = p->shared = 0;
    for (unsigned n = 0; n < p->frames; n++) {
        p->tables += p->frame[n].table;
        p->mapped += p->frame[n].small || p->frame[n].users;
        p->shared += p->frame[n].users > 1;
        p->role[n] = (uint8_t)frame_role(&p->frame[n]);
    }
}

static void refresh(struct view *v, struct physical *p, const struct snapshot *s)
{
    const struct recorder *r = &v->session.rec;
    uint64_t ram = libcpu_ram_size(v->session.m) >> 12, now = s->cr3 & ~UINT64_C(0xfff);
    unsigned paging = space_paging(s);
    p->frames = ram < FRAMES ? (unsigned)ram : FRAMES;
    for (unsigned n = 0; n < p->frames; n++) {
        struct frame *f = &p->frame[n];
        *f = (struct frame){.written = f->written, .sum = f->sum};
    }
    for (unsigned i = 0; i < r->space_count; i++) {
        if (r->space[i].cr3 != now && space_alive(v->session.m, r->space[i].cr3, s))
            space_each_own(v->session.m, r->space[i].cr3, now, paging, mark, p);
    }
    space_each(v->session.m, s->cr3, paging, mark, p);
    look_for_writes(v->session.m, p);
    sum_up(p);
}

/* ---- the map ---- */

static void legend(struct draw *d, float x, float y, const struct physical *p)
{
    static const struct {
        enum role role;
        const char *text;
    } keys[] = {{ROLE_KERNEL, "k the kernel's"},     {ROLE_USER, "u a program's"},
                {ROLE_GOOD, "o shared by programs"}, {ROLE_TABLE, "t page table"},
                {ROLE_FLASH, "* just written"},      {ROLE_RULE, ". in the map of all memory"}};
    float left = x;
    draw_region(
        d, x, y, (float)d->cols, 2,
        "What is known of the frames of memory, from all address spaces that have been seen");
    x = draw_text(d, x, y, ROLE_STRONG, "%u frames of 4 KiB", p->frames);
    draw_text(
        d, x + 2, y, ROLE_DIM,
        "%u mapped by small pages or for programs, %u of them shared by programs, %u page tables",
        p->mapped, p->shared, p->tables);
    x = left;
    y++;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        draw_fill(d, x, y + 0.25f, 1, 0.5f, keys[i].role, NULL);
        x = draw_text(d, x + 1.5f, y, ROLE_DIM, "%s", keys[i].text) + 2;
    }
}

static void cells(struct view *v, struct draw *d, float x, float y, int cols, unsigned first,
                  unsigned per_cell, const struct physical *p)
{
    uint8_t roles[256];
    unsigned n = 0;
    for (; n < (unsigned)cols && n < 256 && first + n * per_cell < p->frames; n++) {
        unsigned from = first + n * per_cell, to = from + per_cell;
        uint8_t most = ROLE_ABSENT;
        for (unsigned k = from; k < to && k < p->frames; k++)
            most = p->role[k] > most ? p->role[k] : most;
        uint64_t pa = (uint64_t)from << 12;
        bool chosen =
            v->frame != UINT64_MAX && v->frame >= pa && v->frame - pa < (uint64_t)per_cell << 12;
        roles[n] = chosen ? ROLE_ACCENT : most;
    }
    draw_strip(d, x, y + 0.06f, (float)n, 0.88f, roles, n);
    for (unsigned i = 0; i < n; i++) {
        uint64_t pa = (uint64_t)(first + i * per_cell) << 12;
        draw_place(d, x + (float)i, y, 1, 1);
        draw_click(d, CMD_FRAME, pa);
        if (view_hovers(v, x + (float)i, y, 1, 1))
            draw_tip(d, "Physical 0x%" PRIx64 " to 0x%" PRIx64 ". Click: who maps it.", pa,
                     pa + ((uint64_t)per_cell << 12) - 1);
    }
}

/* The largest map that fits; returns the rows it took. */
static int frame_map(struct view *v, struct draw *d, struct area a, const struct physical *p)
{
    int cols = a.w - 13 < 128 ? a.w - 13 : 128;
    unsigned per_cell = 1;
    cols = cols >= 128 ? 128 : cols >= 96 ? 96 : 64;
    while ((p->frames + per_cell * (unsigned)cols - 1) / (per_cell * (unsigned)cols) >
           (unsigned)a.h)
        per_cell *= 2;
    int row = 0;
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "A place for each frame, or for a few of them; on the left the physical address. "
                "Click one.");
    for (unsigned first = 0; first < p->frames; first += per_cell * (unsigned)cols, row++) {
        draw_text(d, a.x, a.y + (float)row, ROLE_DIM, "%010" PRIx64, (uint64_t)first << 12);
        cells(v, d, a.x + 12, a.y + (float)row, cols, first, per_cell, p);
    }
    return row;
}

/* ---- one frame ---- */

struct mappers {
    uint64_t frame;
    unsigned count;
    uint64_t cr3;
    struct {
        uint64_t cr3, la;
        uint8_t flags;
        bool table;
    } found[MAPPERS];
};

static bool find_mapper(void *user, const struct space_page *page)
{
    struct mappers *m = user;
    bool table = page->size == 0;
    uint64_t size = table ? 4096 : page->size;
    if (m->frame < page->pa || m->frame - page->pa >= size)
        return true;
    if (m->count < MAPPERS) {
        m->found[m->count].cr3 = m->cr3;
        m->found[m->count].la = page->la + (table ? 0 : m->frame - page->pa);
        m->found[m->count].flags = page->flags;
        m->found[m->count].table = table;
    }
    m->count++;
    return true;
}

/* Who maps a frame: all spaces, which takes its time. */
static void find_mappers(struct view *v, const struct snapshot *s, struct mappers *m)
{
    const struct recorder *r = &v->session.rec;
    const unsigned paging = space_paging(s);
    const uint64_t now = s->cr3 & ~UINT64_C(0xfff);
    bool seen = false;
    m->count = 0;
    for (unsigned i = 0; i < r->space_count; i++) {
        m->cr3 = r->space[i].cr3;
        seen |= m->cr3 == now;
        if (space_alive(v->session.m, m->cr3, s))
            space_each(v->session.m, m->cr3, paging, find_mapper, m);
    }
    m->cr3 = now;
    if (!seen)
        space_each(v->session.m, s->cr3, paging, find_mapper, m);
}

/* The frame that was chosen; nothing was: where the CPU is. */
static uint64_t chosen_frame(struct view *v, const struct snapshot *s)
{
    struct libcpu_walk w;
    uint32_t access = LIBCPU_ACCESS_FETCH | (s->cpl == 3 ? LIBCPU_ACCESS_USER : 0);
    if (v->frame != UINT64_MAX)
        return v->frame;
    libcpu_translate(v->session.m, s->reg[LIBCPU_REG_RIP], access, &w);
    return (w.ok ? w.pa : s->cr3) & UINT64_C(0xffffffffff000);
}

static void explain_frame(struct view *v, struct draw *d, struct area a, const struct snapshot *s)
{
    static struct mappers m;
    static struct pace pace = PACE_SELDOM;
    static uint64_t key[4];
    const uint64_t now[4] = {chosen_frame(v, s), s->cr3, v->session.stop.total_insns,
                             v->session.rec.space_count};
    bool same = m.frame == v->frame || v->frame == UINT64_MAX;
    if (memcmp(key, now, sizeof(key)) != 0 && pace_begin(&pace, v->running && same)) {
        m.frame = now[0];
        find_mappers(v, s, &m);
        memcpy(key, now, sizeof(key));
        pace_end(&pace);
    }
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h, "The reverse map: who leads to this frame");
    draw_text(d, a.x, a.y, ROLE_STRONG, "Frame 0x%" PRIx64 "%s: %u mappings", m.frame,
              v->frame == UINT64_MAX ? ", where the CPU is" : "", m.count);
    draw_tip(d,
             "The reverse map: all addresses, in all address spaces that have been seen, that lead "
             "to this frame. Click a frame above for another.");
    unsigned n = m.count < MAPPERS ? m.count : MAPPERS;
    for (unsigned i = 0; i < n && (int)i < a.h - 1; i++) {
        char rights[5];
        space_rights(m.found[i].flags, rights);
        float x = draw_text(d, a.x + 2, a.y + 1 + (float)i, ROLE_DIM, "CR3 0x%-10" PRIx64,
                            m.found[i].cr3);
        if (m.found[i].table)
            draw_text(d, x + 1, a.y + 1 + (float)i, ROLE_TABLE,
                      "is a page table of it, for addresses from 0x%" PRIx64, m.found[i].la);
        else
            draw_text(d, x + 1, a.y + 1 + (float)i, space_role(m.found[i].flags),
                      "maps it at 0x%016" PRIx64 "  %s", m.found[i].la, rights);
        draw_click(d, CMD_ADDRESS, m.found[i].la);
        draw_tip(d, "Click: the walk that leads here");
    }
    if (!m.count)
        draw_text(d, a.x + 2, a.y + 1, ROLE_DIM, "no address space that has been seen maps it");
}

void screen_physical(struct view *v, struct draw *d, struct area a)
{
    static struct physical p = {.pace = PACE_SELDOM}; /* large */
    struct snapshot s;
    view_registers(v, &s);
    uint64_t insns = v->session.stop.total_insns;
    bool changed = p.frames == 0 || p.cr3 != s.cr3 || p.insns != insns;
    if (changed && pace_begin(&p.pace, v->running && p.frames)) {
        refresh(v, &p, &s);
        p.insns = insns;
        p.cr3 = s.cr3;
        pace_end(&p.pace);
    }
    int low = 8;
    legend(d, a.x, a.y, &p);
    int rows = frame_map(v, d, (struct area){a.x, a.y + 3, a.w, a.h - low - 4}, &p);
    struct area under = {a.x, a.y + (float)rows + 4, a.w, a.h - rows - 4};
    if (space_paging(&s) == LIBCPU_PAGING_NONE) {
        draw_text(d, under.x, under.y, ROLE_DIM, "There is no paging: nothing is mapped yet.");
        draw_tip(d, "Without paging a linear address is the physical address");
        return;
    }

    explain_frame(v, d, under, &s);
}
