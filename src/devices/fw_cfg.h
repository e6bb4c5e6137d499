/*
 * fw_cfg.h - what firmware is told of the machine: numbered items, read byte by byte (QEMU's
 * documented "fw_cfg" interface, ports 510h and 511h, without DMA).
 */
#ifndef LC_DEVICES_FW_CFG_H
#define LC_DEVICES_FW_CFG_H

#include "base/device.h"

extern const struct lc_device_class lc_fw_cfg_class;

enum {
    LC_FW_CFG_SIGNATURE = 0x00, /* "QEMU" */
    LC_FW_CFG_ID = 0x01,        /* 1: this interface; no DMA */
    LC_FW_CFG_RAM_SIZE = 0x03,
    LC_FW_CFG_CPUS = 0x05,
    LC_FW_CFG_FILE_DIR = 0x19,
    LC_FW_CFG_FILE_FIRST = 0x20,
    LC_FW_CFG_FILES = 8,
    LC_FW_CFG_NAME = 56, /* bytes of a file's name, its zero included */
};

/* A number as an item: little-endian, n <= 8 bytes. */
void lc_fw_cfg_set_number(struct lc_device *d, uint16_t key, uint64_t v, unsigned n);
/* Add a file; its bytes are copied. Errors: FULL, INVALID (the name), NOMEM. */
enum libcpu_err lc_fw_cfg_add_file(struct lc_device *d, const char *name, const void *data,
                                   uint32_t size);

#endif
