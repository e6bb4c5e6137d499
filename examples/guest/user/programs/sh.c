/* sh.c: a very small shell. A line is a program and its arguments; "exit" ends it. */
#include "libc.h"

#define MAX_WORDS 16

static int split(char *line, char *words[])
{
    int n = 0;
    while (*line != '\0') {
        while (*line == ' ' || *line == '\n')
            *line++ = '\0';
        if (*line != '\0' && n < MAX_WORDS - 1)
            words[n++] = line;
        while (*line != '\0' && *line != ' ' && *line != '\n')
            line++;
    }
    words[n] = NULL;
    return n;
}

static void run(char *words[])
{
    char path[64];
    int status = 0, pid = fork();
    if (pid == 0) {
        format_text(path, sizeof(path), "%s%s", words[0][0] == '/' ? "" : "/bin/", words[0]);
        int error = execve(path, words, environ);
        printf("%s: %s\n", words[0], error_text(error));
        exit(127);
    }
    wait4(pid, &status, 0, NULL);
    if (status != 0)
        printf("%s: %s\n", words[0], status_text(status));
}

static int to_number(const char *text)
{
    int n = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (*text - '0');
    return n;
}

int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    char line[257], *words[MAX_WORDS];
    for (;;) {
        printf("$ ");
        long n = read(0, line, sizeof(line) - 1);
        if (n <= 0)
            return 0;
        line[n] = '\0';
        int count = split(line, words);
        if (count == 0)
            continue;
        if (strcmp(words[0], "exit") == 0)
            return count > 1 ? to_number(words[1]) : 0;
        run(words);
    }
}
