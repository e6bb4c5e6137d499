/* hello.c: greets through each of the three doors, and checks what the kernel answers. */
#include "libc.h"

/* Not on the stack: the i386 doors take 32-bit pointers, and the stack lies above 4 GiB. */
static char text[96];

static bool failed;

static void check(const char *what, long answer, long expected)
{
    if (answer != expected) {
        say("%s answered %ld instead of %ld", what, answer, expected);
        failed = true;
    }
}

static long compose(const char *door, const char *numbers)
{
    char who[16];
    format_text(who, sizeof(who), "hello(%d)", getpid());
    return (long)format_text(text, sizeof(text), "%-15shello through %-9s %s\n", who, door,
                             numbers);
}

static void by_syscall(void)
{
    long n = compose("SYSCALL", "RAX = 1 is write; SYSRET leads back");
    check("write", door_syscall(NR_WRITE, 1, (long)text, n, 0, 0), n);
    check("getpid", door_syscall(NR_GETPID, 0, 0, 0, 0, 0), getpid());
    check("write to nowhere", door_syscall(NR_WRITE, 1, 0x1000, 8, 0, 0), -EFAULT);
    check("write from the kernel", door_syscall(NR_WRITE, 1, -4096, 8, 0, 0), -EFAULT);
    check("no such call", door_syscall(99999, 0, 0, 0, 0, 0), -ENOSYS);
}

static void by_i386(const char *name, long (*door)(long, long, long, long, long, long),
                    const char *numbers)
{
    long n = compose(name, numbers);
    check("write", door(NR32_WRITE, 1, (long)text, n, 0, 0), n);
    check("getpid", door(NR32_GETPID, 0, 0, 0, 0, 0), getpid());
    check("write to nowhere", door(NR32_WRITE, 1, 0x1000, 8, 0, 0), -EFAULT);
    check("no such call", door(99999, 0, 0, 0, 0, 0), -ENOSYS);
}

int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    by_i386("INT 0x80", door_int80, "EAX = 4 is write; IRET leads back");
    by_syscall();
    if (getauxval(AT_HWCAP) & HWCAP_SEP)
        by_i386("SYSENTER", door_sysenter, "EAX = 4 is write; SYSEXIT leads back");
    else
        say("no SYSENTER in long mode on this processor");
    return failed;
}
