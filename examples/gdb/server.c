/*
 * server.c - the conversation: attaching and detaching, queries, and which packet is whose.
 *
 * There is one thread, number 1: the processor.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

libcpu_gdb *libcpu_gdb_new(const struct libcpu_gdb_config *config)
{
    if (!config || config->struct_size != sizeof(*config) || !config->m || !config->send)
        return NULL;
    libcpu_gdb *g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    g->config = *config;
    g->m = config->m;
    g->started = !config->hold;
    g->activity = g->started ? GDB_RUNNING : GDB_HELD;
    g->signal = LIBCPU_GDB_SIGTRAP;
    gdb_target_init(g);
    return g;
}

void libcpu_gdb_free(libcpu_gdb *g)
{
    if (!g)
        return;
    gdb_points_clear(g);
    free(g);
}

/* The machine is the debugger's from now on. */
void gdb_attach(libcpu_gdb *g)
{
    g->attached = true;
    g->tells_breakpoints = g->physical = g->linear_pc = g->steps_over = false;
    gdb_hold(g);
}

void libcpu_gdb_connect(libcpu_gdb *g)
{
    gdb_points_clear(g);
    gdb_framing_reset(g);
    gdb_attach(g);
}

static void leave(libcpu_gdb *g)
{
    gdb_points_clear(g);
    g->attached = false;
    g->activity = g->started ? GDB_RUNNING : GDB_HELD;
}

void libcpu_gdb_disconnect(libcpu_gdb *g)
{
    gdb_framing_reset(g);
    leave(g);
}

bool libcpu_gdb_attached(const libcpu_gdb *g)
{
    return g->attached;
}

bool libcpu_gdb_holds(const libcpu_gdb *g)
{
    return g->activity == GDB_HELD;
}

bool libcpu_gdb_killed(const libcpu_gdb *g)
{
    return g->killed;
}

/* ---- what the debugger asks ---- */

static bool holds_text(const struct gdb_in *in, const char *text)
{
    size_t n = strlen(text);
    for (struct gdb_in rest = *in; gdb_left(&rest) >= n; rest.at++)
        if (memcmp(rest.at, text, n) == 0)
            return true;
    return false;
}

static void query_supported(libcpu_gdb *g, struct gdb_in in)
{
    g->tells_breakpoints = holds_text(&in, "swbreak+");
    gdb_put_format(g, "PacketSize=%x;", GDB_PACKET);
    gdb_put_text(g, "QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;"
                    "swbreak+;hwbreak+;vContSupported+;binary-upload+");
    gdb_send(g);
}

static void start_no_ack(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "OK");
    g->no_ack = true;
}

/* The part of `text` that is asked for: m and more to come, or l and the last. */
static void transfer(libcpu_gdb *g, struct gdb_in in, const char *text, size_t len)
{
    uint64_t offset, size;
    if (!gdb_take_number(&in, &offset) || !gdb_take_text(&in, ",") ||
        !gdb_take_number(&in, &size) || offset > len) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    uint64_t left = len - offset, most = GDB_PACKET - 1;
    if (size > most)
        size = most;
    gdb_put_text(g, size < left ? "m" : "l");
    gdb_put_raw(g, text + offset, (size_t)(size < left ? size : left));
    gdb_send(g);
}

static void read_features(libcpu_gdb *g, struct gdb_in in)
{
    if (gdb_take_text(&in, "target.xml:"))
        transfer(g, in, g->xml, g->xml_len);
    else
        gdb_reply(g, "E00"); /* there is no such annex */
}

/* gdb's map is one of linear addresses, where anything may be mapped at any time: all of them are
 * memory, and an access that finds none is told so. */
static void read_memory_map(libcpu_gdb *g, struct gdb_in in)
{
    static const char map[] =
        "<?xml version=\"1.0\"?>\n"
        "<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" "
        "\"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n"
        "<memory-map>\n"
        "  <memory type=\"ram\" start=\"0x0\" length=\"0x8000000000000000\"/>\n"
        "  <memory type=\"ram\" start=\"0x8000000000000000\" length=\"0x8000000000000000\"/>\n"
        "</memory-map>\n";
    if (gdb_take_text(&in, ":"))
        transfer(g, in, map, sizeof(map) - 1);
    else
        gdb_error(g, GDB_EINVAL);
}

static void say_ok(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "OK");
}

static void query_thread(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "QC1");
}

static void first_threads(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "m1");
}

static void more_threads(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "l");
}

static void thread_info(libcpu_gdb *g, struct gdb_in in)
{
    char text[128];
    (void)in;
    snprintf(text, sizeof(text), "%s, CPL %u%s", gdb_mode_text(g), libcpu_cpl(g->m),
             libcpu_cpu_halted(g->m) ? ", halted" : "");
    gdb_put_hex(g, text, strlen(text));
    gdb_send(g);
}

/* 1: the machine was there before the debugger, which detaches when it quits. */
static void query_attached(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "1");
}

static void physical_mode(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, g->physical ? "1" : "0");
}

static void set_physical_mode(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t v;
    if (!gdb_take_number(&in, &v) || v > 1) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    g->physical = v != 0;
    gdb_reply(g, "OK");
}

/* Thread 1, or any (0), or all (-1). */
static void packet_H(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t v = 0;
    bool good = (gdb_take_text(&in, "g") || gdb_take_text(&in, "c")) &&
                (gdb_take_text(&in, "-1") || (gdb_take_number(&in, &v) && v <= 1));
    if (good && in.at == in.end)
        gdb_reply(g, "OK");
    else
        gdb_error(g, GDB_EINVAL);
}

static void packet_T(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t v;
    if (gdb_take_number(&in, &v) && v == 1)
        gdb_reply(g, "OK");
    else
        gdb_error(g, GDB_EINVAL);
}

static void packet_D(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    gdb_reply(g, "OK");
    g->started = true;
    leave(g);
}

static void packet_k(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    g->killed = true;
}

static void kill_process(libcpu_gdb *g, struct gdb_in in)
{
    gdb_reply(g, "OK");
    packet_k(g, in);
}

/* ---- which packet is whose ---- */

/* In the order of asking.  One whose name has several letters ends there, or at one of ": , ;". */
static const struct {
    const char *name;
    void (*fn)(libcpu_gdb *g, struct gdb_in in);
} packets[] = {
    {"qSupported", query_supported},
    {"QStartNoAckMode", start_no_ack},
    {"qXfer:features:read:", read_features},
    {"qXfer:memory-map:read:", read_memory_map},
    {"qC", query_thread},
    {"qfThreadInfo", first_threads},
    {"qsThreadInfo", more_threads},
    {"qThreadExtraInfo", thread_info},
    {"qAttached", query_attached},
    {"qSymbol", say_ok},
    {"qRcmd", gdb_packet_qRcmd},
    {"qqemu.PhyMemMode", physical_mode},
    {"Qqemu.PhyMemMode", set_physical_mode},
    {"vCont?", gdb_packet_vCont},
    {"vCont", gdb_packet_vCont},
    {"vKill", kill_process},
    {"?", gdb_packet_why},
    {"g", gdb_packet_g},
    {"G", gdb_packet_G},
    {"p", gdb_packet_p},
    {"P", gdb_packet_P},
    {"m", gdb_packet_m},
    {"M", gdb_packet_M},
    {"X", gdb_packet_X},
    {"x", gdb_packet_x},
    {"c", gdb_packet_c},
    {"C", gdb_packet_C},
    {"s", gdb_packet_s},
    {"S", gdb_packet_S},
    {"Z", gdb_packet_Z},
    {"z", gdb_packet_z},
    {"H", packet_H},
    {"T", packet_T},
    {"D", packet_D},
    {"k", packet_k},
};

static bool is_called(struct gdb_in *in, const char *name)
{
    if (!gdb_take_text(in, name))
        return false;
    size_t n = strlen(name);
    if (n == 1 || name[n - 1] == ':' || name[n - 1] == '?' || in->at == in->end)
        return true;
    if (*in->at != ':' && *in->at != ',' && *in->at != ';')
        return false;
    in->at += *in->at != ';'; /* the actions of vCont begin with one each */
    return true;
}

void gdb_dispatch(libcpu_gdb *g, struct gdb_in in)
{
    if (!g->attached)
        gdb_attach(g); /* again, over the same connection */
    for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
        struct gdb_in rest = in;
        if (is_called(&rest, packets[i].name)) {
            packets[i].fn(g, rest);
            return;
        }
    }
    gdb_reply(g, ""); /* not supported */
}
