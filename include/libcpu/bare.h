/*
 * libcpu/bare.h - a CPU without a board: map pages, set a mode, run a function or a few bytes.
 *
 * A machine made with config.board = LIBCPU_BOARD_NONE has RAM and no devices.  libcpu_bare() sets
 * it up for one mode, in one call: segments with their descriptors, page tables, floating point and
 * vectors switched on, flags clear.  Memory is then mapped by linear address with its rights; where
 * it lies in physical memory does not matter (but can be asked with libcpu_translate()).
 *
 * Nothing handles exceptions or system calls there, so all of them stop the run: see
 * libcpu_vector_policy() and LIBCPU_STOP_EXCEPTION, LIBCPU_STOP_SYSCALL.
 */
#ifndef LIBCPU_BARE_H
#define LIBCPU_BARE_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum libcpu_bare_mode {
    LIBCPU_BARE_REAL16 = 1,   /* real mode; no paging: addresses are physical, below ram_size */
    LIBCPU_BARE_PROT32 = 2,   /* 32-bit protected mode, CPL 0, PAE paging */
    LIBCPU_BARE_USER32 = 3,   /* the same at CPL 3 */
    LIBCPU_BARE_KERNEL64 = 4, /* 64-bit mode, CPL 0, 4-level paging */
    LIBCPU_BARE_USER64 = 5,   /* the same at CPL 3 */
};

/* What may be done with mapped memory; combine. At CPL 3 it is the user's. */
#define LIBCPU_READ    1u
#define LIBCPU_WRITE   2u
#define LIBCPU_EXECUTE 4u

/*
 * Set up the CPU for a mode.  The last page of the address space holds the descriptor table, for
 * the system alone.  What was mapped is gone, and RAM is given out anew; its contents are cleared
 * when they are mapped.  RIP is 0, RSP is 0: map code and a stack and set both.  Errors: INVALID
 * (no such mode), STATE (the machine has a board, or is running).
 */
LIBCPU_API enum libcpu_err libcpu_bare(libcpu *m, enum libcpu_bare_mode mode);

/*
 * Map fresh memory, all zeros, at [la, la+size), both multiples of 4096.  Real mode: there is no
 * mapping, the range must lie in RAM and is cleared.  Errors: INVALID (alignment, size 0, rights
 * that are none), RANGE (not canonical, beyond 4 GiB in 32-bit modes, beyond RAM in real mode),
 * OVERLAP (a page is mapped already; its address is named), NOMEM (ram_size is used up, or too
 * small), STATE (libcpu_bare() was not called).
 */
LIBCPU_API enum libcpu_err libcpu_map(libcpu *m, uint64_t la, uint64_t size, unsigned rights);
/* Take memory away; its frames are given out again.  Errors: INVALID, RANGE, STATE as above;
 * UNMAPPED (a page is not mapped: nothing has changed). */
LIBCPU_API enum libcpu_err libcpu_unmap(libcpu *m, uint64_t la, uint64_t size);
/* Change the rights of mapped memory. Errors as libcpu_unmap(). */
LIBCPU_API enum libcpu_err libcpu_protect(libcpu *m, uint64_t la, uint64_t size, unsigned rights);

#ifdef __cplusplus
}
#endif

#endif
