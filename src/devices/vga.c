/*
 * vga.c - see vga.h.
 *
 * Groups of indexed registers: sequencer (3C4h), graphics controller (3CEh), CRT controller (3D4h
 * or 3B4h), attribute controller (3C0h alone: index and data in turn, status puts it back to
 * index), and the palette (3C7h, 3C8h: three values of six bits each at 3C9h).
 */
#include "devices/vga.h"

#include "base/bits.h"

enum {
    /* Offsets in the common bank. */
    ATTRIBUTE = 0x0,
    ATTRIBUTE_READ = 0x1,
    MISC_WRITE = 0x2, /* reads: input status 0 */
    SEQUENCER = 0x4,
    PALETTE_MASK = 0x6,
    PALETTE_READ = 0x7,
    PALETTE_WRITE = 0x8,
    PALETTE_DATA = 0x9,
    FEATURE_READ = 0xa,
    MISC_READ = 0xc,
    GRAPHICS = 0xe,
    /* In the others. */
    CRTC = 0x4,
    STATUS = 0xa,

    SEQUENCER_REGS = 5,
    GRAPHICS_REGS = 9,
    CRTC_REGS = 25,
    ATTRIBUTE_REGS = 21,
    PALETTE_SIZE = 256 * 3,

    MISC_COLOUR = 0x01,
    SEQUENCER_OFF = 0x20, /* register 1 */
    GRAPHICS_MODE = 0x01, /* register 6 */
    ATTRIBUTE_ON = 0x20,  /* of the index: the palette is the screen's */
    CRTC_PROTECT = 0x80,  /* register 11h: 0 to 7 cannot be written */
    CRTC_OVERFLOW = 7,
    CRTC_OVERFLOW_LINE = 0x10, /* but this bit */
    CURSOR_OFF = 0x20,

    STATUS_BLANK = 0x01,
    STATUS_RETRACE = 0x08,
    FRAME_NS = 14268000, /* 449 lines of 31.78 us: 70.09 Hz */
    LINES = 449,
    SHOWN_LINES = 400,
    RETRACE_FIRST = 412,
    RETRACE_LAST = 413,
};

struct group {
    uint8_t index;
    uint8_t reg[32];
};

struct vga {
    struct lc_device dev;
    uint8_t misc, feature, palette_mask;
    struct group sequencer, graphics, crtc, attribute;
    bool attribute_data; /* the next write to 3C0h is data */
    uint16_t palette_at; /* byte of the palette */
    bool palette_reading;
    uint8_t palette[PALETTE_SIZE];
};

static const uint8_t mode3_sequencer[SEQUENCER_REGS] = {0x03, 0x00, 0x03, 0x00, 0x02};
static const uint8_t mode3_graphics[GRAPHICS_REGS] = {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff};
static const uint8_t mode3_crtc[CRTC_REGS] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                              0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                              0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
static const uint8_t mode3_attribute[ATTRIBUTE_REGS] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                                        0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                                        0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};

static struct vga *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct vga, dev);
}

/* ---- indexed registers ---- */

static uint8_t read_group(const struct group *g, unsigned count)
{
    return g->index < count ? g->reg[g->index] : 0;
}

static void write_group(struct group *g, unsigned count, uint8_t v)
{
    if (g->index < count)
        g->reg[g->index] = v;
}

static void write_crtc(struct vga *p, uint8_t v)
{
    uint8_t *reg = p->crtc.reg;

    if (p->crtc.index <= CRTC_OVERFLOW && (reg[0x11] & CRTC_PROTECT)) {
        if (p->crtc.index == CRTC_OVERFLOW)
            reg[CRTC_OVERFLOW] =
                (uint8_t)((reg[CRTC_OVERFLOW] & ~CRTC_OVERFLOW_LINE) | (v & CRTC_OVERFLOW_LINE));
        return;
    }
    write_group(&p->crtc, CRTC_REGS, v);
}

static void write_attribute(struct vga *p, uint8_t v)
{
    if (!p->attribute_data)
        p->attribute.index = v & 0x3f;
    else if ((p->attribute.index & 0x1f) < ATTRIBUTE_REGS)
        p->attribute.reg[p->attribute.index & 0x1f] = v;
    p->attribute_data = !p->attribute_data;
}

static uint8_t read_attribute(const struct vga *p)
{
    const unsigned i = p->attribute.index & 0x1f;

    return i < ATTRIBUTE_REGS ? p->attribute.reg[i] : 0;
}

/* ---- the palette ---- */

static void select_palette(struct vga *p, uint8_t index, bool reading)
{
    p->palette_at = (uint16_t)(index * 3);
    p->palette_reading = reading;
}

static uint8_t read_palette(struct vga *p)
{
    const uint8_t v = p->palette[p->palette_at];

    p->palette_at = (uint16_t)((p->palette_at + 1) % PALETTE_SIZE);
    return v;
}

static void write_palette(struct vga *p, uint8_t v)
{
    p->palette[p->palette_at] = v & 0x3f;
    p->palette_at = (uint16_t)((p->palette_at + 1) % PALETTE_SIZE);
}

/* ---- ports ---- */

/* Where the beam would be. */
static uint8_t status(const struct vga *p)
{
    const uint64_t line = p->dev.clock->now % FRAME_NS * LINES / FRAME_NS;
    uint8_t v = line >= SHOWN_LINES ? STATUS_BLANK : 0;

    if (line >= RETRACE_FIRST && line <= RETRACE_LAST)
        v |= STATUS_RETRACE;
    return v;
}

static uint8_t read_common(struct vga *p, unsigned offset)
{
    switch (offset) {
    case ATTRIBUTE: return p->attribute.index;
    case ATTRIBUTE_READ: return read_attribute(p);
    case MISC_WRITE: return 0;
    case SEQUENCER: return p->sequencer.index;
    case SEQUENCER + 1: return read_group(&p->sequencer, SEQUENCER_REGS);
    case PALETTE_MASK: return p->palette_mask;
    case PALETTE_READ: return p->palette_reading ? 3 : 0;
    case PALETTE_WRITE: return (uint8_t)(p->palette_at / 3);
    case PALETTE_DATA: return read_palette(p);
    case FEATURE_READ: return p->feature;
    case MISC_READ: return p->misc;
    case GRAPHICS: return p->graphics.index;
    case GRAPHICS + 1: return read_group(&p->graphics, GRAPHICS_REGS);
    default: return 0xff;
    }
}

static void write_common(struct vga *p, unsigned offset, uint8_t v)
{
    switch (offset) {
    case ATTRIBUTE: write_attribute(p, v); break;
    case MISC_WRITE: p->misc = v; break;
    case SEQUENCER: p->sequencer.index = v & 7; break;
    case SEQUENCER + 1: write_group(&p->sequencer, SEQUENCER_REGS, v); break;
    case PALETTE_MASK: p->palette_mask = v; break;
    case PALETTE_READ: select_palette(p, v, true); break;
    case PALETTE_WRITE: select_palette(p, v, false); break;
    case PALETTE_DATA: write_palette(p, v); break;
    case GRAPHICS: p->graphics.index = v & 15; break;
    case GRAPHICS + 1: write_group(&p->graphics, GRAPHICS_REGS, v); break;
    default: break;
    }
}

/* The CRT controller answers at the ports that the miscellaneous register chooses. */
static bool is_here(const struct vga *p, unsigned bank)
{
    return (p->misc & MISC_COLOUR) == (bank == LC_VGA_COLOUR ? MISC_COLOUR : 0);
}

static uint8_t read_crt(struct vga *p, unsigned offset)
{
    switch (offset) {
    case CRTC: return p->crtc.index;
    case CRTC + 1: return read_group(&p->crtc, CRTC_REGS);
    case STATUS: p->attribute_data = false; return status(p);
    default: return 0xff;
    }
}

static void write_crt(struct vga *p, unsigned offset, uint8_t v)
{
    switch (offset) {
    case CRTC: p->crtc.index = v & 0x1f; break;
    case CRTC + 1: write_crtc(p, v); break;
    case STATUS: p->feature = v; break;
    default: break;
    }
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    struct vga *p = from(d);

    if (bank == LC_VGA_COMMON)
        return read_common(p, (unsigned)offset);
    return is_here(p, bank) ? read_crt(p, (unsigned)offset) : lc_mask_size(size);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct vga *p = from(d);

    (void)size;
    if (bank == LC_VGA_COMMON)
        write_common(p, (unsigned)offset, (uint8_t)value);
    else if (is_here(p, bank))
        write_crt(p, (unsigned)offset, (uint8_t)value);
}

/* ---- the screen ---- */

static unsigned pair(const struct vga *p, unsigned high)
{
    return (unsigned)p->crtc.reg[high] << 8 | p->crtc.reg[high + 1];
}

void lc_vga_text(const struct lc_device *d, struct lc_vga_text *t)
{
    const struct vga *p = LC_CONTAINER(d, const struct vga, dev);
    const uint8_t *c = p->crtc.reg;
    const unsigned last_line = c[0x12] | (c[7] & 0x02u) << 7 | (c[7] & 0x40u) << 3;
    const unsigned height = (c[9] & 0x1fu) + 1;

    t->columns = c[1] + 1u;
    t->rows = (last_line + 1) / height;
    t->pitch = c[0x13] * 2u;
    t->start = pair(p, 0xc);
    t->cursor = pair(p, 0xe);
    t->cursor_on = !(c[0xa] & CURSOR_OFF) && (c[0xa] & 0x1f) <= (c[0xb] & 0x1f);
    t->blank = (p->sequencer.reg[1] & SEQUENCER_OFF) || (p->graphics.reg[6] & GRAPHICS_MODE) ||
               !(p->attribute.index & ATTRIBUTE_ON);
}

/* ---- life ---- */

/* The first 64 colours are those of the EGA: two bits for each of red, green and blue. */
static void reset_palette(struct vga *p)
{
    for (unsigned i = 0; i < 64; i++)
        for (unsigned k = 0; k < 3; k++) {
            const unsigned strong = i >> (2 - k) & 1, weak = i >> (5 - k) & 1;

            p->palette[3 * i + k] = (uint8_t)(strong * 42 + weak * 21);
        }
    memset(p->palette + 64 * 3, 0, PALETTE_SIZE - 64 * 3);
}

static void reset(struct lc_device *d)
{
    struct vga *p = from(d);
    const struct lc_device dev = *d;

    memset(p, 0, sizeof(*p));
    p->dev = dev;
    p->misc = 0x67;
    p->palette_mask = 0xff;
    p->attribute.index = ATTRIBUTE_ON;
    memcpy(p->sequencer.reg, mode3_sequencer, sizeof(mode3_sequencer));
    memcpy(p->graphics.reg, mode3_graphics, sizeof(mode3_graphics));
    memcpy(p->crtc.reg, mode3_crtc, sizeof(mode3_crtc));
    memcpy(p->attribute.reg, mode3_attribute, sizeof(mode3_attribute));
    reset_palette(p);
}

static void save_group(const struct group *g, struct lc_sink *s)
{
    lc_sink_u8(s, g->index);
    lc_sink_bytes(s, g->reg, sizeof(g->reg));
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct vga *p = LC_CONTAINER(d, const struct vga, dev);

    lc_sink_u8(s, p->misc);
    lc_sink_u8(s, p->feature);
    lc_sink_u8(s, p->palette_mask);
    save_group(&p->sequencer, s);
    save_group(&p->graphics, s);
    save_group(&p->crtc, s);
    save_group(&p->attribute, s);
    lc_sink_bool(s, p->attribute_data);
    lc_sink_u16(s, p->palette_at);
    lc_sink_bool(s, p->palette_reading);
    lc_sink_bytes(s, p->palette, sizeof(p->palette));
}

const struct lc_device_class lc_vga_class = {
    .name = "vga",
    .size = sizeof(struct vga),
    .banks = LC_VGA_BANKS,
    .access_size = 1,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
