/*
 * guest.c - see guest.h: boots the guest, collects what it prints, finds its variables.
 */
#include "guest.h"

#include "guest_image.h"

#include <stdio.h>

enum { SLICE = 1000000, TASKS = 128 };
#define LONGEST_RUN UINT64_C(400000000) /* a whole story needs 170 million */

/* ---- the ELF file of the kernel (ELF32, System V ABI chapter 4) ---- */

static uint32_t u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint16_t u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* The section of a type (2: symbols), its header; NULL: none. */
static const uint8_t *section_of_type(uint32_t type)
{
    const uint8_t *at = guest_image + u32(guest_image + 32);
    for (unsigned i = 0; i < u16(guest_image + 48); i++, at += u16(guest_image + 46))
        if (u32(at + 4) == type)
            return at;
    return NULL;
}

uint64_t guest_symbol(const char *name)
{
    const uint8_t *symbols = section_of_type(2);
    assert_non_null(symbols);
    const uint8_t *names = guest_image + u32(guest_image + 32);
    names += (size_t)u16(guest_image + 46) * u32(symbols + 24);
    const char *text = (const char *)guest_image + u32(names + 16);
    const uint8_t *end = guest_image + u32(symbols + 16) + u32(symbols + 20);
    for (const uint8_t *s = guest_image + u32(symbols + 16); s < end; s += 16)
        if (strcmp(text + u32(s), name) == 0)
            return (uint64_t)(int64_t)(int32_t)u32(s + 4);
    fail_msg("the guest has no symbol %s", name);
    return 0;
}

/* Where the byte that a kernel address holds after loading lies in the file. */
static const uint8_t *image_at(uint64_t address)
{
    const uint8_t *h = guest_image + u32(guest_image + 28);
    for (unsigned i = 0; i < u16(guest_image + 44); i++, h += u16(guest_image + 42)) {
        uint32_t from = u32(h + 8), offset = (uint32_t)address - from;
        if (u32(h) == PT_LOAD && (uint32_t)address >= from && offset < u32(h + 16))
            return guest_image + u32(h + 4) + offset;
    }
    fail_msg("0x%llx is in no segment of the guest", (unsigned long long)address);
    return NULL;
}

/* ---- the archive of programs: cpio, "newc" (a header of 8-digit hexadecimal fields) ---- */

static size_t hex_field(const uint8_t *header, unsigned n)
{
    char digits[9] = "";
    memcpy(digits, header + 6 + 8 * n, 8);
    return strtoul(digits, NULL, 16);
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

const uint8_t *guest_program(const char *path, size_t *size)
{
    const uint8_t *at = image_at(guest_symbol("archive_start"));
    while (memcmp(at, "070701", 6) == 0) {
        size_t file_size = hex_field(at, 6), name_size = hex_field(at, 11);
        const char *name = (const char *)at + 110;
        const uint8_t *data = at + align4(110 + name_size);
        if (strcmp(name, path) == 0) {
            *size = file_size;
            return data;
        }
        if (strcmp(name, "TRAILER!!!") == 0)
            break;
        at = data + align4(file_size);
    }
    fail_msg("the guest has no program %s", path);
    return NULL;
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

static uint64_t layout_note(const char *name)
{
    const uint8_t *note = image_at(guest_symbol("layout_notes"));
    for (; note[0]; note += 24) {
        if (strcmp((const char *)note, name) == 0)
            return u32(note + 16);
    }
    fail_msg("layout_notes does not tell %s", name);
    return 0;
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
    g->offset_pid = layout_note("pid");
    g->offset_state = layout_note("state");
    g->offset_cr3 = layout_note("cr3");
    g->offset_parent = layout_note("parent");
    g->offset_status = layout_note("status");
    g->offset_name = layout_note("name");
    g->task_size = layout_note("task.size");
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
