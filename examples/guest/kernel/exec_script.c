/*
 * exec_script.c: a file that begins with "#!" names its interpreter there. The new arguments are
 * the interpreter, the rest of the line as one argument, the script's path, and the old arguments
 * without the first. Only the first 256 bytes of the file are looked at: a longer line is cut
 * there, silently, unless not even the interpreter's name ends before.
 */
#include "exec.h"

#include "string.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_spaces(char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* Ends the line, and takes spaces off its end. False: it has no end in the buffer. */
static bool end_line(char *line)
{
    char *end = line;
    while (*end != '\0' && *end != '\n')
        end++;
    bool ended = *end == '\n';
    while (end > line && is_space(end[-1]))
        end--;
    *end = '\0';
    return ended;
}

static int push_script(struct program *p, const char *interpreter, const char *argument)
{
    int error = program_drop_first(p);
    if (error == 0)
        error = program_push(p, p->path);
    if (error == 0 && *argument != '\0')
        error = program_push(p, argument);
    if (error == 0)
        error = program_push(p, interpreter);
    p->argc += *argument != '\0' ? 3 : 2;
    return error;
}

static int load_script(struct program *p)
{
    char line[HEADER_SIZE + 1] = {0};
    if (p->header[0] != '#' || p->header[1] != '!')
        return -ENOEXEC;
    memcpy(line, p->header, HEADER_SIZE);
    bool ended = end_line(line + 2);
    char *interpreter = skip_spaces(line + 2);
    char *argument = interpreter;
    while (*argument != '\0' && !is_space(*argument))
        argument++;
    if (*interpreter == '\0' || (!ended && *argument == '\0' && p->header[HEADER_SIZE - 1] != 0))
        return -ENOEXEC;
    if (*argument != '\0') {
        *argument++ = '\0';
        argument = skip_spaces(argument);
    }
    int error = push_script(p, interpreter, argument);
    if (error == 0)
        error = program_open(p, interpreter);
    return error != 0 ? error : ONE_MORE;
}

const struct format format_script = {"script", load_script};
