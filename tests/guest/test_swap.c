/*
 * test_swap.c - swapping, seen from outside: what the entries of the page tables say, what lies on
 * the disk, which page stays, and what happens when the disk is full.
 */
#include "../../examples/common/ramdisk.h"
#include "guest.h"

#include <stdio.h>

enum { SECTOR = LIBCPU_DISK_SECTOR, PER_PAGE = PAGE / SECTOR, PAGES = 24 * 256 };

/* 24 MiB of RAM, a disk of which the guest swaps to the second half, and a shell. */
static void boot(struct guest *g, struct ramdisk *d, uint64_t megabytes)
{
    struct libcpu_config c;
    struct libcpu_image_options o;
    libcpu_config_init(&c);
    c.ram_size = 24 << 20;
    libcpu_image_init(&o);
    o.cmdline = "quiet init=/bin/sh";
    guest_boot_with(g, &c, &o);
    assert_true(ramdisk_add(d, g->m, megabytes));
    guest_run_until(g, "$ ");
}

static uint64_t mark(uint64_t page)
{
    return page * 2654435761u + 1;
}

/* Entries that are not present hold a slot; the slot on the disk holds the page. */
static void entries_name_places_on_the_disk(void **state)
{
    struct guest g;
    struct ramdisk d;
    unsigned out = 0, in = 0;
    (void)state;
    boot(&g, &d, 64);
    guest_serial(&g, "swapper 24\n");
    for (unsigned i = 0; i < 4000 && guest_u64(&g, "swap_outs") < 1000; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    assert_true(guest_u64(&g, "swap_outs") >= 1000);
    int32_t pid = 0;
    uint64_t cr3 = guest_space(&g, "swapper", &pid);
    assert_int_not_equal(cr3, 0);
    uint64_t base = strtoull(strstr(g.out, "KiB at 0x") + 9, NULL, 16);
    assert_int_equal(base % PAGE, 0);
    for (uint64_t page = 1; page < PAGES; page++) {
        uint64_t pte = guest_entry(&g, cr3, base + page * PAGE), word;
        in += pte & 1;
        if (pte == 0 || (pte & 1))
            continue;
        uint64_t slot = (pte >> 12) - 1;
        assert_int_equal(pte & 0xfff, 0);
        assert_true(slot < guest_u64(&g, "swap_slots"));
        memcpy(&word, d.bytes + (d.sectors / 2 + slot * PER_PAGE) * SECTOR, sizeof(word));
        assert_int_equal(word, mark(page));
        out++;
    }
    assert_true(out >= 500 && in >= 500);
    /* The page that is touched all the time has had its second chance each time. */
    assert_true(guest_entry(&g, cr3, base) & 1);
    guest_run_until(&g, "came back");
    assert_true(guest_said(&g, "0 pages of 6144 are wrong"));
    assert_true(guest_u64(&g, "swap_ins") >= 500);
    guest_end(&g);
    ramdisk_free(&d);
}

/* All slots used, all frames used: whoever takes most is killed, and the shell goes on. */
static void a_full_disk_kills_the_biggest(void **state)
{
    struct guest g;
    struct ramdisk d;
    (void)state;
    boot(&g, &d, 4);
    guest_serial(&g, "swapper 40\n");
    guest_run_until(&g, "signal 9 (Killed)");
    assert_int_equal(guest_u64(&g, "oom_kills"), 1);
    guest_serial(&g, "echo still here\n");
    guest_run_until(&g, "still here\n$ ");
    for (unsigned i = 0; i < 10; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    assert_true(guest_u64(&g, "swap_used") < 16); /* what the shell has lost of its own */
    guest_end(&g);
    ramdisk_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_name_places_on_the_disk),
        cmocka_unit_test(a_full_disk_kills_the_biggest),
    };
    return cmocka_run_group_tests_name("guest_swap", tests, NULL, NULL);
}
