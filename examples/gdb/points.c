/*
 * points.c - Z and z: breakpoints and watchpoints, which are the machine's (libcpu/debug.h).
 *
 * Software and hardware breakpoints are the same thing there: guest memory and debug registers stay
 * as they are, and there is no small number of them.  Addresses are linear.
 */
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SOFTWARE = 0, HARDWARE = 1, WRITE = 2, READ = 3, ACCESS = 4 };

static unsigned kinds_of(unsigned type)
{
    return (type != READ ? LIBCPU_WATCH_WRITE : 0u) | (type != WRITE ? LIBCPU_WATCH_READ : 0u);
}

static size_t find(const libcpu_gdb *g, const struct gdb_point *p)
{
    size_t i = 0;
    while (i < g->points &&
           (g->point[i].type != p->type || g->point[i].la != p->la || g->point[i].size != p->size))
        i++;
    return i;
}

/* Is there a breakpoint of either kind but for number `but`? */
static bool has_breakpoint(const libcpu_gdb *g, uint64_t la, size_t but)
{
    for (size_t i = 0; i < g->points; i++)
        if (i != but && g->point[i].type <= HARDWARE && g->point[i].la == la)
            return true;
    return false;
}

static enum libcpu_err insert(libcpu_gdb *g, const struct gdb_point *p)
{
    if (p->type > HARDWARE)
        return libcpu_watchpoint_add(g->m, p->la, p->size, kinds_of(p->type));
    return has_breakpoint(g, p->la, g->points) ? LIBCPU_ERR_OK : libcpu_breakpoint_add(g->m, p->la);
}

static void take_out(libcpu_gdb *g, size_t i)
{
    const struct gdb_point p = g->point[i];
    if (p.type > HARDWARE)
        libcpu_watchpoint_remove(g->m, p.la, p.size, kinds_of(p.type));
    else if (!has_breakpoint(g, p.la, i))
        libcpu_breakpoint_remove(g->m, p.la);
    g->point[i] = g->point[--g->points];
}

void gdb_points_clear(libcpu_gdb *g)
{
    while (g->points)
        take_out(g, g->points - 1);
}

/* type,address,kind; conditions and commands are not ours.  A breakpoint's kind is its length,
 * which does not matter here. */
static bool take_point(struct gdb_in *in, struct gdb_point *p)
{
    uint64_t type;
    if (!gdb_take_number(in, &type) || type > ACCESS || !gdb_take_text(in, ",") ||
        !gdb_take_number(in, &p->la) || !gdb_take_text(in, ",") || !gdb_take_number(in, &p->size))
        return false;
    p->type = (uint8_t)type;
    if (type <= HARDWARE)
        p->size = 1;
    return in->at == in->end;
}

static void answer(libcpu_gdb *g, enum libcpu_err err)
{
    if (!err)
        gdb_reply(g, "OK");
    else
        gdb_error(g, err == LIBCPU_ERR_NOMEM ? GDB_ENOMEM : GDB_EINVAL);
}

void gdb_packet_Z(libcpu_gdb *g, struct gdb_in in)
{
    struct gdb_point p;
    enum libcpu_err err = LIBCPU_ERR_OK;
    if (!take_point(&in, &p)) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    if (find(g, &p) == g->points) { /* twice is once */
        err = g->points == GDB_POINTS ? LIBCPU_ERR_NOMEM : insert(g, &p);
        if (!err)
            g->point[g->points++] = p;
    }
    answer(g, err);
}

void gdb_packet_z(libcpu_gdb *g, struct gdb_in in)
{
    struct gdb_point p;
    if (!take_point(&in, &p)) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    size_t i = find(g, &p);
    if (i < g->points)
        take_out(g, i);
    gdb_reply(g, "OK");
}

bool gdb_breakpoint_at(const libcpu_gdb *g, uint64_t la)
{
    return has_breakpoint(g, la, g->points);
}

/* ---- why the machine stopped ---- */

void gdb_breakpoint_reason(libcpu_gdb *g, uint64_t la)
{
    g->reason[0] = '\0';
    /* gdb takes one that is not where RIP points for an old one and goes on without a word: while
     * CS has a base and RIP is shown without it, it is told of a SIGTRAP instead. */
    if (!g->tells_breakpoints || (!g->linear_pc && libcpu_reg(g->m, LIBCPU_REG_RIP) != la))
        return;
    for (size_t i = 0; i < g->points; i++)
        if (g->point[i].type <= HARDWARE && g->point[i].la == la)
            snprintf(g->reason, sizeof(g->reason), "%s:;",
                     g->point[i].type == SOFTWARE ? "swbreak" : "hwbreak");
}

void gdb_watchpoint_reason(libcpu_gdb *g, const struct libcpu_stop *s)
{
    static const char *const names[] = {[WRITE] = "watch", [READ] = "rwatch", [ACCESS] = "awatch"};
    unsigned kind = s->access_write ? LIBCPU_WATCH_WRITE : LIBCPU_WATCH_READ;
    uint64_t last = s->address + (s->access_size ? s->access_size - 1u : 0u);
    g->reason[0] = '\0';
    for (size_t i = 0; i < g->points; i++) {
        const struct gdb_point *p = &g->point[i];
        if (p->type <= HARDWARE || !(kinds_of(p->type) & kind) || last < p->la ||
            s->address > p->la + (p->size - 1))
            continue;
        /* Where the access and what is watched meet: gdb looks for that address. */
        snprintf(g->reason, sizeof(g->reason), "%s:%" PRIx64 ";", names[p->type],
                 s->address > p->la ? s->address : p->la);
        return;
    }
}
