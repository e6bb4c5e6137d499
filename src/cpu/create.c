/*
 * create.c - making and unmaking a CPU: its parts, and the wires that it needs from the start.
 */
#include "cpu/cpu.h"
#include "cpu/decode/insn.h"
#include "cpu/exec/block.h"
#include "cpu/exec/fpenv.h"

/* An earlier deadline shortens the budget that is running (run.c). */
static void on_deadline_changed(void *opaque)
{
    struct lc_cpu *c = opaque;
    c->rebudget = true;
}

static void take_env(struct lc_cpu *c, const struct lc_cpu_env *env)
{
    memset(c, 0, sizeof(*c));
    atomic_init(&c->stop, false);
    c->alloc = env->alloc;
    c->phys = env->phys;
    c->clock = env->clock;
    c->log = env->log;
    memcpy(c->features, env->features, sizeof(c->features));
    c->rng = env->seed;
    c->ps_per_insn = env->ps_per_insn;
    c->time_base = env->clock->now;
    c->fp.fma = lc_fp_host_fma();
    c->fp.sse41 = lc_fp_host_sse41();
}

static bool make_decoder(struct lc_cpu *c)
{
    c->decoder = lc_alloc_zero(c->alloc, 1, sizeof(*c->decoder));
    return c->decoder && lc_decoder_init(c->decoder, c->alloc, c->features);
}

static bool make_parts(struct lc_cpu *c)
{
    c->tlbs = lc_alloc_zero(c->alloc, 1, sizeof(*c->tlbs));
    c->jumps = lc_alloc_zero(c->alloc, LC_JUMPS, sizeof(*c->jumps));
    return c->tlbs && c->jumps && make_decoder(c) && lc_blocks_new(c);
}

enum libcpu_err lc_cpu_new(const struct lc_cpu_env *env, struct lc_cpu **out, struct lc_error *e)
{
    *out = NULL;
    if (env->ps_per_insn == 0)
        return lc_fail(e, LIBCPU_ERR_INVALID, "an instruction must take some time (ps_per_insn 0)");
    struct lc_cpu *c = lc_alloc_line(env->alloc, sizeof(*c));
    if (!c)
        return lc_fail(e, LIBCPU_ERR_NOMEM, "no memory for a CPU");
    take_env(c, env);
    if (!make_parts(c)) {
        lc_cpu_free(c);
        return lc_fail(e, LIBCPU_ERR_NOMEM, "no memory for the parts of a CPU");
    }
    lc_tlb_init(c->tlbs);
    c->clock->changed = on_deadline_changed;
    c->clock->opaque = c;
    lc_cpu_reset(c);
    *out = c;
    return LIBCPU_ERR_OK;
}

/* Take the wires back that point here. */
static void disconnect(struct lc_cpu *c)
{
    if (c->clock->opaque == c) {
        c->clock->changed = NULL;
        c->clock->opaque = NULL;
    }
    if (c->phys->opaque == c) {
        c->phys->code_written = NULL;
        c->phys->opaque = NULL;
    }
}

void lc_cpu_free(struct lc_cpu *c)
{
    if (!c)
        return;
    const struct lc_alloc *a = c->alloc;
    disconnect(c);
    lc_blocks_free(c);
    if (c->decoder)
        lc_decoder_fini(c->decoder, a);
    lc_alloc_free(a, c->decoder, sizeof(*c->decoder));
    lc_alloc_free(a, c->jumps, LC_JUMPS * sizeof(*c->jumps));
    lc_alloc_free(a, c->tlbs, sizeof(*c->tlbs));
    lc_alloc_free_line(a, c, sizeof(*c));
}
