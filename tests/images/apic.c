/*
 * apic.c - the local APIC and the I/O APIC as a program sees them (SDM vol. 3A, chapter 10; 82093AA
 * data sheet, 3.2.4).
 *
 * Expected: requests wait in IRR, the class of what is in service and the task priority, which CR8
 * is too, hold off what is not above; the timer comes once, or again and again, and not while it is
 * masked; an edge is sent once, a level again at its end while it lasts.  With the argument x2apic:
 * the same registers by MSRs, whose reserved bits are #GP, the ways between the modes, and the
 * deadline in the time-stamp counter's time.
 *
 * Requests come from the ICR, the timer, the 8254 (pin 2) and the UART's empty transmitter (pin 4).
 */
#include "lib/image.h"

enum { ID = 0x20, VERSION = 0x30, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, SVR = 0xf0 };
enum { ISR = 0x100, IRR = 0x200, ICR = 0x300, TIMER = 0x320, INITIAL = 0x380, CURRENT = 0x390 };
enum { DIVIDE = 0x3e0, SELF = 0x40000, MASKED = 0x10000, PERIODIC = 0x20000, DEADLINE = 0x40000 };
enum { MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_DEADLINE = 0x6e0, MSR_X2APIC = 0x800 };
enum { X2_SELF_IPI = 0x83f, COM1 = 0x3f8, LEVEL = 0x8000, REMOTE_IRR = 0x4000 };
enum { OFF = 0x100, XAPIC = 0x900, X2APIC = 0xd00 }; /* of IA32_APIC_BASE */

CODE(window, "sti; nop; jmp 1f; 1: nop; nop; jmp 1f; 1: cli");

static bool by_msr;

static uint32_t get(unsigned reg)
{
    if (by_msr)
        return (uint32_t)rdmsr(MSR_X2APIC + reg / 16);
    return *(volatile uint32_t *)(0xfee00000ul + reg);
}

static void set(unsigned reg, uint32_t v)
{
    if (by_msr)
        wrmsr(MSR_X2APIC + reg / 16, v);
    else
        *(volatile uint32_t *)(0xfee00000ul + reg) = v;
}

static bool requested(unsigned vector)
{
    return get(IRR + vector / 32 * 16) >> (vector % 32) & 1;
}

/* Wait for a request; false: it does not come in a time that is long for any here. */
static bool comes(unsigned vector)
{
    for (unsigned i = 0; i < 200000; i++)
        if (requested(vector))
            return true;
    return false;
}

/* The interrupt that is taken now; 0: none. */
static unsigned take(void)
{
    struct frame f = frame_at(window, 0);
    run(&f);
    return f.vector == V_BP ? 0 : (unsigned)f.vector;
}

static word read_cr8(void)
{
    word v;
    asm volatile("mov %%cr8, %0" : "=r"(v) : : "memory");
    return v;
}

static void write_cr8(word v)
{
    asm volatile("mov %0, %%cr8" : : "r"(v) : "memory");
}

/* ---- priorities ---- */

static void priorities(void)
{
    set(ICR, SELF | 0x41);
    check_hex("self: requested", requested(0x41), 1);
    check_hex("self: taken", take(), 0x41);
    check_hex("self: requested no more", requested(0x41), 0);
    check_hex("self: in service", get(ISR + 0x20), 2);
    check_hex("self: PPR", get(PPR), 0x40);
    set(ICR, SELF | 0x4f);
    check_hex("the same class: held off", take(), 0);
    set(ICR, SELF | 0x50);
    check_hex("a higher class: taken", take(), 0x50);
    set(EOI, 0);
    check_hex("after the first EOI: held off", take(), 0);
    set(EOI, 0);
    check_hex("after the second EOI: taken", take(), 0x4f);
    set(EOI, 0);
    write_cr8(5);
    check_hex("CR8 5: TPR", get(TPR), 0x50);
    set(ICR, SELF | 0x5e);
    check_hex("CR8 5: held off", take(), 0);
    set(TPR, 0x4f);
    check_hex("TPR 4Fh: CR8", read_cr8(), 4);
    check_hex("TPR 4Fh: taken", take(), 0x5e);
    set(EOI, 0);
    set(TPR, 0);
    check_hex("nothing left", take(), 0);
}

/* ---- the timer ---- */

static void timer(void)
{
    set(DIVIDE, 0xb);
    set(TIMER, 0x61);
    set(INITIAL, 1000);
    check_hex("one-shot: comes", comes(0x61), 1);
    check_hex("one-shot: count", get(CURRENT), 0);
    check_hex("one-shot: taken", take(), 0x61);
    set(EOI, 0);
    check_hex("one-shot: again", comes(0x61), 0);
    set(TIMER, MASKED | 0x61);
    set(INITIAL, 1000);
    check_hex("masked: comes", comes(0x61), 0);
    set(TIMER, PERIODIC | 0x61);
    set(INITIAL, 1000);
    check_hex("periodic: comes", comes(0x61), 1);
    check_hex("periodic: taken", take(), 0x61);
    set(EOI, 0);
    check_hex("periodic: comes again", comes(0x61), 1);
    set(TIMER, MASKED);
    check_hex("periodic: taken again", take(), 0x61);
    set(EOI, 0);
    set(INITIAL, 0);
}

/* ---- the I/O APIC ---- */

static volatile uint32_t *const ioapic = (volatile uint32_t *)0xfec00000ul;

static uint32_t entry(unsigned pin)
{
    ioapic[0] = 0x10 + 2 * pin;
    return ioapic[4];
}

static void set_entry(unsigned pin, uint32_t v)
{
    ioapic[0] = 0x11 + 2 * pin;
    ioapic[4] = 0;
    ioapic[0] = 0x10 + 2 * pin;
    ioapic[4] = v;
}

static void edge(void)
{
    out8(0x43, 0x30);
    set_entry(2, 0x62);
    out8(0x40, 20);
    out8(0x40, 0);
    check_hex("edge: comes", comes(0x62), 1);
    check_hex("edge: remote IRR", entry(2) & REMOTE_IRR, 0);
    check_hex("edge: taken", take(), 0x62);
    set(EOI, 0);
    check_hex("edge: again", take(), 0);
    set_entry(2, MASKED);
}

static void level(void)
{
    out8(COM1 + 1, 0);
    out8(COM1 + 4, 8);
    set_entry(4, LEVEL | 0x63);
    out8(COM1 + 1, 2); /* the transmitter is empty */
    check_hex("level: comes", comes(0x63), 1);
    check_hex("level: remote IRR", entry(4) & REMOTE_IRR, REMOTE_IRR);
    check_hex("level: taken", take(), 0x63);
    set(EOI, 0);
    check_hex("level: again at its end", take(), 0x63);
    out8(COM1 + 1, 0);
    (void)in8(COM1 + 2);
    set(EOI, 0);
    check_hex("level: gone", take(), 0);
    check_hex("level: remote IRR at the end", entry(4) & REMOTE_IRR, 0);
    set_entry(4, MASKED);
}

/* ---- x2APIC mode and the deadline ---- */

CODE(eoi_1, "mov $0x80b, %ecx; mov $1, %eax; xor %edx, %edx; wrmsr");
CODE(write_id, "mov $0x802, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr");
CODE(read_eoi, "mov $0x80b, %ecx; rdmsr");
CODE(icr_high, "mov $0x831, %ecx; rdmsr");
CODE(high_timer, "mov $0x832, %ecx; xor %eax, %eax; mov $1, %edx; wrmsr");
CODE(to_xapic, "mov $0x1b, %ecx; mov $0xfee00900, %eax; xor %edx, %edx; wrmsr");
CODE(to_x2apic, "mov $0x1b, %ecx; mov $0xfee00d00, %eax; xor %edx, %edx; wrmsr");
CODE(only_x2, "mov $0x1b, %ecx; mov $0xfee00500, %eax; xor %edx, %edx; wrmsr");
CODE(read_version, "mov $0x803, %ecx; rdmsr");

static const struct piece refused[] = {
    {"EOI of 1", eoi_1, 0, 0, "#GP(0)+c"},
    {"writing the id", write_id, 0, 0, "#GP(0)+9"},
    {"reading EOI", read_eoi, 0, 0, "#GP(0)+5"},
    {"the upper half of the ICR alone", icr_high, 0, 0, "#GP(0)+5"},
    {"upper bits of the timer", high_timer, 0, 0, "#GP(0)+c"},
    {"from x2APIC to xAPIC", to_xapic, 0, 0, "#GP(0)+c"},
    {"x2APIC and disabled", only_x2, 0, 0, "#GP(0)+c"},
};

static const struct piece refused_when_off[] = {
    {"from off to x2APIC", to_x2apic, 0, 0, "#GP(0)+c"},
    {"a register while off", read_version, 0, 0, "#GP(0)+5"},
};

static uint64_t rdtsc(void)
{
    uint32_t a, d;
    asm volatile("rdtsc" : "=a"(a), "=d"(d));
    return (uint64_t)d << 32 | a;
}

static void deadline(void)
{
    set(TIMER, DEADLINE | 0x61);
    set(INITIAL, 5);
    check_hex("deadline: no initial count", get(INITIAL), 0);
    const uint64_t at = rdtsc() + 5000;
    wrmsr(MSR_DEADLINE, at);
    check_hex("deadline: as written", rdmsr(MSR_DEADLINE) == at, 1);
    check_hex("deadline: comes", comes(0x61), 1);
    check_hex("deadline: not before", rdtsc() >= at, 1);
    check_hex("deadline: none any more", rdmsr(MSR_DEADLINE), 0);
    check_hex("deadline: taken", take(), 0x61);
    set(EOI, 0);
    wrmsr(MSR_DEADLINE, rdtsc() + 1000000000000);
    check_hex("far deadline: comes", comes(0x61), 0);
    wrmsr(MSR_TSC, rdtsc() + 999999999000);
    check_hex("the counter is put there: comes", comes(0x61), 1);
    check_hex("the counter is put there: taken", take(), 0x61);
    set(EOI, 0);
    wrmsr(MSR_DEADLINE, 1);
    check_hex("past deadline: comes", comes(0x61), 1);
    check_hex("past deadline: taken", take(), 0x61);
    set(EOI, 0);
    set(TIMER, MASKED);
}

static void x2apic(void)
{
    wrmsr(MSR_APIC_BASE, 0xfee00000 | X2APIC);
    check_hex("x2APIC: registers in memory", *(volatile uint32_t *)0xfee00030ul, 0xffffffff);
    by_msr = true;
    check_hex("x2APIC: version", get(VERSION) & 0xffffff, 0x50014);
    check_hex("x2APIC: logical id", get(0xd0), 1);
    check_hex("x2APIC: SVR stays", get(SVR), 0x1ff);
    wrmsr(X2_SELF_IPI, 0x71);
    check_hex("x2APIC: self IPI", take(), 0x71);
    set(EOI, 0);
    priorities();
    timer();
    deadline();
    RUN_PIECES(refused);
    wrmsr(MSR_APIC_BASE, 0xfee00000 | OFF);
    check_hex("off: CPUID", has(1, 0, 3, 9), 0);
    RUN_PIECES(refused_when_off);
    wrmsr(MSR_APIC_BASE, 0xfee00000 | XAPIC);
    by_msr = false;
    check_hex("on again: CPUID", has(1, 0, 3, 9), 1);
    check_hex("on again: SVR", get(SVR), 0xff);
    check_hex("on again: timer", get(TIMER), MASKED);
}

void image(void)
{
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    check_hex("IA32_APIC_BASE", rdmsr(MSR_APIC_BASE), 0xfee00900);
    set(SVR, 0x1ff);
    if (same(argument(), "x2apic")) {
        x2apic();
        return;
    }
    check_hex("version", get(VERSION) & 0xffffff, 0x50014);
    check_hex("id", get(ID) >> 24, 0);
    priorities();
    timer();
    edge();
    level();
}
