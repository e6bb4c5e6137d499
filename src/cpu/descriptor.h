/*
 * descriptor.h - segment, system and gate descriptors in the GDT and LDT (SDM vol. 3A, 3.4.5, 3.5
 * and 5.8.3).
 */
#ifndef LC_CPU_DESCRIPTOR_H
#define LC_CPU_DESCRIPTOR_H

#include "cpu/cpu.h"

/* Types of system descriptors (vol. 3A, table 3-2). In IA-32e mode the 32-bit ones are 64-bit and
 * the 16-bit ones, LDT excepted, and the task gate do not exist. */
enum lc_sys_type {
    LC_SYS_TSS16 = 1,
    LC_SYS_LDT = 2,
    LC_SYS_TSS16_BUSY = 3,
    LC_SYS_CALL16 = 4,
    LC_SYS_TASK_GATE = 5,
    LC_SYS_INT16 = 6,
    LC_SYS_TRAP16 = 7,
    LC_SYS_TSS = 9,
    LC_SYS_TSS_BUSY = 11,
    LC_SYS_CALL = 12,
    LC_SYS_INT = 14,
    LC_SYS_TRAP = 15,
};

#define LC_TSS_BUSY 0x02u /* the busy bit of a TSS descriptor's type */

/* The two low bits of a selector and its table bit (vol. 3A, 3.4.2). */
#define LC_SEL_RPL 0x3u
#define LC_SEL_TI  0x4u

struct lc_desc {
    uint64_t raw; /* its first 8 bytes */
    uint64_t la;  /* where they lie */
    uint16_t sel;
    uint16_t attr; /* as struct lc_seg's */
};

/* A call, interrupt, trap or task gate. */
struct lc_gate {
    uint64_t offset;
    uint16_t sel;
    uint8_t type; /* enum lc_sys_type */
    uint8_t dpl;
    uint8_t count; /* call gates: parameters; 64-bit interrupt gates: IST */
    bool present;
    bool system; /* S is clear, as it must be */
};

LC_INLINE bool lc_null_selector(uint16_t sel)
{
    return (sel & ~LC_SEL_RPL) == 0;
}

LC_INLINE unsigned lc_attr_dpl(unsigned attr)
{
    return (attr & LC_SEG_DPL) >> LC_SEG_DPL_SHIFT;
}

LC_INLINE bool lc_attr_is_code(unsigned attr)
{
    return (attr & (LC_SEG_S | LC_SEG_CODE)) == (LC_SEG_S | LC_SEG_CODE);
}

LC_INLINE bool lc_attr_is_conforming(unsigned attr)
{
    return lc_attr_is_code(attr) && (attr & LC_SEG_CONFORM);
}

LC_INLINE bool lc_attr_is_writable_data(unsigned attr)
{
    return (attr & (LC_SEG_S | LC_SEG_CODE | LC_SEG_WRITABLE)) == (LC_SEG_S | LC_SEG_WRITABLE);
}

/* Data, or code that can be read. */
LC_INLINE bool lc_attr_is_readable(unsigned attr)
{
    return (attr & LC_SEG_S) && (!(attr & LC_SEG_CODE) || (attr & LC_SEG_READABLE));
}

/* The type of a system descriptor; 0 (reserved) for code and data. */
LC_INLINE unsigned lc_attr_system_type(unsigned attr)
{
    return attr & LC_SEG_S ? 0 : attr & LC_SEG_TYPE;
}

/* Raise with a selector error code: index and table, and EXT while an event is delivered
 * (vol. 3A, 6.13). */
bool lc_raise_selector(struct lc_cpu *c, unsigned vector, uint16_t sel);

/* Read the descriptor that a selector names.  Outside its table: `vector` with the selector. */
bool lc_desc_read(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_desc *d);
/* The same without raising for a selector that names nothing: *found tells. False: #PF. */
bool lc_desc_probe(struct lc_cpu *c, uint16_t sel, bool *found, struct lc_desc *d);
/* The upper half of a 16-byte descriptor; beyond the limit of its table: `vector`. */
bool lc_desc_read_high(struct lc_cpu *c, const struct lc_desc *d, unsigned vector, uint64_t *high);

/* Set (accessed, busy) or clear bits of the type in memory. */
bool lc_desc_set_type(struct lc_cpu *c, const struct lc_desc *d, unsigned set, unsigned clear);
/* The same for the accessed bit, when it is still clear. */
bool lc_desc_set_accessed(struct lc_cpu *c, const struct lc_desc *d);

/* What a segment register holds after `sel` was loaded with this descriptor (accessed). */
struct lc_seg lc_desc_segment(const struct lc_desc *d, uint16_t sel);
/* The same of an LDT or TSS; `high` is 0 for 8-byte descriptors. */
struct lc_seg lc_desc_system(const struct lc_desc *d, uint64_t high);
/* Take a gate apart; `high` is 0 for 8-byte gates. */
struct lc_gate lc_gate_parse(uint64_t raw, uint64_t high);

#endif
