/* guest_image.h: the bundled guest kernel, with its programs, as bytes to boot. */
#ifndef GUEST_IMAGE_H
#define GUEST_IMAGE_H

#include <stddef.h>

/* A Multiboot 1 kernel: a 32-bit ELF file, with its symbols. */
extern const unsigned char guest_image[];
extern const size_t guest_image_size;

#endif
