/*
 * loader.c - the table of image formats: recognise, check, place.
 */
#include "loader/loader.h"

#include "loader/formats.h"

struct format {
    enum lc_image_format id;
    const char *name;
    bool (*probe)(const struct lc_blob *b); /* NULL: only when asked for */
    enum libcpu_err (*load)(struct lc_load *l);
    bool takes_modules; /* and a command line */
};

/* In the order in which they are probed. A Multiboot kernel is usually an ELF file as well, a
 * Linux kernel begins with a boot sector, and a bootable disk image may have any size, so that the
 * more telling sign comes first. */
static const struct format formats[] = {
    {LC_IMAGE_MULTIBOOT, "multiboot", lc_multiboot_probe, lc_multiboot_load, true},
    {LC_IMAGE_LINUX, "linux", lc_bzimage_probe, lc_bzimage_load, true},
    {LC_IMAGE_LINUX32, "linux32", NULL, lc_bzimage_load, true},
    {LC_IMAGE_PVH, "pvh", lc_pvh_probe, lc_pvh_load, true},
    {LC_IMAGE_ELF, "elf", lc_elf_probe, lc_elf_load, false},
    {LC_IMAGE_BOOT_SECTOR, "boot-sector", lc_bootsector_probe, lc_bootsector_load, false},
    {LC_IMAGE_BIOS, "bios", lc_bios_probe, lc_bios_load, false},
    {LC_IMAGE_FLAT, "flat", NULL, lc_flat_load, false},
};

static const struct format *find_format(enum lc_image_format id)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(formats); i++) {
        if (formats[i].id == id)
            return &formats[i];
    }
    return NULL;
}

static const struct format *probe(const struct lc_blob *b)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(formats); i++) {
        if (formats[i].probe && formats[i].probe(b))
            return &formats[i];
    }
    return NULL;
}

/* Only operating systems have a place for a command line and modules. */
static enum libcpu_err check_wishes(struct lc_load *l, const struct format *f)
{
    if (f->takes_modules)
        return LIBCPU_ERR_OK;
    if (l->r->module_count)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED, "modules %zu: format %s takes none",
                            l->r->module_count, f->name);
    if (l->r->cmdline[0])
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "command line \"%.64s\": format %s takes none", l->r->cmdline, f->name);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err load(struct lc_load *l)
{
    const struct lc_image_request *r = l->r;
    const struct format *f;
    enum libcpu_err err;

    if (!r->data.size)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT, "size 0: the image is empty");
    f = r->format == LC_IMAGE_AUTO ? probe(&r->data) : find_format(r->format);
    if (!f && r->format == LC_IMAGE_AUTO)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "not recognised as Linux, ELF, Multiboot, boot sector or BIOS ROM");
    if (!f)
        return lc_load_fail(l, LIBCPU_ERR_INVALID, "format %d: no such format", (int)r->format);
    err = check_wishes(l, f);
    if (err)
        return err;
    l->boot.format = f->id;
    return f->load(l);
}

enum libcpu_err lc_image_load(struct lc_phys *p, const struct lc_image_request *r,
                              struct lc_boot_state *boot, struct lc_error *e)
{
    struct lc_load l;
    enum libcpu_err err;

    lc_load_init(&l, p, r, e);
    err = load(&l);
    if (!err) {
        lc_load_commit(&l);
        *boot = l.boot;
    }
    lc_load_fini(&l);
    return err;
}

const char *lc_image_format_name(enum lc_image_format f)
{
    const struct format *row = find_format(f);

    if (f == LC_IMAGE_AUTO)
        return "auto";
    return row ? row->name : NULL;
}
