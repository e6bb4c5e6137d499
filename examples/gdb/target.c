/*
 * target.c - the registers: their numbers, the target description, g G p P.
 *
 * The description is one of 64-bit mode and never changes, whatever mode the processor is in: gdb
 * cannot change its mind about a target's registers.  Features and register names are gdb's
 * (appendix G.5.7, "i386 Features"); org.libcpu.system is ours.
 */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum source {
    PLAIN,   /* a register of libcpu, cut or zero-extended */
    PC,      /* RIP, or the linear address */
    FPTR_LO, /* lower and upper half of FIP or FDP: offset and segment */
    FPTR_HI,
    YMM_HI, /* bytes 16 to 31 */
    SEG_BASE,
};

struct target_reg {
    const char *name;
    const char *type;
    uint8_t bits;
    uint8_t source; /* enum source */
    uint8_t reg;    /* enum libcpu_reg */
    const char *group;
};

#define REG(name, type, bits, reg)                                                                 \
    {                                                                                              \
        name, type, bits, PLAIN, LIBCPU_REG_##reg, NULL                                            \
    }
#define FLOAT(name, source, reg)                                                                   \
    {                                                                                              \
        name, "int", 32, source, LIBCPU_REG_##reg, "float"                                         \
    }
#define SYSTEM(name, bits, source, reg)                                                            \
    {                                                                                              \
        name, "int", bits, source, LIBCPU_REG_##reg, "system"                                      \
    }
#define EACH8(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define EACH16(X) EACH8(X) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define ST(n)     {"st" #n, "i387_ext", 80, PLAIN, LIBCPU_REG_ST##n, NULL},
#define XMM(n)    {"xmm" #n, "vec128", 128, PLAIN, LIBCPU_REG_XMM##n, NULL},
#define YMMH(n)   {"ymm" #n "h", "uint128", 128, YMM_HI, LIBCPU_REG_YMM##n, NULL},

/* Numbers are places in this table, which is sorted by feature. */
static const struct target_reg regs[] = {
    REG("rax", "int64", 64, RAX),
    REG("rbx", "int64", 64, RBX),
    REG("rcx", "int64", 64, RCX),
    REG("rdx", "int64", 64, RDX),
    REG("rsi", "int64", 64, RSI),
    REG("rdi", "int64", 64, RDI),
    REG("rbp", "data_ptr", 64, RBP),
    REG("rsp", "data_ptr", 64, RSP),
    REG("r8", "int64", 64, R8),
    REG("r9", "int64", 64, R9),
    REG("r10", "int64", 64, R10),
    REG("r11", "int64", 64, R11),
    REG("r12", "int64", 64, R12),
    REG("r13", "int64", 64, R13),
    REG("r14", "int64", 64, R14),
    REG("r15", "int64", 64, R15),
    {"rip", "code_ptr", 64, PC, LIBCPU_REG_RIP, NULL},
    REG("eflags", "x64_eflags", 32, RFLAGS),
    REG("cs", "int32", 32, CS),
    REG("ss", "int32", 32, SS),
    REG("ds", "int32", 32, DS),
    REG("es", "int32", 32, ES),
    REG("fs", "int32", 32, FS),
    REG("gs", "int32", 32, GS),
    EACH8(ST) FLOAT("fctrl", PLAIN, FCW),
    FLOAT("fstat", PLAIN, FSW),
    FLOAT("ftag", PLAIN, FTW),
    FLOAT("fiseg", FPTR_HI, FIP),
    FLOAT("fioff", FPTR_LO, FIP),
    FLOAT("foseg", FPTR_HI, FDP),
    FLOAT("fooff", FPTR_LO, FDP),
    FLOAT("fop", PLAIN, FOP),
#define CORE_END 40
    EACH16(XMM){"mxcsr", "x64_mxcsr", 32, PLAIN, LIBCPU_REG_MXCSR, "vector"},
#define SSE_END (CORE_END + 17)
    REG("fs_base", "int", 64, FS_BASE),
    REG("gs_base", "int", 64, GS_BASE),
#define SEGMENTS_END (SSE_END + 2)
    EACH16(YMMH)
#define AVX_END (SEGMENTS_END + 16)
        REG("k_gs_base", "int", 64, KERNEL_GS_BASE),
    REG("cr0", "x64_cr0", 64, CR0),
    REG("cr2", "int", 64, CR2),
    REG("cr3", "int", 64, CR3),
    REG("cr4", "x64_cr4", 64, CR4),
    REG("cr8", "int", 64, CR8),
    REG("efer", "x64_efer", 64, EFER),
    SYSTEM("cs_base", 64, SEG_BASE, CS),
    SYSTEM("ss_base", 64, SEG_BASE, SS),
    SYSTEM("ds_base", 64, SEG_BASE, DS),
    SYSTEM("es_base", 64, SEG_BASE, ES),
    SYSTEM("tr", 32, PLAIN, TR),
    SYSTEM("tr_base", 64, SEG_BASE, TR),
    SYSTEM("ldtr", 32, PLAIN, LDTR),
    SYSTEM("gdtr_base", 64, PLAIN, GDTR_BASE),
    SYSTEM("gdtr_limit", 32, PLAIN, GDTR_LIMIT),
    SYSTEM("idtr_base", 64, PLAIN, IDTR_BASE),
    SYSTEM("idtr_limit", 32, PLAIN, IDTR_LIMIT),
    SYSTEM("dr0", 64, PLAIN, DR0),
    SYSTEM("dr1", 64, PLAIN, DR1),
    SYSTEM("dr2", 64, PLAIN, DR2),
    SYSTEM("dr3", 64, PLAIN, DR3),
    SYSTEM("dr6", 64, PLAIN, DR6),
    SYSTEM("dr7", 64, PLAIN, DR7),
    SYSTEM("star", 64, PLAIN, STAR),
    SYSTEM("lstar", 64, PLAIN, LSTAR),
    SYSTEM("cstar", 64, PLAIN, CSTAR),
    SYSTEM("fmask", 64, PLAIN, FMASK),
    SYSTEM("tsc", 64, PLAIN, TSC),
    SYSTEM("xcr0", 64, PLAIN, XCR0),
};

enum { REGS = sizeof(regs) / sizeof(*regs) };

/* ---- the description ---- */

struct flag {
    const char *name;
    uint8_t first, last;
};

/* SDM vol. 1, 3.4.3 and 10.2.3; vol. 3A, 2.5 and 2.2.1. */
static const struct flag eflags_fields[] = {
    {"CF", 0, 0},     {"", 1, 1},      {"PF", 2, 2},   {"AF", 4, 4},   {"ZF", 6, 6},
    {"SF", 7, 7},     {"TF", 8, 8},    {"IF", 9, 9},   {"DF", 10, 10}, {"OF", 11, 11},
    {"IOPL", 12, 13}, {"NT", 14, 14},  {"RF", 16, 16}, {"VM", 17, 17}, {"AC", 18, 18},
    {"VIF", 19, 19},  {"VIP", 20, 20}, {"ID", 21, 21}, {NULL, 0, 0},
};
static const struct flag mxcsr_fields[] = {
    {"IE", 0, 0},   {"DE", 1, 1},   {"ZE", 2, 2},   {"OE", 3, 3}, {"UE", 4, 4},   {"PE", 5, 5},
    {"DAZ", 6, 6},  {"IM", 7, 7},   {"DM", 8, 8},   {"ZM", 9, 9}, {"OM", 10, 10}, {"UM", 11, 11},
    {"PM", 12, 12}, {"RC", 13, 14}, {"FZ", 15, 15}, {NULL, 0, 0},
};
static const struct flag cr0_fields[] = {
    {"PE", 0, 0},   {"MP", 1, 1},   {"EM", 2, 2},   {"TS", 3, 3},   {"ET", 4, 4},   {"NE", 5, 5},
    {"WP", 16, 16}, {"AM", 18, 18}, {"NW", 29, 29}, {"CD", 30, 30}, {"PG", 31, 31}, {NULL, 0, 0},
};
static const struct flag cr4_fields[] = {
    {"VME", 0, 0},    {"PVI", 1, 1},        {"TSD", 2, 2},          {"DE", 3, 3},
    {"PSE", 4, 4},    {"PAE", 5, 5},        {"MCE", 6, 6},          {"PGE", 7, 7},
    {"PCE", 8, 8},    {"OSFXSR", 9, 9},     {"OSXMMEXCPT", 10, 10}, {"UMIP", 11, 11},
    {"LA57", 12, 12}, {"FSGSBASE", 16, 16}, {"PCIDE", 17, 17},      {"OSXSAVE", 18, 18},
    {"SMEP", 20, 20}, {"SMAP", 21, 21},     {"PKE", 22, 22},        {NULL, 0, 0},
};
static const struct flag efer_fields[] = {
    {"SCE", 0, 0}, {"LME", 8, 8}, {"LMA", 10, 10}, {"NXE", 11, 11}, {NULL, 0, 0},
};

static const struct flag_set {
    const char *id;
    unsigned size;
    const struct flag *field;
} core_flags[] = {{"x64_eflags", 4, eflags_fields}, {NULL, 0, NULL}},
  sse_flags[] = {{"x64_mxcsr", 4, mxcsr_fields}, {NULL, 0, NULL}},
  system_flags[] = {{"x64_cr0", 8, cr0_fields},
                    {"x64_cr4", 8, cr4_fields},
                    {"x64_efer", 8, efer_fields},
                    {NULL, 0, NULL}};

static const char vector_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\">"
    "<field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
    "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
    "<field name=\"uint128\" type=\"uint128\"/></union>\n";

static const struct feature {
    const char *name;
    const char *types; /* NULL: none */
    const struct flag_set *flags;
    unsigned end; /* number behind its last register */
} features[] = {
    {"org.gnu.gdb.i386.core", NULL, core_flags, CORE_END},
    {"org.gnu.gdb.i386.sse", vector_types, sse_flags, SSE_END},
    {"org.gnu.gdb.i386.segments", NULL, NULL, SEGMENTS_END},
    {"org.gnu.gdb.i386.avx", NULL, NULL, AVX_END},
    {"org.libcpu.system", NULL, system_flags, REGS},
};

/* The groups above are as long as they say. */
_Static_assert(REGS == AVX_END + 30, "the last feature");

static void xml(libcpu_gdb *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void xml(libcpu_gdb *g, const char *format, ...)
{
    size_t room = sizeof(g->xml) - g->xml_len;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(g->xml + g->xml_len, room, format, ap);
    va_end(ap);
    if (n > 0)
        g->xml_len += (size_t)n < room ? (size_t)n : room - 1;
}

static void xml_flags(libcpu_gdb *g, const struct flag_set *f)
{
    for (; f && f->id; f++) {
        xml(g, "<flags id=\"%s\" size=\"%u\">", f->id, f->size);
        for (const struct flag *b = f->field; b->name; b++)
            xml(g, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", b->name, b->first, b->last);
        xml(g, "</flags>\n");
    }
}

static void xml_register(libcpu_gdb *g, unsigned n)
{
    const struct target_reg *r = &regs[n];
    xml(g, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"", r->name, r->bits, r->type,
        n);
    if (r->group)
        xml(g, " group=\"%s\"", r->group);
    xml(g, "/>\n");
}

void gdb_target_init(libcpu_gdb *g)
{
    unsigned n = 0;
    xml(g, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
           "<target version=\"1.0\">\n<architecture>i386:x86-64</architecture>\n");
    for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++) {
        const struct feature *f = &features[i];
        xml(g, "<feature name=\"%s\">\n", f->name);
        if (f->types)
            xml(g, "%s", f->types);
        xml_flags(g, f->flags);
        while (n < f->end)
            xml_register(g, n++);
        xml(g, "</feature>\n");
    }
    xml(g, "</target>\n");
}

/* ---- values ---- */

static uint64_t segment_base(libcpu_gdb *g, enum libcpu_reg reg)
{
    struct libcpu_segment s;
    if (libcpu_segment_get(g->m, reg, &s))
        return 0;
    return s.base;
}

/* In 64-bit mode the base of CS does not count. */
static uint64_t code_base(libcpu_gdb *g)
{
    return libcpu_cpu_mode(g->m) == LIBCPU_MODE_LONG64 ? 0 : segment_base(g, LIBCPU_REG_CS);
}

uint64_t gdb_pc(libcpu_gdb *g)
{
    uint64_t la = libcpu_reg(g->m, LIBCPU_REG_RIP) + code_base(g);
    return libcpu_cpu_mode(g->m) == LIBCPU_MODE_LONG64 ? la : (uint32_t)la;
}

/* A value below 8 bytes that is made here. */
static uint64_t made_value(libcpu_gdb *g, const struct target_reg *r)
{
    enum libcpu_reg reg = (enum libcpu_reg)r->reg;
    switch (r->source) {
    case PC: return g->linear_pc ? gdb_pc(g) : libcpu_reg(g->m, reg);
    case FPTR_HI: return libcpu_reg(g->m, reg) >> 32;
    case SEG_BASE: return segment_base(g, reg);
    default: return libcpu_reg(g->m, reg);
    }
}

static size_t get(libcpu_gdb *g, unsigned n, uint8_t buf[GDB_REG_MAX])
{
    const struct target_reg *r = &regs[n];
    enum libcpu_reg reg = (enum libcpu_reg)r->reg;
    size_t size = r->bits / 8u;
    if (r->source == YMM_HI) {
        uint8_t ymm[32] = {0};
        libcpu_reg_get(g->m, reg, ymm, sizeof(ymm));
        memcpy(buf, ymm + 16, 16);
    } else if (size > 8) {
        memset(buf, 0, size);
        libcpu_reg_get(g->m, reg, buf, size);
    } else {
        uint64_t v = made_value(g, r);
        memcpy(buf, &v, size);
    }
    return size;
}

/* A half of FIP or FDP, the upper half of a YMM register: what is left over stays. */
static bool set_part(libcpu_gdb *g, enum libcpu_reg reg, size_t at, const uint8_t *buf, size_t size)
{
    uint8_t whole[32] = {0};
    size_t all = libcpu_reg_size(reg);
    if (libcpu_reg_get(g->m, reg, whole, all))
        return false;
    memcpy(whole + at, buf, size);
    return !libcpu_reg_set(g->m, reg, whole, all);
}

static bool set_number(libcpu_gdb *g, enum libcpu_reg reg, uint64_t v)
{
    size_t size = libcpu_reg_size(reg);
    if (size < 8 && v >> size * 8)
        return false;
    return !libcpu_reg_set(g->m, reg, &v, size);
}

static bool set_base(libcpu_gdb *g, enum libcpu_reg reg, uint64_t v)
{
    struct libcpu_segment s;
    if (libcpu_segment_get(g->m, reg, &s))
        return false;
    s.base = v;
    return !libcpu_segment_set(g->m, reg, &s);
}

static bool set(libcpu_gdb *g, unsigned n, const uint8_t *buf, size_t size)
{
    const struct target_reg *r = &regs[n];
    enum libcpu_reg reg = (enum libcpu_reg)r->reg;
    uint64_t v = 0;
    memcpy(&v, buf, size < 8 ? size : 8);
    switch (r->source) {
    case PC: return set_number(g, reg, g->linear_pc ? v - code_base(g) : v);
    case FPTR_LO: return set_part(g, reg, 0, buf, 4);
    case FPTR_HI: return set_part(g, reg, 4, buf, 4);
    case YMM_HI: return set_part(g, reg, 16, buf, 16);
    case SEG_BASE: return set_base(g, reg, v);
    default: return size > 8 ? !libcpu_reg_set(g->m, reg, buf, size) : set_number(g, reg, v);
    }
}

/* What is not different is not written: loading a selector or a control register does things. */
static bool change(libcpu_gdb *g, unsigned n, const uint8_t *buf, size_t size)
{
    uint8_t now[GDB_REG_MAX];
    return (get(g, n, now) == size && memcmp(now, buf, size) == 0) || set(g, n, buf, size);
}

/* ---- packets ---- */

void gdb_put_register(libcpu_gdb *g, unsigned n)
{
    uint8_t buf[GDB_REG_MAX];
    gdb_put_hex(g, buf, get(g, n, buf));
}

void gdb_packet_g(libcpu_gdb *g, struct gdb_in in)
{
    (void)in;
    for (unsigned n = 0; n < REGS; n++)
        gdb_put_register(g, n);
    gdb_send(g);
}

/* A register's bytes; an x says that it is not known and stays as it is. */
static bool take_register(struct gdb_in *in, unsigned n, uint8_t *buf, bool *known)
{
    size_t size = regs[n].bits / 8u, got;
    *known = gdb_left(in) < 2 || in->at[0] != 'x';
    if (*known)
        return gdb_take_bytes(in, buf, size, &got) && got == size;
    if (gdb_left(in) < 2 * size)
        return false;
    in->at += 2 * size;
    return true;
}

/* All that can be set is set, also when another one cannot; a packet that is cut off sets the
 * registers that it has. */
void gdb_packet_G(libcpu_gdb *g, struct gdb_in in)
{
    bool good = true;
    for (unsigned n = 0; n < REGS && in.at < in.end; n++) {
        uint8_t buf[GDB_REG_MAX];
        bool known;
        if (!take_register(&in, n, buf, &known)) {
            good = false;
            break;
        }
        if (known && !change(g, n, buf, regs[n].bits / 8u))
            good = false;
    }
    if (good)
        gdb_reply(g, "OK");
    else
        gdb_error(g, GDB_EINVAL);
}

void gdb_packet_p(libcpu_gdb *g, struct gdb_in in)
{
    uint64_t n;
    if (!gdb_take_number(&in, &n) || n >= REGS) {
        gdb_error(g, GDB_EINVAL);
        return;
    }
    gdb_put_register(g, (unsigned)n);
    gdb_send(g);
}

void gdb_packet_P(libcpu_gdb *g, struct gdb_in in)
{
    uint8_t buf[GDB_REG_MAX];
    uint64_t n;
    size_t size;
    if (gdb_take_number(&in, &n) && n < REGS && gdb_take_text(&in, "=") &&
        gdb_take_bytes(&in, buf, sizeof(buf), &size) && in.at == in.end &&
        size == regs[n].bits / 8u && change(g, (unsigned)n, buf, size))
        gdb_reply(g, "OK");
    else
        gdb_error(g, GDB_EINVAL);
}
