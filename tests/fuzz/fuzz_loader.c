/*
 * fuzz_loader.c - every image format: whatever the bytes, a load is all or nothing.
 *
 * Refused: an error with a text that names the image, memory as it was. Accepted: a first
 * instruction and tables that lie in memory.
 */
#include "fuzz/fuzz_loader.h"

#include "fuzz/fuzz.h"
#include "loader/loader.h"

enum { ROM_SIZE = 0x10000, RESET_VECTOR = 16, LAYOUTS = 4, REGIONS = 3 };

static const struct layout {
    uint64_t base, len;
    bool rom;
} layouts[LAYOUTS][REGIONS] = {
    {{0, 0x280000, false}},
    {{0, 0x10000, false}, {0x20000, 0x1000, false}},
    {{0, 0x80000, false}, {0x100000, 0x180000, false}, {0x100000000, 0x200000, false}},
    {{0, 0x100000, false}, {0x100000, 0x10000, true}, {0x110000, 0x100000, false}},
};

/* Memory that is not all zero, so that a wrong zero shows as well. */
static void build_memory(struct lc_phys *p, const struct lc_alloc *alloc, unsigned layout)
{
    static const uint64_t dirty[] = {0x7000, 0x10000, 0x90000, 0x100000, 0x110000};
    uint8_t page[LC_PAGE_SIZE];

    FUZZ_CHECK(lc_phys_init(p, alloc) == LIBCPU_ERR_OK);
    for (unsigned i = 0; i < REGIONS; i++) {
        const struct layout *l = &layouts[layout][i];

        if (l->len)
            FUZZ_CHECK(lc_phys_add(p, "memory", l->base, l->len, l->rom, NULL) == LIBCPU_ERR_OK);
    }
    memset(page, 0xa5, sizeof(page));
    for (unsigned i = 0; i < LC_ARRAY_LEN(dirty); i++)
        (void)lc_phys_write(p, dirty[i], page, sizeof(page), false);
}

static uint64_t hash_memory(const struct lc_phys *p)
{
    struct lc_sink_hash h;

    lc_sink_hash_init(&h);
    lc_phys_save(p, &h.sink);
    lc_sink_u64(&h.sink, p->count);
    return lc_sink_hash_value(&h);
}

static uint32_t read32(const struct lc_phys *p, uint64_t pa)
{
    uint32_t v = 0;

    FUZZ_CHECK(lc_phys_read(p, pa, &v, sizeof(v)));
    return v;
}

/* Every pointer of the information structure leads to memory. */
static void check_multiboot(const struct lc_phys *p, const struct lc_image_request *r,
                            const struct lc_boot_state *boot)
{
    const uint32_t flags = read32(p, boot->rbx);
    const uint32_t modules = read32(p, boot->rbx + 24);

    FUZZ_CHECK(boot->rax == 0x2badb002);
    FUZZ_CHECK((flags & ~0x20u) == 0x24d);
    FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rbx + 16), 1));
    FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rbx + 48), read32(p, boot->rbx + 44)));
    FUZZ_CHECK(read32(p, boot->rbx + 20) == r->module_count);
    for (uint32_t i = 0; i < r->module_count; i++) {
        const uint64_t start = read32(p, modules + i * 16);
        const uint64_t end = read32(p, modules + i * 16 + 4);

        FUZZ_CHECK(start % LC_PAGE_SIZE == 0);
        FUZZ_CHECK(end - start == r->modules[i].data.size);
        FUZZ_CHECK(lc_phys_is_memory(p, start, end - start));
    }
    if (flags & 0x20)
        FUZZ_CHECK(
            lc_phys_is_memory(p, read32(p, boot->rbx + 36),
                              (uint64_t)read32(p, boot->rbx + 28) * read32(p, boot->rbx + 32)));
}

/* Command line and initrd are where boot_params says, and the kernel is told of memory. */
static void check_linux(const struct lc_phys *p, const struct lc_image_request *r,
                        const struct lc_boot_state *boot)
{
    const uint32_t size = read32(p, boot->rsi + 0x21c);

    FUZZ_CHECK(lc_phys_is_memory(p, boot->rsi, 0x1000));
    FUZZ_CHECK((read32(p, boot->rsi + 0x1e8) & 0xff) != 0);
    FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rsi + 0x228), strlen(r->cmdline) + 1));
    FUZZ_CHECK(r->module_count <= 1);
    if (r->module_count && r->modules[0].data.size) {
        FUZZ_CHECK(size == r->modules[0].data.size);
        FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rsi + 0x218), size));
    }
}

/* Every pointer of the start information leads to memory. */
static void check_pvh(const struct lc_phys *p, const struct lc_image_request *r,
                      const struct lc_boot_state *boot)
{
    const uint32_t list = read32(p, boot->rbx + 16);

    FUZZ_CHECK(read32(p, boot->rbx) == 0x336ec578);
    FUZZ_CHECK(read32(p, boot->rbx + 12) == r->module_count);
    FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rbx + 24), strlen(r->cmdline) + 1));
    FUZZ_CHECK(lc_phys_is_memory(p, read32(p, boot->rbx + 40), 24 * read32(p, boot->rbx + 48)));
    for (uint32_t i = 0; i < r->module_count; i++) {
        FUZZ_CHECK(read32(p, list + 32 * i + 8) == r->modules[i].data.size);
        FUZZ_CHECK(lc_phys_is_memory(p, read32(p, list + 32 * i), r->modules[i].data.size));
    }
}

static void check_boot(const struct lc_phys *p, const struct lc_image_request *r,
                       const struct lc_boot_state *boot)
{
    FUZZ_CHECK(r->format == LC_IMAGE_AUTO || r->format == boot->format);
    FUZZ_CHECK(boot->format != LC_IMAGE_AUTO);
    if (boot->mode == LC_BOOT_RESET)
        FUZZ_CHECK(lc_phys_is_memory(p, 0xfffffff0, 16));
    else
        FUZZ_CHECK(boot->rip >> 32 == 0 && lc_phys_is_memory(p, boot->rip, 1));
    if (boot->mode == LC_BOOT_LONG64)
        FUZZ_CHECK(boot->cr3 % LC_PAGE_SIZE == 0 && lc_phys_is_memory(p, boot->cr3, 0x6000));
    if (boot->format == LC_IMAGE_MULTIBOOT)
        check_multiboot(p, r, boot);
    if (boot->format == LC_IMAGE_PVH)
        check_pvh(p, r, boot);
    if (boot->format == LC_IMAGE_LINUX || boot->format == LC_IMAGE_LINUX32)
        check_linux(p, r, boot);
}

/* Hash of a layout before a load: always the same, so counted once. */
static uint64_t fresh_hash(const struct lc_phys *p, unsigned layout)
{
    static uint64_t hash[LAYOUTS];

    if (!hash[layout])
        hash[layout] = hash_memory(p);
    return hash[layout];
}

static void load(const struct lc_image_request *r, unsigned layout)
{
    const struct lc_alloc alloc = lc_alloc_default();
    struct lc_boot_state boot = {0};
    struct lc_error e = {0};
    struct lc_phys p;
    enum libcpu_err err;
    uint64_t hash;

    build_memory(&p, &alloc, layout);
    hash = fresh_hash(&p, layout);
    err = lc_image_load(&p, r, &boot, &e);
    if (err) {
        FUZZ_CHECK(err == e.code && strncmp(e.text, "image: ", 7) == 0);
        FUZZ_CHECK(hash_memory(&p) == hash);
    } else {
        check_boot(&p, r, &boot);
    }
    lc_phys_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t rom[ROM_SIZE];
    struct lc_image_module modules[FUZZ_MODULES];
    struct lc_image_request r = {.name = "image", .modules = modules};

    if (size < FUZZ_IMAGE)
        return 0;
    r.format = (enum lc_image_format)(data[FUZZ_FORMAT] % (LC_IMAGE_FORMATS + 1));
    r.mode = (enum lc_boot_mode)(data[FUZZ_MODE] % (LC_BOOT_LONG64 + 2));
    r.addr = lc_get32(data + FUZZ_ADDR);
    if (data[FUZZ_EXTRAS] & FUZZ_HIGH)
        r.addr |= UINT64_C(0x100000000);
    r.cmdline = data[FUZZ_EXTRAS] & FUZZ_CMDLINE ? "root=/dev/sda" : "";
    r.data = (struct lc_blob){data + FUZZ_IMAGE, size - FUZZ_IMAGE};
    r.module_count = data[FUZZ_EXTRAS] & FUZZ_MODULES;
    for (size_t i = 0; i < r.module_count; i++)
        modules[i] = (struct lc_image_module){{r.data.data, r.data.size / (i + 1)}, "module"};
    if (data[FUZZ_EXTRAS] & FUZZ_ROM && r.data.size >= RESET_VECTOR && r.data.size < ROM_SIZE) {
        memset(rom, 0, sizeof(rom));
        memcpy(rom, r.data.data, r.data.size - RESET_VECTOR);
        memcpy(rom + ROM_SIZE - RESET_VECTOR, r.data.data + r.data.size - RESET_VECTOR,
               RESET_VECTOR);
        r.data = (struct lc_blob){rom, ROM_SIZE};
    }
    load(&r, data[FUZZ_MEMORY] % LAYOUTS);
    return 0;
}
