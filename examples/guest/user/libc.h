/*
 * libc.h: the programs' library: the start, the doors to the kernel, and printf. Functions that are
 * system calls return what the kernel answers: a negative number is an error.
 */
#ifndef GUEST_LIBC_H
#define GUEST_LIBC_H

#include "abi.h"
#include "format.h"
#include "string.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* doors.S: the three ways to call the kernel; the last two take i386 numbers. */
long door_syscall(long number, long a, long b, long c, long d, long e);
long door_int80(long number, long a, long b, long c, long d, long e);
long door_sysenter(long number, long a, long b, long c, long d, long e);

/* calls.c */
long read(int file, void *buffer, size_t size);
long write(int file, const void *buffer, size_t size);
_Noreturn void exit(int code);
int getpid(void);
int getppid(void);
int fork(void);
int execve(const char *path, char *const argv[], char *const envp[]);
int wait4(int pid, int *status, int options, void *usage);
int kill(int pid, int signal);
void *sbrk(long change);
void *mmap(size_t size, int rights); /* anonymous memory; NULL if there is none */
int sched_yield(void);
int sleep_ms(unsigned int ms);
uint64_t clock_ms(void);
int uname(struct utsname *name);
int reboot(unsigned int command);

/* start.c */
extern char **environ;
uint64_t getauxval(uint64_t key);

/* print.c */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line that begins with the program's name and pid. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "exit code 0" or "signal 11 (Segmentation fault)", from what wait4 reports. */
const char *status_text(int status);
const char *error_text(long error);

int main(int argc, char *argv[]);

#endif
