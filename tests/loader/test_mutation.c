/*
 * test_mutation.c - spoiled images: cut at every length, every header byte changed in many ways,
 * many bytes at once.
 *
 * The rig asserts for each that a refusal leaves memory unchanged and names the image; a sanitizer
 * build sees any access outside the image.  Seeds are fixed.
 */
#include "loader/rig.h"

static struct image good, bad;

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void elf32(void)
{
    image_elf(&good, false);
}

static void elf64(void)
{
    image_elf(&good, true);
}

static void multiboot32(void)
{
    image_multiboot_elf(&good, false);
}

static void multiboot64(void)
{
    image_multiboot_elf(&good, true);
}

static void kludge(void)
{
    image_multiboot_kludge(&good);
}

static void bzimage(void)
{
    image_linux(&good);
}

static void pvh(void)
{
    image_pvh(&good, true);
}

/* Bytes of a file that are headers. */
struct span {
    size_t from, to;
};

static const struct subject {
    void (*build)(void);
    enum lc_image_format format;
    struct span headers[3];
} subjects[] = {
    {elf32, LC_IMAGE_ELF, {{0, ELF32_PH(ELF_PHDRS)}, {ELF_SHDRS_AT, ELF32_SH(ELF_SHDRS)}}},
    {elf64, LC_IMAGE_ELF, {{0, ELF64_PH(ELF_PHDRS)}, {ELF_SHDRS_AT, ELF64_SH(ELF_SHDRS)}}},
    {multiboot32,
     LC_IMAGE_MULTIBOOT,
     {{0, ELF32_PH(ELF_PHDRS)},
      {ELF_HEADER_AT, ELF_HEADER_AT + 12},
      {ELF_SHDRS_AT, ELF32_SH(ELF_SHDRS)}}},
    {multiboot64,
     LC_IMAGE_MULTIBOOT,
     {{0, ELF64_PH(ELF_PHDRS)},
      {ELF_HEADER_AT, ELF_HEADER_AT + 12},
      {ELF_SHDRS_AT, ELF64_SH(ELF_SHDRS)}}},
    {kludge, LC_IMAGE_MULTIBOOT, {{KLUDGE_HEADER_AT, KLUDGE_HEADER_AT + 32}}},
    {pvh, LC_IMAGE_PVH, {{0, ELF64_PH(ELF_PHDRS)}, {PVH_NOTE_AT, PVH_NOTE_AT + PVH_NOTE_SIZE}}},
    {bzimage, LC_IMAGE_LINUX, {{0x1f1, 0x268}, {0x1f1, 0x268}}},
};

/* A mutation may be harmless and load: then the next one gets clean memory. */
static enum libcpu_err try_load(struct rig *rig, enum lc_image_format format)
{
    const enum libcpu_err err = rig_load(rig, &bad, format);

    if (!err)
        rig_again_small(rig);
    return err;
}

static int setup(void **state)
{
    static struct rig rig;

    rig_init_small(&rig);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(*state);
    return 0;
}

/* Every file here needs its last byte. */
static void test_truncation(void **state)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(subjects); i++) {
        subjects[i].build();
        bad = good;
        if (subjects[i].build == kludge)
            good.size = KLUDGE_LOAD_END - KLUDGE_LOAD_PA + 0x20;
        for (bad.size = 0; bad.size < good.size; bad.size++)
            assert_int_not_equal(try_load(*state, subjects[i].format), LIBCPU_ERR_OK);
        bad.size = good.size;
        assert_int_equal(try_load(*state, subjects[i].format), LIBCPU_ERR_OK);
    }
}

/* Cut files under AUTO may become another format, but nothing else. */
static void test_truncation_auto(void **state)
{
    multiboot64();
    bad = good;
    for (bad.size = 0; bad.size < good.size; bad.size++)
        assert_int_not_equal(try_load(*state, LC_IMAGE_AUTO), LIBCPU_ERR_OK);
}

static void flip_byte(struct rig *rig, const struct subject *s, size_t at)
{
    static const uint8_t values[] = {0x00, 0xff};

    for (unsigned bit = 0; bit < 8; bit++) {
        bad = good;
        bad.data[at] ^= (uint8_t)(1u << bit);
        (void)try_load(rig, s->format);
    }
    for (size_t i = 0; i < LC_ARRAY_LEN(values); i++) {
        bad = good;
        bad.data[at] = values[i];
        (void)try_load(rig, s->format);
    }
}

static void test_bytes(void **state)
{
    for (size_t i = 0; i < LC_ARRAY_LEN(subjects); i++) {
        const struct subject *s = &subjects[i];

        s->build();
        for (size_t j = 0; j < LC_ARRAY_LEN(s->headers); j++) {
            for (size_t at = s->headers[j].from; at < s->headers[j].to; at++)
                flip_byte(*state, s, at);
        }
    }
}

/* Several header bytes at once, and 32-bit fields near their limits. */
static void test_many_bytes(void **state)
{
    static const uint32_t words[] = {0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t seed = 0x2badb002;

    for (unsigned round = 0; round < 2000; round++) {
        const struct subject *s = &subjects[round % LC_ARRAY_LEN(subjects)];
        const unsigned changes = 1 + next_random(&seed) % 4;

        s->build();
        bad = good;
        for (unsigned i = 0; i < changes; i++) {
            const struct span *span = &s->headers[next_random(&seed) % 2];
            const uint32_t r = next_random(&seed);
            size_t at;

            if (span->from == span->to)
                continue;
            at = span->from + next_random(&seed) % (span->to - span->from);
            if (r & 1)
                image_poke(&bad, at & ~(size_t)3, 4, words[(r >> 8) % LC_ARRAY_LEN(words)]);
            else
                bad.data[at] = (uint8_t)(r >> 8);
        }
        (void)try_load(*state, next_random(&seed) & 1 ? s->format : LC_IMAGE_AUTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_truncation_auto),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_many_bytes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
