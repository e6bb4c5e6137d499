/*
 * corners.c: the corners of the doors: flags that a program may set but the kernel must not
 * inherit, stack pointers and return addresses that are no addresses, forks through every door, and
 * one exception of each kind. Not part of init's story; start it with "init=/bin/corners" or from
 * sh.
 */
#include "libc.h"

#define NOT_CANONICAL 0x8000000000000000ul

#define FLAG_TF 0x00100ul
#define FLAG_DF 0x00400ul
#define FLAG_NT 0x04000ul
#define FLAG_AC 0x40000ul

typedef long door(long number, long a, long b, long c, long d, long e);

static bool has_sysenter;

/* Calls getpid with some flags set, and returns the flags that come back. */
static uint64_t flags_through(door *through, long number, uint64_t set)
{
    uint64_t flags;
    __asm__ volatile("pushfq; orq %0, (%%rsp); popfq" : : "r"(set) : "memory", "cc");
    long pid = through(number, 0, 0, 0, 0, 0);
    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    __asm__ volatile("pushq $2; popfq" : : : "memory", "cc");
    return pid > 0 ? flags : 0;
}

static int keeps_flags(void)
{
    const uint64_t set = FLAG_DF | FLAG_NT | FLAG_AC;
    if ((flags_through(door_syscall, NR_GETPID, set) & set) != set)
        return 1;
    if ((flags_through(door_int80, NR32_GETPID, set) & set) != set)
        return 2;
    if (has_sysenter && (flags_through(door_sysenter, NR32_GETPID, set) & set) != set)
        return 3;
    return 0;
}

/* The copy of the text must go forward although this program's direction flag says backward. */
static int writes_backward(void)
{
    static const char text[] = "               (written with the direction flag set)\n";
    long n;
    __asm__ volatile("std; syscall; cld"
                     : "=a"(n)
                     : "a"(NR_WRITE), "D"(1), "S"(text), "d"(sizeof(text) - 1)
                     : "rcx", "r11", "memory", "cc");
    return n == sizeof(text) - 1 ? 0 : 1;
}

static int steps_syscall(void)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; syscall; nop; nop"
                     :
                     : "a"(NR_GETPID)
                     : "rcx", "r11", "memory", "cc");
    return 1;
}

static int steps_int80(void)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; int $0x80; nop; nop"
                     :
                     : "a"(NR32_GETPID)
                     : "memory", "cc");
    return 1;
}

/* SYSENTER cannot bring the single-step flag back: the kernel drops it at the door. */
static int steps_sysenter(void)
{
    __asm__ volatile("leaq 1f(%%rip), %%r8; leaq -8(%%rsp), %%r9; pushfq; orq $0x100, (%%rsp);"
                     "popfq; sysenter; 1: leaq 8(%%rsp), %%rsp"
                     :
                     : "a"(NR32_GETPID)
                     : "rcx", "rdx", "r8", "r9", "memory", "cc");
    return 0;
}

static int syscall_without_stack(void)
{
    long pid;
    __asm__ volatile("movq %%rsp, %%r12; movq %2, %%rsp; syscall; cmpq %2, %%rsp;"
                     "movq %%r12, %%rsp; je 1f; xorl %%eax, %%eax; 1:"
                     : "=a"(pid)
                     : "a"(NR_GETPID), "r"(NOT_CANONICAL)
                     : "rcx", "r11", "r12", "memory", "cc");
    return pid == getpid() ? 0 : 1;
}

static void sysenter_back_to(uint64_t address, uint64_t stack)
{
    __asm__ volatile("movq %1, %%r8; movq %2, %%r9; sysenter"
                     :
                     : "a"(NR32_GETPID), "r"(address), "r"(stack)
                     : "rcx", "rdx", "r8", "r9", "memory", "cc");
}

static int sysenter_back_to_nowhere(void)
{
    sysenter_back_to(NOT_CANONICAL, 0x401000);
    return 1;
}

static int sysenter_without_stack(void)
{
    sysenter_back_to(0x401000, NOT_CANONICAL);
    return 1;
}

static int forks_through(door *through, long number, long exit_number)
{
    int status = 0;
    long pid = through(number, 0, 0, 0, 0, 0);
    if (pid == 0)
        through(exit_number, 42, 0, 0, 0, 0);
    return wait4((int)pid, &status, 0, NULL) == pid && status == 42 << 8 ? 0 : 1;
}

static int forks(void)
{
    if (forks_through(door_syscall, NR_FORK, NR_EXIT) != 0)
        return 1;
    if (forks_through(door_int80, NR32_FORK, NR32_EXIT) != 0)
        return 2;
    if (has_sysenter && forks_through(door_sysenter, NR32_FORK, NR32_EXIT) != 0)
        return 3;
    return 0;
}

/* A child that computes and a child that sleeps can both be killed. */
static int kills(void)
{
    int status = 0, busy = fork();
    while (busy == 0)
        ;
    int lazy = fork();
    if (lazy == 0)
        return sleep_ms(1000000);
    sleep_ms(2);
    kill(busy, SIGTERM);
    kill(lazy, SIGKILL);
    if (wait4(busy, &status, 0, NULL) != busy || status != SIGTERM)
        return 1;
    if (wait4(lazy, &status, 0, NULL) != lazy || status != SIGKILL)
        return 2;
    return wait4(-1, &status, 0, NULL) == -ECHILD ? 0 : 3;
}

static int heap_comes_and_goes(void)
{
    volatile char *heap = sbrk(8192);
    if (heap == NULL)
        return 1;
    heap[8191] = 1;
    sbrk(-4096);
    heap[0] = 1;
    heap[4096] = 1; /* gone */
    return 2;
}

static int data_not_canonical(void)
{
    return *(volatile int *)NOT_CANONICAL;
}

static int stack_not_canonical(void)
{
    __asm__ volatile("movq %0, %%rsp; pushq $0" : : "r"(NOT_CANONICAL) : "memory");
    return 1;
}

static int jump_not_canonical(void)
{
    __asm__ volatile("jmp *%0" : : "r"(NOT_CANONICAL));
    return 1;
}

static int divides_by_zero(void)
{
    __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0) : "cc");
    return 1;
}

static int breakpoint(void)
{
    __asm__ volatile("int3");
    return 1;
}

static int undefined(void)
{
    __asm__ volatile("ud2");
    return 1;
}

static int floating_point(void)
{
    uint64_t sum;
    __asm__ volatile("cvtsi2sdl %1, %%xmm0; addsd %%xmm0, %%xmm0; cvttsd2siq %%xmm0, %0"
                     : "=r"(sum)
                     : "r"(21));
    return sum != 42;
}

static const struct corner {
    const char *name;
    int (*visit)(void);
    int status; /* expected: 0, or the signal */
    bool needs_sysenter;
    int also; /* another answer that is accepted */
} corners[] = {
    {"flags survive every door", keeps_flags, 0, false, 0},
    {"direction flag", writes_backward, 0, false, 0},
    {"single step over SYSCALL", steps_syscall, SIGTRAP, false, 0},
    {"single step over INT 0x80", steps_int80, SIGTRAP, false, 0},
    {"single step over SYSENTER", steps_sysenter, 0, true, 0},
    {"SYSCALL with no stack", syscall_without_stack, 0, false, 0},
    {"SYSENTER back to nowhere", sysenter_back_to_nowhere, SIGSEGV, true, 0},
    {"SYSENTER with no stack", sysenter_without_stack, SIGSEGV, true, SIGBUS},
    {"fork through every door", forks, 0, false, 0},
    {"kill", kills, 0, false, 0},
    {"heap comes and goes", heap_comes_and_goes, SIGSEGV, false, 0},
    {"data not canonical", data_not_canonical, SIGSEGV, false, 0},
    {"stack not canonical", stack_not_canonical, SIGBUS, false, SIGSEGV /* QEMU 7 */},
    {"jump not canonical", jump_not_canonical, SIGSEGV, false, 0},
    {"division by zero", divides_by_zero, SIGFPE, false, 0},
    {"breakpoint", breakpoint, SIGTRAP, false, 0},
    {"undefined instruction", undefined, SIGILL, false, 0},
    {"floating point", floating_point, 0, false, 0},
};

static bool visit(const struct corner *corner)
{
    int status = 0, pid = fork();
    if (pid == 0)
        exit(corner->visit());
    wait4(pid, &status, 0, NULL);
    bool good = status == corner->status || (corner->also != 0 && status == corner->also);
    say("%-28s %s: %s", corner->name, good ? "good" : "BAD", status_text(status));
    return good;
}

int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    int bad = 0;
    has_sysenter = (getauxval(AT_HWCAP) & HWCAP_SEP) != 0;
    for (size_t i = 0; i < sizeof(corners) / sizeof(corners[0]); i++) {
        if (has_sysenter || !corners[i].needs_sysenter)
            bad += !visit(&corners[i]);
    }
    return bad;
}
