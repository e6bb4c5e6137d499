/*
 * chat.c - chat.h.
 */
#include "chat.h"

static void on_send(void *user, const uint8_t *data, size_t size)
{
    struct chat *c = user;
    assert_true(size < sizeof(c->wire) - c->wire_len);
    memcpy(c->wire + c->wire_len, data, size);
    c->wire_len += size;
    c->wire[c->wire_len] = '\0';
}

static bool on_monitor(void *user, libcpu_gdb *g, const char *command)
{
    (void)user;
    if (strcmp(command, "ours with words") != 0)
        return false;
    libcpu_gdb_print(g, "ours\n");
    return true;
}

void chat_with(struct chat *c, libcpu *m)
{
    memset(c, 0, sizeof(*c));
    const struct libcpu_gdb_config config = {
        .struct_size = sizeof(config),
        .m = m,
        .send = on_send,
        .monitor = on_monitor,
        .monitor_help = "ours with words         a test\n",
        .user = c,
    };
    c->m = m;
    c->g = libcpu_gdb_new(&config);
    assert_non_null(c->g);
    libcpu_gdb_connect(c->g);
    ask(c, "QStartNoAckMode");
    ask(c, "qSupported:swbreak+;hwbreak+");
}

void chat_begin(struct chat *c, uint32_t mode, const void *code, size_t size)
{
    struct libcpu_image_options o;
    libcpu *m;
    OK(libcpu_create(NULL, &m));
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = mode;
    o.addr = mode == LIBCPU_BOOT_REAL16 ? 0x7c00 : 0x100000;
    OK(libcpu_load_mem(m, code, size, &o));
    chat_with(c, m);
}

void chat_end(struct chat *c)
{
    libcpu_gdb_free(c->g);
    libcpu_destroy(c->m);
}

void chat_raw(struct chat *c, const void *data, size_t size)
{
    c->wire_len = 0;
    c->wire[0] = '\0';
    libcpu_gdb_receive(c->g, data, size);
}

static unsigned hex_byte(const char *p)
{
    unsigned v = 0;
    assert_int_equal(sscanf(p, "%2x", &v), 1);
    return v;
}

/* A packet's data, unescaped, into reply; or its text, onto the console. */
static void take_packet(struct chat *c, const char *data, size_t size)
{
    char *out = c->reply;
    size_t n = 0;
    if (size > 1 && data[0] == 'O' && data[1] != 'K') {
        size_t len = strlen(c->console);
        for (size_t i = 1; i + 1 < size; i += 2)
            c->console[len++] = (char)hex_byte(data + i);
        c->console[len] = '\0';
        return;
    }
    for (size_t i = 0; i < size; i++)
        out[n++] = data[i] == '}' ? (char)(data[++i] ^ 0x20) : data[i];
    out[n] = '\0';
    c->reply_len = n;
}

/* Check the framing of all that was sent. */
static void take_packets(struct chat *c)
{
    const char *p = c->wire, *end = c->wire + c->wire_len;
    while (p < end) {
        uint8_t sum = 0;
        if (*p == '+') {
            p++;
            continue;
        }
        assert_int_equal(*p, '$');
        const char *data = ++p;
        while (p < end && *p != '#')
            sum = (uint8_t)(sum + (uint8_t)*p++);
        assert_true(end - p >= 3);
        assert_int_equal(hex_byte(p + 1), sum);
        take_packet(c, data, (size_t)(p - data));
        p += 3;
    }
}

const char *ask(struct chat *c, const char *format, ...)
{
    static char data[70000], packet[70010];
    uint8_t sum = 0;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(data, sizeof(data), format, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof(data));
    for (int i = 0; i < n; i++)
        sum = (uint8_t)(sum + (uint8_t)data[i]);
    int len = snprintf(packet, sizeof(packet), "$%s#%02x", data, sum);
    c->reply[0] = c->console[0] = '\0';
    c->reply_len = 0;
    chat_raw(c, packet, (size_t)len);
    take_packets(c);
    return c->reply;
}

const char *monitor(struct chat *c, const char *command)
{
    char hex[600];
    size_t n = strlen(command);
    assert_true(n < 300);
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", (uint8_t)command[i]);
    hex[2 * n] = '\0';
    assert_string_equal(ask(c, "qRcmd,%s", hex), "OK");
    return c->console;
}

const char *go(struct chat *c, const char *packet, unsigned calls, struct libcpu_stop *why)
{
    struct libcpu_stop s;
    if (packet) {
        ask(c, "%s", packet);
        assert_string_equal(c->reply, "");
    }
    c->wire_len = 0;
    c->reply[0] = '\0';
    while (calls-- && !libcpu_gdb_holds(c->g)) {
        OK(libcpu_gdb_run(c->g, 1000000, &s));
        if (why)
            *why = s;
    }
    take_packets(c);
    return c->reply;
}

static char *description(struct chat *c)
{
    static char xml[1 << 16];
    size_t n = 0;
    do {
        ask(c, "qXfer:features:read:target.xml:%zx,800", n);
        assert_true(c->reply_len > 0 && (c->reply[0] == 'm' || c->reply[0] == 'l'));
        assert_true(n + c->reply_len < sizeof(xml));
        memcpy(xml + n, c->reply + 1, c->reply_len - 1);
        n += c->reply_len - 1;
    } while (c->reply[0] == 'm');
    xml[n] = '\0';
    return xml;
}

unsigned reg_number(struct chat *c, const char *name)
{
    char what[64];
    unsigned n;
    snprintf(what, sizeof(what), "<reg name=\"%s\" ", name);
    char *at = strstr(description(c), what);
    assert_non_null(at);
    at = strstr(at, "regnum=\"");
    assert_int_equal(sscanf(at, "regnum=\"%u\"", &n), 1);
    return n;
}

uint64_t reg_value(struct chat *c, const char *name)
{
    uint64_t v = 0;
    ask(c, "p%x", reg_number(c, name));
    for (size_t i = 0; i < 8 && 2 * i + 1 < c->reply_len; i++)
        v |= (uint64_t)hex_byte(c->reply + 2 * i) << 8 * i;
    return v;
}
