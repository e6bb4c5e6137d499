/*
 * api_memory.c - libcpu/memory.h: guest memory and translation from outside.
 */
#include "machine/machine.h"

enum libcpu_err libcpu_phys_read(libcpu *m, uint64_t pa, void *buf, size_t size)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!buf && size)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "physical memory: the buffer is NULL");
    if (!lc_phys_read(&m->phys, pa, buf, size))
        return lc_machine_fail(m, LIBCPU_ERR_UNMAPPED,
                               "physical memory: 0x%llx + 0x%zx bytes: not all of it is memory",
                               (unsigned long long)pa, size);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_phys_write(libcpu *m, uint64_t pa, const void *buf, size_t size)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!buf && size)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "physical memory: the buffer is NULL");
    if (!lc_phys_write(&m->phys, pa, buf, size, true))
        return lc_machine_fail(m, LIBCPU_ERR_UNMAPPED,
                               "physical memory: 0x%llx + 0x%zx bytes: not all of it is memory",
                               (unsigned long long)pa, size);
    return LIBCPU_ERR_OK;
}

/* ---- translation ---- */

static uint32_t access_bits(struct lc_walk_access a)
{
    return (a.write ? LIBCPU_ACCESS_WRITE : 0u) | (a.fetch ? LIBCPU_ACCESS_FETCH : 0u) |
           (a.user ? LIBCPU_ACCESS_USER : 0u) | (a.smap_ok ? LIBCPU_ACCESS_AC : 0u);
}

void lc_walk_public(const struct lc_cpu *c, uint64_t la, struct lc_walk_access access,
                    const struct lc_walk *w, struct libcpu_walk *out)
{
    *out = (struct libcpu_walk){
        .la = la,
        .pa = w->ok ? w->pa : 0,
        .cr3 = c->cr3,
        .error_code = w->ok ? 0 : w->error,
        .ok = w->ok,
        .paging = (uint8_t)c->paging.mode,
        .page_shift = w->page_shift,
        .writable = w->writable,
        .user = w->user,
        .executable = w->executable,
        .global = w->global,
        .dirty = w->dirty,
        .steps = w->steps,
        .access = (uint8_t)access_bits(access),
        .canonical = 1,
    };
    for (unsigned i = 0; i < w->steps; i++) {
        const struct lc_walk_step *s = &w->step[i];
        out->step[i] = (struct libcpu_walk_step){
            .level = s->level,
            .entry_size = s->entry_size,
            .verdict = (uint8_t)s->verdict,
            .entry_pa = s->entry_pa,
            .value = s->value,
            .updated = s->updated,
        };
    }
}

/* Outside IA-32e mode linear addresses have 32 bits. */
static bool address_exists(const struct lc_cpu *c, uint64_t la)
{
    return lc_long_mode(c) ? lc_cpu_canonical(c, la) : la <= 0xffffffff;
}

enum libcpu_err libcpu_translate(libcpu *m, uint64_t la, uint32_t access, struct libcpu_walk *walk)
{
    const uint32_t all =
        LIBCPU_ACCESS_WRITE | LIBCPU_ACCESS_FETCH | LIBCPU_ACCESS_USER | LIBCPU_ACCESS_AC;
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!walk)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "translate: the struct is NULL");
    if (access & ~all)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "translate: access 0x%x has unknown bits",
                               access);
    struct lc_walk_access a = {
        .write = (access & LIBCPU_ACCESS_WRITE) != 0,
        .fetch = (access & LIBCPU_ACCESS_FETCH) != 0,
        .user = (access & LIBCPU_ACCESS_USER) != 0,
        .smap_ok = (access & LIBCPU_ACCESS_AC) != 0,
    };
    struct lc_walk w = {0};
    if (!address_exists(m->cpu, la)) {
        *walk = (struct libcpu_walk){.la = la,
                                     .cr3 = m->cpu->cr3,
                                     .paging = (uint8_t)m->cpu->paging.mode,
                                     .access = (uint8_t)access};
        return LIBCPU_ERR_OK;
    }
    lc_walk(&m->phys, &m->cpu->paging, la, a, &w);
    lc_walk_public(m->cpu, la, a, &w, walk);
    return LIBCPU_ERR_OK;
}

/* ---- linear memory ---- */

/* Physical address of la for the embedder: rights do not matter, presence does. */
static bool embedder_pa(libcpu *m, uint64_t la, uint64_t *pa)
{
    struct lc_walk w;
    struct lc_paging pg = m->cpu->paging;
    pg.smap = pg.smep = false;
    if (!address_exists(m->cpu, la))
        return false;
    if (!lc_walk(&m->phys, &pg, la, (struct lc_walk_access){0}, &w))
        return false;
    *pa = w.pa;
    return true;
}

/* Call `piece` for each part of [la, la+size) that lies in one page. */
static bool each_page(libcpu *m, uint64_t la, size_t size,
                      bool (*piece)(libcpu *m, uint64_t pa, uint8_t *at, size_t len), uint8_t *buf)
{
    while (size) {
        uint64_t pa;
        size_t room = LC_PAGE_SIZE - (size_t)(la & ~LC_PAGE_MASK), len = size < room ? size : room;
        if (!embedder_pa(m, la, &pa) || !piece(m, pa, buf, len))
            return false;
        la += len;
        size -= len;
        buf = buf ? buf + len : NULL;
    }
    return true;
}

static bool piece_check(libcpu *m, uint64_t pa, uint8_t *at, size_t len)
{
    (void)at;
    return lc_phys_is_memory(&m->phys, pa, len);
}

static bool piece_read(libcpu *m, uint64_t pa, uint8_t *at, size_t len)
{
    return lc_phys_read(&m->phys, pa, at, len);
}

static bool piece_write(libcpu *m, uint64_t pa, uint8_t *at, size_t len)
{
    return lc_phys_write(&m->phys, pa, at, len, true);
}

static enum libcpu_err check_linear(libcpu *m, uint64_t la, const void *buf, size_t size)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (!buf && size)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "linear memory: the buffer is NULL");
    if (size && la + size - 1 < la)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "linear memory: 0x%llx + 0x%zx bytes wrap",
                               (unsigned long long)la, size);
    if (!each_page(m, la, size, piece_check, NULL))
        return lc_machine_fail(
            m, LIBCPU_ERR_UNMAPPED,
            "linear memory: 0x%llx + 0x%zx bytes: not all of it is mapped memory",
            (unsigned long long)la, size);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_linear_read(libcpu *m, uint64_t la, void *buf, size_t size)
{
    enum libcpu_err err = check_linear(m, la, buf, size);
    if (!err)
        each_page(m, la, size, piece_read, buf);
    return err;
}

enum libcpu_err libcpu_linear_write(libcpu *m, uint64_t la, const void *buf, size_t size)
{
    enum libcpu_err err = check_linear(m, la, buf, size);
    if (!err)
        each_page(m, la, size, piece_write, (uint8_t *)(uintptr_t)buf);
    return err;
}

uint64_t libcpu_ram_size(const libcpu *m)
{
    return m ? m->ram_size : 0;
}
