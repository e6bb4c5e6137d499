/*
 * dynamic.c: a program that does not contain its library. /lib/ld-guest.so (user/ld/ld.c) maps
 * /lib/libguest.so beside it before main begins. The library's code is in memory once for all who
 * use it, its data is each one's own.
 */
#include "libc.h"

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    say("my main is at %p, the library's printf at %p", (void *)(uintptr_t)main,
        (void *)(uintptr_t)printf);
    say("the interpreter that linked us is at 0x%lx", getauxval(AT_BASE));
    return 0;
}
