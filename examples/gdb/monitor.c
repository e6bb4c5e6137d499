/*
 * monitor.c - the `monitor` commands (qRcmd) but for those that print tables (tables.c).
 */
#include "server.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- output: O packets, each a piece of the text ---- */

static void flush(libcpu_gdb *g)
{
    if (!g->text_len)
        return;
    g->out_len = 0;
    gdb_put_text(g, "O");
    gdb_put_hex(g, g->text, g->text_len);
    g->text_len = 0;
    gdb_send(g);
}

static void print_text(libcpu_gdb *g, const char *text, size_t len)
{
    while (len) {
        size_t room = sizeof(g->text) - g->text_len, n = len < room ? len : room;
        memcpy(g->text + g->text_len, text, n);
        g->text_len += n;
        text += n;
        len -= n;
        if (g->text_len == sizeof(g->text))
            flush(g);
    }
}

void libcpu_gdb_print(libcpu_gdb *g, const char *format, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    if (n > 0)
        print_text(g, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* ---- addresses ---- */

/* A register: rip, $rip, %rip. */
static bool take_name(libcpu_gdb *g, const char **s, uint64_t *v)
{
    char name[16];
    size_t n = 0;
    *s += **s == '$' || **s == '%';
    while (n < sizeof(name) - 1 && (isalnum((unsigned char)(*s)[n]) || (*s)[n] == '_')) {
        name[n] = (*s)[n];
        n++;
    }
    name[n] = '\0';
    int reg = libcpu_reg_find(name);
    if (reg < 0)
        return false;
    *v = libcpu_reg(g->m, (enum libcpu_reg)reg);
    *s += n;
    return true;
}

static bool take_term(libcpu_gdb *g, const char **s, uint64_t *v)
{
    if (**s < '0' || **s > '9')
        return take_name(g, s, v);
    char *end;
    *v = strtoull(*s, &end, 0);
    *s = end;
    return true;
}

bool gdb_address(libcpu_gdb *g, const char *text, uint64_t *la)
{
    uint64_t sum = 0, v;
    char sign = '+';
    for (;;) {
        while (*text == ' ')
            text++;
        if (!take_term(g, &text, &v))
            return false;
        sum = sign == '+' ? sum + v : sum - v;
        while (*text == ' ')
            text++;
        if (*text != '+' && *text != '-')
            break;
        sign = *text++;
    }
    *la = sum;
    return *text == '\0';
}

/* ---- commands ---- */

const char *gdb_mode_text(libcpu_gdb *g)
{
    switch (libcpu_cpu_mode(g->m)) {
    case LIBCPU_MODE_REAL: return "real mode";
    case LIBCPU_MODE_VM86: return "virtual-8086 mode";
    case LIBCPU_MODE_PROT16: return "16-bit protected mode";
    case LIBCPU_MODE_PROT32: return "32-bit protected mode";
    case LIBCPU_MODE_COMPAT16: return "16-bit compatibility mode";
    case LIBCPU_MODE_COMPAT32: return "32-bit compatibility mode";
    default: return "64-bit mode";
    }
}

static void mode(libcpu_gdb *g, const char *args)
{
    (void)args;
    libcpu_gdb_print(g, "%s, CPL %u%s, next instruction at linear address 0x%" PRIx64 "\n",
                     gdb_mode_text(g), libcpu_cpl(g->m), libcpu_cpu_halted(g->m) ? ", halted" : "",
                     gdb_pc(g));
}

static void print_regions(libcpu_gdb *g, bool memory)
{
    static const char *const kinds[] = {"RAM", "ROM", "MMIO", "port"};
    struct libcpu_region r;
    for (size_t n = 0; libcpu_region_get(g->m, n, &r) == LIBCPU_ERR_OK; n++) {
        if ((r.kind <= LIBCPU_REGION_ROM) != memory)
            continue;
        libcpu_gdb_print(g, "%-4s 0x%0*" PRIx64 "-0x%0*" PRIx64 "  %s\n",
                         r.kind < 4 ? kinds[r.kind] : "?", r.kind == LIBCPU_REGION_PORT ? 4 : 10,
                         r.base, r.kind == LIBCPU_REGION_PORT ? 4 : 10, r.base + (r.size - 1),
                         r.name);
    }
}

static void devices(libcpu_gdb *g, const char *args)
{
    (void)args;
    print_regions(g, false);
}

static void memory(libcpu_gdb *g, const char *args)
{
    (void)args;
    print_regions(g, true);
}

static void stats(libcpu_gdb *g, const char *args)
{
    struct libcpu_stats s;
    (void)args;
    if (libcpu_stats_get(g->m, &s))
        return;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"instructions", s.insns},           {"blocks", s.blocks},
        {"block look-ups", s.block_lookups}, {"tlb hits (slow path)", s.tlb_hits},
        {"tlb misses", s.tlb_misses},        {"tlb flushes", s.tlb_flushes},
        {"tlb evictions", s.tlb_evictions},  {"page walks", s.walks},
        {"exceptions", s.exceptions},        {"interrupts", s.interrupts},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        libcpu_gdb_print(g, "%-20s %" PRIu64 "\n", rows[i].name, rows[i].value);
}

static void say_usage(libcpu_gdb *g, const char *text)
{
    libcpu_gdb_print(g, "usage: %s\n", text);
}

static void phys(libcpu_gdb *g, const char *args)
{
    if (strcmp(args, "on") == 0 || strcmp(args, "off") == 0)
        g->physical = args[1] == 'n';
    else if (*args) {
        say_usage(g, "phys [on|off]");
        return;
    }
    libcpu_gdb_print(g, "memory is read and written by %s address\n",
                     g->physical ? "physical" : "linear");
}

static void pc(libcpu_gdb *g, const char *args)
{
    if (strcmp(args, "linear") == 0 || strcmp(args, "offset") == 0)
        g->linear_pc = *args == 'l';
    else if (*args) {
        say_usage(g, "pc [offset|linear]");
        return;
    }
    libcpu_gdb_print(g, "rip is shown %s\n",
                     g->linear_pc ? "with the base of cs added" : "as it is");
}

static void step(libcpu_gdb *g, const char *args)
{
    if (strcmp(args, "into") == 0 || strcmp(args, "over") == 0)
        g->steps_over = *args == 'o';
    else if (*args) {
        say_usage(g, "step [into|over]");
        return;
    }
    libcpu_gdb_print(g, "steps go %s interrupt handlers\n", g->steps_over ? "over" : "into");
}

static void help(libcpu_gdb *g, const char *args);

static const struct {
    const char *name;
    void (*fn)(libcpu_gdb *g, const char *args);
    const char *args, *text;
} commands[] = {
    {"help", help, "", "this list"},
    {"mode", mode, "", "the processor's mode and privilege level"},
    {"walk", gdb_monitor_walk, " ADDRESS [w][x][u]",
     "translate, entry by entry, as a read (a write, a fetch, the user's)"},
    {"maps", gdb_monitor_maps, " [ADDRESS]", "what the page tables map, from an address on"},
    {"tlb", gdb_monitor_tlb, "", "what the TLB holds"},
    {"gdt", gdb_monitor_gdt, "", "the global descriptor table"},
    {"idt", gdb_monitor_idt, "", "the interrupt descriptor table, or real mode's vectors"},
    {"memory", memory, "", "RAM and ROM in physical memory"},
    {"devices", devices, "", "device registers: memory-mapped, and ports"},
    {"stats", stats, "", "counters since power-on"},
    {"phys", phys, " [on|off]", "read and write memory by physical address"},
    {"step", step, " [into|over]", "whether a step shows a handler of an interrupt that comes"},
    {"pc", pc, " [offset|linear]", "show rip with the base of cs added, as code with one needs it"},
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void help(libcpu_gdb *g, const char *args)
{
    (void)args;
    for (size_t i = 0; i < COMMANDS; i++) {
        char left[40];
        snprintf(left, sizeof(left), "%s%s", commands[i].name, commands[i].args);
        libcpu_gdb_print(g, "%-23s %s\n", left, commands[i].text);
    }
    if (g->config.monitor_help)
        print_text(g, g->config.monitor_help, strlen(g->config.monitor_help));
    libcpu_gdb_print(g, "An ADDRESS: numbers and registers, with + and -, as in fs_base+0x10.\n");
}

static bool run_command(libcpu_gdb *g, const char *line)
{
    size_t n = strcspn(line, " ");
    const char *args = line + n;
    while (*args == ' ')
        args++;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strlen(commands[i].name) == n && memcmp(commands[i].name, line, n) == 0) {
            commands[i].fn(g, args);
            return true;
        }
    }
    return g->config.monitor && g->config.monitor(g->config.user, g, line);
}

void gdb_packet_qRcmd(libcpu_gdb *g, struct gdb_in in)
{
    char line[256];
    size_t n;
    if (!gdb_take_bytes(&in, (uint8_t *)line, sizeof(line) - 1, &n) || in.at != in.end) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    while (n && isspace((unsigned char)line[n - 1]))
        n--;
    line[n] = '\0';
    if (!run_command(g, line + strspn(line, " ")))
        libcpu_gdb_print(g, "There is no such command; these there are:\n"), help(g, "");
    flush(g);
    gdb_reply(g, "OK");
}
