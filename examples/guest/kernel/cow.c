/*
 * cow.c: fork copies page tables, not memory. Each private page that either side could write loses
 * its W bit in both tables and gains an owner; the first write faults, and fault.c then makes the
 * copy. Shared mappings stay as they are: both sides go on writing to the same frames.
 */
#include "cpu.h"
#include "fs.h"
#include "mem.h"
#include "task.h"

static void share_entry(struct mm *to, uint64_t *copy, uint64_t *pte, bool shared)
{
    if ((*pte & PTE_PRESENT) == 0) {
        swap_copy(*pte);
        to->swapped++;
    } else {
        frame_get(*pte & PTE_ADDRESS);
        to->resident++;
        if (!shared)
            *pte &= ~(uint64_t)PTE_WRITABLE;
    }
    *copy = *pte;
}

static int share_range(struct mm *to, struct mm *from, const struct vma *vma)
{
    uint64_t *pte, va = vma->start;
    for (; (pte = pte_from(from->cr3, &va, vma->end)) != NULL; va += PAGE_SIZE) {
        if (*pte == 0)
            continue;
        uint64_t *copy = pte_of(to->cr3, va, true);
        if (copy == NULL)
            return -ENOMEM;
        share_entry(to, copy, pte, (vma->flags & MAP_SHARED) != 0);
    }
    return 0;
}

static int share_all(struct mm *to, struct mm *from)
{
    struct vma **end = &to->vmas;
    for (const struct vma *vma = from->vmas; vma != NULL; vma = vma->next) {
        struct vma *copy = kmalloc(sizeof(*copy));
        if (copy == NULL)
            return -ENOMEM;
        *copy = *vma;
        copy->next = NULL;
        inode_get(copy->inode);
        *end = copy;
        end = &copy->next;
        if (share_range(to, from, vma) != 0)
            return -ENOMEM;
    }
    return 0;
}

/* NULL: no memory; nothing but lost W bits, which come back at the next write, has changed. */
struct mm *mm_fork(struct mm *from)
{
    struct mm *to = mm_new();
    if (to == NULL)
        return NULL;
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->arg_start = from->arg_start;
    to->arg_end = from->arg_end;
    to->exe = from->exe != NULL ? inode_get(from->exe) : NULL;
    int error = share_all(to, from);
    write_cr3(read_cr3()); /* forget the writable translations */
    if (error == 0)
        return to;
    mm_put(to);
    return NULL;
}
