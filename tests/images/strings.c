/*
 * strings.c - a timer interrupt in the middle of a repeated string instruction, and the way on (SDM
 * vol. 2, REP: "when an interrupt or exception occurs, the registers are preserved to allow the
 * string operation to be resumed").
 *
 * Expected: the interrupt's RIP points at the REP prefix; RCX, RSI and RDI tell how much is done;
 * memory is changed up to there and no further; run again with these registers the instruction does
 * the rest. How much was done when the interrupt came is the machine's affair.
 */
#include "lib/image.h"

enum { PIC0 = 0x20, PIC1 = 0xa0, BASE0 = 0x20, EOI = 0x20 };

/* Far from the arena, and long against the timer, also where a page at once is one step of time. */
#define FROM   UINT64_C(0x1000000)
#define TO     UINT64_C(0x2000000)
#define LENGTH UINT64_C(0xff0000)

CODE(stosb, "rep stosb");
CODE(stosq, "rep stosq");
CODE(stosd_32, "rep stosl %eax, %es:(%edi)");
CODE(movsb, "rep movsb");
CODE(movsw, "rep movsw");
CODE(movsq, "rep movsq");
CODE(lodsq, "rep lodsq");
CODE(scasb, "repe scasb");
CODE(scasq, "repne scasq");
CODE(cmpsb, "repe cmpsb");
CODE(cmpsq, "repe cmpsq");

struct string {
    const char *name, *code;
    unsigned size;
    bool source, destination; /* do RSI, RDI move */
    bool stores;
    bool down;
    unsigned cpl;
};

static const struct string strings[] = {
    {"STOSB", stosb, 1, false, true, true, false, 0},
    {"STOSQ", stosq, 8, false, true, true, false, 0},
    {"STOSQ downwards", stosq, 8, false, true, true, true, 0},
    {"STOSQ, ring 3", stosq, 8, false, true, true, false, 3},
    {"STOSD by EDI and ECX", stosd_32, 4, false, true, true, false, 0},
    {"MOVSB", movsb, 1, true, true, true, false, 3},
    {"MOVSW downwards", movsw, 2, true, true, true, true, 0},
    {"MOVSQ", movsq, 8, true, true, true, false, 0},
    {"MOVSQ downwards, ring 3", movsq, 8, true, true, true, true, 3},
    {"LODSQ", lodsq, 8, true, false, false, false, 0},
    {"SCASB", scasb, 1, false, true, false, false, 0},
    {"SCASQ downwards", scasq, 8, false, true, false, true, 3},
    {"CMPSB", cmpsb, 1, true, true, false, false, 3},
    {"CMPSQ", cmpsq, 8, true, true, false, false, 0},
    {"CMPSQ downwards", cmpsq, 8, true, true, false, true, 0},
};

static void init_pics(void)
{
    static const uint8_t words[2][4] = {{0x11, BASE0, 4, 1}, {0x11, BASE0 + 8, 2, 1}};
    for (unsigned i = 0; i < 2; i++) {
        const uint16_t pic = i ? PIC1 : PIC0;
        for (unsigned k = 0; k < 4; k++)
            out8((uint16_t)(pic + (k != 0)), words[i][k]);
    }
    out8(PIC0 + 1, 0xfe);
    out8(PIC1 + 1, 0xff);
}

/* The timer interrupts once, as soon as it can: after two of its clocks. */
static void arm(void)
{
    out8(0x43, 0x30);
    out8(0x40, 1);
    out8(0x40, 0);
}

static void fill(uint64_t at, uint64_t value)
{
    uint64_t n = LENGTH / 8;
    asm volatile("rep stosq" : "+D"(at), "+c"(n) : "a"(value) : "memory");
}

/* Is memory written up to `bytes`, counted from the end that is written first, and no further? Some
 * words on both sides of that place, and both ends, stand for all. */
static bool written(uint64_t bytes, bool down)
{
    for (uint64_t i = 0; i < LENGTH; i++) {
        const uint8_t *at = (const uint8_t *)(down ? TO + LENGTH - 1 - i : TO + i);
        if (*at != (i < bytes ? 0x55 : 0))
            return false;
        if (i == 64 && bytes > 128)
            i = bytes - 65;
        if (i == bytes + 64 && i < LENGTH - 64)
            i = LENGTH - 65;
    }
    return true;
}

/* What is wrong with the registers after `done` elements. */
static unsigned wrong(const struct string *s, const struct frame *f, uint64_t done)
{
    const bool down = s->down;
    const uint64_t first = down ? LENGTH - s->size : 0, moved = done * s->size;
    const uint64_t si = FROM + first + (s->source ? (down ? -moved : moved) : 0);
    const uint64_t di = TO + first + (s->destination ? (down ? -moved : moved) : 0);
    unsigned bad = 0;
    bad |= f->r[SI] != si ? 1 : 0;
    bad |= f->r[DI] != di ? 2 : 0;
    return bad;
}

static struct frame begin(const struct string *s)
{
    const uint64_t first = s->down ? LENGTH - s->size : 0;
    struct frame f = frame_at(s->code, s->cpl);
    fill(FROM, UINT64_C(0x5555555555555555));
    fill(TO, s->stores ? 0 : UINT64_C(0x5555555555555555));
    f.r[AX] = UINT64_C(0x5555555555555555);
    if (s->code == scasq)
        f.r[AX] = 1; /* none is equal */
    f.r[CX] = LENGTH / s->size;
    f.r[SI] = FROM + first;
    f.r[DI] = TO + first;
    f.rflags |= s->down ? F_DF : 0;
    return f;
}

static void interrupted(const struct string *s)
{
    const uint64_t all = LENGTH / s->size;
    struct text t = {0};
    struct frame f = begin(s);
    f.rflags |= F_IF;
    arm();
    run(&f);
    out8(PIC0, EOI);
    const uint64_t done = all - f.r[CX], bytes = done * s->size;
    add_end(&t, &f, s->code);
    add(&t, f.r[CX] == 0 ? " at its end" : done == 0 ? " before it" : " in the middle");
    if (wrong(s, &f, done)) {
        add(&t, " wrong=");
        add_hex(&t, wrong(s, &f, done));
    }
    if (s->stores && !written(bytes, s->down))
        add(&t, " memory is wrong");
    f.rflags &= ~(word)F_IF;
    run(&f);
    add(&t, ", then ");
    add_end(&t, &f, s->code);
    add(&t, f.r[CX] == 0 && !wrong(s, &f, all) ? " whole" : " not whole");
    if (s->stores && !written(LENGTH, s->down))
        add(&t, " memory is wrong");
    check(s->name, t.s, "int 20+0 in the middle, then done whole");
}

void image(void)
{
    init_pics();
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        interrupted(&strings[i]);
    out8(PIC0 + 1, 0xff);
}
