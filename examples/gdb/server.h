/*
 * server.h - what the parts of the server share.
 *
 * packet.c frames bytes, server.c answers queries, target.c knows the registers, memory.c memory,
 * points.c breakpoints and watchpoints, resume.c running and stop replies, step.c single steps,
 * monitor.c and tables.c the monitor commands.
 *
 * The protocol: "Debugging with GDB", appendix E.
 */
#ifndef GDB_SERVER_H
#define GDB_SERVER_H

#include "libcpu_gdb.h"

enum {
    GDB_PACKET = 16384, /* bytes of a packet between $ and # */
    GDB_XML = 24576,    /* of the target description */
    GDB_POINTS = 512,   /* breakpoints and watchpoints at a time */
    GDB_OUTPUT = 1024,  /* of monitor text, before it is sent */
    GDB_REG_MAX = 16,   /* bytes of a register */
};

/* Numbers of registers (target.c) that every stop reply tells. */
enum { GDB_REG_RBP = 6, GDB_REG_RSP = 7, GDB_REG_RIP = 16 };

/* Error replies: Enn, numbered as errno. */
enum {
    GDB_EPERM = 0x01,
    GDB_EIO = 0x05,
    GDB_E2BIG = 0x07,
    GDB_ENOMEM = 0x0c,
    GDB_EFAULT = 0x0e,
    GDB_EINVAL = 0x16,
};

enum gdb_framing { GDB_BETWEEN, GDB_DATA, GDB_SUM_HIGH, GDB_SUM_LOW };

enum gdb_activity {
    GDB_HELD,
    GDB_RUNNING,
    GDB_STEPPING, /* until RIP leaves [range_first, range_end), which may be empty */
};

/* What is left to read of a packet. */
struct gdb_in {
    const uint8_t *at, *end;
};

/* Where an interrupt came, for `monitor step over`. */
struct gdb_place {
    uint64_t pc, rsp, cr3;
};

struct gdb_point {
    uint8_t type; /* as in Z0 to Z4 */
    uint64_t la;
    uint64_t size;
};

struct libcpu_gdb {
    struct libcpu_gdb_config config;
    libcpu *m;

    /* packet.c */
    enum gdb_framing framing;
    uint8_t in[GDB_PACKET];
    size_t in_len;
    bool in_escape, in_too_long;
    uint8_t in_sum, in_sum_told;
    bool no_ack;
    uint8_t out[GDB_PACKET]; /* the reply as it grows */
    size_t out_len;
    uint8_t wire[2 * GDB_PACKET + 4]; /* as it was sent last */
    size_t wire_len;

    /* server.c */
    bool attached, killed, exited;
    bool started;           /* the machine may run without a debugger */
    bool tells_breakpoints; /* gdb knows swbreak and hwbreak */
    bool physical;          /* memory packets are about physical addresses */
    bool linear_pc;         /* rip is shown with the base of CS added */

    /* target.c */
    char xml[GDB_XML];
    size_t xml_len;

    /* points.c */
    struct gdb_point point[GDB_POINTS];
    size_t points;

    /* resume.c, step.c */
    enum gdb_activity activity;
    uint64_t range_first, range_end;
    bool fresh;      /* nothing has run since the debugger resumed: a breakpoint here is passed */
    bool steps_over; /* interrupts are no steps */
    bool returning;  /* one was met: run to `back`, then step */
    struct gdb_place back;
    bool event;      /* the step's event hook was called */
    char reason[64]; /* of the last stop, behind the signal */
    uint8_t signal;

    /* monitor.c */
    char text[GDB_OUTPUT];
    size_t text_len;
};

/* ---- packet.c ---- */
void gdb_framing_reset(libcpu_gdb *g);
/* Build the reply: text, hexadecimal bytes, raw bytes.  What does not fit is cut off. */
void gdb_put_text(libcpu_gdb *g, const char *text);
void gdb_put_format(libcpu_gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gdb_put_hex(libcpu_gdb *g, const void *data, size_t size);
void gdb_put_raw(libcpu_gdb *g, const void *data, size_t size);
/* Send what was built as a packet. */
void gdb_send(libcpu_gdb *g);
void gdb_reply(libcpu_gdb *g, const char *text);
void gdb_error(libcpu_gdb *g, unsigned number);

/* Reading: each takes what it finds and says whether it was there. */
bool gdb_take_text(struct gdb_in *in, const char *text);
bool gdb_take_number(struct gdb_in *in, uint64_t *v); /* hexadecimal, 1 to 16 digits */
/* Two digits a byte, at most `most` bytes; false: something else, or an odd count. */
bool gdb_take_bytes(struct gdb_in *in, uint8_t *buf, size_t most, size_t *size);
size_t gdb_left(const struct gdb_in *in);

/* ---- server.c ---- */
void gdb_dispatch(libcpu_gdb *g, struct gdb_in in);
void gdb_attach(libcpu_gdb *g);

/* ---- target.c ---- */
void gdb_target_init(libcpu_gdb *g); /* makes the XML */
void gdb_put_register(libcpu_gdb *g, unsigned n);
uint64_t gdb_pc(libcpu_gdb *g); /* linear address of the next instruction */
void gdb_packet_g(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_G(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_p(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_P(libcpu_gdb *g, struct gdb_in in);

/* ---- memory.c ---- */
void gdb_packet_m(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_M(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_X(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_x(libcpu_gdb *g, struct gdb_in in);

/* ---- points.c ---- */
void gdb_packet_Z(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_z(libcpu_gdb *g, struct gdb_in in);
void gdb_points_clear(libcpu_gdb *g);
bool gdb_breakpoint_at(const libcpu_gdb *g, uint64_t la);
/* The reason text for a stop at a breakpoint or by an access; "" when none of ours is there. */
void gdb_breakpoint_reason(libcpu_gdb *g, uint64_t la);
void gdb_watchpoint_reason(libcpu_gdb *g, const struct libcpu_stop *s);

/* ---- resume.c ---- */
void gdb_packet_c(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_C(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_s(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_S(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_vCont(libcpu_gdb *g, struct gdb_in in);
void gdb_packet_why(libcpu_gdb *g, struct gdb_in in);
void gdb_interrupt(libcpu_gdb *g);             /* Ctrl-C */
void gdb_hold(libcpu_gdb *g);                  /* without a report */
void gdb_stop(libcpu_gdb *g, unsigned signal); /* hold, and report nothing but the signal */

/* ---- step.c ---- */
/* Steps until the debugger's step is done, and reported, or *s is for the caller. */
enum libcpu_err gdb_run_steps(libcpu_gdb *g, uint64_t max_insns, struct libcpu_stop *s);

/* ---- monitor.c, tables.c ---- */
void gdb_packet_qRcmd(libcpu_gdb *g, struct gdb_in in);
const char *gdb_mode_text(libcpu_gdb *g);
/* A whole address expression: numbers and registers, added and subtracted. */
bool gdb_address(libcpu_gdb *g, const char *text, uint64_t *la);
void gdb_monitor_walk(libcpu_gdb *g, const char *args);
void gdb_monitor_maps(libcpu_gdb *g, const char *args);
void gdb_monitor_tlb(libcpu_gdb *g, const char *args);
void gdb_monitor_gdt(libcpu_gdb *g, const char *args);
void gdb_monitor_idt(libcpu_gdb *g, const char *args);

#endif
