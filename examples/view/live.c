/*
 * live.c - the machine's thread: slices, pace, and handing the machine over.
 */
#include "live.h"

#include <SDL2/SDL.h>

#include <stdlib.h>

enum { SLICE_MS = 4 };

struct live {
    struct view *v;
    SDL_Thread *thread;
    SDL_mutex *lock;
    SDL_cond *given;   /* the window has given the machine back, or wants the thread to end */
    SDL_atomic_t asks; /* the window waits for the machine */
    bool end;
    uint64_t slice; /* instructions that take about SLICE_MS */
    double debt;    /* paced: instructions that are due */
    uint64_t last;  /* performance counter at the last slice */
    uint64_t second_at, second_insns;
    bool rested;  /* since the last slice there was nothing to do */
    double ahead; /* seconds that the machine's clock is ahead of ours: it was halted */
};

/* ---- pace ---- */

static double since(uint64_t *last)
{
    uint64_t now = SDL_GetPerformanceCounter();
    double s = (double)(now - *last) / (double)SDL_GetPerformanceFrequency();
    *last = now;
    return s;
}

/* How many instructions this slice may have; 0: it is too early for the next one. */
static uint64_t due(struct live *l, double elapsed)
{
    uint64_t speed = speeds[l->v->speed];
    if (!speed) {
        l->debt = 0;
        return l->slice;
    }
    l->debt += elapsed * (double)speed;
    double most = (double)speed * 0.1 + 1;
    if (l->debt > most)
        l->debt = most;
    uint64_t n = (uint64_t)l->debt;
    if (n > l->slice)
        n = l->slice;
    l->debt -= (double)n;
    return n;
}

/* Let slices last about SLICE_MS. */
static void adapt(struct live *l, uint64_t asked, double took)
{
    if (l->v->session.stop.reason != LIBCPU_STOP_BUDGET || asked < l->slice)
        return;
    if (took < SLICE_MS / 2000.0 && l->slice < 16000000)
        l->slice *= 2;
    else if (took > SLICE_MS / 500.0 && l->slice > 1000)
        l->slice /= 2;
}

static void measure(struct live *l)
{
    uint64_t now = SDL_GetPerformanceCounter(), f = SDL_GetPerformanceFrequency();
    if (now - l->second_at < f / 2)
        return;
    uint64_t insns = l->v->session.stop.total_insns;
    l->v->machine_rate =
        (double)(insns - l->second_insns) * (double)f / (double)(now - l->second_at);
    l->second_at = now;
    l->second_insns = insns;
}

/* What ends running. */
static void look_around(struct view *v)
{
    const struct session *s = &v->session;
    if (session_reached(s) || s->stop.reason == LIBCPU_STOP_BREAKPOINT ||
        s->state == SESSION_OVER) {
        v->running = false;
        v->machine_rate = 0;
        if (session_reached(s))
            view_show_found(v);
    }
}

/* A halted guest would jump from tick to tick as fast as it goes: let its clock wait for ours. */
static bool too_early(struct live *l, uint64_t before_ns, double elapsed)
{
    l->ahead += (double)(l->v->session.stop.time_ns - before_ns) / 1e9 - elapsed;
    if (l->ahead < 0)
        l->ahead = 0;
    return l->ahead > 0.004;
}

/* One slice; true: there was nothing to do. */
static bool slice(struct live *l)
{
    struct view *v = l->v;
    double elapsed = since(&l->last);
    uint64_t clock = v->session.stop.time_ns;
    if (!v->running || too_early(l, clock, elapsed))
        return true;
    uint64_t n = due(l, elapsed), begin = SDL_GetPerformanceCounter();
    if (!n)
        return true;
    /* At full speed the machine is the one that is waited for, and most of the time is left to it
     * alone; a guest that waits for a person has the time to be seen in all it does. */
    v->session.sampled = !speeds[v->speed];
    if (l->rested)
        pace_rest(&v->session.watching);
    l->rested = false;
    session_run(&v->session, n);
    adapt(l, n, since(&begin));
    look_around(v);
    measure(l);
    if (v->session.goal.kind == UNTIL_KINDS)
        too_early(l, clock, 0);
    return v->session.stop.reason == LIBCPU_STOP_IDLE || v->session.state == SESSION_HALTED;
}

static int run(void *user)
{
    struct live *l = user;
    SDL_LockMutex(l->lock);
    while (!l->end) {
        bool idle = slice(l);
        l->rested |= idle;
        if (SDL_AtomicGet(&l->asks))
            SDL_CondWait(l->given, l->lock);
        else if (idle)
            SDL_CondWaitTimeout(l->given, l->lock, 2);
    }
    SDL_UnlockMutex(l->lock);
    return 0;
}

/* ---- for the window ---- */

struct live *live_begin(struct view *v)
{
    struct live *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->v = v;
    l->slice = 100000;
    l->lock = SDL_CreateMutex();
    l->given = SDL_CreateCond();
    l->last = l->second_at = SDL_GetPerformanceCounter();
    if (l->lock && l->given)
        l->thread = SDL_CreateThread(run, "machine", l);
    if (l->thread)
        return l;
    live_end(l);
    return NULL;
}

void live_end(struct live *l)
{
    if (l->thread) {
        live_lock(l);
        l->end = true;
        live_unlock(l);
        SDL_WaitThread(l->thread, NULL);
    }
    if (l->given)
        SDL_DestroyCond(l->given);
    if (l->lock)
        SDL_DestroyMutex(l->lock);
    free(l);
}

void live_lock(struct live *l)
{
    SDL_AtomicSet(&l->asks, 1);
    SDL_LockMutex(l->lock);
}

void live_unlock(struct live *l)
{
    SDL_AtomicSet(&l->asks, 0);
    SDL_CondSignal(l->given);
    SDL_UnlockMutex(l->lock);
}
