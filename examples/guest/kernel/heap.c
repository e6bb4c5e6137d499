/*
 * heap.c: small pieces of memory for the kernel's own structures. A frame is cut into pieces of one
 * size, a power of two; free pieces of a size form a list through their first word. A frame whose
 * pieces are all free again goes back, so that nothing is lost: the tests count frames.
 */
#include "mem.h"
#include "string.h"

#define SMALLEST_SHIFT 5 /* 32 bytes */
#define CLASSES        8 /* the largest is a whole frame */

struct piece {
    struct piece *next, *previous;
};

static struct piece *free_pieces[CLASSES];
uint64_t heap_pieces; /* in use; exact, for the tests */

static size_t size_of(unsigned int class)
{
    return (size_t)1 << (SMALLEST_SHIFT + class);
}

static struct frame *frame_at(const void *piece)
{
    return frame_of(page_down(physical(piece)));
}

static void push(unsigned int class, struct piece *piece)
{
    piece->previous = NULL;
    piece->next = free_pieces[class];
    if (piece->next != NULL)
        piece->next->previous = piece;
    free_pieces[class] = piece;
}

static void take(unsigned int class, struct piece *piece)
{
    if (piece->previous != NULL)
        piece->previous->next = piece->next;
    else
        free_pieces[class] = piece->next;
    if (piece->next != NULL)
        piece->next->previous = piece->previous;
}

/* Downwards, so that the lowest piece is used first. */
static bool add_frame(unsigned int class)
{
    uint64_t pa = frame_alloc_dirty(FRAME_HEAP);
    if (pa == 0)
        return false;
    frame_of(pa)->heap_class = (uint16_t) class;
    frame_of(pa)->heap_used = 0;
    char *base = direct(pa);
    for (size_t at = PAGE_SIZE; at > 0; at -= size_of(class))
        push(class, (struct piece *)(void *)(base + at - size_of(class)));
    return true;
}

void *kmalloc(size_t size)
{
    unsigned int class = 0;
    while (class < CLASSES && size_of(class) < size)
        class ++;
    if (class == CLASSES || (free_pieces[class] == NULL && !add_frame(class)))
        return NULL;
    struct piece *piece = free_pieces[class];
    take(class, piece);
    frame_at(piece)->heap_used++;
    heap_pieces++;
    return memset(piece, 0, size_of(class));
}

void kfree(void *at)
{
    if (at == NULL)
        return;
    struct frame *frame = frame_at(at);
    unsigned int class = frame->heap_class;
    if (frame->kind != FRAME_HEAP || physical(at) % size_of(class) != 0 || frame->heap_used == 0)
        panic("kfree of %p, which kmalloc did not give", at);
    push(class, at);
    heap_pieces--;
    if (--frame->heap_used != 0)
        return;
    uint64_t pa = page_down(physical(at));
    for (size_t offset = 0; offset < PAGE_SIZE; offset += size_of(class))
        take(class, direct(pa + offset));
    frame_put(pa);
}

char *kstrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = kmalloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
