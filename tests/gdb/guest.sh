#!/bin/bash
# guest.sh LIBCPU-RUN GUEST64.ELF PROGRAMS MODES.ELF MODES.BIN - Debian's gdb drives the bundled guest
# from its first instruction to user mode, and a boot sector from real mode to long mode.
# Status 77: there is no gdb.
set -u
run=$1 kernel=$2 programs=$3 modes=$4 sector=$5
command -v gdb >/dev/null || { echo "guest.sh: no gdb here (scripts/setup --optional)"; exit 77; }
dir=$(mktemp -d)
machine=
# shellcheck disable=SC2317 # called by the trap
cleanup() {
    [ -z "$machine" ] || kill "$machine" 2>/dev/null
    rm -rf "$dir"
}
trap cleanup EXIT
socket=$dir/gdb
failed=0

bad() {
    echo "guest.sh: $*"
    failed=1
}

# shows TEXT...: lines that gdb printed hold these, each behind the one before.
shows() {
    local at=1 line
    for text in "$@"; do
        line=$(tail -n +"$at" "$dir/gdb.out" | grep -nF -m 1 -- "$text" | cut -d: -f1)
        if [ -z "$line" ]; then
            bad "no '$text' from line $at on in:"
            cat -n "$dir/gdb.out"
            return
        fi
        at=$((at + line))
    done
}

# debug: run gdb with the commands of standard input, on the kernel's symbols.
debug() {
    { printf '%s\n' 'set confirm off' 'set pagination off' 'set width 0'; cat; } >"$dir/commands"
    timeout 60 gdb -nx -batch -x "$dir/commands" "$kernel" >"$dir/gdb.out" 2>&1 </dev/null
}

# start ARGUMENTS...: the machine, held, with a pipe for its keyboard.
start() {
    mkfifo "$dir/keys"
    timeout 120 "$run" -S -gdb "unix:$socket" "$@" <"$dir/keys" >"$dir/serial" 2>"$dir/err" &
    machine=$!
    exec 9>"$dir/keys"
    for _ in $(seq 100); do
        [ -S "$socket" ] && return
        sleep 0.1
    done
    bad "no socket"
}

# ended STATUS: the machine ends with it.
ended() {
    exec 9>&-
    wait "$machine"
    local status=$?
    machine=
    [ "$status" -eq "$1" ] || bad "status $status, not $1: $(cat "$dir/err")"
    [ ! -e "$socket" ] || bad "the socket was left"
    rm -f "$dir/keys"
}

# output TEXT: wait until the guest has printed it.
output() {
    for _ in $(seq 300); do
        grep -qF -- "$1" "$dir/serial" && return
        sleep 0.1
    done
    bad "the guest did not print '$1'"
}

# ---- from the first instruction to user mode ----

entry=$(od -An -tx8 -j24 -N8 "$programs/story" | tr -d ' ' | sed 's/^0*//')
start -append init=/bin/story
"$run" -S -gdb "unix:$socket" >/dev/null 2>"$dir/err2" </dev/null
status=$?
[ "$status" -eq 70 ] && grep -q '^libcpu-run: .*in use' "$dir/err2" || bad "two at one socket: $status"
debug <<END
target remote $socket
printf "start: pc %lx cs %x cr0 %lx efer %lx\n", \$pc, \$cs, (long)\$cr0, (long)\$efer
info threads
stepi 3
printf "third: pc %lx sp %lx\n", \$pc, \$rsp
tbreak in_long_mode
continue
p \$efer
p \$cr0
break kernel_main
continue
backtrace
x/i \$pc
info registers rip
monitor walk \$rip
monitor maps
monitor tlb
monitor gdt
monitor devices
detach
END
shows 'start: pc 100010 cs 8 cr0 11 efer 0' '(32-bit protected mode, CPL 0)' \
    'third: pc 100017 sp ' 'in in_long_mode ()' '= [ SCE LME LMA NXE ]' ' NE WP PG ]' \
    'Breakpoint 2, ' '#0 ' '<kernel_main>:' '<kernel_main>' \
    '4-level paging' 'PML4E at' 'physical 0x' '0xffffffff80000000-' ' entries' \
    'code64 execute/read DPL 0' 'port 0x0040-0x0043  8254 PIT' '[Inferior 1 (Remote target) detached]'
ended 0

start -append init=/bin/story
debug <<END
target remote $socket
tbreak *0x$entry
continue
printf "user: pc %lx cpl %d if %d\n", \$pc, \$cs & 3, (\$eflags >> 9) & 1
info threads
break syscall_entry
continue
printf "syscall: from %lx cpl %d\n", \$rcx, \$cs & 3
delete
tbreak *(\$rcx - 2)
continue
x/i \$pc
stepi
printf "stepped: %d\n", \$pc == (unsigned long)&syscall_entry
monitor idt
set var \$r15 = 0x1122334455667788
p/x \$r15
set var \$xmm3.uint128 = 5
p \$ymm3.v4_int64
p \$st0
tbreak trap_common
continue
printf "trap: cpl %d\n", \$cs & 3
watch *(unsigned long *)&jiffies
continue
continue
delete
rwatch *(unsigned long *)&jiffies
continue
delete
awatch *(unsigned long *)&current
continue
delete
monitor stats
detach
END
shows "user: pc $entry cpl 3 if 1" '(64-bit mode, CPL 3)' 'in syscall_entry ()' \
    'syscall: from 40' 'syscall' 'in syscall_entry ()' 'stepped: 1' '80  0008:0xffffffff8' \
    '= 0x1122334455667788' '= {5, 0, 0, 0}' '= 0' 'trap: cpl 0' \
    'Hardware watchpoint ' 'Old value = 0' 'New value = 1' 'Old value = 1' 'New value = 2' \
    'Hardware read watchpoint ' 'Value = ' 'Hardware access (read/write) watchpoint ' 'alue = ' \
    'page walks ' '[Inferior 1 (Remote target) detached]'
ended 0
grep -q 'init ended with code 0' "$dir/serial" || bad "the guest did not run on"

# ---- Ctrl-C, detach, attach again, the end ----

start -append 'quiet init=/bin/sh'
cat >"$dir/interrupted" <<END
set confirm off
set pagination off
target remote $socket
continue
info threads
p (long)jiffies > 0
detach
END
timeout --foreground 100 gdb -nx -batch -x "$dir/interrupted" "$kernel" >"$dir/gdb.out" 2>&1 </dev/null &
debugger=$!
output '$ ' # the machine runs, so gdb waits for it to stop
kill -INT "$debugger" # passed on to gdb
wait "$debugger"
shows 'received signal SIGINT' '64-bit mode' '= 1' 'detached'
echo hello >&9
output 'hello through SYSENTER'
cat >"$dir/commands" <<END
target remote $socket
info threads
shell echo exit 3 >&9
continue
END
timeout 60 gdb -nx -batch -x "$dir/commands" "$kernel" >"$dir/gdb.out" 2>&1 </dev/null
shows '64-bit mode' 'exited with code 07]'
ended 7

# ---- one gdb from real to long mode, through a pipe ----

cat >"$dir/commands" <<END
set confirm off
set width 0
target remote | $run -S -gdb stdio $sector
printf "real: pc %lx cs %x cr0 %lx\n", \$pc, \$cs, (long)\$cr0
info threads
monitor disas
tbreak protected
continue
printf "protected: pc %d cs %x\n", \$pc == (unsigned long)&protected, \$cs
p \$cr0
info threads
stepi 5
printf "stack: ss %x rsp %lx\n", \$ss, \$rsp
hbreak wide
continue
printf "long: pc %d cs %x cr3 %lx\n", \$pc == (unsigned long)&wide, \$cs, \$cr3
p \$cr4
p \$efer
p \$cr0
info threads
stepi 5
p/x \$rax
p \$st0
p/x \$xmm1.uint128
p/x \$ymm1h
x/gx \$rsp
watch *(long *)&counter
continue
continue
p *(long *)&counter
kill
END
timeout 60 gdb -nx -batch -x "$dir/commands" "$modes" >"$dir/gdb.out" 2>&1 </dev/null
shows 'real: pc 7c00 cs 0 cr0 60000010' '(real mode, CPL 0)' 'xor ax, ax' 'lgdt ' \
    'protected: pc 1 cs 8' '= [ PE ET NW CD ]' '(32-bit protected mode, CPL 0)' \
    'stack: ss 10 rsp 7000' 'long: pc 1 cs 18 cr3 1000' '= [ PAE OSFXSR OSXMMEXCPT ]' \
    '= [ LME LMA ]' '= [ PE ET NW CD PG ]' '(64-bit mode, CPL 0)' '= 0x123456789abcdef0' '= 1' \
    '= 0xffffffffffffffffffffffffffffffff' '= 0x0' '0x123456789abcdef0' \
    'Old value = 0' 'New value = 1' 'Old value = 1' 'New value = 2' '= 2'

# ---- code with a base of CS ----

# 0000:7c00 jmp 07c0:0005; mov ax, 0x1234; inc ax; jmp $-1; with the signature of a boot sector
{
    printf '\xea\x05\x00\xc0\x07\xb8\x34\x12\x40\xeb\xfd'
    head -c 499 /dev/zero
    printf '\x55\xaa'
} >"$dir/based"
cat >"$dir/commands" <<END
target remote | $run -S -gdb stdio $dir/based
printf "real: pc %lx cs %x ax %x\n", \$pc, \$cs, \$ax
info threads
stepi
printf "jumped: pc %lx cs %x base %lx\n", \$pc, \$cs, \$cs_base
monitor disas
monitor pc linear
break *0x7c08
continue
printf "there: pc %lx ax %x\n", \$pc, \$ax
continue
printf "again: ax %x\n", \$ax
kill
END
timeout 60 gdb -nx -batch -x "$dir/commands" >"$dir/gdb.out" 2>&1 </dev/null
shows 'real: pc 7c00 cs 0' '(real mode, CPL 0)' 'jumped: pc 5 cs 7c0 base 7c00' \
    'mov ax, 0x1234' 'Breakpoint 1, ' 'there: pc 7c08 ax 1234' 'Breakpoint 1, ' 'again: ax 1235'
exit "$failed"
