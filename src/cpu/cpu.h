/*
 * cpu.h - the processor: architectural state and what is derived from it for speed.
 *
 * The current privilege level is told by CS (lc_cpl) and is kept nowhere else.  Everything under
 * "derived" can be recomputed from the architectural part by lc_cpu_derive() at any time and is
 * never saved.
 */
#ifndef LC_CPU_CPU_H
#define LC_CPU_CPU_H

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cpu/flags.h"
#include "mmu/tlb.h"

#include <stdatomic.h>

enum lc_gpr {
    LC_RAX,
    LC_RCX,
    LC_RDX,
    LC_RBX,
    LC_RSP,
    LC_RBP,
    LC_RSI,
    LC_RDI,
    LC_R8,
    LC_R9,
    LC_R10,
    LC_R11,
    LC_R12,
    LC_R13,
    LC_R14,
    LC_R15,
    LC_GPRS,
    LC_ZERO = LC_GPRS, /* always 0: a missing base or index register */
    LC_RIP_PAGE,       /* RIP of the first byte of the page that holds the running block */
    LC_GPR_SLOTS,
};

/* In the order of their encodings (SDM vol. 2, table 2-1 and B.1.4.2). */
enum lc_seg_reg { LC_ES, LC_CS, LC_SS, LC_DS, LC_FS, LC_GS, LC_SEGS };

/*
 * A segment register with its hidden part. `attr` is laid out as the second doubleword of a
 * descriptor, bits 8 to 23, moved down by 8 (SDM vol. 3A, 3.4.5):
 *
 *   15  14   13  12   11..8        7  6..5  4  3..0
 *   G   D/B  L   AVL  (limit, 0)   P  DPL   S  type
 */
struct lc_seg {
    uint16_t sel;
    uint16_t attr;
    uint32_t limit; /* in bytes, granularity applied */
    uint64_t base;
    bool usable; /* false: a null selector was loaded (or LTR/LLDT never) */
};

#define LC_SEG_TYPE      0x000fu
#define LC_SEG_S         0x0010u
#define LC_SEG_DPL       0x0060u
#define LC_SEG_P         0x0080u
#define LC_SEG_AVL       0x1000u
#define LC_SEG_L         0x2000u
#define LC_SEG_DB        0x4000u
#define LC_SEG_G         0x8000u
#define LC_SEG_DPL_SHIFT 5
/* Bits of type for code and data segments. */
#define LC_SEG_ACCESSED 0x1u
#define LC_SEG_WRITABLE 0x2u /* data */
#define LC_SEG_DOWN     0x4u /* data: expand-down */
#define LC_SEG_READABLE 0x2u /* code */
#define LC_SEG_CONFORM  0x4u /* code */
#define LC_SEG_CODE     0x8u

/* GDTR and IDTR. */
struct lc_table_reg {
    uint64_t base;
    uint16_t limit;
};

/* CR0, CR4, EFER bits (SDM vol. 3A, 2.5 and 2.2.1). */
#define LC_CR0_PE LC_BIT(0)
#define LC_CR0_MP LC_BIT(1)
#define LC_CR0_EM LC_BIT(2)
#define LC_CR0_TS LC_BIT(3)
#define LC_CR0_ET LC_BIT(4)
#define LC_CR0_NE LC_BIT(5)
#define LC_CR0_WP LC_BIT(16)
#define LC_CR0_AM LC_BIT(18)
#define LC_CR0_NW LC_BIT(29)
#define LC_CR0_CD LC_BIT(30)
#define LC_CR0_PG LC_BIT(31)

#define LC_CR4_VME        LC_BIT(0)
#define LC_CR4_PVI        LC_BIT(1)
#define LC_CR4_TSD        LC_BIT(2)
#define LC_CR4_DE         LC_BIT(3)
#define LC_CR4_PSE        LC_BIT(4)
#define LC_CR4_PAE        LC_BIT(5)
#define LC_CR4_MCE        LC_BIT(6)
#define LC_CR4_PGE        LC_BIT(7)
#define LC_CR4_PCE        LC_BIT(8)
#define LC_CR4_OSFXSR     LC_BIT(9)
#define LC_CR4_OSXMMEXCPT LC_BIT(10)
#define LC_CR4_UMIP       LC_BIT(11)
#define LC_CR4_LA57       LC_BIT(12)
#define LC_CR4_FSGSBASE   LC_BIT(16)
#define LC_CR4_PCIDE      LC_BIT(17)
#define LC_CR4_OSXSAVE    LC_BIT(18)
#define LC_CR4_SMEP       LC_BIT(20)
#define LC_CR4_SMAP       LC_BIT(21)

/* XCR0 (SDM vol. 1, 13.3). */
#define LC_XCR0_X87 LC_BIT(0)
#define LC_XCR0_SSE LC_BIT(1)
#define LC_XCR0_AVX LC_BIT(2)

#define LC_EFER_SCE LC_BIT(0)
#define LC_EFER_LME LC_BIT(8)
#define LC_EFER_LMA LC_BIT(10)
#define LC_EFER_NXE LC_BIT(11)

enum lc_vector {
    LC_VEC_DE = 0,
    LC_VEC_DB = 1,
    LC_VEC_NMI = 2,
    LC_VEC_BP = 3,
    LC_VEC_OF = 4,
    LC_VEC_BR = 5,
    LC_VEC_UD = 6,
    LC_VEC_NM = 7,
    LC_VEC_DF = 8,
    LC_VEC_TS = 10,
    LC_VEC_NP = 11,
    LC_VEC_SS = 12,
    LC_VEC_GP = 13,
    LC_VEC_PF = 14,
    LC_VEC_MF = 16,
    LC_VEC_AC = 17,
    LC_VEC_MC = 18,
    LC_VEC_XM = 19,
    LC_VEC_CP = 21,
};

/*
 * The mode key: everything beside its bytes that decides what a block is decoded to.
 * Blocks of different keys live side by side.
 */
#define LC_KEY_CODE16  0x00u /* bits 1..0: default operand and address size */
#define LC_KEY_CODE32  0x01u
#define LC_KEY_CODE64  0x02u
#define LC_KEY_CODE    0x03u
#define LC_KEY_PROT    0x04u /* protected mode, not virtual-8086 */
#define LC_KEY_VM86    0x08u
#define LC_KEY_FLAT    0x10u /* legacy: ES, DS, SS have base 0, limit 4 GiB, are writable */
#define LC_KEY_LIMITED 0x20u /* legacy: CS has a base or a limit that must be checked */
#define LC_KEY_STEP    0x40u /* one instruction a block: TF, breakpoints armed, exact stop */
#define LC_KEY_HOOK    0x80u /* a hook is called before each instruction (exec/hook.h) */
/* What CR0, CR4 and XCR0 let run (exec/gate.c); rows that need one are not gated while it is on. */
#define LC_KEY_X87   0x100u /* x87 and MMX */
#define LC_KEY_SSE   0x200u
#define LC_KEY_AVX   0x400u
#define LC_KEY_BLOCK 0x800u /* a hook is called before each block */
#define LC_KEY_WATCH                                                                               \
    0x1000u /* other hooks may be called by any instruction: looked for after each */

/* Why a handler left the engine: what the run loop does next. */
enum lc_exit {
    LC_EXIT_NEXT,      /* look up the block at rip */
    LC_EXIT_LINK,      /* the same, and remember it in cpu->link */
    LC_EXIT_FAULT,     /* deliver cpu->fault; rip is that of the faulting instruction */
    LC_EXIT_TRAP,      /* deliver cpu->fault; rip is behind the instruction (INT n, INT3, ...) */
    LC_EXIT_AGAIN,     /* an iteration of a repeated instruction is done; rip is still at it */
    LC_EXIT_RETRY,     /* run the instruction at rip alone: it touches a device */
    LC_EXIT_DISTURBED, /* a hook was called and changed something; nothing of the instruction at
                          rip has happened */
    LC_EXIT_FERR,      /* an x87 instruction waits for the interrupt that FERR# will make */
    LC_EXIT_HALT,      /* HLT was executed; rip is behind it */
    LC_EXIT_NOMEM,     /* the host has no memory for a block */
};

/* What cpu->fault asks to be delivered (SDM vol. 3A, 6.3 to 6.5). */
enum lc_event_kind {
    LC_EVENT_FAULT,    /* an exception */
    LC_EVENT_SOFT,     /* INT n, INT3, INTO: the gate's DPL is checked */
    LC_EVENT_INT1,     /* INT1 (ICEBP): as an exception, no DPL check, but EXT is set in errors */
    LC_EVENT_EXTERNAL, /* an interrupt from outside, or NMI */
};

struct lc_fault {
    enum lc_event_kind kind;
    uint8_t vector;
    bool has_error; /* push `error` */
    uint32_t error;
    uint64_t cr2; /* vector 14: the linear address */
    uint64_t dr6; /* vector 1: bits to set in DR6 */
    uint8_t len;  /* SOFT, INT1: bytes back from rip to the instruction (set by lc_trap) */
};

/* x87, MMX, SSE, AVX registers; room for 32 ZMM registers and 8 masks. */
struct lc_fpu {
    uint16_t fcw, fsw, fop;
    uint8_t ftw; /* abridged: a bit a physical register, 1 = not empty */
    uint64_t fip, fdp;
    uint16_t fcs, fds;
    uint32_t mxcsr;
    _Alignas(16) uint8_t st[8][16]; /* physical registers R0..R7, 80 bits each */
    _Alignas(64) uint8_t zmm[32][64];
    uint64_t k[8];
    uint64_t xcr0;
};

/* Is the host's own floating-point control now the guest's (exec/fpenv.h)?  Never across a call
 * out of the library. */
struct lc_fp_session {
    bool sse, x87;       /* MXCSR; the x87 control word */
    bool fma, sse41;     /* the host has FMA3, SSE4.1; fixed after creation */
    uint32_t host_mxcsr; /* what to put back */
    uint16_t host_fcw;
};

enum { LC_TOLD_VALUES = 4 };

struct libcpu;
struct lc_cpu;
struct lc_insn;
struct lc_block_cache;
struct lc_decoder;

/* How the CPU asks its surroundings; all may be NULL. */
struct lc_cpu_bus {
    struct lc_bus *ports;
    uint8_t (*intack)(void *opaque); /* acknowledge INTR: the vector */
    void (*set_tpr)(void *opaque, uint8_t cr8);
    /* The local APIC: its mode (IA32_APIC_BASE bits 11 and 10), MSRs 800h + reg (false: #GP), and
     * the deadline of its timer as a time of the clock, LC_NEVER: none. */
    void (*apic_mode)(void *opaque, unsigned mode);
    bool (*apic_read)(void *opaque, uint32_t reg, uint64_t *v);
    bool (*apic_write)(void *opaque, uint32_t reg, uint64_t v);
    void (*set_deadline)(void *opaque, uint64_t ns);
    uint64_t (*deadline)(void *opaque);
    void (*ferr)(void *opaque, bool level); /* the FERR# pin: an x87 exception, while CR0.NE is 0 */
    void *opaque;
};

/* Changes of the TLB that are told (lc_observer.tlb). */
enum lc_tlb_event {
    LC_TLB_EVENT_FILL,
    LC_TLB_EVENT_HIT,
    LC_TLB_EVENT_FLUSH,
    LC_TLB_EVENT_FLUSH_PAGE,
    LC_TLB_EVENT_EVICT
};

/* Accesses that are told (lc_observer.memory); bits, so that they can be chosen. */
enum lc_access_kind { LC_ACCESS_READ = 1, LC_ACCESS_WRITE = 2 };

/* Instructions that are told as such (lc_observer.system): before they are executed, when they can
 * still be skipped, but for those that say otherwise. */
enum lc_system_event {
    LC_SYSTEM_SYSCALL,   /* SYSCALL, SYSENTER */
    LC_SYSTEM_SYSRET,    /* SYSRET, SYSEXIT: afterwards */
    LC_SYSTEM_IRET,      /* afterwards */
    LC_SYSTEM_CR,        /* a control register is written: number (LC_CR_XCR0), old, new value */
    LC_SYSTEM_MSR_READ,  /* number; sub 1: there is such a register, and its value */
    LC_SYSTEM_MSR_WRITE, /* number, old and new value; sub 1: there is such a register */
    LC_SYSTEM_CPUID,     /* leaf, subleaf */
    LC_SYSTEM_HLT,
    LC_SYSTEM_UNDEFINED, /* no such instruction: #UD follows */
};

#define LC_CR_XCR0 0x100u /* XSETBV, as LC_SYSTEM_CR tells of it */

struct lc_system_info {
    enum lc_system_event event;
    uint32_t number, sub;
    uint64_t before, after;
};

/*
 * What the machine wants to be told (law 11). Each pointer NULL: nobody.  insn and block select
 * blocks of another variant; memory sends every access to the slow path; the others are called on
 * slow paths only.  State is exact in each: rip, count and clock.
 */
struct lc_observer {
    void *user;
    struct libcpu *machine; /* not looked into */
    /* Before each instruction whose linear address lies in [insn_first, insn_first + insn_span].
     * What is called here and before blocks may be the embedder's function itself. */
    void (*insn)(void *insn_user, struct libcpu *machine, uint64_t la);
    void *insn_user;
    uint64_t insn_first, insn_span;
    /* Before the instruction at stop_at, whose machine then wants to stop; first of all. */
    void (*stop)(struct libcpu *machine);
    uint64_t stop_at;
    /* Where in a page the instructions of these two may lie, a bit for each offset, or anywhere:
     * others are decoded without a record (exec/hook.h).  lc_hook_offsets() changes it. */
    bool insn_anywhere;
    uint64_t insn_offsets[LC_PAGE_SIZE / 64];
    /* Before each block whose first byte lies in [block_first, block_first + block_span]. */
    void (*block)(void *block_user, struct libcpu *machine, uint64_t la, uint32_t bytes,
                  uint32_t insns);
    void *block_user;
    uint64_t block_first, block_span;
    /* An explicit access of the kinds memory_kinds in [memory_first, memory_last], in pieces of at
     * most 8 bytes, that will not fault: before it, but of a device register read, whose value is
     * known afterwards only.  Returns the value to use; a read's that it leaves alone is looked up
     * again, since memory may have been written. */
    uint64_t (*memory)(void *user, struct lc_cpu *cpu, enum lc_access_kind kind, uint64_t la,
                       unsigned size, uint64_t value);
    unsigned memory_kinds;
    uint64_t memory_first, memory_last;
    /* Before delivery: an exception or interrupt has been recognised. False: it is not delivered.
     */
    bool (*event)(void *user, struct lc_cpu *cpu, const struct lc_fault *f);
    /* After delivery or any far transfer or SYSCALL that changed the CPL. */
    void (*privilege)(void *user, struct lc_cpu *cpu, unsigned from, unsigned to);
    /* After each walk that the CPU made (TLB misses). */
    void (*walk)(void *user, struct lc_cpu *cpu, uint64_t la, struct lc_walk_access access,
                 const struct lc_walk *w);
    /* la and pa are those of the page; of FLUSH la is 1 when global pages stay, else 0. */
    void (*tlb)(void *user, struct lc_cpu *cpu, enum lc_tlb_event event, uint64_t la, uint64_t pa);
    bool tlb_hits; /* of each hit too: every access goes to the slow path */
    /* True: the hook has done the instruction's work, which is not executed. */
    bool (*system)(void *user, struct lc_cpu *cpu, const struct lc_system_info *info);
    bool io; /* somebody looks on at ports or device registers (lc_bus.watch) */
};

struct lc_cpu_stats {
    uint64_t blocks;     /* decoded */
    uint64_t lookups;    /* run-loop block look-ups */
    uint64_t tlb_hits;   /* slow-path accesses that found one */
    uint64_t tlb_misses; /* slow-path accesses that found no translation */
    uint64_t walks;
    uint64_t exceptions;
    uint64_t interrupts;
};

struct lc_cpu {
    /* ---- hot: what handlers touch ---- */
    uint64_t gpr[LC_GPR_SLOTS];
    struct lc_arith arith;     /* the six arithmetic flags */
    int64_t remaining;         /* instructions that may still start before the run loop must look */
    struct lc_tlb_hot *tlb;    /* derived: hot table of the current class */
    uint64_t segbase[LC_SEGS]; /* derived: base as applied now (0 for ES, CS, SS, DS in 64-bit) */
    uint64_t sp_mask;          /* derived: stack pointer width as a mask */
    uint8_t seg_checked[LC_SEGS]; /* derived: accesses need limit or type checks */
    bool code64;                  /* derived: 64-bit mode */
    bool align_check;             /* derived: CR0.AM, EFLAGS.AC and CPL 3 */
    uint8_t tlb_class;            /* derived: enum lc_tlb_class of explicit accesses */
    uint32_t key;                 /* derived: mode key of the next block */
    uint32_t rflags;              /* all but the six; bit 1 is always set */
    uint64_t rip;                 /* exact between blocks; inside one see LC_RIP_PAGE */

    /* What a slow path found: handlers take no address of a local, so that their last call can be
     * a jump (exec/op.h). */
    uint64_t found;
    _Alignas(16) uint8_t vbuf[64];
    struct lc_fp_session fp; /* exec/fpenv.h */

    /* ---- hooks (exec/hook.h) ---- */
    const struct lc_insn *at; /* the instruction that is running, in blocks with hooks and while it
                                touches a device; or NULL */
    bool drop_blocks;         /* they lack records of hooks: flush them before the next one runs */
    bool disturbed; /* a hook has changed what may be decoded or delivered: leave the block */
    bool injected;  /* `injection` is to be delivered before the next instruction */
    struct lc_fault injection;
    uint8_t hook_skip; /* LC_HOOK_SKIP_*: the instruction at rip has been told of already */
    /* Accesses of the running instruction that were told of, with the values that came back; when
     * it is tried again, how many of them not to tell of again. */
    uint32_t told, replay;
    uint64_t told_value[LC_TOLD_VALUES];

    /* ---- how the engine leaves ---- */
    enum lc_exit exit;
    struct lc_block **link; /* LC_EXIT_LINK: where to remember the successor */
    struct lc_fault fault;  /* LC_EXIT_FAULT, LC_EXIT_TRAP */
    uint8_t ext;            /* EXT of error codes: 1 while an exception or interrupt is delivered */

    /* ---- architectural ---- */
    struct lc_seg seg[LC_SEGS];
    struct lc_seg ldtr;
    struct lc_seg tr;
    struct lc_table_reg gdtr;
    struct lc_table_reg idtr;
    uint64_t cr0, cr2, cr3, cr4;
    uint64_t cr8; /* task priority, 0 to 15 */
    uint64_t efer;
    uint64_t dr[8]; /* 4 and 5 unused */
    uint64_t star, lstar, cstar, fmask, kernel_gs_base, tsc_aux;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t pat, apic_base, misc_enable;
    uint64_t tsc_deadline; /* what was written; it counts while the local APIC has a deadline */
    uint64_t tsc_offset;   /* added to the clock by WRMSR IA32_TSC */
    uint64_t mcg_status;
    uint64_t mtrr_def_type;
    uint64_t mtrr_fixed[11], mtrr_var[16];
    uint64_t rng; /* state of RDRAND and RDSEED */
    struct lc_fpu fpu;
    bool ferr;        /* FERR# is driven */
    bool ignne;       /* level of the IGNNE# pin: x87 instructions do not wait for exceptions */
    bool shadow;      /* interrupts are held off for one instruction (STI, MOV SS) */
    bool shadow_ss;   /* it was MOV SS or POP SS: debug traps and NMI are held off too */
    bool halted;      /* HLT or MWAIT: waiting for an interrupt */
    bool nmi_blocked; /* inside an NMI handler, until IRET */
    bool nmi_pending;
    bool shutdown;        /* triple fault: only reset helps */
    uint64_t pending_dr6; /* debug conditions met by the running instruction (traps) */
    bool step_done;       /* the running instruction has seen to the single-step trap (SYSCALL) */

    /* ---- derived ---- */
    struct lc_paging paging;
    bool stepping; /* breakpoints or TF: blocks of one instruction */

    /* ---- parts and surroundings ---- */
    struct lc_phys *phys;
    struct lc_tlb *tlbs;           /* owned */
    struct lc_block_cache *blocks; /* owned */
    struct lc_jump *jumps;      /* owned: LC_JUMPS recent targets of branches that are not linked */
    struct lc_decoder *decoder; /* owned */
    struct lc_cpu_bus bus;
    struct lc_observer observer;
    struct lc_clock *clock;
    const struct lc_alloc *alloc;
    const struct lc_log *log;
    uint64_t features[4]; /* bits numbered by enum lc_feature; fixed after creation */
    struct lc_cpu_stats stats;

    /* ---- time and stopping ---- */
    uint64_t retired; /* steps up to the start of this budget: retired instructions, and faults */
    uint64_t faulted; /* how many of them were faults */
    int64_t budget;   /* what `remaining` started from */
    uint64_t ps_per_insn;               /* virtual time of an instruction, picoseconds */
    uint64_t time_base;                 /* ns: virtual time at `time_retired` */
    uint64_t time_retired;              /* instruction count at which time_base holds */
    uint64_t (*host_now)(void *opaque); /* NULL: virtual time; else ns of the host's clock */
    void *host_opaque;
    bool rebudget;    /* the earliest deadline has changed: compute the budget anew */
    bool intr;        /* level of the INTR pin */
    atomic_bool stop; /* lc_cpu_request_stop: the only field another thread may touch */
};

/* Names for the tests of CPU mode. */
LC_INLINE bool lc_real_mode(const struct lc_cpu *c)
{
    return !(c->cr0 & LC_CR0_PE);
}

LC_INLINE bool lc_vm86(const struct lc_cpu *c)
{
    return (c->rflags & LC_VM) != 0;
}

/* EFER.LMA: IA-32e mode, 64-bit or compatibility. */
LC_INLINE bool lc_long_mode(const struct lc_cpu *c)
{
    return (c->efer & LC_EFER_LMA) != 0;
}

/* The current privilege level (SDM vol. 3A, 5.5): the DPL of CS, or the low bits of its selector
 * when it is conforming.  The selector alone would not do: with CR0.PE just set it still is a
 * real-mode paragraph, and the level is 0. */
LC_INLINE unsigned lc_cpl(const struct lc_cpu *c)
{
    const struct lc_seg *cs = &c->seg[LC_CS];
    if (lc_real_mode(c))
        return 0;
    if (lc_vm86(c))
        return 3;
    return cs->attr & LC_SEG_CONFORM ? cs->sel & 3u : (cs->attr & LC_SEG_DPL) >> LC_SEG_DPL_SHIFT;
}

LC_INLINE unsigned lc_iopl(const struct lc_cpu *c)
{
    return c->rflags >> 12 & 3;
}

LC_INLINE bool lc_has(const struct lc_cpu *c, unsigned feature)
{
    return (c->features[feature >> 6] >> (feature & 63) & 1) != 0;
}

/* Linear-address width: 48, or 57 with CR4.LA57 (SDM vol. 1, 3.3.7.1). */
LC_INLINE bool lc_cpu_canonical(const struct lc_cpu *c, uint64_t la)
{
    return lc_canonical(la, c->cr4 & LC_CR4_LA57 ? 57 : 48);
}

/* ---- create.c ---- */
/* What a CPU is made of; the pointers must outlive it. */
struct lc_cpu_env {
    const struct lc_alloc *alloc;
    struct lc_phys *phys; /* one CPU each: it watches stores to code */
    struct lc_clock *clock;
    const struct lc_log *log; /* may be NULL */
    uint64_t features[4];     /* bits numbered by enum lc_feature (lc_model_parse) */
    uint64_t seed;            /* of RDRAND and RDSEED */
    uint64_t ps_per_insn;     /* virtual time of an instruction, picoseconds; > 0 */
};
/* A CPU after RESET, its ports, pins and observer not connected. Errors: INVALID, NOMEM; *out is
 * NULL then and nothing is left behind. */
enum libcpu_err lc_cpu_new(const struct lc_cpu_env *env, struct lc_cpu **out, struct lc_error *e);
/* NULL is allowed. */
void lc_cpu_free(struct lc_cpu *c);

/* ---- cpu.c ---- */
/* State after power-on or RESET (SDM vol. 3A, table 9-1). */
void lc_cpu_reset(struct lc_cpu *c);
/* Recompute everything derived; to be called after any change of CR0, CR3 (mode only), CR4, EFER,
 * a segment register, RFLAGS.VM/AC/TF, CPL, DR7, or the observer. Flushes no TLB. */
void lc_cpu_derive(struct lc_cpu *c);
/* The parts of lc_cpu_derive, for those that change one thing: CR3; RFLAGS.AC (STAC, CLAC). */
void lc_cpu_derive_paging(struct lc_cpu *c);
void lc_cpu_derive_access(struct lc_cpu *c);
void lc_cpu_derive_segment(struct lc_cpu *c, unsigned seg); /* not CS */
/* All RFLAGS, and setting all of them without any check (derives). */
uint64_t lc_cpu_rflags(const struct lc_cpu *c);
void lc_cpu_set_rflags(struct lc_cpu *c, uint64_t f);
/* Steps so far: retired instructions, and faults, which take the place of theirs. Virtual time
 * counts them. Exact at the end of a block and inside its last instruction. */
uint64_t lc_cpu_steps(const struct lc_cpu *c);
/* Retired instructions alone. */
uint64_t lc_cpu_retired(const struct lc_cpu *c);
/* Set the clock to the virtual time of the current instruction and return it (ns). */
uint64_t lc_cpu_sync_clock(struct lc_cpu *c);
/* The time-stamp counter (SDM vol. 3B, 18.17): it counts nanoseconds of the machine's clock. */
uint64_t lc_cpu_tsc(struct lc_cpu *c);
/* Levels of the pins, by the board's wires. */
void lc_cpu_set_intr(struct lc_cpu *c, bool level);
void lc_cpu_nmi(struct lc_cpu *c);
void lc_cpu_set_ignne(struct lc_cpu *c, bool level);
void lc_cpu_set_a20(struct lc_cpu *c, bool enabled);
/* Tell the local APIC of IA32_APIC_BASE and CR8. */
void lc_cpu_tell_apic(struct lc_cpu *c);
/* Write all architectural state. */
void lc_cpu_save(const struct lc_cpu *c, struct lc_sink *s);

/* ---- run.c ---- */
enum lc_stop {
    LC_STOP_BUDGET,   /* max_insns retired */
    LC_STOP_REQUEST,  /* c->stop was set */
    LC_STOP_HALT,     /* halted and no event can wake it: interrupts off, or nothing armed */
    LC_STOP_SHUTDOWN, /* triple fault */
    LC_STOP_IDLE,     /* halted, and the clock is the host's: sleep until lc_clock_next() */
    LC_STOP_NOMEM,    /* the host has no memory for decoded code */
};
/* Run at most max_insns instructions. */
enum lc_stop lc_cpu_run(struct lc_cpu *c, uint64_t max_insns);

#endif
