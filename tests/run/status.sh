#!/bin/bash
# status.sh LIBCPU-RUN - exit statuses, one line for each mistake, traces and outputs.
set -u
run=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "status: $*"
    failed=1
}

# A flat image of the given bytes: image NAME HEX...
image() {
    local name=$1
    shift
    printf '%b' "$(printf '\\x%s' "$@")" >"$dir/$name"
}

# expect STATUS ARGUMENTS...
expect() {
    local want=$1
    shift
    timeout 60 "$run" "$@" </dev/null >"$dir/out" 2>"$dir/err"
    local got=$?
    [ "$got" -eq "$want" ] || bad "[$*]: status $got, not $want"
}

# refuse STATUS WORD ARGUMENTS...: one line to standard error that holds the word.
refuse() {
    local want=$1 word=$2
    shift 2
    expect "$want" "$@"
    [ "$(wc -l <"$dir/err")" -eq 1 ] || bad "[$*]: not one line: $(cat "$dir/err")"
    grep -qF -- "$word" "$dir/err" || bad "[$*]: no '$word' in: $(cat "$dir/err")"
    grep -q '^libcpu-run: ' "$dir/err" || bad "[$*]: $(cat "$dir/err")"
}

image halt f4
image spin eb fe
image exit ba f4 00 b0 15 ee f4          # out 0xf4, 0x15
image off ba 04 06 b8 00 20 ef f4        # PM1a control: S5
image triple 0f 01 1d 09 00 10 00 0f 0b 00 00 00 00 00 00
image reset b0 06 ba f9 0c ee f4         # CF9h
image hello ba f8 03 b0 68 ee b0 69 ee f4

expect 0 -quiet -append init=/bin/story
expect 0 --image-format flat:real16 "$dir/off"
expect 43 --image-format flat:real16 "$dir/exit"
expect 2 --image-format flat:prot32 "$dir/triple"
expect 4 --image-format flat:real16 -max-insns 100 "$dir/spin"
expect 6 --image-format flat:real16 "$dir/halt"
expect 0 --image-format flat:real16 -no-reboot "$dir/reset"
expect 4 --image-format flat:real16 --max-insns 100 "$dir/reset" # again and again
expect 225 -append 'quiet init=/bin/missing' # 2 * 0x70 + 1
expect 0 --help
grep -q -- '--max-insns' "$dir/out" || bad "--help says nothing"
expect 0 --version

refuse 64 5x -m 5x
refuse 64 ram_size -m 0
refuse 64 foo -d int,foo
refuse 64 flying --cpu max,+flying
refuse 64 xsave --cpu base,+avx
expect 0 --cpu help
grep -q 'x86-64-v3' "$dir/out" && grep -qw 'avx2' "$dir/out" || bad "--cpu help: $(cat "$dir/out")"
refuse 64 sundial --clock sundial
refuse 64 tomorrow -rtc base=tomorrow
refuse 64 utc -rtc utc
refuse 64 2027-02-29 -rtc base=2027-02-29
refuse 64 25:00:00 -rtc base=2027-02-28T25:00:00
refuse 64 1969 -rtc base=1969-12-31
refuse 64 dice -seed dice
refuse 64 foo -serial foo
refuse 64 99999 --exit-port 99999
refuse 64 0x20 --exit-port 0x20
refuse 64 bogus --bogus
refuse 64 b a b
refuse 64 tcp::x -gdb tcp::x
refuse 64 tcp::0 -gdb tcp::0
refuse 64 tcp::65536 -gdb tcp::65536
refuse 64 tcp:1.2.3:1 -gdb tcp:1.2.3:1
refuse 64 tcp: -gdb tcp:
refuse 64 carrier -gdb carrier
refuse 64 unix: -gdb unix:
refuse 64 'too long' -gdb "unix:/$(printf '%0200d' 0)"
refuse 64 -S -S
refuse 64 stdio -gdb stdio -serial stdio
refuse 70 /nope/socket -gdb unix:/nope/socket
refuse 70 192.0.2.1 -gdb tcp:192.0.2.1:1234 # no address of this host
refuse 64 -1 --max-insns -1
for chapter in 0 8 5.99 5.9x 55 x '' -1; do
    refuse 64 "--tour '$chapter': a chapter from 1 to 7" "--tour=$chapter"
done
refuse 64 "--tour '9'" --tour 9
refuse 64 already --tour 1 2
refuse 64 'there is no --tour' --no-pause
for option in '-append quiet' "-kernel $dir/halt" '-m 32' '-cpu base' '-d int' --stats; do
    # shellcheck disable=SC2086
    refuse 64 'no other option' --tour 5 $option
done
refuse 64 tape --image-format tape
refuse 66 nonexistent /nonexistent
refuse 66 nope -initrd /nope
refuse 66 /nope/x -serial file:/nope/x
refuse 66 /nope/x -D /nope/x -d int
refuse 65 "$0" "$0"
head -c 4096 /dev/zero >"$dir/zeros"
refuse 65 zeros "$dir/zeros"
printf '\177ELF' >"$dir/short"
refuse 65 short "$dir/short"

head -c 1000 /dev/zero >"$dir/odd"
head -c 1024 /dev/zero >"$dir/disk"
refuse 66 nodisk -drive file=/nodisk
refuse 65 'size 1000' -drive "file=$dir/odd,format=raw"
refuse 64 "format 'qcow2'" -drive "file=$dir/disk,format=qcow2"
refuse 64 "snapshot 'yes'" -drive "file=$dir/disk,snapshot=yes"
refuse 64 "readonly ''" -drive "file=$dir/disk,readonly"
refuse 64 "index '4'" -drive "file=$dir/disk,index=4"
refuse 64 "index already" -drive "file=$dir/disk,index=1" -drive "file=$dir/disk,index=1"
refuse 64 'given twice' -drive "file=$dir/disk,if=ide,if=ide"
refuse 64 "no field 'cache'" -drive "file=$dir/disk,cache=none"
refuse 64 'file is missing' -drive format=raw
cp "$dir/disk" "$dir/a,b"
expect 6 --image-format flat:real16 -drive "file=$dir/a,,b,format=raw,media=disk" "$dir/halt"

expect 6 --image-format flat:real16 -serial "file:$dir/com1" "$dir/hello"
[ "$(cat "$dir/com1")" = hi ] || bad "-serial file: '$(cat "$dir/com1")'"
expect 6 --image-format flat:real16 -d in_asm,exec,cpu,io -D "$dir/trace" "$dir/hello"
grep -q 'out dx, al' "$dir/trace" || bad "-d in_asm: no disassembly"
grep -q 'port write 0x3f8 size 1 <- 0x68' "$dir/trace" || bad "-d io: no port access"
grep -q '^rax ' "$dir/trace" || bad "-d cpu: no registers"
expect 0 -append init=/bin/story -d int,walk -D "$dir/trace"
grep -q '^interrupt *0x20 ' "$dir/trace" || bad "-d int: no timer"
grep -q '^exception *0x0e .*error 0x0006  address 0x0000000000000000' "$dir/trace" ||
    bad "-d int: no page fault at 0"
grep -q '^walk .*PML4E@.*-> fault' "$dir/trace" || bad "-d walk: no fault"

hash() { timeout 60 "$run" -append init=/bin/story --state-hash "$@" </dev/null 2>&1 >/dev/null | tail -n 1; }
[ -n "$(hash)" ] && [ "$(hash)" = "$(hash --stats)" ] || bad "two runs differ"
expect 0 -append init=/bin/story --stats
grep -q '^instructions [1-9]' "$dir/err" || bad "--stats: $(cat "$dir/err")"

# Input from a pipe: nothing of it is lost, and the end of it is the shell's end.
piped() { # INPUT STATUS TEXT...
    local input=$1 want=$2
    shift 2
    printf "$input" | timeout 60 "$run" -append 'quiet init=/bin/sh' 2>"$dir/err" | tr -d '\r' >"$dir/out"
    local got=${PIPESTATUS[1]}
    [ "$got" -eq "$want" ] || bad "[$input]: status $got, not $want"
    for text in "$@"; do
        grep -qF -- "$text" "$dir/out" || bad "[$input]: no '$text' in: $(cat "$dir/out")"
    done
}
piped 'hello\nexit 3\n' 7 '$ hello' 'hello through SYSCALL'
piped 'ls /; exit\n' 0 '$ ls /; exit' proc
piped '' 0 'A small operating system' '$ '
piped 'cat' 0 '$ cat'
piped 'cat\nto cat' 0 'to cat'
piped 'echo no newline, sh -c "exit 5"' 0
piped 'sh -c "exit 5"\n' 11
long=$(printf 'x%.0s' {1..900})
piped "echo $long | wc\n" 0 '1 1 901'
expect 0 --quiet
(sleep 0.2; echo 'echo la''ter'; sleep 0.2; echo exit 3) | timeout 60 "$run" --quiet >"$dir/out"
[ $? -eq 7 ] && grep -q later "$dir/out" || bad "input that comes later: $(cat "$dir/out")"

# The same input gives the same machine.
printf 'hello\nls /bin | sort | head -n 3\ncow\nexit\n' >"$dir/typed"
typed() { timeout 60 "$run" --quiet --state-hash <"$dir/typed" 2>&1 >/dev/null | tail -n 1; }
one=$(typed) two=$(typed)
[[ $one = 'state hash '* && $one = "$two" ]] || bad "two runs with the same input differ: $one, $two"

# A guest without interrupts, which empties the receiver's FIFO some time after its start.
image poll ba fa 03 b9 00 f0 e2 fe b0 07 ee ba fd 03 ec a8 01 74 fb ba f8 03 ec e6 f4
printf A | timeout 60 "$run" --image-format flat:real16 "$dir/poll"
[ $? -eq 131 ] || bad "a guest that polls does not get the first byte"
exit "$failed"
