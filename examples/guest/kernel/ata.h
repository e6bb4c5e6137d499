/* ata.h: the disk: sectors of 512 bytes on the first IDE channel's first drive. */
#ifndef GUEST_ATA_H
#define GUEST_ATA_H

#include "fs.h"

#define ATA_SECTOR 512u

extern uint64_t ata_sectors; /* 0: no disk */
extern uint64_t ata_reads, ata_writes, ata_interrupts;
void ata_init(void);
void ata_interrupt(void);
/* One page at a sector, to or from the direct map. 0 or -EIO. */
int ata_read_page(uint64_t sector, void *to);
int ata_write_page(uint64_t sector, const void *from);
extern const struct file_ops ata_ops; /* /dev/ata0 */

#endif
