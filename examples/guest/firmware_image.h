/* firmware_image.h: firmware of our own, as bytes to start: it boots from the first disk that has a
 * boot sector. */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include <stddef.h>

/* A ROM that ends at 4 GiB: LIBCPU_IMAGE_BIOS. */
extern const unsigned char firmware_image[];
extern const size_t firmware_image_size;

#endif
