/*
 * adapter.c - see adapter.h: engine, memory, registers, running, contexts.  Hooks: adapter_hook.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "adapter_engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RAM = 256 << 20, /* bytes; committed when they are touched */
    SLICE = 1000000, /* instructions between two looks at the host's clock */
    FIRST_SAVED = LIBCPU_REG_FCW,
};

/* ---- the engine ---- */

unsigned uc_version(unsigned *major, unsigned *minor)
{
    uint32_t v = libcpu_version();
    if (major)
        *major = v >> 16;
    if (minor)
        *minor = v >> 8 & 0xff;
    return v;
}

const char *uc_strerror(uc_err code)
{
    static const char *const text[] = {
#define UC_ERR_TEXT(name, text) text,
        UC_ERR_MAP(UC_ERR_TEXT)
#undef UC_ERR_TEXT
    };
    return (size_t)code < sizeof(text) / sizeof(*text) ? text[code] : "unknown error";
}

static enum libcpu_bare_mode bare_mode(uc_mode mode)
{
    switch (mode) {
    case UC_MODE_16: return LIBCPU_BARE_REAL16;
    case UC_MODE_32: return LIBCPU_BARE_PROT32;
    default: return LIBCPU_BARE_KERNEL64;
    }
}

uc_err uc_open(uc_arch arch, uc_mode mode, uc_engine **out)
{
    struct libcpu_config config;
    if (arch != UC_ARCH_X86)
        return UC_ERR_ARCH;
    if (mode != UC_MODE_16 && mode != UC_MODE_32 && mode != UC_MODE_64)
        return UC_ERR_MODE;
    uc_engine *uc = calloc(1, sizeof(*uc));
    if (!uc)
        return UC_ERR_NOMEM;
    uc->mode = mode;
    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    config.ram_size = RAM;
    if (libcpu_create(&config, &uc->m) || libcpu_bare(uc->m, bare_mode(mode)) ||
        !adapter_add_ports(uc)) {
        uc_close(uc);
        return UC_ERR_NOMEM;
    }
    *out = uc;
    return UC_ERR_OK;
}

uc_err uc_close(uc_engine *uc)
{
    libcpu_destroy(uc->m);
    adapter_free_hooks(uc);
    free(uc);
    return UC_ERR_OK;
}

uc_err uc_query(uc_engine *uc, uc_query_type type, size_t *result)
{
    switch (type) {
    case UC_QUERY_MODE: *result = uc->mode; return UC_ERR_OK;
    case UC_QUERY_PAGE_SIZE: *result = 4096; return UC_ERR_OK;
    case UC_QUERY_ARCH: *result = UC_ARCH_X86; return UC_ERR_OK;
    default: return UC_ERR_ARG;
    }
}

/* ---- memory ---- */

static uc_err of_mapping(enum libcpu_err err)
{
    switch (err) {
    case LIBCPU_ERR_OK: return UC_ERR_OK;
    case LIBCPU_ERR_INVALID: return UC_ERR_ARG;
    case LIBCPU_ERR_NOMEM: return UC_ERR_NOMEM;
    default: return UC_ERR_MAP;
    }
}

uc_err uc_mem_map(uc_engine *uc, uint64_t address, size_t size, uint32_t perms)
{
    return of_mapping(libcpu_map(uc->m, address, size, perms));
}

uc_err uc_mem_unmap(uc_engine *uc, uint64_t address, size_t size)
{
    return of_mapping(libcpu_unmap(uc->m, address, size));
}

uc_err uc_mem_protect(uc_engine *uc, uint64_t address, size_t size, uint32_t perms)
{
    return of_mapping(libcpu_protect(uc->m, address, size, perms));
}

uc_err uc_mem_write(uc_engine *uc, uint64_t address, const void *bytes, size_t size)
{
    return libcpu_linear_write(uc->m, address, bytes, size) ? UC_ERR_WRITE_UNMAPPED : UC_ERR_OK;
}

uc_err uc_mem_read(uc_engine *uc, uint64_t address, void *bytes, size_t size)
{
    return libcpu_linear_read(uc->m, address, bytes, size) ? UC_ERR_READ_UNMAPPED : UC_ERR_OK;
}

/* ---- registers ---- */

static const struct reg {
    enum libcpu_reg reg;
    unsigned bytes, shift;
} regs[] = {{LIBCPU_REG_RAX, 0, 0},
#define UC_REG_ROW(name, reg, bytes, shift) {LIBCPU_REG_##reg, bytes, shift},
            UC_REG_MAP(UC_REG_ROW)
#undef UC_REG_ROW
};

static const struct reg *reg_of(int regid)
{
    return regid > UC_X86_REG_INVALID && regid < UC_X86_REG_ENDING ? &regs[regid] : NULL;
}

/* Parts of a register leave the rest of it. */
uc_err uc_reg_write(uc_engine *uc, int regid, const void *value)
{
    uint8_t whole[16];
    const struct reg *r = reg_of(regid);
    if (!r || libcpu_reg_get(uc->m, r->reg, whole, libcpu_reg_size(r->reg)))
        return UC_ERR_ARG;
    size_t size = libcpu_reg_size(r->reg), n = r->bytes < size ? r->bytes : size;
    memcpy(whole + r->shift / 8, value, n);
    return libcpu_reg_set(uc->m, r->reg, whole, size) ? UC_ERR_ARG : UC_ERR_OK;
}

uc_err uc_reg_read(uc_engine *uc, int regid, void *value)
{
    uint8_t whole[16];
    const struct reg *r = reg_of(regid);
    if (!r || libcpu_reg_get(uc->m, r->reg, whole, libcpu_reg_size(r->reg)))
        return UC_ERR_ARG;
    memcpy(value, whole + r->shift / 8, r->bytes);
    return UC_ERR_OK;
}

uc_err uc_reg_write_batch(uc_engine *uc, int *ids, void *const *vals, int count)
{
    uc_err err = UC_ERR_OK;
    for (int i = 0; i < count && !err; i++)
        err = uc_reg_write(uc, ids[i], vals[i]);
    return err;
}

uc_err uc_reg_read_batch(uc_engine *uc, int *ids, void **vals, int count)
{
    uc_err err = UC_ERR_OK;
    for (int i = 0; i < count && !err; i++)
        err = uc_reg_read(uc, ids[i], vals[i]);
    return err;
}

/* ---- running ---- */

/* A page fault's error code tells what was tried, and whether the page is there. */
uc_mem_type adapter_fault_type(uint64_t error_code)
{
    bool there = error_code & 1, write = error_code & 2, fetch = error_code & 16;
    if (fetch)
        return there ? UC_MEM_FETCH_PROT : UC_MEM_FETCH_UNMAPPED;
    if (write)
        return there ? UC_MEM_WRITE_PROT : UC_MEM_WRITE_UNMAPPED;
    return there ? UC_MEM_READ_PROT : UC_MEM_READ_UNMAPPED;
}

static uc_err of_exception(const struct libcpu_stop *why)
{
    enum { UNDEFINED = 6, PAGE_FAULT = 14 };
    if (why->vector == UNDEFINED)
        return UC_ERR_INSN_INVALID;
    if (why->vector != PAGE_FAULT)
        return UC_ERR_EXCEPTION;
    switch (adapter_fault_type(why->error_code)) {
    case UC_MEM_FETCH_PROT: return UC_ERR_FETCH_PROT;
    case UC_MEM_FETCH_UNMAPPED: return UC_ERR_FETCH_UNMAPPED;
    case UC_MEM_WRITE_PROT: return UC_ERR_WRITE_PROT;
    case UC_MEM_WRITE_UNMAPPED: return UC_ERR_WRITE_UNMAPPED;
    case UC_MEM_READ_PROT: return UC_ERR_READ_PROT;
    default: return UC_ERR_READ_UNMAPPED;
    }
}

static uc_err of_stop(const struct libcpu_stop *why)
{
    switch (why->reason) {
    case LIBCPU_STOP_EXCEPTION: return of_exception(why);
    case LIBCPU_STOP_SYSCALL:
    case LIBCPU_STOP_TRIPLE_FAULT: return UC_ERR_EXCEPTION;
    default: return UC_ERR_OK;
    }
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uc_err uc_emu_start(uc_engine *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)
{
    struct libcpu_stop why = {.reason = LIBCPU_STOP_BUDGET};
    uint64_t left = count ? count : UINT64_MAX, end = timeout ? now_us() + timeout : UINT64_MAX;
    if (libcpu_reg_set(uc->m, LIBCPU_REG_RIP, &begin, sizeof(begin)))
        return UC_ERR_ARG;
    uc->fault_rip = 0;
    while (why.reason == LIBCPU_STOP_BUDGET && left && now_us() < end) {
        uint64_t n = timeout && left > SLICE ? SLICE : left;
        if (libcpu_run_until(uc->m, until, n, &why))
            return UC_ERR_ARG;
        left -= why.insns < left ? why.insns : left;
    }
    return of_stop(&why);
}

uc_err uc_emu_stop(uc_engine *uc)
{
    libcpu_request_stop(uc->m);
    return UC_ERR_OK;
}

/* ---- contexts: everything that computing changes, but not memory ---- */

struct uc_context {
    uint8_t general[LIBCPU_REG_RFLAGS + 1][8];
    uint8_t other[LIBCPU_REG_YMM15 + 1 - FIRST_SAVED][32];
    uint64_t fs_base, gs_base;
};

uc_err uc_context_alloc(uc_engine *uc, uc_context **context)
{
    (void)uc;
    *context = calloc(1, sizeof(**context));
    return *context ? UC_ERR_OK : UC_ERR_NOMEM;
}

uc_err uc_context_free(uc_context *context)
{
    free(context);
    return UC_ERR_OK;
}

static bool is_saved(unsigned reg)
{
    return reg >= FIRST_SAVED && reg != LIBCPU_REG_XCR0;
}

uc_err uc_context_save(uc_engine *uc, uc_context *c)
{
    enum libcpu_err err = 0;
    for (unsigned r = 0; r <= LIBCPU_REG_RFLAGS; r++)
        err |= libcpu_reg_get(uc->m, r, c->general[r], 8);
    for (unsigned r = FIRST_SAVED; r <= LIBCPU_REG_YMM15; r++)
        if (is_saved(r))
            err |= libcpu_reg_get(uc->m, r, c->other[r - FIRST_SAVED], libcpu_reg_size(r));
    c->fs_base = libcpu_reg(uc->m, LIBCPU_REG_FS_BASE);
    c->gs_base = libcpu_reg(uc->m, LIBCPU_REG_GS_BASE);
    return err ? UC_ERR_ARG : UC_ERR_OK;
}

uc_err uc_context_restore(uc_engine *uc, uc_context *c)
{
    enum libcpu_err err = 0;
    for (unsigned r = 0; r <= LIBCPU_REG_RFLAGS; r++)
        err |= libcpu_reg_set(uc->m, r, c->general[r], 8);
    for (unsigned r = FIRST_SAVED; r <= LIBCPU_REG_YMM15; r++)
        if (is_saved(r))
            err |= libcpu_reg_set(uc->m, r, c->other[r - FIRST_SAVED], libcpu_reg_size(r));
    err |= libcpu_reg_set(uc->m, LIBCPU_REG_FS_BASE, &c->fs_base, 8);
    err |= libcpu_reg_set(uc->m, LIBCPU_REG_GS_BASE, &c->gs_base, 8);
    return err ? UC_ERR_ARG : UC_ERR_OK;
}
