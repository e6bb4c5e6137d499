/*
 * usercopy.c: a program's pointers are never trusted. A range must lie in the user half; whether
 * its pages are there and allow the access is found out by trying: the one instruction that copies
 * (entry.S, user_copy) may fault. If the page can come (demand paging, copy on write), it does and
 * the copying goes on; if not, the fault is turned into -EFAULT.
 */
#include "cpu.h"
#include "linux.h"
#include "mem.h"

extern const char user_copy_instruction[], user_copy_end[], zero_page[];
size_t user_copy(void *to, const void *from, size_t size);

static bool in_user_half(uint64_t address, size_t size)
{
    return address < USER_TOP && size <= USER_TOP - address;
}

/* With SMAP, the kernel can touch user pages only while RFLAGS.AC is set. (SDM vol. 3A, 4.6.) */
static size_t copy_across(void *to, const void *from, size_t size)
{
    if (!cpu_features.smap)
        return user_copy(to, from, size);
    __asm__ volatile("stac" : : : "memory");
    size_t missing = user_copy(to, from, size);
    __asm__ volatile("clac" : : : "memory");
    return missing;
}

int copy_from_user(void *to, uint64_t from, size_t size)
{
    if (!in_user_half(from, size) || copy_across(to, (const void *)from, size) != 0)
        return -EFAULT;
    return 0;
}

int copy_to_user(uint64_t to, const void *from, size_t size)
{
    if (!in_user_half(to, size) || copy_across((void *)to, from, size) != 0)
        return -EFAULT;
    return 0;
}

int zero_user(uint64_t to, size_t size)
{
    for (size_t n; size > 0; size -= n, to += n) {
        n = size < PAGE_SIZE ? size : PAGE_SIZE;
        if (copy_to_user(to, zero_page, n) != 0)
            return -EFAULT;
    }
    return 0;
}

/* A piece at a time, none of which crosses a page: the next page need not exist. */
int64_t copy_string_from_user(char *to, uint64_t from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t n = 64 - (from + done) % 64;
        n = n < size - done ? n : size - done;
        if (copy_from_user(to + done, from + done, n) != 0)
            return -EFAULT;
        for (size_t i = 0; i < n; i++) {
            if (to[done + i] == '\0')
                return (int64_t)(done + i);
        }
        done += n;
    }
    return -ENAMETOOLONG;
}

/* If the page fault was user_copy's: go on behind the copying, which then counts what is missing.
 */
bool user_copy_faulted(struct trap_frame *frame, uint64_t address)
{
    if (frame->rip != (uint64_t)user_copy_instruction || address >= USER_TOP)
        return false;
    frame->rip = (uint64_t)user_copy_end;
    return true;
}
