/*
 * test_protocol.c - framing, queries, registers, memory, monitor commands.
 */
#include "chat.h"

static const uint8_t halt[] = {0xf4};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- framing ---- */

static void acknowledgements(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, halt);
    libcpu_gdb_connect(c.g);
    chat_raw(&c, "$qC#b4", 6);
    assert_string_equal(c.wire, "+$QC1#c5");
    chat_raw(&c, "-", 1);
    assert_string_equal(c.wire, "$QC1#c5");
    chat_raw(&c, "+", 1);
    assert_string_equal(c.wire, "");
    chat_raw(&c, "$qC#b5", 6);
    assert_string_equal(c.wire, "-");
    chat_raw(&c, "$qC#zz", 6);
    assert_string_equal(c.wire, "-"); /* the second z is noise */
    chat_raw(&c, "noise$qf$qC#b", 13);
    assert_string_equal(c.wire, "");
    chat_raw(&c, "4", 1);
    assert_string_equal(c.wire, "+$QC1#c5");
    chat_raw(&c, "$QStartNoAckMode#b0", 19);
    assert_string_equal(c.wire, "+$OK#9a");
    chat_raw(&c, "$qC#b4", 6);
    assert_string_equal(c.wire, "$QC1#c5");
    chat_raw(&c, "-", 1);
    assert_string_equal(c.wire, "");
    chat_end(&c);
}

static void long_packets_are_refused(void **state)
{
    static struct chat c;
    static char text[40000];
    (void)state;
    BEGIN(&c, REAL16, halt);
    memset(text, 'm', sizeof(text) - 1);
    assert_string_equal(ask(&c, "%s", text), "E07");
    text[16385] = '\0';
    assert_string_equal(ask(&c, "%s", text), "E07");
    text[16384] = '\0';
    assert_string_equal(ask(&c, "%s", text), "E16");
    ASK(&c, "qC", "QC1");
    chat_end(&c);
}

static void queries(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, halt);
    ask(&c, "qSupported:multiprocess+;swbreak+;xmlRegisters=i386");
    assert_true(begins(c.reply, "PacketSize=4000;"));
    assert_non_null(strstr(c.reply, "qXfer:features:read+"));
    assert_non_null(strstr(c.reply, "vContSupported+"));
    ASK(&c, "qfThreadInfo", "m1");
    ASK(&c, "qsThreadInfo", "l");
    ASK(&c, "qThreadExtraInfo,1", "7265616c206d6f64652c2043504c2030"); /* real mode, CPL 0 */
    ASK(&c, "qAttached", "1");
    ASK(&c, "qAttached:1", "1");
    ASK(&c, "qSymbol::", "OK");
    ASK(&c, "Hg0", "OK");
    ASK(&c, "Hc-1", "OK");
    ASK(&c, "Hg1", "OK");
    ASK(&c, "Hg2", "E16");
    ASK(&c, "Hx", "E16");
    ASK(&c, "T1", "OK");
    ASK(&c, "T2", "E16");
    ASK(&c, "vCont?", "vCont;c;C;s;S;r");
    ASK(&c, "vMustReplyEmpty", "");
    ASK(&c, "qCRC:0,10", "");
    ASK(&c, "qCandle", "");
    ASK(&c, "!", "");
    ASK(&c, "R00", "");
    ASK(&c, "", "");
    assert_true(begins(ask(&c, "?"), "T05thread:1;06:"));
    assert_true(begins(ask(&c, "qXfer:memory-map:read::0,fff"), "l<?xml"));
    ASK(&c, "qXfer:memory-map:read:x:0,fff", "E16");
    ASK(&c, "qXfer:features:read:nothing.xml:0,fff", "E00");
    ASK(&c, "qXfer:features:read:target.xml:0", "E16");
    ASK(&c, "qXfer:features:read:target.xml:ffffffff,1", "E16");
    ASK(&c, "qXfer:auxv:read::0,10", "");
    chat_end(&c);
}

/* ---- registers ---- */

static void one_description_for_all_modes(void **state)
{
    static const uint32_t modes[] = {LIBCPU_BOOT_REAL16, LIBCPU_BOOT_PROT32, LIBCPU_BOOT_LONG64};
    static struct chat c;
    static char first[1 << 16], packet[1 << 16];
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        chat_begin(&c, modes[i], halt, sizeof(halt));
        ask(&c, "qXfer:features:read:target.xml:0,4000");
        if (i == 0)
            strcpy(first, c.reply);
        assert_string_equal(c.reply, first);
        if (i == 0)
            strcpy(packet, ask(&c, "g"));
        assert_int_equal(strlen(ask(&c, "g")), strlen(packet));
        chat_end(&c);
    }
    assert_non_null(strstr(first, "<architecture>i386:x86-64</architecture>"));
    /* Numbers are given, and count up. */
    unsigned n = 0, got;
    for (char *p = first; (p = strstr(p, "regnum=\"")) != NULL; p += 8, n++) {
        assert_int_equal(sscanf(p, "regnum=\"%u\"", &got), 1);
        assert_int_equal(got, n);
    }
    assert_true(n > 90);
}

static void registers_of_modes(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, REAL16, halt);
    assert_int_equal(reg_value(&c, "rip"), 0x7c00);
    assert_int_equal(reg_value(&c, "cr0") & 1, 0);
    chat_end(&c);
    BEGIN(&c, PROT32, halt);
    assert_int_equal(reg_value(&c, "rip"), 0x100000);
    assert_int_equal(reg_value(&c, "cr0") & 1, 1);
    assert_int_equal(reg_value(&c, "efer"), 0);
    chat_end(&c);
    BEGIN(&c, LONG64, halt);
    assert_int_equal(reg_value(&c, "efer") & 0x500, 0x500);
    assert_int_equal(reg_value(&c, "cr3"), libcpu_reg(c.m, LIBCPU_REG_CR3));
    assert_int_equal(reg_value(&c, "gdtr_base"), libcpu_reg(c.m, LIBCPU_REG_GDTR_BASE));
    chat_end(&c);
}

static void write_register(struct chat *c, const char *name, const char *hex, const char *want)
{
    assert_string_equal(ask(c, "P%x=%s", reg_number(c, name), hex), want);
}

static void writing_registers(void **state)
{
    static struct chat c;
    uint8_t v[32];
    (void)state;
    BEGIN(&c, LONG64, halt);
    write_register(&c, "rbx", "8877665544332211", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RBX), 0x1122334455667788);
    write_register(&c, "eflags", "d70a0000", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RFLAGS), 0xad7);
    write_register(&c, "fs_base", "00000000ff7f0000", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_FS_BASE), 0x7fff00000000);
    write_register(&c, "k_gs_base", "0100000000000000", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_KERNEL_GS_BASE), 1);
    write_register(&c, "st2", "0102030405060708090a", "OK");
    OK(libcpu_reg_get(c.m, LIBCPU_REG_ST2, v, 10));
    assert_memory_equal(v, "\1\2\3\4\5\6\7\10\11\12", 10);
    write_register(&c, "ymm7h", "000102030405060708090a0b0c0d0e0f", "OK");
    write_register(&c, "xmm7", "ffffffffffffffffffffffffffffffff", "OK");
    OK(libcpu_reg_get(c.m, LIBCPU_REG_YMM7, v, 32));
    assert_int_equal(v[0], 0xff);
    assert_int_equal(v[17], 1);
    write_register(&c, "fioff", "78563412", "OK");
    write_register(&c, "fiseg", "01000000", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_FIP), 0x112345678);
    write_register(&c, "cs_base", "0010000000000000", "OK");
    assert_int_equal(reg_value(&c, "cs_base"), 0x1000);

    write_register(&c, "rbx", "88776655443322", "E16");
    write_register(&c, "rbx", "887766554433221100", "E16");
    write_register(&c, "rbx", "zz77665544332211", "E16");
    write_register(&c, "cs", "f8ff0000", "E16");          /* no such descriptor */
    write_register(&c, "cs", "08000100", "E16");          /* 16 bits */
    write_register(&c, "cr0", "0000008000000000", "E16"); /* PG without PE */
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RBX), 0x1122334455667788);
    ASK(&c, "Pffff=00", "E16");
    ASK(&c, "pffff", "E16");
    ASK(&c, "p", "E16");
    chat_end(&c);
}

static void all_registers(void **state)
{
    static struct chat c;
    static char all[1 << 16];
    uint64_t before, after;
    (void)state;
    BEGIN(&c, LONG64, halt);
    OK(libcpu_state_hash(c.m, &before));
    strcpy(all, ask(&c, "g"));
    assert_string_equal(ask(&c, "G%s", all), "OK");
    OK(libcpu_state_hash(c.m, &after));
    assert_int_equal(before, after);
    memcpy(all, "2a00000000000000xxxxxxxxxxxxxxxx", 32); /* rax; rbx is not known */
    assert_string_equal(ask(&c, "G%s", all), "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX), 42);
    ASK(&c, "G0100000000000000", "OK"); /* the first alone */
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RAX), 1);
    ASK(&c, "G01000", "E16");
    chat_end(&c);
}

static void rip_with_the_base_of_cs(void **state)
{
    static struct chat c;
    struct libcpu_segment cs;
    (void)state;
    BEGIN(&c, REAL16, halt);
    OK(libcpu_segment_get(c.m, LIBCPU_REG_CS, &cs));
    cs.base = 0x7000;
    cs.selector = 0x700;
    OK(libcpu_segment_set(c.m, LIBCPU_REG_CS, &cs));
    write_register(&c, "rip", "000c000000000000", "OK");
    assert_int_equal(reg_value(&c, "rip"), 0xc00);
    assert_non_null(strstr(monitor(&c, "mode"), "0x7c00"));
    monitor(&c, "pc linear");
    assert_int_equal(reg_value(&c, "rip"), 0x7c00);
    write_register(&c, "rip", "017c000000000000", "OK");
    assert_int_equal(libcpu_reg(c.m, LIBCPU_REG_RIP), 0xc01);
    monitor(&c, "pc offset");
    assert_int_equal(reg_value(&c, "rip"), 0xc01);
    assert_non_null(strstr(monitor(&c, "pc sideways"), "usage"));
    chat_end(&c);
}

/* ---- memory ---- */

static void memory(void **state)
{
    static struct chat c;
    uint8_t v[8];
    (void)state;
    BEGIN(&c, REAL16, halt);
    ASK(&c, "m7c00,1", "f4");
    ASK(&c, "M1000,4:01020304", "OK");
    ASK(&c, "m1000,4", "01020304");
    ASK(&c, "M1000,3:01020304", "E16");
    ASK(&c, "M1000,4:010203", "E16");
    ASK(&c, "M1000,4", "E16");
    ASK(&c, "m1000", "E16");
    ASK(&c, "mzz,1", "E16");
    ASK(&c, "m11111111111111111,1", "E16");
    ASK(&c, "m3fffffe,8", "0000"); /* the last two bytes of RAM */
    ASK(&c, "m4000000,1", "E0e");  /* behind RAM */
    ASK(&c, "mffffffffffffffff,4", "E0e");
    ASK(&c, "M3fffffe,4:01020304", "E0e");
    ASK(&c, "m3fffffe,2", "0000");
    /* As many bytes as a packet holds. */
    assert_int_equal(strlen(ask(&c, "m0,ffffffff")), 16384);
    /* Binary: } escapes, and escaped # $ } * come back. */
    ASK(&c, "X2000,4:}\x03}\x04}]}\x0a", "OK");
    OK(libcpu_phys_read(c.m, 0x2000, v, 4));
    assert_memory_equal(v, "#$}*", 4);
    ASK(&c, "x2000,4", "b#$}*");
    ASK(&c, "X2000,5:abcd", "E16");
    ASK(&c, "X2000,0:", "OK"); /* gdb asks so whether there is X */
    ASK(&c, "x4000000,1", "E0e");
    chat_end(&c);
}

static void physical_memory(void **state)
{
    static struct chat c;
    struct libcpu_walk w;
    const uint64_t la = 0x345000;
    (void)state;
    BEGIN(&c, LONG64, halt);
    /* The page table entry that maps la's 2 MiB: take it away. */
    OK(libcpu_translate(c.m, la, 0, &w));
    assert_true(w.ok);
    const uint64_t none = 0;
    OK(libcpu_phys_write(c.m, w.step[w.steps - 1].entry_pa, &none, 8));
    ASK(&c, "m345000,1", "E0e");
    ASK(&c, "qqemu.PhyMemMode", "0");
    ASK(&c, "Qqemu.PhyMemMode:1", "OK");
    ASK(&c, "m345000,1", "00");
    ASK(&c, "M345000,1:5a", "OK");
    ASK(&c, "m345000,1", "5a");
    ASK(&c, "qqemu.PhyMemMode", "1");
    ASK(&c, "Qqemu.PhyMemMode:2", "E16");
    assert_non_null(strstr(monitor(&c, "phys off"), "linear"));
    ASK(&c, "m345000,1", "E0e");
    assert_non_null(strstr(monitor(&c, "phys on"), "physical"));
    ASK(&c, "m345000,1", "5a");
    assert_non_null(strstr(monitor(&c, "phys perhaps"), "usage"));
    chat_end(&c);
}

/* ---- monitor ---- */

static void monitor_commands(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, LONG64, halt);
    monitor(&c, "help");
    assert_non_null(strstr(c.console, "walk ADDRESS"));
    assert_non_null(strstr(c.console, "ours with words"));
    assert_string_equal(monitor(&c, "ours with words"), "ours\n");
    assert_non_null(strstr(monitor(&c, "nonsense"), "There is no such command"));
    assert_non_null(strstr(monitor(&c, ""), "There is no such command"));
    assert_non_null(strstr(monitor(&c, "  mode  "), "64-bit mode, CPL 0"));
    assert_non_null(strstr(monitor(&c, "devices"), "port 0x0040-0x0043  8254 PIT"));
    assert_non_null(strstr(monitor(&c, "memory"), "RAM  0x0000000000-0x0003ffffff  RAM"));
    assert_non_null(strstr(monitor(&c, "stats"), "instructions         0\n"));
    assert_non_null(strstr(monitor(&c, "tlb"), "0 entries"));
    assert_non_null(strstr(monitor(&c, "maps"), "0x0000000000000000-0x"));
    monitor(&c, "maps 0xffffffffffffffff");
    assert_non_null(strstr(monitor(&c, "maps x"), "usage"));
    ASK(&c, "qRcmd,6d6", "E16");
    ASK(&c, "qRcmd,zz", "E16");
    chat_end(&c);
}

static void set_register(struct chat *c, enum libcpu_reg reg, uint64_t v)
{
    OK(libcpu_reg_set(c->m, reg, &v, libcpu_reg_size(reg)));
}

/* A GDT and an IDT of 64-bit mode at 0x3000 and 0x4000, then real mode's vectors. */
static void monitor_descriptors(void **state)
{
    static struct chat c;
    static const uint64_t gdt[] = {
        0,
        0x00209a0000000000, /* 64-bit code */
        0x00cff2000000ffff, /* data, DPL 3 */
        0x12008b3456780067, /* a busy TSS at 0x8000000012345678, in two parts */
        0x0000000080000000,
        0x00009e1234560010, /* conforming code that is not 64-bit, 16 */
    };
    static const uint64_t idt[] = {
        0x80108e0200085678, 0x00000000ffffffff, 0, 0, 0x0000ef0000080001, 0};
    static const uint16_t vector[] = {0x1234, 0xf000};
    (void)state;
    BEGIN(&c, LONG64, halt);
    OK(libcpu_phys_write(c.m, 0x3000, gdt, sizeof(gdt)));
    OK(libcpu_phys_write(c.m, 0x4000, idt, sizeof(idt)));
    set_register(&c, LIBCPU_REG_GDTR_BASE, 0x3000);
    set_register(&c, LIBCPU_REG_GDTR_LIMIT, sizeof(gdt) - 1);
    set_register(&c, LIBCPU_REG_IDTR_BASE, 0x4000);
    set_register(&c, LIBCPU_REG_IDTR_LIMIT, sizeof(idt) - 1);
    monitor(&c, "gdt");
    assert_non_null(strstr(c.console, "base 0x3000 limit 0x2f\n"));
    assert_non_null(strstr(c.console, "0008  base 0x00000000 limit 0x00000000  code64 "
                                      "execute/read DPL 0\n"));
    assert_non_null(strstr(c.console, "0010  base 0x00000000 limit 0xffffffff  data32 "
                                      "read/write DPL 3\n"));
    assert_non_null(strstr(c.console, "0018  base 0x8000000012345678 limit 0x00000067  busy TSS "
                                      "DPL 0\n"));
    assert_null(strstr(c.console, "\n0020"));
    assert_non_null(strstr(c.console, "0028  base 0x00123456 limit 0x00000010  code16 "
                                      "execute/read, conforming DPL 0\n"));
    monitor(&c, "idt");
    assert_non_null(strstr(c.console, "00  0008:0xffffffff80105678  interrupt gate DPL 0 IST 2\n"));
    assert_null(strstr(c.console, "\n01  "));
    assert_non_null(strstr(c.console, "02  0008:0x0000000000000001  trap gate DPL 3\n"));
    set_register(&c, LIBCPU_REG_GDTR_BASE, 0x123456789000);
    assert_non_null(strstr(monitor(&c, "gdt"), "0000  cannot be read"));
    chat_end(&c);

    BEGIN(&c, REAL16, halt);
    OK(libcpu_phys_write(c.m, 0x20, vector, sizeof(vector)));
    assert_non_null(strstr(monitor(&c, "idt"), "08  f000:1234\n"));
    chat_end(&c);
}

static void monitor_walk(void **state)
{
    static struct chat c;
    (void)state;
    BEGIN(&c, LONG64, halt);
    monitor(&c, "walk 0x100000");
    assert_non_null(strstr(c.console, "PML4E at 0x"));
    assert_non_null(strstr(c.console, "physical 0x100000"));
    assert_non_null(strstr(monitor(&c, "walk $rip+0x10 - 0x8"), "physical 0x100008"));
    assert_non_null(strstr(monitor(&c, "walk rip x"), "physical 0x100000"));
    assert_non_null(strstr(monitor(&c, "walk 0x123456789000"), "not present"));
    assert_non_null(strstr(monitor(&c, "walk 0x123456789000 wu"), "error code 0x6"));
    assert_non_null(strstr(monitor(&c, "walk 0x8000000000000000"), "no address"));
    assert_non_null(strstr(monitor(&c, "walk"), "usage"));
    assert_non_null(strstr(monitor(&c, "walk rap"), "usage"));
    assert_non_null(strstr(monitor(&c, "walk 1+"), "usage"));
    chat_end(&c);
}

/* 32-bit paging: three pages in a row, one of the user's, one of 4 MiB; then the same in PAE. */
static void maps_of_protected_mode(void **state)
{
    static struct chat c;
    static const uint32_t directory[] = {0x11007, 0x00c00083};
    static const uint32_t table[] = {0x20003, 0x21003, 0x22003, 0, 0x30007};
    static const uint64_t pdpt[] = {0x13001, 0, 0, 0x13001};
    static const uint64_t pd[] = {0x200083, 0x400081};
    (void)state;
    BEGIN(&c, PROT32, halt);
    assert_non_null(strstr(monitor(&c, "maps"), "no paging"));
    OK(libcpu_phys_write(c.m, 0x10000, directory, sizeof(directory)));
    OK(libcpu_phys_write(c.m, 0x11000, table, sizeof(table)));
    OK(libcpu_phys_write(c.m, 0x12000, pdpt, sizeof(pdpt)));
    OK(libcpu_phys_write(c.m, 0x13000, pd, sizeof(pd)));
    set_register(&c, LIBCPU_REG_CR4, 0x10); /* PSE */
    set_register(&c, LIBCPU_REG_CR3, 0x10000);
    set_register(&c, LIBCPU_REG_CR0, 0x80000011);
    assert_string_equal(monitor(&c, "maps"),
                        "0x0000000000000000-0x0000000000002fff -> 0x0000020000  rwx s- 4 KiB\n"
                        "0x0000000000004000-0x0000000000004fff -> 0x0000030000  rwx u- 4 KiB\n"
                        "0x0000000000400000-0x00000000007fffff -> 0x0000c00000  rwx s- 4096 KiB\n");
    assert_string_equal(monitor(&c, "maps 0x3123"),
                        "0x0000000000004000-0x0000000000004fff -> 0x0000030000  rwx u- 4 KiB\n"
                        "0x0000000000400000-0x00000000007fffff -> 0x0000c00000  rwx s- 4096 KiB\n");
    set_register(&c, LIBCPU_REG_CR0, 0x11);
    set_register(&c, LIBCPU_REG_CR4, 0x20); /* PAE */
    set_register(&c, LIBCPU_REG_CR3, 0x12000);
    set_register(&c, LIBCPU_REG_CR0, 0x80000011);
    assert_string_equal(monitor(&c, "maps"),
                        "0x0000000000000000-0x00000000001fffff -> 0x0000200000  rwx s- 2048 KiB\n"
                        "0x0000000000200000-0x00000000003fffff -> 0x0000400000  r-x s- 2048 KiB\n"
                        "0x00000000c0000000-0x00000000c01fffff -> 0x0000200000  rwx s- 2048 KiB\n"
                        "0x00000000c0200000-0x00000000c03fffff -> 0x0000400000  r-x s- 2048 KiB\n");
    chat_end(&c);
}

/* Page tables that map everything to everything: the list is long, but ends. */
static void endless_maps(void **state)
{
    static struct chat c;
    uint64_t table[512];
    (void)state;
    BEGIN(&c, LONG64, halt);
    for (unsigned i = 0; i < 512; i++)
        table[i] = 0x200003;
    OK(libcpu_phys_write(c.m, 0x200000, table, sizeof(table)));
    const uint64_t cr3 = 0x200000;
    OK(libcpu_reg_set(c.m, LIBCPU_REG_CR3, &cr3, 8));
    monitor(&c, "maps");
    assert_non_null(strstr(c.console, "There may be more: maps 0x"));
    chat_end(&c);
}

static void wrong_configurations(void **state)
{
    struct libcpu_gdb_config config = {.struct_size = 3};
    (void)state;
    assert_null(libcpu_gdb_new(NULL));
    assert_null(libcpu_gdb_new(&config));
    config.struct_size = sizeof(config);
    assert_null(libcpu_gdb_new(&config));
    libcpu_gdb_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(long_packets_are_refused),
        cmocka_unit_test(queries),
        cmocka_unit_test(one_description_for_all_modes),
        cmocka_unit_test(registers_of_modes),
        cmocka_unit_test(writing_registers),
        cmocka_unit_test(all_registers),
        cmocka_unit_test(rip_with_the_base_of_cs),
        cmocka_unit_test(memory),
        cmocka_unit_test(physical_memory),
        cmocka_unit_test(monitor_commands),
        cmocka_unit_test(monitor_descriptors),
        cmocka_unit_test(monitor_walk),
        cmocka_unit_test(maps_of_protected_mode),
        cmocka_unit_test(endless_maps),
        cmocka_unit_test(wrong_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
