/*
 * exec.c: how programs are replaced: arguments, scripts, formats registered from userland, errors.
 * It runs itself: with the argument "show", it prints how it was called. It expects to be
 * /bin/exec.
 */
#define _GNU_SOURCE
#include "checks.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char output[4096];

static void show(int argc, char *argv[])
{
    for (int i = 0; i < argc; i++)
        printf("<%s>", argv[i]);
    printf(" HOME=%s\n", getenv("HOME") ? getenv("HOME") : "");
    fflush(stdout);
}

/* Executes in a child; its output is kept. The exit code: 200: execve failed, errno in output. */
static int run_at(int dirfd, const char *path, int flags, char *const argv[], char *const envp[])
{
    int fds[2], status = 0;
    pipe(fds);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        if (flags < 0)
            execve(path, argv, envp);
        else
            syscall(SYS_execveat, dirfd, path, argv, envp, flags);
        dprintf(1, "%d", errno);
        _exit(200);
    }
    close(fds[1]);
    size_t used = 0;
    ssize_t n;
    while ((n = read(fds[0], output + used, sizeof(output) - 1 - used)) > 0)
        used += (size_t)n;
    output[used] = '\0';
    close(fds[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(const char *path, const char *argument)
{
    char *argv[] = {"zeroth", (char *)argument, NULL}, *envp[] = {"HOME=/here", NULL};
    return run_at(0, path, -1, argv, envp);
}

static int prints(const char *path, const char *argument, const char *expected)
{
    int code = run(path, argument);
    char line[2048];
    snprintf(line, sizeof(line), "%s HOME=/here\n", expected);
    if (code == 0 && strcmp(output, line) == 0)
        return 1;
    printf("%s gave %d: %s", path, code, output);
    return 0;
}

static int fails(const char *path, int error)
{
    int code = run(path, NULL);
    if (code == 200 && atoi(output) == error)
        return 1;
    printf("%s gave %d: %s\n", path, code, output);
    return 0;
}

static void file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(fd, mode);
    close(fd);
}

static void arguments(void)
{
    CHECK(prints("/bin/exec", "show", "<zeroth><show>"));
    char *many[] = {"a", "show", "", "b c", "d", NULL}, *envp[] = {"X=1", "HOME=h", NULL};
    CHECK(run_at(0, "/bin/exec", -1, many, envp) == 0);
    CHECK(strcmp(output, "<a><show><><b c><d> HOME=h\n") == 0);
    chdir("/bin");
    CHECK(prints("exec", "show", "<zeroth><show>"));
    CHECK(prints("./exec", "show", "<zeroth><show>"));
    chdir("/tmp");
}

static void scripts(void)
{
    file("/tmp/s1", "#!/bin/exec show\n", 0755);
    CHECK(prints("/tmp/s1", "old", "</bin/exec><show></tmp/s1><old>"));
    file("/tmp/s2", "#!  /bin/exec   show two words  \nrest\n", 0755);
    CHECK(prints("/tmp/s2", NULL, "</bin/exec><show two words></tmp/s2>"));
    file("/tmp/s3", "#!/tmp/s1 three\n", 0755);
    CHECK(prints("/tmp/s3", "old", "</bin/exec><show></tmp/s1><three></tmp/s3><old>"));
    file("/tmp/s4", "#!/tmp/s3\n", 0755);
    file("/tmp/s5", "#!/tmp/s4\n", 0755);
    file("/tmp/s6", "#!/tmp/s5\n", 0755);
    file("/tmp/s7", "#!/tmp/s6\n", 0755);
    CHECK(run("/tmp/s5", NULL) == 0);
    CHECK(fails("/tmp/s7", ELOOP));
    char line[600] = "#!/bin/exec ";
    memset(line + 12, 'x', 500);
    CHECK(run("/tmp/s1", "old") == 0);
    file("/tmp/long", line, 0755);
    CHECK(run("/tmp/long", NULL) == 9); /* it was not told to show anything: see main */
    CHECK(strlen(output) == 256 - 12);
    file("/tmp/nowhere", "#!/bin/missing\n", 0755);
    CHECK(fails("/tmp/nowhere", ENOENT));
    file("/tmp/empty", "#!\n", 0755);
    CHECK(fails("/tmp/empty", ENOEXEC));
}

static void errors(void)
{
    file("/tmp/text", "hello\n", 0755);
    CHECK(fails("/tmp/text", ENOEXEC));
    file("/tmp/short", "", 0755);
    CHECK(fails("/tmp/short", ENOEXEC));
    file("/tmp/plain", "#!/bin/exec\n", 0644);
    CHECK(fails("/tmp/plain", EACCES));
    CHECK(fails("/tmp", EACCES));
    CHECK(fails("/tmp/missing", ENOENT));
    CHECK(fails("/tmp/text/below", ENOTDIR));
    int fd = open("/tmp/s1", O_WRONLY);
    CHECK(fails("/tmp/s1", ETXTBSY));
    close(fd);
    char **volatile nowhere = (char **)8;
    errno = 0;
    CHECK(execve((char *)nowhere, NULL, NULL) == -1 && errno == EFAULT);
    CHECK(execve("/bin/exec", nowhere, NULL) == -1 && errno == EFAULT);
}

static void by_descriptor(void)
{
    char *argv[] = {"zeroth", "show", NULL}, *envp[] = {NULL};
    int dir = open("/bin", O_RDONLY | O_DIRECTORY), fd = open("/bin/exec", O_RDONLY);
    CHECK(run_at(dir, "exec", 0, argv, envp) == 0);
    CHECK(strcmp(output, "<zeroth><show> HOME=\n") == 0);
    CHECK(run_at(fd, "", AT_EMPTY_PATH, argv, envp) == 0);
    CHECK(run_at(AT_FDCWD, "/bin/exec", 0, argv, envp) == 0);
    CHECK(run_at(fd, "", 0, argv, envp) == 200 && atoi(output) == ENOENT);
    CHECK(run_at(77, "exec", 0, argv, envp) == 200 && atoi(output) == EBADF);
    close(dir);
    close(fd);
}

static int tell(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/sys/fs/binfmt_misc/%s", name);
    int fd = open(path, O_WRONLY);
    int good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

static void registered_formats(void)
{
    file("/tmp/m1", "AB\x01Z rest", 0755);
    file("/tmp/m2.own", "anything", 0755);
    CHECK(fails("/tmp/m1", ENOEXEC));
    file("/tmp/interpreter", "#!/bin/exec show\n", 0755);
    CHECK(tell("register", ":magic:M:1:B\\x01z:\\xff\\xff\\xdf:/tmp/interpreter:"));
    CHECK(tell("register", ":ext:E::own::/tmp/interpreter:"));
    CHECK(prints("/tmp/m1", "old", "</bin/exec><show></tmp/interpreter></tmp/m1><old>"));
    CHECK(prints("/tmp/m2.own", NULL, "</bin/exec><show></tmp/interpreter></tmp/m2.own>"));
    CHECK(!tell("register", ":magic:M:1:B::/bin/exec:") && errno == EEXIST);
    CHECK(!tell("register", "nonsense") && errno == EINVAL);
    CHECK(!tell("register", ":far:M:250:12345678::/bin/exec:") && errno == EINVAL);
    CHECK(tell("status", "0"));
    CHECK(fails("/tmp/m1", ENOEXEC));
    CHECK(tell("status", "1"));
    CHECK(run("/tmp/m1", NULL) == 0);
    CHECK(tell("status", "-1"));
    CHECK(fails("/tmp/m1", ENOEXEC));
}

static void what_stays(void)
{
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char text[40], *argv[] = {"zeroth", "inherit", text, NULL}, *envp[] = {NULL};
    snprintf(text, sizeof(text), "%d,%d", kept, closed);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, exit);
    CHECK(run_at(0, "/bin/exec", -1, argv, envp) == 0);
    close(kept);
    close(closed);
}

extern char **environ;

/* A C library starts programs with a child that borrows its memory (CLONE_VM, CLONE_VFORK). */
static void started_by_the_library(void)
{
    char line[64] = "", *argv[] = {"exec", "x-spawned", NULL};
    pid_t pid = 0;
    int status;
    CHECK(system("exit 3") == 3 << 8);
    FILE *pipe_of = popen("echo from a pipe | cat", "r");
    CHECK(pipe_of && fgets(line, sizeof(line), pipe_of) && strcmp(line, "from a pipe\n") == 0);
    CHECK(pipe_of && pclose(pipe_of) == 0);
    CHECK(posix_spawn(&pid, "/bin/exec", NULL, NULL, argv, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 9 << 8);
    CHECK(posix_spawn(&pid, "/bin/missing", NULL, NULL, argv, environ) == ENOENT);
    pid = vfork();
    if (pid == 0)
        _exit(line[0] == 'f' ? 11 : 12);
    CHECK(waitpid(pid, &status, 0) == pid && status == 11 << 8);
}

static int inherit(const char *text)
{
    int kept = 0, closed = 0;
    struct sigaction one, two;
    sscanf(text, "%d,%d", &kept, &closed);
    sigaction(SIGUSR1, NULL, &one);
    sigaction(SIGUSR2, NULL, &two);
    return fcntl(kept, F_GETFD) == 0 && fcntl(closed, F_GETFD) == -1 && one.sa_handler == SIG_IGN &&
                   two.sa_handler == SIG_DFL
               ? 0
               : 1;
}

static int read_zero(void)
{
    int value;
    __asm__ volatile("movl 0, %0" : "=r"(value));
    return value;
}

static void page_zero(void)
{
    CHECK(run("/bin/exec", "zero") == -1); /* a signal */
    personality(MMAP_PAGE_ZERO);
    CHECK(run("/bin/exec", "zero") == 0);
    personality(0);
    CHECK(run("/bin/exec", "zero") == -1);
}

int main(int argc, char *argv[])
{
    const char *how = argc > 1 ? argv[1] : "";
    if (strncmp(how, "show", 4) == 0)
        return show(argc, argv), 0;
    if (strcmp(how, "zero") == 0)
        return read_zero();
    if (strcmp(how, "inherit") == 0)
        return inherit(argv[2]);
    if (how[0] == 'x')
        return printf("%s", how), fflush(stdout), 9;
    arguments();
    scripts();
    errors();
    by_descriptor();
    registered_formats();
    what_stays();
    started_by_the_library();
    page_zero();
    return checks_end("exec");
}
