/*
 * gen_rules.c - what of an instance's result may be compared with silicon, and which rows can run
 * there at all.
 */
#include "support/gen_shape.h"

enum { XSTATE_BV = 512 }; /* offset in an XSAVE area: its header */

/* Shifts by 1 define OF, a count of 0 changes nothing; the row says what is true of any count. */
static uint16_t undefined_flags(const struct lc_decoded *d, const struct oracle_case *c)
{
    const struct lc_row *row = d->row;
    uint16_t u = row->flags_undefined;
    bool shift = row->map == LC_MAP_1 && (row->opcode & 0xfe) >= 0xc0 && row->opcode < 0xd4;
    if (!shift || !u)
        return u;
    uint64_t n = d->imm;
    if (row->opcode >= 0xd0)
        n = row->opcode < 0xd2 ? 1 : c->in.gpr[LC_RCX];
    n &= d->opsize == 8 ? 63 : 31;
    if (n == 0)
        return 0;
    if (n == 1)
        u &= (uint16_t)~LC_OF;
    /* SHL and SHR by the operand's width or more leave CF undefined. */
    if (n >= 8u * d->opsize && (d->reg & 4) && (d->reg & 7) != 7)
        u |= LC_CF;
    return u;
}

/* Results that the manuals leave undefined, or in which processors are known to differ. */
bool gen_is_odd(const struct lc_decoded *d, enum oracle_mode mode)
{
    const struct lc_row *row = d->row;
    if (gen_named(row, "bswap") && d->opsize == 2)
        return true;
    if (gen_named(row, "bsf") || gen_named(row, "bsr"))
        return true;
    /* 66 before a near branch in 64-bit mode: Intel ignores it, AMD does not. */
    return mode == ORACLE_64 && row->size == LC_SIZE_F64 && d->osz;
}

static bool is_one_of(const struct lc_row *row, const char *const *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (gen_named(row, names[i]))
            return true;
    return false;
}

static bool is_dot_product(const struct lc_row *row)
{
    static const char *const names[] = {"dpp", "vdpp"};
    return is_one_of(row, names, LC_ARRAY_LEN(names));
}

static bool is_string(const struct lc_row *row)
{
    return row->map == LC_MAP_1 && row->opcode >= 0xa4 && row->opcode <= 0xaf &&
           (row->opcode & 0xfe) != 0xa8;
}

/*
 * What AMD's processors do otherwise than Intel's, and than this CPU:
 *   MOVSXD with 66 reads 32 bits, not 16 (vol. 2B, MOVSXD);
 *   SHA takes any address (vol. 2A, 2.4: table 2-21, type 4);
 *   a repeated string instruction with 32-bit addresses leaves the upper half of RCX when it counts
 *   nothing;
 *   DPPS and DPPD add in one order for all elements, which shows in NaNs;
 *   FSCALE of a denormal by 0, and FPREM by an infinity, underflow when that is not masked;
 *   PAUSE with REX.B exchanges R8 and RAX;
 *   VPEXTRD and VPINSRD with W outside 64-bit mode are undefined on some of them.
 */
static bool is_open_of_amd(const struct lc_decoded *d)
{
    const unsigned rex_w = 8;
    const struct lc_row *row = d->row;
    if (gen_named(row, "movsxd") && d->opsize == 2)
        return true;
    if (row->feature == LC_FEAT_SHA && d->has_mem)
        return true;
    if (gen_named(row, "fscale") || gen_named(row, "fprem") ||
        (row->opcode == 0x90 && row->map == LC_MAP_1 && d->rep))
        return true;
    if ((gen_named(row, "vpextrd") || gen_named(row, "vpinsrd")) && d->rex & rex_w)
        return true;
    return is_dot_product(row) || (is_string(row) && d->rep && d->asize == 4);
}

/* What Intel's do otherwise than AMD's and this CPU: PUSH of a segment register writes 16 bits and
 * leaves the others (vol. 2B, PUSH). XSAVEOPT and XSAVEC write components that are in use, which is
 * the processor's affair. */
static bool is_open_of_intel(const struct lc_decoded *d)
{
    static const char *const names[] = {"xsaveopt", "xsavec"};
    if (is_one_of(d->row, names, LC_ARRAY_LEN(names)))
        return true;
    bool push_seg =
        gen_named(d->row, "push") && (d->row->map == LC_MAP_0F || d->row->opcode < 0x20);
    return push_seg && d->opsize != 2;
}

/* Last bits are the processor's own: reciprocals, and the x87's functions.  The host's instructions
 * have them, the software has others. */
bool gen_has_own_digits(const struct lc_row *row)
{
    static const char *const names[] = {"f2xm1", "fyl2x", "fyl2xp1", "fpatan",
                                        "fptan", "fsin",  "fcos",    "fsincos"};
    return is_one_of(row, names, LC_ARRAY_LEN(names)) || strstr(row->mnemonic, "rcp") ||
           strstr(row->mnemonic, "rsqrt");
}

/* SHLD and SHRD of words by more than 16 are undefined (vol. 2, SHLD). XGETBV tells of components
 * that this CPU has not. REP before LOOPE and LOOPNE is reserved (vol. 2A, 2.1.1): processors take
 * it for the condition. */
bool gen_is_open(const struct lc_decoded *d, bool amd)
{
    const struct lc_row *row = d->row;
    if (!LC_FP_HOST && gen_has_own_digits(row))
        return true;
    if ((gen_named(row, "shld") || gen_named(row, "shrd")) && d->opsize == 2)
        return true;
    if (gen_named(row, "xgetbv"))
        return true;
    if (amd ? is_open_of_amd(d) : is_open_of_intel(d))
        return true;
    return d->rep && (gen_named(row, "loope") || gen_named(row, "loopne"));
}

/*
 * Faults after which silicon differs.  AMD's: repeated CMPS and SCAS leave the flags of their last
 * comparison, a gather the mask as it was (vol. 2B, REP; vol. 2C, VPGATHERDD); an x87 store looks
 * at memory also when an unmasked exception keeps it from being written; VCVTPS2PH tells of no
 * inexact result beside an underflow that is not masked.  Intel's: MMX sets TOP to
 * 0, and VCVTPS2PH its flags, before the store is found to fault; ten-byte stores write what they
 * can; XRSTOR and XSAVE look at parts of the area that they neither read nor write.
 */
static bool is_open_fault_of_amd(const struct lc_decoded *d)
{
    bool x87_store =
        d->row->attr & LC_ATTR_FPU && d->has_mem &&
        (gen_named(d->row, "fst") || gen_named(d->row, "fist") || gen_named(d->row, "fbstp"));
    return x87_store || strstr(d->row->mnemonic, "gather") || gen_named(d->row, "vcvtps2ph") ||
           (is_string(d->row) && d->rep);
}

static bool is_open_fault_of_intel(const struct lc_decoded *d)
{
    static const char *const names[] = {"vcvtps2ph", "xrstor", "xsave", "fbstp"};
    bool mmx_store = d->row->attr & LC_ATTR_MMX && d->has_mem && !gen_named(d->row, "p") &&
                     (d->opcode == 0x7e || d->opcode == 0x7f || d->opcode == 0xe7);
    bool store80 = d->opcode == 0xdb && gen_named(d->row, "fstp");
    return mmx_store || store80 || is_one_of(d->row, names, LC_ARRAY_LEN(names));
}

/* ENTER, PUSHA, POPA, MASKMOVQ: silicon leaves behind what it did before the fault, this CPU
 * nothing.
 * CALL: whether the target or the stack is looked at first differs between vendors, and so does the
 * segment of a repeated MOVS whose both sides are outside. */
bool gen_is_open_fault(const struct lc_decoded *d, bool amd)
{
    static const char *const names[] = {"enter", "pusha", "popa", "call", "maskmovq"};
    if (is_one_of(d->row, names, LC_ARRAY_LEN(names)))
        return true;
    if (amd ? is_open_fault_of_amd(d) : is_open_fault_of_intel(d))
        return true;
    return d->rep && d->asize != 8 && (gen_named(d->row, "movsb") || gen_named(d->row, "movsw"));
}

/* Images of state: some processors look at the last byte first. Moves under a mask: which bytes are
 * looked at is the processor's affair (vol. 2B, MASKMOVDQU), and Intel's tell of the last byte of
 * the operand when a selected element crosses pages. CMPS: which of two operands that fault is told
 * of differs between processors. */
bool gen_has_open_address(const struct lc_row *row)
{
    static const char *const names[] = {"fxsave", "fxrstor", "xsave",  "xrstor",    "fnsave",
                                        "frstor", "fnstenv", "fldenv", "maskmovdqu"};
    return is_one_of(row, names, LC_ARRAY_LEN(names)) || strstr(row->mnemonic, "vmaskmov") ||
           strstr(row->mnemonic, "vpmaskmov") || (is_string(row) && gen_named(row, "cmps"));
}

/* UD0 and UD1: whether there is a ModRM, so how many bytes are fetched, differs between vendors. */
static bool is_ud_with_modrm(const struct oracle_case *c)
{
    for (unsigned i = 0; i + 1 < c->code_len; i++)
        if (c->code[i] == 0x0f)
            return c->code[i + 1] == 0xb9 || c->code[i + 1] == 0xff;
    return false;
}

/* AMD's processors lose the pointers when the system switches away from the program while no
 * exception waits; Intel's newer ones set FOP and FDP by unmasked exceptions alone, and have no FCS
 * and FDS (vol. 1, 8.1.8). */
static void open_environment(const struct gen_shape *s, uint64_t la, struct gen_info *info)
{
    info->open_bytes[0].la = la + (s->opsize == 2 ? 6 : 12);
    info->open_bytes[0].len = s->opsize == 2 ? 8 : 16;
}

/* The images of FXSAVE and XSAVE hold MXCSR_MASK, which is the processor's own; AMD's write the
 * pointers FOP, FIP and FDP only while an exception waits. Which components are in use, as
 * XSTATE_BV has it, is the processor's affair (vol. 1, 13.6); AMD's tell it from the registers, as
 * this CPU does. */
void gen_open_image(const struct gen *g, const struct gen_shape *s, const struct oracle_case *c,
                    uint64_t la, struct gen_info *info)
{
    const struct oracle_vectors *v = &c->in.vectors;
    if (gen_named(s->row, "fnstenv") || gen_named(s->row, "fnsave"))
        open_environment(s, la, info);
    if (!gen_named(s->row, "fxsave") && !gen_named(s->row, "xsave"))
        return;
    info->open_bytes[0].la = la + ORACLE_MXCSR + 4;
    info->open_bytes[0].len = 4;
    info->open_bytes[1].la = la + ORACLE_FOP;
    info->open_bytes[1].len = v->fx[ORACLE_FSW] & 0x80 ? 0 : ORACLE_MXCSR - ORACLE_FOP;
    if (g->amd || !gen_named(s->row, "xsave"))
        return;
    info->open_bytes[2].la = la + XSTATE_BV;
    info->open_bytes[2].len = 1;
}

/* SSE4A's encodings: AMD's processors have it, this CPU has not (APM vol. 4, EXTRQ, MOVNTSS). */
static bool is_sse4a(const struct lc_decoded *d, const struct oracle_case *c)
{
    bool f = d->rep != 0, osz = d->osz;
    for (unsigned i = 0; i + 1 < c->code_len; i++)
        if (c->code[i] == 0x0f)
            return ((c->code[i + 1] & 0xfe) == 0x78 && (f || osz)) || (c->code[i + 1] == 0x2b && f);
    return false;
}

/* PTWRITE: some of Intel's have it, this CPU has not (vol. 2B). */
static bool is_ptwrite(const struct lc_decoded *d, const struct oracle_case *c)
{
    for (unsigned i = 0; i + 2 < c->code_len; i++)
        if (c->code[i] == 0x0f)
            return c->code[i + 1] == 0xae && d->rep && (c->code[i + 2] >> 3 & 7) == 4;
    return false;
}

bool gen_add_flags(const struct lc_row *row, uint16_t undefined, struct gen_info *info)
{
    if (row->flags_read & info->undefined)
        return false;
    info->undefined &= (uint16_t)~row->flags_written;
    info->undefined |= undefined;
    info->undefined_early |= info->undefined;
    info->features[row->feature / 64] |= LC_BIT(row->feature % 64);
    return true;
}

/* AMD's processors ignore VEX.W of VPERMQ and VPERMPD, Intel's want it (vol. 2C, VPERMQ); AMD's
 * want it clear in VPEXTRD and VPINSRD outside of 64-bit mode, Intel's ignore it there (vol. 2B).
 */
static bool is_open_w(const struct gen *g, const struct lc_decoded *d)
{
    if (!g->amd || d->pp != 0x66)
        return false;
    if (d->opcode == 0x00 || d->opcode == 0x01)
        return d->vex_l;
    return g->mode != ORACLE_64 && (d->opcode == 0x16 || d->opcode == 0x22);
}

/* How much of an XSAVE area must lie in the segment when parts of it are not written (vol. 1, 13.7)
 * is the processor's affair, and so is what a move under a mask does not select; only the segments
 * of 16-bit mode end near the data. */
bool gen_has_open_limit(const struct gen *g, const struct lc_row *row)
{
    static const char *const names[] = {"xsave", "xrstor", "vmaskmov", "vpmaskmov"};
    return g->mode == ORACLE_16 && is_one_of(row, names, LC_ARRAY_LEN(names));
}

/* The instruction `d` of the case, or what else its bytes are. */
static void inspect_one(struct gen *g, const struct oracle_case *c, enum lc_decode_status st,
                        const struct lc_decoded *d, bool first, struct gen_info *info)
{
    info->open |= d->row && (gen_is_open(d, g->amd) || gen_has_open_limit(g, d->row));
    info->open_fault |= d->row && gen_is_open_fault(d, g->amd);
    info->open_address |= d->row && gen_has_open_address(d->row);
    /* How much of what is not defined is fetched before #UD comes is open. */
    if (is_open_w(g, d))
        info->open = true;
    if (st == LC_DECODE_UD &&
        (c->code_off + c->code_len == ORACLE_PAGE || c->code_len > LC_INSN_MAX))
        info->open = true;
    if (st != LC_DECODE_OK)
        return;
    if (!gen_row_fits(d->row, g->mode) || !g->features[d->row->feature])
        info->open = true;
    if (!gen_add_flags(d->row, first ? undefined_flags(d, c) : d->row->flags_undefined, info))
        info->open = true;
    info->odd |= gen_is_odd(d, g->mode);
}

void gen_inspect(struct gen *g, const struct oracle_case *c, struct gen_info *info)
{
    struct lc_decoded d;
    enum lc_decode_status st = LC_DECODE_OK;
    for (unsigned off = 0; off < c->code_len && st == LC_DECODE_OK; off += d.len) {
        st = lc_decode(g->decoder, gen_key(g->mode), c->code + off, c->code_len - off, &d);
        if (off == 0) {
            info->row = st == LC_DECODE_OK ? d.row : NULL;
            info->open_length = is_ud_with_modrm(c);
            info->open = is_sse4a(&d, c) || is_ptwrite(&d, c);
        }
        inspect_one(g, c, st, &d, off == 0, info);
    }
}

/* ---- rows ---- */

/* The rows of insn_system.def stand behind the general ones: what they do depends on the operating
 * system, or on the time. */
#define I(...)   +1
#define ICC(...) +1
enum {
    GENERAL_ROWS = 0
#include "cpu/decode/insn_general.def"
    ,
    SYSTEM_ROWS = 0
#include "cpu/decode/insn_system.def"
};
#undef I
#undef ICC

bool gen_row_fits(const struct lc_row *row, enum oracle_mode mode)
{
    static const uint8_t foreign[] = {LC_OPK_A, LC_OPK_S, LC_OPK_C, LC_OPK_D};
    long n = row - lc_rows;
    bool vector = gen_is_vector(row);
    if (n >= GENERAL_ROWS && n < GENERAL_ROWS + SYSTEM_ROWS)
        return false;
    if (row->attr & (LC_ATTR_PRIV0 | LC_ATTR_CPL0UD))
        return false;
    if (row->attr & LC_ATTR_END && !vector && !(row->attr & LC_ATTR_UD))
        return false;
    for (unsigned i = 0; i < sizeof(foreign); i++)
        if (gen_has_kind(row, foreign[i]))
            return false;
    if (row->mode == LC_MODE_64)
        return mode == ORACLE_64;
    return row->mode != LC_MODE_NO64 || mode != ORACLE_64;
}
