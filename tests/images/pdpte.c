/*
 * pdpte.c - PAE paging's four entries that live in the processor (SDM vol. 3A, 4.4.1).
 *
 * Expected: MOV CR3 reads them, and faults when a present one has a reserved bit; memory that
 * changes afterwards counts with the next MOV CR3, or a change of CR0 or CR4 that reads them too.
 */
#include "lib/image.h"

enum { PS = 0x80, OPEN = 7 };

static uint64_t pdptes[2][4] __attribute__((aligned(32)));
static uint64_t pd[2][512] __attribute__((aligned(4096)));

CODE(load_cr3, "movl %eax, %cr3");
CODE(load_cr4, "movl %eax, %cr4");
CODE(read_high, "movb 0xc0400000, %al");

static void piece_with(const char *name, const char *code, word ax, const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, 0);
    f.r[AX] = ax;
    run(&f);
    add_end(&t, &f, code);
    check(name, t.s, want);
}

/* Entry 3 of both tables leads to a directory that maps 0xc0000000 on to 0; in the second it does
 * not. */
static void prepare(void)
{
    for (uint32_t i = 0; i < 512; i++)
        pd[0][i] = i << 21 | PS | OPEN;
    for (unsigned n = 0; n < 2; n++)
        pdptes[n][0] = (word)pd[0] | 1;
    pdptes[0][3] = (word)pd[0] | 1;
    write_cr4(read_cr4() | CR4_PAE);
    write_cr3((word)pdptes[0]);
    write_cr0(read_cr0() | CR0_PG);
}

static void rewrite(unsigned n, uint64_t v)
{
    *(volatile uint64_t *)&pdptes[n][3] = v;
}

void image(void)
{
    const word first = (word)pdptes[0], second = (word)pdptes[1];
    prepare();
    piece_with("present", read_high, 0, "done");
    rewrite(0, 0);
    invlpg(0xc0400000);
    piece_with("absent in memory", read_high, 0, "done");
    piece_with("MOV CR3", load_cr3, first, "done");
    piece_with("absent now", read_high, 0, "#PF(0)+0 cr2=c0400000");
    rewrite(0, (word)pd[0] | 1);
    piece_with("present in memory", read_high, 0, "#PF(0)+0 cr2=c0400000");
    piece_with("CR4.PSE changes", load_cr4, read_cr4() ^ CR4_PSE, "done");
    piece_with("present by CR4", read_high, 0, "done");
    piece_with("the second table", load_cr3, second, "done");
    piece_with("absent there", read_high, 0, "#PF(0)+0 cr2=c0400000");
    rewrite(1, (word)pd[0] | 3);
    piece_with("R/W is reserved", load_cr3, second, "#GP(0)+0");
    rewrite(1, (word)pd[0] | 0x21);
    piece_with("bit 5 is reserved", load_cr3, second, "#GP(0)+0");
    rewrite(1, (UINT64_C(1) << 51) | (word)pd[0] | 1);
    piece_with("bit 51 is reserved", load_cr3, second, "#GP(0)+0");
    rewrite(1, UINT64_C(0x8000000000000000) | (word)pd[0] | 1);
    piece_with("bit 63 is reserved", load_cr3, second, "#GP(0)+0");
    rewrite(1, 0x3e);
    piece_with("absent, anything else", load_cr3, second, "done");
    rewrite(1, (word)pd[0] | 0xe19);
    piece_with("PWT, PCD and what is ignored", load_cr3, second, "done");
    piece_with("present there", read_high, 0, "done");
    piece_with("CR3, low bits", load_cr3, second | 0x1f, "done");
    piece_with("and still present", read_high, 0, "done");
    check_hex("CR3 holds them", read_cr3() & 0x1f, 0x1f);
}
