/*
 * tty.c: the terminal: COM1 and the keyboard in, COM1 out. In canonical mode a reader gets whole
 * lines, which can be edited until they end; ^C, ^\ and ^Z become signals to the process group in
 * the foreground, and a background group that wants to read is stopped. (termios(3).)
 */
#include "console.h"
#include "devices.h"
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define INPUT_SIZE 1024

static struct termios settings;
static struct winsize window = {24, 80, 0, 0};
static int32_t foreground, session; /* process group and session; 0: none */

/*
 * Positions only grow; the buffer is used modulo its size. From read_at to line_end: what can be
 * read. From line_end to write_at: the line being typed.
 */
static char input[INPUT_SIZE];
static size_t read_at, line_end, write_at;
static unsigned int ends_of_file;

INIT void tty_init(void)
{
    settings = (struct termios){
        .iflag = ICRNL | IXON,
        .oflag = OPOST | ONLCR,
        .cflag = 0x4bf, /* 38400 baud, 8 bits, receiver on: for programs that ask */
        .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    };
    static const uint8_t keys[NCCS] = {
        [VINTR] = 3, [VQUIT] = 28,  [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
        [VMIN] = 1,  [VSTART] = 17, [VSTOP] = 19,   [VSUSP] = 26};
    memcpy(settings.cc, keys, sizeof(keys));
}

/* ---- output ---- */

static void put(char c)
{
    if (c == '\n' && (settings.oflag & OPOST) && (settings.oflag & ONLCR))
        serial_put('\r');
    serial_put(c);
}

/* The kernel's own lines. */
void console_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            serial_put('\r');
        serial_put(text[i]);
    }
}

static int64_t tty_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    char piece[128];
    size_t done = 0;
    (void)file, (void)at;
    if ((settings.lflag & TOSTOP) && current->sid == session && current->pgid != foreground) {
        signal_send_group(current->pgid, SIGTTOU);
        return -ERESTART;
    }
    for (size_t n; done < size; done += n) {
        n = size - done < sizeof(piece) ? size - done : sizeof(piece);
        if (copy_from_user(piece, from + done, n) != 0)
            return done > 0 ? (int64_t)done : -EFAULT;
        for (size_t i = 0; i < n; i++)
            put(piece[i]);
        if (done + n < size && signal_pending(current))
            return (int64_t)(done + n);
    }
    return (int64_t)done;
}

/* ---- input: called by the interrupt handlers of the serial line and the keyboard ---- */

static bool is_set(uint32_t flag)
{
    return (settings.lflag & flag) != 0;
}

static bool is_key(char c, unsigned int key)
{
    return settings.cc[key] != 0 && (uint8_t)c == settings.cc[key];
}

static void echo(char c)
{
    if (!is_set(ECHO))
        return;
    if ((uint8_t)c < 32 && c != '\n' && c != '\t' && is_set(ECHOCTL)) {
        put('^');
        c = (char)(c + 64);
    }
    put(c);
}

static void readable(void)
{
    line_end = write_at;
    wake_up(&input);
    poll_wake();
}

static bool signal_key(char c)
{
    int signal = is_key(c, VINTR)   ? SIGINT
                 : is_key(c, VQUIT) ? SIGQUIT
                 : is_key(c, VSUSP) ? SIGTSTP
                                    : 0;
    if (!is_set(ISIG) || signal == 0)
        return false;
    echo(c);
    if (!is_set(NOFLSH))
        write_at = read_at = line_end;
    if (foreground != 0)
        signal_send_group(foreground, signal);
    return true;
}

static void erase_one(void)
{
    bool control = (uint8_t)input[(write_at - 1) % INPUT_SIZE] < 32;
    write_at--;
    for (int i = 0; is_set(ECHO) && i < (control ? 2 : 1); i++) {
        put('\b');
        put(' ');
        put('\b');
    }
}

static bool editing_key(char c)
{
    if (is_key(c, VERASE) || c == '\b') {
        if (write_at > line_end)
            erase_one();
    } else if (is_key(c, VKILL)) {
        while (write_at > line_end)
            erase_one();
    } else if (is_key(c, VEOF)) {
        ends_of_file += write_at == line_end;
        readable();
    } else {
        return false;
    }
    return true;
}

static void store(char c)
{
    size_t used = write_at - read_at;
    if (used >= INPUT_SIZE || (is_set(ICANON) && c != '\n' && used >= INPUT_SIZE - 1))
        return; /* the last place is for the line's end */
    input[write_at++ % INPUT_SIZE] = c;
    echo(c);
    if (c == '\n' || !is_set(ICANON))
        readable();
}

void console_input(char c)
{
    if (signal_key(c) || (is_set(ICANON) && editing_key(c)))
        return;
    store(c);
}

/* ---- reading ---- */

static bool has_input(void)
{
    return read_at != line_end || ends_of_file > 0;
}

static int wait_for_input(const struct file *file)
{
    while (!has_input()) {
        if (!is_set(ICANON) && settings.cc[VMIN] == 0 && settings.cc[VTIME] == 0)
            return 0;
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        bool timed = !is_set(ICANON) && settings.cc[VMIN] == 0;
        int error = sleep_on(&input, timed ? jiffies + 100u * settings.cc[VTIME] : 0);
        if (error == -ETIMEDOUT)
            return 0;
        if (error != 0)
            return error;
    }
    return 0;
}

static size_t take_input(char *to, size_t size)
{
    size_t n = 0;
    if (read_at == line_end && ends_of_file > 0) {
        ends_of_file--;
        return 0;
    }
    while (n < size && read_at < line_end) {
        to[n] = input[read_at++ % INPUT_SIZE];
        if (to[n++] == '\n' && is_set(ICANON))
            break;
    }
    return n;
}

static int64_t tty_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    char piece[256];
    (void)at;
    if (session != 0 && current->sid == session && current->pgid != foreground) {
        signal_send_group(current->pgid, SIGTTIN);
        return -ERESTART;
    }
    uint64_t irq = irq_save();
    int error = wait_for_input(file);
    size_t n = error == 0 ? take_input(piece, size < sizeof(piece) ? size : sizeof(piece)) : 0;
    irq_restore(irq);
    if (error != 0)
        return error;
    return copy_to_user(to, piece, n) != 0 ? -EFAULT : (int64_t)n;
}

static int tty_poll(struct file *file)
{
    (void)file;
    return POLLOUT | (has_input() ? POLLIN : 0);
}

/* ---- settings ---- */

static int64_t set_settings(uint64_t from, bool flush)
{
    struct termios new;
    if (copy_from_user(&new, from, sizeof(new)) != 0)
        return -EFAULT;
    uint64_t irq = irq_save();
    settings = new;
    if (flush)
        read_at = line_end = write_at;
    if (!is_set(ICANON))
        line_end = write_at; /* a line that was not finished can be read now */
    irq_restore(irq);
    return 0;
}

static int64_t set_foreground(uint64_t from)
{
    int32_t group;
    if (copy_from_user(&group, from, sizeof(group)) != 0)
        return -EFAULT;
    if (current->sid != session)
        return -ENOTTY;
    if (signal_send_group(group, 0) != 0)
        return -EPERM;
    foreground = group;
    return 0;
}

/* A session's leader takes the terminal, if nobody has it, or process 1, which started it all. */
static int64_t take_terminal(bool steal)
{
    if (current->sid != current->pid)
        return -EPERM;
    bool taken = session > 1 && session != current->sid && task_of(session) != NULL;
    if (taken && !steal)
        return -EPERM;
    session = current->sid;
    foreground = current->pgid;
    return 0;
}

static int64_t tty_ioctl(struct file *file, unsigned int command, uint64_t argument)
{
    int32_t waiting = (int32_t)(line_end - read_at);
    (void)file;
    switch (command) {
    case TCGETS: return copy_to_user(argument, &settings, sizeof(settings));
    case TCSETS:
    case TCSETSW:
    case TCSETSF: return set_settings(argument, command == TCSETSF);
    case TIOCGPGRP: return copy_to_user(argument, &foreground, sizeof(foreground));
    case TIOCSPGRP: return set_foreground(argument);
    case TIOCGSID: return copy_to_user(argument, &session, sizeof(session));
    case TIOCSCTTY: return take_terminal(argument == 1);
    case TIOCNOTTY:
        if (current->sid == session && current->sid == current->pid)
            session = foreground = 0;
        return 0;
    case TIOCGWINSZ: return copy_to_user(argument, &window, sizeof(window));
    case TIOCSWINSZ: return copy_from_user(&window, argument, sizeof(window));
    case FIONREAD: return copy_to_user(argument, &waiting, sizeof(waiting));
    case TCFLSH:
    case TCSBRK: return 0;
    default: return -ENOTTY;
    }
}

/* Like Linux: a session's leader without a terminal gets the first one that it opens. */
static int tty_open(struct file *file)
{
    if ((file->flags & O_NOCTTY) == 0 && session == 0 && current->pid != 0 &&
        current->sid == current->pid)
        take_terminal(false);
    return 0;
}

const struct file_ops tty_ops = {.open = tty_open,
                                 .read = tty_read,
                                 .write = tty_write,
                                 .poll = tty_poll,
                                 .ioctl = tty_ioctl,
                                 .stream = true};
