/*
 * guest.c - see guest.h: boots the guest, collects what it prints, finds its variables.
 */
#include "guest.h"

#include "guest_image.h"

#include <stdio.h>

enum { SLICE = 1000000, TASKS = 128 };
#define LONGEST_RUN UINT64_C(400000000) /* a whole story needs 170 million */

/* ---- the guest's file ---- */

uint64_t guest_symbol(const char *name)
{
    uint64_t at = symbol(name);
    if (!at)
        fail_msg("the guest has no symbol %s", name);
    return at;
}

const uint8_t *guest_program(const char *path, size_t *size)
{
    const uint8_t *bytes = packed_file(path, size);
    if (!bytes)
        fail_msg("the guest has no program %s", path);
    return bytes;
}

static uint64_t noted(const char *name)
{
    uint64_t note = layout_note(name);
    if (note == UINT64_MAX)
        fail_msg("layout_notes does not tell %s", name);
    return note;
}

static uint16_t u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

uint64_t program_entry(const uint8_t *file)
{
    uint64_t v;
    memcpy(&v, file + 24, sizeof(v));
    return v;
}

bool program_segment(const uint8_t *file, unsigned n, struct guest_segment *s)
{
    uint64_t at;
    memcpy(&at, file + 32, sizeof(at));
    for (unsigned i = 0; i < u16(file + 56); i++, at += u16(file + 54)) {
        memcpy(s, file + at, sizeof(*s));
        if (s->type == PT_LOAD && n-- == 0)
            return true;
    }
    return false;
}

/* ---- kernel variables ---- */

static void read_kernel(const struct guest *g, uint64_t address, void *buf, size_t size)
{
    OK(libcpu_phys_read(g->m, address - KERNEL_BASE, buf, size));
}

uint64_t guest_u64(const struct guest *g, const char *name)
{
    uint64_t v;
    read_kernel(g, guest_symbol(name), &v, sizeof(v));
    return v;
}

static struct guest_task task_at(const struct guest *g, uint64_t address)
{
    struct guest_task t;
    read_kernel(g, address + g->offset_pid, &t.pid, sizeof(t.pid));
    read_kernel(g, address + g->offset_state, &t.state, sizeof(t.state));
    read_kernel(g, address + g->offset_cr3, &t.cr3, sizeof(t.cr3));
    read_kernel(g, address + g->offset_parent, &t.parent, sizeof(t.parent));
    read_kernel(g, address + g->offset_status, &t.status, sizeof(t.status));
    read_kernel(g, address + g->offset_name, t.name, sizeof(t.name));
    return t;
}

struct guest_task guest_task(const struct guest *g, unsigned index)
{
    return task_at(g, guest_symbol("tasks") + index * g->task_size);
}

struct guest_task guest_current(const struct guest *g)
{
    return task_at(g, guest_u64(g, "current"));
}

uint64_t guest_space(const struct guest *g, const char *name, int32_t *pid)
{
    for (unsigned i = 1; i < TASKS; i++) {
        struct guest_task t = guest_task(g, i);
        if (t.state == TASK_FREE || t.state == TASK_ZOMBIE || t.pid <= *pid ||
            strcmp(t.name, name) != 0)
            continue;
        *pid = t.pid;
        return t.cr3;
    }
    return 0;
}

uint64_t guest_entry(const struct guest *g, uint64_t cr3, uint64_t la)
{
    uint64_t value = cr3;
    for (int shift = 39; shift >= 12; shift -= 9) {
        uint64_t pa = (value & PTE_ADDRESS) + 8 * (la >> shift & 511);
        OK(libcpu_phys_read(g->m, pa, &value, sizeof(value)));
        if (shift > 12 && !(value & PTE_P))
            return 0;
    }
    return value;
}

struct libcpu_walk guest_translate(const struct guest *g, uint64_t la, uint32_t access)
{
    struct libcpu_walk w;
    OK(libcpu_translate(g->m, la, access, &w));
    return w;
}

/* ---- running ---- */

static bool ends_with(const struct guest *g, const char *text)
{
    size_t n = strlen(text);
    return n <= g->out_len && memcmp(g->out + g->out_len - n, text, n) == 0;
}

static void on_serial(void *user, const uint8_t *data, size_t size)
{
    struct guest *g = user;
    if (g->out_len + size >= g->out_room) {
        g->out_room = 2 * (g->out_room + size);
        g->out = realloc(g->out, g->out_room);
        if (!g->out)
            abort();
    }
    for (size_t i = 0; i < size; i++)
        if (data[i] != '\r')
            g->out[g->out_len++] = (char)data[i];
    g->out[g->out_len] = '\0';
    if (g->stop_after && ends_with(g, g->stop_after))
        libcpu_request_stop(g->m);
}

void guest_boot_with(struct guest *g, struct libcpu_config *c, struct libcpu_image_options *o)
{
    struct libcpu_config defaults;
    *g = (struct guest){.out = calloc(1, 4096), .out_room = 4096};
    assert_non_null(g->out);
    if (!c) {
        libcpu_config_init(&defaults);
        c = &defaults;
    }
    c->serial = on_serial;
    c->serial_user = g;
    OK(libcpu_create(c, &g->m));
    OK(libcpu_load_mem(g->m, guest_image, guest_image_size, o));
    g->offset_pid = noted("pid");
    g->offset_state = noted("state");
    g->offset_cr3 = noted("cr3");
    g->offset_parent = noted("parent");
    g->offset_status = noted("status");
    g->offset_name = noted("name");
    g->task_size = noted("task.size");
}

void guest_boot(struct guest *g, const char *cmdline)
{
    struct libcpu_image_options o;
    libcpu_image_init(&o);
    o.cmdline = cmdline;
    o.name = "guest";
    guest_boot_with(g, NULL, &o);
}

void guest_end(struct guest *g)
{
    libcpu_destroy(g->m);
    free(g->out);
    *g = (struct guest){0};
}

bool guest_said(const struct guest *g, const char *text)
{
    return strstr(g->out, text) != NULL;
}

void guest_run(struct guest *g)
{
    OK(libcpu_run(g->m, LONGEST_RUN, &g->stop));
    if (g->stop.reason == LIBCPU_STOP_BUDGET)
        fail_msg("the guest does not end; it said:\n%s", g->out);
}

void guest_run_until(struct guest *g, const char *text)
{
    for (uint64_t n = 0; !guest_said(g, text); n += SLICE) {
        OK(libcpu_run(g->m, SLICE, &g->stop));
        if (!guest_said(g, text) && (g->stop.reason != LIBCPU_STOP_BUDGET || n > LONGEST_RUN))
            fail_msg("stopped (%s) without \"%s\"; it said:\n%s", libcpu_stop_name(g->stop.reason),
                     text, g->out);
    }
}

bool guest_run_to(struct guest *g, const char *text, uint64_t insns)
{
    g->stop_after = text;
    OK(libcpu_run(g->m, insns, &g->stop));
    g->stop_after = NULL;
    return g->stop.reason == LIBCPU_STOP_REQUEST && ends_with(g, text);
}

static void stop_in_ring3(void *user, libcpu *m, unsigned from, unsigned to)
{
    (void)user, (void)from;
    if (to == 3)
        libcpu_request_stop(m);
}

void guest_run_to_ring3(struct guest *g)
{
    libcpu_hook h;
    OK(libcpu_hook_privilege(g->m, stop_in_ring3, NULL, &h));
    guest_run(g);
    assert_int_equal(g->stop.reason, LIBCPU_STOP_REQUEST);
    OK(libcpu_hook_remove(g->m, h));
}

void guest_serial(struct guest *g, const char *text)
{
    for (size_t len = strlen(text), taken; len > 0; text += taken, len -= taken) {
        enum libcpu_err err = libcpu_serial_input(g->m, text, len, &taken);
        assert_true(err == LIBCPU_ERR_OK || err == LIBCPU_ERR_FULL);
        OK(libcpu_run(g->m, SLICE, &g->stop));
        if (g->stop.reason != LIBCPU_STOP_BUDGET)
            return;
    }
}
