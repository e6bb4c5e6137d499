/*
 * power.c: the ends of a run. Port 0xf4 is QEMU's isa-debug-exit, which tells the outside a code;
 * port 0x604 is the ACPI power management control register of its boards, where SLP_EN with sleep
 * type 0 means "off" (ACPI specification, "PM1 Control Registers").
 */
#include "cpu.h"
#include "devices.h"

enum { DEBUG_EXIT = 0xf4, PM1_CONTROL = 0x604, SLP_EN = 0x2000 };
enum { KEYBOARD_COMMAND = 0x64, PULSE_RESET = 0xfe };

void power_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Code 0 is success and only powers off; any other code is reported first. */
void power_off(unsigned int code)
{
    if (code != 0)
        out32(DEBUG_EXIT, code);
    out16(PM1_CONTROL, SLP_EN);
    power_halt();
}

void power_restart(void)
{
    out8(KEYBOARD_COMMAND, PULSE_RESET);
    power_halt();
}
