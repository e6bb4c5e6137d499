/*
 * fault.h - what an unmasked SSE exception leaves in MXCSR, as a handler of #XM sees it.
 */
#ifndef TESTS_CPU_FP_FAULT_H
#define TESTS_CPU_FP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* From fault_catch() to fault_release() an exception masks them all, and the instruction runs
 * again. */
void fault_catch(void);
void fault_release(void);
/* Forget what was. */
void fault_clear(void);
/* Was there one since? Then *csr is what it left. */
bool fault_seen(uint32_t *csr);

#endif
