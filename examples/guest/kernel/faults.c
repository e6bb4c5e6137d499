/*
 * faults.c: a program that breaks a rule is ended and the system goes on; a kernel that breaks one
 * stops everything.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "format.h"
#include "memory.h"
#include "task.h"
#include "trap.h"

/* What each exception is called and which signal ends the program. (SDM vol. 3A, chapter 6.) */
static const struct {
    const char *name;
    const char *words;
    int signal;
} exceptions[] = {
    [0] = {"#DE", "Arithmetic exception", SIGFPE},
    [1] = {"#DB", "Trace trap", SIGTRAP},
    [2] = {"NMI", "Non-maskable interrupt", SIGBUS},
    [3] = {"#BP", "Breakpoint trap", SIGTRAP},
    [4] = {"#OF", "Arithmetic exception", SIGFPE},
    [5] = {"#BR", "Bound range exceeded", SIGSEGV},
    [6] = {"#UD", "Illegal instruction", SIGILL},
    [7] = {"#NM", "No floating point here", SIGILL},
    [8] = {"#DF", "Double fault", SIGBUS},
    [10] = {"#TS", "Segmentation fault", SIGSEGV},
    [11] = {"#NP", "Bus error", SIGBUS},
    [12] = {"#SS", "Bus error", SIGBUS},
    [13] = {"#GP", "Segmentation fault", SIGSEGV},
    [14] = {"#PF", "Segmentation fault", SIGSEGV},
    [16] = {"#MF", "Arithmetic exception", SIGFPE},
    [17] = {"#AC", "Bus error", SIGBUS},
    [18] = {"#MC", "Machine check", SIGBUS},
    [19] = {"#XM", "Arithmetic exception", SIGFPE},
    [31] = {"exception", "Unexpected exception", SIGILL},
};

static unsigned int row_of(const struct trap_frame *frame)
{
    return frame->vector < 31 && exceptions[frame->vector].name ? (unsigned int)frame->vector : 31;
}

/* The page fault's error code in words. (SDM vol. 3A, "Page-Fault Exceptions".) */
static void describe_page_fault(char *text, size_t size, uint64_t error, uint64_t address)
{
    const char *access = error & 16 ? "fetch" : error & 2 ? "write" : "read";
    const char *reason = error & 8   ? "a reserved bit is set"
                         : error & 1 ? "the page forbids it"
                                     : "no page there";
    format_text(text, size, "%s of 0x%lx from ring %d: %s", access, address, error & 4 ? 3 : 0,
                reason);
}

/* Ends the current program. CR2 has been read, so interrupts may come while this is printed. */
void user_fault(struct trap_frame *frame, uint64_t address)
{
    unsigned int row = row_of(frame);
    if (frame->vector != VECTOR_DB)
        irq_enable();
    log_line("fault", "%s: pid %d (%s), %s at rip 0x%lx, error code 0x%lx", exceptions[row].words,
             current->pid, current->name, exceptions[row].name, frame->rip, frame->error);
    if (frame->vector == VECTOR_PF) {
        char detail[96];
        describe_page_fault(detail, sizeof(detail), frame->error, address);
        log_line("fault", "  %s", detail);
    }
    irq_disable();
    task_exit(exceptions[row].signal);
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
