/*
 * test_threads.c - machines are independent; the stop request comes from any thread.
 */
#include "api.h"

#include <pthread.h>

static const uint8_t count[] = {0x40, 0xeb, 0xfd}; /* inc ax; jmp */

static void *run_one(void *arg)
{
    uint64_t *hash = arg;
    libcpu *m;
    struct libcpu_image_options o;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_REAL16;
    o.addr = 0x7c00;
    if (libcpu_create(NULL, &m) || libcpu_load_mem(m, count, sizeof(count), &o) ||
        libcpu_run(m, 5000000, NULL) || libcpu_state_hash(m, hash))
        *hash = 0;
    libcpu_destroy(m);
    return NULL;
}

static void two_machines_on_two_threads(void **state)
{
    pthread_t t[2];
    uint64_t hash[2] = {0};
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, run_one, &hash[i]), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert_int_not_equal(hash[0], 0);
    assert_int_equal(hash[0], hash[1]);
}

static void *stop_it(void *m)
{
    libcpu_request_stop(m);
    return NULL;
}

static void stop_from_another_thread(void **state)
{
    pthread_t t;
    struct libcpu_stop s;
    (void)state;
    libcpu *m = MACHINE(LIBCPU_BOOT_REAL16, count);
    assert_int_equal(pthread_create(&t, NULL, stop_it, m), 0);
    OK(libcpu_run(m, UINT64_MAX, &s)); /* would not end otherwise */
    pthread_join(t, NULL);
    assert_int_equal(s.reason, LIBCPU_STOP_REQUEST);
    libcpu_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_machines_on_two_threads),
        cmocka_unit_test(stop_from_another_thread),
    };
    return cmocka_run_group_tests_name("api_threads", tests, NULL, NULL);
}
