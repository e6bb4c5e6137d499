/*
 * test_arguments.c - wrong arguments to every public function, each with its documented error, and
 * nothing changed by it.
 *
 * A row is a call and what it returns.  Every name of exports.txt must have one: a function that is
 * added without a row fails this test.
 */
#include "bare_code.h"
#include "idle_hooks.h"

#include <stdio.h>

/* ---- what a row is checked for ---- */

static char covered[256][48]; /* names of the functions that had a row */
static size_t covered_count;
static libcpu *watched[2]; /* no row changes their state */
static uint64_t states[2];
static unsigned failures;

static void cover(const char *call)
{
    size_t n = strcspn(call, "(");
    for (size_t i = 0; i < covered_count; i++)
        if (strncmp(covered[i], call, n) == 0 && covered[i][n] == '\0')
            return;
    assert_true(covered_count < 256 && n < sizeof(covered[0]));
    memcpy(covered[covered_count++], call, n);
}

static void complain(const char *call, const char *what)
{
    print_error("%s: %s\n", call, what);
    failures++;
}

static void watch(libcpu *a, libcpu *b)
{
    if (!a)
        failures = 0;
    watched[0] = a;
    watched[1] = b;
    for (unsigned i = 0; i < 2; i++)
        if (watched[i])
            OK(libcpu_state_hash(watched[i], &states[i]));
}

static void unchanged(const char *call)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t now;
        if (!watched[i])
            continue;
        OK(libcpu_state_hash(watched[i], &now));
        if (now != states[i])
            complain(call, "the state has changed");
        states[i] = now;
    }
}

/* `m` NULL: no machine says more. */
static void judge(const char *call, const libcpu *m, enum libcpu_err got, enum libcpu_err want)
{
    cover(call);
    if (got != want) {
        print_error("%s: \"%s\", not \"%s\"\n", call, libcpu_strerror(got), libcpu_strerror(want));
        failures++;
    }
    if (m && (got == LIBCPU_ERR_OK) != (libcpu_last_error(m)[0] == '\0'))
        complain(call, "the machine's last error does not agree");
    unchanged(call);
}

static void judge_value(const char *call, bool ok)
{
    cover(call);
    if (!ok)
        complain(call, "is not so");
    unchanged(call);
}

/* The call names the machine that has a message, or NULL; or the machine is const. */
#define ERR(machine, call, want) judge(#call, (machine), (call), LIBCPU_ERR_##want)
#define IS(call, is)             judge_value(#call " " #is, (call)is)

static const struct libcpu_range backwards = {2, 1};

/* ---- life ---- */

#define CONFIG(field, v)                                                                           \
    do {                                                                                           \
        struct libcpu_config c_;                                                                   \
        libcpu_config_init(&c_);                                                                   \
        c_.field = (v);                                                                            \
        ERR(NULL, libcpu_create(&c_, &out), INVALID);                                              \
        IS(libcpu_create_error(&c_, &out, text, sizeof(text)), == LIBCPU_ERR_INVALID);             \
        assert_null(out);                                                                          \
        assert_non_null(strstr(text, "config: "));                                                 \
    } while (0)

static void creating(void **state)
{
    libcpu *out = NULL;
    char text[128], one[1] = {'x'};
    struct libcpu_config c;
    (void)state;
    watch(NULL, NULL);
    ERR(NULL, libcpu_create(NULL, NULL), INVALID);
    ERR(NULL, libcpu_create_error(NULL, NULL, text, sizeof(text)), INVALID);
    CONFIG(struct_size, 0);
    CONFIG(struct_size, 7);
    CONFIG(struct_size, UINT32_MAX);
    CONFIG(clock, LIBCPU_CLOCK_HOST + 1);
    CONFIG(board, LIBCPU_BOARD_NONE + 1);
    CONFIG(ram_size, 0);
    CONFIG(ram_size, (1 << 20) - 4096);
    CONFIG(ram_size, (1 << 20) + 1);
    CONFIG(ram_size, (UINT64_C(64) << 30) + 4096);
    CONFIG(ram_size, UINT64_MAX);
    CONFIG(insns_per_second, 0);
    CONFIG(insns_per_second, 999);
    CONFIG(insns_per_second, UINT64_MAX);
    CONFIG(log_level, -1);
    CONFIG(log_level, 4);
    libcpu_config_init(&c);
    c.cpu = "no such model";
    ERR(NULL, libcpu_create(&c, &out), UNSUPPORTED);
    c.cpu = "max,+no-such-feature";
    IS(libcpu_create_error(&c, &out, one, 1), == LIBCPU_ERR_UNSUPPORTED);
    assert_int_equal(one[0], 0);
    IS(libcpu_create_error(&c, &out, NULL, 99), == LIBCPU_ERR_UNSUPPORTED);
    IS(libcpu_create_error(&c, &out, one, 0), == LIBCPU_ERR_UNSUPPORTED);
    cover("libcpu_config_init_sized(");
    libcpu_config_init_sized(NULL, sizeof(c));
    libcpu_config_init_sized(&c, 0);
    cover("libcpu_destroy(");
    libcpu_destroy(NULL);
    assert_int_equal(failures, 0);
}

static void names_and_numbers(void **state)
{
    (void)state;
    watch(NULL, NULL);
    IS(libcpu_last_error(NULL), [0] == '\0');
    IS(strcmp(libcpu_strerror((enum libcpu_err)99), "success"), != 0);
    IS(libcpu_strerror((enum libcpu_err)99), != NULL);
    IS(libcpu_stop_name(UINT32_MAX), != NULL);
    IS(libcpu_version(), == LIBCPU_VERSION);
    IS(libcpu_version_string(), != NULL);
    IS(libcpu_cpu_model_name(UINT32_MAX), == NULL);
    IS(libcpu_cpu_feature_name(UINT32_MAX), == NULL);
    IS(libcpu_reg_size((enum libcpu_reg)UINT32_MAX), == 0);
    IS(libcpu_reg_name((enum libcpu_reg)12345), == NULL);
    IS(libcpu_reg_find(NULL), == -1);
    IS(libcpu_reg_find(""), == -1);
    IS(libcpu_reg_find("RAX"), == -1);
    IS(libcpu_trace_name(UINT32_MAX), == NULL);
    IS(libcpu_ram_size(NULL), == 0);
    IS(libcpu_reg(NULL, LIBCPU_REG_RAX), == 0);
    IS(libcpu_cpl(NULL), == 0);
    IS(libcpu_cpu_halted(NULL), == false);
    IS(libcpu_cpu_mode(NULL), == LIBCPU_MODE_REAL);
    assert_int_equal(failures, 0);
}

static void running_and_looking(libcpu *m)
{
    struct libcpu_stats stats;
    uint64_t hash;
    bool has;
    ERR(NULL, libcpu_run(NULL, 1, NULL), INVALID);
    ERR(NULL, libcpu_run_until(NULL, 0, 1, NULL), INVALID);
    ERR(m, libcpu_run(m, 0, NULL), OK);
    ERR(NULL, libcpu_reset(NULL), INVALID);
    cover("libcpu_request_stop(");
    libcpu_request_stop(NULL);
    ERR(NULL, libcpu_stats_get(NULL, &stats), INVALID);
    ERR(NULL, libcpu_stats_get(m, NULL), INVALID);
    ERR(NULL, libcpu_state_hash(NULL, &hash), INVALID);
    ERR(NULL, libcpu_state_hash(m, NULL), INVALID);
    ERR(NULL, libcpu_cpu_has(NULL, "bmi1", &has), INVALID);
    ERR(NULL, libcpu_cpu_has(m, NULL, &has), INVALID);
    ERR(NULL, libcpu_cpu_has(m, "bmi1", NULL), INVALID);
    ERR(NULL, libcpu_cpu_has(m, "no such", &has), INVALID);
}

/* ---- registers and memory ---- */

static void registers(libcpu *m)
{
    struct libcpu_segment s;
    uint64_t v = 0, huge = UINT64_MAX;
    ERR(NULL, libcpu_reg_get(NULL, LIBCPU_REG_RAX, &v, 8), INVALID);
    ERR(m, libcpu_reg_get(m, LIBCPU_REG_RAX, NULL, 8), INVALID);
    ERR(m, libcpu_reg_get(m, LIBCPU_REG_RAX, &v, 4), INVALID);
    ERR(m, libcpu_reg_get(m, LIBCPU_REG_RAX, &v, 0), INVALID);
    ERR(m, libcpu_reg_get(m, LIBCPU_REG_RAX, &v, SIZE_MAX), INVALID);
    ERR(m, libcpu_reg_get(m, (enum libcpu_reg)999, &v, 8), INVALID);
    ERR(NULL, libcpu_reg_set(NULL, LIBCPU_REG_RAX, &v, 8), INVALID);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_RAX, NULL, 8), INVALID);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_CS, &v, 8), INVALID);
    ERR(m, libcpu_reg_set(m, (enum libcpu_reg)999, &v, 8), INVALID);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_RFLAGS, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_CR0, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_CR4, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_CR8, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_EFER, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_XCR0, &huge, 8), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_TR, &huge, 2), RANGE);
    ERR(m, libcpu_reg_set(m, LIBCPU_REG_LDTR, &huge, 2), RANGE);
    IS(libcpu_reg(m, (enum libcpu_reg)999), == 0);
    ERR(NULL, libcpu_segment_get(NULL, LIBCPU_REG_CS, &s), INVALID);
    ERR(m, libcpu_segment_get(m, LIBCPU_REG_CS, NULL), INVALID);
    ERR(m, libcpu_segment_get(m, LIBCPU_REG_RAX, &s), INVALID);
    ERR(NULL, libcpu_segment_set(NULL, LIBCPU_REG_CS, &s), INVALID);
    ERR(m, libcpu_segment_set(m, LIBCPU_REG_CS, NULL), INVALID);
    ERR(m, libcpu_segment_set(m, (enum libcpu_reg)999, &s), INVALID);
}

static void memory(libcpu *m)
{
    struct libcpu_walk w;
    uint8_t b[16] = {0};
    uint64_t ram = libcpu_ram_size(m);
    ERR(NULL, libcpu_phys_read(NULL, 0, b, 1), INVALID);
    ERR(m, libcpu_phys_read(m, 0, NULL, 1), INVALID);
    ERR(m, libcpu_phys_read(m, 0, NULL, 0), OK);
    ERR(m, libcpu_phys_read(m, ram - 8, b, 16), UNMAPPED);
    ERR(m, libcpu_phys_read(m, UINT64_MAX, b, 2), UNMAPPED);
    ERR(m, libcpu_phys_read(m, 0x1000, b, SIZE_MAX), UNMAPPED);
    ERR(NULL, libcpu_phys_write(NULL, 0, b, 1), INVALID);
    ERR(m, libcpu_phys_write(m, 0, NULL, 1), INVALID);
    ERR(m, libcpu_phys_write(m, ram - 8, b, 16), UNMAPPED);
    ERR(m, libcpu_phys_write(m, UINT64_MAX - 3, b, 16), UNMAPPED);
    ERR(m, libcpu_phys_write(m, 1, b, SIZE_MAX), UNMAPPED);
    ERR(NULL, libcpu_linear_read(NULL, 0, b, 1), INVALID);
    ERR(m, libcpu_linear_read(m, 0, NULL, 1), INVALID);
    ERR(m, libcpu_linear_read(m, UINT64_MAX, b, 2), INVALID);
    ERR(m, libcpu_linear_read(m, UINT64_C(1) << 63, b, 1), UNMAPPED);
    ERR(m, libcpu_linear_read(m, 1, b, SIZE_MAX - 1), UNMAPPED);
    ERR(NULL, libcpu_linear_write(NULL, 0, b, 1), INVALID);
    ERR(m, libcpu_linear_write(m, 0, NULL, 1), INVALID);
    ERR(m, libcpu_linear_write(m, UINT64_MAX, b, 2), INVALID);
    ERR(m, libcpu_linear_write(m, UINT64_C(1) << 63, b, 1), UNMAPPED);
    ERR(NULL, libcpu_translate(NULL, 0, 0, &w), INVALID);
    ERR(m, libcpu_translate(m, 0, 0, NULL), INVALID);
    ERR(m, libcpu_translate(m, 0, 16, &w), INVALID);
    ERR(m, libcpu_translate(m, UINT64_C(1) << 63, 0, &w), OK);
    assert_false(w.ok || w.canonical);
}

static void inspecting(libcpu *m)
{
    struct libcpu_region region;
    struct libcpu_tlb_entry entry;
    struct libcpu_pic pic;
    struct libcpu_pit pit;
    size_t cursor = 0, end = SIZE_MAX;
    ERR(NULL, libcpu_region_get(NULL, 0, &region), INVALID);
    ERR(NULL, libcpu_region_get(m, 0, NULL), INVALID);
    ERR(NULL, libcpu_region_get(m, SIZE_MAX, &region), RANGE);
    ERR(NULL, libcpu_tlb_next(NULL, &cursor, &entry), INVALID);
    ERR(NULL, libcpu_tlb_next(m, NULL, &entry), INVALID);
    ERR(NULL, libcpu_tlb_next(m, &cursor, NULL), INVALID);
    ERR(NULL, libcpu_tlb_next(m, &end, &entry), RANGE);
    ERR(NULL, libcpu_pic_get(NULL, 0, &pic), INVALID);
    ERR(NULL, libcpu_pic_get(m, 0, NULL), INVALID);
    ERR(NULL, libcpu_pic_get(m, 2, &pic), INVALID);
    ERR(NULL, libcpu_pit_get(NULL, 0, &pit), INVALID);
    ERR(NULL, libcpu_pit_get(m, 0, NULL), INVALID);
    ERR(NULL, libcpu_pit_get(m, 3, &pit), INVALID);
}

/* ---- loading, input ---- */

#define OPTIONS(field, v, want)                                                                    \
    do {                                                                                           \
        libcpu_image_init(&o);                                                                     \
        o.format = LIBCPU_IMAGE_FLAT;                                                              \
        o.field = (v);                                                                             \
        ERR(m, libcpu_load_mem(m, "\x90", 1, &o), want);                                           \
    } while (0)

static void images(libcpu *m)
{
    const struct libcpu_module no_data = {NULL, 1, NULL};
    struct libcpu_image_options o;
    cover("libcpu_image_init_sized(");
    libcpu_image_init_sized(NULL, sizeof(o));
    libcpu_image_init_sized(&o, 0);
    ERR(NULL, libcpu_load_mem(NULL, "x", 1, NULL), INVALID);
    ERR(m, libcpu_load_mem(m, NULL, 1, NULL), INVALID);
    ERR(m, libcpu_load_mem(m, NULL, 0, NULL), FORMAT);
    ERR(m, libcpu_load_mem(m, "x", 1, NULL), FORMAT);
    OPTIONS(struct_size, 0, INVALID);
    OPTIONS(struct_size, UINT32_MAX, INVALID);
    OPTIONS(format, 99, INVALID);
    OPTIONS(mode, 0, INVALID);
    OPTIONS(mode, 99, INVALID);
    OPTIONS(module_count, 1, INVALID);
    OPTIONS(module_count, UINT32_MAX, INVALID);
    OPTIONS(addr, UINT64_MAX, RANGE);
    OPTIONS(addr, libcpu_ram_size(m), RANGE);
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.addr = 0x1000;
    o.modules = &no_data;
    o.module_count = 1;
    ERR(m, libcpu_load_mem(m, "\x90", 1, &o), INVALID);
    ERR(NULL, libcpu_load_file(NULL, "x", NULL), INVALID);
    ERR(m, libcpu_load_file(m, NULL, NULL), INVALID);
    ERR(m, libcpu_load_file(m, "/no/such/file", NULL), NOFILE);
    ERR(m, libcpu_load_file(m, "/", NULL), IO);
    o.struct_size = 1;
    ERR(m, libcpu_load_file(m, "/no/such/file", &o), INVALID);
}

static void input(libcpu *m, libcpu *boardless)
{
    size_t n;
    ERR(NULL, libcpu_serial_input(NULL, "x", 1, &n), INVALID);
    ERR(m, libcpu_serial_input(m, NULL, 1, &n), INVALID);
    ERR(boardless, libcpu_serial_input(boardless, "x", 1, &n), UNSUPPORTED);
    ERR(NULL, libcpu_key(NULL, 4, true), INVALID);
    ERR(m, libcpu_key(m, 0, true), INVALID);
    ERR(m, libcpu_key(m, UINT16_MAX, true), INVALID);
    ERR(boardless, libcpu_key(boardless, 4, true), UNSUPPORTED);
    ERR(NULL, libcpu_type(NULL, "x", &n), INVALID);
    ERR(m, libcpu_type(m, NULL, &n), INVALID);
    ERR(boardless, libcpu_type(boardless, "x", &n), UNSUPPORTED);
    struct libcpu_text_screen screen;
    uint16_t cell;
    ERR(NULL, libcpu_text_screen(NULL, &cell, 1, &screen), INVALID);
    ERR(m, libcpu_text_screen(m, NULL, 1, &screen), INVALID);
    ERR(m, libcpu_text_screen(m, &cell, 1, NULL), INVALID);
    ERR(boardless, libcpu_text_screen(boardless, &cell, 1, &screen), UNSUPPORTED);
}

/* ---- bare ---- */

static void mapping(libcpu *m, libcpu *with_board)
{
    const uint64_t ram = libcpu_ram_size(m);
    ERR(NULL, libcpu_bare(NULL, LIBCPU_BARE_USER64), INVALID);
    ERR(m, libcpu_bare(m, (enum libcpu_bare_mode)0), INVALID);
    ERR(m, libcpu_bare(m, (enum libcpu_bare_mode)6), INVALID);
    ERR(with_board, libcpu_bare(with_board, LIBCPU_BARE_USER64), STATE);
    ERR(NULL, libcpu_map(NULL, 0, 4096, 1), INVALID);
    ERR(with_board, libcpu_map(with_board, 0, 4096, 1), STATE);
    ERR(m, libcpu_map(m, 0, 0, 1), INVALID);
    ERR(m, libcpu_map(m, 1, 4096, 1), INVALID);
    ERR(m, libcpu_map(m, 0, 4095, 1), INVALID);
    ERR(m, libcpu_map(m, 0, 4096, 8), INVALID);
    ERR(m, libcpu_map(m, UINT64_C(1) << 47, 4096, 1), RANGE);
    ERR(m, libcpu_map(m, 0, UINT64_MAX - 4095, 1), RANGE);
    ERR(m, libcpu_map(m, 0, UINT64_C(1) << 48, 1), RANGE);
    ERR(m, libcpu_map(m, UINT64_MAX - 4095, 8192, 1), RANGE);
    ERR(m, libcpu_map(m, CODE, 4096, 1), OVERLAP);
    ERR(m, libcpu_map(m, CODE - 4096, 8192, 1), OVERLAP);
    ERR(m, libcpu_map(m, UINT64_MAX - 4095, 4096, 1), OVERLAP);
    ERR(m, libcpu_map(m, UINT64_C(1) << 40, (UINT64_C(1) << 47) - (UINT64_C(1) << 40), 1), NOMEM);
    ERR(m, libcpu_map(m, UINT64_C(1) << 40, ram + 4096, 1), NOMEM);
    ERR(NULL, libcpu_unmap(NULL, CODE, 4096), INVALID);
    ERR(with_board, libcpu_unmap(with_board, CODE, 4096), STATE);
    ERR(m, libcpu_unmap(m, CODE, 0), INVALID);
    ERR(m, libcpu_unmap(m, CODE + 1, 4096), INVALID);
    ERR(m, libcpu_unmap(m, UINT64_C(1) << 60, 4096), RANGE);
    ERR(m, libcpu_unmap(m, CODE, 8192), UNMAPPED);
    ERR(m, libcpu_unmap(m, 0, (UINT64_C(1) << 47)), UNMAPPED);
    ERR(NULL, libcpu_protect(NULL, CODE, 4096, 1), INVALID);
    ERR(with_board, libcpu_protect(with_board, CODE, 4096, 1), STATE);
    ERR(m, libcpu_protect(m, CODE, 4096, 8), INVALID);
    ERR(m, libcpu_protect(m, CODE, 0, 1), INVALID);
    ERR(m, libcpu_protect(m, UINT64_C(1) << 60, 4096, 1), RANGE);
    ERR(m, libcpu_protect(m, CODE, 8192, 1), UNMAPPED);
}

/* ---- devices and timers ---- */

static void on_timer(void *user, libcpu_timer *timer, uint64_t times)
{
    (void)user, (void)timer, (void)times;
}

#define DEVICE(field, v, want)                                                                     \
    do {                                                                                           \
        libcpu_device_init(&d);                                                                    \
        d.name = "device";                                                                         \
        d.region_count = 1;                                                                        \
        d.regions = &r;                                                                            \
        r = (struct libcpu_device_region){.base = 0x300, .size = 8, .space = LIBCPU_SPACE_PORTS};  \
        field = (v);                                                                               \
        ERR(m, libcpu_device_add(m, &d, NULL, &dev), want);                                        \
        assert_null(dev);                                                                          \
    } while (0)

static void devices(libcpu *m, libcpu *boardless)
{
    struct libcpu_device_desc d;
    struct libcpu_device_region r;
    libcpu_device *dev = NULL;
    cover("libcpu_device_init_sized(");
    libcpu_device_init_sized(NULL, sizeof(d));
    libcpu_device_init_sized(&d, 0);
    libcpu_device_init(&d);
    ERR(NULL, libcpu_device_add(NULL, &d, NULL, &dev), INVALID);
    ERR(m, libcpu_device_add(m, NULL, NULL, &dev), INVALID);
    DEVICE(d.struct_size, 0, INVALID);
    DEVICE(d.struct_size, UINT32_MAX, INVALID);
    DEVICE(d.name, NULL, INVALID);
    DEVICE(d.name, "", INVALID);
    DEVICE(d.regions, NULL, INVALID);
    DEVICE(d.region_count, UINT32_MAX, INVALID);
    DEVICE(d.wire_count, UINT32_MAX, INVALID);
    DEVICE(r.size, 0, INVALID);
    DEVICE(r.space, 2, INVALID);
    DEVICE(r.min_access, 3, INVALID);
    DEVICE(r.max_access, 16, INVALID);
    DEVICE(r.size, 0x10000, RANGE);
    DEVICE(r.base, UINT64_MAX, RANGE);
    DEVICE(r.base, 0x3f8, OVERLAP);
    libcpu_device_init(&d);
    d.name = "device";
    d.wire_count = 1;
    ERR(m, libcpu_device_add(m, &d, NULL, &dev), OVERLAP); /* the timer's line */
    ERR(boardless, libcpu_device_add(boardless, &d, NULL, &dev), UNSUPPORTED);
    ERR(NULL, libcpu_device_remove(NULL), INVALID);
    ERR(NULL, libcpu_device_wire(NULL, 0, true), INVALID);
    IS(libcpu_device_machine(NULL), == NULL);
    cover("libcpu_save(");
    libcpu_save(NULL, "x", 1);
    ERR(NULL, libcpu_irq_set(NULL, 5, true), INVALID);
    ERR(m, libcpu_irq_set(m, 16, true), INVALID);
    ERR(m, libcpu_irq_set(m, UINT32_MAX, true), INVALID);
    ERR(m, libcpu_irq_set(m, 0, true), OVERLAP);
    ERR(boardless, libcpu_irq_set(boardless, 5, true), UNSUPPORTED);
}

static void timers(libcpu *m)
{
    libcpu_timer *t = NULL;
    IS(libcpu_now(NULL), == 0);
    ERR(NULL, libcpu_timer_new(NULL, on_timer, NULL, &t), INVALID);
    ERR(m, libcpu_timer_new(m, NULL, NULL, &t), INVALID);
    ERR(m, libcpu_timer_new(m, on_timer, NULL, NULL), INVALID);
    assert_null(t);
    ERR(NULL, libcpu_timer_arm(NULL, 0, 0), INVALID);
    cover("libcpu_timer_cancel(");
    libcpu_timer_cancel(NULL);
    IS(libcpu_timer_due(NULL), == UINT64_MAX);
    cover("libcpu_timer_free(");
    libcpu_timer_free(NULL);
}

/* ---- debugging, hooks, trace ---- */

static void debugging(libcpu *m)
{
    ERR(NULL, libcpu_breakpoint_add(NULL, 0), INVALID);
    ERR(m, libcpu_breakpoint_add(m, 0x77), OK);
    ERR(m, libcpu_breakpoint_add(m, 0x77), INVALID);
    ERR(NULL, libcpu_breakpoint_remove(NULL, 0x77), INVALID);
    ERR(m, libcpu_breakpoint_remove(m, 0x77), OK);
    ERR(m, libcpu_breakpoint_remove(m, 0x77), INVALID);
    ERR(NULL, libcpu_watchpoint_add(NULL, 0, 1, 1), INVALID);
    ERR(m, libcpu_watchpoint_add(m, 0, 0, 1), INVALID);
    ERR(m, libcpu_watchpoint_add(m, 1, UINT64_MAX, 1), OK);
    ERR(m, libcpu_watchpoint_add(m, 2, UINT64_MAX, 1), INVALID);
    ERR(m, libcpu_watchpoint_add(m, 0, 1, 0), INVALID);
    ERR(m, libcpu_watchpoint_add(m, 0, 1, 4), INVALID);
    ERR(NULL, libcpu_watchpoint_remove(NULL, 1, UINT64_MAX, 1), INVALID);
    ERR(m, libcpu_watchpoint_remove(m, 1, UINT64_MAX, 2), INVALID);
    ERR(m, libcpu_watchpoint_remove(m, 1, 0, 1), INVALID);
    ERR(m, libcpu_watchpoint_remove(m, 1, UINT64_MAX, 1), OK);
    ERR(m, libcpu_watchpoint_remove(m, 1, UINT64_MAX, 1), INVALID);
    ERR(NULL, libcpu_vector_policy(NULL, 0, LIBCPU_POLICY_HOST), INVALID);
    ERR(m, libcpu_vector_policy(m, 256, LIBCPU_POLICY_HOST), INVALID);
    ERR(m, libcpu_vector_policy(m, 0, (enum libcpu_policy)3), INVALID);
    ERR(NULL, libcpu_syscall_policy(NULL, LIBCPU_POLICY_HOST), INVALID);
    ERR(m, libcpu_syscall_policy(m, LIBCPU_POLICY_HOST_FIRST), INVALID);
    ERR(NULL, libcpu_raise(NULL, 13, 0, 0), INVALID);
    ERR(m, libcpu_raise(m, 2, 0, 0), INVALID);
    ERR(m, libcpu_raise(m, 15, 0, 0), INVALID);
    ERR(m, libcpu_raise(m, 32, 0, 0), INVALID);
    ERR(m, libcpu_raise(m, UINT32_MAX, 0, 0), INVALID);
    ERR(m, libcpu_raise(m, 13, 0, 0), OK);
    ERR(m, libcpu_raise(m, 13, 0, 0), STATE);
    ERR(NULL, libcpu_dismiss(NULL), INVALID);
    ERR(m, libcpu_dismiss(m), OK);
    ERR(m, libcpu_dismiss(m), STATE);
}

/* Functions that are never called stand in for each other. */
#define HOOK(name, fn)                                                                             \
    do {                                                                                           \
        ERR(NULL, libcpu_hook_##name(NULL, NULL, fn, NULL, &h), INVALID);                          \
        ERR(m, libcpu_hook_##name(m, NULL, NULL, NULL, &h), INVALID);                              \
        ERR(m, libcpu_hook_##name(m, &backwards, fn, NULL, &h), INVALID);                          \
        ERR(m, libcpu_hook_##name(m, NULL, fn, NULL, NULL), OK);                                   \
    } while (0)

#define KINDS(name, fn, bad)                                                                       \
    do {                                                                                           \
        ERR(NULL, libcpu_hook_##name(NULL, 1, NULL, fn, NULL, &h), INVALID);                       \
        ERR(m, libcpu_hook_##name(m, 1, NULL, NULL, NULL, &h), INVALID);                           \
        ERR(m, libcpu_hook_##name(m, 0, NULL, fn, NULL, &h), INVALID);                             \
        ERR(m, libcpu_hook_##name(m, (bad), NULL, fn, NULL, &h), INVALID);                         \
        ERR(m, libcpu_hook_##name(m, UINT32_MAX, NULL, fn, NULL, &h), INVALID);                    \
        ERR(m, libcpu_hook_##name(m, 1, &backwards, fn, NULL, &h), INVALID);                       \
    } while (0)

static void hooks(libcpu *m)
{
    libcpu_hook h = 0;
    HOOK(insn, idle_insn);
    HOOK(block, idle_block);
    HOOK(walk, idle_walk);
    HOOK(ad, idle_ad);
    HOOK(event, idle_event);
    HOOK(syscall, idle_syscall);
    HOOK(sysret, idle_return);
    HOOK(iret, idle_return);
    HOOK(cr, idle_cr);
    HOOK(msr_read, idle_msr);
    HOOK(msr_write, idle_msr);
    HOOK(cpuid, idle_cpuid);
    HOOK(hlt, idle_opcode);
    HOOK(undefined, idle_opcode);
    HOOK(port, idle_io);
    HOOK(mmio, idle_io);
    KINDS(memory, idle_memory, 8);
    KINDS(tlb, idle_tlb, 32);
    assert_int_equal(h, 0); /* no failure gives a name away */
    ERR(NULL, libcpu_hook_privilege(NULL, idle_privilege, NULL, &h), INVALID);
    ERR(m, libcpu_hook_privilege(m, NULL, NULL, &h), INVALID);
    ERR(m, libcpu_hook_privilege(m, idle_privilege, NULL, &h), OK);
    ERR(NULL, libcpu_hook_range(NULL, h, NULL), INVALID);
    ERR(m, libcpu_hook_range(m, h, NULL), INVALID);
    ERR(m, libcpu_hook_range(m, 0, NULL), INVALID);
    ERR(m, libcpu_hook_range(m, h + 1, NULL), INVALID);
    ERR(NULL, libcpu_hook_remove(NULL, h), INVALID);
    ERR(m, libcpu_hook_remove(m, 0), INVALID);
    ERR(m, libcpu_hook_remove(m, UINT32_MAX), INVALID);
    ERR(m, libcpu_hook_remove(m, h), OK);
    ERR(m, libcpu_hook_remove(m, h), INVALID);
}

#define DISK(field, v, want)                                                                       \
    do {                                                                                           \
        libcpu_disk_init(&d);                                                                      \
        d.sectors = 1;                                                                             \
        d.read = on_sector;                                                                        \
        d.flags = LIBCPU_DISK_SNAPSHOT;                                                            \
        d.field = (v);                                                                             \
        ERR(m, libcpu_disk_add(m, 0, &d), want);                                                   \
    } while (0)

static int on_sector(void *user, uint64_t sector, void *data, size_t count)
{
    (void)user, (void)sector, (void)data, (void)count;
    return 0;
}

static void disks(libcpu *m, libcpu *boardless)
{
    struct libcpu_disk d;
    uint8_t data[LIBCPU_DISK_SECTOR];
    cover("libcpu_disk_init_sized(");
    libcpu_disk_init_sized(NULL, sizeof(d));
    libcpu_disk_init_sized(&d, 0);
    libcpu_disk_init(&d);
    ERR(NULL, libcpu_disk_add(NULL, 0, &d), INVALID);
    ERR(m, libcpu_disk_add(m, 0, NULL), INVALID);
    DISK(struct_size, 0, INVALID);
    DISK(struct_size, UINT32_MAX, INVALID);
    DISK(flags, UINT32_MAX, INVALID);
    DISK(flags, 0, INVALID); /* and no function that writes */
    DISK(sectors, 0, RANGE);
    DISK(sectors, UINT64_MAX, RANGE);
    DISK(read, NULL, INVALID);
    DISK(model, "\t", INVALID);
    DISK(serial, "more than twenty chars", INVALID);
    ERR(m, libcpu_disk_add(m, LIBCPU_DISK_SLOTS, &d), RANGE);
    ERR(boardless, libcpu_disk_add(boardless, 0, &d), UNSUPPORTED);
    ERR(NULL, libcpu_disk_file(NULL, 0, "x", 0), INVALID);
    ERR(m, libcpu_disk_file(m, 0, NULL, 0), INVALID);
    ERR(m, libcpu_disk_file(m, UINT32_MAX, "x", 0), RANGE);
    ERR(m, libcpu_disk_file(m, 0, "/no/such/file", 0), NOFILE);
    ERR(NULL, libcpu_disk_read(NULL, 0, 0, data, 1), INVALID);
    ERR(m, libcpu_disk_read(m, 0, 0, NULL, 1), INVALID);
    ERR(m, libcpu_disk_read(m, 0, 0, data, 1), RANGE);
    ERR(m, libcpu_disk_read(m, UINT32_MAX, 0, data, 1), RANGE);
}

#define TRACE(field, v)                                                                            \
    do {                                                                                           \
        libcpu_trace_init(&o);                                                                     \
        o.code.first = o.data.first = o.ports.first = 1;                                           \
        o.field = (v);                                                                             \
        ERR(m, libcpu_trace_start(m, &o), INVALID);                                                \
    } while (0)

static void tracing(libcpu *m)
{
    struct libcpu_trace_options o;
    struct libcpu_trace_record r;
    struct libcpu_trace_status s;
    size_t n;
    cover("libcpu_trace_init_sized(");
    libcpu_trace_init_sized(NULL, sizeof(o));
    libcpu_trace_init_sized(&o, 0);
    ERR(NULL, libcpu_trace_start(NULL, NULL), INVALID);
    TRACE(struct_size, 0);
    TRACE(struct_size, UINT32_MAX);
    TRACE(kinds, 0);
    TRACE(kinds, UINT64_MAX);
    TRACE(capacity, 0);
    TRACE(capacity, UINT64_MAX);
    TRACE(code.last, 0);
    TRACE(data.last, 0);
    TRACE(ports.last, 0);
    ERR(NULL, libcpu_trace_stop(NULL), INVALID);
    ERR(m, libcpu_trace_stop(m), STATE);
    ERR(NULL, libcpu_trace_read(NULL, &r, 1, &n), INVALID);
    ERR(m, libcpu_trace_read(m, &r, 1, &n), STATE);
    ERR(NULL, libcpu_trace_status(NULL, &s), INVALID);
    ERR(NULL, libcpu_trace_status(m, &s), STATE);
    ERR(m, libcpu_trace_start(m, NULL), OK);
    ERR(m, libcpu_trace_start(m, NULL), STATE);
    ERR(m, libcpu_trace_read(m, NULL, 1, &n), INVALID);
    ERR(m, libcpu_trace_read(m, &r, 1, NULL), INVALID);
    ERR(NULL, libcpu_trace_status(m, NULL), INVALID);
    ERR(m, libcpu_trace_read(m, &r, SIZE_MAX, &n), OK);
    assert_int_equal(n, 0);
    ERR(m, libcpu_trace_stop(m), OK);
}

/* ---- all of them ---- */

static libcpu *small(uint32_t board)
{
    struct libcpu_config c;
    libcpu *m;
    libcpu_config_init(&c);
    c.ram_size = UINT64_C(1) << 20;
    c.board = board;
    OK(libcpu_create(&c, &m));
    return m;
}

/* A machine with a board, stopped; and one without, in 64-bit mode with a page of code. */
static void machines(libcpu **pc, libcpu **bare)
{
    *pc = small(LIBCPU_BOARD_PC);
    *bare = small(LIBCPU_BOARD_NONE);
    ERR(*bare, libcpu_map(*bare, CODE, 4096, 1), STATE);
    OK(libcpu_bare(*bare, LIBCPU_BARE_KERNEL64));
    OK(libcpu_map(*bare, CODE, 4096, LIBCPU_READ | LIBCPU_EXECUTE));
    OK(libcpu_linear_write(*bare, CODE, "\x90\x90\xf4", 3));
    set(*bare, LIBCPU_REG_RIP, CODE);
    watch(*pc, *bare);
}

static void between_runs(void **state)
{
    libcpu *pc, *bare;
    (void)state;
    watch(NULL, NULL);
    machines(&pc, &bare);
    running_and_looking(pc);
    registers(pc);
    registers(bare);
    memory(pc);
    memory(bare);
    inspecting(pc);
    inspecting(bare);
    images(pc);
    input(pc, bare);
    disks(pc, bare);
    mapping(bare, pc);
    devices(pc, bare);
    timers(pc);
    debugging(pc);
    debugging(bare);
    hooks(bare);
    tracing(bare);
    libcpu_destroy(pc);
    libcpu_destroy(bare);
    assert_int_equal(failures, 0);
}

/* ---- inside a hook ---- */

static void forbidden(void *user, libcpu *m, uint64_t la)
{
    unsigned *calls = user;
    (void)la;
    if (++*calls > 1)
        return;
    watch(m, NULL);
    ERR(m, libcpu_run(m, 1, NULL), STATE);
    ERR(m, libcpu_run_until(m, 0, 1, NULL), STATE);
    ERR(m, libcpu_reset(m), STATE);
    ERR(m, libcpu_bare(m, LIBCPU_BARE_USER64), STATE);
    ERR(m, libcpu_load_mem(m, "x", 1, NULL), STATE);
    ERR(m, libcpu_load_file(m, "/no/such/file", NULL), STATE);
    ERR(m, libcpu_disk_file(m, 0, "/no/such/file", 0), STATE);
    libcpu_destroy(m); /* ignored */
    debugging(m);
    hooks(m);
    tracing(m);
    registers(m);
    memory(m);
}

static void inside_a_hook(void **state)
{
    unsigned calls = 0;
    struct libcpu_stop s;
    libcpu *pc, *bare;
    (void)state;
    watch(NULL, NULL);
    machines(&pc, &bare);
    OK(libcpu_hook_insn(bare, NULL, forbidden, &calls, NULL));
    OK(libcpu_run(bare, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    assert_int_equal(s.insns, 3);
    assert_int_equal(calls, 3);
    libcpu_destroy(pc);
    libcpu_destroy(bare);
    assert_int_equal(failures, 0);
}

static void every_function_has_a_row(void **state)
{
    char line[80];
    unsigned names = 0, missing = 0;
    FILE *f = fopen(EXPORTS, "r");
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        size_t i = 0;
        line[strcspn(line, "\n")] = '\0';
        names++;
        while (i < covered_count && strcmp(covered[i], line) != 0)
            i++;
        if (i == covered_count) {
            print_error("%s: no row in test_arguments.c\n", line);
            missing++;
        }
    }
    fclose(f);
    assert_true(names > 50);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creating),
        cmocka_unit_test(names_and_numbers),
        cmocka_unit_test(between_runs),
        cmocka_unit_test(inside_a_hook),
        cmocka_unit_test(every_function_has_a_row),
    };
    return cmocka_run_group_tests_name("api_arguments", tests, NULL, NULL);
}
