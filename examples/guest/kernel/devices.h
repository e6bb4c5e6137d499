/* devices.h: the chips on the board: interrupt controllers, timer, keyboard, serial line, power. */
#ifndef GUEST_DEVICES_H
#define GUEST_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_CASCADE = 2, IRQ_COM1 = 4, IRQ_ATA = 14 };

/* pic.c */
void pic_init(void);
void pic_unmask(unsigned int line);
bool pic_is_spurious(unsigned int line);
void pic_end_of_interrupt(unsigned int line);

/* ata.c */
void ata_interrupt(void);

/* serial.c */
void serial_init(void);
void serial_enable_input(void);
void serial_put(char c);
void serial_interrupt(void);

/* keyboard.c */
bool keyboard_init(void);
void keyboard_interrupt(void);

/* power.c */
enum { PANIC_CODE = 0x70 };
_Noreturn void power_off(unsigned int code);
_Noreturn void power_halt(void);
_Noreturn void power_restart(void);

#endif
