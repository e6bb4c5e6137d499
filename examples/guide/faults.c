/*
 * faults.c - catch page faults: memory that appears when a program touches it.
 */
#include <libcpu/libcpu.h>

#include <inttypes.h>
#include <stdio.h>

enum { CODE = 0x400000, PAGE = 0x1000 };

/* Fill 20 KiB from 0x600000 on, a byte in each KiB, then write where nothing may be. */
static const uint8_t program[] = {
    0xbf, 0x00, 0x00, 0x60, 0x00,             /*    mov edi, 0x600000 */
    0xb9, 0x14, 0x00, 0x00, 0x00,             /*    mov ecx, 20 */
    0x88, 0x0f,                               /* 1: mov [rdi], cl */
    0x48, 0x81, 0xc7, 0x00, 0x04, 0x00, 0x00, /*    add rdi, 1024 */
    0xe2, 0xf5,                               /*    loop 1b */
    0x89, 0x0c, 0x25, 0x08, 0x00, 0x00, 0x00, /*    mov [8], ecx */
};

static int is_heap(uint64_t address)
{
    return address >= 0x600000 && address < 0x700000;
}

/* Run, and map each missing page of the heap; returns when anything else stops the run. */
static void run(libcpu *m, struct libcpu_stop *stop)
{
    for (;;) {
        if (libcpu_run(m, 10000, stop) != LIBCPU_ERR_OK)
            return;
        if (stop->reason != LIBCPU_STOP_EXCEPTION || stop->vector != 14 || !is_heap(stop->address))
            return;
        uint64_t page = stop->address & ~UINT64_C(0xfff);
        printf("%4" PRIu64 " instructions: page fault at 0x%" PRIx64 ", mapping it\n",
               stop->total_insns, stop->address);
        if (libcpu_map(m, page, PAGE, LIBCPU_READ | LIBCPU_WRITE) != LIBCPU_ERR_OK)
            return;
        /* RIP is that of the instruction that faulted: it is tried again. */
    }
}

int main(void)
{
    struct libcpu_config config;
    struct libcpu_stop stop;
    struct libcpu_walk walk;
    uint64_t rip = CODE;
    libcpu *m;

    libcpu_config_init(&config);
    config.board = LIBCPU_BOARD_NONE;
    if (libcpu_create(&config, &m) != LIBCPU_ERR_OK)
        return 1;
    libcpu_bare(m, LIBCPU_BARE_USER64);
    libcpu_map(m, CODE, PAGE, LIBCPU_READ | LIBCPU_EXECUTE);
    libcpu_linear_write(m, CODE, program, sizeof(program));
    libcpu_reg_set(m, LIBCPU_REG_RIP, &rip, sizeof(rip));

    run(m, &stop);
    printf("%4" PRIu64 " instructions: page fault at 0x%" PRIx64 ", error code %" PRIu64
           ": that is a bug\n",
           stop.total_insns, stop.address, stop.error_code);

    /* Why? The walk of the page tables tells. */
    libcpu_translate(m, stop.address, LIBCPU_ACCESS_USER | LIBCPU_ACCESS_WRITE, &walk);
    for (unsigned i = 0; i < walk.steps; i++)
        printf("  level %u entry: 0x%" PRIx64 "%s\n", walk.step[i].level, walk.step[i].value,
               walk.step[i].verdict == LIBCPU_VERDICT_ABSENT ? ", not present" : "");
    libcpu_destroy(m);
    return 0;
}
