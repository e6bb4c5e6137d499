/*
 * options.c - the command line: the machine's options as libcpu-run has them, and the window's own.
 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_SCREEN = 1,
    OPT_AT,
    OPT_ACCESS,
    OPT_BREAK,
    OPT_UNTIL,
    OPT_MAX,
    OPT_SHOT,
    OPT_SIZE,
    OPT_FONT_SIZE,
    OPT_SCALE,
    OPT_FONT,
    OPT_THEME,
    OPT_TEXT,
    OPT_TOUR,
    OPT_RUN,
    OPT_COMPARE,
    OPT_KEYS,
    OPT_SAVE,
    OPT_FOR,
    OPT_HELP,
    OPT_VERSION,
};

enum { MOST_PIXELS = 16384 };

static const struct option long_options[] = {
    COMPUTER_OPTIONS,
    {"screen", required_argument, NULL, OPT_SCREEN},
    {"at", required_argument, NULL, OPT_AT},
    {"access", required_argument, NULL, OPT_ACCESS},
    {"break", required_argument, NULL, OPT_BREAK},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"max-insns", required_argument, NULL, OPT_MAX},
    {"shot", required_argument, NULL, OPT_SHOT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"font-size", required_argument, NULL, OPT_FONT_SIZE},
    {"scale", required_argument, NULL, OPT_SCALE},
    {"font", required_argument, NULL, OPT_FONT},
    {"theme", required_argument, NULL, OPT_THEME},
    {"text", no_argument, NULL, OPT_TEXT},
    {"tour", no_argument, NULL, OPT_TOUR},
    {"run", no_argument, NULL, OPT_RUN},
    {"compare", no_argument, NULL, OPT_COMPARE},
    {"keys", required_argument, NULL, OPT_KEYS},
    {"save", required_argument, NULL, OPT_SAVE},
    {"for", required_argument, NULL, OPT_FOR},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help_begin[] =
    "Usage: libcpu-view [options] [image]\n"
    "\n"
    "Shows an emulated x86-64 computer at work: page walks, address spaces, frames, the TLB,\n"
    "instructions, rings and interrupts. Without an image, the bundled guest, which tells its\n"
    "story (init=/bin/story); -append \"\" gives its shell.\n"
    "\n"
    "  --screen NAME       walk, space, physical, tlb, code, rings, console, or 1 to 7\n"
    "  --at ADDRESS        show its translation: hexadecimal, or the name of a register;\n"
    "                      with --text also @FILE: a line for each address in it\n"
    "  --access KIND       of --at: r, w or x, with u for ring 3 (default r)\n"
    "  --break ADDRESS     stop there; may be given often\n"
    "  --until EVENT       run to EVENT first, or EVENT:N, the N-th of it:\n";
static const char help_end[] =
    "                        N           N instructions\n"
    "                        rip=ADDRESS before the instruction there\n"
    "                        output=TEXT the guest prints TEXT\n"
    "  --max-insns N       give up looking for it after N instructions (default 1000000000)\n"
    "  --keys TEXT         then press these keys\n"
    "  --compare           address space: compare with another one that was seen\n"
    "  --text              print the screen instead of opening a window\n"
    "  --shot FILE.png     write it as a picture\n"
    "  --size WxH          of the window or picture (default 1280x800); with --text in characters\n"
    "  --font-size N       height of the letters (default 14)\n"
    "  --scale N           pixels for each one of these two, 1 to 4: for displays of high density\n"
    "                      (default: what the display says; a picture: 1)\n"
    "  --font FILE         a monospaced TrueType font\n"
    "  --theme NAME        dark (default) or light\n"
    "  --tour              a guided story on the bundled guest\n"
    "  --save NAME         the key F9 saves to NAME-1.png and NAME-1.txt, NAME-2, ...\n"
    "                      (default libcpu-view)\n"
    "  --run               the window begins to run at once\n"
    "  --for MS            the window closes by itself after so many milliseconds\n"
    "  --help, --version\n"
    "\n";
static const char help_tail[] =
    "\n"
    "In the window ? shows the keys.\n"
    "\n"
    "Exit status: 0; 64 usage; 65 bad image; 66 no such file; 69 no display or no font;\n"
    "70 internal; 73 a picture cannot be written.\n";

static void help(void)
{
    static const struct {
        const char *name, *help;
    } events[] = {
#define UNTIL_HELP(name, text, help) {text, help},
        UNTIL_MAP(UNTIL_HELP)
#undef UNTIL_HELP
    };
    fputs(help_begin, stdout);
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
        printf("                        %-11s %s\n", events[i].name, events[i].help);
    fputs(help_end, stdout);
    fputs(COMPUTER_HELP, stdout);
    fputs(help_tail, stdout);
}

static int screen_option(struct options *o, const char *arg)
{
    static const char *const names[SCREENS] = {"walk", "space", "physical", "tlb",
                                               "code", "rings", "console"};
    for (unsigned i = 0; i < SCREENS; i++) {
        if (strcmp(arg, names[i]) != 0 && !(arg[0] == (char)('1' + i) && !arg[1]))
            continue;
        o->screen = (enum screen_id)i;
        return -1;
    }
    return computer_usage(&o->computer, "--screen", arg,
                          "walk, space, physical, tlb, code, rings or console");
}

static int access_option(struct options *o, const char *arg)
{
    o->access = 0;
    for (const char *p = arg; *p; p++) {
        if (*p == 'w')
            o->access |= LIBCPU_ACCESS_WRITE;
        else if (*p == 'x')
            o->access |= LIBCPU_ACCESS_FETCH;
        else if (*p == 'u')
            o->access |= LIBCPU_ACCESS_USER;
        else if (*p != 'r' && *p != 's')
            return computer_usage(&o->computer, "--access", arg, "r, w or x, with u for ring 3");
    }
    return -1;
}

static int size_option(struct options *o, const char *arg)
{
    char *end;
    long w = strtol(arg, &end, 10), h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || w < 40 || h < 20 || w > MOST_PIXELS || h > MOST_PIXELS)
        return computer_usage(&o->computer, "--size", arg, "WxH, from 40x20 to 16384x16384");
    o->width = (int)w;
    o->height = (int)h;
    return -1;
}

/* 1 to 4, in decimal, whatever the locale. */
static int scale_option(struct options *o, const char *arg)
{
    char *end = NULL;
    double whole = *arg >= '0' && *arg <= '9' ? (double)strtoul(arg, &end, 10) : 0, part = 0.1;
    if (end && *end == '.')
        for (end++; *end >= '0' && *end <= '9'; end++, part /= 10)
            whole += part * (*end - '0');
    if (!end || *end || whole < 1 || whole > 4)
        return computer_usage(&o->computer, "--scale", arg, "from 1 to 4, as 1.25 or 2");
    o->scale = whole;
    o->scale_text = arg;
    return -1;
}

static int number_option(struct options *o, const char *name, const char *arg, uint64_t max,
                         uint64_t *value)
{
    return computer_number(arg, max, value) ? -1
                                            : computer_usage(&o->computer, name, arg, "no number");
}

static int take(struct options *o, int id, char *arg)
{
    uint64_t n;
    int status;
    switch (id) {
    case OPT_SCREEN: return screen_option(o, arg);
    case OPT_AT: o->at = arg; return -1;
    case OPT_ACCESS: return access_option(o, arg);
    case OPT_BREAK:
        if (o->break_count == OPTION_BREAKS)
            return computer_usage(&o->computer, "--break", arg, "too many");
        o->breaks[o->break_count++] = arg;
        return -1;
    case OPT_UNTIL:
        o->until = arg;
        return goal_parse(arg, &o->goal)
                   ? -1
                   : computer_usage(&o->computer, "--until", arg, "no such event; see --help");
    case OPT_MAX: return number_option(o, "--max-insns", arg, UINT64_MAX, &o->max_insns);
    case OPT_SHOT: o->shot = arg; return -1;
    case OPT_SIZE: return size_option(o, arg);
    case OPT_SCALE: return scale_option(o, arg);
    case OPT_FONT_SIZE:
        if (!computer_number(arg, 96, &n) || n < 6)
            return computer_usage(&o->computer, "--font-size", arg, "from 6 to 96");
        o->font_px = (int)n;
        return -1;
    case OPT_FONT: o->font = arg; return -1;
    case OPT_THEME:
        if (strcmp(arg, "dark") != 0 && strcmp(arg, "light") != 0)
            return computer_usage(&o->computer, "--theme", arg, "dark or light");
        o->theme = arg[0] == 'd' ? THEME_DARK : THEME_LIGHT;
        return -1;
    case OPT_TEXT: o->text = true; return -1;
    case OPT_TOUR: o->tour = true; return -1;
    case OPT_RUN: o->run = true; return -1;
    case OPT_COMPARE: o->compare = true; return -1;
    case OPT_SAVE: o->save = arg; return -1;
    case OPT_KEYS: o->keys = arg; return -1;
    case OPT_FOR:
        status = number_option(o, "--for", arg, UINT32_MAX, &o->quit_after_ms);
        return status;
    case OPT_HELP: help(); return 0;
    case OPT_VERSION: printf("libcpu-view %s\n", libcpu_version_string()); return 0;
    default: return computer_option(&o->computer, id, arg);
    }
}

/* What does not go together. */
static int check(const struct options *o)
{
    if (o->scale * (o->width > o->height ? o->width : o->height) > MOST_PIXELS)
        return computer_usage(&o->computer, "--scale", o->scale_text, "--size is too large for it");
    if (o->tour && o->computer.image)
        return computer_usage(&o->computer, "--tour", o->computer.image,
                              "the tour is about the bundled guest");
    if (o->at && o->at[0] == '@' && !o->text)
        return computer_usage(&o->computer, "--at", o->at, "a file of addresses goes with --text");
    return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
    memset(o, 0, sizeof(*o));
    computer_init(&o->computer, "libcpu-view");
    o->max_insns = 1000000000;
    o->save = "libcpu-view";
    int id;
    while ((id = getopt_long_only(argc, argv, "", long_options, NULL)) != -1) {
        int status = take(o, id, optarg);
        if (status >= 0)
            return status;
    }
    for (; optind < argc; optind++) {
        int status = computer_image(&o->computer, "image", argv[optind]);
        if (status >= 0)
            return status;
    }
    if (!o->computer.image && !o->computer.append && !drives_given(&o->computer.drives))
        o->computer.append = "init=/bin/story"; /* a run with an end; a shell would wait */
    return check(o);
}
