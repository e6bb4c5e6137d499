/*
 * frames.c: physical memory in frames of 4 KiB. A table says of each frame what it is used for and
 * by how many: copy on write, the page cache and shared libraries all put one frame into several
 * page tables. Free frames form a list, lowest first after the start, so that runs repeat exactly.
 */
#include "boot.h"
#include "console.h"
#include "mem.h"
#include "string.h"

extern char kernel_end[];

#define RAM_LIMIT 0x1000000000u /* 64 GiB: more is left alone */
#define LOW_END   0x100000u     /* the first MiB belongs to the board */

struct frame *frames;
uint64_t frames_total, frames_free, ram_end;
uint64_t frames_of_kind[FRAME_KINDS];

static uint32_t free_list; /* a frame's number; 0: empty */

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void set_kind(struct frame *frame, enum frame_kind kind)
{
    frames_of_kind[frame->kind]--;
    frames_of_kind[kind]++;
    frame->kind = (uint16_t)kind;
}

static void put_on_list(uint64_t pa)
{
    struct frame *frame = frame_of(pa);
    set_kind(frame, FRAME_FREE);
    frame->refs = 0;
    frame->next = free_list;
    free_list = (uint32_t)(pa / PAGE_SIZE);
    frames_free++;
}

/* Whole frames of the range that were reserved become free; downwards, so the lowest is first. */
void frame_release_range(uint64_t start, uint64_t end)
{
    for (uint64_t at = page_down(end); at > page_up(start);) {
        at -= PAGE_SIZE;
        if (frame_of(at)->kind != FRAME_RESERVED)
            continue;
        put_on_list(at);
        frames_total++;
    }
}

INIT static void release_region(const struct region *ram, uint64_t start)
{
    const struct region *module = &boot_facts.module;
    uint64_t from = max(ram->start, start), to = min(ram->end, ram_end);
    if (from >= to)
        return;
    if (module->end <= from || module->start >= to) {
        frame_release_range(from, to);
        return;
    }
    frame_release_range(max(from, page_up(module->end)), to);
    if (module->start > from)
        frame_release_range(from, page_down(module->start));
}

/* The frame table lies behind the kernel and the module. */
INIT void frames_init(void)
{
    for (size_t i = 0; i < boot_facts.regions; i++)
        ram_end = max(ram_end, min(boot_facts.ram[i].end, RAM_LIMIT));
    uint64_t start = page_up((uint64_t)kernel_end - KERNEL_BASE);
    start = max(start, page_up(boot_facts.module.end));
    uint64_t count = ram_end / PAGE_SIZE;
    frames = direct(start);
    memset(frames, 0, count * sizeof(struct frame));
    frames_of_kind[FRAME_RESERVED] = count;
    uint64_t behind = page_up(start + count * sizeof(struct frame));
    uint64_t image = page_up((uint64_t)kernel_end - KERNEL_BASE);
    for (size_t i = boot_facts.regions; i-- > 0;) {
        struct region above = {max(boot_facts.ram[i].start, behind), boot_facts.ram[i].end};
        struct region below = {max(boot_facts.ram[i].start, image),
                               min(boot_facts.ram[i].end, start)};
        release_region(&above, LOW_END);
        release_region(&below, LOW_END);
    }
    if (frames_free == 0)
        panic("no memory");
}

uint64_t frame_alloc_dirty(enum frame_kind kind)
{
    if (free_list == 0)
        return 0;
    uint64_t pa = (uint64_t)free_list * PAGE_SIZE;
    struct frame *frame = frame_of(pa);
    free_list = frame->next;
    frames_free--;
    frame->refs = 1;
    frame->next = 0;
    set_kind(frame, kind);
    return pa;
}

uint64_t frame_alloc(enum frame_kind kind)
{
    uint64_t pa = frame_alloc_dirty(kind);
    if (pa != 0)
        memset(direct(pa), 0, PAGE_SIZE);
    return pa;
}

/* One more owner. Reserved frames (the vDSO's, in the kernel's image) are not counted. */
void frame_get(uint64_t pa)
{
    if (frame_of(pa)->kind != FRAME_RESERVED)
        frame_of(pa)->refs++;
}

/* One owner less; the last one's going frees it. */
void frame_put(uint64_t pa)
{
    struct frame *frame = frame_of(pa);
    if (frame->kind == FRAME_RESERVED)
        return;
    if (frame->refs == 0)
        panic("frame 0x%lx is freed twice", pa);
    if (--frame->refs == 0)
        put_on_list(pa);
}
