/*
 * console.c: INT 10h and INT 16h on the first serial port, as headless machines do it, and the keys
 * of the keyboard controller.
 */
#include "firmware.h"

enum { COM1 = 0x3f8, LSR = 5, RECEIVED = 1, EMPTY = 0x20, KBD_DATA = 0x60, KBD_STATUS = 0x64 };
enum { COLUMNS = 80, ROWS = 25, MODE_TEXT = 3 };
enum { KEYS = 16 }; /* words in the BIOS data area from 1Eh */

static bool shift;

void console_init(void)
{
    out8(COM1 + 1, 0);
    out8(COM1 + 3, 0x80);
    out8(COM1, 1); /* 115200 baud */
    out8(COM1 + 1, 0);
    out8(COM1 + 3, 3);
    out8(COM1 + 2, 7);
    out8(COM1 + 4, 3);
    far_put16(BDA, BDA_COM1, COM1);
    far_put8(BDA, BDA_VIDEO_MODE, MODE_TEXT);
    far_put16(BDA, BDA_COLUMNS, COLUMNS);
    far_put8(BDA, BDA_ROWS, ROWS - 1);
    far_put16(BDA, BDA_KEYS_BEGIN, 0x1e);
    far_put16(BDA, BDA_KEYS_END, 0x1e + 2 * KEYS);
    far_put16(BDA, BDA_KEYS_HEAD, 0x1e);
    far_put16(BDA, BDA_KEYS_TAIL, 0x1e);
}

/* ---- output ---- */

/* The cursor as a screen of 80 by 25 would have it, for who asks. */
static void move_cursor(uint8_t c)
{
    uint16_t cursor = far_get16(BDA, BDA_CURSOR);
    uint8_t column = low(cursor), row = high(cursor);
    if (c == '\r')
        column = 0;
    else if (c == '\n')
        row++;
    else if (c == '\b')
        column = (uint8_t)(column - (column > 0));
    else if (c >= ' ' && ++column == COLUMNS) {
        column = 0;
        row++;
    }
    if (row >= ROWS)
        row = ROWS - 1;
    far_put16(BDA, BDA_CURSOR, (uint16_t)(row << 8 | column));
}

static void put(uint8_t c)
{
    for (unsigned i = 0; i < 100000 && !(in8(COM1 + LSR) & EMPTY); i++)
        ;
    out8(COM1, c);
    move_cursor(c);
}

void print(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            put('\r');
        put((uint8_t)*text);
    }
}

void print_hex(uint32_t v, unsigned digits)
{
    while (digits-- > 0) {
        unsigned n = v >> (4 * digits) & 15;
        put((uint8_t)(n < 10 ? '0' + n : 'A' + n - 10));
    }
}

void print_dec(uint32_t v)
{
    if (v >= 10)
        print_dec(v / 10);
    put((uint8_t)('0' + v % 10));
}

/* AH = 13h: CX characters at ES:BP; with attributes in between when AL has bit 1. */
static void write_string(const struct registers *r)
{
    uint16_t at = (uint16_t)r->ebp, step = low(r->eax) & 2 ? 2 : 1;
    for (uint16_t n = (uint16_t)r->ecx; n > 0; n--, at = (uint16_t)(at + step))
        put(far_get8(r->es, at));
}

void video_service(struct registers *r)
{
    switch (high(r->eax)) {
    case 0x02: far_put16(BDA, BDA_CURSOR, (uint16_t)r->edx); break;
    case 0x03:
        set16(&r->ecx, 0x0607);
        set16(&r->edx, far_get16(BDA, BDA_CURSOR));
        break;
    case 0x09: /* character CX times, the cursor stays: once is enough for a line of text */
    case 0x0a:
    case 0x0e: put(low(r->eax)); break;
    case 0x0f:
        set16(&r->eax, COLUMNS << 8 | MODE_TEXT);
        set_high(&r->ebx, 0);
        break;
    case 0x13: write_string(r); break;
    default: break; /* modes, colours, pages: there is no screen */
    }
}

/* ---- input ---- */

/* Characters by scan code (set 1), without and with shift; 0: none. */
static const char plain[] =
    "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
    "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* A key that was pressed as INT 16h tells it: scan code and character. 0: none. */
static uint16_t keyboard_key(void)
{
    if (!(in8(KBD_STATUS) & 1))
        return 0;
    uint8_t code = in8(KBD_DATA);
    if ((code & 0x7f) == 0x2a || (code & 0x7f) == 0x36) {
        shift = !(code & 0x80);
        return 0;
    }
    if (code & 0x80)
        return 0;
    uint8_t c = code < sizeof(plain) - 1 ? (uint8_t)(shift ? shifted : plain)[code] : 0;
    return (uint16_t)(code << 8 | c);
}

/* The scan code of a character that came by the serial port. */
static uint16_t serial_key(void)
{
    if (!(in8(COM1 + LSR) & RECEIVED))
        return 0;
    uint8_t c = in8(COM1);
    if (c == 0x7f)
        c = '\b';
    for (uint8_t code = 1; code < sizeof(plain) - 1; code++)
        if ((uint8_t)plain[code] == c || (uint8_t)shifted[code] == c)
            return (uint16_t)(code << 8 | c);
    return c;
}

static uint16_t next_in_buffer(uint16_t at)
{
    at = (uint16_t)(at + 2);
    return at == far_get16(BDA, BDA_KEYS_END) ? far_get16(BDA, BDA_KEYS_BEGIN) : at;
}

/* Put what has been typed into the buffer, as long as there is room. */
static void collect(void)
{
    uint16_t tail = far_get16(BDA, BDA_KEYS_TAIL), next = next_in_buffer(tail);
    if (next == far_get16(BDA, BDA_KEYS_HEAD))
        return;
    uint16_t key = keyboard_key();
    if (!key)
        key = serial_key();
    if (!key)
        return;
    far_put16(BDA, tail, key);
    far_put16(BDA, BDA_KEYS_TAIL, next);
}

static bool key_waits(uint16_t *key)
{
    collect();
    uint16_t head = far_get16(BDA, BDA_KEYS_HEAD);
    *key = far_get16(BDA, head);
    return head != far_get16(BDA, BDA_KEYS_TAIL);
}

void key_service(struct registers *r)
{
    uint16_t key;
    switch (high(r->eax)) {
    case 0x00:
    case 0x10:
        while (!key_waits(&key))
            __asm__ volatile("hlt"); /* until the next tick */
        far_put16(BDA, BDA_KEYS_HEAD, next_in_buffer(far_get16(BDA, BDA_KEYS_HEAD)));
        set16(&r->eax, key);
        break;
    case 0x01:
    case 0x11:
        r->flags |= ZERO;
        if (!key_waits(&key))
            break;
        r->flags &= (uint16_t)~ZERO;
        set16(&r->eax, key);
        break;
    case 0x02: set_low(&r->eax, shift ? 2 : 0); break;
    default: break;
    }
}
