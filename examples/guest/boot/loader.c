/*
 * loader.c: the boot loader. It reads the disk's table (layout.h), loads the kernel and its modules
 * and enters the kernel as Multiboot says.
 */
#include "loader.h"

extern char bss_begin[], bss_end[];

void loader_main(uint8_t drive);

extern struct boot_table boot_table; /* where loader.ld says */

static void read_table(void)
{
    uint32_t sum = 0;
    console_init(0);
    disk_read(BOOT_TABLE_SECTOR, 0, &boot_table, sizeof(boot_table));
    const uint32_t *word = (const uint32_t *)&boot_table;
    for (uint32_t i = 0; i < sizeof(boot_table) / 4; i++)
        sum += word[i];
    if (memcmp(boot_table.head.magic, BOOT_MAGIC, sizeof(boot_table.head.magic)) != 0)
        fail("the disk's table begins with", word[0]);
    if (boot_table.head.version != BOOT_VERSION || sum != 0)
        fail("the disk's table is of another version, or its sum is wrong", sum);
    if (boot_table.head.files == 0 || boot_table.head.files > BOOT_FILES)
        fail("number of files in the disk's table", boot_table.head.files);
    console_init(boot_table.head.flags);
}

static void report(const struct boot_file *f, const char *what)
{
    print("[loader]       ");
    print(what);
    print(" '");
    print(f->command);
    print("', ");
    print_dec(f->bytes);
    print(" bytes from sector ");
    print_dec(f->sector);
}

static void load_module(const struct boot_file *f)
{
    uint32_t start = take_page(f->bytes, "a module");
    report(f, "module");
    print(" to 0x");
    print_hex(start);
    print("\n");
    disk_read(f->sector, 0, (void *)start, f->bytes);
    note_module(start, start + f->bytes, f->command);
}

void loader_main(uint8_t drive)
{
    memset(bss_begin, 0, (uint32_t)(bss_end - bss_begin));
    disk_init(drive);
    read_table();
    print("[loader]       in protected mode, on drive 0x");
    print_hex(drive);
    print("\n");
    open_a20();
    memory_init();
    uint32_t entry = load_kernel(&boot_table.file[0]);
    report(&boot_table.file[0], "kernel");
    print(", entry 0x");
    print_hex(entry);
    print("\n");
    for (uint32_t i = 1; i < boot_table.head.files; i++)
        load_module(&boot_table.file[i]);
    uint32_t information = make_information(drive, boot_table.file[0].command);
    print("[loader]       entering the kernel: EAX 0x2badb002, EBX 0x");
    print_hex(information);
    print("\n");
    start_kernel(entry, information);
}
