/* faulty.c: breaks one rule of memory, chosen by its argument, and does not live to tell. */
#include "libc.h"

static const char constant[] = "constants are read-only";
static uint8_t data[] = {0xc3}; /* a RET instruction, but in a page that is not executable */

static void break_rule(const char *rule)
{
    if (strcmp(rule, "null") == 0)
        *(volatile int *)0 = 1;
    else if (strcmp(rule, "rodata") == 0)
        *(volatile char *)(uintptr_t)constant = 'C';
    else if (strcmp(rule, "execute") == 0)
        ((void (*)(void))(uintptr_t)data)();
    else if (strcmp(rule, "kernel") == 0)
        say("read %d", *(volatile int *)0xffffffff80100000);
    else if (strcmp(rule, "stack") == 0)
        __asm__ volatile("1: pushq $0; jmp 1b");
    else if (strcmp(rule, "undefined") == 0)
        __asm__ volatile("ud2");
    else if (strcmp(rule, "divide") == 0)
        __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    say("breaks the rule \"%s\"", argv[1]);
    break_rule(argv[1]);
    say("and nothing happened");
    return 1;
}
