/*
 * story.h - one whole run of the bundled guest, recorded from outside: every exception and
 * interrupt, every change of privilege, every walk that failed. The suites look at the record.
 *
 * Hooks only write down; what is right is asserted afterwards.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include "guest.h"

/* An exception or interrupt, with the state before its delivery. */
struct story_event {
    struct libcpu_event e;
    uint64_t time; /* TSC: nanoseconds of virtual time */
    uint64_t insns;
    uint64_t cr3, rsp, rflags;
    uint16_t cs, ss;
    int32_t pid;
    char name[16];
    uint8_t code[8];         /* at RIP, as far as it can be read */
    struct libcpu_walk walk; /* page faults: the translation, as it is now */
};

/* A change of privilege, with the state after it. */
struct story_crossing {
    unsigned from, to, cpl;
    uint64_t time;
    uint64_t rip, cr3, rsp, rflags, rcx, r11;
    uint16_t cs, ss;
    int32_t pid;
    char name[16];
    uint32_t left_state;    /* state of the task that was current at the crossing before */
    size_t events;          /* recorded before it; the last of them may have caused it */
    bool by_event;          /* 3 -> 0: that event did */
    uint64_t gate;          /* by_event: where the vector's gate in the IDT leads */
    uint8_t gate_dpl;       /* and who may use it by INT n */
    uint64_t tss_rsp0;      /* the stack that the TSS names for ring 0 */
    uint64_t frame[6];      /* what lies at the stack pointer */
    uint64_t counter_frame; /* to ring 3 in "counter": where its variable really is */
    bool kernel_shared;     /* the same: the upper half of the top table is the kernel's */
    uint64_t count;         /* the same: its variable, 0 while its address is not known */
};

/* A walk that ended in a fault. */
struct story_walk {
    struct libcpu_walk w;
    size_t events; /* recorded before it: the fault is the next one */
};

struct story {
    struct guest g;
    struct story_event *event;
    struct story_crossing *crossing;
    struct story_walk *walk;
    size_t events, crossings, walks;
    size_t events_room, crossings_room, walks_room;
    uint64_t a_current, a_tss, a_kernel_cr3; /* addresses of the kernel's variables */
    uint64_t last_task;                      /* `current` at the last crossing */
    libcpu_hook hooks[3];
    uint64_t count_address; /* of the counters' variable: what the guest prints */
};

/* Boot with a command line, record until the machine stops. */
void story_record(struct story *s, const char *cmdline);
void story_free(struct story *s);

/* The group's fixture: the default story, recorded once, in *state. */
int story_setup(void **state);
int story_teardown(void **state);

#endif
