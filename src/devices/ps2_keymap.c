/*
 * ps2_keymap.c - key tables (USB HID to PS/2 Scan Code Translation Table; HID Usage Tables, 10).
 */
#include "devices/ps2_keymap.h"

#include "base/bits.h"

#define E0(code) (LC_PS2_E0 | (code))

/* Set 2 by usage, from 04h. */
static const uint16_t set2_main[] = {
    /* 04h: A to Z */
    0x1c, 0x32, 0x21, 0x23, 0x24, 0x2b, 0x34, 0x33, 0x43, 0x3b, 0x42, 0x4b, 0x3a, 0x31, 0x44, 0x4d,
    0x15, 0x2d, 0x1b, 0x2c, 0x3c, 0x2a, 0x1d, 0x22, 0x35, 0x1a,
    /* 1Eh: 1 to 9, 0 */
    0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45,
    /* 28h: Enter Escape Backspace Tab Space - = [ ] \ (non-US #) ; ' ` , . / */
    0x5a, 0x76, 0x66, 0x0d, 0x29, 0x4e, 0x55, 0x54, 0x5b, 0x5d, 0x5d, 0x4c, 0x52, 0x0e, 0x41, 0x49,
    0x4a,
    /* 39h: Caps Lock, F1 to F12 */
    0x58, 0x05, 0x06, 0x04, 0x0c, 0x03, 0x0b, 0x83, 0x0a, 0x01, 0x09, 0x78, 0x07,
    /* 46h: Print Screen, Scroll Lock, Pause, Insert, Home, Page Up, Delete, End, Page Down */
    0, 0x7e, 0, E0(0x70), E0(0x6c), E0(0x7d), E0(0x71), E0(0x69), E0(0x7a),
    /* 4Fh: Right, Left, Down, Up */
    E0(0x74), E0(0x6b), E0(0x72), E0(0x75),
    /* 53h: Num Lock, keypad / * - + Enter 1 to 9, 0 . */
    0x77, E0(0x4a), 0x7c, 0x7b, 0x79, E0(0x5a), 0x69, 0x72, 0x7a, 0x6b, 0x73, 0x74, 0x6c, 0x75,
    0x7d, 0x70, 0x71,
    /* 64h: non-US \, Application, Power */
    0x61, E0(0x2f), E0(0x37)};

enum {
    MAIN_FIRST = 0x04,
    MODIFIER_FIRST = 0xe0,
    USAGE_A = 0x04,
    USAGE_1 = 0x1e,
    USAGE_0 = 0x27,
};

_Static_assert(sizeof(set2_main) / sizeof(*set2_main) == 0x67 - MAIN_FIRST, "usages 04h to 66h");

/* Control, shift, alt, GUI; left, then right. */
static const uint16_t set2_modifiers[] = {0x14,     0x12, 0x11,     E0(0x1f),
                                          E0(0x14), 0x59, E0(0x11), E0(0x27)};

unsigned lc_ps2_set2(unsigned usage)
{
    if (usage >= MAIN_FIRST && usage - MAIN_FIRST < LC_ARRAY_LEN(set2_main))
        return set2_main[usage - MAIN_FIRST];
    if (usage >= MODIFIER_FIRST && usage - MODIFIER_FIRST < LC_ARRAY_LEN(set2_modifiers))
        return set2_modifiers[usage - MODIFIER_FIRST];
    return 0;
}

/* Characters of the keys 1 to 0, and of those from 2Dh on, unshifted and shifted; \1 stands for
 * the key next to Enter that a US keyboard lacks. */
static const char digits_shifted[] = "!@#$%^&*()";
static const char punctuation[] = "-=[]\\\1;'`,./";
static const char punctuation_shifted[] = "_+{}|\1:\"~<>?";

enum { USAGE_PUNCTUATION = 0x2d };

static unsigned find(const char *list, char c)
{
    const char *at = c ? strchr(list, c) : NULL;

    return at ? (unsigned)(at - list) : UINT32_MAX;
}

static unsigned usage_of_symbol(char c)
{
    unsigned i = find(digits_shifted, c);

    if (i != UINT32_MAX)
        return LC_PS2_SHIFT | (USAGE_1 + i);
    i = find(punctuation, c);
    if (i != UINT32_MAX)
        return USAGE_PUNCTUATION + i;
    i = find(punctuation_shifted, c);
    return i == UINT32_MAX ? 0 : LC_PS2_SHIFT | (USAGE_PUNCTUATION + i);
}

static unsigned usage_of_control(char c)
{
    switch (c) {
    case '\n':
    case '\r': return 0x28;
    case 0x1b: return 0x29;
    case '\b':
    case 0x7f: return 0x2a;
    case '\t': return 0x2b;
    case ' ': return 0x2c;
    default: break;
    }
    if (c >= 1 && c <= 26)
        return LC_PS2_CTRL | (USAGE_A + (unsigned)c - 1);
    return 0;
}

unsigned lc_ps2_usage_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return USAGE_A + (unsigned)(c - 'a');
    if (c >= 'A' && c <= 'Z')
        return LC_PS2_SHIFT | (USAGE_A + (unsigned)(c - 'A'));
    if (c == '0')
        return USAGE_0;
    if (c >= '1' && c <= '9')
        return USAGE_1 + (unsigned)(c - '1');
    if (c > ' ' && c < 0x7f)
        return usage_of_symbol(c);
    return usage_of_control(c);
}
