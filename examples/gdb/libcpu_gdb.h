/*
 * libcpu_gdb.h - a gdb remote server for a machine of libcpu, over the public API alone.
 *
 * It is the protocol without a transport: the embedder gives it the bytes that arrive and sends
 * those that it is handed (gdb_socket.h does both with sockets and pipes), and calls
 * libcpu_gdb_run() where libcpu_run() stood:
 *
 *     for (;;) {
 *         while ((n = bytes that have arrived) > 0)
 *             libcpu_gdb_receive(g, buffer, n);
 *         if (libcpu_gdb_killed(g))
 *             break;
 *         if (libcpu_gdb_holds(g)) {
 *             wait for bytes;
 *             continue;
 *         }
 *         libcpu_gdb_run(g, 1000000, &why);
 *         if (!libcpu_gdb_holds(g))
 *             what the embedder does after libcpu_run();
 *     }
 *     libcpu_gdb_exit(g, status);
 *
 * Any bytes may arrive: memory is bounded, and wrong packets get an error or an empty reply.  Like
 * the machine, a server is used by one thread at a time.  docs/libcpu-run.1 says what a person at
 * gdb sees.
 */
#ifndef LIBCPU_GDB_H
#define LIBCPU_GDB_H

#include <libcpu/libcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct libcpu_gdb libcpu_gdb;

/* Signals as gdb numbers them, for stops that have no better name. */
enum libcpu_gdb_signal {
    LIBCPU_GDB_SIGINT = 2,
    LIBCPU_GDB_SIGILL = 4,
    LIBCPU_GDB_SIGTRAP = 5,
    LIBCPU_GDB_SIGABRT = 6,
    LIBCPU_GDB_SIGFPE = 8,
    LIBCPU_GDB_SIGBUS = 10,
    LIBCPU_GDB_SIGSEGV = 11,
    LIBCPU_GDB_SIGSYS = 12,
};

struct libcpu_gdb_config {
    uint32_t struct_size; /* sizeof(struct libcpu_gdb_config) */
    uint32_t hold;        /* not 0: the machine waits for a debugger before its first instruction */
    libcpu *m;            /* must outlive the server */
    /* Bytes for the debugger: all of them must be taken.  Called from the functions below. */
    void (*send)(void *user, const uint8_t *data, size_t size);
    /* Further `monitor` commands: `command` is the line, without blanks around it.  Answer with
     * libcpu_gdb_print(); false: there is no such command.  NULL: none. */
    bool (*monitor)(void *user, libcpu_gdb *g, const char *command);
    const char *monitor_help; /* of those, a line each; NULL: none. Must outlive the server. */
    void *user;
};

/* NULL: no memory, or the configuration lacks m, send or a known size. */
libcpu_gdb *libcpu_gdb_new(const struct libcpu_gdb_config *config);
/* Takes its breakpoints and watchpoints out of the machine. NULL is allowed. */
void libcpu_gdb_free(libcpu_gdb *g);

/* A debugger is connected: the machine is held.  The conversation begins anew. */
void libcpu_gdb_connect(libcpu_gdb *g);
/* Its connection is gone: breakpoints and watchpoints are taken out, and the machine runs on,
 * unless it was made with `hold` and no debugger has let it run yet. */
void libcpu_gdb_disconnect(libcpu_gdb *g);
/* Bytes have arrived.  Not from hooks. */
void libcpu_gdb_receive(libcpu_gdb *g, const uint8_t *data, size_t size);

/* Is a debugger attached?  It is from libcpu_gdb_connect() to its `detach` or to the end of the
 * connection. */
bool libcpu_gdb_attached(const libcpu_gdb *g);
/* Must the machine not run now? */
bool libcpu_gdb_holds(const libcpu_gdb *g);
/* Has the debugger asked for the end of the machine (`kill`)? */
bool libcpu_gdb_killed(const libcpu_gdb *g);

/*
 * libcpu_run(), as the debugger wants it: on, or a step.  Stops that are the debugger's are
 * reported and hold the machine: breakpoints, watchpoints, the end of a step (LIBCPU_STOP_REQUEST),
 * exceptions and system calls whose policy is the host's, a triple fault.  All others are the
 * embedder's business, during a step too, which then goes on with the next call.  While the machine
 * is held nothing runs and the reason is LIBCPU_STOP_NONE.  Errors: those of libcpu_run().
 */
enum libcpu_err libcpu_gdb_run(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *why);

/* The embedder stops the machine: hold it and report a signal, with a line of text for the person
 * (NULL: none).  Nothing happens when no debugger is attached or the machine is held already. */
void libcpu_gdb_stop(libcpu_gdb *g, enum libcpu_gdb_signal signal, const char *text);
/* The machine has ended, with a status as a program's, 0 to 255: the debugger is told. */
void libcpu_gdb_exit(libcpu_gdb *g, unsigned status);

/* Text for the person at the debugger, from a monitor function: at most 511 bytes a call. */
void libcpu_gdb_print(libcpu_gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
