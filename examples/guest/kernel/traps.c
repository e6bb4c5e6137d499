/*
 * traps.c: sorts what entered the kernel: an exception, a device's interrupt or a system call; and
 * decides, on the way back to ring 3, who runs next and through which door it leaves.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "memory.h"
#include "task.h"
#include "trap.h"

uint64_t page_faults;
static uint64_t nmis;

static void device_interrupt(unsigned int line)
{
    if (pic_is_spurious(line))
        return;
    pic_end_of_interrupt(line); /* IF is off, so the line cannot come again before IRET */
    switch (line) {
    case IRQ_TIMER: timer_tick(); break;
    case IRQ_KEYBOARD: keyboard_interrupt(); break;
    case IRQ_COM1: serial_interrupt(); break;
    default: break;
    }
}

/* A program's single-step flag survives SYSENTER and traps at the door's first instruction. */
static bool is_single_step_of_sysenter(const struct trap_frame *frame)
{
    return frame->vector == VECTOR_DB && frame->rip == (uint64_t)sysenter_entry;
}

static void kernel_exception(struct trap_frame *frame, uint64_t address)
{
    if (frame->vector == VECTOR_PF && user_copy_faulted(frame, address))
        return;
    if (is_single_step_of_sysenter(frame)) {
        frame->rflags &= ~(uint64_t)RFLAGS_TF;
        return;
    }
    panic_at(frame, address);
}

static void exception(struct trap_frame *frame)
{
    uint64_t address = frame->vector == VECTOR_PF ? read_cr2() : 0;
    if (frame->vector == VECTOR_PF)
        page_faults++;
    if (frame->vector == VECTOR_NMI)
        nmis++;
    else if (frame->vector == VECTOR_DF || frame->vector == VECTOR_MC || !from_user(frame))
        kernel_exception(frame, address);
    else
        user_fault(frame, address);
}

/* Entered with interrupts off, on the task's kernel stack (or on one of its own: see idt.c). */
void trap_handler(struct trap_frame *frame)
{
    if (frame->vector < VECTOR_IRQ)
        exception(frame);
    else if (frame->vector < VECTOR_IRQ + 16)
        device_interrupt((unsigned int)frame->vector - VECTOR_IRQ);
    else
        syscall_handler(frame);
}

/*
 * SYSRET takes RIP from RCX and RFLAGS from R11, and on some processors faults in ring 0 if RIP is
 * not canonical. It is good only for a frame that SYSCALL itself could have left. SYSEXIT restores
 * no flags, so the single-step flag needs IRET, too.
 */
static unsigned int way_out(const struct trap_frame *frame)
{
    bool plain = frame->rip < USER_TOP && (frame->rflags & (RFLAGS_TF | RFLAGS_RF)) == 0;
    if (frame->vector == VECTOR_SYSCALL && plain && frame->rcx == frame->rip &&
        frame->r11 == frame->rflags && frame->cs == USER_CS && frame->ss == USER_DS)
        return WAY_SYSRET;
    if (frame->vector == VECTOR_SYSENTER && plain && frame->rsp < USER_TOP)
        return WAY_SYSEXIT;
    return WAY_IRET;
}

unsigned int exit_to_user(struct trap_frame *frame)
{
    irq_disable();
    while (need_resched)
        task_preempt();
    if (current->kill_signal != 0)
        task_exit(current->kill_signal);
    return way_out(frame);
}
