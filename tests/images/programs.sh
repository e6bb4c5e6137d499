#!/bin/bash
# programs.sh MODULE-TOOL LIBCPU-RUN QEMU IMAGE real|flat COUNT SEED - random programs on our machine and
# on QEMU: each must end in the same state.
#
# Programs that end here with #SS or #GP are not compared: QEMU checks no limits and takes null segments
# (SDM vol. 3A, 5.3 and 5.4.1).
#
# Exit status: 0 all the same, 1 not, 77 there is no QEMU.
set -u
tool=$1 run=$2 qemu=$3 image=$4 mode=$5 count=$6 seed=$7
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags=(-accel tcg -cpu "max,vendor=GenuineIntel" -m 64 -display none -vga none -nodefaults -no-reboot
    -device "isa-debug-exit,iobase=0xf4,iosize=4")

"$tool" "$mode" "$count" "$seed" >"$dir/module" || exit 1
timeout 100 "$run" -serial none -max-insns 2000000000 -kernel "$image" -initrd "$dir/module" \
    </dev/null 2>"$dir/ours"
if ! grep -q "^ok $count checks" "$dir/ours"; then
    tail -n 3 "$dir/ours"
    exit 1
fi
if ! command -v "$qemu" >/dev/null 2>&1; then
    echo "images: SKIPPED, there is no $qemu (package qemu-system-x86)"
    exit 77
fi
timeout 100 "$qemu" "${flags[@]}" -debugcon "file:$dir/theirs" -kernel "$image" \
    -initrd "$dir/module" </dev/null >"$dir/log" 2>&1
awk -v count="$count" '
    FNR == NR { ours[$2] = $0; next }
    /^program/ {
        split(ours[$2], w)
        if (w[4] == "c" || w[4] == "d") { skipped++; next }
        compared++
        if ($0 != ours[$2] && different++ < 10)
            print "libcpu: " ours[$2] "\nqemu:   " $0
    }
    END {
        printf "%d compared, %d not, %d different\n", compared, skipped, different
        exit different || compared + skipped != count || 4 * compared < 3 * count
    }
' "$dir/ours" "$dir/theirs"
