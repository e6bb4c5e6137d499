/*
 * bzimage.c - Linux kernels: the setup header, and where kernel and initrd go.
 *
 * Documentation/x86/boot.rst of the kernel: "The Real-Mode Kernel Header", "32-bit Boot Protocol",
 * "64-bit Boot Protocol".  The real-mode code is not run: the loader does what it would have done,
 * and enters the protected-mode part, which is placed where it likes best (pref_address) with all
 * the RAM that it wants to unpack itself (init_size) behind it.  The initrd lies as high as RAM,
 * initrd_addr_max and 4 GiB allow, where the unpacking kernel does not go.
 */
#include "loader/bzimage.h"

#include "loader/formats.h"

#include <inttypes.h>

enum {
    MAGIC = 0x53726448, /* "HdrS" */
    BOOT_FLAG = 0xaa55,
    SECTOR = 512,
    PARAGRAPH = 16,
    VERSION_OLDEST = 0x206, /* the first that tells cmdline_size; from 2007 */
    VERSION_PREF = 0x20a,   /* pref_address, init_size */
    VERSION_XLOAD = 0x20c,  /* xloadflags */
    LOADED_HIGH = 0x01,     /* loadflags */
    XLF_KERNEL_64 = 0x0001, /* xloadflags: there is a 64-bit entry */
    ENTRY64 = 0x200,        /* its offset in the protected-mode part */
    ADDR_DEFAULT = 0x100000,
};

bool lc_bzimage_probe(const struct lc_blob *b)
{
    uint16_t flag;
    uint32_t magic;

    return lc_blob_u16(b, LC_HDR_BOOT_FLAG, &flag) && flag == BOOT_FLAG &&
           lc_blob_u32(b, LC_HDR_MAGIC, &magic) && magic == MAGIC;
}

static enum libcpu_err bad(struct lc_load *l, const char *field, uint64_t value, const char *why)
{
    return lc_load_fail(l, LIBCPU_ERR_FORMAT, "setup header: %s 0x%" PRIx64 ": %s", field, value,
                        why);
}

/* The header is there, is of a version that we know how to boot, and lies within the file. */
static enum libcpu_err open_header(struct lc_load *l, struct lc_bzimage *k)
{
    const struct lc_blob *b = &l->r->data;
    uint8_t jump;

    if (!lc_bzimage_probe(b))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "setup header: no \"HdrS\" at 0x202: not a Linux kernel");
    if (!lc_blob_u8(b, LC_HDR_JUMP + 1, &jump) || !lc_blob_at(b, 0, LC_HDR_MAGIC + (uint64_t)jump))
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "setup header: the file (0x%zx) ends inside it: truncated", b->size);
    k->header = b->data;
    k->header_end = LC_HDR_MAGIC + (uint32_t)jump;
    if (k->header_end < LC_HDR_VERSION + 2)
        return bad(l, "jump", jump, "the header ends before its version");
    k->version = lc_get16(k->header + LC_HDR_VERSION);
    if (k->version < VERSION_OLDEST)
        return bad(l, "version", k->version, "protocols before 2.06 are not supported");
    if (k->header_end > LC_HDR_END_MAX)
        k->header_end = LC_HDR_END_MAX; /* fields that boot_params has no room for */
    if (k->header_end < (k->version >= VERSION_PREF ? LC_HDR_INIT_SIZE : LC_HDR_CMDLINE_SIZE) + 4u)
        return bad(l, "jump", jump, "the header ends before the fields of its version");
    return LIBCPU_ERR_OK;
}

/* Which entry it has, and whether it is the one that is wanted. */
static enum libcpu_err choose_entry(struct lc_load *l, struct lc_bzimage *k)
{
    const uint8_t *h = k->header;

    if (!(h[LC_HDR_LOADFLAGS] & LOADED_HIGH))
        return bad(l, "loadflags", h[LC_HDR_LOADFLAGS],
                   "LOADED_HIGH (bit 0) is clear: a zImage, which is not supported");
    k->entry64 = l->boot.format == LC_IMAGE_LINUX && k->version >= VERSION_XLOAD &&
                 (lc_get16(h + LC_HDR_XLOADFLAGS) & XLF_KERNEL_64);
    return LIBCPU_ERR_OK;
}

/* The protected-mode part in the file. */
static enum libcpu_err find_code(struct lc_load *l, const struct lc_bzimage *k,
                                 struct lc_blob *code)
{
    const uint8_t sectors = k->header[LC_HDR_SETUP_SECTS];
    const uint64_t setup = ((sectors ? sectors : 4u) + 1u) * SECTOR;
    const uint64_t len = (uint64_t)lc_get32(k->header + LC_HDR_SYSSIZE) * PARAGRAPH;
    const uint8_t *data = lc_blob_at(&l->r->data, setup, len);

    if (len <= ENTRY64)
        return bad(l, "syssize", len / PARAGRAPH, "no kernel follows the setup code");
    if (!data)
        return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                            "setup header: syssize 0x%" PRIx64 ": setup code (0x%" PRIx64
                            ") and kernel (0x%" PRIx64 ") are more than the file (0x%zx): "
                            "truncated",
                            len / PARAGRAPH, setup, len, l->r->data.size);
    *code = (struct lc_blob){data, (size_t)len};
    return LIBCPU_ERR_OK;
}

/* The compressed kernel lies inside the protected-mode part, when the header tells where. */
static enum libcpu_err check_payload(struct lc_load *l, const struct lc_bzimage *k,
                                     const struct lc_blob *code)
{
    const uint64_t offset = lc_get32(k->header + LC_HDR_PAYLOAD_OFFSET);
    const uint64_t len = lc_get32(k->header + LC_HDR_PAYLOAD_LENGTH);

    if (k->version < VERSION_PREF || lc_inside(offset, len, code->size))
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_FORMAT,
                        "setup header: payload_offset 0x%" PRIx64 " + payload_length 0x%" PRIx64
                        " is past the end of the kernel (0x%zx)",
                        offset, len, code->size);
}

/* Where the kernel goes: where it prefers, or above when it can be moved and there is no RAM. */
static enum libcpu_err place_kernel(struct lc_load *l, struct lc_bzimage *k,
                                    const struct lc_blob *code)
{
    const bool tells = k->version >= VERSION_PREF;
    const uint64_t align = lc_get32(k->header + LC_HDR_KERNEL_ALIGNMENT);
    const uint64_t pref = tells ? lc_get64(k->header + LC_HDR_PREF_ADDRESS) : ADDR_DEFAULT;
    const bool moves = k->header[LC_HDR_RELOCATABLE] != 0;

    if (moves && (!align || (align & (align - 1))))
        return bad(l, "kernel_alignment", align, "no power of two");
    if (pref < ADDR_DEFAULT || pref >= LC_4GIB || (moves && (pref & (align - 1))))
        return bad(l, "pref_address", pref,
                   "not between 1 MiB and 4 GiB, or not a multiple of kernel_alignment");
    k->init_size = tells ? lc_get32(k->header + LC_HDR_INIT_SIZE) : 0;
    if (k->init_size < code->size)
        k->init_size = code->size;
    if (!lc_load_find(l, pref, moves ? LC_4GIB : pref + k->init_size, k->init_size,
                      moves ? align : 1, &k->addr))
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "setup header: init_size 0x%" PRIx64 ": the kernel at 0x%" PRIx64
                            " needs RAM up to 0x%" PRIx64 ", there is RAM up to 0x%" PRIx64,
                            k->init_size, pref, pref + k->init_size, lc_ram_end(l->p, LC_MIB));
    return lc_load_add(
        l, &(struct lc_piece){k->addr, code->size, code->data, code->size, "kernel", LC_NO_INDEX});
}

static enum libcpu_err place_initrd(struct lc_load *l, struct lc_bzimage *k)
{
    const uint64_t size = l->r->module_count ? l->r->modules[0].data.size : 0;
    const uint64_t max = lc_get32(k->header + LC_HDR_INITRD_ADDR_MAX);
    const uint64_t begin = k->addr + k->init_size;
    uint64_t end = lc_ram_end(l->p, begin - 1);

    if (l->r->module_count > 1)
        return lc_load_fail(l, LIBCPU_ERR_UNSUPPORTED,
                            "modules %zu: a Linux kernel takes one, the initrd",
                            l->r->module_count);
    if (!size)
        return LIBCPU_ERR_OK;
    end = end > max + 1 ? max + 1 : end;
    if (end < begin || end - begin < size || ((end - size) & LC_PAGE_MASK) < begin)
        return lc_load_fail(l, LIBCPU_ERR_RANGE,
                            "initrd: size 0x%" PRIx64 ": does not fit into RAM from 0x%" PRIx64
                            ", where the kernel ends, to 0x%" PRIx64 " (initrd_addr_max 0x%" PRIx64
                            ")",
                            size, begin, end, max);
    k->initrd = (end - size) & LC_PAGE_MASK;
    return lc_load_add(l, &(struct lc_piece){k->initrd, size, l->r->modules[0].data.data, size,
                                             "initrd", LC_NO_INDEX});
}

static enum libcpu_err check_cmdline(struct lc_load *l, const struct lc_bzimage *k)
{
    const uint32_t max = lc_get32(k->header + LC_HDR_CMDLINE_SIZE);
    const size_t len = strlen(l->r->cmdline);

    if (len <= max)
        return LIBCPU_ERR_OK;
    return lc_load_fail(l, LIBCPU_ERR_RANGE,
                        "command line: length %zu: the kernel takes at most %u (cmdline_size)", len,
                        max);
}

enum libcpu_err lc_bzimage_load(struct lc_load *l)
{
    struct lc_bzimage k = {0};
    struct lc_blob code = {0};
    enum libcpu_err err = open_header(l, &k);

    if (!err)
        err = choose_entry(l, &k);
    if (!err)
        err = find_code(l, &k, &code);
    if (!err)
        err = check_payload(l, &k, &code);
    if (!err)
        err = check_cmdline(l, &k);
    if (!err)
        err = place_kernel(l, &k, &code);
    if (!err)
        err = place_initrd(l, &k);
    if (!err)
        err = lc_bootparams_add(l, &k);
    if (err)
        return err;
    l->boot.mode = k.entry64 ? LC_BOOT_LONG64 : LC_BOOT_PROT32;
    l->boot.rip = k.addr + (k.entry64 ? ENTRY64 : 0);
    return k.entry64 ? lc_identity_tables(l) : LIBCPU_ERR_OK;
}
