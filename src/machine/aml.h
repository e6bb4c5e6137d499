/*
 * aml.h - writing ACPI tables: bytes, and the few terms of ACPI's machine language that describe a
 * PC (ACPI specification 6.4, chapters 20 and 6.4).
 */
#ifndef LC_MACHINE_AML_H
#define LC_MACHINE_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a table grows; what does not fit is counted in `size` and not written. */
struct lc_aml {
    uint8_t *data;
    size_t size, cap;
};

void lc_aml_bytes(struct lc_aml *a, const void *data, size_t n);
/* A number of n bytes, little-endian. */
void lc_aml_number(struct lc_aml *a, uint64_t v, unsigned n);
/* Overwrite n bytes at `at`. */
void lc_aml_patch(struct lc_aml *a, size_t at, uint64_t v, unsigned n);

/* ---- terms: each begin returns what its end wants ---- */
size_t lc_aml_scope(struct lc_aml *a, const char *name); /* "\\_SB_": the root, or relative */
size_t lc_aml_device(struct lc_aml *a, const char name[4]);
/* Close a scope or device, which holds less than 4 KiB. */
void lc_aml_end(struct lc_aml *a, size_t begin);
void lc_aml_name_integer(struct lc_aml *a, const char name[4], uint32_t v);
/* _HID or _CID with an EISA id: "PNP0501". */
void lc_aml_name_eisa(struct lc_aml *a, const char name[4], const char id[7]);
void lc_aml_name_string(struct lc_aml *a, const char name[4], const char *text);
/* A package of n small integers. */
void lc_aml_name_package(struct lc_aml *a, const char name[4], const uint8_t *v, uint8_t n);

/* ---- _CRS: what a device occupies ---- */
size_t lc_aml_resources(struct lc_aml *a);
void lc_aml_io(struct lc_aml *a, uint16_t base, uint8_t len);
void lc_aml_irq(struct lc_aml *a, unsigned irq); /* edge, active high */
void lc_aml_memory(struct lc_aml *a, uint32_t base, uint32_t len);

/* What a bridge passes on. */
enum lc_aml_window { LC_AML_MEMORY, LC_AML_IO, LC_AML_BUS };
void lc_aml_window16(struct lc_aml *a, enum lc_aml_window kind, uint16_t first, uint16_t last);
void lc_aml_window32(struct lc_aml *a, uint32_t first, uint32_t last);
void lc_aml_resources_end(struct lc_aml *a, size_t begin);

#endif
