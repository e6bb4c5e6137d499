/*
 * paging.c: page tables. Four levels of 512 entries translate bits 47 to 12 of an address, nine
 * bits a level. (SDM vol. 3A, "4-Level Paging".)
 *
 * The upper half of the top-level table is the kernel's. Its entries are made once, before the
 * first program, and copied into each new table, so that all address spaces share the subtrees
 * below them.
 */
#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "string.h"

extern char kernel_text[], kernel_rodata[], kernel_data[], kernel_end[];

#define ENTRIES   512u
#define USER_HALF 256u

uint64_t kernel_cr3;

static uint64_t *table_at(uint64_t entry)
{
    return direct(entry & PTE_ADDRESS);
}

static unsigned int index_at(uint64_t address, unsigned int level)
{
    return (unsigned int)(address >> (12 + 9 * (level - 1))) % ENTRIES;
}

/*
 * The entry that translates an address at a level (1 for 4 KiB, 2 for 2 MiB pages). Tables on the
 * way are made if create is set. NULL if there is none, or no frame for it.
 */
static uint64_t *entry_of(uint64_t cr3, uint64_t address, unsigned int at_level, bool create)
{
    uint64_t *table = table_at(cr3);
    for (unsigned int level = 4; level > at_level; level--) {
        uint64_t *entry = &table[index_at(address, level)];
        if ((*entry & PTE_PRESENT) == 0) {
            uint64_t frame = create ? frame_alloc() : 0;
            if (frame == 0)
                return NULL;
            /* The last level decides; those above it allow everything in their half. */
            uint64_t user = address < USER_TOP ? PTE_USER : 0;
            *entry = frame | PTE_PRESENT | PTE_WRITABLE | user;
        }
        table = table_at(*entry);
    }
    return &table[index_at(address, at_level)];
}

int space_map(uint64_t cr3, uint64_t address, uint64_t frame, uint64_t flags)
{
    uint64_t *entry = entry_of(cr3, address, 1, true);
    if (entry == NULL)
        return -ENOMEM;
    *entry = frame | flags | PTE_PRESENT;
    return 0;
}

/* A page that is there already is an error, not a thing to replace. */
static int fill_page(uint64_t cr3, uint64_t address, uint64_t flags)
{
    if (space_physical(cr3, address) != 0)
        return -EINVAL;
    uint64_t frame = frame_alloc();
    if (frame == 0)
        return -ENOMEM;
    int error = space_map(cr3, address, frame, flags | PTE_USER);
    if (error != 0)
        frame_free(frame);
    return error;
}

/* Maps new, zeroed frames in the user half: all of them, or none. */
int space_fill(uint64_t cr3, uint64_t start, uint64_t end, uint64_t flags)
{
    for (uint64_t at = start; at < end; at += PAGE_SIZE) {
        int error = fill_page(cr3, at, flags);
        if (error != 0) {
            space_unmap(cr3, start, at);
            return error;
        }
    }
    return 0;
}

void space_unmap(uint64_t cr3, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at += PAGE_SIZE) {
        uint64_t *entry = entry_of(cr3, at, 1, false);
        if (entry == NULL || (*entry & PTE_PRESENT) == 0)
            continue;
        frame_free(*entry & PTE_ADDRESS);
        *entry = 0;
        invalidate_page(at);
    }
}

uint64_t space_physical(uint64_t cr3, uint64_t address)
{
    const uint64_t *entry = entry_of(cr3, address, 1, false);
    if (entry == NULL || (*entry & PTE_PRESENT) == 0)
        return 0;
    return (*entry & PTE_ADDRESS) + address % PAGE_SIZE;
}

/* Writes into any address space, page by page, through the direct map. */
int space_write(uint64_t cr3, uint64_t address, const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        uint64_t physical = space_physical(cr3, address);
        if (physical == 0)
            return -EFAULT;
        size_t n = PAGE_SIZE - address % PAGE_SIZE;
        n = n < size ? n : size;
        memcpy(direct(physical), from, n);
        address += n;
        from += n;
        size -= n;
    }
    return 0;
}

/* A null entry stands for its whole subtree: nothing below it has to exist. */
uint64_t space_new(void)
{
    uint64_t cr3 = frame_alloc();
    if (cr3 != 0)
        memcpy(table_at(cr3) + USER_HALF, table_at(kernel_cr3) + USER_HALF, PAGE_SIZE / 2);
    return cr3;
}

static void free_table(uint64_t *table, unsigned int level, unsigned int entries)
{
    for (unsigned int i = 0; i < entries; i++) {
        if ((table[i] & PTE_PRESENT) == 0)
            continue;
        if (level > 1)
            free_table(table_at(table[i]), level - 1, ENTRIES);
        frame_free(table[i] & PTE_ADDRESS);
    }
}

void space_free(uint64_t cr3)
{
    free_table(table_at(cr3), 4, USER_HALF);
    frame_free(cr3);
}

static int copy_table(uint64_t *to, const uint64_t *from, unsigned int level, unsigned int entries)
{
    for (unsigned int i = 0; i < entries; i++) {
        if ((from[i] & PTE_PRESENT) == 0)
            continue;
        uint64_t frame = frame_alloc();
        if (frame == 0)
            return -ENOMEM;
        to[i] = frame | (from[i] & ~PTE_ADDRESS);
        if (level == 1)
            memcpy(direct(frame), table_at(from[i]), PAGE_SIZE);
        else if (copy_table(direct(frame), table_at(from[i]), level - 1, ENTRIES) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* Copies the user half: the same addresses, the same contents, other frames. */
int space_copy(uint64_t to_cr3, uint64_t from_cr3)
{
    return copy_table(table_at(to_cr3), table_at(from_cr3), 4, USER_HALF);
}

static void must(int error)
{
    if (error != 0)
        panic("no memory for the kernel's page tables");
}

static void map_kernel(const char *from, const char *to, uint64_t flags)
{
    for (uint64_t at = (uint64_t)from; at < (uint64_t)to; at += PAGE_SIZE)
        must(space_map(kernel_cr3, at, at - KERNEL_BASE, flags | PTE_GLOBAL));
}

static void map_ram(void)
{
    for (uint64_t at = 0; at < ram_end; at += LARGE_SIZE) {
        uint64_t *entry = entry_of(kernel_cr3, DIRECT_BASE + at, 2, true);
        must(entry == NULL ? -ENOMEM : 0);
        *entry = at | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE | PTE_GLOBAL | PTE_NX;
    }
}

/*
 * The kernel's final tables: its code is executable and not writable, all else is not executable,
 * and the low half is empty: the identity map that the start needed is gone.
 */
void paging_init(void)
{
    kernel_cr3 = frame_alloc();
    map_kernel(kernel_text, kernel_rodata, 0);
    map_kernel(kernel_rodata, kernel_data, PTE_NX);
    map_kernel(kernel_data, kernel_end, PTE_NX | PTE_WRITABLE);
    map_ram();
    must(entry_of(kernel_cr3, STACKS_BASE, 3, true) == NULL ? -ENOMEM : 0);
    write_cr3(kernel_cr3);
}
