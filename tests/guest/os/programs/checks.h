/* checks.h: programs that test the guest operating system: each check is counted, and told if it
 * fails. Compiled with musl-gcc; what they expect is what Linux does, so they pass there as well.
 */
#ifndef CHECKS_H
#define CHECKS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int checks_made, checks_failed;

static inline void check_at(int line, const char *text, int good)
{
    checks_made++;
    if (good)
        return;
    checks_failed++;
    printf("line %d: not true: %s (errno %d)\n", line, text, errno);
    fflush(stdout);
}
#define CHECK(condition)   check_at(__LINE__, #condition, (condition) != 0)
#define FAILS(call, error) CHECK((errno = 0, (call) == -1) && errno == (error))

/* Runs a function in a child; what wait says about its end. */
static inline int status_of_child(void (*body)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return status;
}
#define DIES_OF(signal, body) CHECK((status_of_child(body) & 0x7f) == (signal))
#define ENDS_WITH(code, body) CHECK(status_of_child(body) == (code) << 8)

static inline int checks_end(const char *name)
{
    printf("%s: %d checks, %d failed\n", name, checks_made, checks_failed);
    return checks_failed != 0;
}

#endif
