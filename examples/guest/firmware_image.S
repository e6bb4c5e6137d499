/* firmware_image.S: see firmware_image.h. */
    .section .rodata
    .balign 16
    .globl firmware_image, firmware_image_size
    .type firmware_image, @object
firmware_image:
    .incbin "firmware.bin"
1:
    .size firmware_image, . - firmware_image
    .balign 8
    .type firmware_image_size, @object
    .size firmware_image_size, 8
firmware_image_size:
    .quad 1b - firmware_image

    .section .note.GNU-stack, "", @progbits
