/*
 * pci_host.c - see pci_host.h.
 *
 * CONFIG_ADDRESS: enable 31, bus 23..16, device 15..11, function 10..8, register 7..2.
 * Where no function is, reads give all ones and writes are lost.
 */
#include "devices/pci_host.h"

#include "base/bits.h"

enum {
    ADDRESS_BITS = 0x00fffffc,

    /* 82441FX: vendor, device, command and status, class "host bridge" and revision. */
    BRIDGE_ID = 0x12378086,
    BRIDGE_COMMAND = 0x0006, /* memory and bus master, fixed */
    BRIDGE_STATUS = 0x0280,  /* medium DEVSEL, fast back-to-back */
    BRIDGE_CLASS = 0x06000002,
};

#define ADDRESS_ENABLE UINT32_C(0x80000000)

struct pci_host {
    struct lc_device dev;
    uint32_t address;
    struct lc_pci_function function[LC_PCI_FUNCTIONS]; /* read NULL: none */
};

static struct pci_host *from(struct lc_device *d)
{
    return LC_CONTAINER(d, struct pci_host, dev);
}

/* The bridge's own configuration space: nothing in it can be written. */
static uint32_t read_bridge(void *opaque, unsigned offset, unsigned size)
{
    static const uint32_t words[] = {BRIDGE_ID, BRIDGE_COMMAND | BRIDGE_STATUS << 16, BRIDGE_CLASS};
    const unsigned i = offset / 4;

    (void)opaque;
    const uint32_t v = i < LC_ARRAY_LEN(words) ? words[i] : 0;
    return (uint32_t)(v >> (8 * (offset & 3)) & lc_mask_size(size));
}

/* The function that CONFIG_ADDRESS selects, or NULL. */
static const struct lc_pci_function *selected(const struct pci_host *p)
{
    const struct lc_pci_function *f = &p->function[p->address >> 8 & 0xff];

    if (!(p->address & ADDRESS_ENABLE) || (p->address >> 16 & 0xff) != 0)
        return NULL;
    return f->read ? f : NULL;
}

static uint64_t read(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size)
{
    const struct pci_host *p = from(d);
    const struct lc_pci_function *f = selected(p);

    if (bank == LC_PCI_HOST_ADDRESS)
        return size == 4 ? p->address : lc_mask_size(size);
    if (!f)
        return lc_mask_size(size);
    return f->read(f->opaque, (p->address & 0xfc) + (unsigned)offset, size);
}

static void write(struct lc_device *d, unsigned bank, uint64_t offset, unsigned size,
                  uint64_t value)
{
    struct pci_host *p = from(d);
    const struct lc_pci_function *f = selected(p);

    if (bank == LC_PCI_HOST_ADDRESS) {
        if (size == 4)
            p->address = (uint32_t)value & (ADDRESS_ENABLE | ADDRESS_BITS);
        return;
    }
    if (f && f->write)
        f->write(f->opaque, (p->address & 0xfc) + (unsigned)offset, size, (uint32_t)value);
}

bool lc_pci_host_add(struct lc_device *d, uint8_t devfn, const struct lc_pci_function *f)
{
    struct pci_host *p = from(d);

    if (p->function[devfn].read)
        return false;
    p->function[devfn] = *f;
    return true;
}

static enum libcpu_err init(struct lc_device *d, struct lc_error *e)
{
    (void)e;
    from(d)->function[0] = (struct lc_pci_function){.read = read_bridge};
    return LIBCPU_ERR_OK;
}

static void reset(struct lc_device *d)
{
    from(d)->address = 0;
}

static void save(const struct lc_device *d, struct lc_sink *s)
{
    lc_sink_u32(s, LC_CONTAINER(d, const struct pci_host, dev)->address);
}

const struct lc_device_class lc_pci_host_class = {
    .name = "pci_host",
    .size = sizeof(struct pci_host),
    .banks = LC_PCI_HOST_BANKS,
    .access_size = 4,
    .init = init,
    .reset = reset,
    .read = read,
    .write = write,
    .save = save,
};
