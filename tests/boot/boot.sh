#!/bin/bash
# boot.sh LIBCPU-RUN QEMU GUEST-DIRECTORY - the bundled guest from a disk: by our firmware here, and by
# QEMU's there; and by our firmware in QEMU.
#
# From the boot loader's first line on the machines must say the same, in whatever order the programs
# that run side by side come.
#
# Exit status: 0 as expected, 1 not, 77 there is no QEMU (the rest was as expected).
set -u
run=$1 qemu=$2 guest=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "boot: $*"
    failed=1
}

# has FILE TEXT...: these lines, in this order.
has() {
    local file=$1 from=1 line
    shift
    for text in "$@"; do
        line=$(tail -n "+$from" "$file" | grep -nF -m 1 -- "$text" | cut -d: -f1)
        [ -n "$line" ] || bad "no '$text' from line $from on in $file: $(head -n 30 "$file")"
        from=$((from + ${line:-0}))
    done
}

"$guest/mkdisk" "$dir/disk" "$guest/sector.bin" "$guest/loader.bin" "$guest/guest.elf quiet init=/bin/story" \
    "$guest/archive.cpio programs" || exit 1
cp "$dir/disk" "$dir/before"

timeout 100 "$run" -max-insns 4000000000 -drive "file=$dir/disk,format=raw" </dev/null >"$dir/ours" 2>"$dir/log"
status=$?
[ "$status" -eq 0 ] || bad "status $status: $(cat "$dir/log")"
has "$dir/ours" '[firmware]     first instruction' '[firmware]     disk 80h' '[firmware]     boot sector' \
    "[loader]       kernel 'guest.elf quiet init=/bin/story'" "[loader]       module 'archive.cpio programs'" \
    '[loader]       entering the kernel' 'story(1)       /bin/story runs as pid 1' 'all done'
cmp "$dir/disk" "$dir/before" || bad "booting has changed the disk"

# The same as an option, and the same again.
hash() {
    timeout 100 "$run" -max-insns 300000000 -state-hash "$@" -drive "file=$dir/disk,format=raw,snapshot=on" \
        </dev/null 2>&1 >/dev/null | tail -n 1
}
one=$(hash) two=$(hash -bios "$guest/firmware.bin")
[[ $one = 'state hash '* && $one = "$two" ]] || bad "two runs differ: $one, $two"

# The loader on the firmware's screen, which is the serial port here.
"$guest/mkdisk" -screen "$dir/screen" "$guest/sector.bin" "$guest/loader.bin" "$guest/guest.elf quiet init=/bin/story" || exit 1
timeout 100 "$run" -max-insns 4000000000 -drive "file=$dir/screen,readonly=on" </dev/null >"$dir/out" 2>&1
has "$dir/out" '[firmware]     boot sector' "[loader]       kernel 'guest.elf quiet init=/bin/story'" 'all done'

# Sizes: whole cylinders, and not less than was asked for.
"$guest/mkdisk" -size 4 "$dir/large" "$guest/sector.bin" "$guest/loader.bin" "$guest/guest.elf" || exit 1
size=$(stat -c %s "$dir/large")
[ $((size % (16 * 63 * 512))) -eq 0 ] && [ "$size" -ge $((4 << 20)) ] && [ "$size" -lt $((5 << 20)) ] ||
    bad "mkdisk -size 4: $size bytes"
"$guest/mkdisk" -size 0 "$dir/x" "$guest/sector.bin" "$guest/loader.bin" "$guest/guest.elf" 2>"$dir/log" &&
    bad "mkdisk -size 0 is no error"

# A disk that cannot be booted, and one whose table is damaged.
head -c 65536 /dev/zero >"$dir/empty"
timeout 100 "$run" -max-insns 1000000000 -drive "file=$dir/empty" </dev/null >"$dir/out" 2>&1
[ $? -eq 6 ] || bad "an empty disk does not halt the machine"
has "$dir/out" '[firmware]     no disk has a boot sector'
printf X | dd of="$dir/disk" bs=1 seek=800 conv=notrunc status=none
timeout 100 "$run" -max-insns 1000000000 -drive "file=$dir/disk" </dev/null >"$dir/out" 2>&1
[ $? -eq 6 ] || bad "a damaged table does not halt the machine"
has "$dir/out" "[loader]       the disk's table is of another version, or its sum is wrong"
# The second disk is the first that has a boot sector.
timeout 100 "$run" -max-insns 4000000000 -drive "file=$dir/empty" -drive "file=$dir/before" \
    </dev/null >"$dir/out" 2>&1 || bad "booting from the second disk: status $?"
has "$dir/out" '[firmware]     boot sector of disk 81h' '[loader]       in protected mode, on drive 0x81' \
    'all done'

if ! command -v "$qemu" >/dev/null 2>&1; then
    echo "boot: SKIPPED, there is no $qemu (package qemu-system-x86)"
    [ "$failed" -eq 0 ] && exit 77
    exit 1
fi

# lines FILE: from the loader on, sorted.
lines() {
    sed -n '/^\[loader\]/,$p' "$1" | tr -d '\r' | sort
}

machine=("$qemu" -accel tcg -cpu "max,vendor=GenuineIntel" -m 64 -display none -vga none -nodefaults
    -no-reboot -drive "file=$dir/before,format=raw,if=ide,snapshot=on")
timeout 100 "${machine[@]}" -serial "file:$dir/theirs" </dev/null >"$dir/log" 2>&1 || bad "QEMU: $(cat "$dir/log")"
diff <(lines "$dir/ours") <(lines "$dir/theirs") || bad "QEMU says something else"

# Our firmware does not tell QEMU's chipset where to be switched off: that run ends at its last line.
"${machine[@]}" -serial "file:$dir/both" -bios "$guest/firmware.bin" </dev/null >"$dir/log" 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
    grep -q 'all done' "$dir/both" 2>/dev/null && break
    sleep 0.1
done
kill "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
diff <(tr -d '\r' <"$dir/ours" | sort) <(tr -d '\r' <"$dir/both" | sort) || bad "our firmware in QEMU"
exit "$failed"
