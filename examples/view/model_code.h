/*
 * model_code.h - machine code around an address, and one instruction in detail.
 */
#ifndef VIEW_MODEL_CODE_H
#define VIEW_MODEL_CODE_H

#include "record.h"

enum { CODE_BYTES = 15, CODE_LINES = 64 };

struct code_line {
    uint64_t la;
    uint8_t bytes[CODE_BYTES];
    uint8_t size;
    char text[128];
};

/* `before` and `after` instructions around la; returns how many, *here is the index of la's. */
unsigned code_around(libcpu *m, uint64_t la, unsigned mode, unsigned before, unsigned after,
                     struct code_line *lines, unsigned *here);

/* What an instruction is made of, and what it will touch. */
struct code_detail {
    struct code_line line;
    char parts[160]; /* prefixes, REX, opcode, ModRM */
    char reads[120]; /* registers */
    char writes[120];
    char memory[160]; /* the operand in memory and its address */
    uint64_t address; /* of it */
    bool has_memory;
};

/* With the registers as in `s`; false: there is no instruction. */
bool code_detail(libcpu *m, uint64_t la, const struct snapshot *s, struct code_detail *out);

/* The linear address of RIP: in real and protected mode CS has a base. */
uint64_t code_address(const struct snapshot *s);

#endif
