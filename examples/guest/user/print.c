/* print.c: printf and other text. One call is one write, so lines of several programs do not mix.
 */
#include "libc.h"

int printf(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t n = format_list(text, sizeof(text), format, args);
    va_end(args);
    return (int)write(1, text, n);
}

void complain(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t n = format_list(text, sizeof(text), format, args);
    va_end(args);
    write(2, text, n);
}

long to_number(const char *text)
{
    bool negative = *text == '-';
    long n = 0;
    for (text += negative; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (*text - '0');
    return negative ? -n : n;
}

long proc_number(const char *path, const char *word)
{
    char text[2048];
    size_t length = strlen(word);
    int file = open(path, O_RDONLY, 0);
    long n = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    close(file);
    text[n > 0 ? n : 0] = '\0';
    for (const char *at = text; *at != '\0'; at++) {
        if ((at != text && at[-1] != '\n') || strncmp(at, word, length) != 0 ||
            find_char(" :\t", at[length]) == NULL)
            continue;
        for (at += length; *at == ' ' || *at == ':' || *at == '\t'; at++)
            ;
        return to_number(at);
    }
    return -1;
}

static const char *last_part(const char *path)
{
    const char *name = path;
    for (; *path != '\0'; path++) {
        if (*path == '/')
            name = path + 1;
    }
    return name;
}

void say(const char *format, ...)
{
    char who[24], text[256];
    format_text(who, sizeof(who), "%s(%d)", last_part(program_name), getpid());
    size_t n = format_text(text, sizeof(text) - 1, "%-15s", who);
    va_list args;
    va_start(args, format);
    n += format_list(text + n, sizeof(text) - 1 - n, format, args);
    va_end(args);
    text[n++] = '\n';
    write(1, text, n);
}

static const char *signal_name(int signal)
{
    switch (signal) {
    case SIGHUP: return "Hangup";
    case SIGINT: return "Interrupt";
    case SIGABRT: return "Aborted";
    case SIGPIPE: return "Broken pipe";
    case SIGILL: return "Illegal instruction";
    case SIGTRAP: return "Trace or breakpoint trap";
    case SIGBUS: return "Bus error";
    case SIGFPE: return "Arithmetic exception";
    case SIGKILL: return "Killed";
    case SIGSEGV: return "Segmentation fault";
    case SIGTERM: return "Terminated";
    default: return "signal";
    }
}

const char *status_text(int status)
{
    static char text[48];
    int signal = status & 0x7f;
    if (signal != 0)
        format_text(text, sizeof(text), "signal %d (%s)", signal, signal_name(signal));
    else
        format_text(text, sizeof(text), "exit code %d", status >> 8 & 0xff);
    return text;
}

const char *error_text(long error)
{
    switch (-error) {
    case EPERM: return "Operation not permitted";
    case ENOENT: return "No such file or directory";
    case E2BIG: return "Argument list too long";
    case ENOEXEC: return "Exec format error";
    case EBADF: return "Bad file descriptor";
    case ECHILD: return "No child processes";
    case EAGAIN: return "Try again";
    case ENOMEM: return "Cannot allocate memory";
    case EACCES: return "Permission denied";
    case EFAULT: return "Bad address";
    case EINVAL: return "Invalid argument";
    case EEXIST: return "File exists";
    case ENOTDIR: return "Not a directory";
    case EISDIR: return "Is a directory";
    case EMFILE: return "Too many open files";
    case ENOSPC: return "No space left on device";
    case EPIPE: return "Broken pipe";
    case ENAMETOOLONG: return "File name too long";
    case ENOTEMPTY: return "Directory not empty";
    case ELOOP: return "Too many levels of indirection";
    case ESRCH: return "No such process";
    case ETXTBSY: return "Text file busy";
    case ENOSYS: return "Function not implemented";
    default: return "Error";
    }
}
