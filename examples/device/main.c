/*
 * main.c - a computer with a device of our own in it, and a guest that drives it.
 *
 * usage: device-example [IMAGE]          without an image: the driver in guest/
 */
#include "driver_image.h"
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>

static void print(void *user, const uint8_t *data, size_t size)
{
    fwrite(data, 1, size, user);
}

static enum libcpu_err start(libcpu *m, const char *path)
{
    enum libcpu_err err = tally_add(m);
    if (err)
        return err;
    return path ? libcpu_load_file(m, path, NULL)
                : libcpu_load_mem(m, driver_image, driver_image_size, NULL);
}

int main(int argc, char **argv)
{
    struct libcpu_config config;
    struct libcpu_stop stop;
    libcpu *m;

    libcpu_config_init(&config);
    config.serial = print;
    config.serial_user = stdout;
    if (libcpu_create(&config, &m) != LIBCPU_ERR_OK) {
        fprintf(stderr, "device-example: no machine\n");
        return 1;
    }
    enum libcpu_err err = start(m, argc > 1 ? argv[1] : NULL);
    if (!err)
        err = libcpu_run(m, 100000000, &stop);
    if (err) {
        fprintf(stderr, "device-example: %s: %s\n", libcpu_strerror(err), libcpu_last_error(m));
        libcpu_destroy(m);
        return 1;
    }
    printf("host: %s after %" PRIu64 " instructions, %" PRIu64 " us\n",
           libcpu_stop_name(stop.reason), stop.insns, stop.time_ns / 1000);
    libcpu_destroy(m);
    return stop.reason == LIBCPU_STOP_EXIT && stop.exit_value == 0 ? 0 : 1;
}
