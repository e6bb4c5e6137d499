/*
 * PCI configuration mechanism 1.
 */
#include "devices/pci_host.h"

#include "support/fake_board.h"

struct bus {
    struct fake_board b;
    struct lc_device *d;
    unsigned offset, size;
    uint32_t value;
};

static uint32_t on_read(void *opaque, unsigned offset, unsigned size)
{
    struct bus *p = opaque;

    p->offset = offset;
    p->size = size;
    return 0x5a;
}

static void on_write(void *opaque, unsigned offset, unsigned size, uint32_t value)
{
    struct bus *p = opaque;

    p->offset = offset;
    p->size = size;
    p->value = value;
}

static int setup(void **state)
{
    static struct bus p;

    p = (struct bus){.offset = 0};
    fake_board_init(&p.b);
    p.d = fake_new(&p.b, &lc_pci_host_class);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    lc_device_free(((struct bus *)*state)->d);
    return 0;
}

static void address(struct bus *p, uint32_t v)
{
    lc_device_write(p->d, LC_PCI_HOST_ADDRESS, 0, 4, v);
}

static uint32_t data(struct bus *p, unsigned offset, unsigned size)
{
    return (uint32_t)lc_device_read(p->d, LC_PCI_HOST_DATA, offset, size);
}

static void the_address(void **state)
{
    struct bus *p = *state;

    address(p, 0xffffffff);
    assert_int_equal(lc_device_read(p->d, LC_PCI_HOST_ADDRESS, 0, 4), 0x80fffffc);
    lc_device_write(p->d, LC_PCI_HOST_ADDRESS, 0, 1, 0); /* not all of it: not ours */
    assert_int_equal(lc_device_read(p->d, LC_PCI_HOST_ADDRESS, 0, 4), 0x80fffffc);
    assert_int_equal(lc_device_read(p->d, LC_PCI_HOST_ADDRESS, 1, 1), 0xff);
    p->d->class->reset(p->d);
    assert_int_equal(lc_device_read(p->d, LC_PCI_HOST_ADDRESS, 0, 4), 0);
}

static void the_bridge(void **state)
{
    struct bus *p = *state;

    address(p, 0x80000000);
    assert_int_equal(data(p, 0, 4), 0x12378086);
    assert_int_equal(data(p, 2, 2), 0x1237);
    lc_device_write(p->d, LC_PCI_HOST_DATA, 0, 4, 0);
    assert_int_equal(data(p, 0, 4), 0x12378086);
    address(p, 0x80000008);
    assert_int_equal(data(p, 0, 4), 0x06000002);
    assert_int_equal(data(p, 3, 1), 0x06);
    address(p, 0x8000000c);
    assert_int_equal(data(p, 2, 1), 0); /* header type: one function */
    address(p, 0x00000000);
    assert_int_equal(data(p, 0, 4), 0xffffffff); /* not enabled */
}

static void functions(void **state)
{
    struct bus *p = *state;
    const struct lc_pci_function f = {on_read, on_write, p};

    address(p, 0x80001a40); /* 00:03.2 */
    assert_int_equal(data(p, 0, 4), 0xffffffff);
    assert_false(lc_pci_host_add(p->d, 0, &f));
    assert_true(lc_pci_host_add(p->d, 0x1a, &f));
    assert_false(lc_pci_host_add(p->d, 0x1a, &f));
    assert_int_equal(data(p, 2, 2), 0x5a);
    assert_int_equal(p->offset, 0x42);
    assert_int_equal(p->size, 2);
    lc_device_write(p->d, LC_PCI_HOST_DATA, 3, 1, 0x99);
    assert_int_equal(p->offset, 0x43);
    assert_int_equal(p->value, 0x99);
    address(p, 0x80011a40); /* another bus */
    assert_int_equal(data(p, 0, 2), 0xffff);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(the_address), TEST(the_bridge), TEST(functions)};
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
