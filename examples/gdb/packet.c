/*
 * packet.c - framing: $data#checksum, acknowledgements, escapes (appendix E.1).
 *
 * A packet that is longer than we said we take is read to its end and refused; one with a wrong
 * checksum is asked for again.
 */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INTERRUPT = 0x03, ESCAPE = '}', ESCAPE_XOR = 0x20 };

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- out ---- */

void gdb_put_raw(libcpu_gdb *g, const void *data, size_t size)
{
    size_t room = sizeof(g->out) - g->out_len;
    if (size > room)
        size = room;
    if (size)
        memcpy(g->out + g->out_len, data, size);
    g->out_len += size;
}

void gdb_put_text(libcpu_gdb *g, const char *text)
{
    gdb_put_raw(g, text, strlen(text));
}

void gdb_put_format(libcpu_gdb *g, const char *format, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    gdb_put_text(g, text);
}

void gdb_put_hex(libcpu_gdb *g, const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++) {
        const char pair[2] = {digits[p[i] >> 4], digits[p[i] & 15]};
        gdb_put_raw(g, pair, 2);
    }
}

static void send_bytes(libcpu_gdb *g, const void *data, size_t size)
{
    g->config.send(g->config.user, data, size);
}

static bool needs_escape(uint8_t c)
{
    return c == '$' || c == '#' || c == '}' || c == '*';
}

void gdb_send(libcpu_gdb *g)
{
    uint8_t sum = 0, *w = g->wire;
    *w++ = '$';
    for (size_t i = 0; i < g->out_len; i++) {
        uint8_t c = g->out[i];
        if (needs_escape(c)) {
            *w++ = ESCAPE;
            sum = (uint8_t)(sum + ESCAPE);
            c ^= ESCAPE_XOR;
        }
        *w++ = c;
        sum = (uint8_t)(sum + c);
    }
    *w++ = '#';
    *w++ = (uint8_t) "0123456789abcdef"[sum >> 4];
    *w++ = (uint8_t) "0123456789abcdef"[sum & 15];
    g->wire_len = (size_t)(w - g->wire);
    g->out_len = 0;
    send_bytes(g, g->wire, g->wire_len);
}

void gdb_reply(libcpu_gdb *g, const char *text)
{
    g->out_len = 0;
    gdb_put_text(g, text);
    gdb_send(g);
}

void gdb_error(libcpu_gdb *g, unsigned number)
{
    g->out_len = 0;
    gdb_put_format(g, "E%02x", number & 0xff);
    gdb_send(g);
}

/* ---- in ---- */

void gdb_framing_reset(libcpu_gdb *g)
{
    g->framing = GDB_BETWEEN;
    g->in_len = g->out_len = g->wire_len = 0;
    g->no_ack = false;
}

static void begin_packet(libcpu_gdb *g)
{
    g->framing = GDB_DATA;
    g->in_len = 0;
    g->in_sum = 0;
    g->in_escape = g->in_too_long = false;
}

static void end_packet(libcpu_gdb *g)
{
    g->framing = GDB_BETWEEN;
    if (g->in_sum != g->in_sum_told) {
        if (!g->no_ack)
            send_bytes(g, "-", 1);
        return;
    }
    if (!g->no_ack)
        send_bytes(g, "+", 1);
    g->out_len = 0;
    if (g->in_too_long)
        gdb_error(g, GDB_E2BIG);
    else
        gdb_dispatch(g, (struct gdb_in){g->in, g->in + g->in_len});
}

static void between(libcpu_gdb *g, uint8_t c)
{
    if (c == '$')
        begin_packet(g);
    else if (c == INTERRUPT)
        gdb_interrupt(g);
    else if (c == '-' && !g->no_ack && g->wire_len)
        send_bytes(g, g->wire, g->wire_len);
}

static void data_byte(libcpu_gdb *g, uint8_t c)
{
    if (c == '#') {
        g->framing = GDB_SUM_HIGH;
        return;
    }
    if (c == '$') { /* the one before was cut off */
        begin_packet(g);
        return;
    }
    g->in_sum = (uint8_t)(g->in_sum + c);
    if (c == ESCAPE && !g->in_escape) {
        g->in_escape = true;
        return;
    }
    if (g->in_len == sizeof(g->in))
        g->in_too_long = true;
    else
        g->in[g->in_len++] = g->in_escape ? c ^ ESCAPE_XOR : c;
    g->in_escape = false;
}

static void sum_byte(libcpu_gdb *g, uint8_t c)
{
    int v = digit_value(c);
    if (v < 0) { /* not a checksum: as good as a wrong one */
        g->in_sum_told = (uint8_t)~g->in_sum;
        end_packet(g);
    } else if (g->framing == GDB_SUM_HIGH) {
        g->in_sum_told = (uint8_t)(v << 4);
        g->framing = GDB_SUM_LOW;
    } else {
        g->in_sum_told |= (uint8_t)v;
        end_packet(g);
    }
}

void libcpu_gdb_receive(libcpu_gdb *g, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        switch (g->framing) {
        case GDB_BETWEEN: between(g, data[i]); break;
        case GDB_DATA: data_byte(g, data[i]); break;
        default: sum_byte(g, data[i]); break;
        }
    }
}

/* ---- reading a packet ---- */

size_t gdb_left(const struct gdb_in *in)
{
    return (size_t)(in->end - in->at);
}

bool gdb_take_text(struct gdb_in *in, const char *text)
{
    size_t n = strlen(text);
    if (gdb_left(in) < n || memcmp(in->at, text, n) != 0)
        return false;
    in->at += n;
    return true;
}

bool gdb_take_number(struct gdb_in *in, uint64_t *v)
{
    unsigned digits = 0;
    uint64_t value = 0;
    for (; in->at < in->end && digit_value(*in->at) >= 0; in->at++, digits++) {
        if (digits == 16)
            return false;
        value = value << 4 | (uint64_t)digit_value(*in->at);
    }
    *v = value;
    return digits > 0;
}

bool gdb_take_bytes(struct gdb_in *in, uint8_t *buf, size_t most, size_t *size)
{
    size_t n = 0;
    for (; gdb_left(in) >= 2 && n < most; n++, in->at += 2) {
        int high = digit_value(in->at[0]), low = digit_value(in->at[1]);
        if (high < 0 || low < 0)
            return false;
        buf[n] = (uint8_t)(high << 4 | low);
    }
    *size = n;
    return in->at == in->end || n == most;
}
