/* ps.c: the tree of processes, read from /proc. */
#include "libc.h"

#define PROCESSES_MAX 128

static struct process {
    int pid, parent;
    char name[20], state;
    long resident, ms;
} processes[PROCESSES_MAX];
static int count;

/* The n-th field behind the name in /proc/PID/stat, where the state is field 0. */
static const char *field(const char *at, int n)
{
    while (n > 0 && *at != '\0')
        n -= *at++ == ' ';
    return at;
}

static void read_process(const char *pid)
{
    char path[40], text[512];
    format_text(path, sizeof(path), "/proc/%s/stat", pid);
    int file = open(path, O_RDONLY, 0);
    long n = read(file, text, sizeof(text) - 1);
    close(file);
    if (n <= 0 || count == PROCESSES_MAX)
        return;
    text[n] = '\0';
    struct process *p = &processes[count++];
    const char *name = find_char(text, '(') + 1, *end = name;
    for (const char *at = name; *at != '\0'; at++)
        end = *at == ')' ? at : end;
    p->pid = (int)to_number(text);
    string_copy(p->name, name, (size_t)(end - name) + 1 < 20 ? (size_t)(end - name) + 1 : 20);
    p->state = end[2];
    p->parent = (int)to_number(field(end + 2, 1));
    p->ms = 10 * (to_number(field(end + 2, 11)) + to_number(field(end + 2, 12)));
    p->resident = 4 * to_number(field(end + 2, 21));
}

static void read_all(void)
{
    char buffer[2048];
    long n;
    int file = open("/proc", O_RDONLY, 0);
    while ((n = getdents64(file, buffer, sizeof(buffer))) > 0) {
        for (long at = 0; at < n;) {
            const struct linux_dirent *entry = (const void *)(buffer + at);
            if (entry->name[0] >= '1' && entry->name[0] <= '9')
                read_process(entry->name);
            at += entry->reclen;
        }
    }
    close(file);
}

/* A process, and below it its children. Process 1 is its own parent. */
static void show(const struct process *p, int depth)
{
    printf("%5d %5d %c %6ld KiB %6ld ms  ", p->pid, p->parent, p->state, p->resident, p->ms);
    for (int i = 0; i < depth; i++)
        printf("  ");
    printf("%s\n", p->name);
    for (int i = 0; i < count; i++) {
        if (processes[i].parent == p->pid && processes[i].pid != p->pid)
            show(&processes[i], depth + 1);
    }
}

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    read_all();
    printf("  PID  PPID S   MEMORY      TIME  NAME\n");
    for (int i = 0; i < count; i++) {
        if (processes[i].pid == 1)
            show(&processes[i], 0);
    }
    return 0;
}
