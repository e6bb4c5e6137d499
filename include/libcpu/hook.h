/*
 * libcpu/hook.h - seeing what happens: typed callbacks.
 *
 * Hooks of a kind are called in the order in which they were added, with all state exact: RIP is
 * that of the instruction that does it, unless the kind says otherwise.  They may be added, changed
 * and removed at any moment, also from inside a hook, and that is in force at the next instruction,
 * in code that has been decoded too.  What was added inside a hook is not called for the event that
 * is being told; what was removed is not called any more.  Hooks that are not there cost nothing,
 * and hooks that only look change nothing of what the guest does.
 *
 * Inside a hook every function may be called except libcpu_run(), libcpu_reset(), loading and
 * libcpu_destroy().  It may read and write registers and memory, which counts from the next
 * instruction on; raise an exception in the guest (libcpu_raise(): it takes the place of the
 * instruction when it comes from an instruction or block hook, else it comes behind it); stop the
 * run (libcpu_request_stop(): before the instruction or behind it, likewise); and where the kind
 * has an answer, say that it has done itself what was about to happen.
 */
#ifndef LIBCPU_HOOK_H
#define LIBCPU_HOOK_H

#include <libcpu/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a hook for libcpu_hook_remove(); 0 is none. */
typedef uint32_t libcpu_hook;

/* An inclusive range of addresses or numbers, as each kind says. NULL where one is asked for:
 * everything. */
struct libcpu_range {
    uint64_t first;
    uint64_t last;
};

/* What a hook says that may stand in for what it sees. */
enum libcpu_hook_answer {
    LIBCPU_HOOK_GO_ON = 0,   /* let it happen */
    LIBCPU_HOOK_HANDLED = 1, /* it has happened: by the hook. Hooks behind this one are not called.
                                An instruction is left for the next one, or for where the hook has
                                set RIP to; it counts as retired. */
};

/* ---- code ---- */

/* Before each instruction whose linear address lies in the range. Setting RIP skips it. */
typedef void (*libcpu_insn_fn)(void *user, libcpu *m, uint64_t la);

/* Before each block whose first byte lies in the range: `insns` instructions of `bytes` bytes that
 * follow each other without a branch, as far as the machine decodes at once.  A block may be left
 * before its end, and where it was left another begins. */
typedef void (*libcpu_block_fn)(void *user, libcpu *m, uint64_t la, uint32_t bytes, uint32_t insns);

/* ---- memory ---- */

/* Which accesses a memory hook sees; combine. */
#define LIBCPU_MEMORY_READ  1u
#define LIBCPU_MEMORY_WRITE 2u
#define LIBCPU_MEMORY_FETCH 4u

/*
 * An access by an instruction, once each, that will not fault; one that is wider than 8 bytes in
 * pieces of 8 or less.  What the CPU does by itself is not told: page tables, descriptors, TSS, the
 * frames of exceptions and interrupts.
 */
struct libcpu_access {
    uint64_t la;
    /* READ: what will be read.  WRITE: what will be written.  The hook may change it, and the guest
     * reads or writes that; a read hook may as well write what lies in memory.  FETCH: the first
     * (at most 8) bytes of the instruction; changing it has no effect. */
    uint64_t value;
    uint8_t kind; /* one of LIBCPU_MEMORY_* */
    uint8_t size; /* bytes: 1 to 8; FETCH: 1 to 15 */
    uint8_t reserved[6];
    uint64_t reserved64[2];
};

/* Before a read, a write, or an instruction is fetched to be executed, of which a byte lies in the
 * range; device registers are read before the hook is called. */
typedef void (*libcpu_memory_fn)(void *user, libcpu *m, struct libcpu_access *access);

/* ---- translation ---- */

/* The CPU walked the page tables for a linear address in the range (a TLB miss); accessed and dirty
 * bits have been set. */
typedef void (*libcpu_walk_fn)(void *user, libcpu *m, const struct libcpu_walk *walk);

/* An accessed or dirty bit was set in an entry that a linear address of the range is translated by.
 */
struct libcpu_ad_update {
    uint64_t la;       /* whose access it was */
    uint64_t entry_pa; /* where the entry lies */
    uint64_t before;
    uint64_t after;
    uint8_t level;      /* 5 = PML5E ... 1 = PTE */
    uint8_t entry_size; /* 4 or 8 bytes */
    uint8_t reserved[6];
    uint64_t reserved64[2];
};
typedef void (*libcpu_ad_fn)(void *user, libcpu *m, const struct libcpu_ad_update *update);

/* Changes of the TLB and its use; combine. */
#define LIBCPU_TLB_FILL       1u /* a translation was put into it */
#define LIBCPU_TLB_HIT        2u /* one was used: by each access, and when code is looked up */
#define LIBCPU_TLB_FLUSH      4u /* everything was dropped, or all but global pages */
#define LIBCPU_TLB_FLUSH_PAGE 8u /* one page was dropped: INVLPG, or a page fault on it */
/* One was dropped to make room: by the fill that is told next.  Where a page may lie is this TLB's
 * own affair, and none of the architecture's: SDM vol. 3A, 4.10.2. */
#define LIBCPU_TLB_EVICT 16u

struct libcpu_tlb_event {
    uint32_t kind;         /* one of LIBCPU_TLB_* */
    uint32_t keeps_global; /* FLUSH: 1 when global pages stay */
    uint64_t la;           /* page address; FLUSH: 0 */
    uint64_t pa;           /* FILL, HIT, EVICT: page address; else 0 */
    uint64_t reserved[2];
};
/* Of pages that meet the range; a flush of everything meets every range. */
typedef void (*libcpu_tlb_fn)(void *user, libcpu *m, const struct libcpu_tlb_event *event);

/* ---- exceptions, interrupts, privilege ---- */

enum libcpu_event_kind {
    LIBCPU_EVENT_EXCEPTION = 0, /* a fault or trap */
    LIBCPU_EVENT_SOFTWARE = 1,  /* INT n, INT3, INTO, INT1 */
    LIBCPU_EVENT_INTERRUPT = 2, /* from outside, or NMI */
};

struct libcpu_event {
    uint8_t kind; /* enum libcpu_event_kind */
    uint8_t vector;
    uint8_t has_error_code;
    uint8_t cpl; /* before delivery */
    uint32_t error_code;
    uint64_t rip;         /* that will be pushed */
    uint64_t address;     /* page fault: the linear address, else 0 */
    uint64_t reserved[4]; /* 0 */
};

/*
 * An exception or interrupt whose vector lies in the range is about to be delivered; CR2 and DR6
 * are set.  HANDLED: it is not delivered, and execution goes on at RIP: of a fault that is the
 * instruction, which is tried again; of a trap and a software interrupt the one behind it.  Hooks
 * come before libcpu_vector_policy().
 */
typedef enum libcpu_hook_answer (*libcpu_event_fn)(void *user, libcpu *m,
                                                   const struct libcpu_event *event);

/* The privilege level has changed; RIP and CS are those of the new level. */
typedef void (*libcpu_privilege_fn)(void *user, libcpu *m, unsigned from, unsigned to);

/* ---- system instructions ---- */

/* SYSCALL (`sysenter` false) or SYSENTER at an address in the range is about to be executed, before
 * libcpu_syscall_policy(). */
typedef enum libcpu_hook_answer (*libcpu_syscall_fn)(void *user, libcpu *m, uint64_t la,
                                                     bool sysenter);
/* SYSRET or SYSEXIT, or IRET, has been executed; it went to `rip`, which lies in the range. Setting
 * RIP goes on elsewhere. */
typedef void (*libcpu_return_fn)(void *user, libcpu *m, uint64_t rip);

#define LIBCPU_CR_XCR0 0x100u /* the number of XCR0 among control registers */

/* MOV to a control register, CLTS, LMSW or XSETBV, of a register whose number lies in the range, is
 * about to write it; the value has not been checked. */
struct libcpu_cr_write {
    uint64_t before;
    uint64_t after;
    uint32_t number; /* 0, 2, 3, 4, 8, LIBCPU_CR_XCR0 */
    uint32_t reserved;
    uint64_t reserved64[2];
};
typedef enum libcpu_hook_answer (*libcpu_cr_fn)(void *user, libcpu *m,
                                                const struct libcpu_cr_write *write);

/* RDMSR or WRMSR of a register whose number lies in the range is about to be executed.  HANDLED
 * makes registers that the CPU does not have. */
struct libcpu_msr_access {
    uint64_t value; /* that the register holds; 0 when it does not exist */
    uint64_t after; /* write: the value to come, which has not been checked */
    uint32_t number;
    uint8_t write;
    uint8_t exists;
    uint8_t reserved[2];
    uint64_t reserved64[2];
};
typedef enum libcpu_hook_answer (*libcpu_msr_fn)(void *user, libcpu *m,
                                                 const struct libcpu_msr_access *access);

/* CPUID of a leaf in the range. HANDLED: the hook has set EAX, EBX, ECX and EDX. */
typedef enum libcpu_hook_answer (*libcpu_cpuid_fn)(void *user, libcpu *m, uint32_t leaf,
                                                   uint32_t subleaf);

/* HLT at an address in the range; or bytes there that are no instruction, so that #UD would follow.
 * HANDLED and RIP unchanged goes on behind them: the HLT, or the bytes that were decoded. */
typedef enum libcpu_hook_answer (*libcpu_opcode_fn)(void *user, libcpu *m, uint64_t la);

/* ---- input and output ---- */

/* The guest accessed I/O ports or device registers in memory: `value` was read or written. */
struct libcpu_io_access {
    uint64_t address; /* port, or physical address */
    uint64_t value;
    uint8_t size; /* 1, 2, 4, 8 bytes */
    uint8_t write;
    uint8_t reserved[6]; /* 0 */
};
typedef void (*libcpu_io_fn)(void *user, libcpu *m, const struct libcpu_io_access *access);

/* ---- adding, changing, removing ---- */

/*
 * Add a hook; *out (NULL: not wanted) is its name.  Errors: INVALID (m or fn NULL, a range that
 * ends before it begins, kinds that are none), NOMEM.
 */
LIBCPU_API enum libcpu_err libcpu_hook_insn(libcpu *m, const struct libcpu_range *range,
                                            libcpu_insn_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_block(libcpu *m, const struct libcpu_range *range,
                                             libcpu_block_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_memory(libcpu *m, unsigned kinds,
                                              const struct libcpu_range *range, libcpu_memory_fn fn,
                                              void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_walk(libcpu *m, const struct libcpu_range *range,
                                            libcpu_walk_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_ad(libcpu *m, const struct libcpu_range *range,
                                          libcpu_ad_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_tlb(libcpu *m, unsigned kinds,
                                           const struct libcpu_range *range, libcpu_tlb_fn fn,
                                           void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_event(libcpu *m, const struct libcpu_range *vectors,
                                             libcpu_event_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_privilege(libcpu *m, libcpu_privilege_fn fn, void *user,
                                                 libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_syscall(libcpu *m, const struct libcpu_range *range,
                                               libcpu_syscall_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_sysret(libcpu *m, const struct libcpu_range *range,
                                              libcpu_return_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_iret(libcpu *m, const struct libcpu_range *range,
                                            libcpu_return_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_cr(libcpu *m, const struct libcpu_range *numbers,
                                          libcpu_cr_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_msr_read(libcpu *m, const struct libcpu_range *numbers,
                                                libcpu_msr_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_msr_write(libcpu *m, const struct libcpu_range *numbers,
                                                 libcpu_msr_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_cpuid(libcpu *m, const struct libcpu_range *leaves,
                                             libcpu_cpuid_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_hlt(libcpu *m, const struct libcpu_range *range,
                                           libcpu_opcode_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_undefined(libcpu *m, const struct libcpu_range *range,
                                                 libcpu_opcode_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_port(libcpu *m, const struct libcpu_range *ports,
                                            libcpu_io_fn fn, void *user, libcpu_hook *out);
LIBCPU_API enum libcpu_err libcpu_hook_mmio(libcpu *m, const struct libcpu_range *range,
                                            libcpu_io_fn fn, void *user, libcpu_hook *out);

/* Give a hook another range (NULL: everything); it keeps its place in the order. Errors: INVALID
 * (no such hook, one of a kind without a range, a range that ends before it begins). */
LIBCPU_API enum libcpu_err libcpu_hook_range(libcpu *m, libcpu_hook hook,
                                             const struct libcpu_range *range);

/* Errors: INVALID (no such hook). */
LIBCPU_API enum libcpu_err libcpu_hook_remove(libcpu *m, libcpu_hook hook);

#ifdef __cplusplus
}
#endif

#endif
