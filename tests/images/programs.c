/*
 * programs.c - the end states of many random programs, in real mode or in ring 3 of 32-bit
 * protected mode: a second and a third opinion on ordinary instructions.
 *
 * The programs come as a boot module (programs.h; programs_module.c makes it).  A line for each
 * tells the exception that ended it and a digest of registers, defined flags and all memory that it
 * can reach.  What is expected is that every machine prints the same (programs.sh).
 */
#include "programs.h"

#include "lib/image.h"

enum {
    REAL_CODE = 0x30000, /* 64 KiB each */
    REAL_DATA = 0x40000,
    REAL_SIZE = 0x10000,
    CODE_PAGE = 0x1000,   /* where programs lie */
    FLAT_CODE = 0x500000, /* pages */
    FLAT_DATA = 0x501000,
    FLAT_READ_ONLY = 0x503000,
    OPEN = 7,
    PF_WRITE = 2,   /* QEMU reads first where an instruction reads and writes */
    STATUS = 0xcd5, /* CF, PF, AF, ZF, SF, DF, OF */
};

extern uint8_t real_block[], real_block_end[], real_vectors[];
extern uint32_t boot_info;
void run_real(struct frame *f);

static const struct programs *programs;
static const uint8_t *at; /* the next program */

/* The first module (Multiboot 0.6.96, 3.3: mods_count, mods_addr). */
static const void *module(void)
{
    const uint32_t *info = (const uint32_t *)(word)boot_info;
    if (!(info[0] & 8) || info[5] == 0)
        return NULL;
    return (const void *)(word) * (const uint32_t *)(word)info[6];
}

/* ---- digests ---- */

static uint32_t digest;

static void mix(uint32_t v)
{
    digest = (digest ^ v) * 0x01000193u;
    digest ^= digest >> 15;
}

/* Words that are not 0, and where they are. */
static void mix_memory(const uint8_t *p, unsigned size)
{
    for (unsigned i = 0; i < size; i += 4) {
        uint32_t v;
        __builtin_memcpy(&v, p + i, 4);
        if (v != 0) {
            mix(i);
            mix(v);
        }
    }
}

static void clear_open(const struct program *p, uint8_t *data)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned n = 0; n < p->open_size[i]; n++)
            if (p->open_at[i] + n < PROGRAM_DATA)
                data[p->open_at[i] + n] = 0;
}

static void mix_registers(const struct program *p, const struct frame *f)
{
    /* In QEMU an instruction that faults may have changed flags already. */
    word defined = f->vector == V_BP ? STATUS & ~p->undefined : 0;
    for (unsigned i = 0; i < 8; i++)
        mix(f->r[i]);
    mix(f->rip);
    mix(f->rflags & defined);
    mix(f->vector);
}

/* The argument is the number of a program: tell of it all registers. */
static void tell_registers(const char *name, const struct frame *f)
{
    struct text t = {0};
    for (unsigned i = 0; i < 8; i++) {
        add_hex(&t, f->r[i]);
        add(&t, " ");
    }
    add(&t, "ip ");
    add_hex(&t, f->rip);
    add(&t, " flags ");
    add_hex(&t, f->rflags);
    add(&t, " error ");
    add_hex(&t, f->error);
    add(&t, " cr2 ");
    add_hex(&t, f->cr2);
    report(name, t.s);
}

static void tell(unsigned number, const struct frame *f)
{
    struct text name = {0}, t = {0};
    add(&name, "program ");
    add_dec(&name, number);
    add_hex(&t, f->vector);
    add(&t, " ");
    add_hex(&t, digest);
    report(name.s, t.s);
    if (same(argument(), name.s + sizeof("program ") - 1))
        tell_registers(name.s, f);
}

/* ---- memory before a program ---- */

static const uint8_t *put_lines(const struct program *p, const uint8_t *lines, uint8_t *data)
{
    __builtin_memcpy(data, programs->background, PROGRAM_DATA);
    for (unsigned i = 0; i < PROGRAM_DATA / PROGRAM_LINE; i++) {
        if (!(p->lines[i / 32] >> (i % 32) & 1))
            continue;
        __builtin_memcpy(data + i * PROGRAM_LINE, lines, PROGRAM_LINE);
        lines += PROGRAM_LINE;
    }
    return lines;
}

static void put_code(const struct program *p, const uint8_t *bytes, uint8_t *code, unsigned size)
{
    __builtin_memset(code, 0xcc, size);
    __builtin_memcpy(code + p->code_at, bytes, p->code_size);
}

static struct frame frame_of(const struct program *p)
{
    struct frame f = frame_at((const void *)p->ip, 3);
    for (unsigned i = 0; i < 8; i++)
        f.r[i] = p->r[i];
    f.rflags = (p->flags & STATUS) | 2;
    f.fs = f.gs = 0;
    return f;
}

/* ---- real mode ---- */

static void prepare_real(void)
{
    uint16_t *table = (uint16_t *)0;
    asm("" : "+r"(table)); /* there is something at 0 */
    __builtin_memcpy((void *)REAL_BLOCK, real_block, (size_t)(real_block_end - real_block));
    for (unsigned v = 0; v < 256; v++) {
        table[2 * v] = (uint16_t)(real_vectors - real_block + 16 * (int)v);
        table[2 * v + 1] = REAL_BLOCK >> 4;
    }
    __builtin_memset((void *)REAL_CODE, 0xcc, REAL_SIZE);
    set_desc(SEL_CODE16, segment(REAL_BLOCK, 0xffff, 0x9b, 0));
    set_desc(SEL_DATA16, segment(0, 0xffff, 0x93, 0));
}

static void run_one_real(unsigned number, const struct program *p, const uint8_t *bytes,
                         const uint8_t *lines)
{
    uint8_t *data = (uint8_t *)REAL_DATA;
    struct frame f = frame_of(p);
    __builtin_memset(data, 0, REAL_SIZE);
    at = put_lines(p, lines, data);
    put_code(p, bytes, (uint8_t *)REAL_CODE, CODE_PAGE);
    f.cs = REAL_CODE >> 4;
    f.ds = f.es = f.ss = f.fs = f.gs = REAL_DATA >> 4;
    f.vector = 0;
    run_real(&f);
    /* What the exception pushed, and any other since, has the undefined flags in it. */
    for (unsigned i = 1; i <= 6; i++)
        data[(f.r[SP] - i) & 0xffff] = 0;
    clear_open(p, data);
    mix_registers(p, &f);
    mix_memory(data, REAL_SIZE);
    mix_memory((const uint8_t *)REAL_CODE, CODE_PAGE);
    tell(number, &f);
}

/* ---- protected mode ---- */

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t data_table[1024] __attribute__((aligned(4096)));
static uint32_t code_table[1024] __attribute__((aligned(4096)));

/* The programs' pages where they expect them; the runtime one to one, for ring 0. */
static void prepare_flat(void)
{
    for (uint32_t i = 0; i < 16; i++)
        directory[i] = i << 22 | 0x83;
    directory[PROGRAM_DATA_AT >> 22] = (word)data_table | OPEN;
    directory[PROGRAM_CODE_AT >> 22] = (word)code_table | OPEN;
    data_table[0] = FLAT_DATA | OPEN;
    data_table[1] = (FLAT_DATA + 0x1000) | OPEN;
    data_table[4] = FLAT_READ_ONLY | 5;
    code_table[0] = FLAT_CODE | 5;
    for (unsigned i = 0; i < 0x1000; i++)
        ((uint8_t *)FLAT_READ_ONLY)[i] = (uint8_t)(7 * i);
    write_cr4(read_cr4() | CR4_PSE);
    write_cr3((word)directory);
    write_cr0(read_cr0() | CR0_PG | CR0_WP);
}

static void run_one_flat(unsigned number, const struct program *p, const uint8_t *bytes,
                         const uint8_t *lines)
{
    uint8_t *data = (uint8_t *)FLAT_DATA;
    struct frame f = frame_of(p);
    at = put_lines(p, lines, data);
    put_code(p, bytes, (uint8_t *)FLAT_CODE, CODE_PAGE);
    run(&f);
    clear_open(p, data);
    mix_registers(p, &f);
    mix(f.error & ~(f.vector == V_PF ? PF_WRITE : 0u));
    if (f.vector == V_PF)
        mix(f.cr2);
    mix_memory(data, PROGRAM_DATA);
    tell(number, &f);
}

void image(void)
{
    write_cr4(0); /* as at reset: firmware may have switched SSE on */
    programs = module();
    if (!programs || programs->magic != PROGRAMS_MAGIC) {
        check("module", "none", "programs");
        return;
    }
    if (programs->real)
        prepare_real();
    else
        prepare_flat();
    at = (const uint8_t *)(programs + 1);
    for (unsigned i = 0; i < programs->count; i++) {
        const struct program *p = (const struct program *)at;
        const uint8_t *bytes = (const uint8_t *)(p + 1);
        digest = 0x811c9dc5;
        (programs->real ? run_one_real : run_one_flat)(i, p, bytes, bytes + PROGRAM_BYTES);
    }
}
