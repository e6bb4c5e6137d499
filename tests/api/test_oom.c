/*
 * test_oom.c - every allocation made to fail in turn: an error code, no leak, no change.
 */
#include "api.h"

struct heap {
    unsigned left;  /* allocations until one fails; counts down */
    unsigned total; /* made so far */
    size_t bytes;   /* not yet freed */
};

static void *limited(void *user, void *ptr, size_t old_size, size_t new_size)
{
    struct heap *h = user;
    if (new_size == 0) {
        free(ptr);
        h->bytes -= ptr ? old_size : 0;
        return NULL;
    }
    h->total++;
    if (h->left == 0)
        return NULL;
    h->left--;
    void *p = realloc(ptr, new_size);
    if (p)
        h->bytes += new_size - (ptr ? old_size : 0);
    return p;
}

static enum libcpu_err create(struct heap *h, libcpu **m)
{
    struct libcpu_config c;
    libcpu_config_init(&c);
    c.alloc = limited;
    c.alloc_user = h;
    return libcpu_create(&c, m);
}

static void creation(void **state)
{
    struct heap h = {.left = 100000};
    libcpu *m;
    (void)state;
    OK(create(&h, &m));
    unsigned needed = h.total;
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
    assert_true(needed > 10);
    for (unsigned n = 0; n < needed; n++) {
        h = (struct heap){.left = n};
        assert_int_equal(create(&h, &m), LIBCPU_ERR_NOMEM);
        assert_null(m);
        assert_int_equal(h.bytes, 0);
    }
}

static void note(void *user, libcpu *m, uint64_t la)
{
    (void)user, (void)m, (void)la;
}

static void hooks_and_running(void **state)
{
    static const uint8_t code[] = {0x40, 0xeb, 0xfd}; /* inc ax; jmp */
    struct heap h = {.left = 100000};
    struct libcpu_image_options o;
    struct libcpu_stop s;
    libcpu *m;
    (void)state;
    OK(create(&h, &m));
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16;
    o.addr = 0x7c00;
    OK(libcpu_load_mem(m, code, sizeof(code), &o));
    h.left = 0;
    assert_int_equal(libcpu_hook_insn(m, NULL, note, NULL, NULL), LIBCPU_ERR_NOMEM);
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_HOST_ERROR);
    assert_int_equal(s.error, LIBCPU_ERR_NOMEM);
    assert_int_equal(s.insns, 0);
    /* With memory again it goes on as if nothing had been. */
    h.left = 100000;
    OK(libcpu_run(m, 100, &s));
    assert_int_equal(s.reason, LIBCPU_STOP_BUDGET);
    assert_int_equal(libcpu_reg(m, LIBCPU_REG_RAX), 50);
    libcpu_destroy(m);
    assert_int_equal(h.bytes, 0);
}

static void thousand_machines(void **state)
{
    static const uint8_t code[] = {0x40, 0xeb, 0xfd};
    struct heap h = {.left = UINT32_MAX};
    struct libcpu_config c;
    (void)state;
    libcpu_config_init(&c);
    c.alloc = limited;
    c.alloc_user = &h;
    for (unsigned i = 0; i < 1000; i++) {
        libcpu *m = machine_with(&c, LIBCPU_BOOT_REAL16, code, sizeof(code));
        OK(libcpu_run(m, 100, NULL));
        libcpu_destroy(m);
        assert_int_equal(h.bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation),
        cmocka_unit_test(hooks_and_running),
        cmocka_unit_test(thousand_machines),
    };
    return cmocka_run_group_tests_name("api_oom", tests, NULL, NULL);
}
