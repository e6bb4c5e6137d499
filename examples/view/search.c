/*
 * search.c - going through an address space, or through the symbols, for the next hit.
 */
#include "search.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is looked for ---- */

/* "rw", "w+x", "u+w+x": letters of rights, none of which is a hexadecimal digit. */
static bool parse_rights(const char *text, struct search *s)
{
    static const struct {
        char letter;
        uint8_t set, clear;
    } rights[] = {{'r', 0, 0},       {'w', SPACE_W, 0}, {'x', SPACE_X, 0},
                  {'u', SPACE_U, 0}, {'s', 0, SPACE_U}, {'g', SPACE_G, 0}};
    bool any = false;
    s->set = s->clear = 0;
    for (const char *p = text; *p; p++) {
        unsigned i = 0;
        if ((*p == '+' || *p == ' ') && any && p[1])
            continue;
        while (i < sizeof(rights) / sizeof(*rights) && rights[i].letter != *p)
            i++;
        if (i == sizeof(rights) / sizeof(*rights))
            return false;
        s->set |= rights[i].set;
        s->clear |= rights[i].clear;
        any = true;
    }
    return any && !(s->set & s->clear);
}

static bool parse_frame(const char *text, uint64_t *pa)
{
    char *end;
    if (strncmp(text, "pa", 2) != 0 || !strchr(" :=", text[2]) || !text[2])
        return false;
    text += 3;
    if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
        return false;
    *pa = strtoull(text, &end, 16);
    return *end == '\0';
}

/* Exactly that name. */
static bool is_symbol(const struct symbols *symbols, const char *text)
{
    size_t cursor = 0;
    const struct symbol *e;
    while ((e = symbols_find(symbols, text, &cursor)))
        if (strcmp(e->name, text) == 0)
            return true;
    return false;
}

void search_parse(const char *text, const struct symbols *symbols, struct search *s)
{
    size_t cursor = 0;
    memset(s, 0, sizeof(*s));
    s->name = text;
    if (parse_frame(text, &s->pa))
        s->kind = SEARCH_FRAME;
    else if (parse_rights(text, s) && !is_symbol(symbols, text))
        s->kind = SEARCH_RIGHTS;
    else if (*text && symbols_find(symbols, text, &cursor))
        s->kind = SEARCH_SYMBOL;
}

bool search_marks(const struct search *s, uint8_t flags)
{
    return s->kind == SEARCH_RIGHTS && (flags & s->set) == s->set && !(flags & s->clear);
}

/* ---- pages ---- */

struct finder {
    const struct search *s;
    uint64_t after;
    uint64_t end; /* behind the last page that was a hit: what follows it belongs to it */
    bool running; /* there was one */
    struct search_hit *hit;
    uint64_t first;
};

static void note(struct finder *f, uint64_t la)
{
    if (!f->hit->count++)
        f->first = la;
    if (!f->hit->number && f->after != UINT64_MAX && la > f->after) {
        f->hit->number = f->hit->count;
        f->hit->la = la;
    }
}

static bool look_at_page(void *user, const struct space_page *page)
{
    struct finder *f = user;
    const struct search *s = f->s;
    if (!page->size)
        return true;
    if (s->kind == SEARCH_FRAME) {
        if (s->pa >= page->pa && s->pa - page->pa < page->size)
            note(f, page->la + (s->pa - page->pa));
    } else if (search_marks(s, page->flags)) {
        if (!f->running || f->end != page->la)
            note(f, page->la);
        f->running = true;
        f->end = page->la + page->size;
    }
    return true;
}

/* ---- symbols ---- */

/* Where a symbol is now: a 32-bit file of a 64-bit kernel has the low halves of its addresses. */
static uint64_t place_of(libcpu *m, const struct snapshot *regs, unsigned paging, uint64_t la)
{
    struct space_page page;
    uint64_t high = la | UINT64_C(0xffffffff00000000);
    if (paging < LIBCPU_PAGING_4LEVEL || la >> 31 != 1)
        return la;
    return !space_lookup(m, regs->cr3, paging, la, &page) &&
                   space_lookup(m, regs->cr3, paging, high, &page)
               ? high
               : la;
}

static void look_at_symbols(struct finder *f, libcpu *m, const struct snapshot *regs,
                            const struct symbols *symbols)
{
    size_t cursor = 0;
    const struct symbol *e;
    unsigned paging = space_paging(regs);
    while ((e = symbols_find(symbols, f->s->name, &cursor))) {
        uint64_t la = place_of(m, regs, paging, e->la);
        note(f, la);
        /* The first answer is the name itself, if there is one. */
        if (f->after == UINT64_MAX && !f->hit->number && strcmp(e->name, f->s->name) == 0) {
            f->hit->number = f->hit->count;
            f->hit->la = la;
        }
    }
}

bool search_next(const struct search *s, libcpu *m, const struct snapshot *regs,
                 const struct symbols *symbols, uint64_t after, struct search_hit *hit)
{
    struct finder f = {.s = s, .after = after, .hit = hit};
    memset(hit, 0, sizeof(*hit));
    if (s->kind == SEARCH_SYMBOL)
        look_at_symbols(&f, m, regs, symbols);
    else if (s->kind != SEARCH_NONE)
        space_each(m, regs->cr3, space_paging(regs), look_at_page, &f);
    if (hit->count && !hit->number) {
        hit->la = f.first;
        hit->number = 1;
    }
    if (s->kind == SEARCH_SYMBOL && hit->count) {
        const struct symbol *e = symbols_at(symbols, hit->la);
        hit->name = e ? e->name : s->name;
    }
    return hit->count != 0;
}
