/* memory.h: physical frames, page tables, and copying to and from programs. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include "layout.h"
#include "trap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE  4096u
#define LARGE_SIZE 0x200000u

/* Bits of a page table entry. (SDM vol. 3A, "4-Level Paging".) */
#define PTE_PRESENT  0x001u
#define PTE_WRITABLE 0x002u
#define PTE_USER     0x004u
#define PTE_LARGE    0x080u
#define PTE_GLOBAL   0x100u
#define PTE_NX       0x8000000000000000u
#define PTE_ADDRESS  0x000ffffffffff000u

/* Where the direct map shows a physical address. */
static inline void *direct(uint64_t physical)
{
    return (void *)(DIRECT_BASE + physical);
}

static inline uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static inline uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

/* frames.c: physical memory, in frames of 4 KiB. Address 0 means "none left". */
void frames_init(void);
uint64_t frame_alloc(void); /* filled with zeroes */
void frame_free(uint64_t frame);
extern uint64_t frames_total, frames_free, ram_end;

/*
 * paging.c: an address space is named by the physical address of its top-level table, which is what
 * CR3 holds. The functions that can run out of frames return 0 or a negative error.
 */
void paging_init(void);
extern uint64_t kernel_cr3;
uint64_t space_new(void);
void space_free(uint64_t cr3);
int space_copy(uint64_t to_cr3, uint64_t from_cr3);
int space_map(uint64_t cr3, uint64_t address, uint64_t frame, uint64_t flags);
int space_fill(uint64_t cr3, uint64_t start, uint64_t end, uint64_t flags);
void space_unmap(uint64_t cr3, uint64_t start, uint64_t end);
int space_write(uint64_t cr3, uint64_t address, const void *data, size_t size);
uint64_t space_physical(uint64_t cr3, uint64_t address); /* 0 if nothing is mapped there */

/* user_copy.c: the only functions that touch a running program's memory. 0 or -EFAULT. */
int copy_from_user(void *to, uint64_t from, size_t size);
int copy_to_user(uint64_t to, const void *from, size_t size);
/* The string's length, or -EFAULT, or -ENAMETOOLONG if it does not fit with its zero. */
int64_t copy_string_from_user(char *to, uint64_t from, size_t size);
bool user_copy_faulted(struct trap_frame *frame, uint64_t address);

#endif
