/*
 * fuzz_gdb.c - the gdb server on hostile packets, beside a machine that runs when it is told to.
 *
 * The first byte chooses the machine's mode (bits 0 and 1), whether the rest is bytes of the wire
 * (bit 2) or lines that each become a packet with its checksum, and whether the conversation has
 * acknowledgements (bit 3).  After each line the machine runs for a while, if the debugger lets it,
 * and is interrupted.  Whatever arrives, all that is sent back must be well-formed, Ctrl-C must
 * stop the machine, and detaching must leave no breakpoint.
 */
#include "fuzz/fuzz.h"

#include "libcpu_gdb.h"

#include <string.h>

enum { RAM = 1 << 20, BUDGET = 100, RUNS = 2, LINES = 64, LINE = 20000 };

/* mov di, 0xf00; mov cx, 0x200; cld; rep stosb; inc ax; push ax; pop bx; int3; sti; hlt; jmp to the
 * beginning, in 16 bits; the other modes run the same bytes as what they are there. */
static const uint8_t code[] = {0xbf, 0x00, 0x0f, 0xb9, 0x00, 0x02, 0xfc, 0xf3, 0xaa,
                               0x40, 0x50, 0x5b, 0xcc, 0xfb, 0xf4, 0xeb, 0xef};

/* The framing of what is sent, as it must be. */
struct wire {
    enum { BETWEEN, DATA, HIGH, LOW } state;
    uint8_t sum, told;
};

static unsigned digit(uint8_t c)
{
    FUZZ_CHECK((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return c <= '9' ? c - '0' + 0u : c - 'a' + 10u;
}

static void check_byte(struct wire *w, uint8_t c)
{
    switch (w->state) {
    case BETWEEN:
        FUZZ_CHECK(c == '+' || c == '-' || c == '$');
        w->sum = 0;
        if (c == '$')
            w->state = DATA;
        break;
    case DATA:
        FUZZ_CHECK(c != '$');
        if (c == '#')
            w->state = HIGH;
        else
            w->sum = (uint8_t)(w->sum + c);
        break;
    case HIGH:
        w->told = (uint8_t)(digit(c) << 4);
        w->state = LOW;
        break;
    case LOW:
        FUZZ_CHECK((w->told | digit(c)) == w->sum);
        w->state = BETWEEN;
        break;
    }
}

static void on_send(void *user, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        check_byte(user, data[i]);
}

static libcpu *machine(unsigned mode)
{
    struct libcpu_config c;
    struct libcpu_image_options o;
    libcpu *m;
    libcpu_config_init(&c);
    c.ram_size = RAM;
    if (libcpu_create(&c, &m))
        return NULL;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16 + mode % 3;
    o.addr = 0x7c00;
    if (libcpu_load_mem(m, code, sizeof(code), &o) == LIBCPU_ERR_OK)
        return m;
    libcpu_destroy(m);
    return NULL;
}

/* Let the machine run, if it may, and stop it. */
static void run(libcpu_gdb *g)
{
    struct libcpu_stop s;
    for (unsigned i = 0; i < RUNS && !libcpu_gdb_holds(g); i++) {
        FUZZ_CHECK(libcpu_gdb_run(g, BUDGET, &s) == LIBCPU_ERR_OK);
        if (s.reason == LIBCPU_STOP_EXIT || s.reason == LIBCPU_STOP_POWER_OFF)
            libcpu_gdb_exit(g, s.exit_value);
        if (s.reason == LIBCPU_STOP_HALTED)
            libcpu_gdb_stop(g, LIBCPU_GDB_SIGTRAP, "halted\n");
    }
}

static void interrupt(libcpu_gdb *g)
{
    static const uint8_t ctrl_c = 3;
    libcpu_gdb_receive(g, &ctrl_c, 1);
}

static void packet(libcpu_gdb *g, const uint8_t *line, size_t size)
{
    static uint8_t buf[LINE + 4];
    uint8_t sum = 0;
    size_t n = 0;
    if (size > LINE)
        size = LINE;
    buf[n++] = '$';
    for (size_t i = 0; i < size; i++) {
        if (line[i] == '#' || line[i] == '$')
            continue; /* would end the packet; } escapes what follows, as the input has it */
        buf[n++] = line[i];
        sum = (uint8_t)(sum + line[i]);
    }
    buf[n++] = '#';
    buf[n++] = (uint8_t) "0123456789abcdef"[sum >> 4];
    buf[n++] = (uint8_t) "0123456789abcdef"[sum & 15];
    libcpu_gdb_receive(g, buf, n);
}

static void talk(libcpu_gdb *g, const uint8_t *data, size_t size)
{
    for (unsigned lines = 0; size && lines < LINES; lines++) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        packet(g, data, n);
        run(g);
        if (libcpu_gdb_attached(g)) {
            interrupt(g);
            FUZZ_CHECK(libcpu_gdb_holds(g));
        }
        n += end != NULL;
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire wire = {BETWEEN, 0, 0};
    if (size < 2)
        return 0;
    libcpu *m = machine(data[0] & 3u);
    const struct libcpu_gdb_config config = {
        .struct_size = sizeof(config), .m = m, .send = on_send, .user = &wire};
    libcpu_gdb *g = libcpu_gdb_new(&config);
    if (g) {
        libcpu_gdb_connect(g);
        if (!(data[0] & 8))
            packet(g, (const uint8_t *)"QStartNoAckMode", 15);
        if (data[0] & 4) {
            libcpu_gdb_receive(g, data + 1, size - 1);
            run(g);
        } else {
            talk(g, data + 1, size - 1);
        }
        libcpu_gdb_disconnect(g);
        FUZZ_CHECK(!libcpu_gdb_attached(g));
        FUZZ_CHECK(libcpu_breakpoint_add(m, 0x7c01) == LIBCPU_ERR_OK);
        FUZZ_CHECK(wire.state == BETWEEN);
    }
    libcpu_gdb_free(g);
    libcpu_destroy(m);
    return 0;
}
