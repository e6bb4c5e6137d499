/*
 * frames.c: which 4 KiB frames of RAM are free: one bit for each, 1 if free. The bitmap lies right
 * behind the kernel and the module.
 */
#include "boot.h"
#include "console.h"
#include "memory.h"
#include "string.h"

extern char kernel_end[];

#define RAM_LIMIT 0x1000000000u /* 64 GiB: more is left alone */
#define LOW_END   0x100000u     /* the first MiB belongs to the board */

uint64_t frames_total, frames_free, ram_end;

static uint64_t *bitmap;
static uint64_t bitmap_words;
static uint64_t next_word; /* where to look first */

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void set_free(uint64_t frame)
{
    bitmap[frame / PAGE_SIZE / 64] |= 1ull << (frame / PAGE_SIZE % 64);
    frames_free++;
}

/* Frees what lies both in the region and at or above start, without the module. */
static void free_region(const struct region *ram, uint64_t start)
{
    uint64_t at = page_up(max(ram->start, start));
    uint64_t end = page_down(min(ram->end, ram_end));
    uint64_t skip_from = page_down(boot_facts.module.start);
    uint64_t skip_to = page_up(boot_facts.module.end);
    for (; at < end; at += PAGE_SIZE) {
        if (at < skip_from || at >= skip_to)
            set_free(at);
    }
}

void frames_init(void)
{
    for (size_t i = 0; i < boot_facts.regions; i++)
        ram_end = max(ram_end, min(boot_facts.ram[i].end, RAM_LIMIT));
    uint64_t start = page_up((uint64_t)kernel_end - KERNEL_BASE);
    uint64_t module_end = page_up(boot_facts.module.end);
    start = max(start, module_end);
    bitmap = direct(start);
    bitmap_words = (ram_end / PAGE_SIZE + 63) / 64;
    memset(bitmap, 0, bitmap_words * 8);
    start = page_up(start + bitmap_words * 8);
    for (size_t i = 0; i < boot_facts.regions; i++)
        free_region(&boot_facts.ram[i], max(start, LOW_END));
    frames_total = frames_free;
    if (frames_free == 0)
        panic("no memory");
}

uint64_t frame_alloc(void)
{
    for (uint64_t i = 0; i < bitmap_words; i++) {
        uint64_t word = next_word;
        if (bitmap[word] != 0) {
            uint64_t bit = (uint64_t)__builtin_ctzll(bitmap[word]);
            bitmap[word] &= ~(1ull << bit);
            frames_free--;
            uint64_t frame = (word * 64 + bit) * PAGE_SIZE;
            memset(direct(frame), 0, PAGE_SIZE);
            return frame;
        }
        next_word = word + 1 == bitmap_words ? 0 : word + 1;
    }
    return 0;
}

void frame_free(uint64_t frame)
{
    set_free(frame);
    if (frame / PAGE_SIZE / 64 < next_word)
        next_word = frame / PAGE_SIZE / 64;
}
