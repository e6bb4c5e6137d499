#!/bin/bash
# busybox.sh - Debian's unmodified busybox-static runs its shell and tools on the guest operating
# system: tools.sh prints what tools.expected says, on libcpu and on QEMU.
#
# usage: busybox.sh LIBCPU-RUN OS.ELF MKCPIO
#
# Exit status 77: busybox-static is not installed.
set -u
run=$1 os=$2 mkcpio=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

busybox=
for file in /bin/busybox /usr/bin/busybox; do
    [ -n "$busybox" ] || ! grep -q 'statically linked' <(file -b "$file" 2>/dev/null) || busybox=$file
done
if [ -z "$busybox" ]; then
    echo "skipped: no static busybox (Debian package busybox-static)"
    exit 77
fi
"$mkcpio" "$work/archive" "bin/busybox=$busybox" bin/sh@busybox "sbin/init=$here/tools.sh" ||
    exit 1

status=0
check() { # name, exit status
    tr -d '\r' <"$work/out" >"$work/text"
    diff "$here/tools.expected" "$work/text" >"$work/diff" || {
        echo "$1 printed something else:"
        cat "$work/diff"
        status=1
    }
    [ "$2" -eq 11 ] || { # 2 * 5 + 1
        echo "$1 ended with status $2"
        status=1
    }
}

timeout 120 "$run" -nographic -append quiet -initrd "$work/archive" "$os" >"$work/out" </dev/null
check libcpu $?
if command -v qemu-system-x86_64 >/dev/null; then
    timeout 120 qemu-system-x86_64 -cpu max,vendor=GenuineIntel -m 64 -display none \
        -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -append quiet \
        -initrd "$work/archive" -kernel "$os" >"$work/out" </dev/null
    check QEMU $?
else
    echo "not compared with QEMU, which is not installed"
fi
exit $status
