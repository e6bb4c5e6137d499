/*
 * board.h - the PC: which chips there are, where they lie, how they are wired.
 */
#ifndef LC_MACHINE_BOARD_H
#define LC_MACHINE_BOARD_H

#include "base/device.h"

/* The chips of the board, in the order in which they are made and saved; reset goes backwards. */
enum lc_board_chip {
    LC_CHIP_LAPIC,
    LC_CHIP_IOAPIC,
    LC_CHIP_PIC0,
    LC_CHIP_PIC1,
    LC_CHIP_HPET,
    LC_CHIP_PIT,
    LC_CHIP_PORT61,
    LC_CHIP_RTC,
    LC_CHIP_I8042,
    LC_CHIP_KEYBOARD,
    LC_CHIP_COM1,
    LC_CHIP_PORT92,
    LC_CHIP_RESET,
    LC_CHIP_POST,
    LC_CHIP_DEBUGCON,
    LC_CHIP_DEBUGEXIT,
    LC_CHIP_ACPI_PM,
    LC_CHIP_FPUERR,
    LC_CHIP_PCI,
    LC_CHIP_FW_CFG,
    LC_CHIP_ATA0,
    LC_CHIP_ATA1,
    LC_CHIP_VGA,
    LC_CHIPS,
};

/* Interrupt lines of the board: the inputs of the two 8259A, and alike those of the I/O APIC. */
enum { LC_BOARD_LINES = 16 };

/* Places that ACPI tables tell of. */
enum lc_board_port {
    LC_BOARD_COM1 = 0x3f8,
    LC_BOARD_PM_EVENT = 0x600,
    LC_BOARD_PM_CONTROL = 0x604,
    LC_BOARD_PM_TIMER = 0x608,
    LC_BOARD_RESET = 0xcf9,
};
#define LC_BOARD_PCI_BASE UINT32_C(0xc0000000) /* memory that PCI devices can be given */
#define LC_BOARD_PCI_END  UINT32_C(0xfec00000)
#define LC_BOARD_IOAPIC   UINT32_C(0xfec00000)
#define LC_BOARD_HPET     UINT32_C(0xfed00000)
#define LC_BOARD_LAPIC    UINT32_C(0xfee00000)

enum lc_board_irq { LC_IRQ_COM1 = 4, LC_IRQ_SCI = 9 };

struct lc_board {
    struct lc_device *chip[LC_CHIPS]; /* owned */
    bool a20[2];                      /* levels of the two A20 gates: 8042, port 92h */
};

struct libcpu;
struct lc_ata_media;

/* Make, place and wire every chip. On failure what was made is freed by lc_board_fini(). */
enum libcpu_err lc_board_init(struct libcpu *m);
void lc_board_fini(struct libcpu *m);
/* Every chip as after power-on. */
void lc_board_reset(struct libcpu *m);
/* Put ACPI's tables into memory, as firmware would have; returns their root, 0: there is ROM. */
uint64_t lc_board_acpi_root(const struct libcpu *m);
void lc_board_write_acpi(struct libcpu *m);
/* Connect what the guest sends to the embedder's callbacks (api_io.c). */
void lc_board_connect_host(struct libcpu *m);
/* The class of the chip that drives an interrupt input, NULL when it is free. */
const char *lc_board_line_owner(unsigned line);
/* Drive one. */
void lc_board_set_line(struct libcpu *m, unsigned line, bool level);
/* Attach a disk to a slot: channel slot / 2, device slot % 2. */
void lc_board_attach(struct libcpu *m, unsigned slot, const struct lc_ata_media *media);
void lc_board_save(const struct libcpu *m, struct lc_sink *s);

#endif
