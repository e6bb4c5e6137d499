/*
 * api_image.c - libcpu/image.h: files and bytes to a machine ready to start.
 */
#include "loader/loader.h"

#include "machine/machine.h"

#include <errno.h>
#include <stdio.h>

enum { MAX_MODULES = 64 };
#define MAX_FILE (UINT64_C(1) << 32) /* bytes */

void libcpu_image_init_sized(struct libcpu_image_options *options, size_t size)
{
    const struct libcpu_image_options defaults = {.struct_size = (uint32_t)size,
                                                  .mode = LIBCPU_BOOT_PROT32};
    if (!options)
        return;
    memset(options, 0, size);
    memcpy(options, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

/* The caller's options, filled up with defaults where his struct is older. */
static enum libcpu_err take_options(libcpu *m, const struct libcpu_image_options *given,
                                    struct libcpu_image_options *o)
{
    libcpu_image_init(o);
    if (!given)
        return LIBCPU_ERR_OK;
    if (given->struct_size < 8 || given->struct_size > sizeof(*o))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "image options: struct_size %u: use libcpu_image_init()",
                               given->struct_size);
    memcpy(o, given, given->struct_size);
    if (o->module_count > MAX_MODULES)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "image options: module_count %u: at most %d",
                               o->module_count, MAX_MODULES);
    if (o->module_count && !o->modules)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "image options: modules is NULL");
    return LIBCPU_ERR_OK;
}

/* ---- registers for the first instruction ---- */

static void flat_segments(struct lc_cpu *c, const struct lc_boot_state *b, uint16_t code_attr)
{
    const uint16_t data = LC_SEG_P | LC_SEG_S | LC_SEG_WRITABLE | LC_SEG_ACCESSED | LC_SEG_G;
    for (unsigned i = 0; i < LC_SEGS; i++)
        c->seg[i] = (struct lc_seg){.sel = b->ds ? b->ds : 0x10,
                                    .attr = data | LC_SEG_DB,
                                    .limit = 0xffffffff,
                                    .usable = true};
    c->seg[LC_CS].sel = b->cs ? b->cs : 0x08;
    c->seg[LC_CS].attr = (uint16_t)(data | LC_SEG_CODE | code_attr);
}

static void real_segments(struct lc_cpu *c)
{
    for (unsigned i = 0; i < LC_SEGS; i++) {
        c->seg[i].sel = 0;
        c->seg[i].base = 0;
    }
}

static void apply_boot(struct lc_cpu *c, const struct lc_boot_state *b)
{
    lc_cpu_reset(c);
    switch (b->mode) {
    case LC_BOOT_RESET: break;
    case LC_BOOT_REAL16: real_segments(c); break;
    case LC_BOOT_PROT32:
        flat_segments(c, b, LC_SEG_DB);
        c->cr0 = LC_CR0_PE | LC_CR0_ET;
        break;
    case LC_BOOT_LONG64:
        flat_segments(c, b, LC_SEG_L);
        c->cr0 = LC_CR0_PE | LC_CR0_ET | LC_CR0_PG;
        c->cr4 = LC_CR4_PAE;
        c->efer = LC_EFER_LME | LC_EFER_LMA;
        c->cr3 = b->cr3;
        break;
    }
    if (b->mode != LC_BOOT_RESET) {
        c->rip = b->rip;
        c->gpr[LC_RDX] = b->rdx;
    }
    if (b->gdt)
        c->gdtr = (struct lc_table_reg){.base = b->gdt, .limit = b->gdt_limit};
    c->gpr[LC_RAX] = b->rax;
    c->gpr[LC_RBX] = b->rbx;
    c->gpr[LC_RSI] = b->rsi;
    c->gpr[LC_RSP] = b->rsp;
    lc_cpu_derive(c);
}

/* ---- loading ---- */

/* An operating system, started as if by firmware that has left its tables. */
static bool is_system(enum lc_image_format f)
{
    return f == LC_IMAGE_LINUX || f == LC_IMAGE_LINUX32 || f == LC_IMAGE_PVH ||
           f == LC_IMAGE_MULTIBOOT;
}

static enum libcpu_err load(libcpu *m, struct lc_blob data, const struct libcpu_image_options *o,
                            const char *name)
{
    struct lc_image_module modules[MAX_MODULES];
    struct lc_boot_state boot;
    for (unsigned i = 0; i < o->module_count; i++) {
        const struct libcpu_module *mod = &o->modules[i];
        if (!mod->data && mod->size)
            return lc_machine_fail(m, LIBCPU_ERR_INVALID, "image options: module %u: data is NULL",
                                   i);
        modules[i] = (struct lc_image_module){.data = {mod->data, mod->size},
                                              .cmdline = mod->cmdline ? mod->cmdline : ""};
    }
    struct lc_image_request r = {
        .format = (enum lc_image_format)o->format,
        .name = o->name ? o->name : name,
        .data = data,
        .cmdline = o->cmdline ? o->cmdline : "",
        .modules = modules,
        .module_count = o->module_count,
        .addr = o->addr,
        .mode = (enum lc_boot_mode)o->mode,
        .rsdp = lc_board_acpi_root(m),
        .vga = m->config.board == LIBCPU_BOARD_PC,
    };
    enum libcpu_err err = lc_image_load(&m->phys, &r, &boot, &m->error);
    if (!err) {
        lc_cpu_set_a20(m->cpu, true);
        apply_boot(m->cpu, &boot);
        if (is_system(boot.format) && r.rsdp)
            lc_board_write_acpi(m);
        m->guest_stop = LIBCPU_STOP_NONE;
    }
    return err;
}

static enum libcpu_err may_load(libcpu *m)
{
    lc_machine_clear(m);
    if (m->running)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "load: the machine is running");
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_load_mem(libcpu *m, const void *data, size_t size,
                                const struct libcpu_image_options *options)
{
    struct libcpu_image_options o;
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = may_load(m);
    if (!err && !data && size)
        err = lc_machine_fail(m, LIBCPU_ERR_INVALID, "load: the image is NULL");
    if (!err)
        err = take_options(m, options, &o);
    return err ? err : load(m, (struct lc_blob){data, size}, &o, "image");
}

/* Read a whole file into memory of the machine's allocator. */
static enum libcpu_err read_file(libcpu *m, const char *path, FILE *f, uint8_t **data, size_t *size,
                                 size_t *cap)
{
    for (;;) {
        if (*size == *cap) {
            size_t grown = *cap ? 2 * *cap : 65536;
            uint8_t *p = grown > MAX_FILE ? NULL : lc_alloc_resize(&m->alloc, *data, *cap, grown);
            if (!p)
                return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "%s: size above %zu: no memory for it",
                                       path, *size);
            *data = p;
            *cap = grown;
        }
        size_t n = fread(*data + *size, 1, *cap - *size, f);
        *size += n;
        if (n == 0)
            break;
    }
    if (ferror(f))
        return lc_machine_fail(m, LIBCPU_ERR_IO, "%s: reading failed: %s", path, strerror(errno));
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_load_file(libcpu *m, const char *path,
                                 const struct libcpu_image_options *options)
{
    struct libcpu_image_options o;
    uint8_t *data = NULL;
    size_t size = 0, cap = 0;
    if (!m)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = may_load(m);
    if (!err && !path)
        err = lc_machine_fail(m, LIBCPU_ERR_INVALID, "load: the path is NULL");
    if (!err)
        err = take_options(m, options, &o);
    if (err)
        return err;
    FILE *f = fopen(path, "rb");
    if (!f)
        return lc_machine_fail(m, LIBCPU_ERR_NOFILE, "%s: cannot open: %s", path, strerror(errno));
    err = read_file(m, path, f, &data, &size, &cap);
    fclose(f);
    if (!err)
        err = load(m, (struct lc_blob){data, size}, &o, path);
    lc_alloc_free(&m->alloc, data, cap);
    return err;
}
