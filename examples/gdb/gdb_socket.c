/*
 * gdb_socket.c - sockets and pipes of the host (POSIX.1-2008).
 */
#include "gdb_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- addresses ---- */

/* tcp:[HOST]:PORT; HOST is an IPv4 address or localhost. */
static bool parse_tcp(const char *where, struct sockaddr_in *a)
{
    char host[64];
    const char *colon = strrchr(where, ':');
    size_t len = (size_t)(colon - where), host_len = len > 4 ? len - 4 : 0;
    char *end;
    if (len < 4 || host_len >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end || port == 0 || port > 65535)
        return false;
    memcpy(host, where + 4, host_len);
    host[host_len] = '\0';
    memset(a, 0, sizeof(*a));
    a->sin_family = AF_INET;
    a->sin_port = htons((uint16_t)port);
    a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return !*host || strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &a->sin_addr) == 1;
}

bool gdb_socket_valid(const char *where, const char **why)
{
    struct sockaddr_in a;
    if (strcmp(where, "stdio") == 0)
        return true;
    if (strncmp(where, "tcp:", 4) == 0) {
        *why = "tcp:[ADDRESS]:PORT, with an IPv4 address and a port from 1 to 65535";
        return parse_tcp(where, &a);
    }
    if (strncmp(where, "unix:", 5) == 0 && where[5]) {
        *why = "the path is too long for a socket";
        return strlen(where + 5) < GDB_SOCKET_PATH;
    }
    *why = "tcp::PORT, unix:PATH or stdio";
    return false;
}

/* ---- opening ---- */

static int refuse(int fd, const char *what, char *why, size_t size)
{
    snprintf(why, size, "%s: %s", what, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int listen_at(int fd, const struct sockaddr *a, socklen_t len, char *why, size_t size)
{
    if (fd < 0)
        return refuse(fd, "no socket", why, size);
    if (bind(fd, a, len) != 0)
        return refuse(fd, "cannot be bound", why, size);
    if (listen(fd, 1) != 0)
        return refuse(fd, "cannot be listened at", why, size);
    set_nonblocking(fd);
    return fd;
}

static int open_tcp(const char *where, char *why, size_t size)
{
    struct sockaddr_in a;
    const int one = 1;
    if (!parse_tcp(where, &a))
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0) /* a port that was used a moment ago is free */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    return listen_at(fd, (const struct sockaddr *)&a, sizeof(a), why, size);
}

/* A socket that an ended program has left is in the way; one that somebody listens at is his. */
static void remove_dead(const struct sockaddr_un *a)
{
    struct stat st;
    int fd;
    if (lstat(a->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode) ||
        (fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
        return;
    if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 && errno == ECONNREFUSED)
        unlink(a->sun_path);
    close(fd);
}

static int open_unix(struct gdb_socket *s, const char *path, char *why, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    remove_dead(&a);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    fd = listen_at(fd, (const struct sockaddr *)&a, sizeof(a), why, size);
    if (fd >= 0)
        memcpy(s->path, a.sun_path, sizeof(s->path));
    return fd;
}

bool gdb_socket_open(struct gdb_socket *s, const char *where, char *why, size_t size)
{
    const char *what = "";
    *s = (struct gdb_socket){.listener = -1, .in = -1, .out = -1};
    if (!gdb_socket_valid(where, &what)) {
        snprintf(why, size, "%s", what);
        return false;
    }
    if (strcmp(where, "stdio") == 0) {
        s->stdio = true; /* in and out: once it was told that somebody is there */
        return true;
    }
    s->listener = where[0] == 't' ? open_tcp(where, why, size) : open_unix(s, where + 5, why, size);
    return s->listener >= 0;
}

static void hang_up(struct gdb_socket *s)
{
    if (s->in >= 0 && !s->stdio)
        close(s->in);
    s->in = s->out = -1;
    s->stdio = false; /* there is no other */
}

void gdb_socket_close(struct gdb_socket *s)
{
    hang_up(s);
    if (s->listener >= 0)
        close(s->listener);
    if (s->path[0])
        unlink(s->path);
    *s = (struct gdb_socket){.listener = -1, .in = -1, .out = -1};
}

/* ---- bytes ---- */

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

static bool accept_one(struct gdb_socket *s)
{
    const int one = 1;
    int fd = accept(s->listener, NULL, NULL);
    if (fd < 0)
        return false;
    if (s->in >= 0) {
        close(fd);
        return false;
    }
    set_nonblocking(fd);
    /* Packets are small and answered one by one.  A Unix socket refuses, and needs it not. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    s->in = s->out = fd;
    return true;
}

enum gdb_socket_event gdb_socket_receive(struct gdb_socket *s, uint8_t *buf, size_t size,
                                         size_t *got)
{
    *got = 0;
    if (s->stdio && s->in < 0) {
        s->in = STDIN_FILENO;
        s->out = STDOUT_FILENO;
        return GDB_SOCKET_CONNECTED;
    }
    if (s->listener >= 0 && is_readable(s->listener) && accept_one(s))
        return GDB_SOCKET_CONNECTED;
    if (s->in < 0 || !is_readable(s->in))
        return GDB_SOCKET_NOTHING;
    ssize_t n = s->out < 0 ? 0 : read(s->in, buf, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return GDB_SOCKET_NOTHING;
    if (n > 0) {
        *got = (size_t)n;
        return GDB_SOCKET_DATA;
    }
    hang_up(s);
    return GDB_SOCKET_GONE;
}

static ssize_t send_some(const struct gdb_socket *s, const uint8_t *data, size_t size)
{
    return s->stdio ? write(s->out, data, size) : send(s->out, data, size, MSG_NOSIGNAL);
}

void gdb_socket_send(struct gdb_socket *s, const uint8_t *data, size_t size)
{
    while (size && s->out >= 0) {
        struct pollfd p = {.fd = s->out, .events = POLLOUT};
        ssize_t n = send_some(s, data, size);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno != EAGAIN) {
            break;
        } else if (poll(&p, 1, GDB_SOCKET_PATIENCE_MS) <= 0) {
            break;
        }
    }
    if (size && !s->stdio && s->in >= 0)
        shutdown(s->in, SHUT_RDWR); /* whoever receives sees the end */
    if (size)
        s->out = -1;
}

void gdb_socket_fds(const struct gdb_socket *s, int fds[2])
{
    fds[0] = s->listener;
    fds[1] = s->in;
}
