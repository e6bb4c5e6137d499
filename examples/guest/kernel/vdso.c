/*
 * vdso.c: some questions need no kernel. Every program gets two more things mapped: a page in which
 * the timer's interrupt writes the time, and a small shared object (user/vdso_code.c) that reads it
 * there. To ask for the time is then an ordinary function call. (vdso(7).)
 */
#include "vdso.h"

#include "linux.h"
#include "time.h"

extern const char vdso_start[], vdso_end[]; /* vdso_image.S */

/* A page of its own: whatever else lay in it, programs could read. */
static union {
    struct vdso_time time;
    uint8_t page[PAGE_SIZE];
} data __attribute__((aligned(4096)));

void vdso_init(void)
{
    vdso_time = &data.time;
}

/* These frames are the kernel's image; frames.c does not count who has them. */
static int put_page(struct mm *mm, const struct vma *vma, uint64_t va, const void *at)
{
    uint64_t *pte = pte_of(mm->cr3, va, true);
    if (pte == NULL)
        return -ENOMEM;
    *pte = ((uint64_t)at - KERNEL_BASE) | vma_pte_flags(vma, false);
    mm->resident++;
    return 0;
}

uint64_t vdso_map(struct mm *mm)
{
    uint64_t size = PAGE_SIZE + page_up((uint64_t)(vdso_end - vdso_start));
    struct vma like = {.prot = PROT_READ | PROT_EXEC, .flags = MAP_PRIVATE};
    int64_t at = mm_map(mm, 0, size, like);
    if (at < 0)
        return 0;
    const struct vma *vma = vma_find(mm, (uint64_t)at);
    int error = put_page(mm, vma, (uint64_t)at, &data);
    for (uint64_t n = PAGE_SIZE; n < size && error == 0; n += PAGE_SIZE)
        error = put_page(mm, vma, (uint64_t)at + n, vdso_start + n - PAGE_SIZE);
    return error == 0 ? (uint64_t)at + PAGE_SIZE : 0;
}
