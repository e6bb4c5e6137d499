/* signals.c: handlers, masks, interrupted calls, process groups, floating point across all of it.
 */
#define _GNU_SOURCE
#include "checks.h"

#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <time.h>

static volatile sig_atomic_t count, last, nested;

static void on_signal(int signal)
{
    count++;
    last = signal;
}

static void on_nested(int signal)
{
    nested++;
    if (nested < 3)
        raise(signal);
    nested += 10;
}

static void install(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    CHECK(sigaction(signal, &action, NULL) == 0);
}

static void handlers(void)
{
    install(SIGUSR1, on_signal, 0);
    CHECK(raise(SIGUSR1) == 0 && count == 1 && last == SIGUSR1);
    install(SIGUSR1, on_nested, SA_NODEFER);
    raise(SIGUSR1);
    CHECK(nested == 33);
    install(SIGUSR1, on_signal, SA_RESETHAND);
    raise(SIGUSR1);
    struct sigaction now;
    CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    FAILS(sigaction(SIGKILL, &(struct sigaction){.sa_handler = on_signal}, NULL), EINVAL);
    FAILS(kill(getpid(), 65), EINVAL);
    FAILS(kill(31999, SIGTERM), ESRCH);
    CHECK(kill(getpid(), 0) == 0);
}

static void masks(void)
{
    sigset_t set, old, pending;
    install(SIGUSR2, on_signal, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    count = 0;
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    raise(SIGUSR2);
    CHECK(count == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2));
    CHECK(sigsuspend(&old) == -1 && errno == EINTR && count == 1);
    raise(SIGUSR2);
    CHECK(count == 1);
    CHECK(sigtimedwait(&set, NULL, &(struct timespec){0, 0}) == SIGUSR2);
    CHECK(sigtimedwait(&set, NULL, &(struct timespec){0, 1000000}) == -1 && errno == EAGAIN);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && count == 1);
}

static void interrupted_calls(void)
{
    int fds[2];
    char c = 0;
    CHECK(pipe(fds) == 0);
    install(SIGALRM, on_signal, 0);
    count = 0;
    alarm(1);
    CHECK(read(fds[0], &c, 1) == -1 && errno == EINTR && count == 1);
    install(SIGALRM, on_signal, SA_RESTART);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        usleep(20000);
        kill(parent, SIGALRM);
        usleep(20000);
        _exit(write(fds[1], "r", 1) == 1 ? 0 : 1);
    }
    CHECK(read(fds[0], &c, 1) == 1 && c == 'r' && count == 2);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    struct timespec left = {0, 0};
    alarm(1);
    CHECK(nanosleep(&(struct timespec){100, 0}, &left) == -1 && errno == EINTR && left.tv_sec > 90);
    close(fds[1]);
    CHECK(read(fds[0], &c, 1) == 0);
    close(fds[0]);
}

static void broken_pipe(void)
{
    int fds[2];
    pipe(fds);
    close(fds[0]);
    write(fds[1], "x", 1);
}

static void pipes_and_waiting(void)
{
    int fds[2];
    DIES_OF(SIGPIPE, broken_pipe);
    signal(SIGPIPE, SIG_IGN);
    CHECK(pipe(fds) == 0);
    struct pollfd p[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLOUT, 0}};
    CHECK(poll(p, 2, 0) == 1 && p[0].revents == 0 && p[1].revents == POLLOUT);
    CHECK(poll(p, 1, 5) == 0);
    CHECK(write(fds[1], "ab", 2) == 2);
    CHECK(poll(p, 2, -1) == 2 && p[0].revents == POLLIN);
    fd_set in;
    FD_ZERO(&in);
    FD_SET(fds[0], &in);
    CHECK(select(fds[0] + 1, &in, NULL, NULL, NULL) == 1 && FD_ISSET(fds[0], &in));
    close(fds[0]);
    FAILS(write(fds[1], "x", 1), EPIPE);
    close(fds[1]);
    CHECK(poll(p, 1, 0) == 1 && p[0].revents == POLLNVAL);
}

static void stops(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(9);
    }
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    CHECK(WSTOPSIG(status) == SIGSTOP);
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &status, WCONTINUED) == pid && (WIFCONTINUED(status) || WIFEXITED(status)));
    if (!WIFEXITED(status))
        CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
    FAILS(waitpid(-1, &status, 0), ECHILD);
}

static void groups(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        pid_t inner = fork();
        pause();
        _exit(inner == 0 ? 1 : 2);
    }
    setpgid(pid, pid);
    usleep(20000);
    CHECK(getpgid(pid) == pid);
    CHECK(kill(-pid, SIGTERM) == 0);
    CHECK(waitpid(-pid, &status, 0) == pid && WTERMSIG(status) == SIGTERM);
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(0);
    FAILS(wait(&status), ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void on_alarm_compute(int signal)
{
    volatile double x = 1.5;
    (void)signal;
    for (int i = 0; i < 100; i++)
        x = x * 1.0001 + 0.5;
    count++;
}

/* Two processes and a handler compute with the same registers at the same time. */
static void floating_point(void)
{
    double sum[2] = {0, 0};
    install(SIGALRM, on_alarm_compute, SA_RESTART);
    pid_t pid = fork();
    for (int round = 0; round < 2; round++) {
        double x = 0;
        for (int i = 1; i < 300000; i++) {
            x += 1.0 / i;
            if (i % 100000 == 0)
                raise(SIGALRM);
        }
        sum[round] = x;
    }
    if (pid == 0)
        _exit(sum[0] == sum[1] && sum[0] > 13.18 && sum[0] < 13.19 ? 0 : 1);
    int status;
    CHECK(sum[0] == sum[1] && sum[0] > 13.18 && sum[0] < 13.19);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void divides(void)
{
    volatile int seven = 7, zero = 0;
    seven = seven / zero;
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void faults(void)
{
    DIES_OF(SIGFPE, divides);
    DIES_OF(SIGILL, undefined);
    signal(SIGFPE, SIG_IGN);
    DIES_OF(SIGFPE, divides);
    DIES_OF(SIGABRT, abort);
}

int main(void)
{
    handlers();
    masks();
    interrupted_calls();
    pipes_and_waiting();
    stops();
    groups();
    floating_point();
    faults();
    return checks_end("signals");
}
