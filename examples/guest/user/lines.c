/* lines.c: files, line by line. */
#include "libc.h"

void lines_begin(struct lines *s, int file)
{
    s->file = file;
    s->at = s->end = 0;
}

/* Too long a line is cut. A last line without an end is one too. */
bool next_line(struct lines *s, char *line, size_t size)
{
    size_t n = 0;
    for (;;) {
        if (s->at == s->end) {
            long got = read(s->file, s->buffer, sizeof(s->buffer));
            if (got <= 0) {
                line[n] = '\0';
                return n > 0;
            }
            s->at = 0;
            s->end = (size_t)got;
        }
        char c = s->buffer[s->at++];
        if (c == '\n')
            break;
        if (n < size - 1)
            line[n++] = c;
    }
    line[n] = '\0';
    return true;
}

void print_line(const char *text)
{
    char line[LINE_SIZE + 1];
    size_t n = strlen(text);
    string_copy(line, text, sizeof(line) - 1);
    n = n < sizeof(line) - 2 ? n : sizeof(line) - 2;
    line[n++] = '\n';
    write(1, line, n);
}

int for_each_file(const char *const names[], int (*body)(int file, const char *name))
{
    int result = 0;
    if (names[0] == NULL)
        return body(0, NULL);
    for (; *names != NULL; names++) {
        int file = open(*names, O_RDONLY, 0);
        if (file < 0) {
            complain("%s: %s: %s\n", program_name, *names, error_text(file));
            result |= 2;
            continue;
        }
        result |= body(file, *names);
        close(file);
    }
    return result;
}
