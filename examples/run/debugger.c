/*
 * debugger.c - the gdb server and its socket, and a disassembler for the modes in which gdb's own
 * is wrong: its target is a 64-bit one all the time.
 */
#include "debugger.h"

#include "gdb_socket.h"
#include "libcpu_gdb.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUT = 4096, INSN_MAX = 15, DISAS_DEFAULT = 8, DISAS_MOST = 100 };

struct debugger {
    libcpu *m;
    libcpu_gdb *g;
    struct gdb_socket socket;
};

/* ---- monitor disas ---- */

static cs_mode disassembler_mode(libcpu *m)
{
    switch (libcpu_cpu_mode(m)) {
    case LIBCPU_MODE_LONG64: return CS_MODE_64;
    case LIBCPU_MODE_PROT32:
    case LIBCPU_MODE_COMPAT32: return CS_MODE_32;
    default: return CS_MODE_16;
    }
}

static size_t read_code(libcpu *m, uint64_t la, uint8_t *buf)
{
    size_t n = INSN_MAX;
    while (n && libcpu_linear_read(m, la, buf, n) != LIBCPU_ERR_OK)
        n--;
    return n;
}

/* One instruction; its length, 0: there is none. */
static unsigned disassemble(struct debugger *d, csh cs, uint64_t la)
{
    uint8_t buf[INSN_MAX];
    char hex[3 * INSN_MAX + 1] = "";
    cs_insn *insn;
    size_t n = read_code(d->m, la, buf);
    if (!n || cs_disasm(cs, buf, n, la, 1, &insn) != 1) {
        libcpu_gdb_print(d->g, "0x%" PRIx64 ":  %s\n", la, n ? "(not decoded)" : "(no memory)");
        return 0;
    }
    unsigned size = insn->size;
    for (unsigned i = 0; i < size; i++)
        snprintf(hex + 3 * i, 4, "%02x ", insn->bytes[i]);
    libcpu_gdb_print(d->g, "0x%" PRIx64 ":  %-24s %s %s\n", la, hex, insn->mnemonic, insn->op_str);
    cs_free(insn, 1);
    return size;
}

/* CS:RIP as a linear address. */
static uint64_t code_address(libcpu *m)
{
    struct libcpu_segment cs = {0};
    uint64_t rip = libcpu_reg(m, LIBCPU_REG_RIP);
    if (libcpu_cpu_mode(m) == LIBCPU_MODE_LONG64 || libcpu_segment_get(m, LIBCPU_REG_CS, &cs))
        return rip;
    return (uint32_t)(rip + cs.base);
}

static bool on_monitor(void *user, libcpu_gdb *g, const char *command)
{
    struct debugger *d = user;
    uint64_t la = code_address(d->m);
    unsigned long count = DISAS_DEFAULT;
    char *end = NULL;
    csh cs;
    if (strncmp(command, "disas", 5) != 0 || (command[5] && command[5] != ' '))
        return false;
    if (command[5]) {
        la = strtoull(command + 6, &end, 0);
        if (*end == ' ')
            count = strtoul(end + 1, &end, 0);
    }
    if ((end && *end) || count > DISAS_MOST || cs_open(CS_ARCH_X86, disassembler_mode(d->m), &cs)) {
        libcpu_gdb_print(g, "usage: disas [ADDRESS [COUNT]], at most %d\n", DISAS_MOST);
        return true;
    }
    for (unsigned size; count-- && (size = disassemble(d, cs, la)) > 0;)
        la += size;
    cs_close(&cs);
    return true;
}

static const char monitor_help[] =
    "disas [ADDRESS [COUNT]] disassemble as the processor's mode has it, from CS:RIP on\n";

/* ---- beginning and end ---- */

static void on_send(void *user, const uint8_t *data, size_t size)
{
    struct debugger *d = user;
    gdb_socket_send(&d->socket, data, size);
}

int debugger_begin(const struct options *o, libcpu *m, struct debugger **out)
{
    char why[256];
    *out = NULL;
    if (!o->gdb)
        return -1;
    struct debugger *d = calloc(1, sizeof(*d));
    const struct libcpu_gdb_config config = {
        .struct_size = sizeof(config),
        .hold = o->hold,
        .m = m,
        .send = on_send,
        .monitor = on_monitor,
        .monitor_help = monitor_help,
        .user = d,
    };
    if (!d || !(d->g = libcpu_gdb_new(&config))) {
        free(d);
        fputs("libcpu-run: -gdb: out of memory\n", stderr);
        return STATUS_INTERNAL;
    }
    d->m = m;
    if (!gdb_socket_open(&d->socket, o->gdb, why, sizeof(why))) {
        fprintf(stderr, "libcpu-run: -gdb '%s': %s\n", o->gdb, why);
        libcpu_gdb_free(d->g);
        free(d);
        return STATUS_INTERNAL;
    }
    signal(SIGPIPE, SIG_IGN); /* a debugger that has gone is no reason to end */
    *out = d;
    return -1;
}

void debugger_end(struct debugger *d, int status)
{
    if (!d)
        return;
    libcpu_gdb_exit(d->g, (unsigned)status);
    libcpu_gdb_free(d->g);
    gdb_socket_close(&d->socket);
    free(d);
}

/* ---- running ---- */

bool debugger_poll(struct debugger *d)
{
    uint8_t buf[INPUT];
    size_t got;
    while (d) {
        switch (gdb_socket_receive(&d->socket, buf, sizeof(buf), &got)) {
        case GDB_SOCKET_NOTHING: return false;
        case GDB_SOCKET_CONNECTED: libcpu_gdb_connect(d->g); break;
        case GDB_SOCKET_DATA: libcpu_gdb_receive(d->g, buf, got); break;
        case GDB_SOCKET_GONE:
            libcpu_gdb_disconnect(d->g);
            if (d->socket.listener < 0)
                return true; /* stdio: there will be no other */
            break;
        }
        if (libcpu_gdb_killed(d->g))
            return true;
    }
    return false;
}

bool debugger_holds(const struct debugger *d)
{
    return d && libcpu_gdb_holds(d->g);
}

enum libcpu_err debugger_run(struct debugger *d, libcpu *m, uint64_t max_insns,
                             struct libcpu_stop *why)
{
    return d ? libcpu_gdb_run(d->g, max_insns, why) : libcpu_run(m, max_insns, why);
}

bool debugger_takes_halted(struct debugger *d)
{
    if (!d || !libcpu_gdb_attached(d->g))
        return false;
    libcpu_gdb_stop(d->g, LIBCPU_GDB_SIGTRAP,
                    "The processor is halted, and nothing can wake it.\n");
    return true;
}

void debugger_wait(const struct debugger *d, int fd, uint64_t timeout_ns)
{
    struct pollfd p[3] = {{.fd = fd, .events = POLLIN}, {.fd = -1}, {.fd = -1}};
    const struct timespec wait = {.tv_sec = (time_t)(timeout_ns / 1000000000),
                                  .tv_nsec = (long)(timeout_ns % 1000000000)};
    if (d) {
        int fds[2];
        gdb_socket_fds(&d->socket, fds);
        for (int i = 0; i < 2; i++)
            p[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    ppoll(p, 3, &wait, NULL);
}
