/*
 * swap.c: when memory runs short, pages go to the disk. Which ones, the clock algorithm says: a
 * hand moves over all pages of all programs; one that was touched since the hand last came (the
 * processor sets the accessed bit) gets a second chance, one that was not has to go. Its entry
 * loses the present bit, and its address bits then hold the slot on the disk. The next touch
 * faults, and the page comes back.
 *
 * Only memory that one program alone owns is swapped. If nothing can go, the program with the most
 * memory is killed.
 */
#include "ata.h"
#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "mem.h"
#include "string.h"
#include "task.h"

#define SLOTS_MAX        16384u /* 64 MiB */
#define SECTORS_PER_SLOT (PAGE_SIZE / ATA_SECTOR)
#define RESERVE          16u /* frames that programs leave for the kernel */

uint64_t swap_slots, swap_used, swap_outs, swap_ins, oom_kills;

static uint16_t users[SLOTS_MAX]; /* of each slot: how many entries name it */
static uint64_t next_slot, first_sector;
static unsigned int hand_task;

/* Slot n is written as n + 1, so that an entry is never zero, which would mean "nothing". */
static uint64_t entry_of_slot(uint64_t slot)
{
    return (slot + 1) << 12;
}

static uint64_t slot_of_entry(uint64_t pte)
{
    return (pte >> 12) - 1;
}

/* The disk's second half, so that a boot image can have the first: or as "swap=SECTOR" says. */
INIT void swap_init(void)
{
    char where[24];
    boot_option("swap", "", where, sizeof(where));
    first_sector = ata_sectors / 2;
    if (where[0] >= '0' && where[0] <= '9') {
        first_sector = 0;
        for (const char *c = where; *c >= '0' && *c <= '9' && first_sector < ata_sectors; c++)
            first_sector = first_sector * 10 + (uint64_t)(*c - '0');
    }
    if (strcmp(where, "off") == 0 || first_sector >= ata_sectors)
        return;
    swap_slots = (ata_sectors - first_sector) / SECTORS_PER_SLOT;
    swap_slots = swap_slots < SLOTS_MAX ? swap_slots : SLOTS_MAX;
    log_line("swap", "%lu pages on the disk from sector %lu on", swap_slots, first_sector);
}

static bool take_slot(uint64_t *slot)
{
    for (uint64_t i = 0; i < swap_slots; i++) {
        uint64_t n = (next_slot + i) % swap_slots;
        if (users[n] == 0) {
            users[n] = 1;
            next_slot = n + 1;
            swap_used++;
            *slot = n;
            return true;
        }
    }
    return false;
}

void swap_copy(uint64_t pte)
{
    users[slot_of_entry(pte)]++;
}

void swap_drop(uint64_t pte)
{
    if (--users[slot_of_entry(pte)] == 0)
        swap_used--;
}

/* ---- out ---- */

/* To the disk, and only then out of the table: until it is written, the page stays readable. */
static bool evict(struct mm *mm, uint64_t va, uint64_t *pte)
{
    uint64_t slot, frame = *pte & PTE_ADDRESS;
    if (!take_slot(&slot))
        return false;
    *pte &= ~(uint64_t)(PTE_WRITABLE | PTE_DIRTY);
    mm_flush(mm, va);
    mm->users++; /* the task may end while the disk works */
    frame_get(frame);
    int error = ata_write_page(first_sector + slot * SECTORS_PER_SLOT, direct(frame));
    bool unchanged = (*pte & PTE_PRESENT) && (*pte & PTE_ADDRESS) == frame &&
                     (*pte & PTE_WRITABLE) == 0 && frame_of(frame)->refs == 2;
    if (error == 0 && unchanged) {
        *pte = entry_of_slot(slot);
        mm_flush(mm, va);
        frame_put(frame);
        mm->resident--;
        mm->swapped++;
        swap_outs++;
    } else {
        swap_drop(entry_of_slot(slot));
    }
    frame_put(frame);
    mm_put(mm);
    return error == 0 && unchanged;
}

/* Is the hand on a page that may go? Touched ones are forgiven once. */
static bool is_victim(struct mm *mm, uint64_t va, uint64_t *pte)
{
    if ((*pte & PTE_PRESENT) == 0)
        return false;
    const struct frame *frame = frame_of(*pte & PTE_ADDRESS);
    if (frame->kind != FRAME_ANON || frame->refs != 1)
        return false;
    if (*pte & PTE_ACCESSED) {
        *pte &= ~(uint64_t)PTE_ACCESSED;
        mm_flush(mm, va);
        return false;
    }
    return true;
}

/* The next page from the hand on in this program that is to go; NULL: the hand is past the end. */
static uint64_t *sweep(struct mm *mm, uint64_t *found)
{
    for (struct vma *vma = vma_find(mm, mm->clock_hand); vma != NULL; vma = vma->next) {
        uint64_t va = vma->start > mm->clock_hand ? vma->start : mm->clock_hand;
        uint64_t *pte, end = (vma->flags & MAP_SHARED) ? 0 : vma->end;
        for (; (pte = pte_from(mm->cr3, &va, end)) != NULL; va += PAGE_SIZE) {
            if (!is_victim(mm, va, pte))
                continue;
            mm->clock_hand = va + PAGE_SIZE;
            *found = va;
            return pte;
        }
    }
    mm->clock_hand = 0;
    return NULL;
}

/* Two rounds at most: after the first, no page has a second chance left. */
bool swap_out_one(void)
{
    if (swap_slots == 0 || swap_used == swap_slots)
        return false;
    for (unsigned int i = 0; i < 2 * MAX_TASKS + 2; i++) {
        struct mm *mm = tasks[hand_task].mm;
        uint64_t va, *pte = mm != NULL ? sweep(mm, &va) : NULL;
        if (pte != NULL) {
            if (evict(mm, va, pte))
                return true;
            continue;
        }
        hand_task = (hand_task + 1) % MAX_TASKS;
    }
    return false;
}

/* ---- in ---- */

static void take_back(struct mm *mm, uint64_t va, uint64_t *pte, uint64_t frame)
{
    swap_drop(*pte);
    swap_ins++;
    mm->swapped--;
    mm->resident++;
    *pte = frame | vma_pte_flags(vma_find(mm, va), true) | PTE_ACCESSED;
    mm_flush(mm, va);
}

/* While the disk works, the place belongs to this reader too: nothing else comes into it. If the
 * entry is another one then, somebody else was faster. */
bool swap_in(struct mm *mm, uint64_t va, uint64_t *pte, uint64_t frame)
{
    uint64_t entry = *pte;
    swap_copy(entry);
    uint64_t sector = first_sector + slot_of_entry(entry) * SECTORS_PER_SLOT;
    int error = ata_read_page(sector, direct(frame));
    swap_drop(entry);
    bool same = *pte == entry;
    if (same && error == 0)
        take_back(mm, va, pte, frame);
    else
        frame_put(frame);
    return !same || error == 0;
}

/* ---- out of memory ---- */

static struct task *biggest(void)
{
    struct task *worst = NULL;
    for (int i = 1; i < MAX_TASKS; i++) {
        struct task *task = &tasks[i];
        if (task->mm == NULL || task->state == TASK_ZOMBIE || task->pid == 1)
            continue;
        if (worst == NULL || task->mm->resident > worst->mm->resident)
            worst = task;
    }
    return worst;
}

/* All that it has will be free. */
static bool is_ending(const struct task *task)
{
    return task->exiting || signal_kills(task);
}

static bool kill_biggest(void)
{
    struct task *victim = biggest();
    if (victim == NULL)
        return false;
    if (!is_ending(victim)) {
        oom_kills++;
        log_line("memory", "out of memory: killing pid %d (%s), %lu pages", victim->pid,
                 victim->name, victim->mm->resident);
        signal_send(victim, SIGKILL);
    }
    return victim != current;
}

/* Room is made by the disk, else by an end, if not one's own: then wait until the victim is gone.
 */
static bool make_room(void)
{
    if (swap_out_one())
        return true;
    if (is_ending(current) || !kill_biggest())
        return false;
    return sleep_killably(&oom_kills, jiffies + 2) == -ETIMEDOUT;
}

/* Before the kernel itself needs many: a program that is killed for it would not be the right one.
 */
void make_room_for(uint64_t count)
{
    while (frames_free <= RESERVE + count && swap_out_one())
        ;
}

/* A thread on its way out may have of the reserve. It must not wait for an end: the memory may be
 * its own, which others have that end only after it. */
static bool has_frame(void)
{
    return frames_free > (current->exiting ? 0 : RESERVE);
}

uint64_t user_frame(bool zeroed)
{
    if (!has_frame())
        return 0;
    return zeroed ? frame_alloc(FRAME_ANON) : frame_alloc_dirty(FRAME_ANON);
}

bool user_room(void)
{
    while (!has_frame()) {
        if (!make_room())
            return false;
    }
    return true;
}
