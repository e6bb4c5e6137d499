/*
 * tour.c - see tour.h: which scenes, in which order, with which pauses.
 */
#include "tour.h"

#include "../terminal.h"
#include "scene.h"

#include <stdio.h>
#include <string.h>

static const struct chapter *const chapters[] = {
    &chapter_basics, &chapter_time,  &chapter_programs, &chapter_elf,
    &chapter_memory, &chapter_forks, &chapter_bonus,
};

enum { CHAPTERS = sizeof(chapters) / sizeof(*chapters) };

static const uint64_t slow = 100000000; /* instructions per second */

/* ---- choosing ---- */

static bool is_chosen(const char *which, unsigned chapter, const struct scene *scene)
{
    const char number[] = {(char)('1' + chapter), '\0'};
    return !which || strcmp(which, number) == 0 || strcmp(which, scene->row) == 0;
}

bool tour_knows(const char *which)
{
    for (unsigned c = 0; c < CHAPTERS; c++)
        for (unsigned i = 0; i < chapters[c]->scenes; i++)
            if (is_chosen(which, c, &chapters[c]->scene[i]))
                return true;
    return false;
}

/* ---- pauses ---- */

/* Wait for a key; true: the person leaves. */
static bool wait_for_key(void)
{
    bool leaves = false, goes_on = false;
    fputs("\n[Enter: the next scene   q: leave] ", stdout);
    fflush(stdout);
    terminal_begin();
    while (!goes_on && !leaves) {
        uint8_t key[16];
        size_t n = sizeof(key);
        const enum terminal_input got = terminal_read(key, &n, 100000000);
        leaves = got == TERMINAL_QUIT || got == TERMINAL_EOF || terminal_signal();
        for (size_t i = 0; got == TERMINAL_DATA && i < n; i++) {
            leaves = leaves || memchr("qQ\003\004", key[i], 4);
            goes_on = goes_on || memchr("\r\n ", key[i], 3);
        }
    }
    terminal_end();
    fputs("\r                                       \r", stdout);
    return leaves;
}

/* ---- playing ---- */

static bool prepare(struct stage *s, enum scene_start start)
{
    const struct stage_options o = {.insns_per_second = start == START_SLOW ? slow : 0};
    *s = (struct stage){0};
    if (start == START_NOTHING)
        return true;
    return stage_load(s, &o) && observed(s, stage_to_prompt(s), "the shell's prompt");
}

/* True: everything that the scene is about was observed. */
static bool play(const struct scene *scene)
{
    struct stage s;
    print_title(scene->row, scene->title);
    putchar('\n');
    print_words(scene->words);
    putchar('\n');
    const bool ready = prepare(&s, scene->start);
    const unsigned before = s.checks;
    if (ready)
        scene->play(&s);
    if (s.checks == before && !s.failures)
        observed(&s, false, "anything at all");
    const bool well = !s.failures;
    stage_end(&s);
    return well;
}

static int finish(unsigned played, unsigned missed)
{
    if (missed)
        printf("\n%u of %u scenes did not show what they are about.\n", missed, played);
    else
        printf("\n%u scene%s, each seen from outside the machine.\n", played, &"s"[played == 1]);
    fflush(stdout);
    return missed ? 1 : 0;
}

int tour_run(const char *which, bool pauses)
{
    unsigned played = 0, missed = 0;
    for (unsigned c = 0; c < CHAPTERS; c++) {
        bool titled = false;
        for (unsigned i = 0; i < chapters[c]->scenes; i++) {
            if (!is_chosen(which, c, &chapters[c]->scene[i]))
                continue;
            if (played && pauses && wait_for_key())
                return finish(played, missed);
            if (!titled)
                printf("\n=== %u. %s ===\n", c + 1, chapters[c]->title);
            titled = true;
            putchar('\n');
            missed += !play(&chapters[c]->scene[i]);
            played++;
            fflush(stdout);
        }
    }
    return finish(played, missed);
}
