/*
 * block.h - decoded code: blocks by physical address and mode key, their links, and their end when
 * the bytes change (law 2).
 */
#ifndef LC_CPU_EXEC_BLOCK_H
#define LC_CPU_EXEC_BLOCK_H

#include "cpu/cpu.h"
#include "cpu/decode/insn.h"

enum {
    LC_BLOCK_INSNS = 32,                       /* at most */
    LC_BLOCK_RECORDS = 2 * LC_BLOCK_INSNS + 1, /* at most: hooks (exec/hook.c) have theirs */
    LC_JUMPS = 1024,
    LC_BLOCK_DEAD = 0x7fffffff, /* count of a block whose bytes have changed */
};

struct lc_block {
    uint64_t pa;                /* of the first byte */
    uint8_t *host;              /* the same byte in host memory; NULL: no memory there */
    struct lc_block *next;      /* same hash bucket */
    struct lc_block *page_next; /* same page */
    struct lc_block *tail_next; /* same second page */
    uint64_t tail;              /* an instruction in two pages: physical page of its end; else 0 */
    uint32_t key;               /* mode key */
    int32_t count;              /* instructions, or LC_BLOCK_DEAD: fails every budget check */
    uint32_t bytes;             /* length of the code */
    uint16_t tail_bytes;        /* of which in the second page */
    uint16_t records;           /* of insn[]: instructions, and the hooks before them */
    struct lc_insn insn[];      /* `records` of them, then a struct lc_link */
};

/* What follows the last record: where the block goes on, as far as that has been found out.
 * Only targets in the same page are linked: they need no translation. */
struct lc_link {
    lc_op_fn fn;              /* runs when the last record is no branch */
    struct lc_block *succ[2]; /* [0] branch taken, [1] not taken; NULL: not known yet */
    uint64_t pad;
};

_Static_assert(sizeof(struct lc_link) == sizeof(struct lc_insn),
               "a link stands in a record's place");

/* A recent target of an indirect or page-leaving branch. */
struct lc_jump {
    uint64_t rip;
    struct lc_block *block; /* NULL: empty */
};

LC_INLINE unsigned lc_jump_index(uint64_t rip)
{
    return (unsigned)(rip ^ rip >> 10) & (LC_JUMPS - 1);
}

/* NULL: no memory. */
struct lc_block_cache *lc_blocks_new(struct lc_cpu *c);
void lc_blocks_free(struct lc_cpu *c);
/* Drop every block (features changed, pool full). Not while a handler runs. */
void lc_blocks_flush(struct lc_cpu *c);
/*
 * The block at c->rip for c->key, of at most `limit` instructions, decoding it when it is new.
 * NULL: c->exit is LC_EXIT_FAULT (a fetch fault), or LC_EXIT_NOMEM.
 */
struct lc_block *lc_block_find(struct lc_cpu *c, unsigned limit);

#endif
