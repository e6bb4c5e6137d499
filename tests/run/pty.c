/*
 * pty.c - libcpu-run on a terminal: raw while the guest runs, the escape key, restored afterwards;
 * the tour, which waits for keys.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static char text[65536];
static size_t text_len;

static int give_up(const char *what)
{
    fprintf(stderr, "pty: %s; the terminal showed:\n%.*s\n", what, (int)text_len, text);
    return 1;
}

/* Read what the terminal shows until it holds `want`, for 20 seconds at most. */
static int shows(int fd, const char *want)
{
    for (int tries = 0; tries < 200; tries++) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (strstr(text, want))
            return 1;
        if (poll(&p, 1, 100) > 0) {
            ssize_t n = read(fd, text + text_len, sizeof(text) - 1 - text_len);
            if (n <= 0)
                return strstr(text, want) != NULL;
            text_len += (size_t)n;
            text[text_len] = '\0';
        }
    }
    return 0;
}

static void type(int fd, const char *keys)
{
    if (write(fd, keys, strlen(keys)) < 0)
        perror("pty");
}

static int is_raw(int fd)
{
    struct termios t;
    return tcgetattr(fd, &t) == 0 && !(t.c_lflag & (ICANON | ECHO | ISIG));
}

static pid_t start(char *const argv[], int *master, int *slave)
{
    text_len = 0;
    text[0] = '\0';
    if (openpty(master, slave, NULL, NULL, NULL) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        login_tty(*slave);
        close(*master);
        execv(argv[0], argv);
        _exit(127);
    }
    return pid;
}

/* Run the shell, use it, end by `how` (keys, or a signal); the status, -1 when something is wrong.
 */
static int session(char *program, const char *keys, int sig, int *status)
{
    int master, slave;
    char append[] = "-append", cmdline[] = "quiet init=/bin/sh";
    char *const argv[] = {program, append, cmdline, NULL};
    pid_t pid = start(argv, &master, &slave);
    if (pid < 0)
        return give_up("no terminal");
    if (!shows(master, "$ "))
        return give_up("no prompt");
    if (!is_raw(slave))
        return give_up("it is not raw while the guest runs");
    type(master, "hello\r");
    if (!shows(master, "hello through SYSENTER"))
        return give_up("the shell did not get its line");
    type(master, "\001?");
    if (!shows(master, "Ctrl-A x"))
        return give_up("Ctrl-A ? shows nothing");
    if (sig)
        kill(pid, sig);
    else
        type(master, keys);
    waitpid(pid, status, 0);
    int raw = is_raw(slave);
    close(master);
    close(slave);
    return raw ? give_up("it was left raw") : 0;
}

/* A scene, a key, another scene, and away. */
static int tour(char *program, int *status)
{
    int master, slave;
    char option[] = "--tour", chapter[] = "1";
    char *const argv[] = {program, option, chapter, NULL};
    pid_t pid = start(argv, &master, &slave);
    if (pid < 0)
        return give_up("no terminal");
    if (!shows(master, "--- 1.1 ") || !shows(master, "q: leave] "))
        return give_up("the tour does not wait behind its first scene");
    if (strstr(text, "--- 1.2 "))
        return give_up("the tour goes on by itself");
    type(master, "\r");
    if (!shows(master, "--- 1.2 "))
        return give_up("Enter does not lead to the next scene");
    text_len = 0;
    text[0] = '\0';
    if (!shows(master, "q: leave] "))
        return give_up("the tour does not wait behind its second scene");
    type(master, "q");
    if (!shows(master, "2 scenes"))
        return give_up("q does not leave the tour");
    waitpid(pid, status, 0);
    int raw = is_raw(slave);
    close(master);
    close(slave);
    return raw ? give_up("it was left raw") : 0;
}

int main(int argc, char **argv)
{
    int status;
    if (argc != 2)
        return 64;
    if (tour(argv[1], &status))
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return give_up("the tour: not status 0");
    if (session(argv[1], "\001x", 0, &status))
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return give_up("Ctrl-A x: not status 0");
    if (session(argv[1], "", SIGTERM, &status))
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 128 + SIGTERM)
        return give_up("SIGTERM: not status 143");
    if (session(argv[1], "exit 4\r", 0, &status))
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 9)
        return give_up("exit 4: not status 9");
    return 0;
}
