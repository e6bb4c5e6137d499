/*
 * keys.h - what a person can ask for, by key or by click.
 */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum command {
    CMD_NONE,
    CMD_SCREEN,    /* arg: enum screen_id */
    CMD_NEXT_TAB,  /* arg: 1, or -1 */
    CMD_RUN,       /* run, or pause */
    CMD_UNTIL,     /* arg: enum until */
    CMD_SPEED,     /* arg: 1, or -1 */
    CMD_EVENT,     /* arg: number of the event to look at */
    CMD_TURN,      /* the event before or behind: arg 1, or -1 */
    CMD_LIVE,      /* look at what happens now */
    CMD_ADDRESS,   /* arg: linear address to look at */
    CMD_ASK,       /* type something: arg is enum ask */
    CMD_ACCESS,    /* the next kind of access to judge */
    CMD_BREAK,     /* a breakpoint at arg; UINT64_MAX: at the place looked at */
    CMD_MARK,      /* bookmark the event looked at */
    CMD_NEXT_MARK, /* go to the next bookmark */
    CMD_ZOOM,      /* arg: 1 in, -1 out */
    CMD_TIME_ZOOM, /* the timeline: arg 1 in, -1 out */
    CMD_NODE,      /* address space: arg is the entry to go into */
    CMD_SCROLL,    /* arg: lines */
    CMD_COMPARE,   /* the next address space to compare with */
    CMD_PHASE,     /* slow motion: the next phase */
    CMD_FRAME,     /* physical memory: arg is the address of the frame */
    CMD_SAVE,      /* the screen as a picture and as text */
    CMD_THEME,
    CMD_HELP,
    CMD_RESTART,
    CMD_TOUR, /* arg: 1 the next chapter, -1 the one before */
    CMD_QUIT,
};

enum ask { ASK_ADDRESS, ASK_SEARCH, ASK_BREAK };

/* Keys without a character. */
enum key {
    KEY_F1 = 0x1000, /* to KEY_F1 + 11 */
    KEY_UP = 0x1020,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_BACK_TAB,
};

struct key_binding {
    uint32_t key;    /* a character, or enum key */
    uint8_t command; /* enum command */
    bool always;     /* also while keys go to the guest or to a line of input */
    int64_t arg;
    const char *label; /* for the help; NULL: the line of help before covers it */
    const char *help;
};

/* The table, ended by key 0. */
extern const struct key_binding key_bindings[];

/* What a key does; NULL: nothing. */
const struct key_binding *key_find(uint32_t key, bool only_always);

#endif
