/*
 * string.c - string instructions and their repetition (SDM vol. 1, 7.3.9; vol. 2: MOVS, CMPS, SCAS,
 * LODS, STOS, REP).  INS and OUTS are in io.c.
 *
 * A repeated instruction does a chunk of its elements per execution: at most up to the end of the
 * page that rSI or rDI points into, so at most 4096 bytes.  When elements are left it runs again as
 * an instruction of its own, and interrupts are taken in between.  How large a chunk is follows
 * from registers and segment bases alone.  Registers are committed with each element, so that a
 * fault shows those that are done.
 *
 * Inside a chunk, elements go all at once when their pages are plain memory, else one by one.
 *
 * The flags of REPE and REPNE are those of the last comparison when they come to an end; a fault
 * leaves them as they were before the first (vol. 2B, REP), so a chunk that is not the last does
 * too.  Single-stepped, each comparison shows its own.
 */
#include "cpu/exec/op.h"

/* ---- index registers ---- */

LC_INLINE unsigned address_size(const struct lc_insn *insn)
{
    return 1u << LC_INSN_ASIZE(insn->flags);
}

/* rSI, rDI or rCX, by the address size. */
LC_INLINE uint64_t index_reg(const struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg)
{
    if (LC_LIKELY(insn->flags & LC_INSN_EA64))
        return cpu->gpr[reg];
    return cpu->gpr[reg] & lc_mask_size(address_size(insn));
}

/* Move an index by n elements, in the direction of DF; or rCX by minus n. */
LC_INLINE void add_to(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg, uint64_t n)
{
    if (LC_LIKELY(insn->flags & LC_INSN_EA64))
        cpu->gpr[reg] += n;
    else
        lc_set_reg(cpu, reg * 8, address_size(insn), cpu->gpr[reg] + n);
}

LC_INLINE bool downwards(const struct lc_cpu *cpu)
{
    return (cpu->rflags & LC_DF) != 0;
}

LC_INLINE void advance(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg, unsigned size,
                       uint64_t n)
{
    add_to(cpu, insn, reg, downwards(cpu) ? 0 - n * size : n * size);
}

LC_INLINE bool repeated(const struct lc_insn *insn)
{
    return (insn->flags & (LC_INSN_REP | LC_INSN_REPN)) != 0;
}

/* Does REPE or REPNE stop after the element that set the flags? */
LC_INLINE bool terminated(const struct lc_cpu *cpu, const struct lc_insn *insn)
{
    bool until_equal = (insn->flags & LC_INSN_REPN) != 0;
    return lc_arith_zf(&cpu->arith) == until_equal;
}

/* ---- one element ---- */

LC_INLINE bool load_from(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg, unsigned seg,
                         unsigned size, uint64_t *v)
{
    uint64_t la;
    return lc_linear(cpu, seg, index_reg(cpu, insn, reg), size, false, &la) &&
           lc_load(cpu, insn, seg, la, size, v);
}

LC_INLINE bool store_to_di(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                           uint64_t v)
{
    uint64_t la;
    return lc_linear(cpu, LC_ES, index_reg(cpu, insn, LC_RDI), size, true, &la) &&
           lc_store(cpu, insn, LC_ES, la, size, v);
}

LC_INLINE bool movs_element(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    if (!load_from(cpu, insn, LC_RSI, insn->seg, size, &v) || !store_to_di(cpu, insn, size, v))
        return false;
    advance(cpu, insn, LC_RSI, size, 1);
    advance(cpu, insn, LC_RDI, size, 1);
    return true;
}

LC_INLINE bool stos_element(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    if (!store_to_di(cpu, insn, size, cpu->gpr[LC_RAX]))
        return false;
    advance(cpu, insn, LC_RDI, size, 1);
    return true;
}

LC_INLINE bool lods_element(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t v;
    if (!load_from(cpu, insn, LC_RSI, insn->seg, size, &v))
        return false;
    lc_set_reg(cpu, LC_RAX * 8, size, v);
    advance(cpu, insn, LC_RSI, size, 1);
    return true;
}

LC_INLINE bool scas_element(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t b, a = lc_reg(cpu, LC_RAX * 8, size);
    if (!load_from(cpu, insn, LC_RDI, LC_ES, size, &b))
        return false;
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    advance(cpu, insn, LC_RDI, size, 1);
    return true;
}

LC_INLINE bool cmps_element(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)
{
    uint64_t a, b;
    /* The destination first: when both fault, silicon reports that one. */
    if (!load_from(cpu, insn, LC_RDI, LC_ES, size, &b) ||
        !load_from(cpu, insn, LC_RSI, insn->seg, size, &a))
        return false;
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    advance(cpu, insn, LC_RSI, size, 1);
    advance(cpu, insn, LC_RDI, size, 1);
    return true;
}

/* ---- the size of a chunk ---- */

/* Linear address of the element at an index, before any check. */
static uint64_t linear_of(const struct lc_cpu *cpu, unsigned seg, uint64_t index)
{
    uint64_t la = index + cpu->segbase[seg];
    return cpu->code64 ? la : (uint32_t)la;
}

/* Elements of `size` bytes from offset `off` on that fit below `end`, or down to 0. */
static uint64_t fitting(uint64_t off, uint64_t end, unsigned size, bool down)
{
    if (off + size > end)
        return 1; /* it crosses: alone */
    return down ? off / size + 1 : (end - off) / size;
}

/* Elements until the index leaves its page or wraps. */
static uint64_t room(const struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg,
                     unsigned seg, unsigned size)
{
    bool down = downwards(cpu);
    unsigned asize = address_size(insn);
    uint64_t index = index_reg(cpu, insn, reg);
    uint64_t off = linear_of(cpu, seg, index) & ~LC_PAGE_MASK;
    uint64_t n = fitting(off, LC_PAGE_SIZE, size, down);
    if (asize == 8)
        return n;
    uint64_t k = fitting(index, lc_mask_size(asize) + 1, size, down);
    return k < n ? k : n;
}

static uint64_t lowest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum uses { USES_SI = 1, USES_DI = 2 };

/* Elements to do now; 0 when rCX is. */
static uint64_t chunk(const struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size,
                      unsigned uses)
{
    uint64_t n = index_reg(cpu, insn, LC_RCX);
    if (cpu->stepping)
        n = lowest(n, 1);
    if (uses & USES_SI)
        n = lowest(n, room(cpu, insn, LC_RSI, insn->seg, size));
    if (uses & USES_DI)
        n = lowest(n, room(cpu, insn, LC_RDI, LC_ES, size));
    return n;
}

/* ---- many elements at once ---- */

/*
 * Host bytes of the lowest of n elements at an index, which lie in one page and do not wrap; NULL:
 * one by one.
 */
static uint8_t *host_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned reg, unsigned seg,
                         unsigned size, uint64_t n, bool write)
{
    uint64_t index = index_reg(cpu, insn, reg);
    uint64_t first = downwards(cpu) ? index - (n - 1) * size : index;
    uint64_t la = linear_of(cpu, seg, first);
    if ((la & ~LC_PAGE_MASK) + n * size > LC_PAGE_SIZE)
        return NULL;
    if (cpu->seg_checked[seg] && !lc_seg_check(cpu, seg, first, (unsigned)(n * size), write))
        return NULL;
    return write ? lc_host_write(cpu, la) : lc_host_read(cpu, la);
}

/* Copy element by element: where source and destination overlap, what has been written is read
 * again. */
LC_INLINE void copy_elements(uint8_t *d, const uint8_t *s, unsigned size, uint64_t n, bool down)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = (down ? n - 1 - i : i) * size;
        lc_put(d + at, lc_get(s + at, size), size);
    }
}

static void copy_run(uint8_t *d, const uint8_t *s, unsigned size, uint64_t n, bool down)
{
    uintptr_t di = (uintptr_t)d, si = (uintptr_t)s, len = (uintptr_t)n * size;
    bool rereads = down ? di < si && si < di + len : si < di && di < si + len;
    if (!rereads) {
        memmove(d, s, len);
        return;
    }
    switch (size) {
    case 1: copy_elements(d, s, 1, n, down); break;
    case 2: copy_elements(d, s, 2, n, down); break;
    case 4: copy_elements(d, s, 4, n, down); break;
    default: copy_elements(d, s, 8, n, down); break;
    }
}

static void fill_run(uint8_t *d, uint64_t v, unsigned size, uint64_t n)
{
    switch (size) {
    case 1: memset(d, (int)(v & 0xff), n); break;
    case 2:
        for (uint64_t i = 0; i < n; i++)
            lc_put16(d + i * 2, (uint16_t)v);
        break;
    case 4:
        for (uint64_t i = 0; i < n; i++)
            lc_put32(d + i * 4, (uint32_t)v);
        break;
    default:
        for (uint64_t i = 0; i < n; i++)
            lc_put64(d + i * 8, v);
        break;
    }
}

/* Index of the first of n elements where (a == b) == want, n when there is none.  `step` 0 compares
 * always the same b. */
LC_INLINE uint64_t find(const uint8_t *a, const uint8_t *b, unsigned size, unsigned b_step,
                        uint64_t n, bool down, bool want)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = down ? n - 1 - i : i;
        if ((lc_get(a + at * size, size) == lc_get(b + at * b_step, size)) == want)
            return i;
    }
    return n;
}

static uint64_t find_run(const uint8_t *a, const uint8_t *b, unsigned size, bool scalar, uint64_t n,
                         bool down, bool want)
{
    unsigned step = scalar ? 0 : size;
    switch (size) {
    case 1: return find(a, b, 1, step, n, down, want);
    case 2: return find(a, b, 2, step, n, down, want);
    case 4: return find(a, b, 4, step, n, down, want);
    default: return find(a, b, 8, step, n, down, want);
    }
}

/* How many elements a comparison goes through, and where in the run the last of them lies. */
static uint64_t compared(uint64_t found, uint64_t n, unsigned size, bool down, uint64_t *last)
{
    uint64_t done = found < n ? found + 1 : n;
    *last = (down ? n - done : done - 1) * size;
    return done;
}

/* Each does as many of n elements as it can at once and returns their number, 0: none. */

static uint64_t movs_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n)
{
    const uint8_t *s = host_run(cpu, insn, LC_RSI, insn->seg, size, n, false);
    uint8_t *d = s ? host_run(cpu, insn, LC_RDI, LC_ES, size, n, true) : NULL;
    if (!d)
        return 0;
    copy_run(d, s, size, n, downwards(cpu));
    advance(cpu, insn, LC_RSI, size, n);
    advance(cpu, insn, LC_RDI, size, n);
    return n;
}

static uint64_t stos_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n)
{
    uint8_t *d = host_run(cpu, insn, LC_RDI, LC_ES, size, n, true);
    if (!d)
        return 0;
    fill_run(d, cpu->gpr[LC_RAX], size, n);
    advance(cpu, insn, LC_RDI, size, n);
    return n;
}

static uint64_t lods_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n)
{
    const uint8_t *s = host_run(cpu, insn, LC_RSI, insn->seg, size, n, false);
    if (!s)
        return 0;
    lc_set_reg(cpu, LC_RAX * 8, size, lc_get(downwards(cpu) ? s : s + (n - 1) * size, size));
    advance(cpu, insn, LC_RSI, size, n);
    return n;
}

static uint64_t scas_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n)
{
    bool down = downwards(cpu), want = (insn->flags & LC_INSN_REPN) != 0;
    const uint8_t *s = host_run(cpu, insn, LC_RDI, LC_ES, size, n, false);
    if (!s)
        return 0;
    uint64_t last, a = lc_reg(cpu, LC_RAX * 8, size);
    uint64_t found = find_run(s, (const uint8_t *)&a, size, true, n, down, want);
    uint64_t done = compared(found, n, size, down, &last), b = lc_get(s + last, size);
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    advance(cpu, insn, LC_RDI, size, done);
    return done;
}

static uint64_t cmps_run(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size, uint64_t n)
{
    bool down = downwards(cpu), want = (insn->flags & LC_INSN_REPN) != 0;
    const uint8_t *s = host_run(cpu, insn, LC_RSI, insn->seg, size, n, false);
    const uint8_t *d = s ? host_run(cpu, insn, LC_RDI, LC_ES, size, n, false) : NULL;
    if (!d)
        return 0;
    uint64_t last,
        done = compared(find_run(s, d, size, false, n, down, want), n, size, down, &last);
    uint64_t a = lc_get(s + last, size), b = lc_get(d + last, size);
    lc_arith_sub(&cpu->arith, size, a, b, a - b);
    advance(cpu, insn, LC_RSI, size, done);
    advance(cpu, insn, LC_RDI, size, done);
    return done;
}

/* ---- the handlers ---- */

/*
 * A count of 32 bits is written, so zero-extended, even when it is 0 or the first element faults;
 * so are the indices of MOVS and STOS, `all`, whose microcode is another: this is what Intel's
 * processors do.
 */
LC_INLINE void begin_repeat(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned uses, bool all)
{
    add_to(cpu, insn, LC_RCX, 0);
    if (all && uses & USES_SI)
        add_to(cpu, insn, LC_RSI, 0);
    if (all && uses & USES_DI)
        add_to(cpu, insn, LC_RDI, 0);
}

/* LAST: the instruction has come to its end. */
enum chunk_end { CHUNK_FAULT, CHUNK_LAST, CHUNK_MORE };

/*
 * A string instruction: alone it is one element; repeated, a chunk.  `compares`: REPE and REPNE
 * look at ZF; `writes`: it is MOVS or STOS.  A count of 32 bits is written, so zero-extended, even
 * when it is 0 or the first element faults, as Intel's processors do.
 */
#define STRING(name, uses, compares, writes)                                                       \
    static LC_NOINLINE enum chunk_end name##_chunk(struct lc_cpu *cpu, const struct lc_insn *insn, \
                                                   unsigned size)                                  \
    {                                                                                              \
        const struct lc_arith before = cpu->arith;                                                 \
        uint64_t n = chunk(cpu, insn, size, uses);                                                 \
        while (n) {                                                                                \
            uint64_t done = name##_run(cpu, insn, size, n);                                        \
            if (done == 0) {                                                                       \
                if (!name##_element(cpu, insn, size))                                              \
                    return cpu->arith = before, CHUNK_FAULT;                                       \
                done = 1;                                                                          \
                cpu->told = 0; /* of the element that comes (exec/hook.h) */                       \
            }                                                                                      \
            add_to(cpu, insn, LC_RCX, 0 - done);                                                   \
            if ((compares) && terminated(cpu, insn))                                               \
                return CHUNK_LAST;                                                                 \
            n -= done;                                                                             \
        }                                                                                          \
        if (index_reg(cpu, insn, LC_RCX) == 0)                                                     \
            return CHUNK_LAST;                                                                     \
        if ((compares) && !cpu->stepping)                                                          \
            cpu->arith = before;                                                                   \
        return CHUNK_MORE;                                                                         \
    }                                                                                              \
    LC_INLINE lc_next name(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned size)          \
    {                                                                                              \
        if (!repeated(insn)) {                                                                     \
            TRY(name##_element(cpu, insn, size));                                                  \
            NEXT(cpu, insn);                                                                       \
        }                                                                                          \
        begin_repeat(cpu, insn, uses, writes);                                                     \
        if (index_reg(cpu, insn, LC_RCX) == 0)                                                     \
            NEXT(cpu, insn);                                                                       \
        enum chunk_end end = name##_chunk(cpu, insn, size);                                        \
        TRY(end != CHUNK_FAULT);                                                                   \
        if (end == CHUNK_MORE)                                                                     \
            return lc_again(cpu, insn);                                                            \
        NEXT(cpu, insn);                                                                           \
    }                                                                                              \
    LC_OP_SIZED(name, name)

STRING(movs, USES_SI | USES_DI, false, true)
STRING(stos, USES_DI, false, true)
STRING(lods, USES_SI, false, false)
STRING(scas, USES_DI, true, false)
STRING(cmps, USES_SI | USES_DI, true, false)
