/*
 * terminal.c - raw mode and the escape key.
 */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CTRL_A = 1 };

static struct termios saved;
static volatile sig_atomic_t is_raw;
static volatile sig_atomic_t caught;
static bool escaped; /* the last byte was Ctrl-A */

void terminal_end(void)
{
    if (!is_raw)
        return;
    is_raw = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

/* The main loop sees it between two slices; a second one ends the program at once. */
static void on_signal(int sig)
{
    if (caught) {
        terminal_end();
        _exit(128 + sig);
    }
    caught = sig;
}

/* A crash of our own must not leave the terminal raw. */
static void on_crash(int sig)
{
    terminal_end();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void catch (int sig, void (*fn)(int))
{
    struct sigaction sa;
    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = fn;
    sigaction(sig, &sa, NULL);
}

void terminal_begin(void)
{
    catch (SIGINT, on_signal);
    catch (SIGTERM, on_signal);
    catch (SIGHUP, on_signal);
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) != 0)
        return;
    catch (SIGSEGV, on_crash);
    catch (SIGBUS, on_crash);
    catch (SIGABRT, on_crash);
    atexit(terminal_end);
    struct termios raw = saved;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
        is_raw = 1;
}

int terminal_signal(void)
{
    return caught;
}

static void show_keys(void)
{
    fputs(
        "\r\nlibcpu-run: Ctrl-A x ends the machine, Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A ? this\r\n",
        stderr);
}

/* Take the escape key out of buf; true: quit was typed. */
static bool filter(uint8_t *buf, size_t *size)
{
    size_t kept = 0;
    for (size_t i = 0; i < *size; i++) {
        if (!escaped && buf[i] == CTRL_A) {
            escaped = true;
            continue;
        }
        if (escaped && buf[i] == 'x')
            return true;
        if (escaped && (buf[i] == '?' || buf[i] == 'h'))
            show_keys();
        else
            buf[kept++] = buf[i];
        escaped = false;
    }
    *size = kept;
    return false;
}

enum terminal_input terminal_read(uint8_t *buf, size_t *size, uint64_t timeout_ns)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    size_t room = *size;
    *size = 0;
    const struct timespec wait = {.tv_sec = (time_t)(timeout_ns / 1000000000),
                                  .tv_nsec = (long)(timeout_ns % 1000000000)};
    if (ppoll(&p, 1, &wait, NULL) <= 0)
        return TERMINAL_NONE;
    ssize_t n = read(STDIN_FILENO, buf, room);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? TERMINAL_NONE : TERMINAL_EOF;
    if (n == 0)
        return TERMINAL_EOF;
    *size = (size_t)n;
    if (is_raw && filter(buf, size))
        return TERMINAL_QUIT;
    return *size ? TERMINAL_DATA : TERMINAL_NONE;
}
