/*
 * canonical.c - addresses that are not canonical, wherever one can stand (SDM vol. 1, 3.3.7.1).
 *
 * Expected: #GP(0) from a data access, a branch target, a descriptor-table base, an MSR that holds
 * an address and an IRET target; #SS(0) where the access goes by SS, by default or by prefix; and
 * RIP at the instruction itself.  INVLPG does nothing (vol. 2A, INVLPG).  LLDT and LTR give
 * #GP(selector) (vol. 2A).  IRET takes any RSP.  MSRs take what is canonical for 57 bits where the
 * processor has 5-level paging, in use or not.
 *
 * Argument "tables": LGDT, LIDT, LLDT and LTR, which leave nothing to run on where they do not
 * fault.
 */
#include "lib/image.h"

#define BAD  "0x0000800000000000"
#define LAST 0x7ffffffff000u /* the last canonical page below the hole */

/* ---- data and stacks ---- */
CODE(read_ax, "movabs $" BAD ", %rax; movb (%rax), %bl");
CODE(write_ax, "movabs $" BAD ", %rax; movb %bl, (%rax)");
CODE(read_high, "movabs $0xffff7fffffffffff, %rax; movb (%rax), %bl");
CODE(read_bp, "movabs $" BAD ", %rbp; movb (%rbp), %bl");
CODE(read_bp_ds, "movabs $" BAD ", %rbp; movb %ds:(%rbp), %bl");
CODE(read_sp, "movabs $" BAD ", %rsp; movb (%rsp), %bl");
CODE(read_ax_ss, "movabs $" BAD ", %rax; movb %ss:(%rax), %bl");
CODE(index_sp,
     "movabs $" BAD ", %rsp; xorl %eax, %eax; movb (%rax,%rax), %bl; movb (%rsp,%rax), %bl");
CODE(straddle, "movabs $0x7fffffffffff, %rax; movw (%rax), %bx");
CODE(straddle_fits, "movabs $0x7ffffffffffe, %rax; movw (%rax), %bx");
CODE(straddle_high, "movabs $0xffff7fffffffffff, %rax; movw (%rax), %bx");
CODE(push, "movabs $" BAD ", %rsp; pushq %rax");
CODE(push_below, "movabs $" BAD ", %rsp; subq $8, %rsp; pushq %rax");
CODE(pop, "movabs $" BAD ", %rsp; popq %rax");
CODE(push_memory, "movabs $" BAD ", %rax; pushq (%rax)");
CODE(pop_memory, "movabs $" BAD ", %rax; popq (%rax)");
CODE(pop_memory_bp, "movabs $" BAD ", %rbp; popq (%rbp)");
CODE(pushf, "movabs $" BAD ", %rsp; pushfq");
CODE(enter, "movabs $" BAD ", %rsp; enter $0, $0");
CODE(leave, "movabs $" BAD ", %rbp; leave");
CODE(movs_from, "movabs $" BAD ", %rsi; movl $0x400000, %edi; movsb");
CODE(movs_to, "movabs $" BAD ", %rdi; movl $0x400000, %esi; movsb");
CODE(rep_none, "movabs $" BAD ", %rsi; movq %rsi, %rdi; xorl %ecx, %ecx; rep movsb");
CODE(xlat, "movabs $" BAD ", %rbx; xorl %eax, %eax; xlatb");
CODE(bit_string, "movl $0x400000, %ebx; movabs $0x0004000000000000, %rax; btq %rax, (%rbx)");
CODE(invlpg_bad, "movabs $" BAD ", %rax; invlpg (%rax)");
CODE(prefetch, "movabs $" BAD ", %rax; prefetcht0 (%rax)");
CODE(nop_memory, "movabs $" BAD ", %rax; nopl (%rax)");
CODE(lea, "movabs $" BAD ", %rax; leaq (%rax), %rbx");
CODE(clflush, "movabs $" BAD ", %rax; clflush (%rax)");
CODE(address32, "movabs $0x800000400000, %rax; movb (%eax), %bl");

static const struct piece data[] = {
    {"read", read_ax, 3, 0, "#GP(0)+a"},
    {"write", write_ax, 3, 0, "#GP(0)+a"},
    {"read below the high half", read_high, 0, 0, "#GP(0)+a"},
    {"read by RBP", read_bp, 3, 0, "#SS(0)+a"},
    {"read by RBP in DS", read_bp_ds, 3, 0, "#SS(0)+a"},
    {"read by RSP", read_sp, 3, 0, "#SS(0)+a"},
    {"read by RAX in SS", read_ax_ss, 3, 0, "#GP(0)+a"},
    {"read by RSP and an index", index_sp, 3, 0, "#SS(0)+f"},
    {"two bytes into the hole", straddle, 3, 0, "#GP(0)+a"},
    {"two bytes before the hole", straddle_fits, 3, 0, "done"},
    {"two bytes out of the hole", straddle_high, 0, 0, "#GP(0)+a"},
    {"PUSH just below", push, 3, 0, "done"},
    {"PUSH deeper", push_below, 3, 0, "done"},
    {"POP", pop, 3, 0, "#SS(0)+a"},
    {"PUSH from memory", push_memory, 3, SHOW_SP, "#GP(0)+a sp+0"},
    {"POP to memory", pop_memory, 3, SHOW_SP, "#GP(0)+a sp+0"},
    {"POP to memory by RBP", pop_memory_bp, 3, SHOW_SP, "#SS(0)+a sp+0"},
    {"PUSHF", pushf, 3, 0, "done"},
    {"ENTER", enter, 3, 0, "done"},
    {"LEAVE", leave, 3, SHOW_SP, "#SS(0)+a sp+0"},
    {"MOVS from", movs_from, 3, 0, "#GP(0)+f"},
    {"MOVS to", movs_to, 3, 0, "#GP(0)+f"},
    {"REP MOVS of nothing", rep_none, 3, 0, "done"},
    {"XLAT", xlat, 3, 0, "#GP(0)+c"},
    {"BT far away", bit_string, 3, 0, "#GP(0)+f"},
    {"INVLPG", invlpg_bad, 0, 0, "done"},
    {"PREFETCHT0", prefetch, 3, 0, "done"},
    {"NOP with an operand", nop_memory, 3, 0, "done"},
    {"LEA", lea, 3, SHOW_BX, "done bx=800000000000"},
    {"CLFLUSH", clflush, 3, 0, "#GP(0)+a"},
    {"32-bit address size", address32, 3, 0, "done"},
};

/* ---- targets ---- */
CODE(jmp_reg, "movabs $" BAD ", %rax; jmp *%rax");
CODE(call_reg, "movabs $" BAD ", %rax; call *%rax");
CODE(ret_bad, "movabs $" BAD ", %rax; pushq %rax; ret");
CODE(ret_imm, "movabs $" BAD ", %rax; pushq %rax; ret $16");
CODE(retf_bad, "movabs $" BAD ", %rax; pushq $8; pushq %rax; lretq");
CODE(retf_outer,
     "movabs $" BAD ", %rax; pushq $0x23; pushq $0x7f0000; pushq $0x2b; pushq %rax; lretq");
CODE(iret_same,
     "movabs $" BAD ", %rax; movl %esp, %ebx; pushq $0x10; pushq %rbx; pushq $2; pushq $8;"
     "pushq %rax; iretq");
CODE(iret_outer, "movabs $" BAD ", %rax; pushq $0x23; pushq $0x7f0000; pushq $2; pushq $0x2b;"
                 "pushq %rax; iretq");
CODE(iret_stack, "movabs $" BAD ", %rax; leaq 1f(%rip), %rbx; pushq $0x23; pushq %rax; pushq $2;"
                 "pushq $0x2b; pushq %rbx; iretq; 1: movq %rsp, %rax");
CODE(jmp_far, "movabs $" BAD ", %rax; pushq $8; pushq %rax; rex.W ljmp *(%rsp)");
CODE(call_far, "movabs $" BAD ", %rax; pushq $8; pushq %rax; rex.W lcall *(%rsp)");
/* The last bytes below the hole: a NOP whose successor has no canonical address. */
CODE(last_nop, "movabs $0x7fffffffffff, %rax; movb $0x90, (%rax); jmp *%rax");
CODE(last_jump, "movabs $0x7ffffffffffe, %rax; movw $0x7feb, (%rax); jmp *%rax");
CODE(last_jump_back,
     "movabs $0x7ffffffffffe, %rax; movw $0xfceb, (%rax); movb $0xcc, -2(%rax); jmp *%rax");

static const struct piece targets[] = {
    {"JMP", jmp_reg, 3, 0, "#GP(0)+a"},
    {"CALL", call_reg, 3, SHOW_SP, "#GP(0)+a sp+0"},
    {"RET", ret_bad, 3, SHOW_SP, "#GP(0)+b sp-8"},
    {"RET and release", ret_imm, 3, SHOW_SP, "#GP(0)+b sp-8"},
    {"far RET", retf_bad, 0, SHOW_SP, "#GP(0)+d sp-10"},
    {"far RET outwards", retf_outer, 0, SHOW_SP, "#GP(0)+14 sp-20"},
    {"IRET", iret_same, 0, SHOW_SP, "#GP(0)+14 sp-28"},
    {"IRET outwards", iret_outer, 0, SHOW_SP, "#GP(0)+16 sp-28"},
    {"IRET, RSP", iret_stack, 0, SHOW_AX, "done ax=800000000000"},
    {"far JMP", jmp_far, 0, SHOW_SP, "#GP(0)+d sp-10"},
    {"far CALL", call_far, 0, SHOW_SP, "#GP(0)+d sp-10"},
    {"running into the hole", last_nop, 3, 0, "#GP(0) at 800000000000"},
    {"short jump into the hole", last_jump, 3, 0, "#GP(0) at 7ffffffffffe"},
    {"short jump back", last_jump_back, 3, 0, "done"},
};

/* ---- registers that hold addresses ---- */
#define WRMSR(number) "movl $" number ", %ecx; movl $0x1000000, %edx; xorl %eax, %eax; wrmsr"
CODE(wrmsr_lstar, WRMSR("0xc0000082"));
CODE(wrmsr_cstar, WRMSR("0xc0000083"));
CODE(wrmsr_fs, WRMSR("0xc0000100"));
CODE(wrmsr_gs, WRMSR("0xc0000101"));
CODE(wrmsr_kernel_gs, WRMSR("0xc0000102"));
CODE(wrmsr_sysenter_esp, WRMSR("0x175"));
CODE(wrmsr_sysenter_eip, WRMSR("0x176"));
CODE(wrmsr_57, "movl $0xc0000082, %ecx; movl $0x8000, %edx; xorl %eax, %eax; wrmsr");
CODE(wrfsbase, "movabs $0x100000000000000, %rax; wrfsbase %rax");
CODE(lgdt,
     "movabs $0x100000000000000, %rax; pushq %rax; pushq $0; movw $0xff, 6(%rsp); lgdt 6(%rsp)");
CODE(lidt,
     "movabs $0x100000000000000, %rax; pushq %rax; pushq $0; movw $0xff, 6(%rsp); lidt 6(%rsp)");
CODE(lldt, "movl $0x68, %eax; lldt %ax");
CODE(ltr, "movl $0x78, %eax; ltr %ax");
CODE(fs_data, "movl $0xc0000100, %ecx; movl $0x7fff, %edx; movl $0xffffffff, %eax; wrmsr;"
              "xorl %eax, %eax; movb %fs:(%rax), %bl; movb %fs:1(%rax), %bl");

static const struct piece registers[] = {
    {"WRMSR LSTAR", wrmsr_lstar, 0, 0, "#GP(0)+c"},
    {"WRMSR CSTAR", wrmsr_cstar, 0, 0, "#GP(0)+c"},
    {"WRMSR FS_BASE", wrmsr_fs, 0, 0, "#GP(0)+c"},
    {"WRMSR GS_BASE", wrmsr_gs, 0, 0, "#GP(0)+c"},
    {"WRMSR KERNEL_GS_BASE", wrmsr_kernel_gs, 0, 0, "#GP(0)+c"},
    {"WRMSR SYSENTER_ESP", wrmsr_sysenter_esp, 0, 0, "#GP(0)+c"},
    {"WRMSR SYSENTER_EIP", wrmsr_sysenter_eip, 0, 0, "#GP(0)+c"},
    {"WRMSR LSTAR, 57 bits", wrmsr_57, 0, 0, "done"},
    {"WRFSBASE", wrfsbase, 0, 0, "#GP(0)+a"},
    {"FS base and offset", fs_data, 0, 0, "#GP(0)+16"},
};

static const struct piece descriptor_tables[] = {
    {"LGDT", lgdt, 0, 0, "#GP(0)+14"},
    {"LIDT", lidt, 0, 0, "#GP(0)+14"},
    {"LLDT", lldt, 0, 0, "#GP(68)+5"},
    {"LTR", ltr, 0, 0, "#GP(78)+5"},
};

/* Give the last page below the hole memory that ring 3 may use. */
static uint64_t tables[3][512] __attribute__((aligned(4096)));
extern uint64_t pml4[512];

static void map_last_page(void)
{
    pml4[255] = (word)tables[0] | 7;
    tables[0][511] = (word)tables[1] | 7;
    tables[1][511] = (word)tables[2] | 7;
    tables[2][511] = ARENA | 7;
}

void image(void)
{
    if (same(argument(), "tables")) {
        RUN_PIECES(descriptor_tables);
        return;
    }
    map_last_page();
    if (has(7, 0, 1, 0))
        write_cr4(read_cr4() | 0x10000); /* FSGSBASE */
    set_desc(SEL_FREE, segment(0, 0xff, 0x82, 0));
    set_desc(SEL_FREE + 8, 0x1000000);
    set_desc(SEL_FREE + 16, segment(0, 0x67, 0x89, 0));
    set_desc(SEL_FREE + 24, 0x1000000);
    RUN_PIECES(data);
    RUN_PIECES(targets);
    RUN_PIECES(registers);
}
