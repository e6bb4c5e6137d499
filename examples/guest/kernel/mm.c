/*
 * mm.c: an address space is a list of ranges that a program may touch, each with what its pages
 * hold at first: bytes of a file, or zeroes. Nothing here makes a page; fault.c does when one is
 * touched. The calls that change the list (mmap, munmap, mprotect, brk, mremap) only cut, remove
 * and join ranges, and forget the pages that are gone.
 */
#include "cpu.h"
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define MMAP_TOP    (USER_TOP - 0x40000000u) /* mappings grow down from 1 GiB below the top */
#define MMAP_BOTTOM 0x10000u
#define RANGES_MAX  512 /* per program */

struct mm *mm_new(void)
{
    struct mm *mm = kmalloc(sizeof(*mm));
    if (mm == NULL)
        return NULL;
    mm->users = 1;
    mm->cr3 = tables_new();
    if (mm->cr3 != 0)
        return mm;
    kfree(mm);
    return NULL;
}

void mm_put(struct mm *mm)
{
    if (mm == NULL || --mm->users != 0)
        return;
    mm_unmap(mm, 0, USER_TOP);
    tables_free(mm->cr3);
    inode_put(mm->exe);
    kfree(mm);
}

/* The processor may remember an old entry. Other address spaces than the loaded one are not in
 * its memory: loading CR3 emptied it. */
void mm_flush(const struct mm *mm, uint64_t va)
{
    if (page_down(read_cr3()) == mm->cr3)
        invalidate_page(va);
}

struct vma *vma_find(const struct mm *mm, uint64_t va)
{
    struct vma *vma = mm->vmas;
    while (vma != NULL && vma->end <= va)
        vma = vma->next;
    return vma;
}

static void vma_free(struct vma *vma)
{
    inode_put(vma->inode);
    kfree(vma);
}

static void vma_insert(struct mm *mm, struct vma *vma)
{
    struct vma **at = &mm->vmas;
    while (*at != NULL && (*at)->start < vma->start)
        at = &(*at)->next;
    vma->next = *at;
    *at = vma;
}

/* Cut the range that contains va into two there. */
static int vma_split(struct mm *mm, uint64_t va)
{
    struct vma *low = vma_find(mm, va);
    if (low == NULL || low->start >= va)
        return 0;
    struct vma *high = kmalloc(sizeof(*high));
    if (high == NULL)
        return -ENOMEM;
    *high = *low;
    inode_get(high->inode);
    high->start = low->end = va;
    high->offset += va - low->start;
    low->next = high;
    return 0;
}

static bool can_join(const struct vma *low, const struct vma *high)
{
    return low->end == high->start && low->prot == high->prot && low->flags == high->flags &&
           low->inode == NULL && high->inode == NULL;
}

/* Neighbours that say the same become one. */
static void vma_join(struct mm *mm)
{
    for (struct vma *vma = mm->vmas; vma != NULL;) {
        struct vma *next = vma->next;
        if (next == NULL || !can_join(vma, next)) {
            vma = next;
            continue;
        }
        vma->end = next->end;
        vma->next = next->next;
        vma_free(next);
    }
}

/* Give back what one entry stands for: a share in a frame, or a place on the disk. */
void mm_forget_page(struct mm *mm, uint64_t *pte)
{
    if (*pte & PTE_PRESENT) {
        mm->resident--;
        frame_put(*pte & PTE_ADDRESS);
    } else if (*pte != 0) {
        mm->swapped--;
        swap_drop(*pte);
    }
    *pte = 0;
}

void mm_forget_pages(struct mm *mm, uint64_t start, uint64_t end)
{
    uint64_t *pte;
    for (uint64_t va = start; (pte = pte_from(mm->cr3, &va, end)) != NULL; va += PAGE_SIZE) {
        if (*pte == 0)
            continue;
        mm_forget_page(mm, pte);
        mm_flush(mm, va);
    }
}

static unsigned int count_ranges(const struct mm *mm)
{
    unsigned int n = 0;
    for (const struct vma *vma = mm->vmas; vma != NULL; vma = vma->next)
        n++;
    return n;
}

int mm_unmap(struct mm *mm, uint64_t start, uint64_t end)
{
    int error = vma_split(mm, start);
    if (error == 0)
        error = vma_split(mm, end);
    if (error != 0)
        return error;
    for (struct vma **at = &mm->vmas; *at != NULL;) {
        struct vma *vma = *at;
        if (vma->start < start || vma->end > end) {
            at = &vma->next;
            continue;
        }
        mm_forget_pages(mm, vma->start, vma->end);
        *at = vma->next;
        vma_free(vma);
    }
    return 0;
}

/* The highest hole of a size below the stack's region; 0: there is none. */
static uint64_t find_hole(const struct mm *mm, uint64_t size)
{
    uint64_t best = 0, from = MMAP_BOTTOM;
    for (const struct vma *vma = mm->vmas; from < MMAP_TOP; vma = vma->next) {
        uint64_t to = vma == NULL || vma->start > MMAP_TOP ? MMAP_TOP : vma->start;
        if (to >= from && to - from >= size)
            best = to - size;
        if (vma == NULL)
            break;
        from = vma->end;
    }
    return best;
}

static bool is_free(const struct mm *mm, uint64_t start, uint64_t end)
{
    const struct vma *vma = vma_find(mm, start);
    return vma == NULL || vma->start >= end;
}

int64_t mm_map(struct mm *mm, uint64_t where, uint64_t size, struct vma like)
{
    bool fixed = (like.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
    size = page_up(size);
    if (size == 0 || size > USER_TOP || (fixed && (where % PAGE_SIZE || where > USER_TOP - size)))
        return size == 0 || fixed ? -EINVAL : -ENOMEM;
    if (count_ranges(mm) >= RANGES_MAX)
        return -ENOMEM;
    where = page_down(where);
    if ((like.flags & MAP_FIXED_NOREPLACE) && !is_free(mm, where, where + size))
        return -EEXIST;
    if (!fixed &&
        (where < MMAP_BOTTOM || where > USER_TOP - size || !is_free(mm, where, where + size)))
        where = find_hole(mm, size);
    struct vma *vma = where != 0 || fixed ? kmalloc(sizeof(*vma)) : NULL;
    if (vma == NULL)
        return -ENOMEM;
    int error = mm_unmap(mm, where, where + size);
    if (error != 0) {
        kfree(vma);
        return error;
    }
    *vma = like;
    vma->flags &= MAP_SHARED | MAP_PRIVATE | MAP_GROWSDOWN;
    vma->start = where;
    vma->end = where + size;
    if (vma->file_end == 0)
        vma->file_end = vma->end;
    inode_get(vma->inode);
    vma_insert(mm, vma);
    vma_join(mm);
    return (int64_t)where;
}

/* The bits of a page table entry that a range's rights and its copy-on-write state ask for; without
 * any rights it is present, but out of reach. */
uint64_t vma_pte_flags(const struct vma *vma, bool writable)
{
    uint64_t flags = PTE_PRESENT | (vma->prot != 0 ? PTE_USER : 0);
    if (writable && (vma->prot & PROT_WRITE))
        flags |= PTE_WRITABLE;
    if ((vma->prot & PROT_EXEC) == 0)
        flags |= PTE_NX;
    return flags;
}

/* Pages that are there lose the right to write; fault.c gives it back where it is due. */
static void restrict_pages(struct mm *mm, const struct vma *vma)
{
    uint64_t *pte, va = vma->start;
    for (; (pte = pte_from(mm->cr3, &va, vma->end)) != NULL; va += PAGE_SIZE) {
        if ((*pte & PTE_PRESENT) == 0)
            continue;
        uint64_t keep = *pte & (PTE_ADDRESS | PTE_ACCESSED | PTE_DIRTY);
        *pte = keep | vma_pte_flags(vma, false);
        mm_flush(mm, va);
    }
}

int mm_protect(struct mm *mm, uint64_t start, uint64_t end, uint32_t prot)
{
    uint64_t covered = start;
    for (const struct vma *vma = vma_find(mm, start); covered < end; vma = vma->next) {
        if (vma == NULL || vma->start > covered)
            return -ENOMEM;
        covered = vma->end;
    }
    int error = vma_split(mm, start);
    if (error == 0)
        error = vma_split(mm, end);
    if (error != 0)
        return error;
    for (struct vma *vma = vma_find(mm, start); vma != NULL && vma->start < end; vma = vma->next) {
        vma->prot = prot;
        restrict_pages(mm, vma);
    }
    vma_join(mm);
    return 0;
}

/* The heap's end; an impossible wish leaves it where it is, which the answer tells. */
int64_t mm_brk(struct mm *mm, uint64_t to)
{
    uint64_t old = page_up(mm->brk), new = page_up(to);
    if (to < mm->brk_start || new > USER_TOP)
        return (int64_t)mm->brk;
    if (new < old && mm_unmap(mm, new, old) != 0)
        return (int64_t)mm->brk;
    if (new > old) {
        struct vma heap = {.prot = PROT_READ | PROT_WRITE, .flags = MAP_PRIVATE | MAP_FIXED};
        if (!is_free(mm, old, new) || mm_map(mm, old, new - old, heap) < 0)
            return (int64_t)mm->brk;
    }
    mm->brk = to;
    return (int64_t)to;
}

/* Pages move by moving their entries: no byte is copied. */
static int move_pages(struct mm *mm, uint64_t from, uint64_t to, uint64_t size)
{
    uint64_t *old, va = from;
    for (; (old = pte_from(mm->cr3, &va, from + size)) != NULL; va += PAGE_SIZE) {
        if (*old == 0)
            continue;
        uint64_t *new = pte_of(mm->cr3, to + (va - from), true);
        if (new == NULL)
            return -ENOMEM;
        *new = *old;
        *old = 0;
        mm_flush(mm, va);
    }
    return 0;
}

int64_t mm_remap(struct mm *mm, uint64_t old, uint64_t old_size, uint64_t size, uint32_t flags)
{
    struct vma *vma = vma_find(mm, old);
    old_size = page_up(old_size);
    size = page_up(size);
    if (old % PAGE_SIZE || size == 0 || old_size == 0 || (flags & ~(uint32_t)MREMAP_MAYMOVE))
        return -EINVAL;
    if (vma == NULL || vma->start > old || vma->end - old < old_size || size > USER_TOP)
        return -EFAULT;
    if (size <= old_size) {
        int error = size < old_size ? mm_unmap(mm, old + size, old + old_size) : 0;
        return error != 0 ? error : (int64_t)old;
    }
    struct vma like = *vma;
    like.offset += old - vma->start;
    like.file_end = 0;
    if (vma->end == old + old_size && size <= USER_TOP - old &&
        is_free(mm, old + old_size, old + size)) {
        struct vma more = like;
        more.offset += old_size;
        more.flags |= MAP_FIXED;
        return mm_map(mm, old + old_size, size - old_size, more) < 0 ? -ENOMEM : (int64_t)old;
    }
    if ((flags & MREMAP_MAYMOVE) == 0)
        return -ENOMEM;
    int64_t to = mm_map(mm, 0, size, like);
    if (to < 0)
        return to;
    if (move_pages(mm, old, (uint64_t)to, old_size) != 0)
        return -ENOMEM;
    int error = mm_unmap(mm, old, old + old_size);
    return error != 0 ? error : to;
}
