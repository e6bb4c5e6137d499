/*
 * futex.c: waiting for a word of memory, for locks that enter the kernel only when they must.
 * (futex(2).) The channel is where the word really is, so that processes which see it at different
 * addresses meet.
 */
#include "syscall.h"

static const void *futex_channel(uint64_t va)
{
    const uint64_t *pte = pte_of(current->mm->cr3, va, false);
    if (pte == NULL || (*pte & PTE_PRESENT) == 0)
        return NULL;
    return (const char *)direct(*pte & PTE_ADDRESS) + va % PAGE_SIZE;
}

int64_t sys_futex(const uint64_t *a)
{
    uint32_t value;
    struct timespec timeout;
    uint64_t until = 0;
    if (copy_from_user(&value, a[0], sizeof(value)) != 0)
        return -EFAULT;
    const void *channel = futex_channel(a[0]);
    switch (a[1] & FUTEX_COMMANDS) {
    case FUTEX_WAKE: wake_up(channel); return 0;
    case FUTEX_WAIT:
        if (value != (uint32_t)a[2])
            return -EAGAIN;
        if (a[3] != 0 && copy_from_user(&timeout, a[3], sizeof(timeout)) != 0)
            return -EFAULT;
        if (a[3] != 0)
            until = jiffies + 1 + (uint64_t)timeout.sec * 1000 + (uint64_t)timeout.nsec / 1000000;
        return sleep_on(channel, until);
    default: return -ENOSYS;
    }
}

void futex_clear(uint64_t va)
{
    static const int32_t zero;
    if (copy_to_user(va, &zero, sizeof(zero)) == 0)
        wake_up(futex_channel(va));
}
