/*
 * fuzz_devices.h - the input of fuzz_devices: a byte, 1 when COM1 takes the time that its baud rate
 * says; then steps of four bytes, a kind and three operands.
 */
#ifndef LC_TESTS_FUZZ_FUZZ_DEVICES_H
#define LC_TESTS_FUZZ_FUZZ_DEVICES_H

enum { FUZZ_HEAD = 1, FUZZ_STEP = 4 };

/* Low three bits of the first byte. */
enum {
    FUZZ_WRITE,   /* to a port: where, value */
    FUZZ_WRITE_2, /* the same: most steps are writes */
    FUZZ_READ,    /* from a port */
    FUZZ_TIME,    /* (operands 2 and 3, 16 bits) << (operand 1 % 32) nanoseconds pass */
    FUZZ_HOST,    /* what comes from outside: operand 1 % FUZZ_HOSTS says what */
    FUZZ_INTACK,  /* the processor takes an interrupt */
    FUZZ_MMIO,    /* a register in memory, if there is one: read or write as operand 3 says */
    FUZZ_RESET,   /* the reset line, when all operands are FFh */
};

/* The other bits. */
enum {
    FUZZ_SIZE = 0x18,  /* 1 << n bytes, up to 4 */
    FUZZ_PLACE = 0x20, /* operands 1 and 2: a region and an offset in it; else a port number */
};

enum {
    FUZZ_SERIAL,
    FUZZ_BREAK,
    FUZZ_KEY_DOWN,
    FUZZ_KEY_UP,
    FUZZ_TYPE,
    FUZZ_BUTTON,
    FUZZ_PIN, /* operand 2: a chip; 3: its input and, the highest bit, the level */
    FUZZ_HOSTS,
};

#endif
