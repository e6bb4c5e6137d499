/*
 * trace.c - trace to a file: exceptions, interrupts, system calls and control registers of the
 * bundled guest, a line each.
 *
 * usage: guide-trace [FILE]              default: trace.txt
 */
#include "guest_image.h"

#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>

enum { SLICE = 100000, BATCH = 4096 };

static void write_line(FILE *file, const struct libcpu_trace_record *r)
{
    fprintf(file, "%10" PRIu64 " %-8s", r->insns, libcpu_trace_name(r->kind));
    if (r->kind == LIBCPU_TRACE_EVENT)
        fprintf(file, " vector %u at %" PRIx64, r->size, r->address);
    else if (r->kind == LIBCPU_TRACE_SYSCALL)
        fprintf(file, " number %" PRIu64 " at %" PRIx64, r->value, r->address);
    else
        fprintf(file, " cr%" PRIu32 " = %" PRIx64, r->info, r->value);
    fputc('\n', file);
}

/* Take what the ring holds: the machine may run on or not, the records are ours. */
static void drain(libcpu *m, FILE *file)
{
    struct libcpu_trace_record records[BATCH];
    size_t got;

    while (libcpu_trace_read(m, records, BATCH, &got) == LIBCPU_ERR_OK && got > 0)
        for (size_t i = 0; i < got; i++)
            write_line(file, &records[i]);
}

static enum libcpu_err trace(libcpu *m, FILE *file)
{
    struct libcpu_trace_options options;
    struct libcpu_stop stop;

    libcpu_trace_init(&options);
    options.kinds = LIBCPU_TRACE_BIT(LIBCPU_TRACE_EVENT) | LIBCPU_TRACE_BIT(LIBCPU_TRACE_SYSCALL) |
                    LIBCPU_TRACE_BIT(LIBCPU_TRACE_CR);
    enum libcpu_err err = libcpu_trace_start(m, &options);
    if (err)
        return err;
    do {
        err = libcpu_run(m, SLICE, &stop);
        drain(m, file);
    } while (!err && stop.reason == LIBCPU_STOP_BUDGET);
    return err;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "trace.txt";
    FILE *file = fopen(path, "w");
    struct libcpu_trace_status status = {0};
    struct libcpu_image_options image;
    libcpu *m;

    libcpu_image_init(&image);
    image.cmdline = "init=/bin/story";
    if (!file || libcpu_create(NULL, &m) != LIBCPU_ERR_OK)
        return 1;
    if (libcpu_load_mem(m, guest_image, guest_image_size, &image) != LIBCPU_ERR_OK ||
        trace(m, file) != LIBCPU_ERR_OK)
        fprintf(stderr, "%s\n", libcpu_last_error(m));
    libcpu_trace_status(m, &status);
    printf("%s: %" PRIu64 " records, %" PRIu64 " lost\n", path, status.written, status.lost);
    libcpu_destroy(m);
    return fclose(file) != 0;
}
