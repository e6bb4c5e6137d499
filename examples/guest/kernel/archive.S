/* archive.S: the archive of the first files; unpacked at the start, and then given back. */
    .section .init.rodata, "a"
    .balign 16
    .globl archive_start, archive_end
archive_start:
    .incbin "archive.cpio"
archive_end:

    .section .note.GNU-stack, "", @progbits
