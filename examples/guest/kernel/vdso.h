/* vdso.h: the kernel's shared object in every program. */
#ifndef GUEST_VDSO_H
#define GUEST_VDSO_H

#include "mem.h"

void vdso_init(void);
uint64_t vdso_map(struct mm *mm); /* where its ELF header is; 0: not there */

#endif
