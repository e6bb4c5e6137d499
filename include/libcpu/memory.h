/*
 * libcpu/memory.h - guest memory, physical and linear, and translation.
 */
#ifndef LIBCPU_MEMORY_H
#define LIBCPU_MEMORY_H

#include <libcpu/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Copy physical memory (RAM and ROM) out or in.  No device register is touched.  All or nothing.
 * Writing is allowed to ROM too, and is seen by code already decoded.  Errors: INVALID, UNMAPPED
 * (a byte is no memory).
 */
LIBCPU_API enum libcpu_err libcpu_phys_read(libcpu *m, uint64_t pa, void *buf, size_t size);
LIBCPU_API enum libcpu_err libcpu_phys_write(libcpu *m, uint64_t pa, const void *buf, size_t size);

/*
 * The same by linear address through the current page tables, as the supervisor sees them, without
 * setting accessed or dirty bits and without filling the TLB.  Writing does not ask for write
 * permission.  Errors: INVALID, UNMAPPED (a page is not present, or is no memory).
 */
LIBCPU_API enum libcpu_err libcpu_linear_read(libcpu *m, uint64_t la, void *buf, size_t size);
LIBCPU_API enum libcpu_err libcpu_linear_write(libcpu *m, uint64_t la, const void *buf,
                                               size_t size);

enum libcpu_paging {
    LIBCPU_PAGING_NONE = 0,
    LIBCPU_PAGING_32BIT = 1,
    LIBCPU_PAGING_PAE = 2,
    LIBCPU_PAGING_4LEVEL = 3,
    LIBCPU_PAGING_5LEVEL = 4,
};

/* What kind of access to judge; combine. 0: a supervisor's read. */
#define LIBCPU_ACCESS_WRITE 1u
#define LIBCPU_ACCESS_FETCH 2u
#define LIBCPU_ACCESS_USER  4u
#define LIBCPU_ACCESS_AC    8u /* explicit supervisor access with EFLAGS.AC set: SMAP is lifted */

enum libcpu_verdict {
    LIBCPU_VERDICT_TABLE = 0,     /* present, points to the next table */
    LIBCPU_VERDICT_PAGE = 1,      /* present, maps the page */
    LIBCPU_VERDICT_ABSENT = 2,    /* not present */
    LIBCPU_VERDICT_RESERVED = 3,  /* a reserved bit is set */
    LIBCPU_VERDICT_NO_MEMORY = 4, /* the entry lies where no memory is */
};

struct libcpu_walk_step {
    uint8_t level;      /* 5 = PML5E, 4 = PML4E, 3 = PDPTE, 2 = PDE, 1 = PTE */
    uint8_t entry_size; /* 4 or 8 bytes */
    uint8_t verdict;    /* enum libcpu_verdict */
    uint8_t reserved[5];
    uint64_t entry_pa; /* where the entry lies; PAE PDPTE register: its number, 0 to 3 */
    uint64_t value;    /* as it was read */
    uint64_t updated;  /* as it was left: differs when accessed or dirty was set */
};

#define LIBCPU_WALK_STEPS 5

/* A translation, step by step (SDM vol. 3A, chapter 4). */
struct libcpu_walk {
    uint64_t la;
    uint64_t pa; /* ok: the physical address */
    uint64_t cr3;
    uint32_t error_code; /* !ok: of the page fault that the access would get */
    uint8_t ok;          /* the access is allowed */
    uint8_t paging;      /* enum libcpu_paging */
    uint8_t page_shift;  /* ok: 12, 21, 22, 30 */
    uint8_t writable;    /* all levels combined */
    uint8_t user;
    uint8_t executable;
    uint8_t global;
    uint8_t dirty;
    uint8_t steps;     /* valid entries of step[] */
    uint8_t access;    /* LIBCPU_ACCESS_* that was judged */
    uint8_t canonical; /* 0: la is not canonical; there was no walk */
    uint8_t reserved[5];
    struct libcpu_walk_step step[LIBCPU_WALK_STEPS]; /* top level first */
    uint64_t reserved64[4];
};

/*
 * Translate la as an access of that kind would be, with no side effects: no accessed or dirty bit,
 * no TLB entry; what the TLB holds (and may be stale) is not looked at.  A fault is not an error:
 * walk->ok says so.  Errors: INVALID.
 */
LIBCPU_API enum libcpu_err libcpu_translate(libcpu *m, uint64_t la, uint32_t access,
                                            struct libcpu_walk *walk);

/* Bytes of RAM, as configured; 0 when m is NULL. */
LIBCPU_API uint64_t libcpu_ram_size(const libcpu *m);

#ifdef __cplusplus
}
#endif

#endif
