/*
 * view.h - the state of the window: what is looked at, and how.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "draw.h"
#include "keys.h"
#include "search.h"
#include "session.h"
#include "theme.h"

enum screen_id {
    SCREEN_WALK,
    SCREEN_SPACE,
    SCREEN_PHYSICAL,
    SCREEN_TLB,
    SCREEN_CODE,
    SCREEN_RINGS,
    SCREEN_CONSOLE,
    SCREENS
};

/* What the Walk screen and the registers show. */
enum look {
    LOOK_LIVE,    /* the last walk; the registers as they are */
    LOOK_EVENT,   /* event number `event`, as it was recorded */
    LOOK_ADDRESS, /* a translation of `address`, now */
};

/* Below this there is no picture; meant are 128 by 33 and more. */
enum { VIEW_COLS = 90, VIEW_ROWS = 26 };

enum { VIEW_MARKS = 32, ENTRY_MAX = 64, SPEEDS = 9 };

struct area {
    float x, y;
    int w, h;
};

struct tour;

struct view {
    struct session session;
    enum screen_id screen;
    enum look look;
    uint64_t event;
    uint64_t address;
    uint32_t access; /* LIBCPU_ACCESS_* */
    bool running;
    unsigned speed; /* index of speeds[] */
    bool help;
    bool quit;
    bool save; /* the next picture goes to files */
    enum theme theme;
    /* a line being typed */
    bool typing;
    enum ask ask;
    char entry[ENTRY_MAX];
    char search[ENTRY_MAX]; /* what / looked for last */
    struct search find;     /* what it means; its name lies in `search` */
    bool seek;              /* the next list of ranges scrolls to the address */
    char message[160];      /* the answer to the last command */
    uint64_t marks[VIEW_MARKS];
    unsigned mark_count;
    unsigned time_zoom; /* the timeline shows the last 2^time_zoom-th part */
    /* address space: entries gone into, and the space compared with (0: none) */
    uint16_t node[5];
    unsigned node_depth;
    uint64_t compare;
    int scroll;
    uint64_t frame;         /* physical memory: the frame that is explained; UINT64_MAX: none */
    unsigned phase;         /* of slow motion: 0 off, 1 fetch, 2 decode, 3 execute */
    float mouse_x, mouse_y; /* cells; negative: not there */
    double frame_rate;      /* of the last second; 0: not measured */
    double machine_rate;    /* instructions a second; 0: not measured */
    struct tour *tour;      /* NULL: there is none */
};

/* Instructions a second; 0: as fast as it goes. */
extern const uint64_t speeds[SPEEDS];

/* Lay out everything for a picture of that size. */
void view_draw(struct view *v, struct draw *d, int cols, int rows);

/* Do what a command says. */
void view_command(struct view *v, enum command command, int64_t arg);
/* A key: a character, or enum key. */
void view_key(struct view *v, uint32_t key);

/* "0x1000", "ffff8000", "rip", "cr2 ": an address, or the value of a register. */
bool view_parse_address(const struct view *v, const char *text, uint64_t *la);

/* Is the mouse there? What is explained for each of thousands of places is written for that one. */
bool view_hovers(const struct view *v, float x, float y, float w, float h);

/* Look at what a run to a goal has found. */
void view_show_found(struct view *v);

/* The event that is looked at, NULL: none, what is shown is now. */
const struct event *view_event(const struct view *v);
/* The registers to show: those of that event, or of now. */
void view_registers(const struct view *v, struct snapshot *s);

/* The screens: each lays itself out in its area. */
void screen_walk(struct view *v, struct draw *d, struct area a);
void screen_space(struct view *v, struct draw *d, struct area a);
void screen_physical(struct view *v, struct draw *d, struct area a);
void screen_tlb(struct view *v, struct draw *d, struct area a);
void screen_code(struct view *v, struct draw *d, struct area a);
void screen_rings(struct view *v, struct draw *d, struct area a);
void screen_console(struct view *v, struct draw *d, struct area a);

/* frame.c: what is around them. */
void frame_draw(struct view *v, struct draw *d, struct area *inside);
void frame_overlay(struct view *v, struct draw *d);

extern const char *const screen_names[SCREENS];

#endif
