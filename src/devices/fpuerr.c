/*
 * fpuerr.c - the coprocessor error latch (AT technical reference, coprocessor; ICH "Coprocessor
 * Error", port F0h; SDM vol. 1, D.2.1).
 *
 * FERR# going active latches the interrupt.  A write to the port releases it and, as long as FERR#
 * is active, lets the processor ignore the error by IGNNE#, so that the handler can use the unit.
 */
#include "devices/fpuerr.h"

#include "base/bits.h"

struct fpuerr {
    struct lc_device dev;
    bool ferr;
    bool irq;
    bool ignne;
};

static struct fpuerr *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct fpuerr, dev);
}

static void drive(struct fpuerr *f)
{
    lc_wire_set(&f->dev.out[LC_FPUERR_IRQ13], f->irq);
    lc_wire_set(&f->dev.out[LC_FPUERR_IGNNE], f->ignne);
}

static void input(struct lc_device *d, unsigned pin, bool level)
{
    struct fpuerr *f = from(d);

    (void)pin;
    f->irq |= level && !f->ferr;
    f->ignne &= level;
    f->ferr = level;
    drive(f);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct fpuerr *f = from(d);

    (void)bank;
    (void)offset;
    (void)size;
    (void)value;
    f->irq = false;
    f->ignne = f->ferr;
    drive(f);
}

/* The port is for writing only. */
static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    (void)d;
    (void)bank;
    (void)offset;
    (void)size;
    return 0xff;
}

static void reset(struct lc_device *d)
{
    struct fpuerr *f = from(d);

    f->ferr = f->irq = f->ignne = false;
    drive(f);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct fpuerr *f = LC_CONTAINER(d, const struct fpuerr, dev);

    lc_sink_bool(s, f->ferr);
    lc_sink_bool(s, f->irq);
    lc_sink_bool(s, f->ignne);
}

const struct lc_device_class lc_fpuerr_class = {
    .name = "fpuerr",
    .size = sizeof(struct fpuerr),
    .banks = 1,
    .inputs = LC_FPUERR_INPUTS,
    .outputs = LC_FPUERR_OUTPUTS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .input = input,
    .save = save,
};
