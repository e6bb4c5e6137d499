/*
 * story.c - see story.h.
 */
#include "story.h"

#include <stdio.h>

/* The next entry of a growing array. */
static void *next_entry(void *array, size_t *count, size_t *room, size_t size)
{
    void **p = array;
    if (*count == *room) {
        *room = *room ? 2 * *room : 1024;
        *p = realloc(*p, *room * size);
        if (!*p)
            abort();
    }
    void *entry = (char *)*p + (*count)++ * size;
    memset(entry, 0, size);
    return entry;
}

static uint64_t kernel_word(libcpu *m, uint64_t address)
{
    uint64_t v = 0;
    libcpu_phys_read(m, address - KERNEL_BASE, &v, sizeof(v));
    return v;
}

static void read_task(const struct story *s, uint64_t task, int32_t *pid, char *name)
{
    uint64_t pa = task - KERNEL_BASE;
    libcpu_phys_read(s->g.m, pa + s->g.offset_pid, pid, sizeof(*pid));
    libcpu_phys_read(s->g.m, pa + s->g.offset_name, name, 16);
}

static uint16_t selector(libcpu *m, enum libcpu_reg reg)
{
    return (uint16_t)libcpu_reg(m, reg);
}

/* ---- events ---- */

static uint32_t access_of(const struct libcpu_event *e)
{
    return (e->error_code & 2 ? LIBCPU_ACCESS_WRITE : 0) |
           (e->error_code & 4 ? LIBCPU_ACCESS_USER : LIBCPU_ACCESS_AC) |
           (e->error_code & 16 ? LIBCPU_ACCESS_FETCH : 0);
}

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    struct story *s = user;
    struct libcpu_stats stats;
    struct story_event *r =
        next_entry(&s->event, &s->events, &s->events_room, sizeof(struct story_event));
    libcpu_stats_get(m, &stats);
    r->e = *e;
    r->time = libcpu_reg(m, LIBCPU_REG_TSC);
    r->insns = stats.insns;
    r->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    r->rsp = libcpu_reg(m, LIBCPU_REG_RSP);
    r->rflags = libcpu_reg(m, LIBCPU_REG_RFLAGS);
    r->cs = selector(m, LIBCPU_REG_CS);
    r->ss = selector(m, LIBCPU_REG_SS);
    read_task(s, kernel_word(m, s->a_current), &r->pid, r->name);
    libcpu_linear_read(m, e->rip, r->code, sizeof(r->code));
    if (e->kind == LIBCPU_EVENT_EXCEPTION && e->vector == 14)
        libcpu_translate(m, e->address, access_of(e), &r->walk);
    return LIBCPU_HOOK_GO_ON;
}

/* ---- changes of privilege ---- */

static void read_gate(libcpu *m, uint8_t vector, struct story_crossing *r)
{
    uint64_t gate[2] = {0, 0};
    libcpu_linear_read(m, libcpu_reg(m, LIBCPU_REG_IDTR_BASE) + 16 * vector, gate, sizeof(gate));
    r->gate = (gate[0] & 0xffff) | (gate[0] >> 32 & 0xffff0000) | gate[1] << 32;
    r->gate_dpl = gate[0] >> 45 & 3;
}

static void note_way_in(struct story *s, libcpu *m, struct story_crossing *r)
{
    bool fresh = s->crossings > 1 && s->crossing[s->crossings - 2].events < s->events;
    r->by_event = fresh && s->event[s->events - 1].e.cpl == 3;
    r->tss_rsp0 = kernel_word(m, s->a_tss + 4) | kernel_word(m, s->a_tss + 8) << 32;
    if (r->by_event) {
        const struct libcpu_event *e = &s->event[s->events - 1].e;
        size_t words = e->has_error_code ? 6 : 5; /* the stack's page ends behind them */
        read_gate(m, e->vector, r);
        libcpu_linear_read(m, r->rsp, r->frame, words * sizeof(r->frame[0]));
    }
}

static bool shares_kernel(const struct story *s, libcpu *m, uint64_t cr3)
{
    uint64_t own[256], kernel[256];
    libcpu_phys_read(m, cr3 + 2048, own, sizeof(own));
    libcpu_phys_read(m, kernel_word(m, s->a_kernel_cr3) + 2048, kernel, sizeof(kernel));
    return memcmp(own, kernel, sizeof(own)) == 0;
}

static void find_count_address(struct story *s)
{
    const char *at = strstr(s->g.out, " at address 0x");
    if (at)
        s->count_address = strtoull(at + 12, NULL, 16);
}

static void note_counter(struct story *s, libcpu *m, struct story_crossing *r)
{
    struct libcpu_walk w;
    r->kernel_shared = shares_kernel(s, m, r->cr3);
    if (!s->count_address)
        find_count_address(s);
    if (!s->count_address)
        return;
    libcpu_translate(m, s->count_address, LIBCPU_ACCESS_USER, &w);
    r->counter_frame = w.ok ? w.pa : 0;
    libcpu_linear_read(m, s->count_address, &r->count, sizeof(r->count));
}

static void on_privilege(void *user, libcpu *m, unsigned from, unsigned to)
{
    struct story *s = user;
    struct story_crossing *r =
        next_entry(&s->crossing, &s->crossings, &s->crossings_room, sizeof(struct story_crossing));
    r->from = from;
    r->to = to;
    r->cpl = libcpu_cpl(m);
    r->time = libcpu_reg(m, LIBCPU_REG_TSC);
    r->rip = libcpu_reg(m, LIBCPU_REG_RIP);
    r->cr3 = libcpu_reg(m, LIBCPU_REG_CR3);
    r->rsp = libcpu_reg(m, LIBCPU_REG_RSP);
    r->rflags = libcpu_reg(m, LIBCPU_REG_RFLAGS);
    r->rcx = libcpu_reg(m, LIBCPU_REG_RCX);
    r->r11 = libcpu_reg(m, LIBCPU_REG_R11);
    r->cs = selector(m, LIBCPU_REG_CS);
    r->ss = selector(m, LIBCPU_REG_SS);
    r->events = s->events;
    uint64_t task = kernel_word(m, s->a_current);
    read_task(s, task, &r->pid, r->name);
    if (s->last_task)
        libcpu_phys_read(m, s->last_task - KERNEL_BASE + s->g.offset_state, &r->left_state,
                         sizeof(r->left_state));
    s->last_task = task;
    if (to < from)
        note_way_in(s, m, r);
    else if (strcmp(r->name, "counter") == 0)
        note_counter(s, m, r);
}

/* ---- walks ---- */

static void on_walk(void *user, libcpu *m, const struct libcpu_walk *w)
{
    struct story *s = user;
    (void)m;
    if (w->ok)
        return;
    struct story_walk *r =
        next_entry(&s->walk, &s->walks, &s->walks_room, sizeof(struct story_walk));
    r->w = *w;
    r->events = s->events;
}

/* ---- recording ---- */

void story_record(struct story *s, const char *cmdline)
{
    *s = (struct story){
        .a_current = guest_symbol("current"),
        .a_tss = guest_symbol("tss"),
        .a_kernel_cr3 = guest_symbol("kernel_cr3"),
    };
    guest_boot(&s->g, cmdline);
    OK(libcpu_hook_event(s->g.m, NULL, on_event, s, &s->hooks[0]));
    OK(libcpu_hook_privilege(s->g.m, on_privilege, s, &s->hooks[1]));
    OK(libcpu_hook_walk(s->g.m, NULL, on_walk, s, &s->hooks[2]));
    guest_run(&s->g);
}

void story_free(struct story *s)
{
    guest_end(&s->g);
    free(s->event);
    free(s->crossing);
    free(s->walk);
}

int story_setup(void **state)
{
    static struct story s;
    if (!s.g.m)
        story_record(&s, STORY);
    *state = &s;
    return 0;
}

int story_teardown(void **state)
{
    (void)state;
    return 0;
}
