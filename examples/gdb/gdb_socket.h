/*
 * gdb_socket.h - a way for the server's bytes: a TCP or Unix socket that one debugger at a time
 * connects to, or the program's standard input and output.
 *
 * Nothing here blocks but gdb_socket_send(), for at most GDB_SOCKET_PATIENCE_MS.  No signal is
 * touched: with stdio the program should ignore SIGPIPE.
 */
#ifndef GDB_SOCKET_H
#define GDB_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GDB_SOCKET_PATIENCE_MS = 5000, GDB_SOCKET_PATH = 108 };

struct gdb_socket {
    int listener; /* -1: stdio */
    int in, out;  /* of the debugger; -1: nobody is there */
    bool stdio;
    char path[GDB_SOCKET_PATH]; /* of a Unix socket, to be removed at the end */
};

/* Is `where` of a form that is known: tcp:[HOST]:PORT, unix:PATH, stdio?  Without HOST it is
 * 127.0.0.1: whoever reaches the port commands the machine.  *why (a constant) says what is wrong.
 */
bool gdb_socket_valid(const char *where, const char **why);
/* Listen, or take stdio.  False: `why` (`size` bytes) says what the host refuses. */
bool gdb_socket_open(struct gdb_socket *s, const char *where, char *why, size_t size);
void gdb_socket_close(struct gdb_socket *s);

enum gdb_socket_event {
    GDB_SOCKET_NOTHING,
    GDB_SOCKET_CONNECTED,
    GDB_SOCKET_DATA, /* *got bytes are in buf */
    GDB_SOCKET_GONE, /* the debugger has gone, or there is none any more (stdio) */
};

/* What has happened?  A second debugger is turned away. */
enum gdb_socket_event gdb_socket_receive(struct gdb_socket *s, uint8_t *buf, size_t size,
                                         size_t *got);
/* Send all; what cannot be sent ends the connection: the next receive says GONE. */
void gdb_socket_send(struct gdb_socket *s, const uint8_t *data, size_t size);
/* The descriptors to wait for; -1: none. */
void gdb_socket_fds(const struct gdb_socket *s, int fds[2]);

#endif
