/*
 * function.c - run a function on a bare CPU: arguments in registers, a result, exact counts.
 */
#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>

enum { CODE = 0x400000, STACK = 0x7f0000, RETURN = CODE + 0xff0 };

/* uint64_t gcd(uint64_t a, uint64_t b), as a compiler makes it */
static const uint8_t gcd[] = {
    0x48, 0x89, 0xf8, /*    mov rax, rdi */
    0x48, 0x85, 0xf6, /* 1: test rsi, rsi */
    0x74, 0x0d,       /*    jz 2f */
    0x31, 0xd2,       /*    xor edx, edx */
    0x48, 0xf7, 0xf6, /*    div rsi */
    0x48, 0x89, 0xf0, /*    mov rax, rsi */
    0x48, 0x89, 0xd6, /*    mov rsi, rdx */
    0xeb, 0xee,       /*    jmp 1b */
    0xc3,             /* 2: ret */
};

static libcpu *make_cpu(void)
{
    struct libcpu_config config;
    libcpu *m;

    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    config.ram_size = 1 << 20;
    if (libcpu_create(&config, &m) != LIBCPU_ERR_OK)
        return NULL;
    if (libcpu_bare(m, LIBCPU_BARE_USER64) == LIBCPU_ERR_OK &&
        libcpu_map(m, CODE, 0x1000, LIBCPU_READ | LIBCPU_EXECUTE) == LIBCPU_ERR_OK &&
        libcpu_map(m, STACK, 0x1000, LIBCPU_READ | LIBCPU_WRITE) == LIBCPU_ERR_OK &&
        libcpu_linear_write(m, CODE, gcd, sizeof(gcd)) == LIBCPU_ERR_OK)
        return m;
    libcpu_destroy(m);
    return NULL;
}

static void set(libcpu *m, enum libcpu_reg reg, uint64_t value)
{
    libcpu_reg_set(m, reg, &value, sizeof(value));
}

/* As the System V ABI says: arguments in RDI and RSI, the return address on the stack. */
static uint64_t call(libcpu *m, uint64_t a, uint64_t b, struct libcpu_stop *stop)
{
    uint64_t back = RETURN, sp = STACK + 0xff8;

    libcpu_linear_write(m, sp, &back, sizeof(back));
    set(m, LIBCPU_REG_RSP, sp);
    set(m, LIBCPU_REG_RDI, a);
    set(m, LIBCPU_REG_RSI, b);
    set(m, LIBCPU_REG_RIP, CODE);
    libcpu_run_until(m, RETURN, 10000, stop);
    return libcpu_reg(m, LIBCPU_REG_RAX);
}

int main(void)
{
    struct libcpu_stop stop;
    libcpu *m = make_cpu();

    if (!m)
        return 1;
    uint64_t result = call(m, 3528, 3780, &stop);
    printf("gcd(3528, 3780) = %" PRIu64 ": %s after %" PRIu64 " instructions\n", result,
           libcpu_stop_name(stop.reason), stop.insns);

    /* What the function does wrong is a stop too, not a crash of this program. */
    set(m, LIBCPU_REG_RSP, 0);
    set(m, LIBCPU_REG_RSI, 0);
    set(m, LIBCPU_REG_RIP, CODE);
    libcpu_run_until(m, RETURN, 10000, &stop);
    printf("without a stack: %s %d at 0x%" PRIx64 ", error code %" PRIu64 ", address 0x%" PRIx64
           "\n",
           libcpu_stop_name(stop.reason), stop.vector, stop.rip, stop.error_code, stop.address);
    libcpu_destroy(m);
    return 0;
}
