/*
 * privilege.c - IOPL, the interrupt flag, and the I/O permission bitmap, in rings 0 and 3 (SDM vol.
 * 1, 19.5; vol. 2, CLI, STI, POPF, IRET, IN, OUT, INS; vol. 3A, 5.9).  In both runtimes.
 *
 * Expected: CLI, STI and ports without a bitmap need CPL <= IOPL; POPF and IRET change IOPL in ring
 * 0 alone, and IF where CPL <= IOPL, silently otherwise.  The bitmap needs all bits of the ports
 * that are touched to be 0, and the byte behind them within the TSS; REP
 * asks it even when there is nothing to do, as silicon does.
 */
#include "lib/image.h"

enum { BITMAP = 0x68 };

CODE(cli, "cli");
CODE(sti, "sti; nop");
CODE(sti_cli, "sti; cli");
CODE(popf_all, "popf; nop");
CODE(pushf, "pushf; pop %" REG_BX);
CODE(iret_all, INT_RET);
CODE(in1, "inb %dx, %al");
CODE(in2, "inw %dx, %ax");
CODE(in4, "inl %dx, %eax");
CODE(out1, "outb %al, %dx");
CODE(ins, "movl $0x400000, %edi; insb");
CODE(rep_outs, "movl $0x400000, %esi; movl $2, %ecx; rep outsb");
CODE(rep_outs_none, "movl $0x400000, %esi; xorl %ecx, %ecx; rep outsb");
CODE(landing, "nop");
CODE(hlt, "hlt");
CODE(clts, "clts");
CODE(invd, "invd");
CODE(wbinvd, "wbinvd");
CODE(smsw, "smsw %ax");
CODE(lmsw, "lmsw %ax");
CODE(sgdt, "sgdt 0x400000");
CODE(sldt, "sldt %ax");
CODE(str, "str %ax");
CODE(rdtsc, "rdtsc");
CODE(invlpg_0, "invlpg 0x400000");
CODE(mov_to_cr3, "mov %cr3, %" REG_BX "; mov %" REG_BX ", %cr3");
CODE(mov_from_cr4, "mov %cr4, %" REG_BX);

static void flags_at(const char *name, const char *code, unsigned cpl, word flags, word popped,
                     const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, cpl);
    word *sp = (word *)(STACK - 64);
    f.rflags |= flags;
    if (code == iret_all) {
        *sp++ = (word)landing;
        *sp++ = cpl ? SEL_UCODE : SEL_CODE;
    }
    *sp++ = popped;
    *sp++ = STACK;
    *sp = cpl ? SEL_UDATA : SEL_DATA;
    f.r[SP] = STACK - 64;
    run(&f);
    if (f.vector == V_BP)
        add(&t, "done");
    else
        add_end(&t, &f, code);
    add(&t, " flags=");
    add_hex(&t, f.rflags);
    check(name, t.s, want);
}

/* All flags that POPF could set but TF. */
#define EVERY 0x247ed7

static void flags(void)
{
    flags_at("CLI, IOPL 0, ring 0", cli, 0, 0, 0, "done flags=2");
    flags_at("CLI, IOPL 0, ring 3", cli, 3, F_IF, 0, "#GP(0)+0 flags=10202");
    flags_at("CLI, IOPL 2, ring 3", cli, 3, F_IF | 0x2000, 0, "#GP(0)+0 flags=12202");
    flags_at("CLI, IOPL 3, ring 3", cli, 3, F_IF | F_IOPL, 0, "done flags=3002");
    flags_at("STI, IOPL 0, ring 3", sti, 3, 0, 0, "#GP(0)+0 flags=10002");
    flags_at("STI, IOPL 3, ring 3", sti, 3, F_IOPL, 0, "done flags=3202");
    flags_at("STI and CLI", sti_cli, 0, 0, 0, "done flags=2");
    flags_at("POPF of all, ring 0", popf_all, 0, 0, EVERY, "done flags=247ed7");
    flags_at("POPF of all, IOPL 0, ring 3", popf_all, 3, 0, EVERY, "done flags=244cd7");
    flags_at("POPF of all, IOPL 3, ring 3", popf_all, 3, F_IOPL, EVERY, "done flags=247ed7");
    flags_at("POPF of none, ring 0", popf_all, 0, EVERY & ~(word)F_AC, 0, "done flags=2");
    flags_at("POPF of none, IOPL 1, ring 3", popf_all, 3, F_IF | 0x1000, 0, "done flags=1202");
    flags_at("POPF of none, IOPL 3, ring 3", popf_all, 3, F_IF | F_IOPL, 0, "done flags=3002");
    flags_at("POPF of RF, VM, VIF, VIP", popf_all, 0, 0, 0x1b0002, "done flags=2");
    flags_at("IRET of all, IOPL 0, ring 3", iret_all, 3, 0, EVERY, "done flags=244cd7");
    flags_at("IRET of none, IOPL 1, ring 3", iret_all, 3, F_IF | 0x1000, 2, "done flags=1202");
    flags_at("IRET of all, ring 0", iret_all, 0, 0, EVERY, "done flags=247ed7");
}

static const struct piece instructions[] = {
    {"HLT, ring 3", hlt, 3, 0, "#GP(0)+0"},
    {"CLTS, ring 3", clts, 3, 0, "#GP(0)+0"},
    {"INVD, ring 3", invd, 3, 0, "#GP(0)+0"},
    {"WBINVD, ring 3", wbinvd, 3, 0, "#GP(0)+0"},
    {"LMSW, ring 3", lmsw, 3, 0, "#GP(0)+0"},
    {"SMSW, ring 3", smsw, 3, 0, "done"},
    {"SGDT, ring 3", sgdt, 3, 0, "done"},
    {"SLDT, ring 3", sldt, 3, 0, "done"},
    {"STR, ring 3", str, 3, 0, "done"},
    {"RDTSC, ring 3", rdtsc, 3, 0, "done"},
    {"INVLPG, ring 3", invlpg_0, 3, 0, "#GP(0)+0"},
    {"MOV CR3, ring 3", mov_to_cr3, 3, 0, "#GP(0)+0"},
    {"MOV CR4, ring 3", mov_from_cr4, 3, 0, "#GP(0)+0"},
};

static const struct piece with_umip[] = {
    {"UMIP: SMSW, ring 3", smsw, 3, 0, "#GP(0)+0"}, {"UMIP: SGDT, ring 3", sgdt, 3, 0, "#GP(0)+0"},
    {"UMIP: SLDT, ring 3", sldt, 3, 0, "#GP(0)+0"}, {"UMIP: STR, ring 3", str, 3, 0, "#GP(0)+0"},
    {"UMIP: STR, ring 0", str, 0, 0, "done"},
};

static const struct piece with_tsd[] = {
    {"TSD: RDTSC, ring 3", rdtsc, 3, 0, "#GP(0)+0"},
    {"TSD: RDTSC, ring 0", rdtsc, 0, 0, "done"},
};

static void control_bits(void)
{
    word cr4 = read_cr4();
    if (has(7, 0, 2, 2)) {
        write_cr4(cr4 | CR4_UMIP);
        RUN_PIECES(with_umip);
    }
    write_cr4(cr4 | 4);
    RUN_PIECES(with_tsd);
    write_cr4(cr4);
}

/* ---- the bitmap ---- */

static void set_bitmap(unsigned base, unsigned limit)
{
    tss[0x66] = (uint8_t)base;
    tss[0x67] = (uint8_t)(base >> 8);
    set_desc(SEL_TSS, segment((uint32_t)(word)tss, limit, 0x89, 0));
    asm volatile("ltr %w0" : : "r"(SEL_TSS));
}

/* Deny the ports of 'denied', a bit each from 0x60 on; the TSS ends with the byte `last` of the
 * map. */
static void port(const char *name, const char *code, unsigned at, unsigned denied, unsigned last,
                 word flags, const char *want)
{
    struct text t = {0};
    struct frame f = frame_at(code, 3);
    for (unsigned i = 0; i < 0x2001; i++)
        tss[BITMAP + i] = i < 0x2000 ? 0 : 0xff;
    tss[BITMAP + 0xc] = (uint8_t)denied;
    tss[BITMAP + 0xd] = (uint8_t)(denied >> 8);
    set_bitmap(BITMAP, BITMAP + last);
    f.r[DX] = at;
    f.rflags |= flags;
    run(&f);
    add_end(&t, &f, code);
    check(name, t.s, want);
}

static void bitmap(void)
{
    const unsigned all = 0x2000;
    port("allowed", in1, 0x61, 0xfffd, all, 0, "done");
    port("denied", in1, 0x61, 0x0002, all, 0, "#GP(0)+0");
    port("denied, IOPL 3", in1, 0x61, 0x0002, all, F_IOPL, "done");
    port("OUT denied", out1, 0x61, 0x0002, all, 0, "#GP(0)+0");
    port("two ports, allowed", in2, 0x62, 0xfff3, all, 0, "done");
    port("two ports, second denied", in2, 0x62, 0x0008, all, 0, "#GP(0)+0");
    port("two ports, across bytes", in2, 0x67, 0x0100, all, 0, "#GP(0)+0");
    port("four ports, last denied", in4, 0x65, 0x0100, all, 0, "#GP(0)+0");
    port("four ports, next denied", in4, 0x65, 0x0200, all, 0, "done");
    port("INS denied", ins, 0x61, 0x0002, all, 0, "#GP(0)+5");
    port("REP OUTS denied", rep_outs, 0x61, 0x0002, all, 0, "#GP(0)+a");
    port("REP OUTS of nothing, denied", rep_outs_none, 0x61, 0x0002, all, 0, "#GP(0)+7");
    port("byte behind within the TSS", in1, 0x61, 0, 0xd, 0, "done");
    port("byte behind outside the TSS", in1, 0x61, 0, 0xc, 0, "#GP(0)+0");
    port("byte outside the TSS", in1, 0x61, 0, 0xb, 0, "#GP(0)+0");
    port("last port", in1, 0xffff, 0, all, 0, "done");
    port("last port and the one behind", in2, 0xffff, 0, all, 0, "#GP(0)+0");
    set_bitmap(0x7fff, 0x67);
    struct text t = {0};
    struct frame f = frame_at(in1, 3);
    f.r[DX] = 0x61;
    run(&f);
    add_end(&t, &f, in1);
    check("no bitmap", t.s, "#GP(0)+0");
}

void image(void)
{
    flags();
    RUN_PIECES(instructions);
    control_bits();
    bitmap();
}
