/*
 * computer.c - options of a machine, and the machine that they describe.
 */
#include "computer.h"

#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void computer_init(struct computer *c, const char *program)
{
    *c = (struct computer){.program = program, .ram_size = UINT64_C(64) << 20, .exit_port = 0xf4};
}

int computer_usage(const struct computer *c, const char *option, const char *value, const char *why)
{
    fprintf(stderr, "%s: %s '%s': %s\n", c->program, option, value, why);
    return COMPUTER_USAGE;
}

static int fail(const struct computer *c, int status, const char *text)
{
    fprintf(stderr, "%s: %s\n", c->program, text);
    return status;
}

/* ---- values ---- */

static bool number(const char *s, uint64_t *v, const char **end)
{
    char *e;
    if (*s < '0' || *s > '9')
        return false;
    errno = 0;
    *v = strtoull(s, &e, 0);
    *end = e;
    return errno == 0 && e != s;
}

bool computer_number(const char *text, uint64_t max, uint64_t *value)
{
    const char *end;
    return number(text, value, &end) && *end == '\0' && *value <= max;
}

/* MiB by default, as QEMU. */
static bool size_option(const char *s, uint64_t *bytes)
{
    static const char suffix[] = "bkmgt";
    const char *end;
    unsigned shift = 20;
    if (!number(s, bytes, &end))
        return false;
    if (*end) {
        const char *p = strchr(suffix, *end | 0x20);
        if (!p || end[1])
            return false;
        shift = (unsigned)(p - suffix) * 10;
    }
    if (*bytes > UINT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return true;
}

/* flat:MODE[@ADDRESS] */
static int flat_option(struct computer *c, const char *s)
{
    static const struct {
        const char *name;
        uint32_t mode;
        uint64_t addr;
    } modes[] = {{"real16", LIBCPU_BOOT_REAL16, 0x7c00},
                 {"prot32", LIBCPU_BOOT_PROT32, 0x100000},
                 {"long64", LIBCPU_BOOT_LONG64, 0x100000}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        size_t n = strlen(modes[i].name);
        const char *at = s + 5 + n;
        if (strncmp(s + 5, modes[i].name, n) != 0 || (*at && *at != '@'))
            continue;
        c->format = LIBCPU_IMAGE_FLAT;
        c->flat_mode = modes[i].mode;
        c->flat_addr = modes[i].addr;
        if (*at && !computer_number(at + 1, UINT64_MAX, &c->flat_addr))
            return computer_usage(c, "--image-format", s, "no such address");
        return -1;
    }
    return computer_usage(c, "--image-format", s,
                          "flat:real16, flat:prot32 or flat:long64, with @ADDRESS");
}

static int format_option(struct computer *c, const char *s)
{
    static const char *const names[] = {
        [LIBCPU_IMAGE_AUTO] = "auto",
        [LIBCPU_IMAGE_ELF] = "elf",
        [LIBCPU_IMAGE_MULTIBOOT] = "multiboot",
        [LIBCPU_IMAGE_FLAT] = "flat",
        [LIBCPU_IMAGE_BOOT_SECTOR] = "boot-sector",
        [LIBCPU_IMAGE_BIOS] = "bios",
        [LIBCPU_IMAGE_LINUX] = "linux",
        [LIBCPU_IMAGE_LINUX32] = "linux32",
        [LIBCPU_IMAGE_PVH] = "pvh",
    };
    if (strncmp(s, "flat:", 5) == 0)
        return flat_option(c, s);
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i], s) != 0)
            continue;
        c->format = i;
        c->flat_mode = LIBCPU_BOOT_PROT32;
        c->flat_addr = 0x100000;
        return -1;
    }
    return computer_usage(
        c, "--image-format", s,
        "auto, linux, linux32, pvh, elf, multiboot, boot-sector, bios, flat:MODE@ADDR");
}

static int initrd_option(struct computer *c, char *list)
{
    for (char *save, *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        if (c->module_count == COMPUTER_MODULES)
            return computer_usage(c, "-initrd", word, "too many modules");
        c->module[c->module_count++] = word;
    }
    return -1;
}

int computer_image(struct computer *c, const char *option, char *path)
{
    if (c->image)
        return computer_usage(c, option, path, "there is an image already");
    c->image = path;
    return -1;
}

/* -cpu help: what a specification may name. */
static int cpu_help(void)
{
    const char *name;
    printf("CPU models:\n");
    for (unsigned n = 0; (name = libcpu_cpu_model_name(n)); n++)
        printf("  %s%s\n", name, n ? "" : " (default: everything that works)");
    printf("\nFeatures, to add (+) or to take away (-):\n");
    for (unsigned n = 0, column = 0; (name = libcpu_cpu_feature_name(n)); n++) {
        unsigned len = (unsigned)strlen(name) + 1;
        column = column && column + len <= 76 ? column + len : len;
        printf("%s%s", column > len ? " " : n ? "\n  " : "  ", name);
    }
    printf("\n");
    return 0;
}

static int drives_option(struct computer *c, char *text)
{
    char why[512];
    if (drive_option(text, &c->drives, why, sizeof(why)))
        return -1;
    fprintf(stderr, "%s: -drive: %s\n", c->program, why);
    return COMPUTER_USAGE;
}

int computer_option(struct computer *c, int id, char *arg)
{
    uint64_t v;
    switch (id) {
    case COMPUTER_M:
        return size_option(arg, &c->ram_size) ? -1 : computer_usage(c, "-m", arg, "no such size");
    case COMPUTER_KERNEL: return computer_image(c, "-kernel", arg);
    case COMPUTER_BIOS: c->format = LIBCPU_IMAGE_BIOS; return computer_image(c, "-bios", arg);
    case COMPUTER_DRIVE: return drives_option(c, arg);
    case COMPUTER_SNAPSHOT: c->drives.snapshot = true; return -1;
    case COMPUTER_INITRD: return initrd_option(c, arg);
    case COMPUTER_APPEND: c->append = arg; return -1;
    case COMPUTER_CPU: c->cpu = arg; return strcmp(arg, "help") == 0 ? cpu_help() : -1;
    case COMPUTER_CLOCK:
        if (strcmp(arg, "virtual") != 0 && strcmp(arg, "host") != 0)
            return computer_usage(c, "--clock", arg, "virtual or host");
        c->clock = arg[0] == 'h' ? LIBCPU_CLOCK_HOST : LIBCPU_CLOCK_VIRTUAL;
        return -1;
    case COMPUTER_RTC: c->rtc = arg; return -1;
    case COMPUTER_SEED: c->seed = arg; return -1;
    case COMPUTER_EXIT_PORT:
        if (!computer_number(arg, 0xffff, &v))
            return computer_usage(c, "--exit-port", arg, "a port from 0 to 0xffff");
        c->exit_port = (uint16_t)v;
        return -1;
    case COMPUTER_FORMAT: return format_option(c, arg);
    case COMPUTER_QUIET: c->quiet = true; return -1;
    default: return COMPUTER_USAGE; /* getopt has printed its line */
    }
}

/* ---- the machine ---- */

/* The exit status of a library error. */
static int status_of(enum libcpu_err err)
{
    switch (err) {
    case LIBCPU_ERR_NOFILE:
    case LIBCPU_ERR_IO: return COMPUTER_NO_INPUT;
    case LIBCPU_ERR_FORMAT:
    case LIBCPU_ERR_RANGE:
    case LIBCPU_ERR_UNSUPPORTED: return COMPUTER_DATA;
    case LIBCPU_ERR_INVALID: return COMPUTER_USAGE;
    default: return COMPUTER_INTERNAL;
    }
}

/* The date and chance. Where time is the host's nothing is the same twice, and both are real. */
static int take_world(const struct computer *c, struct libcpu_config *config)
{
    const bool host = c->clock == LIBCPU_CLOCK_HOST;
    const char *rtc = c->rtc || !host ? c->rtc : "base=utc";
    const char *seed = c->seed || !host ? c->seed : "random";
    if (rtc && !world_rtc(rtc, &config->rtc_time))
        return computer_usage(c, "-rtc", rtc, "base=utc, localtime or YYYY-MM-DD[THH:MM:SS]");
    if (seed && !world_seed(seed, &config->seed))
        return computer_usage(c, "-seed", seed, "a number or random");
    return -1;
}

int computer_create(const struct computer *c, libcpu_output_fn serial, libcpu_output_fn debugcon,
                    void *user, libcpu **m)
{
    struct libcpu_config config;
    char text[256] = "";
    libcpu_config_init(&config);
    const int status = take_world(c, &config);
    if (status >= 0)
        return status;
    config.ram_size = c->ram_size;
    config.clock = c->clock;
    config.cpu = c->cpu;
    config.exit_port = c->exit_port;
    config.serial = serial;
    config.serial_user = user;
    config.debugcon = debugcon;
    config.debugcon_user = user;
    enum libcpu_err err = libcpu_create_error(&config, m, text, sizeof(text));
    if (!err) {
        err = drives_attach(&c->drives, *m);
        return err ? fail(c, status_of(err), libcpu_last_error(*m)) : -1;
    }
    bool asked = err == LIBCPU_ERR_INVALID || err == LIBCPU_ERR_UNSUPPORTED ||
                 err == LIBCPU_ERR_OVERLAP || err == LIBCPU_ERR_RANGE;
    return fail(c, asked ? COMPUTER_USAGE : COMPUTER_INTERNAL, text);
}

/* NULL: an error line has been printed. */
static void *read_file(const struct computer *c, const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    void *data = NULL;
    long n;
    if (f && fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        data = malloc((size_t)n + 1);
        *size = data ? fread(data, 1, (size_t)n, f) : 0;
        if (data && *size != (size_t)n) {
            free(data);
            data = NULL;
        }
    }
    if (!data)
        fprintf(stderr, "%s: -initrd '%s': cannot read the file\n", c->program, path);
    if (f)
        fclose(f);
    return data;
}

/* "file args": the file is the first word. */
static int read_modules(const struct computer *c, struct libcpu_module *modules)
{
    for (unsigned i = 0; i < c->module_count; i++) {
        const char *text = c->module[i];
        char *path = strndup(text, strcspn(text, " "));
        void *data = path ? read_file(c, path, &modules[i].size) : NULL;
        free(path);
        if (!data)
            return COMPUTER_NO_INPUT;
        modules[i].data = data;
        modules[i].cmdline = text;
    }
    return -1;
}

static char *command_line(const struct computer *c)
{
    const char *append = c->append ? c->append : "";
    size_t size = strlen(append) + sizeof(" quiet");
    char *text = malloc(size);
    if (text)
        snprintf(text, size, "%s%s%s", append, *append && c->quiet ? " " : "",
                 c->quiet ? "quiet" : "");
    return text;
}

static enum libcpu_err load_image(const struct computer *c, libcpu *m,
                                  struct libcpu_image_options *io,
                                  const struct computer_built_in *own)
{
    if (c->image)
        return libcpu_load_file(m, c->image, io);
    if (drives_given(&c->drives)) {
        io->name = "firmware";
        return libcpu_load_mem(m, own->firmware, own->firmware_size, io);
    }
    io->name = "guest";
    return libcpu_load_mem(m, own->guest, own->guest_size, io);
}

static int load(const struct computer *c, libcpu *m, const struct libcpu_module *modules,
                const struct computer_built_in *own)
{
    struct libcpu_image_options io;
    char *cmdline = command_line(c);
    libcpu_image_init(&io);
    io.format = c->format;
    io.modules = modules;
    io.module_count = c->module_count;
    io.cmdline = cmdline;
    if (c->format == LIBCPU_IMAGE_FLAT) {
        io.mode = c->flat_mode;
        io.addr = c->flat_addr;
    }
    enum libcpu_err err = load_image(c, m, &io, own);
    free(cmdline);
    return err ? fail(c, status_of(err), libcpu_last_error(m)) : -1;
}

int computer_load(const struct computer *c, libcpu *m, const struct computer_built_in *own)
{
    struct libcpu_module modules[COMPUTER_MODULES] = {{0}};
    if (!c->image && !(drives_given(&c->drives) ? own->firmware : own->guest))
        return fail(c, COMPUTER_USAGE, "no image, and nothing to start is built in");
    int status = read_modules(c, modules);
    if (status < 0)
        status = load(c, m, modules, own);
    for (unsigned i = 0; i < c->module_count; i++)
        free((void *)(uintptr_t)modules[i].data);
    return status;
}
