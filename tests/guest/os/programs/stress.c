/*
 * stress.c: what a hostile or careless program does to a kernel: bad pointers to every system call,
 * damaged programs, a fork bomb, a full disk. The offender gets its error or its signal; the kernel
 * stays, and afterwards every frame, heap piece, inode and open file is accounted for.
 */
#define _GNU_SOURCE
#include "counts.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define PAGE 4096

static uint64_t random_state = 88172645463325252;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* A limit for what may wait for ever. */
static void alarm_in(int ms)
{
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, ms * 1000}}, NULL);
}

static const char *self;

/* ---- fork, exec, wait: a thousand times ---- */

static int run_self(const char *how)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, how, (char *)NULL);
        _exit(127);
    }
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void thousand_children(void)
{
    int good = 1;
    for (int i = 0; i < 500; i++)
        good &= run_self("nothing") == 3 << 8;
    CHECK(good);
}

/* ---- bad pointers ---- */

static const long strange[] = {0,
                               1,
                               -1,
                               PAGE - 1,
                               0x7fffffffe000,
                               0x7ffffffff000,
                               0x00007fffffffffff,
                               (long)0x8000000000000000,
                               (long)0xffff888000100000,
                               (long)0xffffffff80101000,
                               0x400000,
                               64};
#define STRANGE (sizeof(strange) / sizeof(strange[0]))

static long current_call;

/* Not those that end or copy the caller, or change what all of the test sees. */
static int is_left_out(long n)
{
    return n == SYS_exit || n == SYS_exit_group || n == SYS_fork || n == SYS_vfork ||
           n == SYS_clone || n == SYS_kill || n == SYS_tkill || n == SYS_sethostname || n == 435;
}

static void call_badly(void)
{
    alarm_in(100);
    for (int i = 0; i < 3; i++)
        close(i);
    for (size_t i = 0; i < STRANGE; i++) {
        for (size_t j = 0; j < STRANGE; j++) {
            long a = strange[i], b = strange[j], c = strange[(i + j) % STRANGE];
            if (current_call == SYS_munmap || current_call == SYS_mmap ||
                current_call == SYS_mremap || current_call == SYS_mprotect)
                a |= 1;
            alarm_in(20);
            syscall(current_call, a, b, c, b, c, a);
            if (current_call == SYS_pause || current_call == SYS_rt_sigreturn)
                return;
        }
    }
}

static void bad_pointers(void)
{
    int seen = 0;
    for (current_call = 0; current_call < 450; current_call++) {
        if (is_left_out(current_call))
            continue;
        if (status_of_child(call_badly) == -1)
            printf("call %ld: no end\n", current_call);
        seen++;
    }
    CHECK(seen > 400);
    unlink("\177ELF\2\1\1"); /* what some call took for a name: this program's beginning */
    rmdir("\177ELF\2\1\1");
}

/* ---- damaged programs ---- */

static void run_damaged(void)
{
    alarm_in(100);
    execl("/tmp/damaged", "damaged", "nothing", (char *)NULL);
    _exit(126);
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static void damaged_programs(void)
{
    static char image[1 << 20];
    int fd = open(self, O_RDONLY);
    ssize_t size = read(fd, image, sizeof(image));
    close(fd);
    CHECK(size > 1000);
    for (int i = 0; i < 300; i++) {
        char saved[512];
        memcpy(saved, image, sizeof(saved));
        for (int n = (int)(random_number() % 6) + 1; n > 0; n--)
            image[random_number() % sizeof(saved)] = (char)random_number();
        image[0] = i % 10 == 0 ? image[0] : 0x7f; /* mostly behind the first look */
        size_t cut = i % 7 == 0 ? random_number() % (size_t)size : (size_t)size;
        write_file("/tmp/damaged", image, cut);
        CHECK(status_of_child(run_damaged) != -1);
        memcpy(image, saved, sizeof(saved));
    }
    unlink("/tmp/damaged");
}

/* ---- a fork bomb ---- */

static void wait_to_be_killed(void)
{
    for (;;)
        pause();
}

static void explode(void)
{
    setpgid(0, 0);
    for (;;) {
        if (fork() < 0) {
            if (errno != EAGAIN && errno != ENOMEM)
                _exit(1);
            wait_to_be_killed();
        }
    }
}

static void fork_bomb(void)
{
    int status;
    pid_t bomb = fork();
    if (bomb == 0)
        explode();
    usleep(300000);
    errno = 0;
    CHECK(fork() == -1 && errno == EAGAIN); /* the table is full */
    CHECK(kill(-bomb, SIGKILL) == 0);
    CHECK(waitpid(bomb, &status, 0) == bomb && WTERMSIG(status) == SIGKILL);
    usleep(300000); /* until init has taken the rest */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

/* ---- a full disk ---- */

static void full_disk(void)
{
    static char page[PAGE];
    int fd = open("/tmp/full", O_RDWR | O_CREAT | O_TRUNC, 0600);
    long written = 0;
    ssize_t n;
    while ((n = write(fd, page, sizeof(page))) > 0 && written < 1 << 28)
        written += n;
    CHECK(n == -1 && errno == ENOSPC);
    CHECK(run_self("nothing") == 3 << 8); /* there is still room to live */
    CHECK(ftruncate(fd, 0) == 0);
    CHECK(write(fd, page, sizeof(page)) == sizeof(page));
    close(fd);
    CHECK(unlink("/tmp/full") == 0);
}

/* ---- a write that comes to nothing leaves nothing ---- */

static void write_from_nowhere(void)
{
    char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char byte = 1;
    int fd = open("/tmp/nothing", O_RDWR | O_CREAT | O_TRUNC, 0600);
    FAILS(write(fd, (void *)8, 16), EFAULT);
    FAILS(pwrite(fd, (void *)8, 16, 5 << 20), EFAULT);
    CHECK(munmap(page + PAGE, PAGE) == 0);
    memset(page, 7, PAGE);
    CHECK(pwrite(fd, page + PAGE - 8, 16, 100) <= 8);
    CHECK(ftruncate(fd, PAGE) == 0 && pread(fd, &byte, 1, 120) == 1 && byte == 0);
    close(fd);
    CHECK(unlink("/tmp/nothing") == 0 && munmap(page, PAGE) == 0);
}

/* ---- a directory that is moved into one that is gone ---- */

static void lost_names(void)
{
    CHECK(mkdir("/tmp/gone", 0700) == 0 && mkdir("/tmp/kept", 0700) == 0);
    CHECK(mkdir("/tmp/kept/child", 0700) == 0);
    int gone = open("/tmp/gone", O_RDONLY | O_DIRECTORY);
    CHECK(gone >= 0 && rmdir("/tmp/gone") == 0);
    FAILS(renameat(AT_FDCWD, "/tmp/kept", gone, "x"), ENOENT);
    FAILS(mkdirat(gone, "y", 0700), ENOENT);
    CHECK(rmdir("/tmp/kept/child") == 0 && rmdir("/tmp/kept") == 0);
    close(gone);
}

/* ---- programs that do anything ---- */

static void do_anything(void)
{
    static const int calls[] = {SYS_read,   SYS_write,  SYS_open,   SYS_close,  SYS_stat,
                                SYS_fstat,  SYS_lseek,  SYS_mmap,   SYS_brk,    SYS_pipe,
                                SYS_dup,    SYS_dup2,   SYS_getpid, SYS_unlink, SYS_mkdir,
                                SYS_rename, SYS_link,   SYS_chdir,  SYS_fcntl,  SYS_getdents64,
                                SYS_munmap, SYS_madvise};
    static char memory[4 * PAGE];
    alarm_in(500);
    chdir("/tmp/any");
    strcpy(memory, "name");
    strcpy(memory + PAGE, "other");
    for (int i = 0; i < 300; i++) {
        long a[6];
        for (int k = 0; k < 6; k++) {
            uint64_t r = random_number();
            a[k] = r % 3 == 0   ? (long)(r >> 40)
                   : r % 3 == 1 ? (long)(memory + (r >> 20) % 4 * PAGE)
                                : (long)(r >> 8 & 15);
        }
        long call = calls[random_number() % (sizeof(calls) / sizeof(calls[0]))];
        if (call == SYS_write)
            a[2] &= 0xffff;
        if (call != SYS_read || a[0] != 0)
            syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (i % 100 == 50 && fork() == 0) {
            alarm_in(500);
            i += 40;
        }
    }
    while (wait(NULL) > 0)
        ;
}

static void random_programs(void)
{
    mkdir("/tmp/any", 0700);
    run_self("clean");
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        int status;
        if (pid == 0) {
            for (int fd = 0; fd < 3; fd++)
                dup2(open("/dev/null", O_RDWR), fd);
            for (int k = 0; k <= i; k++)
                random_number();
            do_anything();
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
    }
    run_self("clean");
    usleep(100000);
}

/* Removes what the random programs left. */
static void clean(void)
{
    execl("/bin/busybox", "rm", "-rf", "/tmp/any/*", (char *)NULL);
}

/* The first time, this program's own pages come; the second time, nothing may be lost. */
static void twice(const char *what, void (*body)(void))
{
    body();
    struct counts before = count();
    body();
    check_same(what, before);
    printf("%s\n", what);
    fflush(stdout);
}

int main(int argc, char *argv[])
{
    self = argv[0];
    if (argc == 2 && strcmp(argv[1], "clean") == 0) {
        char command[] = "rm -rf /tmp/any; mkdir /tmp/any";
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        clean();
    }
    if (argc == 2 && strcmp(argv[1], "nothing") == 0)
        return 3;
    twice("a thousand children", thousand_children);
    twice("bad pointers", bad_pointers);
    twice("damaged programs", damaged_programs);
    twice("fork bomb", fork_bomb);
    twice("full disk", full_disk);
    twice("write from nowhere", write_from_nowhere);
    twice("lost names", lost_names);
    twice("random programs", random_programs);
    return checks_end("stress");
}
