#!/bin/bash
# tailcalls.sh OBJDUMP LIBRARY - in a build that chains handlers by tail calls, no handler calls the
# next one: the host's stack would grow with every guest instruction.
#
# A record's handler is at offset 0 of struct lc_insn; the next record's is 32 bytes on, and a
# block's first one lies behind its head.  Such a call is what the compiler makes of NEXT when the
# address of a local has escaped (see src/cpu/exec/op.h).
set -u
objdump=$1 library=$2
# Objects of src/cpu, run.c excepted: it starts a block by such a call, and nobody else does.
objects=$(cd src/cpu && ls ./*.c decode/*.c exec/*.c | sed 's|.*/||' | grep -v '^run.c$' | tr '\n' ' ')
found=$("$objdump" -d --no-show-raw-insn "$library" | awk -v objects="$objects" '
    BEGIN { n = 0; count = split(objects, name, " "); for (i in name) ours[name[i] ".o:"] = 1 }
    /^[0-9a-f]+ <.*>:$/ { fn = $2 }
    /^In archive|file format/ { object = $1 }
    ours[object] && /call +\*(0x20|0x40)?\(%r/ { print object, fn, $0; n++ }
    END { exit n > 0 }') && exit 0
echo "tailcalls: handlers that call the next one:"
echo "$found"
exit 1
