/* story.c: starts other programs, act by act, and tells how each of them ended. */
#include "libc.h"

static int start(char *const argv[])
{
    int pid = fork();
    if (pid == 0) {
        int error = execve(argv[0], argv, environ);
        say("%s does not start: %s", argv[0], error_text(error));
        exit(127);
    }
    return pid;
}

static void wait_for(int pid, const char *what)
{
    int status = 0;
    int ended = wait4(pid, &status, 0, NULL);
    if (ended < 0)
        say("wait4: %s", error_text(ended));
    else
        say("pid %d (%s) ended: %s", ended, what, status_text(status));
}

static void run(const char *path, const char *argument)
{
    char *argv[] = {(char *)path, (char *)argument, NULL};
    wait_for(start(argv), path);
}

static void act(const char *title)
{
    printf("\n");
    say("--- %s", title);
}

static void share_the_processor(void)
{
    int pids[3];
    static const char *const names[] = {"A", "B", "C"};
    for (int i = 0; i < 3; i++) {
        char *argv[] = {"/bin/counter", (char *)names[i], NULL};
        pids[i] = start(argv);
    }
    for (int i = 0; i < 3; i++)
        wait_for(pids[i], "/bin/counter");
    say("one address, three counts: each program had page tables of its own");
}

static void set_policy(const char *name)
{
    int file = open("/proc/sched", O_WRONLY, 0);
    write(file, name, strlen(name));
    close(file);
}

static unsigned int ring(void)
{
    unsigned int cs;
    __asm__("movl %%cs, %0" : "=r"(cs));
    return cs & 3;
}

int main(int argc, char *argv[])
{
    (void)argc;
    say("%s runs as pid %d in ring %u", argv[0], getpid(), ring());
    act("three doors lead into the kernel");
    run("/bin/hello", NULL);
    act("three programs, one processor: 10 ms each, in turns");
    set_policy("fixed");
    share_the_processor();
    act("what ring 3 must not do: the processor refuses, the kernel ends the program");
    run("/bin/privileged", NULL);
    act("what the page tables forbid");
    run("/bin/faulty", "null");
    run("/bin/faulty", "rodata");
    run("/bin/faulty", "execute");
    run("/bin/faulty", "kernel");
    run("/bin/faulty", "stack");
    act("files that exec refuses");
    run("/bin/notelf", NULL);
    run("/bin/hello32", NULL);
    run("/bin/missing", NULL);
    act("some work");
    run("/bin/primes", NULL);
    say("sleeps for 20 ms, so that the processor has nothing to do");
    sleep_ms(20);
    say("all done");
    return 0;
}
