/*
 * record.h - what has happened: a ring of events, each with the registers and the walk of its
 * moment.
 *
 * Events come from hooks. A busy guest makes more of them than a person can look at and than a
 * fast machine may spend time on, so each slice of a run records at most RECORD_ALLOWANCE of them;
 * the rest is counted and the next event says that some are missing before it.  Hooks of walks, of
 * the TLB and of system instructions slow the code itself; record_watch() takes them away.  Those
 * of exceptions, interrupts and rings are always there.
 */
#ifndef VIEW_RECORD_H
#define VIEW_RECORD_H

#include <libcpu/libcpu.h>

/* X(NAME, "name on screen") */
#define EVENT_MAP(X)                                                                               \
    X(WALK, "page walk")                                                                           \
    X(FAULT, "exception")                                                                          \
    X(SOFT, "INT")                                                                                 \
    X(IRQ, "interrupt")                                                                            \
    X(SYSCALL, "SYSCALL")                                                                          \
    X(SYSENTER, "SYSENTER")                                                                        \
    X(SYSRET, "SYSRET")                                                                            \
    X(IRET, "IRET")                                                                                \
    X(RING, "ring")                                                                                \
    X(CR3, "MOV CR3")                                                                              \
    X(CR, "MOV CR")                                                                                \
    X(FLUSH, "TLB flush")                                                                          \
    X(INVLPG, "TLB page flush")                                                                    \
    X(EVICT, "TLB eviction")                                                                       \
    X(HALT, "HLT")

enum event_kind {
#define EVENT_ENUM(name, text) EVENT_##name,
    EVENT_MAP(EVENT_ENUM)
#undef EVENT_ENUM
        EVENT_KINDS
};

/* Registers of a moment. */
enum {
    SNAP_REGS = 18, /* RAX to R15, RIP, RFLAGS: the numbers of libcpu/regs.h */
};
struct snapshot {
    uint64_t reg[SNAP_REGS];
    uint64_t cr0, cr2, cr3, cr4, efer;
    uint64_t cs_base; /* after reset it is not what the selector says */
    uint16_t cs, ss;
    uint8_t cpl, mode;
};

struct event {
    uint64_t insns; /* retired before it */
    uint64_t time_ns;
    uint64_t rip;
    uint64_t
        address; /* FAULT: CR2. WALK, INVLPG, EVICT: the page. RING, SYSRET, IRET: where it goes */
    uint64_t before;  /* CR3, CR: old value. RING: old level. EVICT: physical page */
    uint64_t after;   /* CR3, CR: new value. RING: new level. SYSCALL: RAX. EVICT: for which page */
    uint32_t error;   /* FAULT: error code */
    uint32_t missing; /* events before this one that were not recorded */
    uint8_t kind;
    uint8_t vector; /* FAULT, SOFT, IRQ. CR: its number */
    uint8_t has_error;
    uint8_t has_walk;
    struct snapshot regs;
    struct libcpu_walk walk;
};

enum { RECORD_EVENTS = 8192, RECORD_ALLOWANCE = 200, RECORD_SPACES = 64, RECORD_HOOKS = 7 };

/* An address space that has been seen: a value of CR3. */
struct space_seen {
    uint64_t cr3; /* without the low 12 bits */
    uint64_t loads;
    uint64_t last_insns;
};

struct recorder;
/* Is this what a run waits for? */
typedef bool (*record_wanted_fn)(void *user, const struct event *e);

struct recorder {
    libcpu *m;
    uint64_t next; /* sequence number of the next event */
    uint32_t missing;
    unsigned allowance;
    uint64_t skipped; /* all that were not recorded */
    uint64_t counts[EVENT_KINDS];
    uint64_t vectors[256];   /* exceptions, software interrupts and interrupts, by vector */
    record_wanted_fn wanted; /* NULL: nothing */
    void *wanted_user;
    libcpu_hook hook[RECORD_HOOKS]; /* of record_watch() */
    bool watching;
    uint64_t now;    /* CR3, as see_space() knew it last */
    uint64_t walked; /* the address of the last walk */
    bool found;      /* the wanted one has come: event number `found_at` */
    uint64_t found_at;
    unsigned space_count;
    struct space_seen space[RECORD_SPACES];
    /* What a timeline asks of every event for every picture, close together; then all of it. */
    uint64_t when[RECORD_EVENTS];  /* instructions retired before it */
    uint64_t where[RECORD_EVENTS]; /* event.address */
    uint8_t kind[RECORD_EVENTS];
    struct event event[RECORD_EVENTS];
};

enum libcpu_err record_begin(struct recorder *r, libcpu *m);
/* See everything, or (false) only what costs the machine nothing: exceptions, interrupts, rings. */
enum libcpu_err record_watch(struct recorder *r, bool all);

/* The event with a sequence number; NULL: overwritten, or not yet. */
const struct event *record_get(const struct recorder *r, uint64_t seq);
/* The oldest that is still there. */
uint64_t record_first(const struct recorder *r);
/* Going from `seq` in a direction (+1, -1), the next event whose kind is in the mask; UINT64_MAX:
 * none. */
uint64_t record_seek(const struct recorder *r, uint64_t seq, int direction, unsigned kinds);

void snapshot_take(libcpu *m, struct snapshot *s);

/* "page fault", "timer interrupt", "SYSCALL 1": what it was, in a few words. */
void event_title(const struct event *e, char *text, size_t size);
/* "#PF", or the number of one that has no name. */
const char *vector_name(unsigned vector);

#endif
