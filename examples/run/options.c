/*
 * options.c - the command line: names as QEMU's where the meaning is the same, one dash or two.
 */
#include "options.h"

#include "gdb_socket.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPT_M = 256,
    OPT_KERNEL,
    OPT_BIOS,
    OPT_INITRD,
    OPT_APPEND,
    OPT_DRIVE,
    OPT_SNAPSHOT,
    OPT_SERIAL,
    OPT_DISPLAY,
    OPT_NOGRAPHIC,
    OPT_NO_REBOOT,
    OPT_D,
    OPT_D_FILE,
    OPT_MAX_INSNS,
    OPT_CLOCK,
    OPT_EXIT_PORT,
    OPT_QUIET,
    OPT_STATE_HASH,
    OPT_STATS,
    OPT_CPU,
    OPT_FORMAT,
    OPT_GDB,
    OPT_S,
    OPT_HOLD,
    OPT_HELP,
    OPT_VERSION,
};

static const struct option long_options[] = {
    {"m", required_argument, NULL, OPT_M},
    {"kernel", required_argument, NULL, OPT_KERNEL},
    {"bios", required_argument, NULL, OPT_BIOS},
    {"initrd", required_argument, NULL, OPT_INITRD},
    {"append", required_argument, NULL, OPT_APPEND},
    {"drive", required_argument, NULL, OPT_DRIVE},
    {"snapshot", no_argument, NULL, OPT_SNAPSHOT},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"display", required_argument, NULL, OPT_DISPLAY},
    {"nographic", no_argument, NULL, OPT_NOGRAPHIC},
    {"no-reboot", no_argument, NULL, OPT_NO_REBOOT},
    {"d", required_argument, NULL, OPT_D},
    {"D", required_argument, NULL, OPT_D_FILE},
    {"max-insns", required_argument, NULL, OPT_MAX_INSNS},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"exit-port", required_argument, NULL, OPT_EXIT_PORT},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"state-hash", no_argument, NULL, OPT_STATE_HASH},
    {"stats", no_argument, NULL, OPT_STATS},
    {"cpu", required_argument, NULL, OPT_CPU},
    {"image-format", required_argument, NULL, OPT_FORMAT},
    {"gdb", required_argument, NULL, OPT_GDB},
    {"s", no_argument, NULL, OPT_S},
    {"S", no_argument, NULL, OPT_HOLD},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: libcpu-run [options] [image]\n"
    "\n"
    "Runs an image on an emulated x86-64 computer; without one, what its first bootable disk\n"
    "holds, and without a disk the bundled guest kernel.\n"
    "\n"
    "  -m SIZE             RAM: a number of MiB, or with a suffix K, M, G (default 64M)\n"
    "  -kernel FILE        the image, as QEMU names it\n"
    "  -bios FILE          firmware to start instead: a ROM that ends at 4 GiB\n"
    "  -initrd FILES       Linux: the initrd; Multiboot: \"file args\", separated by commas\n"
    "  -append TEXT        kernel command line\n"
    "  -cpu MODEL          MODEL[,+feature,-feature...] (default max);\n"
    "                      help: list them\n"
    "  -drive FIELDS       a disk, up to four: file=PATH[,format=raw][,snapshot=on][,readonly=on]\n"
    "                      [,if=ide][,media=disk][,index=N]\n"
    "  -snapshot           what is written to disks is kept in memory, for every drive\n"
    "  -serial WHERE       stdio (default), file:PATH or none\n"
    "  -display KIND       none (default), or text: the VGA's text screen on the terminal,\n"
    "                      whose keys are then the keyboard's\n"
    "  -nographic          accepted: there is no window\n"
    "  -no-reboot          stop when the guest asks for a reset\n"
    "  -d LIST             trace in_asm, exec, int, walk, io, cpu (separated by commas)\n"
    "  -D FILE             trace to FILE (default: standard error)\n"
    "  -gdb WHERE          serve gdb at tcp::PORT, unix:PATH or stdio\n"
    "  -s                  the same as -gdb tcp::1234\n"
    "  -S                  wait for gdb before the first instruction\n"
    "  --max-insns N       stop after N instructions\n"
    "  --clock KIND        virtual (default: deterministic) or host\n"
    "  --exit-port PORT    debug-exit port (default 0xf4; 0: none)\n"
    "  --image-format F    auto (default), linux, linux32 (32-bit entry), pvh, elf,\n"
    "                      multiboot, boot-sector, bios, flat, or flat:MODE[@ADDRESS] with\n"
    "                      MODE real16, prot32 or long64\n"
    "  --quiet             the bundled guest prints its programs' output only\n"
    "  --state-hash        print a hash of the final state to standard error\n"
    "  --stats             print counters to standard error\n"
    "  --help, --version\n"
    "\n"
    "While the guest runs, Ctrl-A x ends it and Ctrl-A ? shows the keys.\n"
    "\n"
    "Exit status: 0 power-off; 2v+1 when the guest wrote v to the exit port; 2 triple fault;\n"
    "4 budget used up; 6 halted for ever; 64 usage; 65 bad image; 66 no such file; 70 internal.\n";

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
    return STATUS_OK;
}

static int usage(const char *option, const char *value, const char *why)
{
    fprintf(stderr, "libcpu-run: %s '%s': %s\n", option, value, why);
    return STATUS_USAGE;
}

/* A whole non-negative number, decimal or 0x; `end` gets what follows it. */
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

static bool whole_number(const char *s, uint64_t max, uint64_t *v)
{
    const char *end;
    return number(s, v, &end) && *end == '\0' && *v <= max;
}

/* -m: MiB by default, as QEMU. */
static bool size_option(const char *s, uint64_t *bytes)
{
    const char *end;
    unsigned shift = 20;
    if (!number(s, bytes, &end))
        return false;
    if (*end) {
        static const char suffix[] = "bkmgt";
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

static int serial_option(const char *s, struct options *o)
{
    o->serial_given = true;
    if (strcmp(s, "stdio") == 0 || strcmp(s, "mon:stdio") == 0)
        o->serial = SERIAL_STDIO;
    else if (strcmp(s, "none") == 0)
        o->serial = SERIAL_NONE;
    else if (strncmp(s, "file:", 5) == 0 && s[5]) {
        o->serial = SERIAL_FILE;
        o->serial_path = s + 5;
    } else
        return usage("-serial", s, "stdio, file:PATH or none");
    return -1;
}

static int trace_option(char *list, struct options *o)
{
    static const struct {
        const char *name;
        unsigned bit;
    } kinds[] = {{"in_asm", TRACE_IN_ASM}, {"exec", TRACE_EXEC}, {"int", TRACE_INT},
                 {"walk", TRACE_WALK},     {"io", TRACE_IO},     {"cpu", TRACE_CPU}};
    for (char *save, *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        size_t i = 0, n = sizeof(kinds) / sizeof(*kinds);
        while (i < n && strcmp(kinds[i].name, word) != 0)
            i++;
        if (i == n)
            return usage("-d", word, "in_asm, exec, int, walk, io or cpu");
        o->trace |= kinds[i].bit;
    }
    return -1;
}

static int format_option(const char *s, struct options *o)
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
    static const char *const modes[] = {
        [LIBCPU_BOOT_REAL16] = "real16",
        [LIBCPU_BOOT_PROT32] = "prot32",
        [LIBCPU_BOOT_LONG64] = "long64",
    };
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i], s) == 0) {
            o->format = i;
            o->flat_mode = LIBCPU_BOOT_PROT32;
            o->flat_addr = 0x100000;
            return -1;
        }
    }
    /* flat:MODE[@ADDRESS] */
    if (strncmp(s, "flat:", 5) != 0)
        return usage(
            "--image-format", s,
            "auto, linux, linux32, pvh, elf, multiboot, boot-sector, bios, flat:MODE@ADDR");
    for (unsigned i = LIBCPU_BOOT_REAL16; i <= LIBCPU_BOOT_LONG64; i++) {
        size_t n = strlen(modes[i]);
        const char *at = s + 5 + n;
        if (strncmp(s + 5, modes[i], n) != 0 || (*at && *at != '@'))
            continue;
        o->format = LIBCPU_IMAGE_FLAT;
        o->flat_mode = i;
        o->flat_addr = i == LIBCPU_BOOT_REAL16 ? 0x7c00 : 0x100000;
        if (*at && !whole_number(at + 1, UINT64_MAX, &o->flat_addr))
            return usage("--image-format", s, "no such address");
        return -1;
    }
    return usage("--image-format", s, "flat:real16, flat:prot32 or flat:long64, with @ADDRESS");
}

static int initrd_option(char *list, struct options *o)
{
    for (char *save, *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        if (o->module_count == MAX_MODULES)
            return usage("-initrd", word, "too many modules");
        o->module[o->module_count++] = word;
    }
    return -1;
}

static int drives_option(char *text, struct options *o)
{
    char why[512];
    if (drive_option(text, &o->drives, why, sizeof(why)))
        return -1;
    fprintf(stderr, "libcpu-run: -drive: %s\n", why);
    return STATUS_USAGE;
}

static int gdb_option(const char *s, struct options *o)
{
    const char *why;
    if (!gdb_socket_valid(s, &why))
        return usage("-gdb", s, why);
    o->gdb = s;
    return -1;
}

/* Options that say something about each other. */
static int check(struct options *o)
{
    if (o->hold && !o->gdb)
        return usage("-S", "", "nobody could start the machine: it needs -gdb or -s");
    bool gdb = o->gdb && strcmp(o->gdb, "stdio") == 0;
    if (!gdb && !o->text_screen)
        return -1;
    if (gdb && o->text_screen)
        return usage("-gdb", o->gdb, "the screen is there already");
    if (o->serial_given && o->serial == SERIAL_STDIO)
        return usage(gdb ? "-gdb" : "-display", gdb ? o->gdb : "text",
                     "the serial port is there already");
    if (!o->serial_given)
        o->serial = SERIAL_NONE;
    return -1;
}

static int image_option(const char *option, char *path, struct options *o)
{
    if (o->image)
        return usage(option, path, "there is an image already");
    o->image = path;
    return -1;
}

static int take(int id, char *arg, struct options *o)
{
    uint64_t v;
    switch (id) {
    case OPT_M: return size_option(arg, &o->ram_size) ? -1 : usage("-m", arg, "no such size");
    case OPT_KERNEL: return image_option("-kernel", arg, o);
    case OPT_BIOS: o->format = LIBCPU_IMAGE_BIOS; return image_option("-bios", arg, o);
    case OPT_INITRD: return initrd_option(arg, o);
    case OPT_APPEND: o->append = arg; return -1;
    case OPT_DRIVE: return drives_option(arg, o);
    case OPT_SNAPSHOT: o->drives.snapshot = true; return -1;
    case OPT_SERIAL: return serial_option(arg, o);
    case OPT_DISPLAY:
        if (strcmp(arg, "none") != 0 && strcmp(arg, "text") != 0)
            return usage("-display", arg, "none or text");
        o->text_screen = arg[0] == 't';
        return -1;
    case OPT_NOGRAPHIC: return -1;
    case OPT_NO_REBOOT: o->no_reboot = true; return -1;
    case OPT_D: return trace_option(arg, o);
    case OPT_D_FILE: o->trace_path = arg; return -1;
    case OPT_MAX_INSNS:
        return whole_number(arg, UINT64_MAX, &o->max_insns)
                   ? -1
                   : usage("--max-insns", arg, "no number");
    case OPT_CLOCK:
        if (strcmp(arg, "virtual") != 0 && strcmp(arg, "host") != 0)
            return usage("--clock", arg, "virtual or host");
        o->clock = arg[0] == 'h' ? LIBCPU_CLOCK_HOST : LIBCPU_CLOCK_VIRTUAL;
        return -1;
    case OPT_EXIT_PORT:
        if (!whole_number(arg, 0xffff, &v))
            return usage("--exit-port", arg, "a port from 0 to 0xffff");
        o->exit_port = (uint16_t)v;
        return -1;
    case OPT_QUIET: o->quiet = true; return -1;
    case OPT_STATE_HASH: o->state_hash = true; return -1;
    case OPT_STATS: o->stats = true; return -1;
    case OPT_CPU: o->cpu = arg; return strcmp(arg, "help") == 0 ? cpu_help() : -1;
    case OPT_FORMAT: return format_option(arg, o);
    case OPT_GDB: return gdb_option(arg, o);
    case OPT_S: return gdb_option("tcp::1234", o);
    case OPT_HOLD: o->hold = true; return -1;
    case OPT_HELP: fputs(help_text, stdout); return STATUS_OK;
    case OPT_VERSION: printf("libcpu-run %s\n", libcpu_version_string()); return STATUS_OK;
    default: return STATUS_USAGE; /* getopt has printed its line */
    }
}

int options_parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){
        .max_insns = UINT64_MAX,
        .ram_size = UINT64_C(64) << 20,
        .exit_port = 0xf4,
    };
    int id;
    while ((id = getopt_long_only(argc, argv, "", long_options, NULL)) != -1) {
        int status = take(id, optarg, o);
        if (status >= 0)
            return status;
    }
    for (; optind < argc; optind++) {
        int status = image_option("image", argv[optind], o);
        if (status >= 0)
            return status;
    }
    return check(o);
}
