/*
 * chaos.c [SEED]: any system calls with any arguments. See soak.c, which starts it.
 */
#include "libc.h"
#include "random.h"

#define PAGE 4096

/* Not those that end this program or switch the machine off. */
static bool is_left_out(long number)
{
    return number == NR_REBOOT || number == NR_EXIT || number == NR_EXIT_GROUP ||
           number == NR_RT_SIGRETURN;
}

/* Not where this program's own texts lie. */
static long anywhere(void)
{
    uint64_t value = random_number() >> below(64);
    return (long)(value >= 0x400000 && value < 0x800000 ? value << 8 : value);
}

/* Any system call with any arguments: small numbers, addresses here, addresses nowhere. */
int main(int argc, char *argv[])
{
    random_state += argc > 1 ? (uint64_t)to_number(argv[1]) : 1;
    static char memory[4 * PAGE];
    static const uint64_t strange[] = {~0ul,      PAGE - 1,           0x7ffffffff000 - 1,
                                       1ul << 63, 0xffff888000100000, 0xffffffff80101000};
    string_copy(memory, "name", PAGE);
    string_copy(memory + PAGE, "other", PAGE);
    for (unsigned int i = below(600); i > 0; i--) {
        long a[5], number = (long)below(440);
        for (int k = 0; k < 5; k++) {
            switch (below(4)) {
            case 0: a[k] = (long)below(16); break;
            case 1: a[k] = (long)(memory + below(4) * PAGE + below(2) * 8); break;
            case 2: a[k] = anywhere(); break;
            default: a[k] = (long)strange[below(sizeof(strange) / sizeof(strange[0]))];
            }
        }
        if (!is_left_out(number))
            door_syscall(number, a[0], a[1], a[2], a[3], a[4]);
    }
    return 0;
}
