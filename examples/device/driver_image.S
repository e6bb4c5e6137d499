/* driver_image.S: see driver_image.h. */
    .section .rodata
    .balign 16
    .globl driver_image, driver_image_size
    .type driver_image, @object
driver_image:
    .incbin "driver.elf"
1:
    .size driver_image, . - driver_image
    .balign 8
    .type driver_image_size, @object
    .size driver_image_size, 8
driver_image_size:
    .quad 1b - driver_image

    .section .note.GNU-stack, "", @progbits
