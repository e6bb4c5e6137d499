/*
 * panic.c: a program that breaks a rule gets a signal and the system goes on; a kernel that breaks
 * one stops everything.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "format.h"
#include "mem.h"
#include "task.h"
#include "trap.h"

/* What each exception is called and which signal the program gets. (SDM vol. 3A, chapter 6.) */
static const struct {
    const char *name;
    int signal;
} exceptions[] = {
    [0] = {"#DE divide error", SIGFPE},
    [1] = {"#DB debug", SIGTRAP},
    [2] = {"NMI", SIGBUS},
    [3] = {"#BP breakpoint", SIGTRAP},
    [4] = {"#OF overflow", SIGFPE},
    [5] = {"#BR bound range exceeded", SIGSEGV},
    [6] = {"#UD invalid opcode", SIGILL},
    [7] = {"#NM device not available", SIGILL},
    [8] = {"#DF double fault", SIGBUS},
    [10] = {"#TS invalid TSS", SIGSEGV},
    [11] = {"#NP segment not present", SIGBUS},
    [12] = {"#SS stack fault", SIGBUS},
    [13] = {"#GP general protection", SIGSEGV},
    [14] = {"#PF page fault", SIGSEGV},
    [16] = {"#MF floating-point error", SIGFPE},
    [17] = {"#AC alignment check", SIGBUS},
    [18] = {"#MC machine check", SIGBUS},
    [19] = {"#XM SIMD floating-point", SIGFPE},
    [31] = {"exception", SIGILL},
};

static unsigned int row_of(const struct trap_frame *frame)
{
    return frame->vector < 31 && exceptions[frame->vector].name ? (unsigned int)frame->vector : 31;
}

/* The page fault's error code in words. */
static void describe_page_fault(char *text, size_t size, uint64_t error, uint64_t address)
{
    const char *access = error & PF_FETCH ? "fetch" : error & PF_WRITE ? "write" : "read";
    const char *reason = error & PF_RESERVED  ? "a reserved bit is set"
                         : error & PF_PRESENT ? "the page forbids it"
                                              : "no page there";
    format_text(text, size, ", %s of 0x%lx: %s", access, address, reason);
}

void user_exception(struct trap_frame *frame, uint64_t address, int signal)
{
    unsigned int row = row_of(frame);
    char detail[96] = "";
    bool page = frame->vector == VECTOR_PF;
    irq_enable();
    kernel_lock();
    if (page)
        describe_page_fault(detail, sizeof(detail), frame->error, address);
    log_line("fault", "pid %d (%s): %s at rip 0x%lx%s", current->pid, current->name,
             exceptions[row].name, frame->rip, detail);
    signal = signal != 0 ? signal : exceptions[row].signal;
    signal_fault(signal, page ? 1 + (int)(frame->error & PF_PRESENT) : SI_KERNEL,
                 page ? address : frame->rip, frame);
    kernel_unlock();
    irq_disable();
}

static _Noreturn void stop(void)
{
    power_off(PANIC_CODE);
}

void panic(const char *format, ...)
{
    irq_disable();
    char text[160];
    va_list args;
    va_start(args, format);
    format_list(text, sizeof(text), format, args);
    va_end(args);
    print("Kernel panic: %s\n", text);
    stop();
}

static void print_registers(const struct trap_frame *f)
{
    print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    print("  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    print("  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
    print("  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
    print("  rip %016lx  cs  %016lx  rfl %016lx  ss  %016lx\n", f->rip, f->cs, f->rflags, f->ss);
    print("  cr0 %016lx  cr2 %016lx  cr3 %016lx  cr4 %016lx\n", read_cr0(), read_cr2(), read_cr3(),
          read_cr4());
}

void panic_at(const struct trap_frame *frame, uint64_t address)
{
    irq_disable();
    print("Kernel panic: %s, error code 0x%lx, address 0x%lx, pid %d (%s)\n",
          exceptions[row_of(frame)].name, frame->error, address, current->pid, current->name);
    print_registers(frame);
    stop();
}
