#!/bin/bash
# programs.sh - C programs that were compiled for Linux with musl-gcc, static and dynamic (with musl's
# real interpreter as PT_INTERP), check the guest operating system from within: see programs/.
#
# usage: programs.sh LIBCPU-RUN OS.ELF MKCPIO
#
# Exit status 77: musl-gcc is not installed.
set -u
run=$1 os=$2 mkcpio=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if ! command -v musl-gcc >/dev/null; then
    echo "skipped: no musl-gcc (Debian package musl-tools)"
    exit 77
fi
interpreter=$(realpath /lib/ld-musl-x86_64.so.1) || exit 1

members=("lib/ld-musl-x86_64.so.1=$interpreter")
compile() { # name, program, options
    musl-gcc -std=c17 -O1 -Wall -Wextra -Wno-unused-result -I"$here/programs" \
        "$here/programs/$2.c" -o "$work/$1" "${@:3}" || exit 1
    members+=("bin/$1=$work/$1")
}
compile all all
compile memory memory
compile memory.static memory -static
compile signals signals
compile signals.static signals -static
compile exec exec
compile threads threads
compile stress stress -static
compile swapping swapping
compile vfork vfork -static
compile sharing sharing
"$mkcpio" "$work/archive" "${members[@]}" || exit 1

status=0
check() { # name, exit status, wanted programs
    tr -d '\r' <"$work/out" >"$work/text"
    if [ "$2" -ne 0 ] || [ "$(grep -c ' 0 failed$' "$work/text")" -ne "$3" ]; then
        echo "$1 (status $2):"
        cat "$work/text"
        status=1
    fi
}

on_libcpu() { # more options
    timeout 200 "$run" -nographic -m "$memory" "$@" -append "quiet init=/bin/all $options" \
        -initrd "$work/archive" "$os" >"$work/out" </dev/null
}
on_qemu() {
    timeout 200 qemu-system-x86_64 -cpu max,vendor=GenuineIntel -m "${memory%M}" -display none \
        -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -append "quiet init=/bin/all $options" -initrd "$work/archive" -kernel "$os" \
        >"$work/out" </dev/null
}

memory=64M
options="run=${ONLY:-memory,memory.static,signals,signals.static,exec,threads,stress,swapping,vfork,sharing}"
on_libcpu
check "on libcpu" $? 10
options='run=signals.static,signals,stress preempt=off sched=fixed'
on_libcpu
check "on libcpu, not preemptible, fixed slices" $? 3
truncate -s 128M "$work/disk" || exit 1
memory=16M options='run=sharing'
on_libcpu -drive "file=$work/disk,format=raw"
check "on libcpu, with a disk" $? 1
memory=64M
if command -v qemu-system-x86_64 >/dev/null; then
    options='run=memory,signals,memory.static,exec,threads'
    on_qemu
    check "on QEMU" $? 5
fi
exit $status
