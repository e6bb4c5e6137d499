/*
 * fault.c: the page fault is how a program gets its memory. The processor found no entry that
 * allows the access; this file finds out whether the program's ranges do, and if so makes the page:
 * from a file, from zeroes, from the swap disk, or as its own copy of one that was shared. Then the
 * instruction is tried again and never knows. If not, the program gets a signal.
 *
 * Whoever shares the address space may change all of it while one waits, for memory or for the
 * disk. So a step that had to wait answers LOOK_AGAIN, and everything is looked up once more.
 */
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define STACK_LIMIT (8u << 20)
#define STACK_GAP   (256u * PAGE_SIZE) /* to whatever lies below */

#define LOOK_AGAIN (-1)

uint64_t faults_minor, faults_file, faults_cow, faults_swap;

static bool allows(const struct vma *vma, uint32_t error)
{
    if (error & PF_FETCH)
        return (vma->prot & PROT_EXEC) != 0;
    if (error & PF_WRITE)
        return (vma->prot & PROT_WRITE) != 0;
    return (vma->prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) != 0;
}

/* A stack is a range that grows downwards when the program touches what lies below it. */
static bool grow_stack(struct mm *mm, struct vma *vma, uint64_t va)
{
    uint64_t below = 0;
    if ((vma->flags & MAP_GROWSDOWN) == 0 || vma->end - va > STACK_LIMIT)
        return false;
    for (const struct vma *v = mm->vmas; v != vma; v = v->next)
        below = v->end;
    if (va < below + STACK_GAP)
        return false;
    vma->start = page_down(va);
    return true;
}

static int install(struct mm *mm, uint64_t *pte, uint64_t va, uint64_t entry)
{
    *pte = entry;
    mm->resident++;
    mm_flush(mm, va);
    return 0;
}

/* Instead of a frame. */
static int wait_for_frame(void)
{
    return user_room() ? LOOK_AGAIN : SIGKILL;
}

/* A page of zeroes, or of the part of the file that is still the segment's. */
static int own_page(struct mm *mm, const struct vma *vma, uint64_t va, uint64_t *pte,
                    uint64_t cached)
{
    uint64_t frame = user_frame(cached == 0);
    if (frame == 0)
        return wait_for_frame();
    if (cached != 0) {
        uint64_t left = vma->file_end - va;
        size_t n = left < PAGE_SIZE ? left : PAGE_SIZE;
        memcpy(direct(frame), direct(cached), n);
        memset((char *)direct(frame) + n, 0, PAGE_SIZE - n);
    }
    faults_minor++;
    return install(mm, pte, va, frame | vma_pte_flags(vma, true));
}

/* Into the cache: there it is found at the second look. */
static int fetch_page(struct inode *inode, uint64_t index)
{
    inode_get(inode);
    uint64_t cached = cache_page(inode, index, true);
    inode_put(inode);
    return cached != 0 ? LOOK_AGAIN : SIGBUS;
}

static int count_major(int answer, uint64_t *kind)
{
    current->maj_faults += answer == 0;
    *kind += answer == 0;
    return answer;
}

/* The file's own page, seen through the page tables; private ones are copied at the first write. */
static int file_page(struct mm *mm, const struct vma *vma, uint64_t va, uint64_t *pte,
                     uint32_t error)
{
    uint64_t index = (vma->offset + (va - vma->start)) / PAGE_SIZE;
    if (index * PAGE_SIZE >= vma->inode->size)
        return SIGBUS; /* beyond the end of the file */
    uint64_t cached = cache_page(vma->inode, index, false);
    if (cached == 0)
        return fetch_page(vma->inode, index);
    bool shared = (vma->flags & MAP_SHARED) != 0, partial = vma->file_end - va < PAGE_SIZE;
    if (!shared && (partial || (error & PF_WRITE)))
        return own_page(mm, vma, va, pte, cached);
    frame_get(cached);
    return install(mm, pte, va, cached | vma_pte_flags(vma, shared));
}

/* A page that is on the disk. */
static int swapped_page(struct mm *mm, uint64_t va, uint64_t *pte)
{
    uint64_t frame = user_frame(false);
    if (frame == 0)
        return wait_for_frame();
    return swap_in(mm, va, pte, frame) ? 0 : SIGBUS;
}

static int missing_page(struct mm *mm, const struct vma *vma, uint64_t va, uint64_t *pte,
                        uint32_t error)
{
    if (*pte != 0)
        return count_major(swapped_page(mm, va, pte), &faults_swap);
    if (vma->inode != NULL && va < vma->file_end)
        return count_major(file_page(mm, vma, va, pte, error), &faults_file);
    return own_page(mm, vma, va, pte, 0);
}

/* Copy on write: the last owner just gets its W bit back. */
static int write_page(struct mm *mm, const struct vma *vma, uint64_t va, uint64_t *pte)
{
    uint64_t old = *pte & PTE_ADDRESS;
    bool last = frame_of(old)->kind == FRAME_ANON && frame_of(old)->refs == 1;
    if ((vma->flags & MAP_SHARED) || last) {
        *pte = old | (*pte & (PTE_ACCESSED | PTE_DIRTY)) | vma_pte_flags(vma, true);
        mm_flush(mm, va);
        return 0;
    }
    uint64_t frame = user_frame(false);
    if (frame == 0)
        return wait_for_frame();
    memcpy(direct(frame), direct(old), PAGE_SIZE);
    *pte = frame | vma_pte_flags(vma, true);
    mm_flush(mm, va);
    frame_put(old);
    faults_cow++;
    return 0;
}

/* A page that is there, while the range allows more than its entry. */
static int present_page(struct mm *mm, const struct vma *vma, uint64_t va, uint64_t *pte,
                        uint32_t error)
{
    if ((error & PF_WRITE) && (*pte & PTE_WRITABLE) == 0)
        return write_page(mm, vma, va, pte);
    *pte |= PTE_USER; /* mprotect had put it out of reach */
    mm_flush(mm, va);
    return 0;
}

static int look(struct mm *mm, uint64_t va, uint32_t error)
{
    struct vma *vma = vma_find(mm, va);
    if (vma == NULL || error & PF_RESERVED)
        return SIGSEGV;
    va = page_down(va);
    if (!allows(vma, error) || (vma->start > va && !grow_stack(mm, vma, va)))
        return SIGSEGV;
    uint64_t *pte = pte_of(mm->cr3, va, true);
    if (pte == NULL)
        return SIGKILL;
    if (*pte & PTE_PRESENT)
        return present_page(mm, vma, va, pte, error);
    return missing_page(mm, vma, va, pte, error);
}

int mm_fault(struct mm *mm, uint64_t va, uint32_t error)
{
    int answer;
    do {
        make_room_for(3); /* tables */
        answer = look(mm, va, error);
    } while (answer == LOOK_AGAIN);
    current->min_faults += answer == 0;
    return answer;
}
