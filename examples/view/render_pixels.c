/*
 * render_pixels.c - the drawing list as pixels, in plain memory.
 *
 * Glyphs are rasterised once by SDL_ttf and kept as coverage, so that a frame is a few thousand
 * small blends: a picture costs about the same on any computer and needs no graphics card.
 */
#include "render.h"

#include <SDL2/SDL_ttf.h>
#include <png.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GLYPHS = 1024 };

struct glyph {
    uint32_t code;     /* 0: free */
    uint8_t *coverage; /* of the cell's size; NULL: nothing to see */
};

struct font {
    TTF_Font *ttf;
    int width, height; /* of a cell */
    int left;          /* of the glyph in it */
    struct glyph glyph[GLYPHS];
};

/* ---- fonts ---- */

static const char *find_font(void)
{
    static const char *const places[] = {
        "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
        "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
        "/usr/share/fonts/dejavu/DejaVuSansMono.ttf",
        "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
        "/usr/local/share/fonts/dejavu/DejaVuSansMono.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
        "/System/Library/Fonts/Menlo.ttc",
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

/* A font at a size, with the cell that it asks for. */
static struct font *open_size(const char *path, int px, const char **why)
{
    struct font *f = calloc(1, sizeof(*f));
    if (f)
        f->ttf = TTF_OpenFont(path, px);
    if (!f || !f->ttf || TTF_SizeUTF8(f->ttf, "M", &f->width, NULL) != 0 || f->width < 1) {
        *why = f ? TTF_GetError() : "out of memory";
        font_close(f);
        return NULL;
    }
    TTF_SetFontHinting(f->ttf, TTF_HINTING_LIGHT);
    /* A little more than the font's own distance of lines: easier to read. */
    f->height = TTF_FontLineSkip(f->ttf) + (px + 4) / 8;
    return f;
}

/* The largest font that fits into cells of that size, which are then its own. */
static struct font *open_cell(const char *path, int px, int width, int height, const char **why)
{
    struct font *f = open_size(path, px, why);
    while (f && px > 1 && (f->width > width || TTF_FontLineSkip(f->ttf) > height)) {
        font_close(f);
        f = open_size(path, --px, why);
    }
    if (f) {
        f->left = (width - f->width) / 2;
        f->width = width;
        f->height = height;
    }
    return f;
}

struct font *font_open(const char *path, int px, double scale, const char **why)
{
    if (!path)
        path = find_font();
    if (!path) {
        *why = "no monospaced font found (fonts-dejavu-core); name one with --font FILE";
        return NULL;
    }
    if (!TTF_WasInit() && TTF_Init() != 0) {
        *why = TTF_GetError();
        return NULL;
    }
    struct font *f = open_size(path, px, why);
    if (!f || scale == 1)
        return f;
    int width = (int)(f->width * scale), height = (int)(f->height * scale);
    font_close(f);
    return open_cell(path, (int)(px * scale + 0.5), width, height, why);
}

void font_close(struct font *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < GLYPHS; i++)
        free(f->glyph[i].coverage);
    if (f->ttf)
        TTF_CloseFont(f->ttf);
    free(f);
}

int font_cell_width(const struct font *f)
{
    return f->width;
}

int font_cell_height(const struct font *f)
{
    return f->height;
}

/* Copy what SDL_ttf has drawn into a cell. */
static void copy_glyph(const struct font *f, const SDL_Surface *s, int left, uint8_t *cell)
{
    int top = (f->height - TTF_FontLineSkip(f->ttf)) / 2;
    for (int y = 0; y < s->h && y + top < f->height; y++) {
        const uint32_t *line = (const uint32_t *)(const void *)((const uint8_t *)s->pixels +
                                                                (size_t)y * (size_t)s->pitch);
        for (int x = 0; x < s->w; x++)
            if (x + left >= 0 && x + left < f->width)
                cell[(y + top) * f->width + x + left] = (uint8_t)(line[x] >> 24);
    }
}

static uint8_t *rasterise(struct font *f, uint32_t code)
{
    const SDL_Color white = {255, 255, 255, 255};
    SDL_Surface *s = TTF_RenderGlyph32_Blended(f->ttf, code, white);
    uint8_t *cell = s ? calloc((size_t)f->width, (size_t)f->height) : NULL;
    if (cell)
        copy_glyph(f, s, f->left, cell);
    SDL_FreeSurface(s);
    return cell;
}

static const uint8_t *coverage_of(struct font *f, uint32_t code)
{
    unsigned at = code * 2654435761u >> 22;
    for (unsigned n = 0; n < GLYPHS; n++, at = (at + 1) % GLYPHS) {
        struct glyph *g = &f->glyph[at];
        if (g->code == code)
            return g->coverage;
        if (g->code)
            continue;
        g->code = code;
        g->coverage = code == ' ' ? NULL : rasterise(f, code);
        return g->coverage;
    }
    return NULL;
}

/* ---- drawing ---- */

static uint32_t blend(uint32_t below, uint32_t above, uint32_t alpha)
{
    uint32_t rb = below & 0xff00ff, g = below & 0x00ff00;
    alpha += alpha >> 7;
    rb += ((above & 0xff00ff) - rb) * alpha >> 8;
    g += ((above & 0x00ff00) - g) * alpha >> 8;
    return 0xff000000 | (rb & 0xff00ff) | (g & 0x00ff00);
}

static void draw_glyph_at(const struct font *f, const uint8_t *coverage, int px, int py,
                          uint32_t color, const struct pixels *out)
{
    for (int y = 0; y < f->height; y++) {
        if (py + y < 0 || py + y >= out->height)
            continue;
        uint32_t *line = out->data + (ptrdiff_t)(py + y) * out->stride;
        for (int x = 0; x < f->width; x++) {
            uint32_t a = coverage[y * f->width + x];
            if (a && px + x >= 0 && px + x < out->width)
                line[px + x] = blend(line[px + x], color, a);
        }
    }
}

static void fill_pixels(int x0, int y0, int x1, int y1, uint32_t color, const struct pixels *out)
{
    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    x1 = x1 > out->width ? out->width : x1;
    y1 = y1 > out->height ? out->height : y1;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            out->data[(ptrdiff_t)y * out->stride + x] = color;
}

static void text(const struct draw_item *i, struct font *f, uint32_t color,
                 const struct pixels *out)
{
    const char *p = i->text;
    int y = (int)(i->y * (float)f->height);
    for (int x = (int)(i->x * (float)f->width); *p; x += f->width) {
        const uint8_t *coverage = coverage_of(f, draw_next(&p));
        if (coverage)
            draw_glyph_at(f, coverage, x, y, color, out);
    }
}

static void fill(const struct draw_item *i, const struct font *f, uint32_t color,
                 const struct pixels *out)
{
    int x0 = (int)(i->x * (float)f->width), x1 = (int)((i->x + i->w) * (float)f->width);
    int y0 = (int)(i->y * (float)f->height), y1 = (int)((i->y + i->h) * (float)f->height);
    fill_pixels(x0, y0, x1 > x0 ? x1 : x0 + 1, y1 > y0 ? y1 : y0 + 1, color, out);
}

static void strip(const struct draw_item *i, const struct font *f, enum theme theme,
                  const struct pixels *out)
{
    int left = (int)(i->x * (float)f->width), width = (int)(i->w * (float)f->width);
    int top = (int)(i->y * (float)f->height), bottom = (int)((i->y + i->h) * (float)f->height);
    for (int x = 0; x < width; x++) {
        uint32_t from = (uint32_t)((uint64_t)x * i->count / (uint32_t)width);
        uint32_t to = (uint32_t)(((uint64_t)x + 1) * i->count / (uint32_t)width);
        uint8_t most = i->strip[from];
        for (uint32_t k = from; k < to; k++)
            if (i->strip[k] > most)
                most = i->strip[k];
        /* Where an entry is wide enough, a gap tells it from the next. */
        bool gap = (uint64_t)width >= (uint64_t)i->count * 4 &&
                   (x == 0 || (uint64_t)(x - 1) * i->count / (uint32_t)width != from);
        fill_pixels(left + x, top, left + x + 1, bottom,
                    0xff000000 | theme_color(theme, gap ? ROLE_BACK : most), out);
    }
}

void render_pixels(const struct draw *d, struct font *f, enum theme theme, const struct pixels *out)
{
    fill_pixels(0, 0, out->width, out->height, 0xff000000 | theme_color(theme, ROLE_BACK), out);
    for (unsigned n = 0; n < d->count; n++) {
        const struct draw_item *i = &d->item[n];
        uint32_t color = 0xff000000 | theme_color(theme, i->role);
        if (i->kind == DRAW_TEXT)
            text(i, f, color, out);
        else if (i->kind == DRAW_FILL)
            fill(i, f, color, out);
        else if (i->kind == DRAW_STRIP)
            strip(i, f, theme, out);
    }
}

/* ---- PNG ---- */

bool png_write(const char *path, const struct pixels *p)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    image.width = (png_uint_32)p->width;
    image.height = (png_uint_32)p->height;
    image.format = PNG_FORMAT_RGB;
    uint8_t *rgb = malloc((size_t)p->width * (size_t)p->height * 3), *to = rgb;
    if (!rgb)
        return false;
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            uint32_t c = p->data[(ptrdiff_t)y * p->stride + x];
            *to++ = (uint8_t)(c >> 16);
            *to++ = (uint8_t)(c >> 8);
            *to++ = (uint8_t)c;
        }
    }
    int ok = png_image_write_to_file(&image, path, 0, rgb, 0, NULL);
    free(rgb);
    return ok != 0;
}
