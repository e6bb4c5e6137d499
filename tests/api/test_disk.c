/*
 * test_disk.c - libcpu/disk.h: errors, what the guest sees, snapshots, the state hash.
 */
#include "api.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = LIBCPU_DISK_SECTOR, SECTORS = 64 };

/* ---- a disk in memory ---- */

struct disk {
    uint8_t data[SECTORS][SECTOR];
    unsigned reads, writes, flushes, closed;
    int result; /* of every call */
};

static int on_read(void *user, uint64_t sector, void *data, size_t count)
{
    struct disk *d = user;
    d->reads++;
    assert_true(count > 0 && count <= 16 && sector + count <= SECTORS);
    memcpy(data, d->data[sector], count * SECTOR);
    return d->result;
}

static int on_write(void *user, uint64_t sector, const void *data, size_t count)
{
    struct disk *d = user;
    d->writes++;
    assert_true(count > 0 && count <= 16 && sector + count <= SECTORS);
    memcpy(d->data[sector], data, count * SECTOR);
    return d->result;
}

static int on_flush(void *user)
{
    struct disk *d = user;
    d->flushes++;
    return d->result;
}

static void on_close(void *user)
{
    struct disk *d = user;
    d->closed++;
}

static struct libcpu_disk describe(struct disk *d, uint32_t flags)
{
    struct libcpu_disk desc;
    for (unsigned i = 0; i < SECTORS; i++)
        memset(d->data[i], (int)(i + 1), SECTOR);
    d->reads = d->writes = d->flushes = d->closed = 0;
    d->result = 0;
    libcpu_disk_init(&desc);
    desc.flags = flags;
    desc.sectors = SECTORS;
    desc.read = on_read;
    desc.write = on_write;
    desc.flush = on_flush;
    desc.close = on_close;
    desc.user = d;
    return desc;
}

/* ---- guests ---- */

/* Wait until BSY is 0: mov dx, 1f7h; in al, dx; test al, 80h; jnz. */
#define WAIT      0xba, 0xf7, 0x01, 0xec, 0xa8, 0x80, 0x75, 0xfb
#define OUT(p, v) 0xba, (p)&0xff, (p) >> 8, 0xb0, (v), 0xee
#define ADDRESS(sector, count)                                                                     \
    OUT(0x1f6, 0xe0), OUT(0x1f2, count), OUT(0x1f3, sector), OUT(0x1f4, 0), OUT(0x1f5, 0)
#define DATA 0xba, 0xf0, 0x01, 0xb9, 0x00, 0x01 /* mov dx, 1f0h; mov cx, 256 */

/* Read sector 5 to 0:1000, write it back to sector 9, flush; AL: status; halt. */
static const uint8_t copy[] = {
    0xfc, /* cld */
    0xbf,          0x00,
    0x10,          0xbe,
    0x00,          0x10, /* mov di/si, 1000h */
    ADDRESS(5, 1), OUT(0x1f7, 0x20),
    WAIT,          DATA,
    0xf3,          0x6d, /* rep insw */
    ADDRESS(9, 1), OUT(0x1f7, 0x30),
    WAIT,          DATA,
    0xf3,          0x6f, /* rep outsw */
    WAIT,          OUT(0x1f7, 0xe7),
    WAIT,          0xf4, /* hlt */
};

static libcpu *machine(void)
{
    return MACHINE(LIBCPU_BOOT_REAL16, copy);
}

/* Run to the HLT; the last Status. */
static unsigned run(libcpu *m)
{
    struct libcpu_stop s;
    OK(libcpu_run(m, 10000000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HALTED);
    return libcpu_reg(m, LIBCPU_REG_RAX) & 0xff;
}

static uint64_t hash(libcpu *m)
{
    uint64_t h;
    OK(libcpu_state_hash(m, &h));
    return h;
}

static void the_guest_reads_and_writes(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, 0);
    uint8_t ram[SECTOR];
    libcpu *m = machine();
    (void)state;
    OK(libcpu_disk_add(m, 0, &desc));
    assert_int_equal(run(m), 0x50);
    OK(libcpu_phys_read(m, 0x1000, ram, SECTOR));
    assert_memory_equal(ram, d.data[5], SECTOR);
    assert_memory_equal(d.data[9], d.data[5], SECTOR);
    assert_int_equal(d.reads, 1);
    assert_int_equal(d.writes, 1);
    assert_int_equal(d.flushes, 1);
    libcpu_destroy(m);
    assert_int_equal(d.closed, 1);
}

static void failures_reach_the_guest(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, 0);
    uint8_t data[SECTOR];
    libcpu *m = machine();
    (void)state;
    OK(libcpu_disk_add(m, 0, &desc));
    d.result = -1;
    assert_int_equal(run(m), 0x71); /* DRDY, DF, DSC, ERR: the flush */
    assert_int_equal(libcpu_disk_read(m, 0, 3, data, 1), LIBCPU_ERR_IO);
    assert_non_null(strstr(libcpu_last_error(m), "sector 3"));
    libcpu_destroy(m);
}

static void a_snapshot_leaves_the_disk_alone(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, LIBCPU_DISK_SNAPSHOT);
    uint8_t data[4][SECTOR];
    libcpu *m = machine();
    (void)state;
    desc.write = NULL;
    OK(libcpu_disk_add(m, 0, &desc));
    assert_int_equal(run(m), 0x50);
    assert_int_equal(d.flushes, 0);
    assert_int_equal(d.data[9][0], 10);
    OK(libcpu_disk_read(m, 0, 7, data, 4)); /* 7, 8, the changed 9, 10 */
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(data[i][SECTOR - 1], i == 2 ? 6 : 8 + i);
    libcpu_destroy(m);
}

static void read_only(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, LIBCPU_DISK_READ_ONLY);
    libcpu *m = machine();
    (void)state;
    desc.flush = NULL;
    OK(libcpu_disk_add(m, 0, &desc));
    run(m);
    assert_int_equal(d.writes, 0);
    assert_int_equal(d.data[9][0], 10);
    libcpu_destroy(m);
}

/* ---- the state hash ---- */

static uint64_t hash_after(uint32_t flags, bool differs)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, flags);
    libcpu *m = machine();
    OK(libcpu_disk_add(m, 0, &desc));
    if (differs)
        d.data[5][17] = 99;
    run(m);
    /* What went through RAM is no difference any more. */
    static const uint8_t zero[SECTOR];
    OK(libcpu_phys_write(m, 0x1000, zero, SECTOR));
    uint64_t h = hash(m);
    libcpu_destroy(m);
    return h;
}

static void the_hash_covers_what_was_written(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags <= LIBCPU_DISK_SNAPSHOT; flags += LIBCPU_DISK_SNAPSHOT) {
        assert_true(hash_after(flags, false) == hash_after(flags, false));
        assert_true(hash_after(flags, false) != hash_after(flags, true));
    }
}

/* ---- what firmware would have left in the CMOS ---- */

/* All 128 bytes to 0:2000, by ports 70h and 71h. */
static const uint8_t dump[] = {0xfc, 0xbf, 0x00, 0x20, 0x30, 0xdb, 0x88, 0xd8, 0xe6, 0x70, 0xe4,
                               0x71, 0xaa, 0xfe, 0xc3, 0x80, 0xfb, 0x80, 0x75, 0xf2, 0xf4};

static void the_cmos_tells_disks_and_memory(void **state)
{
    static const uint8_t first[] = {20, 0, 16, 0xff, 0xff, 0xc8, 20, 0, 63};
    static const uint8_t second[] = {1, 0, 1, 0xff, 0xff, 0xc0, 1, 0, 63};
    static struct disk d;
    struct libcpu_disk desc = describe(&d, 0);
    struct libcpu_config c;
    uint8_t cmos[128];
    (void)state;
    libcpu_config_init(&c);
    c.ram_size = UINT64_C(5) << 30;
    libcpu *m = machine_with(&c, LIBCPU_BOOT_REAL16, dump, sizeof(dump));
    OK(libcpu_disk_add(m, 1, &desc));
    desc.sectors = 20 * 16 * 63 + 5;
    OK(libcpu_disk_add(m, 0, &desc));
    run(m);
    OK(libcpu_phys_read(m, 0x2000, cmos, sizeof(cmos)));
    assert_int_equal(cmos[0x12], 0xff);
    assert_int_equal(cmos[0x19], 47);
    assert_int_equal(cmos[0x1a], 47);
    assert_memory_equal(cmos + 0x1b, first, sizeof(first));
    assert_memory_equal(cmos + 0x24, second, sizeof(second));
    assert_int_equal(cmos[0x34] | cmos[0x35] << 8, ((3 << 10) - 16) << 4);
    assert_int_equal(cmos[0x5b] | cmos[0x5c] << 8 | cmos[0x5d] << 16, 2 << 14);
    libcpu_destroy(m);
}

/* ---- errors ---- */

static void fields_are_checked(void **state)
{
    static struct disk d;
    static const struct {
        const char *word;
        enum libcpu_err err;
    } cases[] = {{"struct_size", LIBCPU_ERR_INVALID}, {"flags", LIBCPU_ERR_INVALID},
                 {"sectors", LIBCPU_ERR_RANGE},       {"sectors", LIBCPU_ERR_RANGE},
                 {"read", LIBCPU_ERR_INVALID},        {"write", LIBCPU_ERR_INVALID},
                 {"model", LIBCPU_ERR_INVALID},       {"serial", LIBCPU_ERR_INVALID},
                 {"model", LIBCPU_ERR_INVALID}};
    libcpu *m = machine();
    uint64_t before = hash(m);
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct libcpu_disk desc = describe(&d, 0);
        switch (i) {
        case 0: desc.struct_size = 4; break;
        case 1: desc.flags = 8; break;
        case 2: desc.sectors = 0; break;
        case 3: desc.sectors = (UINT64_C(1) << 48) + 1; break;
        case 4: desc.read = NULL; break;
        case 5: desc.write = NULL; break;
        case 6: desc.model = "12345678901234567890123456789012345678901"; break;
        case 7: desc.serial = "123456789012345678901"; break;
        default: desc.model = "new\nline"; break;
        }
        assert_int_equal(libcpu_disk_add(m, 0, &desc), cases[i].err);
        assert_non_null(strstr(libcpu_last_error(m), cases[i].word));
        assert_int_equal(d.closed, 0);
    }
    assert_true(hash(m) == before);
    libcpu_destroy(m);
}

static void slots(void **state)
{
    static struct disk d[3];
    struct libcpu_disk desc = describe(&d[0], 0);
    struct libcpu_config c;
    libcpu *m = machine();
    uint8_t data[SECTOR];
    (void)state;
    INVALID(libcpu_disk_add(NULL, 0, &desc));
    INVALID(libcpu_disk_add(m, 0, NULL));
    INVALID(libcpu_disk_file(m, 0, NULL, 0));
    assert_int_equal(libcpu_disk_add(m, 4, &desc), LIBCPU_ERR_RANGE);
    assert_non_null(strstr(libcpu_last_error(m), "slot 4"));
    OK(libcpu_disk_add(m, 3, &desc));
    struct libcpu_disk other = describe(&d[1], 0);
    assert_int_equal(libcpu_disk_add(m, 3, &other), LIBCPU_ERR_OVERLAP);
    assert_non_null(strstr(libcpu_last_error(m), "slot 3"));
    OK(libcpu_disk_add(m, 0, &other));
    assert_int_equal(libcpu_disk_read(m, 1, 0, data, 1), LIBCPU_ERR_RANGE);
    assert_int_equal(libcpu_disk_read(m, 0, SECTORS, data, 1), LIBCPU_ERR_RANGE);
    assert_int_equal(libcpu_disk_read(m, 0, 1, data, SIZE_MAX), LIBCPU_ERR_RANGE);
    OK(libcpu_disk_read(m, 0, SECTORS, data, 0));
    INVALID(libcpu_disk_read(m, 0, 0, NULL, 1));
    libcpu_destroy(m);
    assert_int_equal(d[0].closed + d[1].closed, 2);
    libcpu_config_init(&c);
    c.board = LIBCPU_BOARD_NONE;
    OK(libcpu_create(&c, &m));
    desc = describe(&d[2], 0);
    assert_int_equal(libcpu_disk_add(m, 0, &desc), LIBCPU_ERR_UNSUPPORTED);
    assert_int_equal(libcpu_disk_file(m, 0, "/nowhere", 0), LIBCPU_ERR_UNSUPPORTED);
    libcpu_destroy(m);
    assert_int_equal(d[2].closed, 0);
}

static void from_inside(void *user, libcpu *m, uint64_t la)
{
    struct libcpu_disk *desc = user;
    (void)la;
    assert_int_equal(libcpu_disk_add(m, 1, desc), LIBCPU_ERR_STATE);
    assert_int_equal(libcpu_disk_file(m, 1, "/nowhere", 0), LIBCPU_ERR_STATE);
}

static void not_while_running(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, 0);
    libcpu *m = machine();
    (void)state;
    OK(libcpu_hook_insn(m, NULL, from_inside, &desc, NULL));
    OK(libcpu_run(m, 1, NULL));
    libcpu_destroy(m);
}

/* ---- files ---- */

static char path[64];

static void file_of(size_t size)
{
    snprintf(path, sizeof(path), "/tmp/libcpu-disk-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < size; i++) {
        uint8_t b = (uint8_t)(i / SECTOR + 1);
        assert_int_equal(write(fd, &b, 1), 1);
    }
    close(fd);
}

static uint8_t byte_at(long at)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int c = fgetc(f);
    fclose(f);
    return (uint8_t)c;
}

static void a_file_is_a_disk(void **state)
{
    (void)state;
    file_of((size_t)SECTORS * SECTOR);
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t flags[] = {LIBCPU_DISK_SNAPSHOT, LIBCPU_DISK_READ_ONLY, 0};
        libcpu *m = machine();
        if (i < 2)
            chmod(path, 0400); /* enough for these */
        OK(libcpu_disk_file(m, 0, path, flags[i]));
        run(m);
        assert_int_equal(byte_at(9 * SECTOR), i < 2 ? 10 : 6);
        libcpu_destroy(m);
        chmod(path, 0600);
    }
    assert_int_equal(byte_at(9 * SECTOR + SECTOR - 1), 6);
    assert_int_equal(byte_at(10 * SECTOR), 11);
    unlink(path);
}

static void a_file_that_shrinks(void **state)
{
    uint8_t data[SECTOR];
    libcpu *m = machine();
    (void)state;
    file_of((size_t)SECTORS * SECTOR);
    OK(libcpu_disk_file(m, 0, path, LIBCPU_DISK_SNAPSHOT));
    assert_int_equal(truncate(path, 5 * SECTOR + 100), 0);
    OK(libcpu_disk_read(m, 0, 4, data, 1));
    assert_int_equal(libcpu_disk_read(m, 0, 5, data, 1), LIBCPU_ERR_IO);
    unlink(path);
    libcpu_destroy(m);
}

static void bad_files(void **state)
{
    static const size_t sizes[] = {0, 1, 511, 513, 1000};
    libcpu *m = machine();
    uint64_t before = hash(m);
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        char size[16];
        file_of(sizes[i]);
        assert_int_equal(libcpu_disk_file(m, 0, path, 0), LIBCPU_ERR_FORMAT);
        snprintf(size, sizeof(size), "size %zu", sizes[i]);
        assert_non_null(strstr(libcpu_last_error(m), size));
        assert_non_null(strstr(libcpu_last_error(m), path));
        unlink(path);
    }
    assert_int_equal(libcpu_disk_file(m, 0, path, 0), LIBCPU_ERR_NOFILE);
    assert_non_null(strstr(libcpu_last_error(m), path));
    assert_int_equal(libcpu_disk_file(m, 0, "/", LIBCPU_DISK_SNAPSHOT), LIBCPU_ERR_NOFILE);
    assert_int_equal(libcpu_disk_file(m, 0, "/dev/null", 0), LIBCPU_ERR_NOFILE);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(libcpu_disk_file(m, 0, path, LIBCPU_DISK_READ_ONLY), LIBCPU_ERR_NOFILE);
    unlink(path);
    file_of(SECTOR);
    INVALID(libcpu_disk_file(m, 0, path, 0x100));
    assert_int_equal(libcpu_disk_file(m, 4, path, 0), LIBCPU_ERR_RANGE);
    assert_true(hash(m) == before);
    OK(libcpu_disk_file(m, 0, path, 0));
    unlink(path);
    libcpu_destroy(m);
}

/* ---- memory ---- */

static unsigned left; /* allocations until all fail */

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return left && left-- ? realloc(ptr, new_size) : NULL;
}

static void load(libcpu *m)
{
    struct libcpu_image_options o;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16;
    o.addr = 0x7c00;
    OK(libcpu_load_mem(m, copy, sizeof(copy), &o));
}

static libcpu *limited_machine(void)
{
    struct libcpu_config c;
    libcpu_config_init(&c);
    c.alloc = limited;
    left = 1000000;
    return machine_with(&c, LIBCPU_BOOT_REAL16, copy, sizeof(copy));
}

static void no_memory_for_a_disk(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, 0);
    libcpu *m = limited_machine();
    (void)state;
    left = 0;
    assert_int_equal(libcpu_disk_add(m, 0, &desc), LIBCPU_ERR_NOMEM);
    file_of(SECTOR);
    for (unsigned n = 0; n < 2; n++) {
        left = n;
        assert_int_equal(libcpu_disk_file(m, 0, path, 0), LIBCPU_ERR_NOMEM);
    }
    left = 2;
    OK(libcpu_disk_file(m, 0, path, 0));
    unlink(path);
    libcpu_destroy(m);
    assert_int_equal(d.closed, 0);
}

/* The guest sees a fault of the device in Status. */
static void stop_at_fault(void *user, libcpu *m, const struct libcpu_io_access *a)
{
    (void)user;
    if (a->address == 0x1f7 && !a->write && a->value == 0x71)
        libcpu_request_stop(m);
}

/* The code is decoded in a first run, which finds no drive; then there is no memory any more. */
static void no_memory_for_a_changed_sector(void **state)
{
    static struct disk d;
    struct libcpu_disk desc = describe(&d, LIBCPU_DISK_SNAPSHOT);
    struct libcpu_stop s;
    uint8_t data[SECTOR];
    libcpu *m = limited_machine();
    (void)state;
    assert_int_equal(run(m), 0x7f);
    OK(libcpu_disk_add(m, 0, &desc));
    OK(libcpu_hook_port(m, NULL, stop_at_fault, NULL, NULL));
    OK(libcpu_reset(m));
    load(m);
    left = 0;
    OK(libcpu_run(m, 10000000, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    OK(libcpu_disk_read(m, 0, 9, data, 1));
    assert_int_equal(data[0], 10);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_reads_and_writes),
        cmocka_unit_test(failures_reach_the_guest),
        cmocka_unit_test(a_snapshot_leaves_the_disk_alone),
        cmocka_unit_test(read_only),
        cmocka_unit_test(the_hash_covers_what_was_written),
        cmocka_unit_test(the_cmos_tells_disks_and_memory),
        cmocka_unit_test(fields_are_checked),
        cmocka_unit_test(slots),
        cmocka_unit_test(not_while_running),
        cmocka_unit_test(a_file_is_a_disk),
        cmocka_unit_test(a_file_that_shrinks),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(no_memory_for_a_disk),
        cmocka_unit_test(no_memory_for_a_changed_sector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
