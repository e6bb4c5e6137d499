/*
 * block.c - the block cache: decoding, look-up by physical address, invalidation.
 *
 * Blocks live in chunks that are only freed all at once; a block whose bytes change is unlinked and
 * each of its records is made to leave the engine, so that the instruction that wrote over the code
 * behind it, in the very same block, ends as it should (SDM vol. 3A, 8.1.3).
 */
#include "cpu/exec/block.h"

#include "cpu/exec/dead.h"
#include "cpu/exec/fpenv.h"
#include "cpu/exec/hook.h"
#include "cpu/exec/op.h"
#include "cpu/exec/pair.h"

enum {
    BUCKETS = 1 << 14,
    CHUNK_SIZE = 256 * 1024,
    MAX_CHUNKS = 256, /* 64 MiB of blocks, then all are dropped */
    PAGE_BUCKETS = 1 << 10,
    GRANULE_SHIFT = 7, /* a code page knows which of its 32 pieces hold blocks */
};

/* A page that blocks were decoded from. */
struct code_page {
    uint64_t pa;
    struct code_page *next;  /* same bucket */
    struct lc_block *blocks; /* that begin here */
    struct lc_block *tails;  /* that end here, having begun in another page */
    uint32_t granules;       /* bit n: some block covers a byte of piece n */
};

struct chunk {
    struct chunk *next;
    size_t used;
    _Alignas(32) uint8_t bytes[CHUNK_SIZE];
};

struct lc_block_cache {
    struct lc_block *bucket[BUCKETS];
    struct code_page *page[PAGE_BUCKETS];
    struct chunk *chunks;
    unsigned chunk_count;
    _Alignas(32)
        uint8_t scratch[sizeof(struct lc_block) + (LC_BLOCK_RECORDS + 1) * sizeof(struct lc_insn)];
};

_Static_assert(sizeof(struct lc_block) % 32 == 16 || sizeof(struct lc_block) % 16 == 0,
               "records are aligned");

static unsigned bucket_of(uint64_t pa, uint32_t key)
{
    uint64_t h = (pa ^ (uint64_t)key << 20) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)(h >> 50) & (BUCKETS - 1);
}

static unsigned page_bucket(uint64_t pa)
{
    return (unsigned)((pa >> LC_PAGE_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >> 54);
}

/* ---- records that stand in for an instruction ---- */

/* The block died under the running instruction: go on by a fresh look-up. */
static lc_next run_stale(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    cpu->rip = lc_insn_rip(cpu, insn);
    cpu->remaining += insn->left;
    cpu->exit = LC_EXIT_NEXT;
    return NULL;
}

static lc_next run_undefined(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    if (lc_tell(cpu, LC_SYSTEM_UNDEFINED, 0, 0, 0, 0))
        return lc_hook_done(cpu, insn);
    lc_raise_ud(cpu);
    return lc_fault(cpu, insn);
}

static lc_next run_too_long(struct lc_cpu *cpu, const struct lc_insn *insn)
{
    lc_raise_gp0(cpu);
    return lc_fault(cpu, insn);
}

/* The block ended without a branch: go on behind its last record. */
static lc_next run_fallthrough(struct lc_cpu *cpu, const struct lc_insn *link)
{
    const struct lc_insn *last = link - 1;
    return lc_branch(cpu, last, 1, lc_insn_off(last) + lc_insn_len(last));
}

/* Blocks of these keys go back to the run loop each time. */
static bool unlinkable(const struct lc_cpu *c)
{
    return (c->key & (LC_KEY_LIMITED | LC_KEY_STEP)) != 0;
}

lc_next lc_branch_out(struct lc_cpu *cpu, const struct lc_insn *insn, unsigned which, uint64_t rip)
{
    if (which == 0)
        TRY(lc_target_check(cpu, rip));
    if (unlinkable(cpu))
        return lc_end_at(cpu, rip);
    if (rip - cpu->gpr[LC_RIP_PAGE] >= LC_PAGE_SIZE)
        return lc_jump(cpu, insn, rip);
    cpu->rip = rip;
    cpu->link = &lc_link_of(insn)->succ[which];
    cpu->exit = LC_EXIT_LINK;
    return NULL;
}

bool lc_target_check_slow(struct lc_cpu *cpu, uint64_t rip)
{
    bool ok = cpu->code64 ? lc_cpu_canonical(cpu, rip) : rip <= cpu->seg[LC_CS].limit;
    return ok || lc_raise_gp0(cpu);
}

/* ---- memory ---- */

/* Make sure that `size` bytes can be taken; drops all blocks when the pool has reached its limit.
 */
static bool pool_reserve(struct lc_cpu *c, size_t size)
{
    struct lc_block_cache *bc = c->blocks;
    if (bc->chunks && CHUNK_SIZE - bc->chunks->used >= size)
        return true;
    if (bc->chunk_count == MAX_CHUNKS)
        lc_blocks_flush(c);
    lc_fp_park(c);
    struct chunk *n = lc_alloc_line(c->alloc, sizeof(*n));
    if (!n)
        return false;
    n->used = 0;
    n->next = bc->chunks;
    bc->chunks = n;
    bc->chunk_count++;
    return true;
}

/* Take what has been reserved. */
static void *pool_take(struct lc_block_cache *bc, size_t size)
{
    void *p = bc->chunks->bytes + bc->chunks->used;
    bc->chunks->used += (size + 31) & ~(size_t)31;
    return p;
}

static struct code_page *page_find(struct lc_block_cache *bc, uint64_t pa)
{
    struct code_page *p = bc->page[page_bucket(pa)];
    while (p && p->pa != (pa & LC_PAGE_MASK))
        p = p->next;
    return p;
}

/* The pieces of its page that [pa, pa+len) touches; cut at the page's end. */
static uint32_t granules_of(uint64_t pa, uint64_t len)
{
    unsigned first = (unsigned)(pa & ~LC_PAGE_MASK);
    uint64_t last = first + len - 1 < LC_PAGE_SIZE ? first + len - 1 : LC_PAGE_SIZE - 1;
    return (uint32_t)(lc_mask((unsigned)(last >> GRANULE_SHIFT) + 1) &
                      ~lc_mask(first >> GRANULE_SHIFT));
}

/* ---- invalidation ---- */

static void unlink_bucket(struct lc_block_cache *bc, struct lc_block *b)
{
    struct lc_block **p = &bc->bucket[bucket_of(b->pa, b->key)];
    while (*p != b)
        p = &(*p)->next;
    *p = b->next;
}

/* A dead block leaves its bucket now, and the page lists when they are next looked through. */
static void kill_block(struct lc_block_cache *bc, struct lc_block *b)
{
    unlink_bucket(bc, b);
    for (unsigned i = 0; i < b->records; i++)
        b->insn[i].fn = run_stale;
    b->count = LC_BLOCK_DEAD;
}

static bool ranges_meet(uint64_t a, uint64_t alen, uint64_t b, uint64_t blen)
{
    return a < b + blen && b < a + alen;
}

static void kill_blocks(struct lc_block_cache *bc, struct code_page *page, uint64_t pa,
                        uint64_t len)
{
    for (struct lc_block **p = &page->blocks; *p;) {
        struct lc_block *b = *p;
        if (b->count != LC_BLOCK_DEAD && ranges_meet(b->pa, b->bytes, pa, len))
            kill_block(bc, b);
        if (b->count == LC_BLOCK_DEAD) {
            *p = b->page_next;
        } else {
            page->granules |= granules_of(b->pa, b->bytes);
            p = &b->page_next;
        }
    }
}

static void kill_tails(struct lc_block_cache *bc, struct code_page *page, uint64_t pa, uint64_t len)
{
    for (struct lc_block **p = &page->tails; *p;) {
        struct lc_block *b = *p;
        if (b->count != LC_BLOCK_DEAD && ranges_meet(b->tail, b->tail_bytes, pa, len))
            kill_block(bc, b);
        if (b->count == LC_BLOCK_DEAD) {
            *p = b->tail_next;
        } else {
            page->granules |= granules_of(b->tail, b->tail_bytes);
            p = &b->tail_next;
        }
    }
}

/* Bytes of a code page are about to change: the blocks that hold them end. */
static void on_code_written(void *opaque, uint64_t pa, uint64_t len)
{
    struct lc_cpu *c = opaque;
    struct code_page *page = page_find(c->blocks, pa);
    if (!page || !(page->granules & granules_of(pa, len)))
        return;
    page->granules = 0;
    c->disturbed = true; /* a hook may have written, to the block that it was called from */
    kill_blocks(c->blocks, page, pa, len);
    kill_tails(c->blocks, page, pa, len);
    if (!page->blocks && !page->tails)
        lc_phys_set_code(c->phys, pa, false);
}

struct lc_block_cache *lc_blocks_new(struct lc_cpu *c)
{
    struct lc_block_cache *bc = lc_alloc_line(c->alloc, sizeof(*bc));
    if (!bc)
        return NULL;
    memset(bc, 0, sizeof(*bc));
    c->blocks = bc;
    c->phys->code_written = on_code_written;
    c->phys->opaque = c;
    return bc;
}

static void free_chunks(const struct lc_alloc *a, struct lc_block_cache *bc)
{
    while (bc->chunks) {
        struct chunk *n = bc->chunks->next;
        lc_alloc_free_line(a, bc->chunks, sizeof(*bc->chunks));
        bc->chunks = n;
    }
    bc->chunk_count = 0;
}

void lc_blocks_free(struct lc_cpu *c)
{
    if (!c->blocks)
        return;
    free_chunks(c->alloc, c->blocks);
    lc_alloc_free_line(c->alloc, c->blocks, sizeof(*c->blocks));
    c->blocks = NULL;
}

void lc_blocks_flush(struct lc_cpu *c)
{
    struct lc_block_cache *bc = c->blocks;
    for (unsigned i = 0; i < PAGE_BUCKETS; i++)
        for (struct code_page *p = bc->page[i]; p; p = p->next)
            lc_phys_set_code(c->phys, p->pa, false);
    memset(bc->bucket, 0, sizeof(bc->bucket));
    memset(bc->page, 0, sizeof(bc->page));
    memset(c->jumps, 0, LC_JUMPS * sizeof(*c->jumps));
    free_chunks(c->alloc, bc);
    c->link = NULL;
}

/* ---- decoding ---- */

static void emit_special(struct lc_insn *out, lc_op_fn fn, unsigned off, unsigned len)
{
    *out = (struct lc_insn){.fn = fn, .off_len = (uint16_t)(off << 4 | (len & 15))};
}

/* Physical address of the page behind that of la; false: it faults. */
static bool translate_tail(struct lc_cpu *c, uint64_t la, uint64_t *pa)
{
    uint64_t second = (la & LC_PAGE_MASK) + LC_PAGE_SIZE;
    return lc_fetch_translate(c, c->code64 ? second : (uint32_t)second, pa);
}

/* Bytes of the instruction at la that may lie in two pages, into buf; false: the second faults. */
static bool fetch_crossing(struct lc_cpu *c, uint64_t la, const uint8_t *first, unsigned room,
                           uint8_t buf[LC_INSN_MAX], uint64_t *tail)
{
    memcpy(buf, first, room);
    if (!translate_tail(c, la, tail))
        return false;
    for (unsigned i = room; i < LC_INSN_MAX; i++)
        buf[i] = (uint8_t)lc_phys_load(c->phys, *tail + (i - room), 1);
    return true;
}

/* How many bytes from rip on lie inside the code segment. */
static uint64_t code_limit_room(const struct lc_cpu *c)
{
    if (!(c->key & LC_KEY_LIMITED))
        return UINT64_MAX;
    return (uint64_t)c->seg[LC_CS].limit - c->rip + 1;
}

/* A block in the making. */
struct builder {
    struct lc_cpu *c;
    uint64_t la, pa;
    uint32_t key;
    const uint8_t *host; /* first byte */
    unsigned off;        /* in the page */
    unsigned page_room;  /* bytes to the end of the page */
    unsigned room;       /* the same, and to the end of the code segment */
    unsigned limit;      /* instructions */
    unsigned count, bytes;
    unsigned records; /* of insn[] */
    uint64_t tail;    /* the only instruction may lie in two pages: the second; else 0 */
    struct lc_insn insn[LC_BLOCK_RECORDS];
};

/* The record that calls the hooks of the instruction that is added next, and of the block. */
static void emit_hooks(struct builder *b, unsigned off, unsigned len)
{
    if (b->count == 0 && (b->key & LC_KEY_BLOCK))
        emit_special(&b->insn[b->records++], lc_hook_block, off, len);
    if (b->key & LC_KEY_HOOK && lc_hook_wants(&b->c->observer, off))
        emit_special(&b->insn[b->records++], lc_hook_insn, off, len);
    else if (b->key & LC_KEY_WATCH)
        emit_special(&b->insn[b->records++], lc_hook_watch, off, len);
}

static void emit_status(struct builder *b, enum lc_decode_status s, const struct lc_decoded *d)
{
    unsigned off = b->off + b->bytes;
    emit_hooks(b, off, d->len);
    struct lc_insn *out = &b->insn[b->records++];
    if (s == LC_DECODE_OK)
        lc_emit(d, b->key, off, out);
    else
        emit_special(out, s == LC_DECODE_LONG ? run_too_long : run_undefined, off, d->len);
    b->count++;
    b->bytes += d->len;
}

/* Add one instruction; false: the block ends before or with it. */
static bool build_one(struct builder *b)
{
    struct lc_decoded d;
    enum lc_decode_status s =
        lc_decode(b->c->decoder, b->key, b->host + b->bytes, b->room - b->bytes, &d);
    if (s == LC_DECODE_SHORT)
        return false;
    emit_status(b, s, &d);
    return s == LC_DECODE_OK && !(d.row->attr & (LC_ATTR_END | LC_ATTR_BRANCH));
}

/* The first instruction leaves its page, or the code segment. */
static bool build_crossing(struct builder *b)
{
    uint8_t buf[LC_INSN_MAX];
    struct lc_decoded d;
    uint64_t limit = code_limit_room(b->c);
    size_t avail = limit < LC_INSN_MAX ? (size_t)limit : LC_INSN_MAX;
    if (b->page_room >= avail)
        memcpy(buf, b->host, avail);
    else if (!fetch_crossing(b->c, b->la, b->host, b->page_room, buf, &b->tail))
        return false;
    enum lc_decode_status s = lc_decode(b->c->decoder, b->key, buf, avail, &d);
    if (s == LC_DECODE_SHORT)
        return lc_raise_gp0(b->c); /* past the limit of CS */
    emit_status(b, s, &d);
    if (b->bytes <= b->page_room)
        b->tail = 0;
    return true;
}

static bool build(struct builder *b)
{
    while (b->count < b->limit && b->bytes < b->room && build_one(b))
        continue;
    if (b->count > 1 && b->records == b->count) { /* hooks may look between any two */
        lc_drop_dead_flags(b->insn, b->count);
        lc_pair_records(b->insn, b->count);
    }
    return b->count > 0 || build_crossing(b);
}

/* How many instructions there are from each record on: those of hooks count with theirs. */
static void count_left(struct lc_block *blk)
{
    unsigned left = 0;
    for (unsigned i = blk->records; i-- > 0;) {
        left += !lc_is_hook(&blk->insn[i]);
        blk->insn[i].left = (uint8_t)left;
        if (blk->insn[i].fn == lc_hook_block)
            blk->insn[i].imm = blk->bytes;
    }
}

static struct lc_block *fill_block(struct lc_block *blk, const struct builder *b)
{
    struct lc_link *link = (struct lc_link *)(void *)&blk->insn[b->records];
    blk->pa = b->pa;
    blk->host = (uint8_t *)(uintptr_t)b->host;
    blk->key = b->key;
    blk->count = (int32_t)b->count;
    blk->records = (uint16_t)b->records;
    blk->bytes = b->bytes;
    blk->next = blk->page_next = blk->tail_next = NULL;
    blk->tail = b->tail;
    blk->tail_bytes = (uint16_t)(b->tail ? b->bytes - b->page_room : 0);
    memcpy(blk->insn, b->insn, b->records * sizeof(b->insn[0]));
    count_left(blk);
    *link = (struct lc_link){.fn = run_fallthrough};
    return blk;
}

static struct lc_block *scratch(struct lc_cpu *c)
{
    return (struct lc_block *)(void *)c->blocks->scratch;
}

static struct code_page *page_get(struct lc_block_cache *bc, uint64_t pa)
{
    struct code_page *p = page_find(bc, pa);
    if (p)
        return p;
    p = pool_take(bc, sizeof(*p));
    struct code_page **bucket = &bc->page[page_bucket(pa)];
    *p = (struct code_page){.pa = pa & LC_PAGE_MASK, .next = *bucket};
    *bucket = p;
    return p;
}

/* The page that holds pa has code from now on: stores to it must be seen. */
static struct code_page *protect_page(struct lc_cpu *c, uint64_t pa)
{
    struct code_page *page = page_get(c->blocks, pa);
    if (!page->blocks && !page->tails) {
        lc_phys_set_code(c->phys, pa, true);
        lc_tlb_protect(c->tlbs, pa);
    }
    return page;
}

/* Keep a built block: in its bucket, on its pages, its pages protected. NULL: no memory. */
static struct lc_block *keep(struct lc_cpu *c, const struct builder *b)
{
    size_t size = sizeof(struct lc_block) + (b->records + 1) * sizeof(struct lc_insn);
    if (!pool_reserve(c, size + 2 * sizeof(struct code_page) + 96))
        return NULL;
    struct lc_block *blk = fill_block(pool_take(c->blocks, size), b);
    struct code_page *page = protect_page(c, b->pa);
    blk->page_next = page->blocks;
    page->blocks = blk;
    page->granules |= granules_of(blk->pa, blk->bytes);
    if (blk->tail) {
        page = protect_page(c, blk->tail);
        blk->tail_next = page->tails;
        page->tails = blk;
        page->granules |= granules_of(blk->tail, blk->tail_bytes);
    }
    struct lc_block **bucket = &c->blocks->bucket[bucket_of(blk->pa, blk->key)];
    blk->next = *bucket;
    *bucket = blk;
    return blk;
}

/* Code in a device region or nowhere reads as that bus does; nothing of it is kept. */
static struct lc_block *find_outside(struct lc_cpu *c, struct builder *b)
{
    uint8_t bytes[LC_INSN_MAX];
    if (b->page_room > LC_INSN_MAX)
        b->page_room = LC_INSN_MAX;
    if (b->room > b->page_room)
        b->room = b->page_room;
    for (unsigned i = 0; i < b->page_room; i++)
        bytes[i] = (uint8_t)lc_phys_load(c->phys, b->pa + i, 1);
    b->host = bytes;
    b->limit = 1;
    if (!build(b))
        return NULL;
    b->host = NULL;
    return fill_block(scratch(c), b);
}

static struct lc_block *lookup(struct lc_cpu *c, uint64_t pa, uint32_t key)
{
    struct lc_block *b = c->blocks->bucket[bucket_of(pa, key)];
    while (b && (b->pa != pa || b->key != key))
        b = b->next;
    return b;
}

/* Remember a kept block for branches that come here: a link that waits for it, and lc_jump(). */
static struct lc_block *note(struct lc_cpu *c, struct lc_block *b)
{
    if (c->link)
        *c->link = b;
    if (!unlinkable(c))
        c->jumps[lc_jump_index(c->rip)] = (struct lc_jump){c->rip, b};
    return b;
}

static bool inside_limit(const struct lc_cpu *c, const struct lc_block *b)
{
    return b->bytes <= code_limit_room(c);
}

static struct lc_block *find_new(struct lc_cpu *c, uint64_t la, uint64_t pa, unsigned limit,
                                 bool may_keep)
{
    struct lc_phys_page page = lc_phys_page(c->phys, pa, false);
    uint64_t seg_room = code_limit_room(c);
    struct builder b = {.c = c, .la = la, .pa = pa, .key = c->key, .limit = limit};
    b.off = (unsigned)(pa & ~LC_PAGE_MASK);
    b.page_room = LC_PAGE_SIZE - b.off;
    b.room = seg_room < b.page_room ? (unsigned)seg_room : b.page_room;
    if (!page.host)
        return find_outside(c, &b);
    b.host = page.host + b.off;
    if (!build(&b))
        return NULL;
    c->stats.blocks++;
    bool keepable = !b.tail || lc_phys_is_memory(c->phys, b.tail, 1);
    if (!may_keep || !keepable)
        return fill_block(scratch(c), &b);
    struct lc_block *blk = keep(c, &b);
    if (!blk) {
        c->exit = LC_EXIT_NOMEM;
        return NULL;
    }
    return limit == LC_BLOCK_INSNS && !blk->tail ? note(c, blk) : blk;
}

/* Does the second page of a block that has one still lie where it lay? False: a fault was raised,
 * or *same is false. */
static bool tail_check(struct lc_cpu *c, const struct lc_block *b, uint64_t la, bool *same)
{
    uint64_t pa;
    *same = true;
    if (LC_LIKELY(!b->tail))
        return true;
    if (!translate_tail(c, la, &pa))
        return false;
    *same = pa == b->tail;
    return true;
}

/* May the block run here and now, as a whole? */
static bool fits(const struct lc_cpu *c, const struct lc_block *b, unsigned limit, bool same_tail)
{
    return same_tail && (unsigned)b->count <= limit && inside_limit(c, b);
}

/* The instruction at rip as a block of its own, of the variant that nothing follows by itself. Also
 * what runs when a longer block does not fit: a block that is not kept may not have a second
 * instruction, since nobody would see the first one write over it. */
static struct lc_block *find_single(struct lc_cpu *c, uint64_t la, uint64_t pa)
{
    bool same = false;
    c->key |= LC_KEY_STEP;
    struct lc_block *blk = lookup(c, pa, c->key);
    if (blk && !tail_check(c, blk, la, &same))
        return NULL;
    if (LC_LIKELY(blk && fits(c, blk, 1, same)))
        return blk;
    return find_new(c, la, pa, 1, !blk);
}

static struct lc_block *find_block(struct lc_cpu *c, uint64_t la, uint64_t pa, unsigned limit)
{
    bool same = false;
    struct lc_block *blk = lookup(c, pa, c->key);
    if (blk && !tail_check(c, blk, la, &same))
        return NULL;
    if (LC_LIKELY(blk && fits(c, blk, limit, same)))
        return blk->tail ? blk : note(c, blk);
    if (blk || limit < LC_BLOCK_INSNS)
        return find_single(c, la, pa);
    return find_new(c, la, pa, LC_BLOCK_INSNS, true);
}

struct lc_block *lc_block_find(struct lc_cpu *c, unsigned limit)
{
    uint64_t pa, la = c->rip + c->segbase[LC_CS];
    if (!c->code64)
        la &= 0xffffffff;
    if ((c->key & LC_KEY_LIMITED) && c->rip > c->seg[LC_CS].limit) {
        lc_raise_gp0(c);
        return NULL;
    }
    if (!lc_fetch_translate(c, la, &pa))
        return NULL;
    c->stats.lookups++;
    c->gpr[LC_RIP_PAGE] = c->rip - (pa & ~LC_PAGE_MASK);
    return limit == 1 ? find_single(c, la, pa) : find_block(c, la, pa, limit);
}
