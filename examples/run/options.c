/*
 * options.c - the command line: the machine's options (computer.h), and those of the terminal,
 * traces and the debugger.
 */
#include "options.h"

#include "gdb_socket.h"
#include "tour/tour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    OPT_SERIAL = 256,
    OPT_DISPLAY,
    OPT_NOGRAPHIC,
    OPT_NO_REBOOT,
    OPT_D,
    OPT_D_FILE,
    OPT_MAX_INSNS,
    OPT_STATE_HASH,
    OPT_STATS,
    OPT_GDB,
    OPT_S,
    OPT_HOLD,
    OPT_TOUR,
    OPT_NO_PAUSE,
    OPT_HELP,
    OPT_VERSION,
};

static const struct option long_options[] = {
    COMPUTER_OPTIONS,
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"display", required_argument, NULL, OPT_DISPLAY},
    {"nographic", no_argument, NULL, OPT_NOGRAPHIC},
    {"no-reboot", no_argument, NULL, OPT_NO_REBOOT},
    {"d", required_argument, NULL, OPT_D},
    {"D", required_argument, NULL, OPT_D_FILE},
    {"max-insns", required_argument, NULL, OPT_MAX_INSNS},
    {"state-hash", no_argument, NULL, OPT_STATE_HASH},
    {"stats", no_argument, NULL, OPT_STATS},
    {"gdb", required_argument, NULL, OPT_GDB},
    {"s", no_argument, NULL, OPT_S},
    {"S", no_argument, NULL, OPT_HOLD},
    {"tour", optional_argument, NULL, OPT_TOUR},
    {"no-pause", no_argument, NULL, OPT_NO_PAUSE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: libcpu-run [options] [image]\n"
    "       libcpu-run --tour [CHAPTER] [--no-pause]\n"
    "\n"
    "Runs an image on an emulated x86-64 computer; without one, what its first bootable disk\n"
    "holds, and without a disk the bundled guest kernel.\n"
    "\n" COMPUTER_HELP "  -serial WHERE       stdio (default), file:PATH or none\n"
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
    "  --state-hash        print a hash of the final state to standard error\n"
    "  --stats             print counters to standard error\n"
    "  --tour [CHAPTER]    show how it all works, scene by scene, on the bundled guest: all,\n"
    "                      a chapter (1 to 7) or a row (such as 5.9)\n"
    "  --no-pause          the tour does not wait for a key between two scenes\n"
    "  --help, --version\n"
    "\n"
    "While the guest runs, Ctrl-A x ends it and Ctrl-A ? shows the keys.\n"
    "\n"
    "Exit status: 0 power-off; 2v+1 when the guest wrote v to the exit port; 2 triple fault;\n"
    "4 budget used up; 6 halted for ever; 64 usage; 65 bad image; 66 no such file; 70 internal.\n"
    "With --tour: 0 all was observed; 1 something was not.\n";

static int usage(const struct options *o, const char *option, const char *value, const char *why)
{
    return computer_usage(&o->computer, option, value, why);
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
        return usage(o, "-serial", s, "stdio, file:PATH or none");
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
            return usage(o, "-d", word, "in_asm, exec, int, walk, io or cpu");
        o->trace |= kinds[i].bit;
    }
    return -1;
}

static int gdb_option(const char *s, struct options *o)
{
    const char *why;
    if (!gdb_socket_valid(s, &why))
        return usage(o, "-gdb", s, why);
    o->gdb = s;
    return -1;
}

static int tour_option(const char *s, struct options *o)
{
    if (o->tour_choice)
        return usage(o, "--tour", s, "there is a chapter already");
    if (!tour_knows(s))
        return usage(o, "--tour", s, TOUR_CHOICES);
    o->tour_choice = s;
    return -1;
}

/* The tour makes its own machines. */
static int check_tour(const struct options *o)
{
    if (!o->tour)
        return o->no_pause ? usage(o, "--no-pause", "", "there is no --tour") : -1;
    if (o->others)
        return usage(o, "--tour", o->tour_choice ? o->tour_choice : "",
                     "it makes machines of its own: no other option than --no-pause");
    return -1;
}

/* Options that say something about each other. */
static int check(struct options *o)
{
    int status = check_tour(o);
    if (status >= 0)
        return status;
    if (o->hold && !o->gdb)
        return usage(o, "-S", "", "nobody could start the machine: it needs -gdb or -s");
    bool gdb = o->gdb && strcmp(o->gdb, "stdio") == 0;
    if (!gdb && !o->text_screen)
        return -1;
    if (gdb && o->text_screen)
        return usage(o, "-gdb", o->gdb, "the screen is there already");
    if (o->serial_given && o->serial == SERIAL_STDIO)
        return usage(o, gdb ? "-gdb" : "-display", gdb ? o->gdb : "text",
                     "the serial port is there already");
    if (!o->serial_given)
        o->serial = SERIAL_NONE;
    return -1;
}

static int take(int id, char *arg, struct options *o)
{
    switch (id) {
    case OPT_SERIAL: return serial_option(arg, o);
    case OPT_DISPLAY:
        if (strcmp(arg, "none") != 0 && strcmp(arg, "text") != 0)
            return usage(o, "-display", arg, "none or text");
        o->text_screen = arg[0] == 't';
        return -1;
    case OPT_NOGRAPHIC: return -1;
    case OPT_NO_REBOOT: o->no_reboot = true; return -1;
    case OPT_D: return trace_option(arg, o);
    case OPT_D_FILE: o->trace_path = arg; return -1;
    case OPT_MAX_INSNS:
        return computer_number(arg, UINT64_MAX, &o->max_insns)
                   ? -1
                   : usage(o, "--max-insns", arg, "no number");
    case OPT_STATE_HASH: o->state_hash = true; return -1;
    case OPT_STATS: o->stats = true; return -1;
    case OPT_GDB: return gdb_option(arg, o);
    case OPT_S: return gdb_option("tcp::1234", o);
    case OPT_HOLD: o->hold = true; return -1;
    case OPT_TOUR: o->tour = true; return arg ? tour_option(arg, o) : -1;
    case OPT_NO_PAUSE: o->no_pause = true; return -1;
    case OPT_HELP: fputs(help_text, stdout); return STATUS_OK;
    case OPT_VERSION: printf("libcpu-run %s\n", libcpu_version_string()); return STATUS_OK;
    default: return computer_option(&o->computer, id, arg);
    }
}

int options_parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.max_insns = UINT64_MAX};
    computer_init(&o->computer, "libcpu-run");
    int id;
    while ((id = getopt_long_only(argc, argv, "", long_options, NULL)) != -1) {
        o->others = o->others || (id != OPT_TOUR && id != OPT_NO_PAUSE);
        int status = take(id, optarg, o);
        if (status >= 0)
            return status;
    }
    for (; optind < argc; optind++) {
        int status = o->tour ? tour_option(argv[optind], o)
                             : computer_image(&o->computer, "image", argv[optind]);
        if (status >= 0)
            return status;
    }
    return check(o);
}
