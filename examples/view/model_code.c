/*
 * model_code.c - disassembly by Capstone.
 */
#include "model_code.h"

#include <capstone/capstone.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool open_capstone(unsigned mode, csh *cs)
{
    cs_mode bits = mode == LIBCPU_MODE_LONG64                                   ? CS_MODE_64
                   : mode == LIBCPU_MODE_PROT32 || mode == LIBCPU_MODE_COMPAT32 ? CS_MODE_32
                                                                                : CS_MODE_16;
    return cs_open(CS_ARCH_X86, bits, cs) == CS_ERR_OK;
}

uint64_t code_address(const struct snapshot *s)
{
    uint64_t rip = s->reg[LIBCPU_REG_RIP];
    return s->mode == LIBCPU_MODE_LONG64 ? rip : (uint32_t)(s->cs_base + rip);
}

/* As many bytes at la as are mapped, at most an instruction's. */
static size_t read_code(libcpu *m, uint64_t la, uint8_t *buf, size_t n)
{
    while (n && libcpu_linear_read(m, la, buf, n) != LIBCPU_ERR_OK)
        n--;
    return n;
}

/* One instruction; of bytes that are none, the first byte. False: nothing is mapped there. */
static bool decode(csh cs, libcpu *m, uint64_t la, struct code_line *out)
{
    uint8_t buf[CODE_BYTES];
    cs_insn *insn;
    size_t n = read_code(m, la, buf, sizeof(buf));
    *out = (struct code_line){.la = la};
    if (!n)
        return false;
    if (cs_disasm(cs, buf, n, la, 1, &insn) == 1) {
        out->size = (uint8_t)insn->size;
        snprintf(out->text, sizeof(out->text), "%s %.60s", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    } else {
        out->size = 1;
        snprintf(out->text, sizeof(out->text), "(no instruction)");
    }
    memcpy(out->bytes, buf, out->size);
    return true;
}

enum { LOOK_BACK = 96 };

/* Instructions have no mark where they begin. Of the starts before la from which decoding arrives
 * at la, the farthest is the most likely. Each byte is decoded once, whatever start it belongs to.
 */
static unsigned lines_before(csh cs, libcpu *m, uint64_t la, unsigned want, struct code_line *lines)
{
    uint8_t size[LOOK_BACK + 1];
    unsigned back = want * 5 < LOOK_BACK ? want * 5 : LOOK_BACK, n = 0;
    struct code_line line;
    for (unsigned i = 1; i <= back; i++)
        size[i] = la >= i && decode(cs, m, la - i, &line) && line.text[0] != '(' ? line.size : 0;
    for (unsigned start = back; start; start--) {
        unsigned at = start;
        n = 0;
        while (at && size[at] && size[at] <= at) {
            at -= size[at];
            n++;
        }
        if (at || !n)
            continue;
        for (at = start; n > want; n--)
            at -= size[at];
        for (unsigned i = 0; i < n; i++) {
            decode(cs, m, la - at, &lines[i]);
            at -= size[at];
        }
        return n;
    }
    return 0;
}

unsigned code_around(libcpu *m, uint64_t la, unsigned mode, unsigned before, unsigned after,
                     struct code_line *lines, unsigned *here)
{
    csh cs;
    *here = 0;
    if (!open_capstone(mode, &cs))
        return 0;
    if (before + after + 1 > CODE_LINES)
        after = CODE_LINES - 1 - before;
    unsigned n = lines_before(cs, m, la, before, lines);
    *here = n;
    for (unsigned i = 0; i <= after && decode(cs, m, la, &lines[n]); i++)
        la += lines[n++].size;
    cs_close(&cs);
    return n;
}

/* ---- one in detail ---- */

static uint64_t reg_value(csh cs, const struct snapshot *s, unsigned reg, libcpu *m)
{
    const char *name = reg ? cs_reg_name(cs, reg) : NULL;
    char full[16];
    if (!name)
        return 0;
    int n = libcpu_reg_find(name);
    if (n < 0 && name[0] == 'e') { /* eax: the lower half */
        snprintf(full, sizeof(full), "r%s", name + 1);
        n = libcpu_reg_find(full);
        return n >= 0 && n < SNAP_REGS ? (uint32_t)s->reg[n] : 0;
    }
    if (n >= 0 && n < SNAP_REGS)
        return s->reg[n];
    return n >= 0 ? libcpu_reg(m, (enum libcpu_reg)n) : 0;
}

static void list(csh cs, const cs_regs regs, uint8_t count, char *text, size_t size)
{
    text[0] = '\0';
    for (uint8_t i = 0; i < count; i++) {
        size_t n = strlen(text);
        snprintf(text + n, size - n, "%s%s", n ? " " : "", cs_reg_name(cs, regs[i]));
    }
    if (!count)
        snprintf(text, size, "nothing");
}

static void memory_operand(csh cs, libcpu *m, const cs_insn *insn, const struct snapshot *s,
                           struct code_detail *out)
{
    const cs_x86 *x = &insn->detail->x86;
    for (uint8_t i = 0; i < x->op_count; i++) {
        const cs_x86_op *op = &x->operands[i];
        if (op->type != X86_OP_MEM)
            continue;
        uint64_t base = reg_value(cs, s, op->mem.base, m);
        if (op->mem.base == X86_REG_RIP)
            base = out->line.la + insn->size;
        out->has_memory = insn->id != X86_INS_LEA;
        out->address = base + reg_value(cs, s, op->mem.index, m) * (uint64_t)op->mem.scale +
                       (uint64_t)op->mem.disp;
        if (op->mem.segment == X86_REG_GS)
            out->address += libcpu_reg(m, LIBCPU_REG_GS_BASE);
        if (op->mem.segment == X86_REG_FS)
            out->address += libcpu_reg(m, LIBCPU_REG_FS_BASE);
        snprintf(out->memory, sizeof(out->memory), "%u bytes at 0x%" PRIx64 ", %s", op->size,
                 out->address,
                 op->access == (CS_AC_READ | CS_AC_WRITE) ? "read and written"
                 : op->access == CS_AC_WRITE              ? "written"
                                                          : "read");
        return;
    }
}

static void parts(const cs_insn *insn, char *text, size_t size)
{
    const cs_x86 *x = &insn->detail->x86;
    size_t n = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < 4; i++)
        if (x->prefix[i])
            n += (size_t)snprintf(text + n, size - n, "prefix %02x, ", x->prefix[i]);
    if (x->rex)
        n += (size_t)snprintf(text + n, size - n, "REX%s%s%s%s, ", x->rex & 8 ? ".W" : "",
                              x->rex & 4 ? ".R" : "", x->rex & 2 ? ".X" : "",
                              x->rex & 1 ? ".B" : "");
    n += (size_t)snprintf(text + n, size - n, "opcode");
    for (unsigned i = 0; i < 4 && (i == 0 || x->opcode[i]); i++)
        n += (size_t)snprintf(text + n, size - n, " %02x", x->opcode[i]);
    if (x->encoding.modrm_offset)
        snprintf(text + n, size - n, ", ModRM %02x", x->modrm);
}

bool code_detail(libcpu *m, uint64_t la, const struct snapshot *s, struct code_detail *out)
{
    csh cs;
    cs_insn *insn;
    cs_regs reads, writes;
    uint8_t read_count = 0, write_count = 0, buf[CODE_BYTES];
    memset(out, 0, sizeof(*out));
    if (!open_capstone(s->mode, &cs))
        return false;
    cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    size_t n = read_code(m, la, buf, sizeof(buf));
    bool ok = decode(cs, m, la, &out->line) && cs_disasm(cs, buf, n, la, 1, &insn) == 1;
    if (ok) {
        cs_regs_access(cs, insn, reads, &read_count, writes, &write_count);
        list(cs, reads, read_count, out->reads, sizeof(out->reads));
        list(cs, writes, write_count, out->writes, sizeof(out->writes));
        parts(insn, out->parts, sizeof(out->parts));
        memory_operand(cs, m, insn, s, out);
        cs_free(insn, 1);
    }
    cs_close(&cs);
    return ok;
}
