/*
 * system.c: INT 11h, 12h, 15h and 1Ah: equipment, memory, A20, time.
 */
#include "firmware.h"

enum { BASE_KIB = 640, UNKNOWN = 0x86 };
enum { CMOS_ABOVE_1M = 0x30, CMOS_ABOVE_16M = 0x34, CMOS_ABOVE_4G = 0x5b };
enum { PORT92 = 0x92, A20 = 2 };
enum { USABLE = 1, RESERVED = 2, ENTRY_SIZE = 20 };
#define SMAP 0x534d4150u

uint8_t cmos(uint8_t index)
{
    out8(0x70, index);
    return in8(0x71);
}

static uint32_t cmos_word(uint8_t index)
{
    return cmos(index) | (uint32_t)cmos((uint8_t)(index + 1)) << 8;
}

/* The word for more than 16 MiB counts 64 KiB; where it is 0 the other one counts KiB. */
uint32_t extended_kib(void)
{
    uint32_t above_16m = cmos_word(CMOS_ABOVE_16M);
    return above_16m ? 15 * 1024 + above_16m * 64 : cmos_word(CMOS_ABOVE_1M);
}

/* RAM from 4 GiB up, in 64 KiB. */
static uint32_t above_4g(void)
{
    return cmos_word(CMOS_ABOVE_4G) | (uint32_t)cmos(CMOS_ABOVE_4G + 2) << 16;
}

/* ---- E820 ---- */

struct range {
    uint32_t start[2], length[2];
    uint32_t type;
};

/* The map, entry by entry; false: there is no such entry. */
static bool memory_range(uint32_t n, struct range *e)
{
    const uint32_t kib = extended_kib(), high_ram = above_4g();
    const struct range map[] = {
        {{0, 0}, {BASE_KIB << 10, 0}, USABLE},
        {{0xf0000, 0}, {0x10000, 0}, RESERVED},
        {{0x100000, 0}, {kib << 10, kib >> 22}, USABLE},
        {{0xffff0000, 0}, {0x10000, 0}, RESERVED},
        {{0, 1}, {high_ram << 16, high_ram >> 16}, USABLE},
    };
    const uint32_t count = high_ram ? 5 : 4;
    if (n >= count)
        return false;
    *e = map[n];
    return true;
}

static void memory_map(struct registers *r)
{
    struct range e, after;
    if (r->edx != SMAP || r->ecx < ENTRY_SIZE || !memory_range(r->ebx, &e)) {
        answer(r, UNKNOWN);
        return;
    }
    const uint32_t words[5] = {e.start[0], e.start[1], e.length[0], e.length[1], e.type};
    for (uint16_t i = 0; i < 5; i++)
        far_put32(r->es, (uint16_t)(r->edi + 4u * i), words[i]);
    r->ebx = memory_range(r->ebx + 1, &after) ? r->ebx + 1 : 0;
    r->eax = SMAP;
    r->ecx = ENTRY_SIZE;
    r->flags &= (uint16_t)~CARRY;
}

/* AX = E801h: KiB from 1 to 16 MiB, and 64 KiB above, twice. */
static void memory_sizes(struct registers *r)
{
    uint32_t kib = extended_kib();
    uint32_t below = kib < 15 * 1024 ? kib : 15 * 1024;
    uint32_t above = (kib - below) / 64;
    set16(&r->eax, below);
    set16(&r->ebx, above);
    set16(&r->ecx, below);
    set16(&r->edx, above);
    r->flags &= (uint16_t)~CARRY;
}

/* AH = 24h: the A20 gate, by port 92h. */
static void a20(struct registers *r)
{
    uint8_t gate = in8(PORT92);
    switch (low(r->eax)) {
    case 0: out8(PORT92, (uint8_t)(gate & ~(A20 | 1))); break;
    case 1: out8(PORT92, (uint8_t)((gate & ~1) | A20)); break;
    case 2: set_low(&r->eax, gate & A20 ? 1 : 0); break;
    case 3: set16(&r->ebx, 2); break; /* port 92h has it */
    default: answer(r, UNKNOWN); return;
    }
    answer(r, 0);
}

void system_service(struct registers *r)
{
    if (r->vector == 0x11) {
        set16(&r->eax, far_get16(BDA, BDA_EQUIPMENT));
    } else if (r->vector == 0x12) {
        set16(&r->eax, far_get16(BDA, BDA_MEMORY));
    } else if ((r->eax & 0xffff) == 0xe820) {
        memory_map(r);
    } else if ((r->eax & 0xffff) == 0xe801) {
        memory_sizes(r);
    } else if (high(r->eax) == 0x24) {
        a20(r);
    } else if (high(r->eax) == 0x88) {
        uint32_t kib = extended_kib();
        set16(&r->eax, kib < 0xfc00 ? kib : 0xfc00);
        r->flags &= (uint16_t)~CARRY;
    } else {
        answer(r, UNKNOWN);
    }
}

/* ---- INT 1Ah ---- */

void time_service(struct registers *r)
{
    uint32_t ticks;
    switch (high(r->eax)) {
    case 0x00:
        ticks = far_get32(BDA, BDA_TICKS);
        set16(&r->edx, ticks);
        set16(&r->ecx, ticks >> 16);
        set_low(&r->eax, far_get8(BDA, BDA_TICKS + 4));
        far_put8(BDA, BDA_TICKS + 4, 0);
        break;
    case 0x01:
        far_put32(BDA, BDA_TICKS, (r->ecx << 16) | (r->edx & 0xffff));
        far_put8(BDA, BDA_TICKS + 4, 0);
        break;
    case 0x02: /* BCD, as the clock has them */
        set16(&r->ecx, (uint32_t)cmos(4) << 8 | cmos(2));
        set16(&r->edx, (uint32_t)cmos(0) << 8);
        r->flags &= (uint16_t)~CARRY;
        break;
    case 0x04:
        set16(&r->ecx, (uint32_t)cmos(0x32) << 8 | cmos(9));
        set16(&r->edx, (uint32_t)cmos(8) << 8 | cmos(7));
        r->flags &= (uint16_t)~CARRY;
        break;
    default: r->flags |= CARRY; break;
    }
}
