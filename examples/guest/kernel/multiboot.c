/*
 * multiboot.c: reads the loader's information structure. It lies somewhere in RAM that will soon be
 * given away, so all that is of use is copied first. (Multiboot specification 0.6.96, section 3.3.)
 */
#include "boot.h"
#include "mem.h"
#include "string.h"

#define LOADER_MAGIC 0x2badb002u

enum { HAS_MEMORY = 1 << 0, HAS_COMMAND_LINE = 1 << 2, HAS_MODULES = 1 << 3, HAS_MAP = 1 << 6 };
enum { AVAILABLE = 1 };

struct information {
    uint32_t flags;
    uint32_t lower_kib, upper_kib;
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t modules, module_list;
    uint32_t symbols[4];
    uint32_t map_size, map;
};

struct module {
    uint32_t start, end, name, reserved;
};

struct __attribute__((packed)) map_entry {
    uint32_t size; /* of the rest of the entry */
    uint64_t start, length;
    uint32_t type;
};

struct boot_facts boot_facts;

static void add_ram(uint64_t start, uint64_t length)
{
    if (boot_facts.regions < MAX_REGIONS && length != 0 && start + length > start)
        boot_facts.ram[boot_facts.regions++] = (struct region){start, start + length};
}

static void read_map(const struct information *info)
{
    uint64_t at = info->map, end = at + info->map_size;
    while (at + sizeof(struct map_entry) <= end) {
        const struct map_entry *entry = direct(at);
        if (entry->type == AVAILABLE)
            add_ram(entry->start, entry->length);
        at += entry->size + sizeof(entry->size);
    }
}

bool multiboot_read(void)
{
    if (boot_magic != LOADER_MAGIC)
        return false;
    const struct information *info = direct(boot_info);
    if (info->flags & HAS_COMMAND_LINE)
        string_copy(boot_facts.command_line, direct(info->command_line),
                    sizeof(boot_facts.command_line));
    if (info->flags & HAS_MAP)
        read_map(info);
    else if (info->flags & HAS_MEMORY)
        add_ram(0x100000, (uint64_t)info->upper_kib * 1024);
    if ((info->flags & HAS_MODULES) && info->modules > 0) {
        const struct module *module = direct(info->module_list);
        boot_facts.module = (struct region){module->start, module->end};
    }
    return true;
}

void boot_option(const char *key, const char *fallback, char *value, size_t size)
{
    size_t n = strlen(key);
    const char *at = boot_facts.command_line;
    string_copy(value, fallback, size);
    for (; *at != '\0'; at++) {
        bool starts_word = at == boot_facts.command_line || at[-1] == ' ';
        if (starts_word && strncmp(at, key, n) == 0 && at[n] == '=') {
            string_copy(value, at + n + 1, size);
            break;
        }
    }
    for (size_t i = 0; value[i] != '\0'; i++) {
        if (value[i] == ' ')
            value[i] = '\0';
    }
}
