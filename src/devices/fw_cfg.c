/*
 * fw_cfg.c - see fw_cfg.h.
 *
 * Writing the selector chooses an item and goes to its beginning; each read of the data port gives
 * its next byte, and zeros after the last.  The directory is big-endian: a count, and for each file
 * its size, its key, two bytes of zero, its name.
 */
#include "devices/fw_cfg.h"

#include "base/bits.h"

enum {
    SELECTOR = 0,
    DATA = 1,
    NUMBERS = LC_FW_CFG_FILE_DIR, /* items below are numbers */
    DIR_HEADER = 4,
    DIR_ENTRY = 8 + LC_FW_CFG_NAME,
};

struct file {
    char name[LC_FW_CFG_NAME];
    uint8_t *data; /* owned */
    uint32_t size;
};

struct number {
    uint64_t value;
    uint8_t size;
};

struct fw_cfg {
    struct lc_device dev;
    uint16_t key;
    uint32_t offset;
    struct number number[NUMBERS];
    struct file file[LC_FW_CFG_FILES];
    unsigned files;
};

static struct fw_cfg *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct fw_cfg, dev);
}

static uint8_t big_endian(uint64_t v, unsigned size, unsigned at)
{
    return (uint8_t)(v >> (8 * (size - 1 - at)));
}

static uint8_t directory_byte(const struct fw_cfg *p, uint32_t at)
{
    if (at < DIR_HEADER)
        return big_endian(p->files, DIR_HEADER, at);
    const unsigned i = (at - DIR_HEADER) / DIR_ENTRY, within = (at - DIR_HEADER) % DIR_ENTRY;
    if (i >= p->files)
        return 0;
    if (within < 4)
        return big_endian(p->file[i].size, 4, within);
    if (within < 6)
        return big_endian(LC_FW_CFG_FILE_FIRST + i, 2, within - 4);
    if (within < 8)
        return 0;
    return (uint8_t)p->file[i].name[within - 8];
}

static uint8_t item_byte(const struct fw_cfg *p, uint32_t at)
{
    const unsigned file = p->key - (unsigned)LC_FW_CFG_FILE_FIRST;

    if (p->key < NUMBERS && at >= p->number[p->key].size)
        return 0;
    if (p->key < NUMBERS)
        return (uint8_t)(p->number[p->key].value >> (8 * at));
    if (p->key == LC_FW_CFG_FILE_DIR)
        return directory_byte(p, at);
    if (p->key >= LC_FW_CFG_FILE_FIRST && file < p->files && at < p->file[file].size)
        return p->file[file].data[at];
    return 0;
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct fw_cfg *p = from(d);
    uint64_t v = 0;

    (void)bank;
    if (offset != DATA)
        return lc_mask_size(size);
    for (unsigned i = 0; i < size; i++)
        v |= (uint64_t)item_byte(p, p->offset++) << (8 * i);
    return v;
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct fw_cfg *p = from(d);

    (void)bank;
    if (offset != SELECTOR || size != 2)
        return;
    p->key = (uint16_t)value;
    p->offset = 0;
}

void lc_fw_cfg_set_number(struct lc_device *d, uint16_t key, uint64_t v, unsigned n)
{
    if (key < NUMBERS && n <= 8)
        from(d)->number[key] = (struct number){v, (uint8_t)n};
}

enum libcpu_err lc_fw_cfg_add_file(struct lc_device *d, const char *name, const void *data,
                                   uint32_t size)
{
    struct fw_cfg *p = from(d);
    struct file *f = &p->file[p->files];

    if (p->files == LC_FW_CFG_FILES)
        return LIBCPU_ERR_FULL;
    if (strlen(name) >= LC_FW_CFG_NAME)
        return LIBCPU_ERR_INVALID;
    f->data = lc_alloc_zero(d->alloc, size ? size : 1, 1);
    if (!f->data)
        return LIBCPU_ERR_NOMEM;
    memcpy(f->data, data, size);
    memcpy(f->name, name, strlen(name) + 1);
    f->size = size;
    p->files++;
    return LIBCPU_ERR_OK;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    (void)e;
    lc_fw_cfg_set_number(d, LC_FW_CFG_SIGNATURE, 0x554d4551, 4);
    lc_fw_cfg_set_number(d, LC_FW_CFG_ID, 1, 4);
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    from(d)->key = 0;
    from(d)->offset = 0;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct fw_cfg *p = LC_CONTAINER(d, const struct fw_cfg, dev);

    lc_sink_u16(s, p->key);
    lc_sink_u32(s, p->offset);
}

static void fini(struct lc_device *d)
{
    struct fw_cfg *p = from(d);

    for (unsigned i = 0; i < p->files; i++)
        lc_alloc_free(d->alloc, p->file[i].data, p->file[i].size ? p->file[i].size : 1);
}

const struct lc_device_class lc_fw_cfg_class = {
    .name = "fw_cfg",
    .size = sizeof(struct fw_cfg),
    .banks = 1,
    .access_size = 2,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
    .fini = fini,
};
