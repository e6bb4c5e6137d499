/*
 * soak.c: process 1 that lets random programs loose on the kernel, round after round. Each round
 * ends with all of them killed and their files removed, and then the kernel's books must say what
 * they said before: no frame, heap piece, inode, open file or place on the swap disk is lost.
 *
 * Words of the kernel's command line: seconds=N (60), seed=N (1).
 */
#include "libc.h"
#include "random.h"

#define PAGE           4096
#define EVERY_MS       60000 /* between two reports */
#define PATIENCE       60    /* ms that a round may take before its programs are killed */
#define FIRST_PATIENCE 3000  /* the same, for the first of each kind */
#define WORKPLACE      "/tmp/soak"

/* ---- what the programs do; each runs in a child of its own ---- */

static _Noreturn void run(const char *path, const char *argument)
{
    char *argv[] = {(char *)path, (char *)argument, NULL};
    execve(path, argv, environ);
    exit(127);
}

static void run_something(void)
{
    static const char *const all[][2] = {
        {"/bin/hello", NULL},
        {"/bin/cow", "1"},
        {"/bin/grow", NULL},
        {"/bin/vdso", NULL},
        {"/bin/zero", NULL},
        {"/bin/args", "a"},
        {"/bin/dynamic", NULL},
        {"/bin/script", "x"},
        {"/bin/cutoff", NULL},
        {"/bin/shebang", "y"},
        {"/bin/privileged", NULL},
        {"/bin/faulty", "null"},
        {"/bin/faulty", "stack"},
        {"/bin/faulty", "rodata"},
        {"/bin/faulty", "execute"},
        {"/bin/faulty", "kernel"},
        {"/bin/faulty", "divide"},
        {"/bin/notelf", NULL},
        {"/bin/hello32", NULL},
        {"/bin/missing", NULL},
        {"/bin/ps", NULL},
        {"/bin/ls", "/proc"},
        {"/bin/cat", "/proc/1/maps"},
        {"/bin/counter", "A"},
    };
    unsigned int n = below(sizeof(all) / sizeof(all[0]));
    run(all[n][0], all[n][1]);
}

static void run_shell(void)
{
    static char *const lines[] = {
        "cat /bin/sh | cat | cat | wc",
        "echo one >f; cat f f | wc >>f; cat f; rm f",
        "sleep 100 & sleep 100 & echo started",
        "mkdir d; cd d; echo x >y; ls -l; cat y | cat | cat",
        "hello | wc; missing; faulty null; privileged | wc && echo yes || echo no",
        "cat /dev/zero | cat >/dev/null",
        "sh -c 'sh -c \"sh -c hello\"' | wc",
    };
    char *argv[] = {"sh", "-c", lines[below(sizeof(lines) / sizeof(lines[0]))], NULL};
    execve("/bin/sh", argv, environ);
}

static char image[64 * 1024];

static long read_image(const char *path)
{
    int file = open(path, O_RDONLY, 0);
    long size = read(file, image, sizeof(image));
    close(file);
    return size;
}

/* As a file of the workplace. */
static void run_image(size_t size, const char *argument)
{
    char path[32];
    format_text(path, sizeof(path), "image%d", getpid());
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    write(file, image, size);
    close(file);
    run(path, argument);
}

/* A copy of a program of its own: it may do anything to itself, and so run any code that it has,
 * and write to the file that the kernel has told it to be. */
static void call_anything(void)
{
    char seed[24];
    format_text(seed, sizeof(seed), "%lu", random_number() >> 2);
    run_image((size_t)read_image("/bin/chaos"), seed);
}

/* A program that was good until some of its bytes were replaced. */
static void run_damaged(void)
{
    static const char *const victims[] = {"/bin/hello", "/bin/dynamic", "/lib/ld-guest.so"};
    long size = read_image(victims[below(3)]);
    unsigned int reach = below(2) ? 512 : (unsigned int)size;
    for (unsigned int n = 1 + below(8); n > 0; n--)
        image[below(reach)] = (char)random_number();
    run_image(below(4) ? (size_t)size : below((unsigned int)size), NULL);
}

/* A family that shares memory and pipes, of which some members kill others. */
static void fork_family(void)
{
    char *own = mmap(64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    char *shared = mmap(4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
    int ends[2], pid = 0;
    if (own == NULL || shared == NULL || pipe(ends) < 0)
        return;
    memset(own, 1, 64 * PAGE);
    for (unsigned int i = 1 + below(4); i > 0; i--) {
        int last = pid;
        pid = fork();
        random_number();
        for (unsigned int n = below(64); n > 0; n--)
            own[below(64) * PAGE]++;
        shared[below(4) * PAGE]++;
        write(ends[1], own, below(PAGE));
        if (last > 1 && below(4) == 0)
            kill(last, SIGKILL);
    }
    read(ends[0], own, below(3 * PAGE));
    munmap(own + below(32) * PAGE, below(32) * PAGE);
}

static void fork_bomb(void)
{
    while (fork() >= 0)
        ;
    sleep_ms(100000);
}

static void fill_disk(void)
{
    static char page[16 * PAGE];
    int file = open("full", O_WRONLY | O_CREAT, 0600);
    while (write(file, page, sizeof(page)) > 0)
        ;
}

static void take_all_memory(void)
{
    run("/bin/swapper", "80");
}

static const struct {
    void (*body)(void);
    unsigned int weight;
} kinds[] = {
    {run_something, 300}, {run_shell, 150},     {call_anything, 300}, {run_damaged, 200},
    {fork_family, 100},   {take_all_memory, 1}, {fill_disk, 1},       {fork_bomb, 2},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- a round ---- */

static unsigned long started, rounds;

static void start(unsigned int kind)
{
    uint64_t seed = random_number();
    if (fork() != 0) {
        started++;
        return;
    }
    random_state = seed;
    int null = open("/dev/null", O_RDWR, 0);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    close(null);
    chdir(WORKPLACE);
    kinds[kind].body();
    exit(0);
}

static unsigned int any_kind(void)
{
    unsigned int sum = 0, kind = 0;
    for (size_t i = 0; i < KINDS; i++)
        sum += kinds[i].weight;
    unsigned int at = below(sum);
    while (at >= kinds[kind].weight)
        at -= kinds[kind++].weight;
    return kind;
}

static unsigned int patience = FIRST_PATIENCE;

static void wait_a_while(void)
{
    int status;
    for (uint64_t end = clock_ms() + patience; clock_ms() < end; sleep_ms(2)) {
        int pid;
        while ((pid = wait4(-1, &status, WNOHANG, NULL)) > 0)
            ;
        if (pid < 0)
            return; /* nobody is left */
    }
}

/* Directories in which the programs may leave something, and what was in them at the start. */
static struct place {
    const char *path; /* ends in a slash */
    char names[2048];
    long size;
} places[] = {{.path = "/"}, {.path = "/tmp/"}};
#define PLACES (sizeof(places) / sizeof(places[0]))

static long list(const char *path, char *names, size_t size)
{
    int file = open(path, O_RDONLY | O_DIRECTORY, 0);
    long n = getdents64(file, names, size);
    close(file);
    return n;
}

static void note_places(void)
{
    for (size_t i = 0; i < PLACES; i++)
        places[i].size = list(places[i].path, places[i].names, sizeof(places[i].names));
}

static const char *const archive[] = {"/bin/", "/sbin/", "/lib/", "/etc/"};

/* Files come out of the built-in archive when they are first read, and stay. */
static void read_files(const char *directory)
{
    static char buffer[16 * PAGE];
    char names[4096], path[300];
    long n = list(directory, names, sizeof(names));
    for (long at = 0; at < n;) {
        const struct linux_dirent *entry = (const void *)(names + at);
        at += entry->reclen;
        format_text(path, sizeof(path), "%s%s", directory, entry->name);
        int file = open(path, O_RDONLY, 0);
        while (read(file, buffer, sizeof(buffer)) > 0)
            ;
        close(file);
    }
}

static bool was_there(const struct place *place, const char *name)
{
    for (long at = 0; at < place->size;) {
        const struct linux_dirent *entry = (const void *)(place->names + at);
        if (strcmp(entry->name, name) == 0)
            return true;
        at += entry->reclen;
    }
    return false;
}

/* The workplace, and more: bytes that some call has left in memory may begin with a slash, and be
 * the next one's path. */
static void remove_strangers(const struct place *place)
{
    char names[sizeof(place->names)], path[300];
    long n = list(place->path, names, sizeof(names));
    for (long at = 0; at < n;) {
        const struct linux_dirent *entry = (const void *)(names + at);
        at += entry->reclen;
        if (was_there(place, entry->name))
            continue;
        format_text(path, sizeof(path), "%s%s", place->path, entry->name);
        if (unlink(path) == -EISDIR)
            remove_tree(path);
    }
}

/* In a child, whose stack may become deep. */
static void remove_files(void)
{
    int status, pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < PLACES; i++)
            remove_strangers(&places[i]);
        exit(0);
    }
    wait4(pid, &status, 0, NULL);
}

static void end_round(void)
{
    int status;
    wait_a_while();
    do
        kill(-1, SIGKILL);
    while (wait4(-1, &status, 0, NULL) > 0);
    remove_files();
    rounds++;
}

/* ---- the kernel's books ---- */

/* What has been swapped out comes back: it would be missing among the frames. */
static void touch_own_memory(void)
{
    char text[2048];
    int file = open("/proc/self/maps", O_RDONLY, 0);
    long n = read(file, text, sizeof(text) - 1);
    close(file);
    text[n > 0 ? n : 0] = '\0';
    for (const char *line = text; *line != '\0'; line++) {
        uint64_t range[2] = {0, 0};
        for (int i = 0; i < 2; i++, line++)
            for (; *line != '-' && *line != ' '; line++)
                range[i] =
                    range[i] * 16 + (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
        for (uint64_t at = range[0]; at < range[1]; at += PAGE)
            *(volatile const char *)at;
        while (*line != '\n')
            line++;
    }
}

static void report(void)
{
    touch_own_memory();
    long free = proc_number("/proc/frames", "free") + proc_number("/proc/frames", "heap");
    say("%lu s, %lu rounds, %lu programs", clock_ms() / 1000, rounds, started);
    say("books: frames %ld, pieces %ld, inodes %ld, files %ld, swap %ld KiB", free,
        proc_number("/proc/frames", "pieces"), proc_number("/proc/frames", "inodes"),
        proc_number("/proc/frames", "files"), proc_number("/proc/meminfo", "SwapFree"));
}

static unsigned long word(const char *name, unsigned long usual)
{
    char line[512];
    size_t length = strlen(name);
    int file = open("/proc/cmdline", O_RDONLY, 0);
    long n = read(file, line, sizeof(line) - 1);
    close(file);
    line[n > 0 ? n : 0] = '\0';
    for (const char *at = line; *at != '\0'; at++)
        if (strncmp(at, name, length) == 0 && (at == line || at[-1] == ' '))
            return (unsigned long)to_number(at + length);
    return usual;
}

int main(int argc, char *argv[])
{
    (void)argc;
    if (getpid() != 1) {
        complain("%s: it kills all other processes, and so has to be process 1: init=%s\n", argv[0],
                 argv[0]);
        return 2;
    }
    uint64_t end = word("seconds=", 60) * 1000, next = 0;
    random_state += word("seed=", 1);
    note_places();
    for (size_t i = 0; i < sizeof(archive) / sizeof(archive[0]); i++)
        read_files(archive[i]);
    /* Each kind once: what is only made the first time is then there. */
    for (unsigned int kind = 0; kind < KINDS; kind++) {
        mkdir(WORKPLACE, 0700);
        start(kind);
        end_round();
    }
    patience = PATIENCE;
    for (end += clock_ms(); clock_ms() < end;) {
        if (clock_ms() >= next) {
            report();
            next = clock_ms() + EVERY_MS;
        }
        uint64_t began = clock_ms();
        setpriority(0, 0); /* a program may have set it for all that it found */
        mkdir(WORKPLACE, 0700);
        for (unsigned int n = 1 + below(6); n > 0; n--)
            start(any_kind());
        end_round();
        sleep_ms(below((unsigned int)(1 + 16 * (clock_ms() - began))));
    }
    report();
    say("the end");
    return 0;
}
