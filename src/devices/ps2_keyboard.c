/*
 * ps2_keyboard.c - PS/2 keyboard (IBM PS/2 technical reference, "101- and 102-Key Keyboards").
 *
 * Owns the keystroke buffer, the command set and scan code sets 1 and 2; set 3 is refused.
 * Answers to commands have a queue of their own and go before keystrokes, but not between a prefix
 * and its code: a controller that translates would lose the release.  At power-on the self-test is
 * over and its result read, as firmware leaves it.  The host is not told of key repeat by itself:
 * whoever presses the keys repeats them.
 */
#include "devices/ps2_keyboard.h"

#include "base/bits.h"
#include "devices/ps2_keymap.h"

enum {
    CMD_SET_LEDS = 0xed, /* argument follows */
    CMD_ECHO = 0xee,
    CMD_SCAN_SET = 0xf0, /* argument follows; 0 asks */
    CMD_IDENTIFY = 0xf2,
    CMD_TYPEMATIC = 0xf3, /* argument follows */
    CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5,
    CMD_DEFAULTS = 0xf6,
    CMD_ALL_FIRST = 0xf7, /* to FAh: key types, of set 3 only */
    CMD_ALL_LAST = 0xfa,
    CMD_KEY_FIRST = 0xfb, /* to FDh: the same for listed keys */
    CMD_KEY_LAST = 0xfd,
    CMD_RESEND = 0xfe,
    CMD_RESET = 0xff,

    ANSWER_BAT_OK = 0xaa,
    ANSWER_ID1 = 0xab,
    ANSWER_ID2 = 0x83,
    ANSWER_ACK = 0xfa,
    ANSWER_RESEND = 0xfe,

    PREFIX_E0 = 0xe0,
    PREFIX_E1 = 0xe1,
    PREFIX_BREAK = 0xf0, /* set 2 */
    SET1_BREAK = 0x80,
    OVERRUN_SET1 = 0xff,
    OVERRUN_SET2 = 0x00,

    COMMANDS = 0xed, /* bytes from here on are commands, not arguments */
    LED_BITS = 0x07,

    MODIFIER_FIRST = 0xe0, /* usages, in the order of the bits of `modifiers` */
    MODIFIERS = 8,
    MOD_CTRL = 0x11, /* either side */
    MOD_SHIFT = 0x22,
    MOD_ALT = 0x44,
    CODE_LCTRL = 0x14, /* set 2 */
    CODE_LSHIFT = 0x12,
    CODE_NUM_LOCK = 0x77,
    CODE_PRINT = 0x7c, /* with E0h */
    CODE_BREAK = 0x7e, /* with E0h */
    CODE_SYSRQ = 0x84,

    TYPEMATIC_DEFAULT = 0x2b, /* 500 ms, 10.9 a second */
    SEQUENCE_MAX = 8,         /* bytes of one key: Pause */
    QUEUE = 32,
};

/* How Print Screen went down; it comes up in the same way. */
enum print { PRINT_PLAIN, PRINT_UNSHIFTED, PRINT_SYSRQ };

struct queue {
    uint8_t data[QUEUE];
    uint8_t head;
    uint8_t count;
};

struct keyboard {
    struct lc_device dev;
    struct queue answers;
    struct queue keys; /* at most LC_PS2_KEYBOARD_BUFFER and an overrun */
    uint8_t last;      /* the last byte sent, for CMD_RESEND */
    uint8_t command;   /* waits for its argument; 0: none */
    uint8_t set;       /* scan code set, 1 or 2 */
    uint8_t leds;
    uint8_t typematic; /* stored only */
    uint8_t modifiers; /* held down, by usage */
    uint8_t print;     /* enum print */
    bool scanning;
    bool in_code;        /* the last byte of a keystroke was a prefix */
    bool data;           /* the DATA output */
    struct lc_event bat; /* end of the self-test */
    void (*room)(void *user);
    void *user;
};

static struct keyboard *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct keyboard, dev);
}

static void queue_put(struct queue *q, uint8_t byte)
{
    if (q->count == QUEUE)
        return;
    q->data[(q->head + q->count) % QUEUE] = byte;
    q->count++;
}

static uint8_t queue_get(struct queue *q)
{
    uint8_t byte = q->data[q->head];

    q->head = (uint8_t)((q->head + 1) % QUEUE);
    q->count--;
    return byte;
}

static void queue_clear(struct queue *q)
{
    *q = (struct queue){.count = 0};
}

static void update(struct keyboard *k)
{
    bool data = k->answers.count > 0 || k->keys.count > 0;

    if (data == k->data)
        return;
    k->data = data;
    lc_wire_set(&k->dev.out[LC_PS2_KEYBOARD_DATA], data);
}

static void tell_room(struct keyboard *k)
{
    if (k->scanning && k->keys.count == 0 && k->room)
        k->room(k->user);
}

static bool is_prefix(const struct keyboard *k, uint8_t byte)
{
    return byte == PREFIX_E0 || byte == PREFIX_E1 || (byte == PREFIX_BREAK && k->set == 2);
}

static void clear_keys(struct keyboard *k)
{
    queue_clear(&k->keys);
    k->in_code = false;
}

static uint8_t take_key(struct keyboard *k)
{
    uint8_t byte = queue_get(&k->keys);

    k->in_code = is_prefix(k, byte);
    return byte;
}

static uint8_t take(void *opaque)
{
    struct keyboard *k = opaque;
    bool key = k->keys.count > 0 && (k->answers.count == 0 || k->in_code);

    if (key)
        k->last = take_key(k);
    else if (k->answers.count > 0)
        k->last = queue_get(&k->answers);
    update(k);
    if (key)
        tell_room(k);
    return k->last;
}

static void answer(struct keyboard *k, uint8_t byte)
{
    queue_put(&k->answers, byte);
}

static void set_defaults(struct keyboard *k)
{
    clear_keys(k);
    k->set = 2;
    k->typematic = TYPEMATIC_DEFAULT;
}

static void start_bat(struct keyboard *k)
{
    set_defaults(k);
    k->leds = 0;
    k->scanning = false;
    lc_event_arm(k->dev.clock, &k->bat, k->dev.clock->now + LC_PS2_KEYBOARD_BAT_NS);
}

static void on_bat(void *opaque, struct lc_event *ev)
{
    struct keyboard *k = opaque;

    (void)ev;
    k->scanning = true;
    answer(k, ANSWER_BAT_OK);
    update(k);
    tell_room(k);
}

static void identify(struct keyboard *k)
{
    answer(k, ANSWER_ACK);
    answer(k, ANSWER_ID1);
    answer(k, ANSWER_ID2);
}

static void enable(struct keyboard *k)
{
    answer(k, ANSWER_ACK);
    clear_keys(k);
    k->scanning = true;
    tell_room(k);
}

static void set_scanning_defaults(struct keyboard *k, bool scanning)
{
    answer(k, ANSWER_ACK);
    set_defaults(k);
    k->scanning = scanning;
}

static void command(struct keyboard *k, uint8_t v)
{
    switch (v) {
    case CMD_SET_LEDS:
    case CMD_SCAN_SET:
    case CMD_TYPEMATIC:
        k->command = v;
        answer(k, ANSWER_ACK);
        break;
    case CMD_ECHO: answer(k, CMD_ECHO); break;
    case CMD_IDENTIFY: identify(k); break;
    case CMD_ENABLE: enable(k); break;
    case CMD_DISABLE: set_scanning_defaults(k, false); break;
    case CMD_DEFAULTS: set_scanning_defaults(k, true); break;
    case CMD_RESEND: answer(k, k->last); break;
    case CMD_RESET:
        answer(k, ANSWER_ACK);
        start_bat(k);
        break;
    default:
        if (v >= CMD_KEY_FIRST && v <= CMD_KEY_LAST)
            k->command = v; /* a list of keys follows, up to the next command */
        answer(k, v >= CMD_ALL_FIRST && v <= CMD_KEY_LAST ? ANSWER_ACK : ANSWER_RESEND);
        break;
    }
}

static void scan_set(struct keyboard *k, uint8_t v)
{
    if (v > 2) {
        answer(k, ANSWER_RESEND);
        return;
    }
    answer(k, ANSWER_ACK);
    if (v == 0) {
        answer(k, k->set);
        return;
    }
    clear_keys(k);
    k->set = v;
}

static void argument(struct keyboard *k, uint8_t cmd, uint8_t v)
{
    if (cmd >= CMD_KEY_FIRST)
        k->command = cmd;
    if (cmd == CMD_SCAN_SET) {
        scan_set(k, v);
        return;
    }
    if (cmd == CMD_SET_LEDS)
        k->leds = v & LED_BITS;
    else if (cmd == CMD_TYPEMATIC)
        k->typematic = v;
    answer(k, ANSWER_ACK);
}

/* A byte from the host takes back what was not sent of the last answer. */
static void send(void *opaque, uint8_t byte)
{
    struct keyboard *k = opaque;
    uint8_t cmd = k->command;

    queue_clear(&k->answers);
    k->command = 0;
    if (cmd && byte < COMMANDS)
        argument(k, cmd, byte);
    else
        command(k, byte);
    update(k);
}

struct lc_ps2_device lc_ps2_keyboard_link(struct lc_device *d)
{
    return (struct lc_ps2_device){.take = take, .send = send, .opaque = from(d)};
}

struct sequence {
    uint8_t data[SEQUENCE_MAX];
    unsigned count;
};

static void add(struct sequence *s, unsigned byte)
{
    if (s->count < SEQUENCE_MAX)
        s->data[s->count++] = (uint8_t)byte;
}

/* One code of set 2, as the keyboard's set has it. */
static void add_code(const struct keyboard *k, struct sequence *s, unsigned code, bool down)
{
    if (code & LC_PS2_E0)
        add(s, PREFIX_E0);
    if (k->set == 1) {
        add(s, lc_ps2_set2_to_set1[code & 0xff] | (down ? 0u : SET1_BREAK));
        return;
    }
    if (!down)
        add(s, PREFIX_BREAK);
    add(s, code & 0xff);
}

static uint8_t print_kind(const struct keyboard *k)
{
    if (k->modifiers & MOD_ALT)
        return PRINT_SYSRQ;
    return k->modifiers & (MOD_CTRL | MOD_SHIFT) ? PRINT_UNSHIFTED : PRINT_PLAIN;
}

/* Left shift is pressed around the key so that old software sees the keypad's asterisk, unless a
 * key is down that has that effect; with Alt it is System Request. */
static void add_print_screen(struct keyboard *k, struct sequence *s, bool down)
{
    if (down)
        k->print = print_kind(k);
    if (k->print == PRINT_SYSRQ) {
        add_code(k, s, CODE_SYSRQ, down);
        return;
    }
    if (k->print == PRINT_PLAIN && down)
        add_code(k, s, LC_PS2_E0 | CODE_LSHIFT, true);
    add_code(k, s, LC_PS2_E0 | CODE_PRINT, down);
    if (k->print == PRINT_PLAIN && !down)
        add_code(k, s, LC_PS2_E0 | CODE_LSHIFT, false);
}

/* Make and break at once, and nothing when the key goes up: Control and Num Lock, or Break when
 * Control is down already. */
static void add_pause(const struct keyboard *k, struct sequence *s)
{
    if (k->modifiers & MOD_CTRL) {
        add_code(k, s, LC_PS2_E0 | CODE_BREAK, true);
        add_code(k, s, LC_PS2_E0 | CODE_BREAK, false);
        return;
    }
    add(s, PREFIX_E1);
    add_code(k, s, CODE_LCTRL, true);
    add_code(k, s, CODE_NUM_LOCK, true);
    add(s, PREFIX_E1);
    add_code(k, s, CODE_LCTRL, false);
    add_code(k, s, CODE_NUM_LOCK, false);
}

static void note_modifier(struct keyboard *k, unsigned usage, bool down)
{
    uint8_t bit;

    if (usage < MODIFIER_FIRST || usage - MODIFIER_FIRST >= MODIFIERS)
        return;
    bit = (uint8_t)(1u << (usage - MODIFIER_FIRST));
    k->modifiers = (uint8_t)(down ? k->modifiers | bit : k->modifiers & ~bit);
}

static bool queue_sequence(struct keyboard *k, const struct sequence *s)
{
    if (k->keys.count + s->count > LC_PS2_KEYBOARD_BUFFER) {
        if (k->keys.count <= LC_PS2_KEYBOARD_BUFFER)
            queue_put(&k->keys, k->set == 1 ? OVERRUN_SET1 : OVERRUN_SET2);
        update(k);
        return false;
    }
    for (unsigned i = 0; i < s->count; i++)
        queue_put(&k->keys, s->data[i]);
    update(k);
    return true;
}

bool lc_ps2_keyboard_press(struct lc_device *d, unsigned usage, bool down)
{
    struct keyboard *k = from(d);
    struct sequence s = {.count = 0};
    unsigned code = lc_ps2_set2(usage);

    note_modifier(k, usage, down);
    if (!k->scanning)
        return false;
    if (usage == LC_KEY_PRINT_SCREEN)
        add_print_screen(k, &s, down);
    else if (usage == LC_KEY_PAUSE && down)
        add_pause(k, &s);
    else if (code)
        add_code(k, &s, code, down);
    else
        return usage == LC_KEY_PAUSE;
    return queue_sequence(k, &s);
}

/* Bytes of a stroke that types one character: make, break, and those of a modifier. */
static unsigned stroke_size(const struct keyboard *k, bool modified)
{
    unsigned key = k->set == 1 ? 2 : 3;

    return modified ? 2 * key : key;
}

static void stroke(struct lc_device *d, unsigned key)
{
    unsigned modifier = key & LC_PS2_SHIFT  ? LC_KEY_LEFT_SHIFT
                        : key & LC_PS2_CTRL ? LC_KEY_LEFT_CONTROL
                                            : 0;

    if (modifier)
        lc_ps2_keyboard_press(d, modifier, true);
    lc_ps2_keyboard_press(d, key & 0xff, true);
    lc_ps2_keyboard_press(d, key & 0xff, false);
    if (modifier)
        lc_ps2_keyboard_press(d, modifier, false);
}

size_t lc_ps2_keyboard_type(struct lc_device *d, const char *text, size_t n)
{
    struct keyboard *k = from(d);
    size_t i;

    for (i = 0; i < n && k->scanning; i++) {
        unsigned key = lc_ps2_usage_of(text[i]);
        unsigned size = stroke_size(k, key & (LC_PS2_SHIFT | LC_PS2_CTRL));

        if (key && k->keys.count + size > LC_PS2_KEYBOARD_BUFFER)
            break;
        if (key)
            stroke(d, key);
    }
    return i;
}

void lc_ps2_keyboard_set_room(struct lc_device *d, void (*fn)(void *user), void *user)
{
    from(d)->room = fn;
    from(d)->user = user;
}

uint8_t lc_ps2_keyboard_leds(const struct lc_device *d)
{
    return LC_CONTAINER(d, const struct keyboard, dev)->leds;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    (void)e;
    lc_event_init(&from(d)->bat, "keyboard self-test", on_bat, from(d));
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    struct keyboard *k = from(d);

    lc_event_cancel(d->clock, &k->bat);
    set_defaults(k);
    queue_clear(&k->answers);
    k->last = 0;
    k->command = 0;
    k->leds = 0;
    k->modifiers = 0;
    k->print = PRINT_PLAIN;
    k->scanning = true;
    k->data = false;
    lc_wire_set(&d->out[LC_PS2_KEYBOARD_DATA], false);
}

static void save_queue(const struct queue *q, struct lc_sink *s)
{
    lc_sink_u8(s, q->count);
    for (unsigned i = 0; i < q->count; i++)
        lc_sink_u8(s, q->data[(q->head + i) % QUEUE]);
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    const struct keyboard *k = LC_CONTAINER(d, const struct keyboard, dev);

    save_queue(&k->answers, s);
    save_queue(&k->keys, s);
    lc_sink_u8(s, k->last);
    lc_sink_u8(s, k->command);
    lc_sink_u8(s, k->set);
    lc_sink_u8(s, k->leds);
    lc_sink_u8(s, k->typematic);
    lc_sink_u8(s, k->modifiers);
    lc_sink_u8(s, k->print);
    lc_sink_bool(s, k->in_code);
    lc_sink_bool(s, k->scanning);
    lc_event_save(&k->bat, s);
}

static void fini(struct lc_device *d)
{
    lc_event_cancel(d->clock, &from(d)->bat);
}

const struct lc_device_class lc_ps2_keyboard_class = {
    .name = "ps2_keyboard",
    .size = sizeof(struct keyboard),
    .outputs = LC_PS2_KEYBOARD_OUTPUTS,
    .access_size = 1,
    .init = init,
    .reset = reset,
    .save = save,
    .fini = fini,
};
