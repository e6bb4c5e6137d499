/*
 * segment.h - loading segment registers, and the checks of code segments that control goes to (SDM
 * vol. 3A, 3.4 and 5.5 to 5.8).
 */
#ifndef LC_CPU_SEGMENT_H
#define LC_CPU_SEGMENT_H

#include "cpu/descriptor.h"

/* Load ES, SS, DS, FS or GS by a selector, as the mode demands, with all checks: MOV, POP, LDS. */
bool lc_seg_load(struct lc_cpu *c, unsigned seg, uint16_t sel);
/* What DS, ES, FS or GS is to hold, not null: failing checks raise `vector`, or #NP. */
bool lc_data_segment(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_seg *s);
/* As in real and virtual-8086 mode, any segment register: no checks, and nothing derived anew. */
void lc_seg_load_real(struct lc_cpu *c, unsigned seg, uint16_t sel);
/* A null selector, loaded. */
struct lc_seg lc_seg_null(uint16_t sel);
/* Null the data segments that are too privileged for the new CPL (vol. 2, RET, IRET). */
void lc_seg_drop_inner(struct lc_cpu *c);

/*
 * Read the code segment of a far transfer and check it; CS is not changed, the accessed bit is
 * set.  *cs is what CS is to hold, its RPL the new CPL.
 */
/* JMP and CALL straight to a code segment whose descriptor is *d. */
bool lc_code_direct(struct lc_cpu *c, const struct lc_desc *d, struct lc_seg *cs);
/* RET and IRET (#GP), and CS of a new task (#TS). */
bool lc_code_return(struct lc_cpu *c, uint16_t sel, unsigned vector, struct lc_seg *cs);
/* Through a call, interrupt or trap gate; with `jump` (JMP) the CPL may not change. */
bool lc_code_gate(struct lc_cpu *c, uint16_t sel, bool jump, struct lc_seg *cs);
/* The stack segment of a stack switch or outer return to a code segment `cs`: failing checks raise
 * `vector` (#TS or #GP), or #SS when it is not present. Null selectors are the caller's. */
bool lc_stack_segment(struct lc_cpu *c, uint16_t sel, unsigned cpl, unsigned vector,
                      struct lc_seg *ss);

/* May execution go on at rip in that code segment? #GP(0). */
bool lc_code_offset(struct lc_cpu *c, const struct lc_seg *cs, uint64_t rip);

#endif
