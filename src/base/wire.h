/*
 * wire.h - one electrical line that a chip drives without knowing its other end.
 */
#ifndef LC_BASE_WIRE_H
#define LC_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct lc_wire {
    void (*set)(void *opaque, unsigned pin, bool level); /* NULL: not connected */
    void *opaque;                                        /* the other end */
    unsigned pin;                                        /* its pin */
};

static inline void lc_wire_set(const struct lc_wire *w, bool level)
{
    if (w->set)
        w->set(w->opaque, w->pin, level);
}

#endif
