/*
 * computer.h - the options of a program that runs a machine, and making it: shared by examples.
 *
 * Options have QEMU's names where the meaning is the same, with one dash or two.
 */
#ifndef COMMON_COMPUTER_H
#define COMMON_COMPUTER_H

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
};

void computer_init(struct computer *c, const char *program);

/* Long options for getopt_long_only(), to stand in a program's own table; their numbers. */
enum {
    COMPUTER_M = 1000,
    COMPUTER_KERNEL,
    COMPUTER_INITRD,
    COMPUTER_APPEND,
    COMPUTER_CPU,
    COMPUTER_CLOCK,
    COMPUTER_EXIT_PORT,
    COMPUTER_FORMAT,
    COMPUTER_QUIET,
};
/* clang-format off */
#define COMPUTER_OPTIONS                                                                           \
    {"m", required_argument, NULL, COMPUTER_M},                                                    \
    {"kernel", required_argument, NULL, COMPUTER_KERNEL},                                          \
    {"initrd", required_argument, NULL, COMPUTER_INITRD},                                          \
    {"append", required_argument, NULL, COMPUTER_APPEND},                                          \
    {"cpu", required_argument, NULL, COMPUTER_CPU},                                                \
    {"clock", required_argument, NULL, COMPUTER_CLOCK},                                            \
    {"exit-port", required_argument, NULL, COMPUTER_EXIT_PORT},                                    \
    {"image-format", required_argument, NULL, COMPUTER_FORMAT},                                    \
    {"quiet", no_argument, NULL, COMPUTER_QUIET}
#define COMPUTER_HELP                                                                              \
    "  -m SIZE             RAM: a number of MiB, or with a suffix K, M, G (default 64M)\n"         \
    "  -kernel FILE        the image, as QEMU names it\n"                                          \
    "  -initrd FILES       Multiboot modules: \"file args\", separated by commas\n"                \
    "  -append TEXT        kernel command line\n"                                                  \
    "  -cpu MODEL          MODEL[,+feature,-feature...] (default max)\n"                           \
    "  --clock KIND        virtual (default: deterministic) or host\n"                             \
    "  --exit-port PORT    debug-exit port (default 0xf4; 0: none)\n"                              \
    "  --image-format F    auto (default), elf, multiboot, boot-sector, bios, flat, or\n"          \
    "                      flat:MODE[@ADDRESS] with MODE real16, prot32 or long64\n"               \
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

/* Make the machine; where its output goes. -1, or the exit status (a line has been printed). */
int computer_create(const struct computer *c, libcpu_output_fn serial, void *user, libcpu **m);
/* Load the image, or `guest` when there is none (NULL: there is no bundled guest). The same. */
int computer_load(const struct computer *c, libcpu *m, const void *guest, size_t guest_size);

#endif
