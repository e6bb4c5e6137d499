/*
 * terminal.c - a person at the terminal of a Linux guest: history, line editing, the size of the
 * window, Ctrl-C and Ctrl-Z for the guest's programs, Ctrl-A x for ours.
 *
 * usage: terminal LIBCPU_RUN FOLDER host|virtual|text
 *
 * FOLDER is scripts/fetch-linux's; "text" is -display text. With the virtual clock an idle guest's
 * time runs on at once, and it does not wait for the terminal's answer: it is told the size on its
 * command line there.
 *
 * Plays the terminal's part too: it answers the question where the cursor is, by which a guest
 * learns the size that a serial line cannot tell. Exit status: 0 good, 1 not, 77 no kernel is
 * there.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#define PROMPT "/root # "

enum { SECONDS = 300 }; /* a loaded host's; all of them pass only when something is wrong */

static char text[1 << 20];
static size_t text_len;
static size_t seen;     /* what came before has been looked at */
static size_t answered; /* and this has been searched for questions */
static int master;
static struct winsize window = {.ws_row = 40, .ws_col = 120};

static int give_up(const char *what)
{
    fprintf(stderr, "terminal: %s; it showed:\n%.*s\n", what, (int)(text_len - seen), text + seen);
    return 1;
}

static void type(const char *keys)
{
    if (write(master, keys, strlen(keys)) < 0)
        perror("terminal");
}

/* As a terminal does: where is the cursor? Sent to 999;999 it is in the last corner; the shell asks
 * too, and is at the left. */
static void answer(void)
{
    static const char question[] = "\033[6n";
    char *at, reply[32];

    while ((at = strstr(text + answered, question)) != NULL) {
        const bool corner = at - text >= 10 && memcmp(at - 10, "\033[999;999H", 10) == 0;

        snprintf(reply, sizeof(reply), "\033[%d;%dR", corner ? window.ws_row : 1,
                 corner ? window.ws_col : 9);
        type(reply);
        answered = (size_t)(at - text) + sizeof(question) - 1;
    }
}

/* Wait until it shows that, behind what was seen before. */
static bool shows(const char *want)
{
    for (int tries = 0; tries < SECONDS * 10; tries++) {
        struct pollfd p = {.fd = master, .events = POLLIN};
        const char *at = strstr(text + seen, want);

        if (at) {
            seen = (size_t)(at - text) + strlen(want);
            return true;
        }
        if (poll(&p, 1, 100) <= 0)
            continue;
        const ssize_t n = read(master, text + text_len, sizeof(text) - 1 - text_len);
        if (n <= 0)
            return false;
        text_len += (size_t)n;
        text[text_len] = '\0';
        answer();
    }
    return false;
}

/* What is typed, what must be shown then, and what it means when it is not. With the host's clock
 * nothing may depend on how soon a byte follows another: Ctrl-P, not a cursor key, which begins
 * with Escape; and the size is asked for again when the answer came late. What is shown is never
 * what was typed: the guest echoes. */
static const struct step {
    const char *keys, *shows, *otherwise;
} steps[] = {
    {"", "This is busybox", "no userland"},
    {"", PROMPT, "no prompt"},
    {"until [ \"$(stty size)\" = '40 120' ]; do ask_size; done; stty size\r", "40 120\r",
     "the guest did not learn the size of the window"},
    {"", PROMPT, "no prompt after stty"},
    {"echo one-$((1 + 1))\r", "\none-2\r", "no command is run"},
    {"", PROMPT, "no prompt after echo"},
    {"echo two-$((2 + 2))\r", "\ntwo-4\r", "no command is run"},
    {"", PROMPT, "no prompt after echo"},
    {"\020\020\r", "\none-2\r", "the second line above is not in the history"},
    {"", PROMPT, "no prompt after history"},
    {"cho x-$((3 + 3))\001\001e\r", "\nx-6\r", "Ctrl-A Ctrl-A does not go to the line's begin"},
    {"", PROMPT, "no prompt after editing"},
    {"echo a-$((4 + 4))zz\177\177\r", "\na-8\r", "backspace does not erase"},
    {"", PROMPT, "no prompt after backspace"},
    {"echo begin-$((5 + 5)); cat >/dev/null\r", "begin-10", "cat does not start"},
    {"\003", PROMPT, "Ctrl-C does not end the guest's cat"},
    {"echo status-$?-$?\r", "\nstatus-130-130\r", "Ctrl-C was no SIGINT"},
    {"", PROMPT, "no prompt after status"},
    {"echo begin-$((6 + 6)); cat >/dev/null\r", "begin-12", "cat does not start"},
    {"\032", "Stopped", "Ctrl-Z does not stop the guest's cat"},
    {"", PROMPT, "no prompt after Ctrl-Z"},
    {"kill %1; wait; echo left-$((7 + 7))\r", "\nleft-14\r", "the stopped cat does not end"},
    {"", PROMPT, "no prompt after kill"},
    {"\004", PROMPT, "Ctrl-D does not end the shell, or there is no new one"},
};

/* The same on the VGA's screen with its keyboard, where rows are drawn again when they move. */
static const struct step on_screen[] = {
    {"", "This is busybox", "no userland"},
    {"", PROMPT, "no prompt"},
    {"stty size\r", "25 80", "the console is not 25 rows of 80"},
    {"", PROMPT, "no prompt"},
    {"n=7; echo one-$((1 + 1))\r", "one-2", "no command is run"},
    {"", PROMPT, "no prompt"},
    {"let n=n+1; echo \"N-$n-{}\"\r", "N-8-{}", "no capitals and braces"},
    {"", PROMPT, "no prompt"},
    {"\033[A\r", "N-9-{}", "the cursor key does not bring the history"},
    {"", PROMPT, "no prompt"},
    {"cho x-$((3 + 3))\001\001e\r", "x-6", "Ctrl-A does not go to the line's begin"},
    {"", PROMPT, "no prompt"},
    {"echo begin-$((5 + 5)); cat >/dev/null\r", "begin-10", "cat does not start"},
    {"\003", "^C", "Ctrl-C does not reach the guest"},
    {"", PROMPT, "no prompt"},
    {"echo status-$?-\r", "status-130-", "Ctrl-C was no SIGINT"},
    {"", PROMPT, "no prompt"},
    {"poweroff -f\r", "Power down", "no power-off"},
};

static int talk(const struct step *step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        type(step[i].keys);
        if (!shows(step[i].shows))
            return give_up(step[i].otherwise);
    }
    return 0;
}

/* The window becomes larger; the guest asks again. */
static int resize(void)
{
    window.ws_row = 50;
    window.ws_col = 100;
    ioctl(master, TIOCSWINSZ, &window);
    type("until [ \"$(stty size)\" = '50 100' ]; do ask_size; done; stty size\r");
    return shows("50 100\r") && shows(PROMPT) ? 0 : give_up("the guest did not learn the new size");
}

/* What is different in the three ways of sitting there. */
static const struct way {
    const char *name, *clock, *display, *append;
    const struct step *steps;
    size_t count;
} ways[] = {
#define STEPS(list) (list), sizeof(list) / sizeof(*(list))
    {"host", "host", "none", "console=ttyS0 quiet", STEPS(steps)},
    {"virtual", "virtual", "none", "console=ttyS0 quiet LINES=40 COLUMNS=120", STEPS(steps)},
    {"text", "virtual", "text", "console=tty0 quiet LINES=25 COLUMNS=80", STEPS(on_screen)},
#undef STEPS
};

static const struct way *find_way(const char *name)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
        if (strcmp(ways[i].name, name) == 0)
            return &ways[i];
    return NULL;
}

/* A path in the folder; NULL: there is no such file. */
static char *find_file(char *path, size_t size, const char *folder, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
    if (access(path, R_OK) == 0)
        return path;
    printf("terminal: SKIPPED: no %s; scripts/fetch-linux fetches it\n", path);
    return NULL;
}

static pid_t start(const char *program, const char *kernel, const char *initrd,
                   const struct way *way)
{
    const pid_t pid = forkpty(&master, NULL, NULL, &window);

    if (pid == 0) {
        execl(program, program, "--clock", way->clock, "-display", way->display, "-m", "256M",
              "-kernel", kernel, "-initrd", initrd, "-append", way->append, (char *)NULL);
        _exit(127);
    }
    return pid;
}

int main(int argc, char **argv)
{
    char kernel[4096], initrd[4096];
    int status = 0;
    const struct way *way = argc == 4 ? find_way(argv[3]) : NULL;

    if (!way)
        return 64;
    if (!find_file(kernel, sizeof(kernel), argv[2], "vmlinuz-cloud") ||
        !find_file(initrd, sizeof(initrd), argv[2], "initrd.gz"))
        return 77;
    const pid_t pid = start(argv[1], kernel, initrd, way);
    if (pid < 0)
        return give_up("no terminal");
    if (talk(way->steps, way->count) || (strcmp(way->name, "host") == 0 && resize())) {
        kill(pid, SIGKILL);
        return 1;
    }
    if (strcmp(way->name, "text") != 0)
        type("\001x");
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : give_up("its status is not 0");
}
