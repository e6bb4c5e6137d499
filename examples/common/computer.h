/*
 * computer.h - the options of a program that runs a machine, and making it: shared by examples.
 *
 * Options have QEMU's names where the meaning is the same, with one dash or two.
 */
#ifndef COMMON_COMPUTER_H
#define COMMON_COMPUTER_H

#include "drive.h"

#include <libcpu/libcpu.h>

#include <getopt.h>

/* Exit statuses of the caller's mistakes, as in sysexits.h. */
enum {
    COMPUTER_USAGE = 64,
    COMPUTER_DATA = 65,     /* bad image */
    COMPUTER_NO_INPUT = 66, /* no such file */
    COMPUTER_INTERNAL = 70,
};

enum { COMPUTER_MODULES = 16 };

struct computer {
    const char *program;                  /* for messages */
    const char *image;                    /* NULL: the bundled guest */
    const char *append;                   /* NULL: none */
    const char *module[COMPUTER_MODULES]; /* "file args" */
    unsigned module_count;
    uint64_t ram_size;
    uint64_t flat_addr; /* LIBCPU_IMAGE_FLAT */
    uint32_t flat_mode;
    uint32_t format;
    uint32_t clock;
    uint16_t exit_port;
    bool quiet;
    const char *cpu;
    const char *rtc;  /* NULL: "base=utc" with the host's clock, else the library's date */
    const char *seed; /* NULL: "random" with the host's clock, else the library's */
    struct drives drives;
};

void computer_init(struct computer *c, const char *program);

/* Long options for getopt_long_only(), to stand in a program's own table; their numbers. */
enum {
    COMPUTER_M = 1000,
    COMPUTER_KERNEL,
    COMPUTER_BIOS,
    COMPUTER_DRIVE,
    COMPUTER_SNAPSHOT,
    COMPUTER_INITRD,
    COMPUTER_APPEND,
    COMPUTER_CPU,
    COMPUTER_CLOCK,
    COMPUTER_RTC,
    COMPUTER_SEED,
    COMPUTER_EXIT_PORT,
    COMPUTER_FORMAT,
    COMPUTER_QUIET,
};
/* clang-format off */
#define COMPUTER_OPTIONS                                                                           \
    {"m", required_argument, NULL, COMPUTER_M},                                                    \
    {"kernel", required_argument, NULL, COMPUTER_KERNEL},                                          \
    {"bios", required_argument, NULL, COMPUTER_BIOS},                                              \
    {"drive", required_argument, NULL, COMPUTER_DRIVE},                                            \
    {"snapshot", no_argument, NULL, COMPUTER_SNAPSHOT},                                            \
    {"initrd", required_argument, NULL, COMPUTER_INITRD},                                          \
    {"append", required_argument, NULL, COMPUTER_APPEND},                                          \
    {"cpu", required_argument, NULL, COMPUTER_CPU},                                                \
    {"clock", required_argument, NULL, COMPUTER_CLOCK},                                            \
    {"rtc", required_argument, NULL, COMPUTER_RTC},                                                \
    {"seed", required_argument, NULL, COMPUTER_SEED},                                              \
    {"exit-port", required_argument, NULL, COMPUTER_EXIT_PORT},                                    \
    {"image-format", required_argument, NULL, COMPUTER_FORMAT},                                    \
    {"quiet", no_argument, NULL, COMPUTER_QUIET}
#define COMPUTER_HELP                                                                              \
    "  -m SIZE             RAM: a number of MiB, or with a suffix K, M, G (default 64M)\n"         \
    "  -kernel FILE        the image, as QEMU names it\n"                                          \
    "  -bios FILE          firmware to start instead: a ROM that ends at 4 GiB\n"                  \
    "  -initrd FILES       Linux: the initrd; Multiboot: \"file args\", separated by commas\n"     \
    "  -append TEXT        kernel command line\n"                                                  \
    "  -cpu MODEL          MODEL[,+feature,-feature...] (default max);\n"                          \
    "                      help: list them\n"                                                      \
    "  -drive FIELDS       a disk, up to four: file=PATH[,format=raw][,snapshot=on]\n"             \
    "                      [,readonly=on][,if=ide][,media=disk][,index=N]\n"                       \
    "  -snapshot           what is written to disks is kept in memory, for every drive\n"          \
    "  --clock KIND        virtual (default: deterministic) or host\n"                             \
    "  -rtc base=WHEN      what the CMOS clock shows: utc, localtime or\n"                          \
    "                      YYYY-MM-DD[THH:MM:SS] (default 2026-01-01; utc with --clock host)\n"    \
    "  -seed N             of RDRAND and RDSEED: a number, or random (default 1; random\n"         \
    "                      with --clock host)\n"                                                   \
    "  --exit-port PORT    debug-exit port (default 0xf4; 0: none)\n"                              \
    "  --image-format F    auto (default), linux, linux32 (32-bit entry), pvh, elf,\n"             \
    "                      multiboot, boot-sector, bios, flat, or flat:MODE[@ADDRESS]\n"           \
    "                      with MODE real16, prot32 or long64\n"                                   \
    "  --quiet             the bundled guest prints its programs' output only\n"
/* clang-format on */

/* Take one of these options; -1: taken, else the exit status (a line has been printed). */
int computer_option(struct computer *c, int id, char *arg);
/* A word that is no option: the image. The same result. */
int computer_image(struct computer *c, const char *option, char *path);

/* Print "PROGRAM: OPTION 'VALUE': WHY"; returns COMPUTER_USAGE. */
int computer_usage(const struct computer *c, const char *option, const char *value,
                   const char *why);

/* A whole number up to max, decimal or 0x. */
bool computer_number(const char *text, uint64_t max, uint64_t *value);

/* Make the machine with its disks; where its serial port and its debug console (NULL: nowhere) go.
 * -1, or the exit status (a line has been printed). */
int computer_create(const struct computer *c, libcpu_output_fn serial, libcpu_output_fn debugcon,
                    void *user, libcpu **m);

/* What is built into a program. NULL: it is not. */
struct computer_built_in {
    const void *guest; /* starts when there is neither an image nor a disk */
    size_t guest_size;
    const void *firmware; /* starts when there are disks and no image */
    size_t firmware_size;
};
/* Load the image, or what is built in. The same. */
int computer_load(const struct computer *c, libcpu *m, const struct computer_built_in *own);

#endif
