/*
 * disk.c: bytes of the boot disk, by INT 13h AH = 42h through a buffer below 1 MiB.
 */
#include "loader.h"

static uint8_t boot_drive;

void disk_init(uint8_t drive)
{
    boot_drive = drive;
}

static void read_sectors(uint32_t sector, uint32_t count)
{
    struct {
        uint8_t size, zero;
        uint16_t count, offset, segment;
        uint32_t sector, sector_high;
    } packet = {16, 0, (uint16_t)count, 0, BOOT_BUFFER_ADDRESS >> 4, sector, 0};
    struct registers r = {.eax = 0x4200, .edx = boot_drive, .esi = (uint32_t)&packet};
    firmware_call(0x13, &r);
    if (r.flags & CARRY)
        fail("the disk cannot be read at sector", sector);
}

void disk_read(uint32_t sector, uint32_t offset, void *to, uint32_t bytes)
{
    uint8_t *at = to;
    while (bytes) {
        uint32_t skip = offset % BOOT_SECTOR_SIZE;
        uint32_t count = (skip + bytes + BOOT_SECTOR_SIZE - 1) / BOOT_SECTOR_SIZE;
        if (count > BOOT_BUFFER_SECTORS || skip + bytes < bytes)
            count = BOOT_BUFFER_SECTORS;
        read_sectors(sector + offset / BOOT_SECTOR_SIZE, count);
        uint32_t n = count * BOOT_SECTOR_SIZE - skip;
        if (n > bytes)
            n = bytes;
        memcpy(at, (const uint8_t *)BOOT_BUFFER_ADDRESS + skip, n);
        at += n;
        offset += n;
        bytes -= n;
    }
}
