/*
 * api_device.c - libcpu/device.h: the embedder's devices on the machine's buses and lines.
 *
 * A device of the embedder is placed as the board places its chips, by regions of a bus; between
 * the bus and its functions stands what a chip does not need: narrow accesses are kept off, and the
 * registers of the CPU are made exact.
 */
#include "machine/machine.h"

#include "cpu/exec/hook.h"

struct libcpu_device {
    struct libcpu *m;
    struct libcpu_device *next;
    void *user;
    struct libcpu_device_desc desc; /* name and regions point into this block */
    bool level[LIBCPU_DEVICE_WIRES];
    size_t size; /* of this block */
    struct libcpu_device_region region[];
};

/* ---- lines ---- */

static void drive_line(struct libcpu *m, unsigned line)
{
    lc_cpu_sync_clock(m->cpu);
    lc_board_set_line(m, line, m->devices.held[line] || m->devices.wires[line] > 0);
    m->cpu->disturbed = true; /* a hook may be calling */
}

static void set_wire(struct libcpu_device *d, unsigned wire, bool level)
{
    unsigned line = d->desc.line[wire];
    if (d->level[wire] == level)
        return;
    d->level[wire] = level;
    d->m->devices.wires[line] = (uint16_t)(d->m->devices.wires[line] + (level ? 1 : -1));
    drive_line(d->m, line);
}

enum libcpu_err libcpu_device_wire(libcpu_device *dev, unsigned wire, bool level)
{
    if (!dev)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(dev->m);
    if (wire >= dev->desc.wire_count)
        return lc_machine_fail(dev->m, LIBCPU_ERR_INVALID, "%s: wire %u: it has %u", dev->desc.name,
                               wire, dev->desc.wire_count);
    set_wire(dev, wire, level);
    return LIBCPU_ERR_OK;
}

/* Can something of the embedder's be tied to this line? */
static enum libcpu_err check_line(struct libcpu *m, const char *who, unsigned line)
{
    if (m->config.board == LIBCPU_BOARD_NONE)
        return lc_machine_fail(m, LIBCPU_ERR_UNSUPPORTED, "%s: line %u: the machine has no board",
                               who, line);
    if (line >= LC_BOARD_LINES)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "%s: line %u: the board has %u", who, line,
                               LC_BOARD_LINES);
    const char *chip = lc_board_line_owner(line);
    if (chip)
        return lc_machine_fail(m, LIBCPU_ERR_OVERLAP, "%s: line %u is driven by the board's %s",
                               who, line, chip);
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_irq_set(libcpu *m, unsigned line, bool level)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    enum libcpu_err err = check_line(m, "irq", line);
    if (err)
        return err;
    m->devices.held[line] = level;
    drive_line(m, line);
    return LIBCPU_ERR_OK;
}

/* ---- registers ---- */

static uint64_t on_read(void *opaque, unsigned bank, uint64_t offset, unsigned size)
{
    struct libcpu_device *d = opaque;
    if (!d->desc.read || size < d->region[bank].min_access)
        return UINT64_MAX;
    lc_hook_begin(d->m->cpu);
    uint64_t v = d->desc.read(d->user, d, bank, offset, size);
    lc_hook_end(d->m->cpu);
    return v;
}

static void on_write(void *opaque, unsigned bank, uint64_t offset, unsigned size, uint64_t value)
{
    struct libcpu_device *d = opaque;
    if (!d->desc.write || size < d->region[bank].min_access)
        return;
    lc_hook_begin(d->m->cpu);
    d->desc.write(d->user, d, bank, offset, size, value);
    lc_hook_end(d->m->cpu);
}

/* ---- the descriptor ---- */

void libcpu_device_init_sized(struct libcpu_device_desc *desc, size_t size)
{
    if (!desc)
        return;
    memset(desc, 0, size);
    desc->struct_size = (uint32_t)size;
}

static bool is_access(unsigned bytes)
{
    return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* Defaults filled in; what the bus does not check by itself is checked. */
static enum libcpu_err take_region(struct libcpu *m, const struct libcpu_device_desc *desc,
                                   unsigned i, struct libcpu_device_region *r)
{
    *r = desc->regions[i];
    if (!r->name)
        r->name = desc->name;
    if (r->space > LIBCPU_SPACE_MMIO)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "%s: region %u: space %u: there is none",
                               r->name, i, r->space);
    if (!r->min_access)
        r->min_access = 1;
    if (!r->max_access)
        r->max_access = r->space == LIBCPU_SPACE_PORTS ? 4 : 8;
    if (!is_access(r->min_access) || !is_access(r->max_access) || r->min_access > r->max_access)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "%s: region %u: accesses from %u to %u bytes: 1, 2, 4 or 8", r->name,
                               i, r->min_access, r->max_access);
    return LIBCPU_ERR_OK;
}

static enum libcpu_err check_counts(struct libcpu *m, const struct libcpu_device_desc *d)
{
    if (!d->name || !d->name[0])
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "device: it has no name");
    if (d->region_count > LIBCPU_DEVICE_REGIONS || (d->region_count && !d->regions))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "%s: region_count %u: %s", d->name,
                               d->region_count, d->regions ? "at most 64" : "regions is NULL");
    if (d->wire_count > LIBCPU_DEVICE_WIRES)
        return lc_machine_fail(m, LIBCPU_ERR_INVALID, "%s: wire_count %u: at most %u", d->name,
                               d->wire_count, LIBCPU_DEVICE_WIRES);
    for (unsigned i = 0; i < d->wire_count; i++) {
        enum libcpu_err err = check_line(m, d->name, d->line[i]);
        if (err)
            return err;
    }
    return LIBCPU_ERR_OK;
}

static enum libcpu_err take_desc(struct libcpu *m, const struct libcpu_device_desc *given,
                                 struct libcpu_device_desc *d)
{
    const size_t first = offsetof(struct libcpu_device_desc, read);
    *d = (struct libcpu_device_desc){0};
    if (given->struct_size < first || given->struct_size > sizeof(*d))
        return lc_machine_fail(m, LIBCPU_ERR_INVALID,
                               "device: struct_size %u: use libcpu_device_init() of this version",
                               given->struct_size);
    memcpy(d, given, given->struct_size);
    return check_counts(m, d);
}

/* ---- adding ---- */

/* Bytes that a copy of a text takes; a NULL is a copy of none. */
static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy_text(char **to, const char *text)
{
    char *copy = *to;
    size_t size = text_size(text);
    memcpy(copy, text, size);
    *to += size;
    return copy;
}

/* A device with copies of all that the descriptor points to. */
static enum libcpu_err make(struct libcpu *m, const struct libcpu_device_desc *desc, void *user,
                            struct libcpu_device **out)
{
    size_t regions = desc->region_count * sizeof(*desc->regions);
    size_t size = sizeof(struct libcpu_device) + regions + text_size(desc->name);
    for (unsigned i = 0; i < desc->region_count; i++)
        size += text_size(desc->regions[i].name);
    struct libcpu_device *d = lc_alloc_zero(&m->alloc, 1, size);
    if (!d)
        return lc_machine_fail(m, LIBCPU_ERR_NOMEM, "%s: no memory for it", desc->name);
    char *text = (char *)d->region + regions;
    *d = (struct libcpu_device){.m = m, .user = user, .desc = *desc, .size = size};
    d->desc.name = copy_text(&text, desc->name);
    d->desc.regions = d->region;
    for (unsigned i = 0; i < desc->region_count; i++) {
        enum libcpu_err err = take_region(m, desc, i, &d->region[i]);
        if (err) {
            lc_alloc_free(&m->alloc, d, size);
            return err;
        }
        d->region[i].name =
            desc->regions[i].name ? copy_text(&text, desc->regions[i].name) : d->desc.name;
    }
    *out = d;
    return LIBCPU_ERR_OK;
}

static enum libcpu_err place(struct libcpu_device *d, unsigned i)
{
    const struct libcpu_device_region *given = &d->region[i];
    struct lc_region r = {
        .name = given->name,
        .base = given->base,
        .len = given->size,
        .max_size = given->max_access,
        .read = on_read,
        .write = on_write,
        .opaque = d,
        .bank = i,
    };
    if (given->space == LIBCPU_SPACE_MMIO)
        return lc_phys_add_mmio(&d->m->phys, &r, &d->m->error);
    return lc_bus_add(&d->m->ports, &r, &d->m->error);
}

/* Off the buses and out of memory. */
static void discard(struct libcpu_device *d)
{
    struct libcpu *m = d->m;
    lc_bus_remove(&m->ports, d);
    lc_bus_remove(&m->phys.mmio, d);
    lc_alloc_free(&m->alloc, d, d->size);
}

/* Functions of the embedder that are called between runs must not begin one. */
static void call_reset(struct libcpu_device *d)
{
    bool running = d->m->running;
    if (!d->desc.reset)
        return;
    d->m->running = true;
    d->desc.reset(d->user, d);
    d->m->running = running;
}

static void call_removed(struct libcpu *m, void (*removed)(void *user), void *user)
{
    bool running = m->running;
    if (!removed)
        return;
    m->running = true;
    removed(user);
    m->running = running;
}

static enum libcpu_err check_idle(struct libcpu *m, const char *what)
{
    lc_machine_clear(m);
    if (m->running)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "%s: the machine is running", what);
    return LIBCPU_ERR_OK;
}

static void link_device(struct libcpu_device *d)
{
    *d->m->devices.device_end = d;
    d->m->devices.device_end = &d->next;
}

enum libcpu_err libcpu_device_add(libcpu *m, const struct libcpu_device_desc *desc, void *user,
                                  libcpu_device **out)
{
    struct libcpu_device_desc known;
    struct libcpu_device *d = NULL;
    if (out)
        *out = NULL;
    if (!m || !desc)
        return LIBCPU_ERR_INVALID;
    enum libcpu_err err = check_idle(m, "device");
    if (!err)
        err = take_desc(m, desc, &known);
    if (!err)
        err = make(m, &known, user, &d);
    if (err)
        return err;
    for (unsigned i = 0; i < d->desc.region_count; i++) {
        err = place(d, i);
        if (err) {
            discard(d);
            return err;
        }
    }
    link_device(d);
    if (out)
        *out = d;
    lc_cpu_sync_clock(m->cpu);
    call_reset(d);
    return LIBCPU_ERR_OK;
}

/* ---- removing ---- */

static void unlink_device(struct libcpu_device *d)
{
    struct libcpu_device **p = &d->m->devices.device;
    while (*p != d)
        p = &(*p)->next;
    *p = d->next;
    if (!d->next)
        d->m->devices.device_end = p;
}

enum libcpu_err libcpu_device_remove(libcpu_device *dev)
{
    if (!dev)
        return LIBCPU_ERR_INVALID;
    struct libcpu *m = dev->m;
    enum libcpu_err err = check_idle(m, "device remove");
    if (err)
        return err;
    void (*removed)(void *) = dev->desc.removed;
    void *user = dev->user;
    for (unsigned i = 0; i < dev->desc.wire_count; i++)
        set_wire(dev, i, false);
    unlink_device(dev);
    discard(dev);
    call_removed(m, removed, user);
    return LIBCPU_ERR_OK;
}

libcpu *libcpu_device_machine(const libcpu_device *dev)
{
    return dev ? dev->m : NULL;
}

/* ---- with the machine ---- */

void lc_devices_init(struct libcpu *m)
{
    m->devices.device_end = &m->devices.device;
    m->devices.timer_end = &m->devices.timer;
}

void lc_devices_fini(struct libcpu *m)
{
    while (m->devices.device)
        (void)libcpu_device_remove(m->devices.device);
    lc_timers_fini(m);
}

/* The last one first, as the board does: there are few of them. */
void lc_devices_reset(struct libcpu *m)
{
    for (struct libcpu_device *d = m->devices.device; d; d = d->next)
        for (unsigned i = 0; i < d->desc.wire_count; i++)
            set_wire(d, i, false);
    for (unsigned line = 0; line < LC_BOARD_LINES; line++)
        if (m->devices.held[line])
            (void)libcpu_irq_set(m, line, false);
    struct libcpu_device *end = NULL;
    while (m->devices.device != end) {
        struct libcpu_device *d = m->devices.device;
        while (d->next != end)
            d = d->next;
        call_reset(d);
        end = d;
    }
}

/* ---- saving ---- */

struct libcpu_saver {
    struct lc_sink *sink;
};

void libcpu_save(libcpu_saver *saver, const void *data, size_t size)
{
    if (saver && data)
        lc_sink_bytes(saver->sink, data, size);
}

static void save_device(const struct libcpu_device *d, struct lc_sink *s)
{
    struct libcpu_saver saver = {s};
    lc_sink_bytes(s, d->desc.name, strlen(d->desc.name));
    for (unsigned i = 0; i < d->desc.wire_count; i++)
        lc_sink_bool(s, d->level[i]);
    if (d->desc.save)
        d->desc.save(d->user, &saver);
}

void lc_devices_save(const struct libcpu *m, struct lc_sink *s)
{
    for (const struct libcpu_device *d = m->devices.device; d; d = d->next)
        save_device(d, s);
    for (unsigned line = 0; line < LC_BOARD_LINES; line++)
        if (m->devices.held[line])
            lc_sink_u8(s, (uint8_t)line);
    lc_timers_save(m, s);
}
