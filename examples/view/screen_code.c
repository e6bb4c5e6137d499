/*
 * screen_code.c - screen 5: instructions, registers, stack and memory; one instruction in slow
 * motion.
 */
#include "model_code.h"
#include "model_walk.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- instructions ---- */

static void code_line(struct view *v, struct draw *d, float x, float y, int room,
                      const struct code_line *l, bool here)
{
    char hex[3 * CODE_BYTES + 1] = "";
    for (unsigned i = 0; i < l->size; i++)
        snprintf(hex + 3 * i, sizeof(hex) - 3 * i, "%02x ", l->bytes[i]);
    if (here)
        draw_fill(d, x - 0.5f, y, (float)room, 1, ROLE_ACCENT, NULL);
    bool stops = session_has_break(&v->session, l->la);
    draw_text(d, x, y,
              stops  ? ROLE_FAULT
              : here ? ROLE_ON
                     : ROLE_RULE,
              "%s",
              stops  ? "●"
              : here ? "▸"
                     : "·");
    draw_click(d, CMD_BREAK, l->la);
    draw_tip(d, "Click: a breakpoint here, or none any more");
    draw_text(d, x + 2, y, here ? ROLE_ON : ROLE_DIM, "%016" PRIx64, l->la);
    draw_click(d, CMD_ADDRESS, l->la);
    draw_tip(d, "The linear address. Click: memory and the walk for it.");
    draw_cut(d, x + 19, y, 22, here ? ROLE_ON : ROLE_DIM, "%s", hex);
    draw_tip(d, "The bytes of the instruction: %s", hex);
    draw_cut(d, x + 42, y, room - 43, here ? ROLE_ON : ROLE_TEXT, "%s", l->text);
}

static void code(struct view *v, struct draw *d, struct area a, uint64_t la, unsigned mode)
{
    struct code_line lines[CODE_LINES];
    if (a.h < 6)
        return;
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "Instructions around RIP: address, bytes, text. The lit one comes next.");
    unsigned here, before = a.h > 12 ? 7 : 3, after = (unsigned)a.h - before - 1;
    unsigned n = code_around(v->session.m, la, mode, before, after, lines, &here);
    for (unsigned i = 0; i < n && i < (unsigned)a.h; i++)
        code_line(v, d, a.x, a.y + (float)i, a.w, &lines[i], i == here);
    if (n == here)
        draw_text(d, a.x + 2, a.y + (float)n, ROLE_FAULT, "%016" PRIx64 "  nothing is mapped here",
                  la);
}

/* ---- registers ---- */

static void flags(struct draw *d, float x, float y, uint64_t now, uint64_t before)
{
    static const struct {
        const char *name;
        unsigned bit;
        const char *tip;
    } bits[] = {{"CF", 0, "carry"},      {"PF", 2, "even parity"}, {"AF", 4, "carry of bit 3"},
                {"ZF", 6, "zero"},       {"SF", 7, "sign"},        {"TF", 8, "single step"},
                {"IF", 9, "interrupts"}, {"DF", 10, "direction"},  {"OF", 11, "overflow"}};
    for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
        bool on = now >> bits[i].bit & 1, changed = (now ^ before) >> bits[i].bit & 1;
        x = draw_text(d, x, y,
                      changed ? ROLE_FLASH
                      : on    ? ROLE_STRONG
                              : ROLE_RULE,
                      "%s", bits[i].name);
        draw_tip(d, "%s: %s, now %u%s", bits[i].name, bits[i].tip, on,
                 changed ? ", changed by the last step" : "");
        x += 1;
    }
}

static void registers(struct draw *d, struct area a, const struct snapshot *s,
                      const struct snapshot *before)
{
    static const uint8_t order[16] = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "The registers; those that the last step has changed are lit");
    for (unsigned i = 0; i < 16; i++) {
        unsigned r = order[i];
        bool changed = before && s->reg[r] != before->reg[r];
        float x = a.x + (i >= 8 ? 24 : 0), y = a.y + (float)(i % 8);
        draw_text(d, x, y, ROLE_DIM, "%-4s", libcpu_reg_name((enum libcpu_reg)r));
        draw_text(d, x + 4, y, changed ? ROLE_FLASH : ROLE_TEXT, "%016" PRIx64 "%s", s->reg[r],
                  changed ? "◂" : "");
        draw_click(d, CMD_ADDRESS, s->reg[r]);
        draw_tip(d, "%s%s. Click: where it points.", libcpu_reg_name((enum libcpu_reg)r),
                 changed ? ", changed by the last step" : "");
    }
    float y = a.y + 9;
    draw_text(d, a.x, y, ROLE_DIM, "rip");
    draw_text(d, a.x + 4, y, ROLE_STRONG, "%016" PRIx64, s->reg[LIBCPU_REG_RIP]);
    float x = draw_text(d, a.x + 24, y, ROLE_DIM, "cs  ");
    x = draw_text(d, x, y, s->cpl == 3 ? ROLE_USER : ROLE_KERNEL, "%04x", s->cs);
    draw_tip(d, "The two low bits of CS are the ring: %u", s->cpl);
    x = draw_text(d, x + 2, y, ROLE_DIM, "ss ");
    draw_text(d, x, y, ROLE_TEXT, "%04x", s->ss);
    flags(d, a.x, y + 1, s->reg[LIBCPU_REG_RFLAGS],
          before ? before->reg[LIBCPU_REG_RFLAGS] : s->reg[LIBCPU_REG_RFLAGS]);
    x = draw_text(d, a.x, y + 2, ROLE_DIM, "cr0 ");
    x = draw_text(d, x, y + 2, ROLE_TEXT, "%08" PRIx64, s->cr0);
    draw_tip(d, "CR0: PE (bit 0) protected mode %s, WP (16) %s, PG (31) paging %s",
             s->cr0 & 1 ? "on" : "off", s->cr0 >> 16 & 1 ? "on" : "off",
             s->cr0 >> 31 & 1 ? "on" : "off");
    x = draw_text(d, x + 1, y + 2, ROLE_DIM, "cr2 ");
    x = draw_text(d, x, y + 2, ROLE_TEXT, "%" PRIx64, s->cr2);
    draw_tip(d, "CR2: the address of the last page fault");
    x = draw_text(d, x + 1, y + 2, ROLE_DIM, "cr4 ");
    draw_text(d, x, y + 2, ROLE_TEXT, "%" PRIx64, s->cr4);
}

/* ---- memory ---- */

static void stack(struct view *v, struct draw *d, struct area a, const struct snapshot *s)
{
    unsigned word = s->mode == LIBCPU_MODE_LONG64 ? 8 : 4;
    uint64_t sp = s->reg[LIBCPU_REG_RSP];
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "The stack, from RSP upwards: the address and what lies there");
    draw_text(d, a.x, a.y, ROLE_STRONG, "Stack");
    for (int i = 0; i < a.h - 1; i++) {
        uint64_t value = 0, la = sp + (uint64_t)i * word;
        float x = draw_text(d, a.x, a.y + 1 + (float)i, i ? ROLE_DIM : ROLE_ACCENT,
                            "%016" PRIx64 "  ", la);
        if (libcpu_linear_read(v->session.m, la, &value, word)) {
            draw_text(d, x, a.y + 1 + (float)i, ROLE_RULE, "not mapped");
            continue;
        }
        draw_text(d, x, a.y + 1 + (float)i, ROLE_TEXT, "%0*" PRIx64, (int)word * 2, value);
        draw_click(d, CMD_ADDRESS, value);
        draw_tip(d, "%d bytes above RSP. Click: where it points.", i * (int)word);
    }
}

static void memory(struct view *v, struct draw *d, struct area a, const struct snapshot *s)
{
    const char *what = "at the address asked for";
    uint64_t la = v->address;
    uint8_t byte;
    if (v->look != LOOK_ADDRESS) {
        bool rsi =
            libcpu_linear_read(v->session.m, s->reg[LIBCPU_REG_RSI], &byte, 1) == LIBCPU_ERR_OK;
        what = rsi ? "at rsi; a types an address" : "at rsp; a types an address";
        la = s->reg[rsi ? LIBCPU_REG_RSI : LIBCPU_REG_RSP];
    }
    la &= ~UINT64_C(15);
    draw_region(d, a.x, a.y, (float)a.w, (float)a.h,
                "Memory: the linear address, sixteen bytes from it on, and the same as characters");
    float x = draw_text(d, a.x, a.y, ROLE_STRONG, "Memory");
    draw_text(d, x + 2, a.y, ROLE_DIM, "%s", what);
    for (int row = 0; row < a.h - 1; row++, la += 16) {
        uint8_t bytes[16];
        char text[17] = "", hex[64] = "";
        float y = a.y + 1 + (float)row;
        bool mapped = libcpu_linear_read(v->session.m, la, bytes, 16) == LIBCPU_ERR_OK;
        for (unsigned i = 0; mapped && i < 16; i++) {
            snprintf(hex + 3 * i + (i > 8), sizeof(hex) - 3 * i - 1, i == 8 ? " %02x " : "%02x ",
                     bytes[i]);
            text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
        }
        x = draw_text(d, a.x, y, ROLE_DIM, "%016" PRIx64 "  ", la);
        x = draw_text(d, x, y, mapped ? ROLE_TEXT : ROLE_RULE, "%s", mapped ? hex : "not mapped");
        if (a.w > 80)
            draw_text(d, a.x + 69, y, ROLE_DIM, "%s", text);
    }
}

/* ---- slow motion ---- */

static void phase_box(struct draw *d, float x, float y, float w, const char *title, bool lit)
{
    draw_fill(d, x, y, w, 5, ROLE_PANEL, NULL);
    draw_tip(d, "One instruction in slow motion: o shows the next of its phases. This is %s.",
             title);
    if (lit)
        draw_fill(d, x, y, w, 0.12f, ROLE_FLASH, NULL);
    draw_text(d, x + 1, y, lit ? ROLE_FLASH : ROLE_DIM, "%s%s", lit ? "▸ " : "", title);
}

static void fetch_phase(struct view *v, struct draw *d, float x, float y, int room,
                        const struct code_detail *c, const struct snapshot *s)
{
    struct libcpu_walk w;
    struct libcpu_tlb_entry e;
    uint32_t access = LIBCPU_ACCESS_FETCH | (s->cpl == 3 ? LIBCPU_ACCESS_USER : 0);
    char hex[3 * CODE_BYTES + 1] = "";
    for (unsigned i = 0; i < c->line.size; i++)
        snprintf(hex + 3 * i, sizeof(hex) - 3 * i, "%02x ", c->line.bytes[i]);
    if (libcpu_translate(v->session.m, c->line.la, access, &w))
        return;
    draw_cut(d, x, y, room, ROLE_TEXT, "RIP 0x%" PRIx64, c->line.la);
    draw_cut(d, x, y + 1, room, ROLE_TEXT, "→ physical 0x%" PRIx64 "%s", w.pa,
             w.paging == LIBCPU_PAGING_NONE                     ? " (no paging)"
             : tlb_lookup(v->session.m, c->line.la, access, &e) ? " (from the TLB)"
                                                                : " (by a walk)");
    draw_cut(d, x, y + 2, room, ROLE_STRONG, "%s", hex);
    draw_cut(d, x, y + 3, room, ROLE_DIM, "%u bytes", c->line.size);
}

static void decode_phase(struct draw *d, float x, float y, int room, const struct code_detail *c)
{
    draw_cut(d, x, y, room, ROLE_STRONG, "%s", c->line.text);
    draw_cut(d, x, y + 1, room, ROLE_TEXT, "%s", c->parts);
    draw_cut(d, x, y + 2, room, ROLE_DIM, "reads %s", c->reads);
    draw_cut(d, x, y + 3, room, ROLE_DIM, "writes %s", c->writes);
}

static void execute_phase(struct view *v, struct draw *d, float x, float y, int room,
                          const struct code_detail *c, const struct snapshot *before)
{
    struct snapshot now;
    float last = y + 4;
    if (c->has_memory)
        draw_cut(d, x, y++, room, ROLE_TEXT, "%s", c->memory);
    if (v->phase != 3) {
        draw_cut(d, x, y, room, ROLE_DIM, "press o: it has not happened yet");
        return;
    }
    snapshot_take(v->session.m, &now);
    for (unsigned r = 0; r < SNAP_REGS && y < last; r++)
        if (now.reg[r] != before->reg[r])
            draw_cut(d, x, y++, room, ROLE_FLASH, "%s: %" PRIx64 " → %" PRIx64,
                     libcpu_reg_name((enum libcpu_reg)r), before->reg[r], now.reg[r]);
}

static void slow_motion(struct view *v, struct draw *d, struct area a, const struct snapshot *s,
                        uint64_t la)
{
    struct code_detail c;
    float w = (float)(a.w - 2) / 3;
    if (!code_detail(v->session.m, la, s, &c)) {
        draw_text(d, a.x, a.y, ROLE_FAULT,
                  "Fetch: there is no instruction at 0x%" PRIx64
                  ", or its page is not mapped: this is a fault.",
                  la);
        return;
    }
    phase_box(d, a.x, a.y, w, "1 Fetch", v->phase == 1);
    fetch_phase(v, d, a.x + 1, a.y + 1, (int)w - 2, &c, s);
    phase_box(d, a.x + w + 1, a.y, w, "2 Decode", v->phase == 2);
    if (v->phase != 1)
        decode_phase(d, a.x + w + 2, a.y + 1, (int)w - 2, &c);
    phase_box(d, a.x + 2 * w + 2, a.y, w, "3 Execute", v->phase == 3);
    if (v->phase != 1)
        execute_phase(v, d, a.x + 2 * w + 3, a.y + 1, (int)w - 2, &c, s);
}

void screen_code(struct view *v, struct draw *d, struct area a)
{
    struct snapshot s;
    view_registers(v, &s);
    bool event = view_event(v) != NULL;
    int right = 46, left = a.w - right - 2, low = a.h > 26 ? 6 : 5;
    int top = a.h - low - 1 - (v->phase ? 6 : 0);
    /* In the last phase the instruction that was executed is still the one that is explained. */
    const struct snapshot *subject = v->phase == 3 ? &v->session.previous : &s;
    uint64_t la = code_address(subject);
    code(v, d, (struct area){a.x, a.y, left, top}, la, subject->mode);
    float rx = a.x + (float)left + 2;
    registers(d, (struct area){rx, a.y, right, 12}, &s, event ? NULL : &v->session.previous);
    if (top > 15)
        stack(v, d, (struct area){rx, a.y + 13, right, top - 13}, &s);
    float y = a.y + (float)top + 1;
    if (v->phase) {
        slow_motion(v, d, (struct area){a.x, y, a.w, 5}, subject, la);
        y += 6;
    }
    memory(v, d, (struct area){a.x, y, a.w, low}, &s);
}
