/* vdso_image.S: the shared object that every program gets, on pages of its own. */
    .section .rodata
    .balign 4096
    .globl vdso_start, vdso_end
vdso_start:
    .incbin "vdso.so"
vdso_end:
    .balign 4096

    .section .note.GNU-stack, "", @progbits
