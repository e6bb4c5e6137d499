/* driver_image.h: the guest with the driver, a Multiboot kernel, as bytes to boot. */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include <stddef.h>

extern const unsigned char driver_image[];
extern const size_t driver_image_size;

#endif
