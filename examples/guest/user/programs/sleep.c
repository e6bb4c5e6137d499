/* sleep.c: sleep SECONDS: waits; a fraction is allowed. */
#include "libc.h"

int main(int argc, char *argv[])
{
    unsigned int ms = argc > 1 ? (unsigned int)to_number(argv[1]) * 1000 : 0, digit = 100;
    const char *point = argc > 1 ? find_char(argv[1], '.') : NULL;
    for (; point != NULL && *++point != '\0' && digit > 0; digit /= 10)
        ms += (unsigned int)(*point - '0') * digit;
    return sleep_ms(ms) < 0;
}
