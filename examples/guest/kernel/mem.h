/* mem.h: physical frames, the kernel's heap, page tables, address spaces, copying to programs. */
#ifndef GUEST_MEM_H
#define GUEST_MEM_H

#include "layout.h"
#include "trap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function that only the start calls; main.c then frees its pages. */
#define INIT __attribute__((section(".init.text"), noinline))

#define PAGE_SIZE  4096u
#define LARGE_SIZE 0x200000u

/* Bits of a page table entry. (SDM vol. 3A, "4-Level Paging".) */
#define PTE_PRESENT  0x001u
#define PTE_WRITABLE 0x002u
#define PTE_USER     0x004u
#define PTE_ACCESSED 0x020u
#define PTE_DIRTY    0x040u
#define PTE_LARGE    0x080u
#define PTE_GLOBAL   0x100u
#define PTE_NX       0x8000000000000000u
#define PTE_ADDRESS  0x000ffffffffff000u

/* Where the direct map shows a physical address, and back. */
static inline void *direct(uint64_t physical)
{
    return (void *)(DIRECT_BASE + physical);
}

static inline uint64_t physical(const void *at)
{
    return (uint64_t)at - DIRECT_BASE;
}

static inline uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static inline uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

/* ---- frames.c: physical memory, in frames of 4 KiB. Address 0 means "none left". ---- */

enum frame_kind {
    FRAME_RESERVED, /* the board's, the kernel's image: never given out */
    FRAME_FREE,
    FRAME_TABLE,  /* a page table */
    FRAME_KERNEL, /* kernel stacks and buffers */
    FRAME_HEAP,   /* cut into pieces by heap.c */
    FRAME_ANON,   /* a program's own memory */
    FRAME_CACHE,  /* a page of a file */
    FRAME_KINDS
};

struct frame {
    uint32_t refs; /* how many page table entries and other owners point to it */
    uint32_t next; /* of the free list; heap.c: its own use */
    uint16_t kind;
    uint16_t heap_class, heap_used;
};

extern struct frame *frames;
extern uint64_t frames_total, frames_free, ram_end, frames_of_kind[FRAME_KINDS];
void frames_init(void);
uint64_t frame_alloc(enum frame_kind kind);       /* zeroed */
uint64_t frame_alloc_dirty(enum frame_kind kind); /* with whatever was in it */
void frame_release_range(uint64_t start, uint64_t end);
void frame_get(uint64_t frame);
void frame_put(uint64_t frame);

static inline struct frame *frame_of(uint64_t pa)
{
    return &frames[pa / PAGE_SIZE];
}

/* ---- heap.c: pieces of 32 to 4096 bytes, each aligned to its size class. NULL: none left. ---- */

void *kmalloc(size_t size); /* zeroed */
void kfree(void *at);
char *kstrdup(const char *text);

/* ---- paging.c: an address space's tables are named by what CR3 holds. ---- */

void paging_init(void);
extern uint64_t kernel_cr3;
uint64_t tables_new(void); /* 0: no memory */
void tables_free(uint64_t cr3);
uint64_t *pte_of(uint64_t cr3, uint64_t va, bool create); /* NULL: none */
uint64_t *pte_from(uint64_t cr3, uint64_t *va, uint64_t end);
int map_kernel_page(uint64_t va, uint64_t frame);
void unmap_kernel_page(uint64_t va);

/* ---- mm.c: what a program may touch, before any page of it exists. ---- */

struct inode;

struct vma {
    uint64_t start, end;
    uint32_t prot, flags; /* PROT_*, MAP_* */
    struct inode *inode;  /* what its pages hold at first; NULL: zeroes */
    uint64_t offset;      /* of `start` in the file */
    uint64_t file_end;    /* from here on zeroes: a segment's BSS */
    struct vma *next;     /* upwards */
};

struct mm {
    uint32_t users;
    uint64_t cr3;
    struct vma *vmas;
    uint64_t brk_start, brk;
    uint64_t arg_start, arg_end; /* for /proc/PID/cmdline */
    uint64_t resident, swapped;  /* pages */
    uint64_t clock_hand;         /* where swap.c goes on looking */
    struct inode *exe;
};

struct mm *mm_new(void);
struct mm *mm_fork(struct mm *from); /* cow.c */
void mm_put(struct mm *mm);
struct vma *vma_find(const struct mm *mm, uint64_t va); /* the first that ends above va */
/* Describe a range; `where` of 0 lets the kernel choose. The start, or a negative error. */
int64_t mm_map(struct mm *mm, uint64_t where, uint64_t size, struct vma like);
int mm_unmap(struct mm *mm, uint64_t start, uint64_t end);
int mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint32_t prot);
int64_t mm_brk(struct mm *mm, uint64_t to);
int64_t mm_remap(struct mm *mm, uint64_t old, uint64_t old_size, uint64_t size, uint32_t flags);
void mm_forget_page(struct mm *mm, uint64_t *pte);
void mm_forget_pages(struct mm *mm, uint64_t start, uint64_t end);
uint64_t vma_pte_flags(const struct vma *vma, bool writable);
void mm_flush(const struct mm *mm, uint64_t va);

/* ---- fault.c: pages come when they are touched. 0, or the signal that the access deserves. ----
 */

int mm_fault(struct mm *mm, uint64_t va, uint32_t error);
extern uint64_t faults_minor, faults_file, faults_cow, faults_swap;

/* ---- swap.c: pages go to disk and come back. ---- */

void swap_init(void);
uint64_t user_frame(bool zeroed); /* for a program; 0: there is none, see user_room */
bool user_room(void);             /* waits for one; false: the program is killed instead */
bool swap_out_one(void);
void make_room_for(uint64_t count); /* for the kernel, if the disk can */
bool swap_in(struct mm *mm, uint64_t va, uint64_t *pte, uint64_t frame); /* false: the disk fails */
void swap_copy(uint64_t pte);
void swap_drop(uint64_t pte);
extern uint64_t swap_slots, swap_used, swap_outs, swap_ins, oom_kills;

/* ---- usercopy.c: the only functions that touch a running program's memory. 0 or -EFAULT. ---- */

int copy_from_user(void *to, uint64_t from, size_t size);
int copy_to_user(uint64_t to, const void *from, size_t size);
int zero_user(uint64_t to, size_t size);
/* The string's length, or -EFAULT, or -ENAMETOOLONG if it does not fit with its zero. */
int64_t copy_string_from_user(char *to, uint64_t from, size_t size);
bool user_copy_faulted(struct trap_frame *frame, uint64_t address);

#endif
