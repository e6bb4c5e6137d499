/* fault.c - see fault.h. The kernel reports #XM as SIGFPE. */
#define _GNU_SOURCE /* the names of the registers in ucontext_t */
#include "fault.h"

#include <signal.h>
#include <ucontext.h>

static struct sigaction before;
static volatile sig_atomic_t seen;
static volatile uint32_t left;

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)number, (void)info;
    seen = 1;
    left = uc->uc_mcontext.fpregs->mxcsr;
    uc->uc_mcontext.fpregs->mxcsr |= 0x1F80;
}

void fault_catch(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, &before);
}

void fault_release(void)
{
    sigaction(SIGFPE, &before, NULL);
}

void fault_clear(void)
{
    seen = 0;
}

bool fault_seen(uint32_t *csr)
{
    *csr = left;
    return seen;
}
