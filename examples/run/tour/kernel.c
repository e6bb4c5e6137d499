/*
 * kernel.c - see stage.h: what lies in the machine's memory, read through the public API: the
 * kernel's variables by physical address, programs' memory through the page tables of the moment.
 */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

uint64_t kernel_word(const struct stage *s, uint64_t address)
{
    uint64_t v = 0;
    libcpu_phys_read(s->m, address - KERNEL_BASE, &v, sizeof(v));
    return v;
}

uint64_t kernel_u64(const struct stage *s, const char *name)
{
    return kernel_word(s, symbol(name));
}

/* ---- tasks ---- */

struct layout {
    uint64_t pid, parent, state, cr3, status, name, size, count;
    uint64_t tasks, current;
};

/* Constant data of the image: it is looked up once. */
static const struct layout *layout(void)
{
    static struct layout l;
    if (!l.size)
        l = (struct layout){layout_note("pid"),       layout_note("parent"),
                            layout_note("state"),     layout_note("cr3"),
                            layout_note("status"),    layout_note("name"),
                            layout_note("task.size"), layout_note("task.count"),
                            symbol("tasks"),          symbol("current")};
    return &l;
}

struct task task_at(const struct stage *s, uint64_t address)
{
    const struct layout *l = layout();
    struct task t = {.pid = (int32_t)kernel_word(s, address + l->pid),
                     .state = (uint32_t)kernel_word(s, address + l->state),
                     .cr3 = kernel_word(s, address + l->cr3),
                     .status = (int32_t)kernel_word(s, address + l->status)};
    const uint64_t parent = kernel_word(s, address + l->parent);
    if (parent)
        t.parent = (int32_t)kernel_word(s, parent + l->pid);
    libcpu_phys_read(s->m, address + l->name - KERNEL_BASE, t.name, sizeof(t.name));
    t.name[sizeof(t.name) - 1] = '\0';
    return t;
}

struct task task_number(const struct stage *s, unsigned n)
{
    const struct layout *l = layout();
    return n < l->count ? task_at(s, l->tasks + n * l->size) : (struct task){0};
}

struct task task_current(const struct stage *s)
{
    const uint64_t at = kernel_word(s, layout()->current);
    return at >= KERNEL_BASE ? task_at(s, at) : (struct task){0};
}

struct task task_named(const struct stage *s, const char *name, unsigned n)
{
    for (unsigned i = 1; i < layout()->count; i++) {
        const struct task t = task_number(s, i);
        if (t.state && strcmp(t.name, name) == 0 && n-- == 0)
            return t;
    }
    return (struct task){0};
}

/* ---- addresses ---- */

struct libcpu_walk walk_to(const struct stage *s, uint64_t la, uint32_t access)
{
    struct libcpu_walk w = {0};
    libcpu_translate(s->m, la, access, &w);
    return w;
}

uint64_t last_entry(const struct libcpu_walk *w)
{
    return w->steps ? w->step[w->steps - 1].value : 0;
}

uint64_t entry_under(const struct stage *s, uint64_t cr3, uint64_t la)
{
    uint64_t value = cr3;
    for (int shift = 39; shift >= 12; shift -= 9) {
        const uint64_t pa = (value & ENTRY_FRAME) + 8 * (la >> shift & 511);
        if (libcpu_phys_read(s->m, pa, &value, sizeof(value)) || (shift > 12 && !(value & 1)))
            return 0;
    }
    return value;
}

uint64_t linear_word(const struct stage *s, uint64_t la)
{
    uint64_t v = 0;
    libcpu_linear_read(s->m, la, &v, sizeof(v));
    return v;
}

void linear_text(const struct stage *s, uint64_t la, char *text, size_t size)
{
    size_t n = 0;
    for (char c; n + 1 < size && !libcpu_linear_read(s->m, la + n, &c, 1) && c >= ' ' && c <= '~';)
        text[n++] = c;
    text[n] = '\0';
}

uint64_t printed_number(const struct stage *s, const char *words)
{
    const char *at = strstr(s->out, words);
    return at ? strtoull(at + strlen(words), NULL, 16) : 0;
}
