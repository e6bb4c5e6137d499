/*
 * pci_host.h - PCI configuration mechanism 1 and a host bridge (PCI Local Bus specification 3.0,
 * 3.2.2.3.2 and 6.1; Intel 82441FX data sheet).
 *
 * One bus of 32 devices with 8 functions each.  Device 0 is the bridge itself.
 */
#ifndef LC_DEVICES_PCI_HOST_H
#define LC_DEVICES_PCI_HOST_H

#include "base/device.h"

extern const struct lc_device_class lc_pci_host_class;

enum lc_pci_host_bank {
    LC_PCI_HOST_ADDRESS, /* 4 bytes at CF8h: answers accesses to all four alone */
    LC_PCI_HOST_DATA,    /* 4 bytes at CFCh */
    LC_PCI_HOST_BANKS,
};

enum { LC_PCI_FUNCTIONS = 256 };

/* A function on the bus: its 256 bytes of configuration space. */
struct lc_pci_function {
    uint32_t (*read)(void *opaque, unsigned offset, unsigned size);
    void (*write)(void *opaque, unsigned offset, unsigned size, uint32_t value);
    void *opaque;
};

/* Put a function at device << 3 | function, which must be free. */
bool lc_pci_host_add(struct lc_device *d, uint8_t devfn, const struct lc_pci_function *f);

#endif
