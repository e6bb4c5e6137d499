/*
 * libc.h: the programs' library: the start, the doors to the kernel, and printf. Functions that are
 * system calls return what the kernel answers: a negative number is an error.
 */
#ifndef GUEST_LIBC_H
#define GUEST_LIBC_H

#include "format.h"
#include "linux.h"
#include "numbers.h"
#include "string.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* doors.S: the three ways to call the kernel; the last two take i386 numbers. */
long door_syscall(long number, long a, long b, long c, long d, long e);
long door_int80(long number, long a, long b, long c, long d, long e);
long door_sysenter(long number, long a, long b, long c, long d, long e);
void signal_return(void); /* where a signal handler returns to */

/* calls.c: files */
long read(int file, void *buffer, size_t size);
long write(int file, const void *buffer, size_t size);
int open(const char *path, int flags, int mode);
int close(int file);
int pipe(int ends[2]);
int dup2(int file, int to);
int unlink(const char *path);
int rmdir(const char *path);
int mkdir(const char *path, int mode);
int chdir(const char *path);
long getcwd(char *path, size_t size);
int lstat(const char *path, struct linux_stat *st);
long getdents64(int file, void *buffer, size_t size);
long readlink(const char *path, char *target, size_t size);
int ioctl(int file, unsigned int command, void *argument);

/* calls.c: processes */
_Noreturn void exit(int code);
int getpid(void);
int getppid(void);
int fork(void);
int execve(const char *path, char *const argv[], char *const envp[]);
int wait4(int pid, int *status, int options, void *usage);
int kill(int pid, int signal);
int signal(int signal, void (*handler)(int));
int setpgid(int pid, int group);
int setsid(void);
int setpriority(int pid, int nice);
int sched_yield(void);

/* calls.c: memory, time, the system */
void *sbrk(long change);
void *mmap(size_t size, int rights, int flags); /* anonymous memory; NULL if there is none */
int munmap(void *at, size_t size);
int sleep_ms(unsigned int ms);
uint64_t clock_ms(void);
int uname(struct utsname *name);
int reboot(unsigned int command);

/* start.c */
extern char **environ;
extern const char *program_name;
const char *getenv(const char *name);
uint64_t getauxval(uint64_t key);

/* lines.c */
#define LINE_SIZE 1024
struct lines {
    int file;
    size_t at, end;
    char buffer[LINE_SIZE];
};
void lines_begin(struct lines *s, int file);
/* The next line, without its end; false: there are no more. */
bool next_line(struct lines *s, char *line, size_t size);
void print_line(const char *text);
/* The named files, or standard input where none is named; what the bodies returned, or 2 for a file
 * that cannot be opened. */
int for_each_file(const char *const names[], int (*body)(int file, const char *name));

/* tree.c: 0, or why the directory is still there. */
int remove_tree(const char *path);

/* print.c */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line that begins with the program's name and pid. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "exit code 0" or "signal 11 (Segmentation fault)", from what wait4 reports. */
const char *status_text(int status);
const char *error_text(long error);
/* The number that a text begins with. */
long to_number(const char *text);
/* The number behind a word in a file of /proc; -1: not found. */
long proc_number(const char *path, const char *word);

int main(int argc, char *argv[]);

#endif
