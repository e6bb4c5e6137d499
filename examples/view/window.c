/*
 * window.c - SDL: the window, its events, its pictures.
 */
#include "window.h"

#include "live.h"
#include "pace.h"
#include "render.h"

#include <SDL2/SDL.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_DISPLAY = 69, FRAME_MS = 16, DEFAULT_WIDTH = 1280, DEFAULT_HEIGHT = 800, FONT_PX = 14 };

struct window {
    SDL_Window *window;
    struct font *font;
    struct view *v;
    const struct options *o;
    struct live *live;
    double units; /* pixels for each unit of the window's coordinates */
    double scale; /* pixels where a display of usual density has one */
    bool remeasure;
    bool dirty; /* something may look different now */
    bool hurry; /* because the machine runs, which waits for the picture; a person does not */
    struct pace pictures;
    uint32_t frames;
    uint64_t counted_at;
    struct draw draw;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "libcpu-view: %s: %s\n", what, why);
    return NO_DISPLAY;
}

/* ---- events ---- */

static uint32_t special_key(SDL_Keycode k, bool shift)
{
    if (k >= SDLK_F1 && k <= SDLK_F12)
        return KEY_F1 + (uint32_t)(k - SDLK_F1);
    switch (k) {
    case SDLK_UP: return KEY_UP;
    case SDLK_DOWN: return KEY_DOWN;
    case SDLK_LEFT: return KEY_LEFT;
    case SDLK_RIGHT: return KEY_RIGHT;
    case SDLK_PAGEUP: return KEY_PAGE_UP;
    case SDLK_PAGEDOWN: return KEY_PAGE_DOWN;
    case SDLK_TAB: return shift ? KEY_BACK_TAB : '\t';
    case SDLK_RETURN:
    case SDLK_KP_ENTER: return '\n';
    case SDLK_BACKSPACE: return '\b';
    case SDLK_ESCAPE: return 27;
    default: return 0;
    }
}

static void key_down(struct view *v, const SDL_KeyboardEvent *k)
{
    uint32_t key = special_key(k->keysym.sym, k->keysym.mod & KMOD_SHIFT);
    if (!key && (k->keysym.mod & KMOD_CTRL) && k->keysym.sym >= 'a' && k->keysym.sym <= 'z')
        key = (uint32_t)k->keysym.sym & 0x1f;
    if (key)
        view_key(v, key);
}

static void mouse_at(struct window *w, int x, int y)
{
    w->v->mouse_x = (float)(x * w->units / font_cell_width(w->font));
    w->v->mouse_y = (float)(y * w->units / font_cell_height(w->font));
}

static void click(struct window *w)
{
    const struct draw_item *i = draw_find(&w->draw, w->v->mouse_x, w->v->mouse_y, true);
    if (w->v->help)
        w->v->help = false;
    else if (i)
        view_command(w->v, (enum command)i->command, (int64_t)i->arg);
}

static void handle(struct window *w, const SDL_Event *e)
{
    switch (e->type) {
    case SDL_QUIT: w->v->quit = true; break;
    case SDL_KEYDOWN: key_down(w->v, &e->key); break;
    case SDL_TEXTINPUT:
        for (const char *p = e->text.text; *p; p++)
            if (*p > 0)
                view_key(w->v, (uint32_t)*p);
        break;
    case SDL_MOUSEMOTION: mouse_at(w, e->motion.x, e->motion.y); break;
    case SDL_MOUSEBUTTONDOWN:
        mouse_at(w, e->button.x, e->button.y);
        if (e->button.button == SDL_BUTTON_LEFT)
            click(w);
        break;
    case SDL_MOUSEWHEEL: view_command(w->v, CMD_SCROLL, -3 * e->wheel.y); break;
    case SDL_WINDOWEVENT:
        if (e->window.event == SDL_WINDOWEVENT_LEAVE)
            w->v->mouse_x = -1;
        if (e->window.event == SDL_WINDOWEVENT_SIZE_CHANGED ||
            e->window.event == SDL_WINDOWEVENT_DISPLAY_CHANGED)
            w->remeasure = true;
        break;
    default: break;
    }
}

/* ---- pictures ---- */

/* F9: NAME-n.png and NAME-n.txt, with the first n that is free. */
static void save(struct window *w, const struct pixels *p, char *answer, size_t size)
{
    char name[512], text[512];
    FILE *f = NULL;
    for (unsigned n = 1; n < 10000 && !f; n++) {
        snprintf(name, sizeof(name), "%s-%u.png", w->o->save, n);
        snprintf(text, sizeof(text), "%s-%u.txt", w->o->save, n);
        f = fopen(text, "wx");
        if (!f && errno != EEXIST)
            break;
    }
    bool ok = f && png_write(name, p);
    if (f) {
        render_text(&w->draw, f);
        fclose(f);
    }
    snprintf(answer, size, ok ? "saved %s and its text" : "%s cannot be written", name);
}

/* Lay out under the lock; draw without it. */
static int picture(struct window *w)
{
    SDL_Surface *s = SDL_GetWindowSurface(w->window);
    int cw = font_cell_width(w->font), ch = font_cell_height(w->font);
    if (!s || s->format->BytesPerPixel != 4)
        return fail("no picture", s ? "the display has no 32-bit pixels" : SDL_GetError());
    live_lock(w->live);
    pace_begin(&w->pictures, true);
    view_draw(w->v, &w->draw, s->w / cw, s->h / ch);
    pace_end(&w->pictures);
    enum theme theme = w->v->theme;
    bool wants_save = w->v->save;
    w->v->save = false;
    w->dirty = w->hurry = w->v->running;
    live_unlock(w->live);
    const struct pixels out = {s->pixels, s->w, s->h, s->pitch / 4};
    render_pixels(&w->draw, w->font, theme, &out);
    if (wants_save) {
        char answer[sizeof(w->v->message)];
        save(w, &out, answer, sizeof(answer));
        live_lock(w->live);
        memcpy(w->v->message, answer, sizeof(answer));
        live_unlock(w->live);
        w->dirty = true;
    }
    /* A surface that a resize has made invalid is replaced at the next picture. */
    SDL_UpdateWindowSurface(w->window);
    return -1;
}

static void count_frames(struct window *w)
{
    uint64_t now = SDL_GetTicks64();
    if (now - w->counted_at < 1000)
        return;
    live_lock(w->live);
    w->v->frame_rate = w->frames * 1000.0 / (double)(now - w->counted_at);
    live_unlock(w->live);
    w->frames = 0;
    w->counted_at = now;
}

/* ---- density ---- */

/* What the display says of its density; X11 tells its size in millimetres at best. */
static double display_scale(const struct window *w)
{
    float dpi = 96;
    if (w->units != 1)
        return w->units;
    if (SDL_GetDisplayDPI(SDL_GetWindowDisplayIndex(w->window), &dpi, NULL, NULL) != 0 ||
        dpi < 144 || dpi >= 600)
        return 1;
    return (int)(dpi / 96 * 2) / 2.0;
}

/* Sharp on displays of high density: pixels for each unit, and a font made for as many more. */
static int measure(struct window *w)
{
    const char *why = "";
    int units, pixels;
    SDL_GetWindowSize(w->window, &units, NULL);
    SDL_GetWindowSizeInPixels(w->window, &pixels, NULL);
    w->units = units ? (double)pixels / units : 1;
    double scale = w->o->scale > 0 ? w->o->scale : display_scale(w);
    w->remeasure = false;
    if (w->font && scale == w->scale)
        return -1;
    struct font *font = font_open(w->o->font, w->o->font_px ? w->o->font_px : FONT_PX, scale, &why);
    if (!font)
        return fail("no font", why);
    font_close(w->font);
    w->font = font;
    w->scale = scale;
    return -1;
}

static int loop(struct window *w)
{
    uint64_t end = w->o->quit_after_ms ? SDL_GetTicks64() + w->o->quit_after_ms : UINT64_MAX;
    int status = -1;
    bool quit = false;
    while (!quit && status < 0 && SDL_GetTicks64() < end) {
        uint64_t begin = SDL_GetTicks64();
        SDL_Event e;
        while (SDL_PollEvent(&e)) {
            live_lock(w->live);
            handle(w, &e);
            quit |= w->v->quit;
            live_unlock(w->live);
            w->dirty = true;
            w->hurry = false;
        }
        if (quit)
            break;
        if (w->remeasure) /* it may be on another display now */
            status = measure(w);
        if (w->dirty && status < 0 && pace_begin(&w->pictures, w->hurry)) {
            status = picture(w);
            w->frames++;
        }
        count_frames(w);
        uint64_t took = SDL_GetTicks64() - begin;
        if (took < FRAME_MS)
            SDL_Delay((uint32_t)(FRAME_MS - took));
    }
    return status < 0 ? 0 : status;
}

/* ---- beginning ---- */

/* In units of the window; no larger than the display when nobody has asked for a size. */
static void window_size(const struct options *o, int *width, int *height)
{
    double scale = o->scale > 0 ? o->scale : 1;
    SDL_Rect room;
    *width = (int)((o->width ? o->width : DEFAULT_WIDTH) * scale);
    *height = (int)((o->height ? o->height : DEFAULT_HEIGHT) * scale);
    if (o->width || SDL_GetDisplayUsableBounds(0, &room) != 0)
        return;
    *width = *width > room.w ? room.w : *width;
    *height = *height > room.h ? room.h : *height;
}

static int open_window(struct window *w)
{
    int width, height;
    window_size(w->o, &width, &height);
    w->window = SDL_CreateWindow("libcpu-view", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                 width, height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!w->window)
        return fail("no window", SDL_GetError());
    SDL_SetWindowMinimumSize(w->window, 640, 400);
    int status = measure(w);
    if (status < 0)
        SDL_StartTextInput();
    return status;
}

/* SDL has drivers that show nothing, and takes the first that starts. */
static bool shows_nothing(const char *driver)
{
    static const char *const blind[] = {"offscreen", "dummy", "evdev"};
    for (unsigned i = 0; i < sizeof(blind) / sizeof(*blind); i++)
        if (driver && strcmp(driver, blind[i]) == 0)
            return true;
    return false;
}

/* A window that nobody sees would run for ever: it is for those who name such a driver. */
static int open_display(void)
{
    const char *asked = SDL_GetHint(SDL_HINT_VIDEODRIVER);
    SDL_setenv("XDG_RUNTIME_DIR", "/", 0); /* without one Wayland prints a line of its own */
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return fail("no display", SDL_GetError());
    if ((asked && *asked) || !shows_nothing(SDL_GetCurrentVideoDriver()))
        return -1;
    SDL_Quit();
    return fail("no display", "neither X11 nor Wayland answers; --text and --shot need none");
}

int window_run(struct view *v, const struct options *o)
{
    /* Pixels straight to the display: no graphics card is needed, and none is emulated. */
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    int status = open_display();
    if (status >= 0)
        return status;
    struct window *w = calloc(1, sizeof(*w));
    status = w ? -1 : fail("no window", "out of memory");
    if (w) {
        w->v = v;
        w->o = o;
        w->pictures = (struct pace)PACE_PICTURES;
        w->counted_at = SDL_GetTicks64();
        w->dirty = true;
        status = open_window(w);
    }
    if (status < 0 && !(w->live = live_begin(v)))
        status = fail("no thread for the machine", SDL_GetError());
    if (status < 0) {
        status = loop(w);
        live_end(w->live);
    }
    if (w) {
        font_close(w->font);
        SDL_DestroyWindow(w->window);
    }
    free(w);
    SDL_Quit();
    return status;
}

int shot_write(struct view *v, const struct options *o)
{
    static struct draw draw;
    const char *why = "";
    const double scale = o->scale > 0 ? o->scale : 1;
    struct font *font = font_open(o->font, o->font_px ? o->font_px : FONT_PX, scale, &why);
    if (!font)
        return fail("no font", why);
    struct pixels p = {.width = (int)((o->width ? o->width : DEFAULT_WIDTH) * scale),
                       .height = (int)((o->height ? o->height : DEFAULT_HEIGHT) * scale)};
    p.stride = p.width;
    p.data = malloc((size_t)p.width * (size_t)p.height * 4);
    bool ok = p.data != NULL;
    if (ok) {
        view_draw(v, &draw, p.width / font_cell_width(font), p.height / font_cell_height(font));
        render_pixels(&draw, font, v->theme, &p);
        errno = 0;
        ok = png_write(o->shot, &p);
    }
    if (!ok)
        fprintf(stderr, "libcpu-view: --shot '%s': cannot write the file%s%s\n", o->shot,
                errno ? ": " : "", errno ? strerror(errno) : "");
    free(p.data);
    font_close(font);
    return ok ? 0 : 73;
}
