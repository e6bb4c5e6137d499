/*
 * chat.h - talking to the server in memory: packets in, packets out.
 */
#ifndef TESTS_GDB_CHAT_H
#define TESTS_GDB_CHAT_H

#include <libcpu_gdb.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), LIBCPU_ERR_OK)

struct chat {
    libcpu *m;
    libcpu_gdb *g;
    char wire[1 << 17]; /* as sent, since the last ask */
    size_t wire_len;
    char reply[1 << 16]; /* the last packet that is no console text, unescaped */
    size_t reply_len;
    char console[1 << 17]; /* text of O packets since the last ask */
};

/* A machine with `code` at 0x7c00 (real mode) or 1 MiB, a server, a debugger without
 * acknowledgements that knows swbreak. */
void chat_begin(struct chat *c, uint32_t mode, const void *code, size_t size);
/* The same with a machine that is there. */
void chat_with(struct chat *c, libcpu *m);
void chat_end(struct chat *c);

/* Send raw bytes; what comes back is in wire. */
void chat_raw(struct chat *c, const void *data, size_t size);
/* Send a packet (printf); the reply's data, "" for none. */
const char *ask(struct chat *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `monitor` and what it prints. */
const char *monitor(struct chat *c, const char *command);
/* Resume by a packet, run until the machine is held or `calls` calls are over; the stop reply. */
const char *go(struct chat *c, const char *packet, unsigned calls, struct libcpu_stop *why);

/* A register by its name in the target description, as a number. */
uint64_t reg_value(struct chat *c, const char *name);
unsigned reg_number(struct chat *c, const char *name);

#define BEGIN(c, mode, code) chat_begin((c), LIBCPU_BOOT_##mode, (code), sizeof(code))
#define ASK(c, packet, want) assert_string_equal(ask((c), "%s", packet), (want))

#endif
