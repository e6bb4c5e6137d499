/*
 * sh.c: a shell. A line is cut into words (quotes, $NAME, $1, $?, comments); words make commands,
 * with redirections; commands make pipelines; and pipelines are joined by ; & && and ||. Each
 * program runs in a child: fork, then execve. A file that the kernel cannot execute is run as a
 * script by the shell itself, as POSIX wants it.
 */
#include "libc.h"

#define WORDS_MAX  64
#define PARTS_MAX  8
#define PATH_LIMIT 256

#define IGNORE  ((void (*)(int))SIG_IGN)
#define DEFAULT ((void (*)(int))SIG_DFL)

static char **arguments; /* $0, $1 ... */
static int argument_count;
static int last_status;
static bool interactive;

static int run_file(const char *path);

/* ---- words ---- */

struct words {
    char *word[WORDS_MAX + 1];
    bool is_operator[WORDS_MAX + 1];
    int count;
    char text[2 * LINE_SIZE];
    size_t used;
};

static void put(struct words *w, char c)
{
    if (w->used < sizeof(w->text) - 1)
        w->text[w->used++] = c;
}

static void put_text(struct words *w, const char *text)
{
    while (*text != '\0')
        put(w, *text++);
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What stands behind a dollar sign; where the line goes on. */
static const char *put_variable(struct words *w, const char *at)
{
    char name[32];
    size_t n = 0;
    if (*at == '?' || *at == '$' || *at == '#') {
        int value = *at == '?' ? last_status : *at == '$' ? getpid() : argument_count - 1;
        format_text(name, sizeof(name), "%d", value);
        put_text(w, name);
        return at + 1;
    }
    if (*at >= '0' && *at <= '9') {
        if (*at - '0' < argument_count)
            put_text(w, arguments[*at - '0']);
        return at + 1;
    }
    while (is_name(*at) && n < sizeof(name) - 1)
        name[n++] = *at++;
    name[n] = '\0';
    const char *value = n > 0 ? getenv(name) : "$";
    put_text(w, value != NULL ? value : "");
    return at;
}

static const char *put_quoted(struct words *w, const char *at, char quote)
{
    while (*at != '\0' && *at != quote) {
        if (*at == '$' && quote == '"')
            at = put_variable(w, at + 1);
        else
            put(w, *at++);
    }
    return *at == quote ? at + 1 : at;
}

static const char *put_word(struct words *w, const char *at)
{
    while (*at != '\0' && find_char(" \t\n|&;<>", *at) == NULL) {
        if (*at == '\'' || *at == '"')
            at = put_quoted(w, at + 1, *at);
        else if (*at == '$')
            at = put_variable(w, at + 1);
        else if (*at == '\\' && at[1] != '\0')
            put(w, (at += 2)[-1]);
        else
            put(w, *at++);
    }
    return at;
}

static const char *put_operator(struct words *w, const char *at)
{
    bool doubled = at[0] == at[1] && (*at == '&' || *at == '|' || *at == '>');
    put(w, *at++);
    if (doubled)
        put(w, *at++);
    return at;
}

static bool joins(const char *word)
{
    return word[0] == ';' || word[0] == '&' || strcmp(word, "||") == 0;
}

/*
 * The words of one pipeline, which the words of the next must wait for: they may contain $?. The
 * rest of the line, or NULL on an error; *join is what stands in between ("" at the end).
 */
static const char *split(struct words *w, const char *at, const char **join)
{
    w->count = 0;
    w->used = 0;
    *join = "";
    for (;;) {
        while (*at == ' ' || *at == '\t' || *at == '\n')
            at++;
        if (*at == '\0' || *at == '#')
            break;
        if (w->count == WORDS_MAX) {
            complain("sh: too many words\n");
            return NULL;
        }
        bool is_operator = find_char("|&;<>", *at) != NULL;
        char *word = w->text + w->used;
        at = is_operator ? put_operator(w, at) : put_word(w, at);
        put(w, '\0');
        if (is_operator && joins(word)) {
            *join = word;
            break;
        }
        w->word[w->count] = word;
        w->is_operator[w->count++] = is_operator;
    }
    w->word[w->count] = NULL;
    return *at == '#' ? "" : at;
}

/* ---- running one program ---- */

/* A script's arguments, out of the words that its lines will overwrite. */
static void keep_arguments(char *argv[])
{
    static char *kept[WORDS_MAX + 1], text[2 * LINE_SIZE];
    size_t used = 0;
    arguments = kept;
    for (argument_count = 0; argv[argument_count] != NULL; argument_count++) {
        kept[argument_count] = text + used;
        string_copy(text + used, argv[argument_count], sizeof(text) - used);
        used += strlen(text + used) + 1;
    }
}

/* A zero in the first bytes: not a text, and so no script. */
static bool is_binary(const char *path)
{
    char start[64];
    int file = open(path, O_RDONLY, 0);
    long n = file < 0 ? 0 : read(file, start, sizeof(start));
    close(file);
    while (n > 0 && start[n - 1] != '\0')
        n--;
    return n > 0;
}

static int exec_at(const char *path, char *argv[])
{
    int error = execve(path, argv, environ);
    if (error != -ENOEXEC || is_binary(path))
        return error;
    keep_arguments(argv);
    exit(run_file(path));
}

/* A name without a slash is looked for in each directory of PATH. */
static int exec_found(char *argv[])
{
    char path[PATH_LIMIT];
    const char *directories = getenv("PATH");
    int error = -ENOENT;
    if (find_char(argv[0], '/') != NULL)
        return exec_at(argv[0], argv);
    for (const char *at = directories != NULL ? directories : "/bin"; *at != '\0';) {
        size_t n = 0;
        while (at[n] != '\0' && at[n] != ':')
            n++;
        if (n + strlen(argv[0]) + 2 <= sizeof(path)) {
            memcpy(path, at, n);
            path[n] = '/';
            string_copy(path + n + 1, argv[0], sizeof(path) - n - 1);
            int answer = exec_at(path, argv);
            error = answer != -ENOENT ? answer : error;
        }
        at += at[n] == ':' ? n + 1 : n;
    }
    return error;
}

static void redirect(const char *how, const char *path, int file)
{
    int flags = O_RDONLY;
    if (*how == '>')
        flags = O_WRONLY | O_CREAT | (how[1] == '>' ? O_APPEND : O_TRUNC);
    int opened = open(path, flags, 0666);
    if (opened < 0) {
        complain("sh: %s: %s\n", path, error_text(opened));
        exit(1);
    }
    dup2(opened, file);
    close(opened);
}

/* "2" directly before ">" names the descriptor. Takes the redirections out of the words. */
static int apply_redirections(struct words *w, int from, int to, char *argv[])
{
    int argc = 0;
    for (int i = from; i < to; i++) {
        bool numbered = !w->is_operator[i] && strcmp(w->word[i], "2") == 0 && i + 2 < to &&
                        w->is_operator[i + 1] && w->word[i + 1][0] == '>';
        i += numbered;
        if (!w->is_operator[i]) {
            argv[argc++] = w->word[i];
            continue;
        }
        if (i + 1 == to || w->is_operator[i + 1]) {
            complain("sh: a file name is missing behind %s\n", w->word[i]);
            exit(2);
        }
        redirect(w->word[i], w->word[i + 1], numbered ? 2 : w->word[i][0] == '>');
        i++;
    }
    argv[argc] = NULL;
    return argc;
}

static _Noreturn void run_program(struct words *w, int from, int to)
{
    char *argv[WORDS_MAX + 1];
    signal(SIGINT, DEFAULT);
    signal(SIGTSTP, DEFAULT);
    if (apply_redirections(w, from, to, argv) == 0)
        exit(0);
    int error = exec_found(argv);
    complain("sh: %s: %s\n", argv[0], error_text(error));
    exit(error == -ENOENT ? 127 : 126);
}

/* ---- what the shell does itself ---- */

static int change_directory(const char *path)
{
    int error = chdir(path != NULL ? path : "/");
    if (error < 0)
        complain("sh: cd: %s\n", error_text(error));
    return error < 0;
}

/* True: it was one of the shell's own commands. */
static bool run_builtin(struct words *w)
{
    const char *name = w->word[0], *argument = w->word[1];
    if (strcmp(name, "exit") == 0)
        exit(argument != NULL ? (int)to_number(argument) : last_status);
    else if (strcmp(name, "cd") == 0)
        last_status = change_directory(argument);
    else if (strcmp(name, "true") == 0 || strcmp(name, ":") == 0)
        last_status = 0;
    else if (strcmp(name, "false") == 0)
        last_status = 1;
    else if (strcmp(name, "wait") == 0)
        while (wait4(-1, &last_status, 0, NULL) > 0)
            ;
    else
        return false;
    return true;
}

/* ---- pipelines ---- */

static void take_terminal(int group)
{
    if (interactive)
        ioctl(0, TIOCSPGRP, &group);
}

static int wait_for_all(const int pids[], int count)
{
    int status = 0;
    for (int i = 0; i < count; i++)
        wait4(pids[i], &status, WUNTRACED, NULL);
    take_terminal(getpid());
    int signal = status & 0x7f;
    if (signal == 0x7f) {
        complain("\n[%d] stopped\n", pids[0]);
        return 148;
    }
    if (signal != 0 && signal != SIGINT && signal != SIGPIPE)
        complain("%s\n", status_text(status));
    return signal != 0 ? 128 + signal : status >> 8 & 0xff;
}

/* Each part between two pipe signs is a child; all of them are one process group. */
static void run_pipeline(struct words *w, bool background)
{
    int pids[PARTS_MAX], count = 0, input = 0, group = 0;
    for (int start = 0, end; start < w->count && count < PARTS_MAX; start = end + 1) {
        int ends[2] = {0, 1};
        for (end = start; end < w->count; end++) {
            if (w->is_operator[end] && strcmp(w->word[end], "|") == 0)
                break;
        }
        bool last = end == w->count;
        if (!last && pipe(ends) < 0)
            return;
        int pid = fork();
        if (pid == 0) {
            setpgid(0, group);
            if (!background)
                take_terminal(group != 0 ? group : getpid());
            dup2(input, 0);
            dup2(ends[1], 1);
            if (!last)
                close(ends[0]);
            if (!last)
                close(ends[1]);
            run_program(w, start, end);
        }
        if (pid < 0) {
            complain("sh: %s\n", error_text(pid));
            last_status = 1;
            return;
        }
        group = group != 0 ? group : pid;
        setpgid(pid, group);
        pids[count++] = pid;
        if (input != 0)
            close(input);
        if (!last)
            close(ends[1]);
        input = ends[0];
    }
    if (background)
        printf("[%d]\n", group);
    else
        last_status = wait_for_all(pids, count);
}

static void run_line(struct words *w, const char *line)
{
    bool skip = false;
    const char *join;
    while (line != NULL && *line != '\0') {
        line = split(w, line, &join);
        if (line == NULL)
            return;
        bool background = strcmp(join, "&") == 0;
        if (!skip && w->count > 0 && (background || !run_builtin(w)))
            run_pipeline(w, background);
        skip = (strcmp(join, "&&") == 0 && last_status != 0) ||
               (strcmp(join, "||") == 0 && last_status == 0);
    }
}

/* ---- where lines come from ---- */

static void reap_background(void)
{
    int status, pid;
    while ((pid = wait4(-1, &status, WNOHANG, NULL)) > 0)
        printf("[%d] %s\n", pid, status_text(status));
}

static void run_lines(int file)
{
    struct lines source;
    char line[LINE_SIZE];
    static struct words words;
    lines_begin(&source, file);
    for (;;) {
        if (interactive) {
            reap_background();
            printf("$ ");
        }
        if (!next_line(&source, line, sizeof(line)))
            return;
        run_line(&words, line);
    }
}

static int run_file(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) {
        complain("sh: %s: %s\n", path, error_text(file));
        return 127;
    }
    interactive = false;
    run_lines(file);
    return last_status;
}

static void show_file(const char *path)
{
    char text[512];
    int file = open(path, O_RDONLY, 0);
    for (long n; file >= 0 && (n = read(file, text, sizeof(text))) > 0;)
        write(1, text, (size_t)n);
    close(file);
}

int main(int argc, char *argv[])
{
    static struct words words;
    arguments = argv;
    argument_count = argc;
    if (argc > 2 && strcmp(argv[1], "-c") == 0) {
        run_line(&words, argv[2]);
        return last_status;
    }
    if (argc > 1) {
        arguments = argv + 1;
        argument_count = argc - 1;
        return run_file(argv[1]);
    }
    struct termios settings;
    interactive = ioctl(0, TCGETS, &settings) == 0;
    if (interactive) {
        signal(SIGINT, IGNORE);
        signal(SIGTSTP, IGNORE);
        signal(SIGTTOU, IGNORE);
        setpgid(0, 0);
        take_terminal(getpid());
        show_file("/etc/motd");
    }
    run_lines(0);
    return last_status;
}
