/*
 * console.c: a line-at-a-time terminal. Typed characters are echoed and may be taken back until the
 * end of the line; a reader waits for a whole line, as on any Unix.
 */
#include "console.h"

#include "abi.h"
#include "cpu.h"
#include "devices.h"
#include "task.h"

enum { CONTROL_D = 4, BACKSPACE = 8, DELETE = 127 };
#define INPUT_SIZE 1024

/*
 * Positions only grow; the buffer is used modulo its size. From read_at to line_end: whole lines,
 * which wait for a reader. From line_end to write_at: the line being typed.
 */
static char input[INPUT_SIZE];
static size_t read_at, line_end, write_at;
static unsigned int ends_of_file;

void console_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n')
            serial_put('\r');
        serial_put(text[i]);
    }
}

static void wake_reader(void)
{
    line_end = write_at;
    task_wake_all(TASK_READING);
}

/* Called by the interrupt handlers of the serial line and the keyboard. */
void console_input(char c)
{
    if (c == BACKSPACE || c == DELETE) {
        if (write_at > line_end) {
            write_at--;
            console_write("\b \b", 3);
        }
    } else if (c == CONTROL_D) {
        ends_of_file += write_at == line_end;
        wake_reader();
    } else if (write_at - read_at < INPUT_SIZE - 1 ||
               (c == '\n' && write_at - read_at < INPUT_SIZE)) {
        input[write_at++ % INPUT_SIZE] = c;
        console_write(&c, 1);
        if (c == '\n')
            wake_reader();
    }
}

/* Waits for a line and takes at most size characters of it. Zero is the end of the file. */
int64_t console_read(char *buffer, size_t size)
{
    irq_disable();
    while (read_at == line_end && ends_of_file == 0) {
        if (current->kill_signal != 0)
            return -EINTR;
        task_block(TASK_READING);
    }
    if (read_at == line_end) {
        ends_of_file--;
        return 0;
    }
    size_t n = 0;
    while (n < size && read_at < line_end) {
        buffer[n] = input[read_at++ % INPUT_SIZE];
        if (buffer[n++] == '\n')
            break;
    }
    return (int64_t)n;
}
