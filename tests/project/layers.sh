#!/bin/bash
# layers.sh - scripts/check-layers is content with this tree, and would see what is wrong.
set -u
scripts/check-layers || exit 1

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# A tree of one file with one line; 0: allowed, 1: refused.
expect() { # status, file, line
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/src" "$tree/$(dirname "$2")"
    echo "$3" >"$tree/$2"
    scripts/check-layers "$tree" >/dev/null
    local status=$?
    [ "$status" -eq "$1" ] && return
    echo "layers: $2 with $3: status $status, not $1"
    failed=1
}

expect 1 src/base/x.c '#include "mmu/walk.h"'
expect 0 src/base/x.c '#include <libcpu/error.h>'
expect 1 src/base/x.c '#include <libcpu/machine.h>'
expect 0 src/mmu/x.c '#include "base/bits.h"'
expect 1 src/mmu/x.c '#include "cpu/cpu.h"'
expect 0 src/cpu/exec/x.c '# include "mmu/tlb.h"'
expect 1 src/cpu/exec/x.c '#include "devices/i8254.h"'
expect 1 src/cpu/x.c '#include <setjmp.h>'
expect 1 src/cpu/decode/decode.c '#include <capstone/capstone.h>'
expect 0 src/cpu/decode/print.c '#include <capstone/capstone.h>'
expect 0 src/devices/i8254.c '#include "devices/i8254.h"'
expect 0 src/devices/i8042_mouse.c '#include "devices/i8042.h"'
expect 1 src/devices/i8254.c '#include "devices/i8259.h"'
expect 1 src/devices/i8254.c '#include "cpu/cpu.h"'
expect 0 src/loader/x.c '#include "mmu/phys.h"'
expect 1 src/loader/x.c '#include "mmu/tlb.h"'
expect 0 src/machine/x.c '#include "devices/i8259.h"'
expect 1 src/machine/x.c '#include <SDL2/SDL.h>'
expect 1 include/libcpu/x.h '#include "cpu/cpu.h"'
expect 1 examples/run/x.c '#include "machine/machine.h"'
expect 0 examples/run/x.c '#include "options.h"'
expect 1 tests/api/x.c '#include "base/bits.h"'
expect 0 tests/api/x.c '#include <libcpu/libcpu.h>'
expect 0 tests/cpu/x.c '#include "cpu/cpu.h"'
exit "$failed"
