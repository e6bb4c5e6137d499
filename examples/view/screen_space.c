/*
 * screen_space.c - screen 2: the whole address space, as a map that can be gone into, and as
 * ranges.
 */
#include "model_space.h"
#include "model_walk.h"
#include "pace.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void bytes(uint64_t n, char *text, size_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned u = 0;
    while (n >= 1024 && n % 1024 == 0 && u < 5) {
        n /= 1024;
        u++;
    }
    snprintf(text, size, "%" PRIu64 " %s", n, units[u]);
}

/* The letter of an address space: A is the first that was seen. */
static void space_name(const struct recorder *r, uint64_t cr3, char *text, size_t size)
{
    for (unsigned i = 0; i < r->space_count; i++)
        if (r->space[i].cr3 == cr3) {
            if (i < 26)
                snprintf(text, size, "%c", (char)('A' + i));
            else
                snprintf(text, size, "#%u", i);
            return;
        }
    snprintf(text, size, "?");
}

/* ---- the map ---- */

/* More walks, more yellow. */
static float heat_height(unsigned walks)
{
    return walks > 64 ? 0.3f : walks > 8 ? 0.22f : 0.14f;
}

/* A row of entries, each to be clicked. */
static void map_row(struct view *v, struct draw *d, float x, float y, float w, const uint8_t *roles,
                    const uint16_t *heat, unsigned first, unsigned n, uint64_t base, unsigned shift)
{
    char size[32];
    float each = w / (float)n;
    bytes(UINT64_C(1) << shift, size, sizeof(size));
    draw_strip(d, x, y + 0.08f, w, 0.84f, roles + first, n);
    for (unsigned i = 0; i < n; i++) {
        uint64_t la = base + ((uint64_t)(first + i) << shift);
        bool mapped = roles[first + i] != ROLE_ABSENT;
        unsigned hot = heat[first + i];
        if (hot)
            draw_fill(d, x + (float)i * each + 0.1f, y + 0.92f - heat_height(hot), each - 0.2f,
                      heat_height(hot), ROLE_FLASH, NULL);
        draw_place(d, x + (float)i * each, y, each, 1);
        if (view_hovers(v, x + (float)i * each, y, each, 1))
            draw_tip(d,
                     "Entry %u: %s from 0x%016" PRIx64
                     "%s. Heat: %u of the last %d events were walks in it.",
                     first + i, size, la, mapped ? ". Click to go in" : ", not mapped", hot,
                     SPACE_RECENT);
        if (mapped)
            draw_click(d, shift > 12 ? CMD_NODE : CMD_ADDRESS, shift > 12 ? first + i : la);
    }
}

static float map(struct view *v, struct draw *d, struct area a, const struct snapshot *s,
                 unsigned paging)
{
    uint8_t roles[WALK_ENTRIES];
    uint16_t heat[WALK_ENTRIES];
    uint64_t base = 0;
    unsigned shift = 0, count;
    while (!(count = space_node(v->session.m, s->cr3, paging, v->node, v->node_depth, roles, &base,
                                &shift)) &&
           v->node_depth)
        v->node_depth--;
    if (!count)
        return a.y;
    char size[32];
    draw_region(d, a.x, a.y, (float)a.w, (float)count / (count < 64 ? (float)count : 64) + 2,
                "The map: a place for each entry of a table. Green: executable, pink: writable, "
                "orange: ring "
                "3's, blue: the supervisor's, grey: not present. Yellow below: walked lately.");
    bytes((uint64_t)count << shift, size, sizeof(size));
    space_node_heat(&v->session.rec, v->node_depth == 0, base, shift, count, heat);
    bool halves = v->node_depth == 0 && paging >= LIBCPU_PAGING_4LEVEL;
    float x = draw_text(d, a.x, a.y, ROLE_DIM, "Map: %u entries, together %s, from ", count, size);
    x = draw_text(d, x, a.y, ROLE_TEXT, "0x%016" PRIx64, base);
    if (v->node_depth) {
        x = draw_text(d, x + 2, a.y, ROLE_ACCENT, "◂ out (-)");
        draw_click(d, CMD_ZOOM, (uint64_t)-1);
        draw_tip(d, "Back to the table above");
    }
    draw_text(d, x + 2, a.y, ROLE_ACCENT, "+ in, to RIP or the address asked for");
    draw_click(d, CMD_ZOOM, 1);
    draw_tip(d, "Into the table that the address asked for, or RIP, is translated by");
    unsigned per_row = count < 64 ? count : 64, rows = count / per_row;
    float y = a.y + 1;
    for (unsigned r = 0; r < rows; r++) {
        if (halves && r == rows / 2)
            y += 0.5f;
        const char *label = !halves         ? ""
                            : r == 0        ? "lower half"
                            : r == rows / 2 ? "higher half"
                                            : "";
        float top = halves && r >= rows / 2 ? y + 0.5f : y;
        draw_text(d, a.x, (float)(int)top, ROLE_DIM, "%s", label);
        map_row(v, d, a.x + 12, (float)(int)top, (float)(a.w - 12), roles, heat, r * per_row,
                per_row, base, shift);
        y++;
    }
    return (float)(int)(y + 1.5f);
}

/* ---- ranges ---- */

static void range_line(struct view *v, struct draw *d, float x, float y,
                       const struct space_range *r)
{
    static const struct {
        const char *text;
        enum role role;
    } diffs[] = {{"", ROLE_DIM},
                 {"shared: the same frame", ROLE_GOOD},
                 {"parted: another frame", ROLE_FAULT},
                 {"only here", ROLE_FLASH}};
    char rights[5], size[32], page[32];
    uint64_t asked = v->look == LOOK_ADDRESS ? v->address : UINT64_MAX;
    bool here = asked >= r->la && asked - r->la < r->size;
    space_rights(r->flags, rights);
    bytes(r->size, size, sizeof(size));
    bytes(r->page, page, sizeof(page));
    draw_region(
        d, x - 1, y, (float)d->cols - x, 1,
        "Pages beside each other that are alike: their rights, how many bytes, in pages of which "
        "size, whether used (A), written (D), global (G), how often walked lately");
    if (here || search_marks(&v->find, r->flags))
        draw_text(d, x - 1, y, here ? ROLE_ACCENT : ROLE_FLASH, here ? "▸" : "◆");
    x = draw_text(d, x, y, here ? ROLE_STRONG : ROLE_TEXT, "%016" PRIx64 " … %016" PRIx64, r->la,
                  r->la + (r->size - 1));
    draw_click(d, CMD_ADDRESS, r->la);
    draw_tip(d, "Click: the walk for its first page");
    x = draw_text(d, x + 2, y, space_role(r->flags), "%s", rights);
    draw_tip(d, "r read, w write, x execute; u: ring 3 too, s: the supervisor alone");
    x = draw_text(d, x + 2, y, r->flags & SPACE_U ? ROLE_USER : ROLE_KERNEL, "%s",
                  r->flags & SPACE_U ? "user  " : "kernel");
    x = draw_text(d, x + 2, y, ROLE_TEXT, "%10s", size);
    x = draw_text(d, x + 2, y, ROLE_DIM, "in %6s pages", page);
    x = draw_text(d, x + 2, y, ROLE_DIM, "%c%c%c", r->flags & SPACE_A ? 'A' : '-',
                  r->flags & SPACE_D ? 'D' : '-', r->flags & SPACE_G ? 'G' : '-');
    draw_tip(d, "A: some page of it was used; D: written; G: global");
    unsigned bars = r->heat > 64   ? 6
                    : r->heat > 32 ? 5
                    : r->heat > 16 ? 4
                    : r->heat > 4  ? 3
                    : r->heat > 1  ? 2
                                   : r->heat;
    draw_text(d, x + 2, y, ROLE_FLASH, "%.*s", (int)bars * 3, "▪▪▪▪▪▪");
    draw_tip(d, "Heat: %u of the last %d events were walks in here", r->heat, SPACE_RECENT);
    if (r->diff)
        draw_text(d, x + 9, y, diffs[r->diff].role, "%s", diffs[r->diff].text);
    if (r->diff)
        draw_tip(d, "Beside the other space: shared pages are the same frame; parted ones were "
                    "copied since");
}

/* The range that the address asked for lies in, or the one before it. */
static int place_of(const struct view *v, const struct space *s)
{
    int n = 0;
    while (n + 1 < (int)s->count && s->range[n + 1].la <= v->address)
        n++;
    return n;
}

static void ranges(struct view *v, struct draw *d, struct area a, const struct space *s)
{
    char mapped[32], name[8], other[8];
    const struct recorder *r = &v->session.rec;
    int rows = a.h - 1, most = (int)s->count > rows ? (int)s->count - rows : 0;
    bytes(s->mapped, mapped, sizeof(mapped));
    space_name(r, s->cr3 & ~UINT64_C(0xfff), name, sizeof(name));
    draw_region(d, a.x, a.y, (float)a.w, 1,
                "The address space: a letter for each CR3 that was seen, and what its tables map");
    float x =
        draw_text(d, a.x, a.y, ROLE_DIM, "Space %s, CR3 0x%" PRIx64 ": %u ranges, %s, %u tables%s",
                  name, s->cr3, s->count, mapped, s->tables, s->truncated ? ", and more" : "");
    if (v->compare) {
        char shared[32], parted[32], only[32];
        space_name(r, v->compare, other, sizeof(other));
        bytes(s->shared, shared, sizeof(shared));
        bytes(s->parted, parted, sizeof(parted));
        bytes(s->only, only, sizeof(only));
        draw_cut(d, x + 2, a.y, a.w - (int)(x + 2 - a.x), ROLE_ACCENT,
                 "beside %s (0x%" PRIx64 "): shared %s, parted %s, only here %s", other, v->compare,
                 shared, parted, only);
        draw_click(d, CMD_COMPARE, 0);
    } else {
        draw_text(d, x + 2, a.y, ROLE_ACCENT, "d compare with another space (%u seen)",
                  r->space_count);
        draw_click(d, CMD_COMPARE, 0);
        draw_tip(d, "Which pages two address spaces share, and which have parted since");
    }
    if (v->seek)
        v->scroll = place_of(v, s) - rows / 3;
    v->seek = false;
    v->scroll = v->scroll > most ? most : v->scroll < 0 ? 0 : v->scroll;
    for (int i = 0; i < rows && i + v->scroll < (int)s->count; i++)
        range_line(v, d, a.x + 1, a.y + 1 + (float)i, &s->range[i + v->scroll]);
}

void screen_space(struct view *v, struct draw *d, struct area a)
{
    static struct space space; /* large */
    static uint64_t key[4];
    static struct pace pace = PACE_SELDOM;
    struct snapshot s;
    const struct event *e = view_event(v);
    view_registers(v, &s);
    if (e && e->kind == EVENT_CR3)
        s.cr3 = e->after; /* the space that it goes to */
    unsigned paging = space_paging(&s);
    if (paging == LIBCPU_PAGING_NONE) {
        draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                    "Press c, w or Space: the guest may turn paging on");
        draw_text(d, a.x, a.y, ROLE_STRONG, "No paging");
        draw_paragraph(d, a.x, a.y + 2, a.w, ROLE_TEXT,
                       "CR0.PG is 0: every linear address is the physical address, and there is no "
                       "address space but the memory itself (screen 3).");
        return;
    }
    const uint64_t now[4] = {s.cr3, paging, v->compare, v->session.stop.total_insns};
    bool compared = key[1] == paging && key[2] == v->compare;
    if (memcmp(key, now, sizeof(key)) != 0 && pace_begin(&pace, v->running && compared)) {
        space_read(v->session.m, s.cr3, paging, v->compare, &space);
        space_heat(&space, &v->session.rec);
        memcpy(key, now, sizeof(key));
        pace_end(&pace);
    }
    float y = map(v, d, a, &s, paging);
    ranges(v, d, (struct area){a.x, y, a.w, a.h - (int)(y - a.y)}, &space);
}
