/*
 * syscalls.c - boot the bundled guest and count the system calls of its programs.
 */
#include "guest_image.h"
#include "numbers.h"

#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>

enum { NUMBERS = 256 };

struct counter {
    uint64_t calls[NUMBERS]; /* by SYSCALL, number by number */
    uint64_t sysenter, int80;
};

/* The number of the call is in RAX. The call goes on, into the guest's kernel. */
static enum libcpu_hook_answer on_syscall(void *user, libcpu *m, uint64_t la, bool sysenter)
{
    struct counter *c = user;
    uint64_t number = libcpu_reg(m, LIBCPU_REG_RAX);
    (void)la;
    if (sysenter)
        c->sysenter++;
    else if (number < NUMBERS)
        c->calls[number]++;
    return LIBCPU_HOOK_GO_ON;
}

/* The third door is a software interrupt. */
static enum libcpu_hook_answer on_int80(void *user, libcpu *m, const struct libcpu_event *event)
{
    struct counter *c = user;
    (void)m;
    if (event->kind == LIBCPU_EVENT_SOFTWARE)
        c->int80++;
    return LIBCPU_HOOK_GO_ON;
}

static const struct {
    unsigned number;
    const char *name;
} names[] = {
    {NR_READ, "read"},
    {NR_WRITE, "write"},
    {NR_MMAP, "mmap"},
    {NR_BRK, "brk"},
    {NR_SCHED_YIELD, "sched_yield"},
    {NR_NANOSLEEP, "nanosleep"},
    {NR_GETPID, "getpid"},
    {NR_FORK, "fork"},
    {NR_EXECVE, "execve"},
    {NR_EXIT, "exit"},
    {NR_WAIT4, "wait4"},
    {NR_KILL, "kill"},
    {NR_UNAME, "uname"},
    {NR_GETPPID, "getppid"},
    {NR_REBOOT, "reboot"},
    {NR_CLOCK_GETTIME, "clock_gettime"},
    {NR_EXIT_GROUP, "exit_group"},
};

static enum libcpu_err boot_and_count(libcpu *m, struct counter *counter, struct libcpu_stop *stop)
{
    const struct libcpu_range vector = {0x80, 0x80};
    struct libcpu_image_options image;

    libcpu_image_init(&image);
    image.cmdline = "init=/bin/story";
    enum libcpu_err err = libcpu_load_mem(m, guest_image, guest_image_size, &image);
    if (!err)
        err = libcpu_hook_syscall(m, NULL, on_syscall, counter, NULL);
    if (!err)
        err = libcpu_hook_event(m, &vector, on_int80, counter, NULL);
    if (!err)
        err = libcpu_run(m, 1000000000, stop);
    return err;
}

int main(void)
{
    struct counter counter = {0};
    struct libcpu_stop stop;
    libcpu *m;

    if (libcpu_create(NULL, &m) != LIBCPU_ERR_OK)
        return 1;
    if (boot_and_count(m, &counter, &stop) != LIBCPU_ERR_OK) {
        fprintf(stderr, "%s\n", libcpu_last_error(m));
        libcpu_destroy(m);
        return 1;
    }
    printf("%s; system calls by SYSCALL:\n", libcpu_stop_name(stop.reason));
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (counter.calls[names[i].number])
            printf("%6" PRIu64 " %s\n", counter.calls[names[i].number], names[i].name);
    printf("by SYSENTER: %" PRIu64 ", by INT 80h: %" PRIu64 "\n", counter.sysenter, counter.int80);
    libcpu_destroy(m);
    return 0;
}
