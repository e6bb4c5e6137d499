/*
 * scene.h - the parts of the tour: a scene shows one row of the article on a machine of its own.
 *
 * A scene's function runs commands in the guest while the stage (stage.h) records what the machine
 * does, then prints what was seen, and checks it: a scene that has checked nothing, or whose check
 * fails, has not been observed.
 */
#ifndef TOUR_SCENE_H
#define TOUR_SCENE_H

#include "print.h"
#include "stage.h"

/* What stands on the stage when a scene begins. */
enum scene_start {
    START_SHELL, /* the guest, at its shell's prompt */
    START_SLOW,  /* the same on a slower processor: there are fewer instructions in a millisecond */
    START_NOTHING, /* the scene makes its own machine */
};

struct scene {
    const char *row;
    const char *title;
    const char *words; /* what the article is about there */
    enum scene_start start;
    void (*play)(struct stage *s);
};

void scene_swapping(struct stage *s); /* chapter_memory_swap.c */

struct chapter {
    const char *title;
    const struct scene *scene;
    unsigned scenes;
};

extern const struct chapter chapter_basics, chapter_time, chapter_programs, chapter_elf,
    chapter_memory, chapter_forks, chapter_bonus;

#endif
