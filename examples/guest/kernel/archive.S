/* archive.S: puts the archive of user programs into the kernel's image. */
    .section .rodata
    .balign 4096
    .globl archive_start, archive_end
archive_start:
    .incbin "archive.cpio"
archive_end:

    .section .note.GNU-stack, "", @progbits
