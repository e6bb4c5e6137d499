/*
 * place.c - the pieces of one image: added in any order, kept sorted, written together.
 */
#include "loader/place.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LABEL_SIZE = 48, NAME_SHOWN = 96 };

void lc_load_init(struct lc_load *l, struct lc_phys *p, const struct lc_image_request *r,
                  struct lc_error *e)
{
    memset(l, 0, sizeof(*l));
    l->p = p;
    l->r = r;
    l->e = e;
}

void lc_load_fini(struct lc_load *l)
{
    lc_alloc_free(l->p->alloc, l->piece, l->cap * sizeof(*l->piece));
    while (l->buffers) {
        l->buffers--;
        lc_alloc_free(l->p->alloc, l->buffer[l->buffers], l->buffer_size[l->buffers]);
    }
    l->piece = NULL;
}

enum libcpu_err lc_load_fail(struct lc_load *l, enum libcpu_err code, const char *fmt, ...)
{
    char text[sizeof(l->e->text)];
    const char *name = l->r->name;
    const size_t len = strlen(name);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len > NAME_SHOWN)
        return lc_fail(l->e, code, "...%s: %s", name + len - NAME_SHOWN, text);
    return lc_fail(l->e, code, "%s: %s", name, text);
}

uint8_t *lc_load_buffer(struct lc_load *l, uint64_t size)
{
    uint8_t *buffer = size <= SIZE_MAX ? lc_alloc_zero(l->p->alloc, (size_t)size, 1) : NULL;

    if (!buffer) {
        lc_load_fail(l, LIBCPU_ERR_NOMEM,
                     "out of memory for 0x%" PRIx64 " bytes of boot information", size);
        return NULL;
    }
    l->buffer[l->buffers] = buffer;
    l->buffer_size[l->buffers++] = (size_t)size;
    return buffer;
}

uint64_t lc_ram_end(const struct lc_phys *p, uint64_t addr)
{
    const struct lc_phys_region *region = lc_phys_find(p, addr);

    while (region && !region->rom) {
        addr = region->base + region->len;
        region = lc_phys_find(p, addr);
    }
    return addr;
}

/* The lowest address after `addr` where a RAM region begins. */
static bool next_ram(const struct lc_phys *p, uint64_t addr, uint64_t *base)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->region[i].base > addr && !p->region[i].rom) {
            *base = p->region[i].base;
            return true;
        }
    }
    return false;
}

/* Index of the first piece that ends after `addr`; l->count when none does. */
static size_t piece_after(const struct lc_load *l, uint64_t addr)
{
    size_t lo = 0, hi = l->count;

    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;

        if (l->piece[mid].addr + l->piece[mid].len > addr)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static const char *label(const struct lc_piece *piece, char text[LABEL_SIZE])
{
    if (piece->index == LC_NO_INDEX)
        return piece->what;
    snprintf(text, LABEL_SIZE, "%s %d", piece->what, piece->index);
    return text;
}

static enum libcpu_err check_ram(struct lc_load *l, const struct lc_piece *piece)
{
    char name[LABEL_SIZE];
    uint64_t end;

    if (lc_add_u64(piece->addr, piece->len, &end) && lc_ram_end(l->p, piece->addr) >= end)
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_RANGE,
                        "%s: address 0x%" PRIx64 ", length 0x%" PRIx64 ": not all of it is RAM",
                        label(piece, name), piece->addr, piece->len);
}

static enum libcpu_err fail_overlap(struct lc_load *l, const struct lc_piece *piece,
                                    const struct lc_piece *other)
{
    char name[LABEL_SIZE], other_name[LABEL_SIZE];

    return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                        "%s: address 0x%" PRIx64 ", length 0x%" PRIx64 ": overlaps %s (0x%" PRIx64
                        ", length 0x%" PRIx64 ")",
                        label(piece, name), piece->addr, piece->len, label(other, other_name),
                        other->addr, other->len);
}

/* Room for one more piece. */
static enum libcpu_err grow(struct lc_load *l, const struct lc_piece *piece)
{
    const size_t cap = l->cap ? l->cap * 2 : 16;
    char name[LABEL_SIZE];
    struct lc_piece *grown;

    if (l->count < l->cap)
        return LIBCPU_ERR_OK;
    if (l->count == LC_PLAN_MAX)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED, "%s: more than %d things to place",
                            label(piece, name), LC_PLAN_MAX);
    grown = lc_alloc_resize(l->p->alloc, l->piece, l->cap * sizeof(*grown), cap * sizeof(*grown));
    if (!grown)
        return lc_load_fail(l, LIBCPU_ERR_NOMEM, "%s: out of memory", label(piece, name));
    l->piece = grown;
    l->cap = cap;
    return LIBCPU_ERR_OK;
}

enum libcpu_err lc_load_add(struct lc_load *l, const struct lc_piece *piece)
{
    const size_t at = piece_after(l, piece->addr);
    enum libcpu_err err = check_ram(l, piece);

    if (err)
        return err;
    if (at < l->count && l->piece[at].addr < piece->addr + piece->len)
        return fail_overlap(l, piece, &l->piece[at]);
    err = grow(l, piece);
    if (err)
        return err;
    memmove(&l->piece[at + 1], &l->piece[at], (l->count - at) * sizeof(*piece));
    l->piece[at] = *piece;
    l->count++;
    return LIBCPU_ERR_OK;
}

bool lc_load_find(const struct lc_load *l, uint64_t lo, uint64_t hi, uint64_t len, uint64_t align,
                  uint64_t *addr)
{
    uint64_t at = lo;

    for (;;) {
        size_t i;

        if (!lc_add_u64(at, align - 1, &at))
            return false;
        at &= ~(align - 1);
        if (at > hi || len > hi - at)
            return false;
        i = piece_after(l, at);
        if (i < l->count && l->piece[i].addr < at + len) {
            at = l->piece[i].addr + l->piece[i].len;
        } else if (lc_ram_end(l->p, at) >= at + len) {
            *addr = at;
            return true;
        } else if (!next_ram(l->p, at, &at)) {
            return false;
        }
    }
}

uint64_t lc_load_end(const struct lc_load *l)
{
    const struct lc_piece *last = l->count ? &l->piece[l->count - 1] : NULL;

    return last ? last->addr + last->len : 0;
}

/* Zero [addr, end). What is zero already is only read, so that the host need not commit it. */
static void write_zeros(struct lc_phys *p, uint64_t addr, uint64_t end)
{
    static const uint8_t zeros[LC_PAGE_SIZE];
    uint8_t now[LC_PAGE_SIZE];

    while (addr < end) {
        const uint64_t page_left = LC_PAGE_SIZE - (addr & (LC_PAGE_SIZE - 1));
        const uint64_t len = page_left < end - addr ? page_left : end - addr;

        if (lc_phys_read(p, addr, now, len) && memcmp(now, zeros, (size_t)len) != 0)
            (void)lc_phys_write(p, addr, zeros, len, false);
        addr += len;
    }
}

void lc_load_commit(struct lc_load *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct lc_piece *piece = &l->piece[i];

        if (piece->data_len)
            (void)lc_phys_write(l->p, piece->addr, piece->data, piece->data_len, false);
        write_zeros(l->p, piece->addr + piece->data_len, piece->addr + piece->len);
    }
}
