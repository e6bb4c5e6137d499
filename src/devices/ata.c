/*
 * ata.c - the registers of an ATA channel: selection, INTRQ, data, resets (ATA/ATAPI-6, clauses 5,
 * 7 and 9; PIO transfers only).
 *
 *          read              written              Status   BSY DRDY DF DSC DRQ CORR IDX ERR
 * 0        Data              Data                 Error    -   UNC  -  IDNF -  ABRT -   -
 * 1        Error             Features             Device   -   LBA  -  DEV  head or LBA 27:24
 * 2        Sector Count      Sector Count         Control  HOB -    -  -    -  SRST nIEN 0
 * 3, 4, 5  LBA Low Mid High  LBA Low Mid High
 * 6        Device            Device
 * 7        Status            Command
 *
 * Both drives take what is written; the selected one answers.  Device 0 answers for a device 1 that
 * is not there, with a Status of 00h ("Device 0 only configurations").  Where no drive answers the
 * lines float high, but for DD7, which the host pulls down: BSY reads as 0 and everything as 7Fh.
 *
 * Each command is busy for a while, the same on every run: there is no model of a disk's seeks.
 */
#include "devices/ata.h"

#include "devices/ata_drive.h"

#define RESET_NS   UINT64_C(2000000) /* from the release of SRST to ready */
#define COMMAND_NS UINT64_C(2000)    /* from a command to its first effect */
#define MEDIA_NS   UINT64_C(10000)   /* the same, when the media are needed */

enum {
    CONTROL_NIEN = 0x02,
    CONTROL_SRST = 0x04,
    CONTROL_HOB = 0x80,
    NOBODY = 0x7f,
};

static struct lc_ata *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct lc_ata, dev);
}

/* ---- who answers ---- */

/* The drive whose registers are read; NULL: nobody's. */
static struct lc_ata_drive *answering(struct lc_ata *c)
{
    if (c->drive[c->selected].present)
        return &c->drive[c->selected];
    return c->drive[0].present ? &c->drive[0] : NULL;
}

static struct lc_ata_drive *active(struct lc_ata *c)
{
    return &c->drive[c->active];
}

/* INTRQ is driven by the selected drive while nIEN is 0, and else low by the host's resistor. */
static void update_irq(struct lc_ata *c)
{
    const struct lc_ata_drive *d = &c->drive[c->selected];
    bool level = d->present && d->pending && !c->nien;

    if (level == c->irq)
        return;
    c->irq = level;
    lc_wire_set(&c->dev.out[LC_ATA_INTRQ], level);
}

/* ---- the course of a command ---- */

void lc_ata_busy(struct lc_ata *c, enum lc_ata_phase phase, uint64_t ns)
{
    uint64_t now = c->dev.clock->now;

    c->phase = (uint8_t)phase;
    active(c)->status = ST_BSY | ST_READY;
    lc_event_arm(c->dev.clock, &c->event, now < LC_NEVER - 1 - ns ? now + ns : LC_NEVER - 1);
}

void lc_ata_offer(struct lc_ata *c, enum lc_ata_phase phase, uint32_t len, bool interrupt)
{
    c->phase = (uint8_t)phase;
    c->pos = 0;
    c->len = len;
    active(c)->status = ST_READY | ST_DRQ;
    active(c)->pending |= interrupt;
    update_irq(c);
}

void lc_ata_done(struct lc_ata *c, bool interrupt)
{
    c->phase = ATA_NOTHING;
    active(c)->status = ST_READY;
    active(c)->pending |= interrupt;
    update_irq(c);
}

void lc_ata_fail(struct lc_ata *c, uint8_t error)
{
    lc_ata_done(c, true);
    active(c)->status |= ST_ERR;
    active(c)->error = error;
}

/* ---- resets ---- */

void lc_ata_defaults(struct lc_ata_drive *d)
{
    struct lc_ata_geometry g = lc_ata_geometry(d->media.sectors);

    d->heads = g.heads;
    d->sectors = g.sectors;
    d->multiple = 0;
    d->write_cache = true;
    d->look_ahead = true;
    d->revert = true;
}

static void show_signature(struct lc_ata_drive *d)
{
    d->error = ER_PASSED;
    d->count[0] = 1;
    d->lba[0][0] = 1;
    d->lba[1][0] = d->lba[2][0] = 0;
    d->count[1] = d->lba[0][1] = d->lba[1][1] = d->lba[2][1] = 0;
    d->device = 0;
    d->status = ST_READY;
}

void lc_ata_signature(struct lc_ata *c)
{
    for (unsigned i = 0; i < LC_ATA_UNITS; i++)
        show_signature(&c->drive[i]);
    c->phase = ATA_NOTHING;
    c->selected = 0;
    c->hob = false;
}

static void end_reset(struct lc_ata *c)
{
    for (unsigned i = 0; i < LC_ATA_UNITS; i++) {
        struct lc_ata_drive *d = &c->drive[i];
        if (d->revert)
            lc_ata_defaults(d);
        if (d->power == ATA_SLEEP)
            d->power = ATA_STANDBY;
    }
    lc_ata_signature(c);
}

/* Whatever was under way is forgotten; both drives are busy. DEV is 0 from now on, and not only at
 * the end, so that BSY is seen where there is no device 1. */
static void begin_reset(struct lc_ata *c, enum lc_ata_phase phase)
{
    lc_event_cancel(c->dev.clock, &c->event);
    for (unsigned i = 0; i < LC_ATA_UNITS; i++) {
        c->drive[i].status = ST_BSY;
        c->drive[i].pending = false;
    }
    c->active = 0;
    c->selected = 0;
    c->phase = (uint8_t)phase;
    update_irq(c);
}

static void release_reset(struct lc_ata *c)
{
    lc_ata_busy(c, ATA_RESET, RESET_NS);
    c->drive[0].status = ST_BSY;
}

static void write_control(struct lc_ata *c, uint8_t v)
{
    bool was = c->phase == ATA_SRST;

    c->nien = v & CONTROL_NIEN;
    c->hob = v & CONTROL_HOB;
    update_irq(c);
    if (!answering(c))
        return;
    if ((v & CONTROL_SRST) && !was)
        begin_reset(c, ATA_SRST);
    else if (!(v & CONTROL_SRST) && was)
        release_reset(c);
}

/* ---- commands ---- */

static void start_diagnosis(struct lc_ata *c)
{
    begin_reset(c, ATA_DIAGNOSE);
    lc_ata_busy(c, ATA_DIAGNOSE, RESET_NS);
    c->drive[0].status = ST_BSY;
}

static void write_command(struct lc_ata *c, uint8_t code)
{
    const struct lc_ata_command *row = lc_ata_row(code);
    struct lc_ata_drive *d = &c->drive[c->selected];

    if (row->flags & ATA_BOTH) {
        start_diagnosis(c);
        return;
    }
    if (!d->present || d->power == ATA_SLEEP)
        return;
    d->pending = false;
    d->error = 0;
    update_irq(c);
    c->active = c->selected;
    c->command = code;
    lc_ata_busy(c, ATA_START, row->flags & ATA_MEDIA ? MEDIA_NS : COMMAND_NS);
}

/* The command begins: its row runs, and ends it or goes on to another phase. */
static void start(struct lc_ata *c)
{
    const struct lc_ata_command *row = lc_ata_row(c->command);
    struct lc_ata_drive *d = active(c);

    if (!row->run) {
        lc_ata_fail(c, ER_ABRT);
        return;
    }
    if (row->flags & ATA_MEDIA)
        d->power = ATA_ACTIVE;
    row->run(c, d);
    if (row->flags & ATA_MEDIA)
        d->used_ns = c->dev.clock->now;
}

static void on_event(void *opaque, struct lc_event *ev)
{
    struct lc_ata *c = opaque;

    (void)ev;
    switch (c->phase) {
    case ATA_START: start(c); break;
    case ATA_NEXT_IN: lc_ata_next_in(c); break;
    case ATA_NEXT_OUT: lc_ata_next_out(c); break;
    case ATA_VERIFY: lc_ata_verify(c); break;
    case ATA_RESET: end_reset(c); break;
    case ATA_DIAGNOSE:
        lc_ata_signature(c);
        c->drive[0].pending = true;
        update_irq(c);
        break;
    default: break;
    }
}

/* ---- registers ---- */

static void push(uint8_t pair[2], uint8_t v)
{
    pair[1] = pair[0];
    pair[0] = v;
}

static void write_register(struct lc_ata_drive *d, unsigned reg, uint8_t v)
{
    switch (reg) {
    case ATA_ERROR: push(d->feature, v); break;
    case ATA_COUNT: push(d->count, v); break;
    case ATA_LBA_LOW: push(d->lba[0], v); break;
    case ATA_LBA_MID: push(d->lba[1], v); break;
    case ATA_LBA_HIGH: push(d->lba[2], v); break;
    case ATA_DEVICE: d->device = v; break;
    default: break;
    }
}

/* The host may write while no command is under way only; a drive that is busy does not look. */
static void write_byte(struct lc_ata *c, unsigned reg, uint8_t v)
{
    c->hob = false;
    if (c->phase != ATA_NOTHING || !answering(c))
        return;
    if (reg == ATA_STATUS) {
        write_command(c, v);
        return;
    }
    for (unsigned i = 0; i < LC_ATA_UNITS; i++)
        write_register(&c->drive[i], reg, v);
    if (reg == ATA_DEVICE)
        c->selected = v & DEV_DEV ? 1 : 0;
    update_irq(c);
}

/* Status, of a device 1 that is not there as well. */
static uint8_t status(const struct lc_ata *c)
{
    const struct lc_ata_drive *d = &c->drive[c->selected];

    return d->present ? d->status : 0;
}

static uint8_t read_status(struct lc_ata *c)
{
    uint8_t v = status(c);

    c->drive[c->selected].pending = false;
    update_irq(c);
    return v;
}

static uint8_t read_byte(struct lc_ata *c, unsigned reg)
{
    const struct lc_ata_drive *d = answering(c);

    if (!d)
        return NOBODY;
    switch (reg) {
    case ATA_ERROR: return d->error;
    case ATA_COUNT: return d->count[c->hob];
    case ATA_LBA_LOW: return d->lba[0][c->hob];
    case ATA_LBA_MID: return d->lba[1][c->hob];
    case ATA_LBA_HIGH: return d->lba[2][c->hob];
    case ATA_DEVICE: return d->device;
    case ATA_STATUS: return read_status(c);
    default: return 0;
    }
}

/* ---- the Data register: 16 bits wide; wider accesses are words in turn, a byte is half a word
 * whose other half is lost ---- */

static uint16_t read_word(struct lc_ata *c)
{
    uint16_t v;

    if (!answering(c))
        return NOBODY << 8 | NOBODY;
    if (c->phase != ATA_DATA_IN || c->active != c->selected)
        return 0;
    v = (uint16_t)(c->buffer[c->pos] | c->buffer[c->pos + 1] << 8);
    c->pos += 2;
    if (c->pos == c->len)
        lc_ata_block_read(c);
    return v;
}

static void write_word(struct lc_ata *c, uint16_t v)
{
    if (c->phase != ATA_DATA_OUT || c->active != c->selected)
        return;
    c->buffer[c->pos] = (uint8_t)v;
    c->buffer[c->pos + 1] = (uint8_t)(v >> 8);
    c->pos += 2;
    if (c->pos == c->len)
        lc_ata_block_written(c);
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct lc_ata *c = from(d);
    uint64_t v = 0;

    if (bank == LC_ATA_CONTROL)
        return answering(c) ? status(c) : NOBODY;
    if (offset == ATA_DATA) {
        v = read_word(c);
        if (size == 4)
            v |= (uint64_t)read_word(c) << 16;
        return v & lc_mask_size(size);
    }
    for (unsigned i = 0; i < size; i++)
        v |= (uint64_t)read_byte(c, (unsigned)(offset + i) & 7) << (8 * i);
    return v;
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct lc_ata *c = from(d);

    if (bank == LC_ATA_CONTROL) {
        write_control(c, (uint8_t)value);
        return;
    }
    if (offset == ATA_DATA) {
        write_word(c, (uint16_t)value);
        if (size == 4)
            write_word(c, (uint16_t)(value >> 16));
        return;
    }
    for (unsigned i = 0; i < size; i++)
        write_byte(c, (unsigned)(offset + i) & 7, (uint8_t)(value >> (8 * i)));
}

/* ---- making, saving ---- */

void lc_ata_attach(struct lc_device *dev, unsigned unit, const struct lc_ata_media *media)
{
    struct lc_ata *c = from(dev);
    struct lc_ata_drive *d = &c->drive[unit % LC_ATA_UNITS];

    *d = (struct lc_ata_drive){.media = *media, .present = true};
    lc_ata_defaults(d);
    show_signature(d);
    d->used_ns = dev->clock->now;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    (void)e;
    lc_event_init(&from(d)->event, "ATA", on_event, from(d));
    return LIBCPU_ERR_OK;
}

/* RESET-: as SRST, and every feature is what it is at power-on. */
static void reset(struct lc_device *d)
{
    struct lc_ata *c = from(d);

    c->nien = c->hob = false;
    c->selected = 0;
    c->left = c->block = c->pos = c->len = 0;
    begin_reset(c, ATA_NOTHING);
    lc_wire_set(&d->out[LC_ATA_INTRQ], false);
    for (unsigned i = 0; i < LC_ATA_UNITS; i++) {
        c->drive[i].revert = true;
        c->drive[i].standby_ns = 0;
        c->drive[i].power = ATA_ACTIVE;
        c->drive[i].used_ns = d->clock->now;
    }
    if (answering(c))
        release_reset(c);
}

static void save_drive(const struct lc_ata_drive *d, struct lc_sink *s)
{
    lc_sink_bool(s, d->present);
    lc_sink_bool(s, d->pending);
    lc_sink_u8(s, d->status);
    lc_sink_u8(s, d->error);
    lc_sink_u8(s, d->device);
    lc_sink_bytes(s, d->feature, sizeof(d->feature));
    lc_sink_bytes(s, d->count, sizeof(d->count));
    lc_sink_bytes(s, d->lba, sizeof(d->lba));
    lc_sink_u8(s, d->heads);
    lc_sink_u8(s, d->sectors);
    lc_sink_u8(s, d->multiple);
    lc_sink_u8(s, d->power);
    lc_sink_bool(s, d->write_cache);
    lc_sink_bool(s, d->look_ahead);
    lc_sink_bool(s, d->revert);
    lc_sink_u64(s, d->standby_ns);
    lc_sink_u64(s, d->used_ns);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct lc_ata *c = LC_CONTAINER(d, const struct lc_ata, dev);

    for (unsigned i = 0; i < LC_ATA_UNITS; i++)
        save_drive(&c->drive[i], s);
    lc_sink_u8(s, c->selected);
    lc_sink_bool(s, c->nien);
    lc_sink_bool(s, c->hob);
    lc_sink_bool(s, c->irq);
    lc_sink_u8(s, c->phase);
    lc_sink_u8(s, c->active);
    lc_sink_u8(s, c->command);
    lc_sink_u64(s, c->lba);
    lc_sink_u32(s, c->left);
    lc_sink_u32(s, c->block);
    lc_sink_u32(s, c->pos);
    lc_sink_u32(s, c->len);
    lc_sink_bytes(s, c->buffer, sizeof(c->buffer));
    lc_event_save(&c->event, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &from(d)->event);
}

const struct lc_device_class lc_ata_class = {
    .name = "ata",
    .size = sizeof(struct lc_ata),
    .banks = LC_ATA_BANKS,
    .outputs = LC_ATA_OUTPUTS,
    .access_size = 4,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
    .fini = fini,
};
