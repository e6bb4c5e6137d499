/*
 * trace.c - tracing by hooks: instructions (disassembled by Capstone), registers, interrupts,
 * walks, device accesses.
 */
#include "trace.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN = 1 << 16, INSN_MAX = 15 };

struct trace {
    FILE *out;
    unsigned what;
    csh cs[3];      /* 16, 32, 64 bits */
    uint64_t *seen; /* in_asm: addresses shown, a hash set that forgets on collision */
};

/* ---- instructions ---- */

static unsigned width_of(enum libcpu_mode mode)
{
    switch (mode) {
    case LIBCPU_MODE_LONG64: return 2;
    case LIBCPU_MODE_PROT32:
    case LIBCPU_MODE_COMPAT32: return 1;
    default: return 0;
    }
}

/* As many bytes at la as are mapped, at most an instruction's. */
static size_t code_bytes(libcpu *m, uint64_t la, uint8_t *buf)
{
    size_t n = INSN_MAX;
    while (n && libcpu_linear_read(m, la, buf, n) != LIBCPU_ERR_OK)
        n--;
    return n;
}

static void print_insn(struct trace *t, libcpu *m, uint64_t la)
{
    uint8_t buf[INSN_MAX];
    char hex[3 * INSN_MAX + 1] = "";
    cs_insn *insn;
    size_t n = code_bytes(m, la, buf);
    if (cs_disasm(t->cs[width_of(libcpu_cpu_mode(m))], buf, n, la, 1, &insn) != 1) {
        fprintf(t->out, "0x%016" PRIx64 ":  %02x  (not decoded)\n", la, n ? buf[0] : 0);
        return;
    }
    for (unsigned i = 0; i < insn->size; i++)
        sprintf(hex + 3 * i, "%02x ", insn->bytes[i]);
    fprintf(t->out, "0x%016" PRIx64 ":  %-30s %s %s\n", la, hex, insn->mnemonic, insn->op_str);
    cs_free(insn, 1);
}

static void print_registers(struct trace *t, libcpu *m)
{
    static const uint8_t order[] = {
        LIBCPU_REG_RAX, LIBCPU_REG_RBX, LIBCPU_REG_RCX,    LIBCPU_REG_RDX, LIBCPU_REG_RSI,
        LIBCPU_REG_RDI, LIBCPU_REG_RBP, LIBCPU_REG_RSP,    LIBCPU_REG_R8,  LIBCPU_REG_R9,
        LIBCPU_REG_R10, LIBCPU_REG_R11, LIBCPU_REG_R12,    LIBCPU_REG_R13, LIBCPU_REG_R14,
        LIBCPU_REG_R15, LIBCPU_REG_RIP, LIBCPU_REG_RFLAGS, LIBCPU_REG_CR3, LIBCPU_REG_CS};
    for (unsigned i = 0; i < sizeof(order); i++)
        fprintf(t->out, "%-6s %016" PRIx64 "%c", libcpu_reg_name(order[i]), libcpu_reg(m, order[i]),
                i % 4 == 3 ? '\n' : ' ');
}

static bool first_time(struct trace *t, uint64_t la)
{
    uint64_t *slot = &t->seen[(la * UINT64_C(0x9e3779b97f4a7c15)) >> 48];
    if (*slot == la + 1)
        return false;
    *slot = la + 1;
    return true;
}

static void on_insn(void *user, libcpu *m, uint64_t la)
{
    struct trace *t = user;
    if (t->what & TRACE_CPU)
        print_registers(t, m);
    if ((t->what & TRACE_EXEC) || ((t->what & TRACE_IN_ASM) && first_time(t, la)))
        print_insn(t, m, la);
}

/* ---- events ---- */

static enum libcpu_hook_answer on_event(void *user, libcpu *m, const struct libcpu_event *e)
{
    static const char *const kinds[] = {"exception", "software", "interrupt"};
    struct trace *t = user;
    (void)m;
    fprintf(t->out, "%-9s 0x%02x  cpl %u  rip 0x%016" PRIx64, kinds[e->kind], e->vector, e->cpl,
            e->rip);
    if (e->has_error_code)
        fprintf(t->out, "  error 0x%04x", e->error_code);
    if (e->kind == LIBCPU_EVENT_EXCEPTION && e->vector == 14)
        fprintf(t->out, "  address 0x%016" PRIx64, e->address);
    fputc('\n', t->out);
    return LIBCPU_HOOK_GO_ON;
}

static void on_walk(void *user, libcpu *m, const struct libcpu_walk *w)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    struct trace *t = user;
    (void)m;
    fprintf(
        t->out, "walk 0x%016" PRIx64 " %c%c%c", w->la, w->access & LIBCPU_ACCESS_WRITE ? 'w' : 'r',
        w->access & LIBCPU_ACCESS_FETCH ? 'x' : '-', w->access & LIBCPU_ACCESS_USER ? 'u' : 's');
    for (unsigned i = 0; i < w->steps; i++)
        fprintf(t->out, "  %s@%" PRIx64 "=%" PRIx64, names[w->step[i].level], w->step[i].entry_pa,
                w->step[i].updated);
    if (w->ok)
        fprintf(t->out, "  -> 0x%" PRIx64 "\n", w->pa);
    else
        fprintf(t->out, "  -> fault, error 0x%x\n", w->error_code);
}

static void print_io(struct trace *t, const char *what, const struct libcpu_io_access *a)
{
    fprintf(t->out, "%s %s 0x%" PRIx64 " size %u %s 0x%" PRIx64 "\n", what,
            a->write ? "write" : "read ", a->address, a->size, a->write ? "<-" : "->", a->value);
}

static void on_port(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    (void)m;
    print_io(user, "port", a);
}

static void on_mmio(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    (void)m;
    print_io(user, "mmio", a);
}

/* ---- beginning and end ---- */

static bool open_capstone(struct trace *t)
{
    static const cs_mode modes[3] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    for (unsigned i = 0; i < 3; i++)
        if (cs_open(CS_ARCH_X86, modes[i], &t->cs[i]) != CS_ERR_OK)
            return false;
    return true;
}

static enum libcpu_err add_hooks(struct trace *t, libcpu *m)
{
    enum libcpu_err err = LIBCPU_ERR_OK;
    if (t->what & (TRACE_IN_ASM | TRACE_EXEC | TRACE_CPU))
        err = libcpu_hook_insn(m, NULL, on_insn, t, NULL);
    if (!err && (t->what & TRACE_INT))
        err = libcpu_hook_event(m, NULL, on_event, t, NULL);
    if (!err && (t->what & TRACE_WALK))
        err = libcpu_hook_walk(m, NULL, on_walk, t, NULL);
    if (!err && (t->what & TRACE_IO))
        err = libcpu_hook_port(m, NULL, on_port, t, NULL);
    if (!err && (t->what & TRACE_IO))
        err = libcpu_hook_mmio(m, NULL, on_mmio, t, NULL);
    return err;
}

struct trace *trace_begin(libcpu *m, const struct options *o, FILE *out, enum libcpu_err *err)
{
    *err = LIBCPU_ERR_OK;
    if (!o->trace)
        return NULL;
    *err = LIBCPU_ERR_NOMEM;
    struct trace *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->out = out;
    t->what = o->trace;
    t->seen = calloc(SEEN, sizeof(*t->seen));
    if (t->seen && open_capstone(t))
        *err = add_hooks(t, m);
    if (*err) {
        trace_end(t);
        return NULL;
    }
    return t;
}

void trace_end(struct trace *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < 3; i++)
        if (t->cs[i])
            cs_close(&t->cs[i]);
    free(t->seen);
    free(t);
}
