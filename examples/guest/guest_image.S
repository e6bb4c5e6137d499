/* guest_image.S: see guest_image.h. */
    .section .rodata
    .balign 16
    .globl guest_image, guest_image_size
    .type guest_image, @object
guest_image:
    .incbin "guest.elf"
1:
    .size guest_image, . - guest_image
    .balign 8
    .type guest_image_size, @object
    .size guest_image_size, 8
guest_image_size:
    .quad 1b - guest_image

    .section .note.GNU-stack, "", @progbits
