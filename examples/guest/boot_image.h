/* boot_image.h: a disk from which the firmware starts the bundled guest, as bytes. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <stddef.h>

/* Boot sector, loader and kernel: sectors of 512 bytes. */
extern const unsigned char boot_image[];
extern const size_t boot_image_size;

#endif
