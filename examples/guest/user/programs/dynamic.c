/*
 * dynamic.c [MILLISECONDS]: a program that does not contain its library. /lib/ld-guest.so
 * (user/ld/ld.c) maps /lib/libguest.so beside it before main begins. The library's code is in
 * memory once for all who use it, its data is each one's own. It may stay for a while, to be looked
 * at.
 */
#include "libc.h"

int main(int argc, char *argv[])
{
    say("my main is at %p, the library's printf at %p", (void *)(uintptr_t)main,
        (void *)(uintptr_t)printf);
    say("the interpreter that linked us is at 0x%lx", getauxval(AT_BASE));
    if (argc > 1)
        sleep_ms((unsigned int)to_number(argv[1]));
    return 0;
}
