/*
 * post80.c - port 80h: a byte that firmware shows on a diagnostic card and that programs write to
 * for a short delay.  On a PC it is an unused DMA page register, so it reads back.
 */
#include "devices/post80.h"

#include "base/bits.h"

struct post80 {
    struct lc_device dev;
    uint8_t code;
};

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    (void)bank;
    (void)offset;
    (void)size;
    LC_CONTAINER(d, struct post80, dev)->code = (uint8_t)value;
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)bank;
    (void)offset;
    (void)size;
    return LC_CONTAINER(d, struct post80, dev)->code;
}

static void reset(struct lc_device *d)
{
    LC_CONTAINER(d, struct post80, dev)->code = 0;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    lc_sink_u8(s, lc_post80_last(d));
}

uint8_t lc_post80_last(const struct lc_device *d)
{
    return LC_CONTAINER(d, const struct post80, dev)->code;
}

const struct lc_device_class lc_post80_class = {
    .name = "post80",
    .size = sizeof(struct post80),
    .banks = 1,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
