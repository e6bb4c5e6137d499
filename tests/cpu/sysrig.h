/*
 * sysrig.h - a CPU with some memory and recording ports, put into a mode by hand, that runs one
 * instruction at a time and tells how it ended.  Nothing is delivered: a fault stays visible.
 */
#ifndef TESTS_CPU_SYSRIG_H
#define TESTS_CPU_SYSRIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/bus.h"
#include "cpu/cpu.h"
#include "cpu/feature.h"

enum rig_mode {
    RIG_REAL,
    RIG_PROT16, /* 16-bit code, no paging */
    RIG_PROT32, /* flat, no paging */
    RIG_PAGED32,
    RIG_PAE,
    RIG_VM86,
    RIG_COMPAT,
    RIG_LONG,
    RIG_MODES,
};

/* Where things lie; all of it is identity-mapped for user and supervisor. */
enum {
    RIG_RAM = 8 << 20,
    RIG_CODE = 0x8000,
    RIG_DATA = 0x9000, /* and the next pages */
    RIG_STACK = 0x7000,
    RIG_TSS = 0x20000,
    RIG_TABLES = 0x100000,
    RIG_ABSENT = 0x400000, /* its page is not present where there is paging */
};

struct rig {
    struct lc_alloc alloc;
    struct lc_phys phys;
    struct lc_clock clock;
    struct lc_bus ports;
    struct lc_cpu *c;
    /* the last port access */
    unsigned reads, writes;
    uint64_t port, size, value;
    uint64_t answer; /* what a port reads as */
    /* the last change of privilege */
    unsigned changes, from, to;
};

struct outcome {
    bool fault;
    unsigned vector;
    bool has_error;
    uint32_t error;
    uint64_t dr6;
    enum lc_exit exit;
};

/* A machine of the model `spec` (lc_model_parse). */
void rig_open(struct rig *r, const char *spec);
void rig_close(struct rig *r);
/* Into a mode at a level; registers but rSP are zero. */
void rig_mode(struct rig *r, enum rig_mode mode, unsigned cpl);
/* The mode's name, for messages. */
const char *rig_mode_name(enum rig_mode mode);
/* Code width of a mode: 16, 32, 64. */
unsigned rig_width(enum rig_mode mode);

/* Run the instruction of these bytes; rip is set to them first, and caches are as they are. */
struct outcome rig_run(struct rig *r, const uint8_t *bytes, size_t len);
#define RUN(r, ...)                                                                                \
    rig_run((r), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

void rig_poke(struct rig *r, uint64_t pa, uint64_t v, unsigned size);
uint64_t rig_peek(struct rig *r, uint64_t pa, unsigned size);

/* Check an outcome. */
#define assert_done(o)      assert_int_equal((o).fault ? (int)(o).vector : -1, -1)
#define assert_vector(o, v) assert_int_equal((o).fault ? (int)(o).vector : -1, (v))
#define assert_gp0(o)                                                                              \
    do {                                                                                           \
        struct outcome o_ = (o);                                                                   \
        assert_vector(o_, LC_VEC_GP);                                                              \
        assert_int_equal(o_.error, 0);                                                             \
    } while (0)

#endif
