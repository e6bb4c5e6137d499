/*
 * paging.c: four levels of tables, each one frame of 512 entries, translate an address, nine bits a
 * level. (SDM vol. 3A, "4-Level Paging".)
 *
 * The upper half of the top-level table is the kernel's. Its entries are made once, before the
 * first program, and copied into each new table, so that all address spaces share the subtrees
 * below them. What is in the lower half, mm.c and fault.c decide.
 */
#include "console.h"
#include "cpu.h"
#include "mem.h"
#include "string.h"

extern char kernel_text[], kernel_rodata[], kernel_data[], kernel_init[], kernel_end[];

#define ENTRIES   512u
#define USER_HALF 256u

uint64_t kernel_cr3;

static uint64_t *table_at(uint64_t entry)
{
    return direct(entry & PTE_ADDRESS);
}

static unsigned int index_at(uint64_t va, unsigned int level)
{
    return (unsigned int)(va >> (12 + 9 * (level - 1))) % ENTRIES;
}

/*
 * The entry that translates an address at a level (1 for 4 KiB, 2 for 2 MiB pages). Tables on the
 * way are made if create is set. NULL if there is none, or no frame for it.
 */
static uint64_t *entry_of(uint64_t cr3, uint64_t va, unsigned int at_level, bool create)
{
    uint64_t *table = table_at(cr3);
    for (unsigned int level = 4; level > at_level; level--) {
        uint64_t *entry = &table[index_at(va, level)];
        if ((*entry & PTE_PRESENT) == 0) {
            uint64_t frame = create ? frame_alloc(FRAME_TABLE) : 0;
            if (frame == 0)
                return NULL;
            /* The last level decides; those above it allow everything in their half. */
            *entry = frame | PTE_PRESENT | PTE_WRITABLE | (va < USER_TOP ? PTE_USER : 0);
        }
        table = table_at(*entry);
    }
    return &table[index_at(va, at_level)];
}

uint64_t *pte_of(uint64_t cr3, uint64_t va, bool create)
{
    return entry_of(cr3, va, 1, create);
}

/*
 * The first entry from *va on and below end that lies in a table; *va is then its address. NULL:
 * there is none. Each null entry on the way leaves out all that its subtree would translate, so
 * that a range may be as large as it likes.
 */
uint64_t *pte_from(uint64_t cr3, uint64_t *va, uint64_t end)
{
    while (*va < end) {
        uint64_t *table = table_at(cr3);
        unsigned int level = 4;
        for (; level > 1 && (table[index_at(*va, level)] & PTE_PRESENT) != 0; level--)
            table = table_at(table[index_at(*va, level)]);
        if (level == 1)
            return &table[index_at(*va, 1)];
        uint64_t span = (uint64_t)PAGE_SIZE << 9 * (level - 1);
        *va = (*va / span + 1) * span;
    }
    return NULL;
}

/* A null entry stands for its whole subtree: nothing below it has to exist. */
uint64_t tables_new(void)
{
    uint64_t cr3 = frame_alloc(FRAME_TABLE);
    if (cr3 != 0)
        memcpy(table_at(cr3) + USER_HALF, table_at(kernel_cr3) + USER_HALF, PAGE_SIZE / 2);
    return cr3;
}

static void free_tables(uint64_t *table, unsigned int level, unsigned int entries)
{
    for (unsigned int i = 0; i < entries; i++) {
        if ((table[i] & PTE_PRESENT) == 0)
            continue;
        if (level > 2)
            free_tables(table_at(table[i]), level - 1, ENTRIES);
        frame_put(table[i] & PTE_ADDRESS);
    }
}

/* The tables alone: the pages that they map have been given back before. */
void tables_free(uint64_t cr3)
{
    free_tables(table_at(cr3), 4, USER_HALF);
    frame_put(cr3);
}

int map_kernel_page(uint64_t va, uint64_t frame)
{
    uint64_t *entry = pte_of(kernel_cr3, va, true);
    if (entry == NULL)
        return -1;
    *entry = frame | PTE_PRESENT | PTE_WRITABLE | PTE_GLOBAL | PTE_NX;
    return 0;
}

void unmap_kernel_page(uint64_t va)
{
    uint64_t *entry = pte_of(kernel_cr3, va, false);
    if (entry == NULL || (*entry & PTE_PRESENT) == 0)
        return;
    frame_put(*entry & PTE_ADDRESS);
    *entry = 0;
    invalidate_page(va);
}

INIT static void map_image(const char *from, const char *to, uint64_t flags)
{
    for (uint64_t at = (uint64_t)from; at < (uint64_t)to; at += PAGE_SIZE) {
        uint64_t *entry = pte_of(kernel_cr3, at, true);
        if (entry == NULL)
            panic("no memory for the kernel's page tables");
        *entry = (at - KERNEL_BASE) | flags | PTE_PRESENT | PTE_GLOBAL;
    }
}

INIT static void map_ram(void)
{
    for (uint64_t at = 0; at < ram_end; at += LARGE_SIZE) {
        uint64_t *entry = entry_of(kernel_cr3, DIRECT_BASE + at, 2, true);
        if (entry == NULL)
            panic("no memory for the direct map");
        *entry = at | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE | PTE_GLOBAL | PTE_NX;
    }
}

/*
 * The kernel's final tables: its code is executable and not writable, all else is not executable,
 * and the low half is empty: the identity map that the start needed is gone.
 */
INIT void paging_init(void)
{
    kernel_cr3 = frame_alloc(FRAME_TABLE);
    map_image(kernel_text, kernel_rodata, 0);
    map_image(kernel_rodata, kernel_init, PTE_NX);
    map_image(kernel_init, kernel_data, 0);
    map_image(kernel_data, kernel_end, PTE_NX | PTE_WRITABLE);
    map_ram();
    if (entry_of(kernel_cr3, STACKS_BASE, 3, true) == NULL)
        panic("no memory for the kernel stacks' table");
    write_cr3(kernel_cr3);
}
