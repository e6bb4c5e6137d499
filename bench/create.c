/*
 * create.c: what a machine costs before it does anything, through the public API.
 *
 *   bench-create bench.elf
 *
 * Prints a line "name value unit" for each figure: the time of libcpu_create() and
 * libcpu_destroy(), for small and large RAM, and the resident memory that a machine adds to the
 * process: just made, and idle after its guest has started.
 */
#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS     1000
#define MACHINES   32
#define MIB        (UINT64_C(1) << 20)
#define IDLE_INSNS 10000000

static int fail(const char *what, enum libcpu_err err)
{
    fprintf(stderr, "bench-create: %s: %s\n", what, libcpu_strerror(err));
    return 70;
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Resident memory of this process. (proc(5), statm.) */
static double resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *us)
{
    qsort(us, ROUNDS, sizeof(*us), compare);
    printf("%s-median %.2f us\n", what, us[ROUNDS / 2]);
    printf("%s-p99 %.2f us\n", what, us[ROUNDS - ROUNDS / 100]);
}

static int measure_create(const char *name, uint64_t ram)
{
    static double create[ROUNDS], destroy[ROUNDS];
    char what[64];
    struct libcpu_config config;
    libcpu_config_init(&config);
    config.ram_size = ram;
    for (int i = 0; i < ROUNDS; i++) {
        libcpu *m;
        double t0 = now_us();
        enum libcpu_err err = libcpu_create(&config, &m);
        double t1 = now_us();
        if (err)
            return fail(name, err);
        libcpu_destroy(m);
        create[i] = t1 - t0;
        destroy[i] = now_us() - t1;
    }
    snprintf(what, sizeof(what), "create-%s", name);
    print_times(what, create);
    snprintf(what, sizeof(what), "destroy-%s", name);
    print_times(what, destroy);
    return 0;
}

static enum libcpu_err start_idle(libcpu *m, const char *image)
{
    struct libcpu_image_options options;
    struct libcpu_stop why;
    libcpu_image_init(&options);
    options.cmdline = "load=idle";
    enum libcpu_err err = libcpu_load_file(m, image, &options);
    if (!err)
        err = libcpu_run(m, IDLE_INSNS, &why);
    return err ? err : why.reason == LIBCPU_STOP_BUDGET ? LIBCPU_ERR_OK : LIBCPU_ERR_STATE;
}

/* Several machines at once, so that what the first one alone has to touch counts little. */
static int measure_memory(const char *image)
{
    libcpu *machines[MACHINES];
    double before = resident_kib();
    for (int i = 0; i < MACHINES; i++) {
        enum libcpu_err err = libcpu_create(NULL, &machines[i]);
        if (err)
            return fail("create", err);
    }
    double made = resident_kib();
    for (int i = 0; i < MACHINES; i++) {
        enum libcpu_err err = start_idle(machines[i], image);
        if (err)
            return fail(image, err);
    }
    double idle = resident_kib();
    for (int i = 0; i < MACHINES; i++)
        libcpu_destroy(machines[i]);
    printf("memory-made %.0f KiB\n", (made - before) / MACHINES);
    printf("memory-idle %.0f KiB\n", (idle - before) / MACHINES);
    printf("memory-left %.0f KiB\n", resident_kib() - before);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: bench-create bench.elf\n", stderr);
        return 64;
    }
    int status = measure_create("64M", 64 * MIB);
    if (status == 0)
        status = measure_create("64G", 65536 * MIB);
    if (status == 0)
        status = measure_memory(argv[1]);
    return status;
}
