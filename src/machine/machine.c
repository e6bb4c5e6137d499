/*
 * machine.c - libcpu/machine.h: create, run, stop, destroy.
 */
#include "machine/machine.h"

#include "cpu/exec/block.h"
#include "cpu/feature.h"
#include "cpu/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* ---- errors ---- */

void lc_machine_clear(struct libcpu *m)
{
    m->error.code = LIBCPU_ERR_OK;
    m->error.text[0] = '\0';
}

enum libcpu_err lc_machine_fail(struct libcpu *m, enum libcpu_err code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    m->error.code = code;
    vsnprintf(m->error.text, sizeof(m->error.text), fmt, ap);
    va_end(ap);
    return code;
}

const char *libcpu_last_error(const libcpu *m)
{
    return m ? m->error.text : "";
}

const char *libcpu_strerror(enum libcpu_err err)
{
    return lc_error_text(err);
}

const char *libcpu_stop_name(uint32_t reason)
{
    static const char *const names[] = {
#define LIBCPU_STOP_NAME(name, value, text) [value] = text,
        LIBCPU_STOP_MAP(LIBCPU_STOP_NAME)
#undef LIBCPU_STOP_NAME
    };
    return reason < LC_ARRAY_LEN(names) ? names[reason] : "unknown stop reason";
}

uint32_t libcpu_version(void)
{
    return LIBCPU_VERSION;
}

const char *libcpu_version_string(void)
{
    return LIBCPU_VERSION_STRING;
}

/* ---- configuration ---- */

void libcpu_config_init_sized(struct libcpu_config *config, size_t size)
{
    const struct libcpu_config defaults = {
        .struct_size = (uint32_t)size,
        .clock = LIBCPU_CLOCK_VIRTUAL,
        .ram_size = UINT64_C(64) << 20,
        .insns_per_second = 1000000000,
        .rtc_time = 1767225600,
        .seed = 1,
        .exit_port = 0xf4,
        .log_level = LIBCPU_LOG_WARN,
    };
    if (!config)
        return;
    memset(config, 0, size);
    memcpy(config, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

static enum libcpu_err check_config(const struct libcpu_config *c, struct lc_error *e)
{
    const uint64_t min_ram = UINT64_C(1) << 20, max_ram = UINT64_C(64) << 30;
    if (c->clock > LIBCPU_CLOCK_HOST)
        return lc_fail(e, LIBCPU_ERR_INVALID, "config: clock %u: there is no such clock", c->clock);
    if (c->board > LIBCPU_BOARD_NONE)
        return lc_fail(e, LIBCPU_ERR_INVALID, "config: board %u: there is no such board", c->board);
    if (c->ram_size < min_ram || c->ram_size > max_ram || c->ram_size % LC_PAGE_SIZE)
        return lc_fail(e, LIBCPU_ERR_INVALID,
                       "config: ram_size %llu: a multiple of 4096 from 1 MiB to 64 GiB",
                       (unsigned long long)c->ram_size);
    if (c->insns_per_second < 1000 || c->insns_per_second > UINT64_C(1000000000000))
        return lc_fail(e, LIBCPU_ERR_INVALID,
                       "config: insns_per_second %llu: from 1000 to 1000000000000",
                       (unsigned long long)c->insns_per_second);
    if (c->log_level < LIBCPU_LOG_DEBUG || c->log_level > LIBCPU_LOG_ERROR)
        return lc_fail(e, LIBCPU_ERR_INVALID, "config: log_level %d: from 0 to 3", c->log_level);
    return LIBCPU_ERR_OK;
}

/* The caller's configuration, filled up with defaults where his struct is older. */
static enum libcpu_err take_config(const struct libcpu_config *given, struct libcpu_config *c,
                                   struct lc_error *e)
{
    libcpu_config_init(c);
    if (!given)
        return LIBCPU_ERR_OK;
    if (given->struct_size < 8 || given->struct_size > sizeof(*c))
        return lc_fail(e, LIBCPU_ERR_INVALID,
                       "config: struct_size %u: use libcpu_config_init() of this version",
                       given->struct_size);
    memcpy(c, given, given->struct_size);
    return check_config(c, e);
}

/* ---- clocks ---- */

static uint64_t host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t host_now(void *opaque)
{
    const struct libcpu *m = opaque;
    return host_ns() - m->host_start;
}

/* ---- create and destroy ---- */

static enum libcpu_err add_ram(struct libcpu *m, struct lc_error *e)
{
    uint64_t low = m->ram_size < LC_LOW_RAM_MAX ? m->ram_size : LC_LOW_RAM_MAX;
    enum libcpu_err err = lc_phys_add(&m->phys, "RAM", 0, low, false, e);
    if (!err && m->ram_size > low)
        err =
            lc_phys_add(&m->phys, "RAM above 4 GiB", LC_HIGH_RAM_BASE, m->ram_size - low, false, e);
    return err;
}

static enum libcpu_err add_cpu(struct libcpu *m, const struct libcpu_config *c, struct lc_error *e)
{
    struct lc_cpu_env env = {
        .alloc = &m->alloc,
        .phys = &m->phys,
        .clock = &m->clock,
        .log = &m->log,
        .seed = c->seed,
        .ps_per_insn = UINT64_C(1000000000000) / c->insns_per_second,
    };
    enum libcpu_err err = lc_model_parse(c->cpu, env.features, e);
    if (c->board == LIBCPU_BOARD_NONE)
        lc_model_drop(env.features, LC_FEAT_APIC); /* which the board would have to have */
    if (!err)
        err = lc_cpu_new(&env, &m->cpu, e);
    if (err)
        return err;
    m->cpu->bus.ports = &m->ports;
    if (c->clock == LIBCPU_CLOCK_HOST) {
        m->host_start = host_ns();
        m->cpu->host_now = host_now;
        m->cpu->host_opaque = m;
    }
    return LIBCPU_ERR_OK;
}

static enum libcpu_err assemble(struct libcpu *m, const struct libcpu_config *c, struct lc_error *e)
{
    lc_clock_init(&m->clock);
    lc_bus_init(&m->ports, &m->alloc, 0x10000);
    enum libcpu_err err = lc_phys_init(&m->phys, &m->alloc);
    if (err)
        return lc_fail(e, err, "memory: no room for its tables");
    err = add_ram(m, e);
    if (!err)
        err = add_cpu(m, c, e);
    if (err)
        return err;
    if (c->board == LIBCPU_BOARD_NONE)
        return lc_debug_take_all(m);
    return lc_board_init(m);
}

static void copy_text(const struct lc_error *e, char *text, size_t size)
{
    if (text && size)
        snprintf(text, size, "%s", e->text);
}

enum libcpu_err libcpu_create_error(const struct libcpu_config *config, libcpu **out, char *text,
                                    size_t size)
{
    struct libcpu_config c;
    struct lc_error e = {LIBCPU_ERR_OK, ""};
    if (!out)
        return LIBCPU_ERR_INVALID;
    *out = NULL;
    enum libcpu_err err = take_config(config, &c, &e);
    if (err) {
        copy_text(&e, text, size);
        return err;
    }
    struct lc_alloc alloc = c.alloc ? (struct lc_alloc){c.alloc, c.alloc_user} : lc_alloc_default();
    struct libcpu *m = lc_alloc_zero(&alloc, 1, sizeof(*m));
    if (!m) {
        lc_fail(&e, LIBCPU_ERR_NOMEM, "machine: no memory for it");
        copy_text(&e, text, size);
        return LIBCPU_ERR_NOMEM;
    }
    m->alloc = alloc;
    m->log = (struct lc_log){c.log, c.log_user, c.log_level};
    m->config = c;
    m->config.cpu = NULL;
    m->ram_size = c.ram_size;
    lc_devices_init(m);
    err = assemble(m, &c, &m->error);
    if (err) {
        copy_text(&m->error, text, size);
        libcpu_destroy(m);
        return err;
    }
    *out = m;
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_create(const struct libcpu_config *config, libcpu **out)
{
    return libcpu_create_error(config, out, NULL, 0);
}

void libcpu_destroy(libcpu *m)
{
    if (!m || m->running)
        return;
    struct lc_alloc alloc = m->alloc;
    lc_devices_fini(m);
    lc_board_fini(m);
    lc_disks_fini(m);
    lc_hooks_fini(m);
    lc_trace_fini(m);
    lc_debug_points_fini(m);
    lc_cpu_free(m->cpu);
    lc_bus_fini(&m->ports);
    lc_phys_fini(&m->phys);
    lc_alloc_free(&alloc, m, sizeof(*m));
}

enum libcpu_err libcpu_reset(libcpu *m)
{
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (m->running)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "reset: the machine is running");
    lc_cpu_reset(m->cpu);
    lc_devices_reset(m);
    lc_board_reset(m);
    m->debug.raised = LC_RAISED_NOTHING;
    m->guest_stop = LIBCPU_STOP_NONE;
    return LIBCPU_ERR_OK;
}

/* ---- run and stop ---- */

void lc_machine_stop(struct libcpu *m, enum libcpu_stop_reason reason, uint32_t value)
{
    if (m->guest_stop != LIBCPU_STOP_NONE)
        return; /* the first counts */
    m->guest_stop = reason;
    m->exit_value = value;
    m->cpu->rebudget = true;
    atomic_store_explicit(&m->cpu->stop, true, memory_order_release);
}

void libcpu_request_stop(libcpu *m)
{
    if (!m)
        return;
    atomic_store_explicit(&m->stop_requested, true, memory_order_release);
    atomic_store_explicit(&m->cpu->stop, true, memory_order_release);
}

static void describe_fault(const struct lc_fault *f, uint64_t address, struct libcpu_stop *s)
{
    s->vector = f->vector;
    s->has_error_code = f->has_error;
    s->error_code = f->has_error ? f->error : 0;
    s->address = address;
}

/* What a stop that the machine asked for itself has to tell. */
static void describe_guest_stop(struct libcpu *m, struct libcpu_stop *s)
{
    const struct lc_fault *f = &m->exception;
    s->reason = m->guest_stop;
    m->guest_stop = LIBCPU_STOP_NONE;
    if (s->reason == LIBCPU_STOP_EXIT)
        s->exit_value = m->exit_value;
    if (s->reason == LIBCPU_STOP_EXCEPTION)
        describe_fault(f, f->vector == LC_VEC_PF ? f->cr2 : 0, s);
    if (s->reason != LIBCPU_STOP_WATCHPOINT)
        return;
    s->address = m->access.la;
    s->access_size = m->access.size;
    s->access_write = m->access.write;
}

/* What the CPU's stop means for the caller. */
static void describe(struct libcpu *m, enum lc_stop why, struct libcpu_stop *s)
{
    static const uint32_t reasons[] = {
        [LC_STOP_BUDGET] = LIBCPU_STOP_BUDGET, [LC_STOP_REQUEST] = LIBCPU_STOP_REQUEST,
        [LC_STOP_HALT] = LIBCPU_STOP_HALTED,   [LC_STOP_SHUTDOWN] = LIBCPU_STOP_TRIPLE_FAULT,
        [LC_STOP_IDLE] = LIBCPU_STOP_IDLE,     [LC_STOP_NOMEM] = LIBCPU_STOP_HOST_ERROR,
    };
    s->reason = reasons[why];
    s->error = why == LC_STOP_NOMEM ? LIBCPU_ERR_NOMEM : LIBCPU_ERR_OK;
    if (why == LC_STOP_SHUTDOWN)
        describe_fault(&m->cpu->fault, m->cpu->cr2, s);
    if (m->guest_stop != LIBCPU_STOP_NONE)
        describe_guest_stop(m, s);
    else if (why == LC_STOP_REQUEST)
        atomic_store_explicit(&m->stop_requested, false, memory_order_relaxed);
}

enum libcpu_err libcpu_run(libcpu *m, uint64_t max_insns, struct libcpu_stop *why)
{
    struct libcpu_stop s = {0};
    if (!m)
        return LIBCPU_ERR_INVALID;
    lc_machine_clear(m);
    if (m->running)
        return lc_machine_fail(m, LIBCPU_ERR_STATE, "run: the machine is running");
    /* A request that came while a device's stop was being reported still stands. */
    if (atomic_load_explicit(&m->stop_requested, memory_order_acquire))
        atomic_store_explicit(&m->cpu->stop, true, memory_order_release);
    uint64_t before = lc_cpu_retired(m->cpu);
    m->running = true;
    lc_debug_begin(m);
    enum lc_stop stop = lc_cpu_run(m->cpu, max_insns);
    m->running = false;
    describe(m, stop, &s);
    s.total_insns = lc_cpu_retired(m->cpu);
    s.insns = s.total_insns - before;
    s.rip = m->cpu->rip;
    s.time_ns = lc_cpu_sync_clock(m->cpu);
    s.next_event_ns = lc_clock_next(&m->clock);
    if (why)
        *why = s;
    return LIBCPU_ERR_OK;
}

/* ---- looking ---- */

enum libcpu_err libcpu_stats_get(const libcpu *m, struct libcpu_stats *stats)
{
    if (!m || !stats)
        return LIBCPU_ERR_INVALID;
    const struct lc_cpu *c = m->cpu;
    *stats = (struct libcpu_stats){
        .insns = lc_cpu_retired(c),
        .blocks = c->stats.blocks,
        .block_lookups = c->stats.lookups,
        .tlb_hits = c->stats.tlb_hits,
        .tlb_misses = c->stats.tlb_misses,
        .tlb_flushes = c->tlbs->flushes,
        .tlb_evictions = c->tlbs->evictions,
        .walks = c->stats.walks,
        .exceptions = c->stats.exceptions,
        .interrupts = c->stats.interrupts,
    };
    return LIBCPU_ERR_OK;
}

enum libcpu_err libcpu_state_hash(const libcpu *m, uint64_t *hash)
{
    struct lc_sink_hash h;
    if (!m || !hash)
        return LIBCPU_ERR_INVALID;
    lc_sink_hash_init(&h);
    lc_cpu_save(m->cpu, &h.sink);
    lc_phys_save(&m->phys, &h.sink);
    lc_board_save(m, &h.sink);
    lc_devices_save(m, &h.sink);
    lc_disks_save(m, &h.sink);
    lc_sink_u64(&h.sink, m->clock.now);
    *hash = lc_sink_hash_value(&h);
    return LIBCPU_ERR_OK;
}

const char *libcpu_cpu_model_name(unsigned n)
{
    return lc_model_name(n);
}

static const char *const feature_names[] = {
#define FEATURE_NAME(name, leaf, subleaf, reg, bit, text) text,
    LC_FEATURE_MAP(FEATURE_NAME)
#undef FEATURE_NAME
};

const char *libcpu_cpu_feature_name(unsigned n)
{
    return n < LC_ARRAY_LEN(feature_names) ? feature_names[n] : NULL;
}

enum libcpu_err libcpu_cpu_has(const libcpu *m, const char *feature, bool *has)
{
    if (!m || !feature || !has)
        return LIBCPU_ERR_INVALID;
    for (unsigned i = 0; i < LC_ARRAY_LEN(feature_names); i++) {
        if (strcmp(feature_names[i], feature) == 0) {
            *has = lc_has(m->cpu, LC_FEAT_BASE + 1 + i);
            return LIBCPU_ERR_OK;
        }
    }
    return LIBCPU_ERR_INVALID;
}
