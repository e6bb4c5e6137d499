/*
 * tlb.c - accessed and dirty bits, and what the translation cache may still hold (SDM vol. 3A, 4.8
 * and 4.10).
 *
 * Expected is only what the manual promises: INVLPG forgets one page whatever its size, MOV CR3 all
 * but global ones, a change of CR4.PGE those too; what was not present is never remembered; a page
 * fault forgets the address that faulted, so that a second try sees the tables as they are; CR0.WP
 * counts at once.  A and D are set by use, never cleared, D by writes alone, and not by accesses
 * that fault.
 *
 * Argument "pcid": process-context identifiers and INVPCID (4.10.1, vol. 2A).
 */
#include "lib/image.h"

enum { A = 0x20, D = 0x40, PS = 0x80, G = 0x100, OPEN = 7, PAGE_A = 0x460000, PAGE_B = 0x461000 };
enum { LARGE_A = 0x600000, LARGE_B = 0x400000 };
#define LA       UINT64_C(0x8000000000) /* PML4 entry 1 */
#define LARGE_LA (LA + 0x40000000)

static uint64_t tables[4][512] __attribute__((aligned(4096)));
static uint64_t pml4_b[512] __attribute__((aligned(4096)));
static uint64_t tables_b[3][512] __attribute__((aligned(4096)));
static uint64_t *const pte = &tables[2][0];
extern uint64_t pml4[512];

static void write_pte(uint64_t *at, uint64_t v)
{
    *(volatile uint64_t *)at = v;
}

static uint64_t bits(const uint64_t *at)
{
    return *(const volatile uint64_t *)at & (A | D);
}

static unsigned peek(uint64_t la)
{
    return *(volatile uint8_t *)la;
}

static void poke(uint64_t la, unsigned v)
{
    *(volatile uint8_t *)la = (uint8_t)v;
}

static void prepare(void)
{
    write_pte(&pml4[1], (word)tables[0] | OPEN);
    write_pte(&tables[0][0], (word)tables[1] | OPEN);
    write_pte(&tables[1][0], (word)tables[2] | OPEN);
    write_pte(&tables[0][1], (word)tables[3] | OPEN);
    poke(PAGE_A, 0xa);
    poke(PAGE_B, 0xb);
    poke(LARGE_A + 0x12345, 0xa);
    poke(LARGE_B + 0x12345, 0xb);
}

static void map(uint64_t v)
{
    write_pte(pte, v);
    invlpg(LA);
}

CODE(write_la, "movabs $0x8000000000, %rax; movb $1, (%rax)");
CODE(read_la, "movabs $0x8000000000, %rax; movb (%rax), %al");

/* The end of a piece in ring 3. */
static const char *end_of(const char *code, struct text *t)
{
    struct frame f = frame_at(code, 3);
    *t = (struct text){0};
    run(&f);
    add_end(t, &f, code);
    return t->s;
}

static void accessed_and_dirty(void)
{
    struct text t;
    map(PAGE_A | OPEN);
    check_hex("not used", bits(pte), 0);
    (void)peek(LA);
    check_hex("read", bits(pte), A);
    check_hex("read, page directory", bits(&tables[1][0]), A);
    check_hex("read, PDPTE", bits(&tables[0][0]), A);
    check_hex("read, PML4E", bits(&pml4[1]), A);
    poke(LA, 0xa);
    check_hex("written after a read", bits(pte), A | D);
    check_hex("written, page directory", bits(&tables[1][0]), A);
    map(PAGE_A | OPEN);
    poke(LA, 0xa);
    check_hex("written at once", bits(pte), A | D);
    map(PAGE_A | 5 | A);
    check("write to read-only", end_of(write_la, &t), "#PF(7)+a cr2=8000000000");
    check_hex("D after the fault", bits(pte) & D, 0);
    map(PAGE_A | OPEN | A | D);
    (void)peek(LA);
    check_hex("never cleared", bits(pte), A | D);
    write_pte(&tables[3][0], LARGE_A | PS | OPEN);
    invlpg(LARGE_LA);
    poke(LARGE_LA + 0x12345, 0xa);
    check_hex("large page written", bits(&tables[3][0]), A | D);
    map(PAGE_A | OPEN);
    asm volatile("lock; addb $0, (%0)" : : "r"(LA) : "memory");
    check_hex("LOCK ADD", bits(pte), A | D);
    map(PAGE_A | OPEN);
    asm volatile("cmpb $0, (%0)" : : "r"(LA) : "memory", "cc");
    check_hex("CMP", bits(pte), A);
    map(PAGE_A | OPEN);
    asm volatile("rep stosb" : : "D"(LA), "c"(0), "a"(0) : "memory");
    check_hex("REP STOS of nothing", bits(pte), 0);
}

static void forgetting(void)
{
    struct text t;
    word cr4 = read_cr4();
    map(PAGE_A | OPEN);
    (void)peek(LA);
    write_pte(pte, PAGE_B | OPEN);
    invlpg(LA + 0xfff);
    check_hex("INVLPG, any byte of the page", peek(LA), 0xb);
    write_pte(pte, PAGE_A | OPEN);
    write_cr3(read_cr3());
    check_hex("MOV CR3", peek(LA), 0xa);
    write_cr4(cr4 | CR4_PGE);
    map(PAGE_A | OPEN | G);
    (void)peek(LA);
    write_pte(pte, PAGE_B | OPEN | G);
    invlpg(LA);
    check_hex("INVLPG of a global page", peek(LA), 0xb);
    write_pte(pte, PAGE_A | OPEN | G);
    write_cr4(cr4);
    check_hex("CR4.PGE off", peek(LA), 0xa);
    write_pte(pte, PAGE_B | OPEN | G);
    write_cr4(cr4 | CR4_PGE);
    check_hex("CR4.PGE on", peek(LA), 0xb);
    write_cr4(cr4);
    map(0);
    check("absent", end_of(read_la, &t), "#PF(4)+a cr2=8000000000");
    write_pte(pte, PAGE_A | OPEN);
    check("present now", end_of(read_la, &t), "done");
    map(PAGE_A | 5);
    (void)peek(LA);
    write_pte(pte, PAGE_A | OPEN);
    (void)end_of(write_la, &t);
    check("writable now, second try", end_of(write_la, &t), "done");
    poke(PAGE_A, 0xa);
    write_pte(&tables[3][0], LARGE_A | PS | OPEN);
    invlpg(LARGE_LA);
    (void)peek(LARGE_LA + 0x12345);
    (void)peek(LARGE_LA + 0x1ff000);
    write_pte(&tables[3][0], LARGE_B | PS | OPEN);
    invlpg(LARGE_LA + 0x54321);
    check_hex("INVLPG of a large page", peek(LARGE_LA + 0x12345), 0xb);
    map(PAGE_A | OPEN);
    (void)peek(LA);
    write_pte(&tables[1][0], 0);
    invlpg(LA);
    check("no page table", end_of(read_la, &t), "#PF(4)+a cr2=8000000000");
    write_pte(&tables[1][0], (word)tables[2] | OPEN);
    check("a page table again", end_of(read_la, &t), "done");
}

/* CR0.WP needs no invalidation, in either direction. */
CODE(write_ring0, "movabs $0x8000000000, %rax; movb $0xa, (%rax)");

static void write_protect(void)
{
    struct text t = {0};
    struct frame f = frame_at(write_ring0, 0);
    map(PAGE_A | 5);
    run(&f);
    check("read-only, ring 0, WP clear", f.vector == V_BP ? "done" : "fault", "done");
    write_cr0(read_cr0() | CR0_WP);
    f = frame_at(write_ring0, 0);
    run(&f);
    add_end(&t, &f, write_ring0);
    check("read-only, ring 0, WP set", t.s, "#PF(3)+a cr2=8000000000");
    write_cr0(read_cr0() & ~(word)CR0_WP);
    f = frame_at(write_ring0, 0);
    run(&f);
    check("read-only, ring 0, WP clear again", f.vector == V_BP ? "done" : "fault", "done");
}

/* ---- PCIDs ---- */
#define NO_FLUSH (UINT64_C(1) << 63)

static void invpcid(uint64_t type, uint64_t pcid, uint64_t la)
{
    const uint64_t descriptor[2] = {pcid, la};
    asm volatile("invpcid (%0), %1" : : "r"(descriptor), "r"(type) : "memory");
}

CODE(do_invpcid, "movl $0x470000, %ebx; invpcid (%rbx), %rax");
CODE(load_cr3, "mov %rax, %cr3");
CODE(load_cr4, "mov %rax, %cr4");
CODE(load_cr0, "mov %rax, %cr0");

static void piece_with(const char *name, const char *code, unsigned cpl, word ax, uint64_t pcid,
                       uint64_t la, const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, cpl);
    uint64_t *descriptor = (uint64_t *)0x470000;
    descriptor[0] = pcid;
    descriptor[1] = la;
    f.r[AX] = ax;
    run(&f);
    add_end(&t, &f, code);
    check(name, t.s, want);
}

/* A second address space: LA is PAGE_B there. */
static void prepare_b(void)
{
    for (unsigned i = 0; i < 512; i++)
        pml4_b[i] = pml4[i];
    pml4_b[1] = (word)tables_b[0] | OPEN;
    tables_b[0][0] = (word)tables_b[1] | OPEN;
    tables_b[1][0] = (word)tables_b[2] | OPEN;
    tables_b[2][0] = PAGE_B | OPEN;
}

/* What is remembered of PCID 1 is made stale, and `forget` must forget it. */
static void forgets(const char *name, uint64_t type, uint64_t pcid, bool global)
{
    word a = read_cr3();
    write_pte(&tables_b[2][0], PAGE_B | OPEN | (global ? G : 0));
    write_cr3((word)pml4_b | 1);
    (void)peek(LA);
    write_cr3(a | NO_FLUSH);
    write_pte(&tables_b[2][0], PAGE_A | OPEN | (global ? G : 0));
    invpcid(type, pcid, LA);
    write_cr3((word)pml4_b | 1 | NO_FLUSH);
    unsigned got = peek(LA);
    write_cr3(a | NO_FLUSH);
    check_hex(name, got, 0xa);
}

static void pcids(void)
{
    const word cr4 = read_cr4() | CR4_PGE, a = (word)pml4;
    write_cr4(cr4);
    piece_with("PCIDE with a PCID", load_cr4, 0, cr4 | CR4_PCIDE, 0, 0, "done");
    write_cr4(cr4);
    write_cr3(a | 8);
    piece_with("PCIDE with CR3 bits", load_cr4, 0, cr4 | CR4_PCIDE, 0, 0, "#GP(0)+0");
    write_cr3(a);
    piece_with("bit 63 without PCIDE", load_cr3, 0, a | NO_FLUSH, 0, 0, "#GP(0)+0");
    piece_with("INVPCID of PCID 1 without PCIDE", do_invpcid, 0, 0, 1, 0, "#GP(0)+5");
    piece_with("INVPCID of PCID 0 without PCIDE", do_invpcid, 0, 0, 0, 0, "done");
    write_cr4(cr4 | CR4_PCIDE);
    prepare_b();
    map(PAGE_A | OPEN);
    check_hex("space of PCID 0", peek(LA), 0xa);
    write_cr3((word)pml4_b | 1);
    check_hex("space of PCID 1", peek(LA), 0xb);
    write_cr3(a | NO_FLUSH);
    check_hex("back without flush", peek(LA), 0xa);
    forgets("INVPCID, one address", 0, 1, false);
    forgets("INVPCID, one PCID", 1, 1, false);
    forgets("INVPCID, all and global", 2, 0, true);
    forgets("INVPCID, all but global", 3, 0, false);
    piece_with("INVPCID, type 4", do_invpcid, 0, 4, 0, 0, "#GP(0)+5");
    piece_with("INVPCID, type by 64 bits", do_invpcid, 0, UINT64_C(0x100000000), 0, 0, "#GP(0)+5");
    piece_with("INVPCID, reserved bits", do_invpcid, 0, 2, 0x1000, 0, "#GP(0)+5");
    piece_with("INVPCID, not canonical", do_invpcid, 0, 0, 0, UINT64_C(0x0100000000000000),
               "#GP(0)+5");
    piece_with("INVPCID, not canonical, not looked at", do_invpcid, 0, 1, 0,
               UINT64_C(0x0100000000000000), "done");
    piece_with("INVPCID in ring 3", do_invpcid, 3, 2, 0, 0, "#GP(0)+5");
    piece_with("PG off with PCIDE", load_cr0, 0, read_cr0() & ~(word)CR0_PG, 0, 0, "#GP(0)+0");
    write_pte(&tables_b[2][0], PAGE_A | OPEN);
    write_cr3((word)pml4_b | 1);
    check_hex("MOV CR3 forgets its own PCID", peek(LA), 0xa);
    write_cr3(a);
    write_cr4(cr4);
}

void image(void)
{
    prepare();
    if (same(argument(), "pcid")) {
        pcids();
        return;
    }
    accessed_and_dirty();
    forgetting();
    write_protect();
}
