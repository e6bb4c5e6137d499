/*
 * init.c: process 1. Starts what /etc/inittab lists: services, which run in the background, and a
 * shell on the terminal. It is the parent of all whose parent has died, and waits for each of them.
 * When the shell ends, so does init, and with it the system.
 */
#include "libc.h"

#define FILE_SIZE 1024

static int shell_pid;

static char *next_word(char **at)
{
    while (**at == ' ')
        (*at)++;
    char *word = *at;
    while (**at != '\0' && **at != ' ')
        (*at)++;
    if (**at == ' ')
        *(*at)++ = '\0';
    return word;
}

/* A session of its own; the shell's first open of the terminal makes it the session's. */
static _Noreturn void become(const char *path, bool with_terminal)
{
    char *argv[] = {(char *)path, NULL};
    setsid();
    if (with_terminal) {
        ioctl(0, TIOCSCTTY, NULL);
    } else {
        int null = open("/dev/null", O_RDWR, 0);
        dup2(null, 0);
        close(null);
    }
    int error = execve(path, argv, environ);
    complain("init: %s: %s\n", path, error_text(error));
    exit(127);
}

static void start(const char *kind, const char *path)
{
    bool shell = strcmp(kind, "shell") == 0;
    int pid = fork();
    if (pid == 0)
        become(path, shell);
    if (shell)
        shell_pid = pid;
}

static void start_line(char *line)
{
    char *at = line;
    const char *kind = next_word(&at), *path = next_word(&at);
    if (*kind != '\0' && *kind != '#' && *path != '\0')
        start(kind, path);
}

static void read_table(void)
{
    char text[FILE_SIZE];
    int file = open("/etc/inittab", O_RDONLY, 0);
    long n = file < 0 ? file : read(file, text, sizeof(text) - 1);
    if (n < 0) {
        complain("init: /etc/inittab: %s\n", error_text(n));
        start("shell", "/bin/sh");
        return;
    }
    close(file);
    text[n] = '\0';
    for (char *line = text, *end = text; *end != '\0'; end++) {
        if (*end != '\n')
            continue;
        *end = '\0';
        start_line(line);
        line = end + 1;
    }
}

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    int status;
    read_table();
    for (;;) {
        int pid = wait4(-1, &status, 0, NULL);
        if (pid < 0)
            return 1; /* nobody is left */
        if (pid == shell_pid)
            return status & 0x7f ? 128 + (status & 0x7f) : status >> 8;
    }
}
