/*
 * vfork.c: a child that borrows its parent's memory, while the parent waits for it: which signals
 * end that wait, and whose the memory is then.
 */
#define _GNU_SOURCE
#include "counts.h"

#include <pthread.h>
#include <signal.h>

enum { WORDS = 3000 };

static int told[2], asked[2]; /* pipes: from the child, to the child */
static volatile sig_atomic_t signals;
static int words[WORDS];

static void on_signal(int signal)
{
    (void)signal;
    signals++;
}

static void tell(int value)
{
    if (write(told[1], &value, sizeof(value)) != sizeof(value))
        _exit(1);
}

static int hear(void)
{
    int value = -1;
    return read(told[0], &value, sizeof(value)) == sizeof(value) ? value : -1;
}

static void ask(void)
{
    CHECK(write(asked[1], "?", 1) == 1);
}

static void wait_for_question(void)
{
    char c;
    if (read(asked[0], &c, 1) != 1)
        _exit(0);
}

static int sum(void)
{
    int s = 0;
    for (int i = 0; i < WORDS; i++)
        s += words[i];
    return s;
}

/* The child: its parent's memory is its own, also when the parent is gone. */
static void borrow(pid_t parent)
{
    close(asked[1]);
    tell(getpid());
    wait_for_question();
    tell(signals);
    wait_for_question();
    tell(getppid() != parent);
    for (int i = 0; i < WORDS; i++)
        words[i]++;
    tell(sum());
    _exit(0);
}

/* The parent: it comes back with the number of signals when its child has ended. */
static void lend(void)
{
    pid_t self = getpid();
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < WORDS; i++)
        words[i] = i;
    if (vfork() == 0)
        borrow(self);
    _exit(signals);
}

static pid_t parent, child;

static void begin(void)
{
    CHECK(pipe(told) == 0 && pipe(asked) == 0);
    parent = fork();
    if (parent == 0)
        lend();
    child = hear();
    CHECK(child > 0);
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        close(told[i]);
        close(asked[i]);
    }
}

static void wait_until_gone(pid_t pid)
{
    while (kill(pid, 0) == 0)
        usleep(1000);
}

/* A handler runs when the child has given the memory back, and not before. */
static void a_signal_waits(void)
{
    int status;
    begin();
    CHECK(kill(parent, SIGUSR1) == 0);
    usleep(20000);
    ask();
    CHECK(hear() == 0);
    ask();
    CHECK(hear() == 0 && hear() == WORDS * (WORDS - 1) / 2 + WORDS);
    CHECK(waitpid(parent, &status, 0) == parent && status == 1 << 8);
    end();
}

/* Who is killed ends at once; the child goes on, and the memory with it. */
static void a_killed_parent_ends(void)
{
    int status;
    begin();
    CHECK(kill(parent, SIGKILL) == 0);
    CHECK(waitpid(parent, &status, 0) == parent && status == SIGKILL);
    ask();
    CHECK(hear() == 0);
    ask();
    CHECK(hear() == 1 && hear() == WORDS * (WORDS - 1) / 2 + WORDS);
    wait_until_gone(child);
    end();
}

static void *lend_in_thread(void *argument)
{
    lend();
    return argument;
}

/* execve ends the other threads, of which one waits for its child. */
static void replace(void)
{
    pthread_t thread;
    close(asked[1]);
    pthread_create(&thread, NULL, lend_in_thread, NULL);
    child = hear();
    tell(child);
    execl("/bin/sh", "sh", "-c", "exit 6", (char *)NULL);
}

static void execve_ends_a_waiting_thread(void)
{
    CHECK(pipe(told) == 0 && pipe(asked) == 0);
    ENDS_WITH(6, replace);
    child = hear();
    CHECK(child > 0 && kill(child, 0) == 0);
    end();
    wait_until_gone(child);
}

int main(void)
{
    a_signal_waits();
    struct counts before = count();
    a_signal_waits();
    check_same("a signal waits", before);
    a_killed_parent_ends();
    check_same("a killed parent", before);
    execve_ends_a_waiting_thread();
    check_same("an ended thread", before);
    return checks_end("vfork");
}
