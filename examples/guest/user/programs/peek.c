/* peek.c ADDRESS: reads the byte at an address, which may be anybody's, and says what it found. */
#include "libc.h"

static uint64_t hexadecimal(const char *text)
{
    uint64_t value = 0;
    if (text[0] == '0' && (text[1] | 32) == 'x')
        text += 2;
    for (; *text != '\0'; text++)
        value = value * 16 + (uint64_t)(*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
    return value;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    uint64_t address = hexadecimal(argv[1]);
    say("0x%lx holds 0x%02x", address, *(const volatile uint8_t *)address);
    return 0;
}
