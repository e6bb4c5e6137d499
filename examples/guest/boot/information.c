/*
 * information.c: what a Multiboot kernel is told (Multiboot specification 0.6.96, section 3.3),
 * below 1 MiB where nothing else lies.
 */
#include "loader.h"

enum {
    HAS_MEMORY = 1 << 0,
    HAS_DEVICE = 1 << 1,
    HAS_COMMAND = 1 << 2,
    HAS_MODULES = 1 << 3,
    HAS_MAP = 1 << 6,
    HAS_NAME = 1 << 9,
};

struct information {
    uint32_t flags, lower_kib, upper_kib, device, command;
    uint32_t module_count, modules;
    uint32_t symbols[4];
    uint32_t map_size, map;
    uint32_t drives_size, drives, configuration, name;
    uint32_t apm, video[6];
};

struct module {
    uint32_t start, end, command, zero;
};

struct map_entry {
    uint32_t size; /* of what follows */
    uint32_t start[2], length[2], type;
};

static struct module modules[BOOT_FILES];
static uint32_t module_count;
static uint32_t next = BOOT_INFO_ADDRESS;

static void *room(uint32_t bytes)
{
    void *at = (void *)next;
    if (bytes > BOOT_INFO_ADDRESS + BOOT_INFO_SIZE - next)
        fail("too much for the kernel to be told, bytes", bytes);
    next += (bytes + 3) & ~3u;
    memset(at, 0, bytes);
    return at;
}

static uint32_t text(const char *s)
{
    uint32_t n = 0;
    while (s[n++])
        ;
    return (uint32_t)memcpy(room(n), s, n);
}

void note_module(uint32_t start, uint32_t end, const char *command)
{
    modules[module_count++] = (struct module){start, end, (uint32_t)command, 0};
}

/* KiB of RAM from an address up, without a hole. */
static uint32_t kib_from(uint64_t start)
{
    for (uint32_t i = 0; i < range_count; i++) {
        const struct range *r = &ranges[i];
        if (r->type == USABLE && r->start <= start && start < r->start + r->length)
            return (uint32_t)((r->start + r->length - start) >> 10);
    }
    return 0;
}

static void put_map(struct information *info)
{
    struct map_entry *e = room(range_count * sizeof(*e));
    info->map = (uint32_t)e;
    info->map_size = range_count * sizeof(*e);
    for (uint32_t i = 0; i < range_count; i++, e++) {
        e->size = sizeof(*e) - sizeof(e->size);
        memcpy(e->start, &ranges[i].start, 8);
        memcpy(e->length, &ranges[i].length, 8);
        e->type = ranges[i].type;
    }
}

static void put_modules(struct information *info)
{
    struct module *m = room(module_count * sizeof(*m));
    info->modules = (uint32_t)m;
    info->module_count = module_count;
    for (uint32_t i = 0; i < module_count; i++) {
        m[i] = modules[i];
        m[i].command = text((const char *)modules[i].command);
    }
}

uint32_t make_information(uint8_t drive, const char *command)
{
    struct information *info = room(sizeof(*info));
    info->flags = HAS_MEMORY | HAS_DEVICE | HAS_COMMAND | HAS_MODULES | HAS_MAP | HAS_NAME;
    info->lower_kib = kib_from(0);
    info->upper_kib = kib_from(MIB);
    info->device = (uint32_t)drive << 24 | 0xffffff; /* the whole disk */
    info->command = text(command);
    info->name = text("libcpu boot loader");
    put_map(info);
    put_modules(info);
    return (uint32_t)info;
}
