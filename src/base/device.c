/*
 * device.c - making, wiring and calling chips.
 */
#include "base/device.h"

#include "base/bits.h"

enum libcpu_err lc_device_new(const struct lc_device_class *class, const struct lc_device_env *env,
                              struct lc_device **out, struct lc_error *e)
{
    struct lc_device *d = lc_alloc_zero(env->alloc, 1, class->size);
    enum libcpu_err err = LIBCPU_ERR_OK;

    if (!d)
        return lc_fail(e, LIBCPU_ERR_NOMEM, "%s: out of memory", class->name);
    d->class = class;
    d->clock = env->clock;
    d->alloc = env->alloc;
    d->log = env->log;
    if (class->init)
        err = class->init(d, e);
    if (err != LIBCPU_ERR_OK) {
        lc_alloc_free(env->alloc, d, class->size);
        return err;
    }
    class->reset(d);
    *out = d;
    return LIBCPU_ERR_OK;
}

void lc_device_free(struct lc_device *d)
{
    if (!d)
        return;
    if (d->class->fini)
        d->class->fini(d);
    lc_alloc_free(d->alloc, d, d->class->size);
}

void lc_device_connect(struct lc_device *from, unsigned pin, struct lc_device *to, unsigned to_pin)
{
    if (pin < LC_DEVICE_OUTPUTS)
        from->out[pin] = (struct lc_wire){.set = lc_device_input, .opaque = to, .pin = to_pin};
}

void lc_event_save(const struct lc_event *ev, struct lc_sink *s)
{
    lc_sink_bool(s, ev->armed);
    lc_sink_u64(s, ev->armed ? ev->deadline : 0);
}

uint64_t lc_device_read(void *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct lc_device *dev = d;

    if (!dev->class->read || bank >= dev->class->banks)
        return lc_mask_size(size);
    return dev->class->read(dev, bank, offset, size);
}

void lc_device_write(void *d, unsigned bank, uint64_t offset, unsigned size, uint64_t value)
{
    struct lc_device *dev = d;

    if (dev->class->write && bank < dev->class->banks)
        dev->class->write(dev, bank, offset, size, value);
}

void lc_device_input(void *d, unsigned pin, bool level)
{
    struct lc_device *dev = d;

    if (dev->class->input && pin < dev->class->inputs)
        dev->class->input(dev, pin, level);
}
