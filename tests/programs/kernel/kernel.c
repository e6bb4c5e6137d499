/*
 * kernel.c: runs a static Linux program, given as a Multiboot module, in ring 3.
 *
 * It has the two system calls that the programs make. What they write goes to the debug console
 * (port E9h), their exit status to the debug-exit port. A timer interrupts them all the time, and
 * all vector state is saved and restored then. Trouble: a line that says so, and status 255.
 */
#include "kernel.h"

enum { DEBUG_CONSOLE = 0xe9, DEBUG_EXIT = 0xf4 };
enum { FAILED = 255 };

/* ---- output and the end ---- */

_Noreturn static void finish(uint8_t status)
{
    out8(DEBUG_EXIT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void print(const char *text)
{
    for (; *text != '\0'; text++)
        out8(DEBUG_CONSOLE, (uint8_t)*text);
}

static void print_hex(uint64_t value)
{
    for (unsigned shift = 64; shift > 0;)
        out8(DEBUG_CONSOLE, (uint8_t) "0123456789abcdef"[value >> (shift -= 4) & 15]);
}

_Noreturn static void fail(const char *text)
{
    print("KERNEL ");
    print(text);
    print("\n");
    finish(FAILED);
}

/* ---- what boot.S calls ---- */

void trap_handler(const struct trap *trap)
{
    if (trap->vector == VECTOR_TIMER) {
        vector_switch();
        out8(0x20, 0x20);
        return;
    }
    uint64_t address;
    __asm__ volatile("movq %%cr2, %0" : "=r"(address));
    const uint64_t told[] = {trap->vector, trap->error_code, trap->rip, trap->rsp, address};
    static const char *const names[] = {"vector ", " error ", " rip ", " rsp ", " cr2 "};
    for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        print(names[i]);
        print_hex(told[i]);
    }
    print("\n");
    fail("exception");
}

static bool is_user(uint64_t from, uint64_t size)
{
    return from >= USER_BASE && size <= USER_SIZE && from - USER_BASE <= USER_SIZE - size;
}

static uint64_t write(uint64_t data, uint64_t size)
{
    if (!is_user(data, size))
        return (uint64_t)-14; /* EFAULT */
    out_bytes(DEBUG_CONSOLE, (const void *)data, size);
    return size;
}

uint64_t call64(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    switch (number) {
    case 1: return write(b, c);
    case 231: finish((uint8_t)a);
    default: return (uint64_t)-38; /* ENOSYS */
    }
}

uint64_t call32(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    switch (number) {
    case 4: return write(b, c);
    case 252: finish((uint8_t)a);
    default: return (uint64_t)-38;
    }
}

/* ---- the program (System V ABI, chapter 4: both classes of file) ---- */

struct segment {
    uint64_t type, offset, address, file_size, size;
};

static uint64_t field(const uint8_t *p, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | p[bytes];
    return value;
}

static struct segment read_segment(const uint8_t *p, bool wide)
{
    if (wide)
        return (struct segment){field(p, 4), field(p + 8, 8), field(p + 16, 8), field(p + 32, 8),
                                field(p + 40, 8)};
    return (struct segment){field(p, 4), field(p + 4, 4), field(p + 8, 4), field(p + 16, 4),
                            field(p + 20, 4)};
}

/* The frames behind USER_BASE are zero from the machine's start. */
static void place(const uint8_t *file, const struct segment *s)
{
    if (!is_user(s->address, s->size))
        fail("a segment lies elsewhere");
    uint8_t *to = (uint8_t *)(s->address - USER_BASE + USER_FRAMES);
    const uint8_t *from = file + s->offset;
    uint64_t count = s->file_size;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

_Noreturn static void run(const uint8_t *file)
{
    if (field(file, 4) != 0x464c457f)
        fail("the module is no ELF file");
    bool wide = file[4] == 2;
    const uint8_t *header = file + (wide ? field(file + 32, 8) : field(file + 28, 4));
    uint64_t step = field(file + (wide ? 54 : 42), 2), count = field(file + (wide ? 56 : 44), 2);
    for (; count > 0; count--, header += step) {
        struct segment s = read_segment(header, wide);
        if (s.type == 1)
            place(file, &s);
    }
    enter_user(field(file + 24, wide ? 8 : 4), USER_BASE + USER_SIZE - 256,
               wide ? USER_CS : USER_CS32);
}

/* `info` is the Multiboot information: flag 3 says that there are modules. */
void kernel_main(const uint32_t *info)
{
    cpu_init();
    vector_init();
    if ((info[0] & 8) == 0 || info[5] != 1)
        fail("there has to be one module");
    const uint32_t *module = (const uint32_t *)(uint64_t)info[6];
    if (module[1] > USER_FRAMES)
        fail("the module is too large");
    run((const uint8_t *)(uint64_t)module[0]);
}
