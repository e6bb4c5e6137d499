#!/bin/bash
# services.sh libcpu|qemu PROGRAM GUEST-DIRECTORY SERVICES - the services of a machine's firmware, asked by
# services.c from a boot disk: ours in our machine, SeaBIOS in QEMU's.
#
# Exit status: 0 as expected, 1 not, 77 there is no QEMU.
set -u
machine=$1 program=$2 guest=$3 services=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v "$program" >/dev/null 2>&1; then
    echo "services: SKIPPED, there is no $program (package qemu-system-x86)"
    exit 77
fi
"$guest/mkdisk" "$dir/disk" "$guest/sector.bin" "$services" "$guest/guest.elf" || exit 1
if [ "$machine" = libcpu ]; then
    timeout 100 "$program" -max-insns 4000000000 -drive "file=$dir/disk,snapshot=on" \
        </dev/null >"$dir/out" 2>"$dir/log"
else
    timeout 100 "$program" -accel tcg -m 64 -display none -vga none -nodefaults -no-reboot \
        -serial "file:$dir/out" -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -drive "file=$dir/disk,format=raw,if=ide,snapshot=on" </dev/null >"$dir/log" 2>&1
fi
status=$?
cat "$dir/out" "$dir/log"
[ "$status" -eq 1 ] && grep -q 'services: all as expected' "$dir/out"
