/*
 * traps.c: sorts what entered the kernel: an exception, a device's interrupt or a system call; and
 * decides, on the way back to ring 3, who runs next and through which door it leaves.
 */
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "mem.h"
#include "task.h"
#include "trap.h"

uint64_t page_faults, interrupts;
static uint64_t nmis;

static void device_interrupt(unsigned int line, bool user)
{
    if (pic_is_spurious(line))
        return;
    pic_end_of_interrupt(line); /* IF is off, so the line cannot come again before IRET */
    interrupts++;
    switch (line) {
    case IRQ_TIMER: timer_tick(user); break;
    case IRQ_KEYBOARD: keyboard_interrupt(); break;
    case IRQ_COM1: serial_interrupt(); break;
    case IRQ_ATA: ata_interrupt(); break;
    default: break;
    }
}

/* A program's single-step flag survives SYSENTER and traps at the door's first instruction. */
static bool is_single_step_of_sysenter(const struct trap_frame *frame)
{
    return frame->vector == VECTOR_DB && frame->rip == (uint64_t)sysenter_entry;
}

/* May the program have the page? Making it can take long: interrupts come meanwhile. */
static int page_fault(const struct trap_frame *frame, uint64_t address)
{
    if (address >= USER_TOP || current->mm == NULL)
        return SIGSEGV;
    irq_enable();
    kernel_lock();
    int signal = mm_fault(current->mm, address, (uint32_t)frame->error);
    kernel_unlock();
    irq_disable();
    return signal;
}

static void kernel_exception(struct trap_frame *frame, uint64_t address)
{
    if (frame->vector == VECTOR_PF && current->lock_depth > 0 && address < USER_TOP) {
        if (page_fault(frame, address) == 0 || user_copy_faulted(frame, address))
            return;
    }
    if (is_single_step_of_sysenter(frame)) {
        frame->rflags &= ~(uint64_t)RFLAGS_TF;
        return;
    }
    panic_at(frame, address);
}

/* A program's fault is a page that it may have, or a signal. */
static void user_fault(struct trap_frame *frame, uint64_t address)
{
    int signal = 0; /* the exception's own */
    if (frame->vector == VECTOR_PF) {
        signal = page_fault(frame, address);
        if (signal == 0)
            return;
    }
    user_exception(frame, address, signal);
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
    if (frame->vector < VECTOR_IRQ) {
        exception(frame);
    } else if (frame->vector < VECTOR_IRQ + 16) {
        device_interrupt((unsigned int)frame->vector - VECTOR_IRQ, from_user(frame));
        if (!from_user(frame))
            preempt_in_kernel();
    } else {
        syscall_handler(frame);
    }
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

/* The last thing that the new child of a fork waits for: its pid in its own memory. */
static void store_tid(void)
{
    uint64_t at = current->set_tid;
    int32_t pid = current->pid;
    current->set_tid = 0;
    copy_to_user(at, &pid, sizeof(pid));
}

static void work_before_ring3(struct trap_frame *frame)
{
    irq_enable();
    kernel_lock();
    if (current->set_tid != 0)
        store_tid();
    signal_deliver(frame);
    kernel_unlock();
    irq_disable();
}

unsigned int exit_to_user(struct trap_frame *frame)
{
    irq_disable();
    for (;;) {
        bool restart = frame->vector >= VECTOR_INT80 && frame->rax == (uint64_t)-ERESTART;
        if (frame->rip >= USER_TOP)
            signal_fault(SIGSEGV, SEGV_MAPERR, frame->rip, frame); /* IRET itself would fault */
        if (signal_pending(current) || current->set_tid != 0 || restart) {
            work_before_ring3(frame);
        } else if (need_resched) {
            preemptions++;
            current->preempted++;
            schedule();
        } else {
            return way_out(frame);
        }
    }
}
