/*
 * smc.c - code that changes while it runs, and string instructions that are interrupted (SDM vol.
 * 3A, 8.1.3 and 11.6: stores to one's own code are seen by the next instruction on P6 and later;
 * vol. 2B, REP; vol. 3A, 6.6: a fault in a string instruction leaves the registers at the iteration
 * that faulted).
 *
 * Expected: every store is seen by whatever is executed after it, by whichever linear address it
 * was made, except that the iterations of a REP finish, as they do on silicon.
 *
 * The pieces are copied to a page of the arena that may be written; a piece's BX holds the address
 * of its copy.  The page appears a second time at ALIAS, through page tables of its own.
 */
#include "lib/image.h"

enum { PAGE = 0x440000 };
#define ALIAS UINT64_C(0x8000000000) /* PML4 entry 1 */

/* Each ends with the number of what was executed in EAX. */
CODE(next, "xorl %eax, %eax; movb $1, 1f + 1 - next(%rbx); 1: addb $0, %al");
CODE(later, "xorl %eax, %eax; movb $2, 1f + 1 - later(%rbx); nop; nop; nop; 1: addb $0, %al");
CODE(before,
     "xorl %eax, %eax; movl $3, %ecx; 1: addb $1, %al; incb 1b + 1 - before(%rbx); loop 1b");
CODE(opcode, "movl $5, %eax; movb $0xff, 1f - opcode(%rbx); movb $0xc8, 1f + 1 - opcode(%rbx); jmp "
             "1f; 1: incl %eax");
CODE(length, "xorl %eax, %eax; movb $0xb0, 1f - length(%rbx); jmp 1f; 1: nop; .byte 7");
CODE(by_stos, "leaq 1f - by_stos(%rbx), %rdi; movl $0xc0ffc0ff, %eax;"
              "movl $1, %ecx; rep stosl; 1: nop; nop; nop; nop");
CODE(rep_over_itself,
     "movl $7, %edx; leaq 1f - rep_over_itself(%rbx), %rdi; movl $8, %ecx;"
     "movb $0x90, %al; 1: rep stosb; nop; nop; nop; nop; nop; nop; nop; movl %ecx, %eax");
CODE(by_push, "leaq 1f + 8 - by_push(%rbx), %rsp; movl $9, %ecx; movabs $0x909090909090c889, %rax;"
              "pushq %rax; 1: nop; nop; nop; nop; nop; nop; nop; nop");
CODE(by_xchg, "movl $3, %eax; movl $0x9004b090, %ecx; xchgl %ecx, 1f - by_xchg(%rbx);"
              "1: nop; nop; nop; nop");
CODE(by_cmpxchg, "movl $0x90909090, %eax; movl $0x9006b090, %ecx;"
                 "lock cmpxchgl %ecx, 1f - by_cmpxchg(%rbx); 1: nop; nop; nop; nop");
CODE(by_alias, "xorl %eax, %eax; movb $1, 1f + 1 - by_alias(%rbp); 1: addb $0, %al");
CODE(in_alias, "xorl %eax, %eax; leaq 1f - in_alias(%rbp), %rcx; jmp *%rcx;"
               "1: movb $4, 1f + 1 - in_alias(%rbx); 1: addb $0, %al");
CODE(loop_alias,
     "xorl %eax, %eax; movl $10, %ecx; 1: addb $0, %al; movb %cl, 1b + 1 - loop_alias(%rbp);"
     "loop 1b");
CODE(two_bytes, "xorl %eax, %eax; movw $0x05b0, 1f - two_bytes(%rbx); 1: nop; nop");

static const struct {
    const char *name, *code;
    unsigned eax;
} pieces[] = {
    {"the next instruction", next, 1},
    {"one of the same block", later, 2},
    {"a loop that counts itself up", before, 6},
    {"another opcode", opcode, 4},
    {"another length", length, 7},
    {"by STOS", by_stos, 0xc0ffc101},
    {"REP STOS over itself", rep_over_itself, 0},
    {"by PUSH", by_push, 9},
    {"by XCHG", by_xchg, 4},
    {"by LOCK CMPXCHG", by_cmpxchg, 0x90909006},
    {"through another address", by_alias, 1},
    {"executed at another address", in_alias, 4},
    {"a loop, through another address", loop_alias, 0x36},
    {"two bytes", two_bytes, 5},
};

static uint64_t tables[3][512] __attribute__((aligned(4096)));
extern uint64_t pml4[512];

static void map_alias(void)
{
    pml4[1] = (word)tables[0] | 7;
    tables[0][0] = (word)tables[1] | 7;
    tables[1][0] = (word)tables[2] | 7;
    tables[2][0] = PAGE | 7;
    tables[2][1] = (PAGE + 0x1000) | 7;
}

/* Put a piece at an address; they are short. */
static void copy(const char *code, word to)
{
    uint8_t *at = (uint8_t *)to;
    for (unsigned i = 0; i < 128; i++)
        at[i] = (uint8_t)code[i];
}

static void run_copy(const char *name, const char *code, word offset, unsigned eax)
{
    struct text t = {0}, want = {0};
    struct frame f = frame_at((const void *)(PAGE + offset), 3);
    f.r[BX] = PAGE + offset;
    f.r[BP] = ALIAS + offset;
    copy(code, PAGE + offset);
    run(&f);
    add_shown(&t, &f, (const void *)(PAGE + offset), SHOW_AX);
    add(&want, "done ax=");
    add_hex(&want, eax);
    check(name, t.s, want.s);
}

/* Twice at the same place: what was decoded the first time must not be there the second time. */
static void self_modifying(void)
{
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        run_copy(pieces[i].name, pieces[i].code, 0x100, pieces[i].eax);
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct text name = {0};
        add(&name, pieces[i].name);
        add(&name, ", at the end of a page");
        run_copy(name.s, pieces[i].code, 0xff8, pieces[i].eax);
    }
}

/* An instruction across two pages: its second part changes; then the second page is another one. */
CODE(returns, "movl $0x11223344, %eax");

static void across_pages(void)
{
    static const uint8_t mov_eax[] = {0xb8, 1, 0, 0, 0, 0xcc};
    uint8_t *at = (uint8_t *)(PAGE + 0xffe);
    struct frame f;
    for (unsigned i = 0; i < sizeof(mov_eax); i++)
        at[i] = mov_eax[i];
    f = frame_at((const void *)(PAGE + 0xffe), 3);
    run(&f);
    check_hex("across pages", f.r[AX], 1);
    at[2] = 0x55;
    f = frame_at((const void *)(PAGE + 0xffe), 3);
    run(&f);
    check_hex("across pages, second part changed", f.r[AX], 0x5501);
    at[1] = 2;
    f = frame_at((const void *)(PAGE + 0xffe), 3);
    run(&f);
    check_hex("across pages, first part changed", f.r[AX], 0x5502);
    /* At the alias, let the page behind be a different one. */
    tables[2][1] = (PAGE + 0x2000) | 7;
    invlpg(ALIAS + 0x1000);
    *(uint8_t *)(PAGE + 0x2000) = 0x66;
    *(uint8_t *)(PAGE + 0x2001) = 0;
    *(uint8_t *)(PAGE + 0x2002) = 0;
    *(uint8_t *)(PAGE + 0x2003) = 0xcc;
    f = frame_at((const void *)(ALIAS + 0xffe), 3);
    run(&f);
    check_hex("across pages, another second page", f.r[AX], 0x6602);
    tables[2][1] = (PAGE + 0x1000) | 7;
    invlpg(ALIAS + 0x1000);
    f = frame_at((const void *)(ALIAS + 0xffe), 3);
    run(&f);
    check_hex("across pages, mapped anew", f.r[AX], 0x5502);
}

/* The page that holds the code becomes another one. */
static void remapped(void)
{
    struct frame f;
    copy(returns, PAGE);
    copy(returns, PAGE + 0x1000);
    *(uint8_t *)(PAGE + 0x1001) = 0x99;
    tables[2][2] = PAGE | 7;
    f = frame_at((const void *)(ALIAS + 0x2000), 3);
    run(&f);
    check_hex("mapped", f.r[AX], 0x11223344);
    tables[2][2] = (PAGE + 0x1000) | 7;
    invlpg(ALIAS + 0x2000);
    f = frame_at((const void *)(ALIAS + 0x2000), 3);
    run(&f);
    check_hex("mapped to another page", f.r[AX], 0x11223399);
}

/* ---- string instructions, interrupted ---- */
CODE(movs_up, "rep movsb");
CODE(movs_down, "std; rep movsb");
CODE(movs_quad, "rep movsq");
CODE(stos, "rep stosl");
CODE(cmps, "repe cmpsb");
CODE(scas, "repne scasb");
CODE(lods, "rep lodsl");

enum { GAP = 0x3000 }; /* ALIAS + GAP: a page, then none */

static void add_registers(struct text *t, const struct frame *f)
{
    add(t, " cx=");
    add_hex(t, f->r[CX]);
    add(t, " si=");
    add_hex(t, f->r[SI]);
    add(t, " di=");
    add_hex(t, f->r[DI]);
}

static void interrupted(const char *name, const char *code, word si, word di, word cx, word flags,
                        const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, 3);
    f.r[SI] = si;
    f.r[DI] = di;
    f.r[CX] = cx;
    f.r[AX] = 0x7f;
    f.rflags |= flags;
    run(&f);
    add_end(&t, &f, code);
    add_registers(&t, &f);
    check(name, t.s, want);
}

static void strings(void)
{
    const word edge = ALIAS + GAP + 0x1000;
    tables[2][3] = (PAGE + 0x3000) | 7;
    tables[2][5] = (PAGE + 0x3000) | 7;
    for (unsigned i = 0; i < 0x1000; i++)
        ((uint8_t *)(PAGE + 0x3000))[i] = 0;
    interrupted("MOVS, source ends", movs_up, edge - 5, 0x450000, 9, 0,
                "#PF(4)+0 cr2=8000004000 cx=4 si=8000004000 di=450005");
    interrupted("MOVS, destination ends", movs_up, 0x450000, edge - 5, 9, 0,
                "#PF(6)+0 cr2=8000004000 cx=4 si=450005 di=8000004000");
    interrupted("MOVSQ over the end", movs_quad, 0x450000, edge - 12, 9, 0,
                "#PF(6)+0 cr2=8000004000 cx=8 si=450008 di=8000003ffc");
    interrupted("MOVS downwards", movs_down, 0x450010, ALIAS + 0x5002, 9, 0,
                "#PF(6)+1 cr2=8000004fff cx=6 si=45000d di=8000004fff");
    interrupted("STOS ends", stos, 0, edge - 16, 100, 0,
                "#PF(6)+0 cr2=8000004000 cx=60 si=0 di=8000004000");
    interrupted("CMPS ends", cmps, edge - 3, 0x450000, 100, 0,
                "#PF(4)+0 cr2=8000004000 cx=61 si=8000004000 di=450003");
    interrupted("SCAS ends", scas, 0, edge - 3, 100, 0,
                "#PF(4)+0 cr2=8000004000 cx=61 si=0 di=8000004000");
    interrupted("LODS ends", lods, edge - 8, 0, 100, 0,
                "#PF(4)+0 cr2=8000004000 cx=62 si=8000004000 di=0");
    interrupted("MOVS, stepped", movs_up, 0x450000, 0x450100, 9, F_TF,
                "#DB+0 cx=8 si=450001 di=450101");
    interrupted("MOVS, stepped at the end", movs_up, 0x450000, 0x450100, 1, F_TF,
                "#DB+2 cx=0 si=450001 di=450101");
    interrupted("MOVS of nothing, stepped", movs_up, 0x450000, 0x450100, 0, F_TF,
                "#DB+2 cx=0 si=450000 di=450100");
}

/* Stepped all the way, a REP takes a trap an iteration, and the result is the same. */
static void stepped(void)
{
    struct frame f = frame_at(movs_up, 3);
    unsigned traps = 0;
    f.r[SI] = 0x450000;
    f.r[DI] = 0x450100;
    f.r[CX] = 20;
    f.rflags |= F_TF;
    for (unsigned i = 0; i < 20; i++)
        ((uint8_t *)0x450000)[i] = (uint8_t)(i * 7);
    do {
        run(&f);
        traps++;
    } while (f.vector == V_DB && f.rip == (word)movs_up && traps < 100);
    check_hex("traps of 20 iterations", traps, 20);
    check_hex("the last byte", ((uint8_t *)0x450100)[19], 19 * 7);
}

/* Page by page: the handler maps the next page, and the instruction goes on. */
static void resumed(void)
{
    struct frame f = frame_at(stos, 3);
    unsigned faults = 0;
    for (unsigned i = 16; i < 24; i++)
        tables[2][i] = 0;
    f.r[DI] = ALIAS + 0x10ffe;
    f.r[CX] = 0x1800;
    f.r[AX] = 0x01020304;
    for (;;) {
        run(&f);
        if (f.vector != V_PF || faults == 8)
            break;
        unsigned n = (unsigned)(f.cr2 - ALIAS) >> 12;
        tables[2][n] = (0x460000 + n * 0x1000) | 7;
        f.rflags &= ~(word)F_RF;
        faults++;
    }
    check_hex("pages that came", faults, 7);
    check_hex("the end", f.r[DI], ALIAS + 0x16ffe);
    check_hex("count", f.r[CX], 0);
    check_hex("across two pages", *(volatile uint16_t *)(0x460000 + 0x11000), 0x0102);
}

void image(void)
{
    map_alias();
    self_modifying();
    across_pages();
    remapped();
    strings();
    stepped();
    resumed();
}
