/*
 * futex.c: waiting for a word of memory, for locks that enter the kernel only when they must.
 * (futex(2).) The channel of a word in shared memory is where it really is, so that processes which
 * see it at different addresses meet. A private word may move while somebody waits for it, to the
 * disk and back or into a copy after a fork: its channel is made of its address and whose it is.
 */
#include "syscall.h"

#define ADDRESS_BITS 47

/* Odd, as no other channel is. Two address spaces may have the same number, and then wake each
 * other's sleepers: those look again. */
static const void *private_channel(uint64_t va)
{
    uint64_t space = physical(current->mm) / 32 % 0x10000;
    return (const void *)(space << ADDRESS_BITS | va | 1);
}

/* Of a word that was just touched. */
static const void *futex_channel(uint64_t va)
{
    const struct vma *vma = vma_find(current->mm, va);
    if (vma == NULL || (vma->flags & MAP_SHARED) == 0)
        return private_channel(va);
    const uint64_t *pte = pte_of(current->mm->cr3, va, false);
    return (const char *)direct(*pte & PTE_ADDRESS) + va % PAGE_SIZE;
}

/* Nothing comes between the look at the word and the sleep. */
static int64_t futex_wait(uint64_t va, uint32_t expected, uint64_t timeout_at)
{
    uint32_t value;
    struct timespec timeout;
    uint64_t until = 0;
    if (timeout_at != 0) {
        if (copy_from_user(&timeout, timeout_at, sizeof(timeout)) != 0)
            return -EFAULT;
        until = jiffies + 1 + (uint64_t)timeout.sec * 1000 + (uint64_t)timeout.nsec / 1000000;
    }
    if (copy_from_user(&value, va, sizeof(value)) != 0)
        return -EFAULT;
    return value == expected ? sleep_on(futex_channel(va), until) : -EAGAIN;
}

static int64_t futex_wake(uint64_t va)
{
    uint32_t value;
    if (copy_from_user(&value, va, sizeof(value)) != 0)
        return -EFAULT;
    wake_up(futex_channel(va));
    return 0;
}

int64_t sys_futex(const uint64_t *a)
{
    if (a[0] % sizeof(uint32_t) != 0)
        return -EINVAL;
    switch (a[1] & FUTEX_COMMANDS) {
    case FUTEX_WAKE: return futex_wake(a[0]);
    case FUTEX_WAIT: return futex_wait(a[0], (uint32_t)a[2], a[3]);
    default: return -ENOSYS;
    }
}

void futex_clear(uint64_t va)
{
    static const int32_t zero;
    if (copy_to_user(va, &zero, sizeof(zero)) == 0)
        wake_up(futex_channel(va));
}
