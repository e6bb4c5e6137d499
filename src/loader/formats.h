/*
 * formats.h - the formats, one file each: a probe by content and a load function.
 *
 * A load function checks the image, adds the pieces to write and fills l->boot; nothing is
 * written before it has succeeded.
 */
#ifndef LC_LOADER_FORMATS_H
#define LC_LOADER_FORMATS_H

#include "loader/place.h"

bool lc_elf_probe(const struct lc_blob *b);
enum libcpu_err lc_elf_load(struct lc_load *l);

bool lc_multiboot_probe(const struct lc_blob *b);
enum libcpu_err lc_multiboot_load(struct lc_load *l);

bool lc_bzimage_probe(const struct lc_blob *b);
enum libcpu_err lc_bzimage_load(struct lc_load *l); /* LINUX and LINUX32 */

bool lc_pvh_probe(const struct lc_blob *b);
enum libcpu_err lc_pvh_load(struct lc_load *l);

enum libcpu_err lc_flat_load(struct lc_load *l);

bool lc_bootsector_probe(const struct lc_blob *b);
enum libcpu_err lc_bootsector_load(struct lc_load *l);

bool lc_bios_probe(const struct lc_blob *b);
enum libcpu_err lc_bios_load(struct lc_load *l);

/* LONG64: add page tables that map the first 4 GiB onto themselves, and set l->boot.cr3. */
enum libcpu_err lc_identity_tables(struct lc_load *l);

#endif
