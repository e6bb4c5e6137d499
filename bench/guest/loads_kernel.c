/*
 * loads_kernel.c: loads that need ring 0: changes of privilege, page faults, address spaces,
 * interrupts, device registers.
 */
#include "kernel.h"
#include "loads.h"

#define FAULT_PAGES   512u
#define PRIVATE_PAGES 16u
#define TIMER_HERTZ   1000u

typedef uint64_t page_table[512];

extern page_table kernel_pml4, kernel_pdpt, kernel_pd; /* boot.S */

#define TABLE __attribute__((aligned(4096)))
static page_table user_pd TABLE, user_pt TABLE, touched_pt TABLE;
static page_table other_pml4 TABLE, other_pdpt TABLE, private_pd[2] TABLE, private_pt[2] TABLE;

static uint8_t user_stack[4096] __attribute__((aligned(4096)));

volatile uint64_t timer_ticks;

/* The page frame number n that loads may use. */
static uint64_t *frame(uint64_t n)
{
    return (uint64_t *)(FRAMES_BASE + n * 4096);
}

static uint64_t entry(const void *address, unsigned bits)
{
    return (uint64_t)address | bits;
}

/* --- What the entries of traps.S call ----------------------------------------------------------
 */

_Noreturn static void unexpected(const struct trap *trap)
{
    print("@@FAIL vector ");
    print_decimal(trap->vector);
    print(" error ");
    print_hex(trap->error_code);
    print(" rip ");
    print_hex(trap->rip);
    print(" cr2 ");
    print_hex(read_cr2());
    print("\n");
    finish(1);
}

/* Give the page a frame whose first word tells which. */
static void map_touched(const struct trap *trap)
{
    uint64_t n = (read_cr2() - USER_PAGES) >> 12;
    if (n >= FAULT_PAGES || (trap->error_code & PTE_P) != 0)
        unexpected(trap);
    frame(n)[0] = n * 3 + trap->error_code;
    touched_pt[n] = entry(frame(n), PTE_P | PTE_W | PTE_U);
}

void trap_handler(const struct trap *trap)
{
    if (trap->vector == VECTOR_PF) {
        map_touched(trap);
    } else if (trap->vector == VECTOR_TIMER) {
        timer_ticks++;
        out8(0x20, 0x20);
    } else {
        unexpected(trap);
    }
}

static uint64_t unmap_touched(uint64_t pages)
{
    uint64_t mapped = 0;
    for (uint64_t i = 0; i < pages; i++) {
        mapped += touched_pt[i] & PTE_P;
        touched_pt[i] = 0;
    }
    write_cr3(kernel_pml4);
    return mapped;
}

uint64_t call_handler(uint64_t number, uint64_t argument)
{
    switch (number) {
    case CALL_STEP: return argument * 3 + 1;
    case CALL_UNMAP: return unmap_touched(argument);
    default: return UINT64_MAX;
    }
}

/* --- Ring 3 ------------------------------------------------------------------------------------
 */

/* Where ring 3 sees a label of user.S. */
static uint64_t user_address(const uint8_t *label)
{
    return USER_CODE + (uint64_t)(label - user_page);
}

void prepare_user(uint64_t scale)
{
    (void)scale;
    user_pt[0] = entry(user_page, PTE_P | PTE_U);
    user_pt[1] = entry(user_stack, PTE_P | PTE_W | PTE_U);
    user_pd[0] = entry(user_pt, PTE_P | PTE_W | PTE_U);
    user_pd[1] = entry(touched_pt, PTE_P | PTE_W | PTE_U);
    kernel_pdpt[1] = entry(user_pd, PTE_P | PTE_W | PTE_U);
    write_cr3(kernel_pml4);
}

uint64_t load_syscall(uint64_t scale)
{
    return enter_user(user_address(user_syscalls), USER_STACK + 4096, scale * 10000, 0, 0);
}

uint64_t load_int80(uint64_t scale)
{
    return enter_user(user_address(user_int80s), USER_STACK + 4096, scale * 10000, 0, 0);
}

uint64_t load_fault(uint64_t scale)
{
    return enter_user(user_address(user_touch), USER_STACK + 4096, scale * 8, FAULT_PAGES,
                      USER_PAGES);
}

/* --- Two address spaces ------------------------------------------------------------------------
 */

/* The kernel in both; at PRIVATE_BASE each has frames of its own. */
void prepare_spaces(uint64_t scale)
{
    (void)scale;
    for (unsigned space = 0; space < 2; space++) {
        for (unsigned i = 0; i < PRIVATE_PAGES; i++) {
            uint64_t *page = frame(space * PRIVATE_PAGES + i);
            page[i] = space * 100 + i;
            private_pt[space][i] = entry(page, PTE_P | PTE_W);
        }
        private_pd[space][0] = entry(private_pt[space], PTE_P | PTE_W);
    }
    kernel_pdpt[PRIVATE_BASE >> 30] = entry(private_pd[0], PTE_P | PTE_W);
    other_pdpt[PRIVATE_BASE >> 30] = entry(private_pd[1], PTE_P | PTE_W);
    other_pdpt[0] = kernel_pdpt[0];
    other_pml4[0] = entry(other_pdpt, PTE_P | PTE_W);
}

static uint64_t visit(uint64_t sum, uint64_t turn)
{
    volatile uint64_t *at = (volatile uint64_t *)PRIVATE_BASE;
    for (unsigned i = 0; i < PRIVATE_PAGES; i++, at += 512) {
        sum = mix(sum, at[i]);
        at[i + 1] = turn; /* never read */
    }
    return sum;
}

uint64_t load_ctxswitch(uint64_t scale)
{
    uint64_t sum = 0;
    for (uint64_t turn = 0; turn < scale * 1000; turn++) {
        write_cr3(other_pml4);
        sum = visit(sum, turn);
        write_cr3(kernel_pml4);
        sum = visit(sum, turn);
    }
    return sum;
}

/* --- Interrupts and ports ----------------------------------------------------------------------
 */

void prepare_timer(uint64_t scale)
{
    (void)scale;
    timer_ticks = 0;
}

/* How many ticks come depends on the machine's clock, and is no part of the sum. */
uint64_t load_timer(uint64_t scale)
{
    timer_start(TIMER_HERTZ);
    uint64_t sum = load_integer(scale);
    timer_stop();
    return sum;
}

uint64_t load_ports(uint64_t scale)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < scale * 10000; i++)
        sum = mix(sum, in8(0x21)); /* the interrupt mask: all ones */
    return sum;
}
