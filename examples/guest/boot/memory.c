/*
 * memory.c: RAM as the firmware tells it (INT 15h AX = E820h, ACPI 6.4, 15.1), and A20.
 */
#include "loader.h"

#define SMAP 0x534d4150u

struct range ranges[MAX_RANGES];
uint32_t range_count;

/* The same word but for A20 (loader.ld). */
extern volatile uint32_t word_below, word_above_1m;

static uint32_t taken_end = MIB;

void memory_init(void)
{
    struct {
        uint64_t start, length;
        uint32_t type, attributes;
    } entry;
    struct registers r = {.ebx = 0};
    do {
        r.eax = 0xe820;
        r.edx = SMAP;
        r.ecx = 20;
        r.ds = 0;
        r.es = 0;
        r.edi = (uint32_t)&entry;
        firmware_call(0x15, &r);
        if ((r.flags & CARRY) || r.eax != SMAP || range_count == MAX_RANGES)
            break;
        if (entry.length)
            ranges[range_count++] = (struct range){entry.start, entry.length, entry.type};
    } while (r.ebx);
    if (range_count == 0)
        fail("the firmware has no memory map, INT 15h AX = E820h", r.eax);
}

/* Does the megabyte show at 0 again? */
static bool a20_is_closed(void)
{
    uint32_t before = word_above_1m;
    word_below = ~before;
    bool same = word_above_1m == ~before;
    word_below = before;
    return same && word_above_1m == before;
}

void open_a20(void)
{
    struct registers r = {.eax = 0x2401};
    firmware_call(0x15, &r);
    if (!a20_is_closed())
        return;
    __asm__ volatile("inb $0x92, %%al\n orb $2, %%al\n andb $0xfe, %%al\n outb %%al, $0x92"
                     :
                     :
                     : "eax");
    if (a20_is_closed())
        fail("A20 stays closed", 0x92);
}

static bool is_ram(uint64_t start, uint64_t length)
{
    for (uint32_t i = 0; i < range_count; i++) {
        const struct range *r = &ranges[i];
        if (r->type == USABLE && start >= r->start && start + length <= r->start + r->length)
            return true;
    }
    return false;
}

void take_at(uint32_t start, uint32_t length, const char *name)
{
    if (start < MIB || !is_ram(start, length)) {
        print("[loader]       ");
        print(name);
        print(", ");
        print_dec(length);
        print(" bytes:\n");
        fail("there is no RAM for it above 1 MiB at", start);
    }
    if (start + length > taken_end)
        taken_end = start + length;
}

uint32_t take_page(uint32_t length, const char *name)
{
    uint32_t start = (taken_end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    take_at(start, length, name);
    return start;
}
