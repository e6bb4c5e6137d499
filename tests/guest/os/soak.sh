#!/bin/bash
# soak.sh - random programs on QEMU, in time that is made of instructions: at the end of each minute
# the kernel's books must say what they said before. The same on libcpu is ../soak.c, which also looks
# from outside.
#
# usage: soak.sh OS.ELF [SECONDS [SEED]]
#
# Exit status: 0 all as it was, 1 not, 77 there is no QEMU.
set -u
os=$1 seconds=${2:-5} seed=${3:-1}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "soak: SKIPPED, there is no QEMU (package qemu-system-x86)"
    exit 77
fi
head -c $((16 << 20)) /dev/zero >"$work/disk"
qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -cpu max,vendor=GenuineIntel -m 32 -display none \
    -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
    -drive "file=$work/disk,format=raw,if=ide,snapshot=on" \
    -append "quiet init=/bin/soak seconds=$seconds seed=$seed" -kernel "$os" </dev/null |
    tr -d '\r' | tee "$work/out"
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] || { echo "soak: QEMU ended with status $status"; exit 1; }
grep -q 'the end$' "$work/out" || { echo "soak: it did not come to its end"; exit 1; }
[ "$(grep 'books:' "$work/out" | sort -u | wc -l)" -eq 1 ] || { echo "soak: the books have changed"; exit 1; }
