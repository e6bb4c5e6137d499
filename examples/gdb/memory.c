/*
 * memory.c - m M X x: memory by linear address, or by physical address when that mode is on.
 *
 * Device registers are never touched: an address that is no memory is an error.
 */
#include "server.h"

#include <string.h>

static bool take_range(struct gdb_in *in, uint64_t *at, uint64_t *size)
{
    return gdb_take_number(in, at) && gdb_take_text(in, ",") && gdb_take_number(in, size);
}

static bool read_piece(libcpu_gdb *g, uint64_t at, void *buf, size_t size)
{
    return !(g->physical ? libcpu_phys_read(g->m, at, buf, size)
                         : libcpu_linear_read(g->m, at, buf, size));
}

/* As much as there is, page by page. */
static size_t read_memory(libcpu_gdb *g, uint64_t at, uint8_t *buf, size_t size)
{
    const size_t page = 4096;
    size_t done = 0;
    while (done < size) {
        uint64_t la = at + done;
        size_t n = page - (size_t)(la & (page - 1));
        if (n > size - done)
            n = size - done;
        if (!read_piece(g, la, buf + done, n))
            break;
        done += n;
    }
    return done;
}

static bool write_memory(libcpu_gdb *g, uint64_t at, const void *data, size_t size)
{
    return !(g->physical ? libcpu_phys_write(g->m, at, data, size)
                         : libcpu_linear_write(g->m, at, data, size));
}

/* Into `buf`; false: an error was sent. */
static bool read_request(libcpu_gdb *g, struct gdb_in *in, uint8_t *buf, size_t most, size_t *got)
{
    uint64_t at, size;
    if (!take_range(in, &at, &size)) {
        gdb_error(g, GDB_EINVAL);
        return false;
    }
    *got = read_memory(g, at, buf, (size_t)(size < most ? size : most));
    if (*got || size == 0)
        return true;
    gdb_error(g, GDB_EFAULT);
    return false;
}

void gdb_packet_m(libcpu_gdb *g, struct gdb_in in)
{
    uint8_t buf[GDB_PACKET / 2];
    size_t got;
    if (!read_request(g, &in, buf, sizeof(buf), &got))
        return;
    gdb_put_hex(g, buf, got);
    gdb_send(g);
}

void gdb_packet_x(libcpu_gdb *g, struct gdb_in in)
{
    uint8_t buf[GDB_PACKET - 1];
    size_t got;
    if (!read_request(g, &in, buf, sizeof(buf), &got))
        return;
    gdb_put_text(g, "b");
    gdb_put_raw(g, buf, got);
    gdb_send(g);
}

static void write_request(libcpu_gdb *g, uint64_t at, const uint8_t *data, size_t size)
{
    if (write_memory(g, at, data, size))
        gdb_reply(g, "OK");
    else
        gdb_error(g, GDB_EFAULT);
}

void gdb_packet_M(libcpu_gdb *g, struct gdb_in in)
{
    uint8_t buf[GDB_PACKET / 2];
    uint64_t at, size;
    size_t got;
    if (take_range(&in, &at, &size) && gdb_take_text(&in, ":") &&
        gdb_take_bytes(&in, buf, sizeof(buf), &got) && got == size && in.at == in.end)
        write_request(g, at, buf, got);
    else
        gdb_error(g, GDB_EINVAL);
}

void gdb_packet_X(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t at, size;
    if (take_range(&in, &at, &size) && gdb_take_text(&in, ":") && gdb_left(&in) == size)
        write_request(g, at, in.at, (size_t)size);
    else
        gdb_error(g, GDB_EINVAL);
}
