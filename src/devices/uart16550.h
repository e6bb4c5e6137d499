/*
 * uart16550.h - National PC16550D asynchronous receiver/transmitter with FIFOs ("16550A").
 */
#ifndef LC_DEVICES_UART16550_H
#define LC_DEVICES_UART16550_H

#include "base/device.h"

extern const struct lc_device_class lc_uart16550_class;

enum {
    LC_UART16550_HZ = 1843200, /* crystal; the baud rate is this / 16 / divisor */
    LC_UART16550_FIFO = 16,
    /* Not paced: ns from a byte written to the THRE interrupt that asks for more. */
    LC_UART16550_THRE_DELAY = 10000,
};

enum lc_uart16550_bank {
    LC_UART16550_PORTS, /* 8 bytes (3F8h) */
};

/* True is asserted.  RI is idle, the others are asserted until somebody drives them. */
enum lc_uart16550_input {
    LC_UART16550_CTS,
    LC_UART16550_DSR,
    LC_UART16550_RI,
    LC_UART16550_DCD,
    LC_UART16550_INPUTS,
};

/* True is asserted.  IRQ is INTR behind the PC's buffer that OUT2 enables. */
enum lc_uart16550_output {
    LC_UART16550_IRQ,
    LC_UART16550_DTR,
    LC_UART16550_RTS,
    LC_UART16550_OUT1,
    LC_UART16550_OUTPUTS,
};

/* The other end of the line; any function may be NULL. */
struct lc_uart16550_line {
    void (*transmit)(void *user, uint8_t byte); /* a byte left SOUT */
    void (*room)(void *user); /* the receiver has become empty; lc_uart16550_receive() may follow */
    void *user;
};

void lc_uart16550_set_line(struct lc_device *d, const struct lc_uart16550_line *line);

/*
 * Paced: bytes take the time that the divisor and the frame say, in both FIFOs and the shift
 * register.  Not paced (the default): a byte leaves at once and THRE and TEMT always read as set,
 * so that polling costs nothing; the THRE interrupt follows LC_UART16550_THRE_DELAY later, so that
 * an interrupt-driven driver does not find it pending for ever.  Choose before the guest runs.
 */
void lc_uart16550_set_paced(struct lc_device *d, bool paced);

/* Bytes from the line: as many as there is room for, never an overrun.  Returns how many. */
size_t lc_uart16550_receive(struct lc_device *d, const void *bytes, size_t n);
/* A break from the line; false when there was no room. */
bool lc_uart16550_receive_break(struct lc_device *d);

#endif
