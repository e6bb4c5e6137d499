/* boot_image.S: see boot_image.h. */
    .section .rodata
    .balign 16
    .globl boot_image, boot_image_size
    .type boot_image, @object
boot_image:
    .incbin "boot.img"
1:
    .size boot_image, . - boot_image
    .balign 8
    .type boot_image_size, @object
    .size boot_image_size, 8
boot_image_size:
    .quad 1b - boot_image

    .section .note.GNU-stack, "", @progbits
