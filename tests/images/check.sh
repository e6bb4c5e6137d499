#!/bin/bash
# check.sh [-disk SECTORS] MACHINE PROGRAM IMAGE ARGUMENT EXPECT [ARGUMENTS...] - run an image in a machine
# and judge its output.
#
# -disk gives the machine a disk whose sectors begin with "sector N".
# MACHINE is libcpu or qemu, PROGRAM its program.  EXPECT is expect/NAME.txt, the output line by line
# and how the run stopped, or a program that judges the output, told MACHINE and ARGUMENTS.  For QEMU, a file
# expect/NAME.qemu beside it holds the lines in which QEMU may differ: see README.md.
#
# Exit status: 0 as expected, 1 not, 77 the machine is not there.
set -u
sectors=0
if [ "$1" = -disk ]; then
    sectors=$2
    shift 2
fi
machine=$1 program=$2 image=$3 argument=$4 expect=$5
shift 5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
known=/dev/null
[ "$machine" = qemu ] && [ -e "${expect%.txt}.qemu" ] && known=${expect%.txt}.qemu

disk=()
if [ "$sectors" -gt 0 ]; then
    awk -v n="$sectors" 'BEGIN { for (i = 0; i < n; i++) printf "sector %-504d\n", i }' >"$dir/disk"
    disk=(-drive "file=$dir/disk,format=raw,if=ide")
fi

skip() {
    echo "images: SKIPPED, $*"
    exit 77
}

if [ "$machine" = qemu ]; then
    command -v "$program" >/dev/null 2>&1 || skip "there is no $program (package qemu-system-x86)"
    reason=$(sed -n 's/^\* //p' "$known")
    [ -z "$reason" ] || skip "not for QEMU: $reason"
    # Time by instructions: what a device does meanwhile is then the same on every host.
    timeout 100 "$program" -accel tcg -icount shift=0,sleep=off -cpu max,vendor=GenuineIntel \
        -m 64 -display none -vga none -nodefaults -serial null -no-reboot \
        -debugcon "file:$dir/out" -device isa-debug-exit,iobase=0xf4,iosize=4 \
        "${disk[@]}" -kernel "$image" -append "$argument" </dev/null >"$dir/log" 2>&1
    status=$?
else
    timeout 100 "$program" -serial none -max-insns 400000000 "${disk[@]}" -kernel "$image" -append "$argument" \
        </dev/null 2>"$dir/out"
    status=$?
fi
case $machine$status in
*1) echo 'stop: debug exit 0' ;;
*3) echo 'stop: debug exit 1' ;;
libcpu2 | qemu0) echo 'stop: triple fault' ;;
*) echo "stop: status $status" ;;
esac >>"$dir/out"
# What libcpu-run itself says of a triple fault is not the image's.
sed -i '/^libcpu-run: triple fault/d' "$dir/out"

if [ "${expect%.txt}" = "$expect" ]; then
    "$expect" "$machine" "$@" <"$dir/out"
    exit
fi

# Every line as expected or, by its name, as the known differences have it; none missing, none more.
# The count of checks that failed is no line of its own.
awk -v machine="$machine" '
    function name(line) { return substr(line, 1, index(line, ": got ")) }
    function known(line, as) { return index(line, ": got ") && (line == as || as == name(line) " got *") }
    FILENAME == ARGV[1] { if ($0 !~ /^# / && $0 != "") other[name($0)] = $0; next }
    FILENAME == ARGV[2] { want[++wanted] = $0; next }
    {
        line = want[++n]
        if ($0 == line || (name($0) == name(line) && known($0, other[name(line)])))
            next
        if (length(other) && ($0 ~ /^FAILED / && line ~ /^ok / || $0 ~ /^stop: debug exit 1$/))
            next
        printf "line %d\n  %s: %s\n  expected: %s\n", n, machine, $0, line
        bad = 1
    }
    END {
        if (n != wanted)
            printf "%d lines, %d expected\n", n, wanted
        exit bad || n != wanted
    }
' "$known" "$expect" "$dir/out"
