#!/bin/bash
# session.sh - the same session at the guest's shell gives the same text on libcpu and on QEMU, from
# the first prompt on.
#
# usage: session.sh LIBCPU-RUN OS.ELF
#
# Exit status: 0 the same, 1 not, 77 there is no QEMU (libcpu's text was as expected).
set -u
run=$1 os=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0

cat >"$work/lines" <<'END'
echo one 'two  three' "$HOME" # a comment
ls /bin | sort | head -n 12
cat /etc/motd | grep -n spin
echo b >f; echo a >>f; sort f | cat; wc f; rm f; ls f
mkdir /tmp/d; cd /tmp/d; echo x >y; ls -l; cd /; rm /tmp/d/y /tmp/d
false; echo $?; sh -c 'exit 7'; echo $?; missing; echo $?
hello
args a 'b c'
script x; shebang y; cutoff; hello32; notelf
dynamic
cow
zero
faulty null; faulty rodata; faulty execute; faulty stack; faulty divide; faulty undefined
privileged
primes & wait
echo coop >/proc/sched; polite 3; cat /proc/sched | head -n 1
ps | grep sh | wc -l
cat /proc/meminfo | grep SwapTotal
END

# converse NAME COMMAND...: type a line at each prompt, and the end of the input at the last.
converse() {
    local name=$1 line seen=0
    shift
    rm -f "$work/in"
    mkfifo "$work/in"
    "$@" <"$work/in" >"$work/raw" 2>"$work/err" &
    local pid=$!
    exec 3>"$work/in"
    while read -r line || [ -n "$line" ]; do
        prompt "$seen" || {
            echo "$name: no prompt before '$line': $(tail -c 300 "$work/raw")"
            kill "$pid" 2>/dev/null
            return 1
        }
        seen=$(stat -c %s "$work/raw")
        printf '%s\n' "$line" >&3
    done < <(cat "$work/lines"; echo exit 5)
    wait "$pid"
    local got=$?
    exec 3>&-
    [ "$got" -eq 11 ] || { # 2 * 5 + 1
        echo "$name ended with status $got: $(tail -n 3 "$work/err")"
        return 1
    }
    tr -d '\r' <"$work/raw" >"$work/$name"
}

# prompt SIZE: wait until the output is longer and ends with a prompt.
prompt() {
    for ((i = 0; i < 1200; i++)); do
        [ "$(stat -c %s "$work/raw" 2>/dev/null || echo 0)" -gt "$1" ] &&
            [ "$(tail -c 2 "$work/raw")" = '$ ' ] && return 0
        sleep 0.05
    done
    return 1
}

converse libcpu timeout 200 "$run" -append 'quiet init=/bin/sh' "$os" || exit 1
for text in 'two  three /' 'hello through SYSENTER' '100 were copied' 'address 0 holds 0' '78498 primes'; do
    grep -qF -- "$text" "$work/libcpu" || { echo "libcpu: no '$text'"; status=1; }
done
if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "session: SKIPPED, there is no QEMU (package qemu-system-x86)"
    exit $((status ? status : 77))
fi
converse QEMU timeout 200 qemu-system-x86_64 -accel tcg -cpu max,vendor=GenuineIntel -m 64 -display none \
    -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 \
    -append 'quiet init=/bin/sh' -kernel "$os" || exit 1
diff "$work/libcpu" "$work/QEMU" || { echo "QEMU says something else"; status=1; }
exit "$status"
