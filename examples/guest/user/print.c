/* print.c: printf and other text. One call is one write, so lines of several programs do not mix.
 */
#include "libc.h"

extern const char *program_name;

int printf(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t n = format_list(text, sizeof(text), format, args);
    va_end(args);
    return (int)write(1, text, n);
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
    case ENOSYS: return "Function not implemented";
    default: return "Error";
    }
}
