/*
 * vm86.c - virtual-8086 mode without its extensions (SDM vol. 3B, chapter 21; vol. 2, the
 * instructions' pages).
 *
 * Expected: segments are selectors times 16 with 64 KiB limits; CLI, STI, PUSHF, POPF, INT n and
 * IRET need IOPL 3, else #GP(0); INT3 and INTO do not; IN and OUT go by the bitmap alone, whatever
 * IOPL; exceptions push the segment registers and leave them null; what needs ring 0 is #GP(0),
 * what needs protected mode #UD.
 */
#include "lib/image.h"

enum { PLACE = 0x20000, SEGMENT = PLACE >> 4, SP86 = 0xf000, DATA86 = 0x3000 };

/* 16-bit code. */
#define CODE16(name, ...) CODE(name, ".code16\n" __VA_ARGS__ "\n int3\n .code32\n nop")

CODE16(nop, "nop");
CODE16(cli, "cli");
CODE16(sti, "sti");
CODE16(pushf, "pushfw; popw %ax");
CODE16(popf, "pushw $0x7fd7; andw $0xfeff, (0xeffe); popfw");
CODE16(int_n, "int $0x40");
CODE16(int_dpl0, "int $0x41");
CODE16(iret, "pushw $0; pushw %cs; pushw $1f - iret; iretw; 1:");
CODE16(into, "movb $0x7f, %al; addb $1, %al; into");
CODE16(hlt, "hlt");
CODE16(in_ok, "inb $0x61, %al");
CODE16(in_no, "inb $0x60, %al");
CODE16(mov_cr, "movl %cr0, %eax");
CODE16(lgdt, "lgdt 0x3000");
CODE16(sgdt, "sgdt 0x3000");
CODE16(smsw, "smsw %ax");
CODE16(lldt, "lldt %ax");
CODE16(sldt, "sldt %ax");
CODE16(str, "str %ax");
CODE16(lar, "lar %ax, %ax");
CODE16(verr, "verr %ax");
CODE16(arpl, "arpl %ax, %ax");
CODE16(rdmsr_86, "rdmsr");
CODE16(clts, "clts");
CODE16(load_ds, "movw $0x1234, %ax; movw %ax, %ds; movw %ds, %bx");
CODE16(based,
       "movw $0x3000, %ax; movw %ax, %ds; movb $0x5a, (0x10); movw $0x2f00, %ax; movw %ax, %ds;"
       "xorw %ax, %ax; movb (0x1010), %al");
CODE16(limit_word, "movw (0xffff), %ax");
CODE16(limit_32, "movl $0x10000, %ebx; movb (%ebx), %al");
CODE16(stack_wrap, "movw $1, %sp; pushw %ax");
CODE16(stack_bp, "movw $0xffff, %bp; movw (%bp), %ax");
CODE16(far_jump, "ljmp $0x2000, $1f - far_jump; 1: movw %cs, %ax");
CODE16(far_call, "lcall $0x2000, $1f - far_call; 1: popw %ax; popw %bx");
CODE16(jump_32, "movl $0x12345, %eax; .byte 0x66; jmp *%ax");
CODE16(int3_code, "int3; nop");
CODE16(bound, "movw $5, %ax; boundw %ax, (0x3000)");
CODE16(sysenter, "sysenter");
CODE16(high_half, "pushfl; popl %eax; shrl $16, %eax");

static struct frame frame_86(const char *code, unsigned iopl)
{
    struct frame f = frame_at(0, 3);
    uint8_t *to = (uint8_t *)PLACE;
    for (unsigned i = 0; i < 64; i++)
        to[i] = (uint8_t)code[i];
    f.cs = f.ss = f.ds = f.es = f.fs = f.gs = SEGMENT;
    f.r[SP] = SP86;
    f.rflags = 2 | F_VM | (word)iopl << 12;
    return f;
}

static void add_segments(struct text *t, const struct frame *f)
{
    add(t, " cs=");
    add_hex(t, f->cs);
    add(t, " ds=");
    add_hex(t, f->ds);
    add(t, " gs=");
    add_hex(t, f->gs);
}

struct vm_piece {
    const char *name, *code;
    unsigned iopl, show;
    const char *want;
};

static const struct vm_piece pieces[] = {
    {"CLI, IOPL 3", cli, 3, SHOW_FLAGS, "done flags=23002"},
    {"CLI, IOPL 2", cli, 2, SHOW_FLAGS, "#GP(0)+0 flags=32002"},
    {"STI, IOPL 3", sti, 3, SHOW_FLAGS, "done flags=23202"},
    {"STI, IOPL 0", sti, 0, 0, "#GP(0)+0"},
    {"PUSHF, IOPL 3", pushf, 3, SHOW_AX, "done ax=3002"},
    {"PUSHF, IOPL 2", pushf, 2, 0, "#GP(0)+0"},
    {"PUSHFD, IOPL 3", high_half, 3, SHOW_AX, "done ax=0"},
    {"POPF, IOPL 3", popf, 3, SHOW_FLAGS, "done flags=27602"},
    {"POPF, IOPL 1", popf, 1, 0, "#GP(0)+9"},
    {"INT, IOPL 3", int_n, 3, 0, "int 40+2"},
    {"INT, IOPL 2", int_n, 2, 0, "#GP(0)+0"},
    {"INT, IOPL 3, DPL 0", int_dpl0, 3, 0, "#GP(20a)+0"},
    {"INT3, IOPL 0", int3_code, 0, 0, "done"},
    {"INTO, IOPL 0", into, 0, 0, "#OF+5"},
    {"IRET, IOPL 3", iret, 3, SHOW_FLAGS, "done flags=23002"},
    {"IRET, IOPL 0", iret, 0, 0, "#GP(0)+6"},
    {"HLT", hlt, 3, 0, "#GP(0)+0"},
    {"IN, bit clear, IOPL 0", in_ok, 0, 0, "done"},
    {"IN, bit set, IOPL 3", in_no, 3, 0, "#GP(0)+0"},
    {"MOV CR0", mov_cr, 3, 0, "#GP(0)+0"},
    {"LGDT", lgdt, 3, 0, "#GP(0)+0"},
    {"SGDT", sgdt, 3, 0, "done"},
    {"SMSW", smsw, 3, 0, "done"},
    {"LLDT", lldt, 3, 0, "#UD+0"},
    {"SLDT", sldt, 3, 0, "#UD+0"},
    {"STR", str, 3, 0, "#UD+0"},
    {"LAR", lar, 3, 0, "#UD+0"},
    {"VERR", verr, 3, 0, "#UD+0"},
    {"ARPL", arpl, 3, 0, "#UD+0"},
    {"RDMSR", rdmsr_86, 3, 0, "#GP(0)+0"},
    {"CLTS", clts, 3, 0, "#GP(0)+0"},
    {"MOV DS", load_ds, 3, SHOW_BX, "done bx=1234"},
    {"bases", based, 3, SHOW_AX, "done ax=5a"},
    {"word over the limit", limit_word, 3, 0, "#GP(0)+0"},
    {"32-bit address over the limit", limit_32, 3, 0, "#GP(0)+6"},
    {"PUSH around 64 KiB", stack_wrap, 3, 0, "#SS(0)+3"},
    {"word over the limit by BP", stack_bp, 3, 0, "#SS(0)+3"},
    {"far JMP", far_jump, 3, SHOW_AX, "done ax=2000"},
    {"far CALL", far_call, 3, SHOW_BX, "done bx=2000"},
    {"JMP over the limit", jump_32, 3, 0, "#GP(0)+6"},
    {"BOUND", bound, 3, 0, "#BR+3"},
    {"SYSENTER with CS 0", sysenter, 3, 0, "#GP(0)+0"},
};

static void run_all(void)
{
    for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct text t = {0};
        struct frame f = frame_86(pieces[i].code, pieces[i].iopl);
        *(uint32_t *)(PLACE + 0x3000) = 0x00040001;
        run(&f);
        add_shown(&t, &f, 0, pieces[i].show);
        check(pieces[i].name, t.s, pieces[i].want);
    }
}

/* Entering and leaving: all segments are what IRET says, and an exception saves them. */
static void segments(void)
{
    struct text t = {0};
    struct frame f = frame_86(nop, 0);
    f.ds = 0x1111;
    f.gs = 0xffff;
    run(&f);
    add_end(&t, &f, 0);
    add_segments(&t, &f);
    check("segments at INT3", t.s, "done cs=2000 ds=1111 gs=ffff");
}

static void open_port_61(void)
{
    for (unsigned i = 0; i < 0x20; i++)
        tss[0x68 + i] = 0xff;
    tss[0x68 + 0xc] = 0xfd;
    tss[0x66] = 0x68;
    tss[0x67] = 0;
    set_desc(SEL_TSS, segment((uint32_t)(word)tss, 0x68 + 0x1f, 0x89, 0));
    asm volatile("ltr %w0" : : "r"(SEL_TSS));
}

void image(void)
{
    open_port_61();
    set_gate(0x40, catchers + 16 * 0x40, SEL_CODE, 0xee, 0);
    set_gate(V_BR, catchers + 16 * V_BR, SEL_CODE, 0xee, 0);
    run_all();
    segments();
}
