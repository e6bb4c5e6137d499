#!/bin/bash
# text.sh LIBCPU-VIEW - every screen as text on the bundled guest, exit statuses, one line for each
# mistake. No display is needed.
set -u
view=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "text: $*"
    failed=1
}

# expect STATUS ARGUMENTS...
expect() {
    local want=$1 got
    shift
    timeout 100 "$view" "$@" </dev/null >"$dir/out" 2>"$dir/err"
    got=$?
    [ "$got" -eq "$want" ] || bad "[$*]: status $got, not $want: $(head -c 300 "$dir/err")"
}

# refuse STATUS WORD ARGUMENTS...: one line to standard error that holds the word.
refuse() {
    local want=$1 word=$2
    shift 2
    expect "$want" "$@"
    [ "$(wc -l <"$dir/err")" -eq 1 ] || bad "[$*]: not one line: $(cat "$dir/err")"
    grep -qF -- "$word" "$dir/err" || bad "[$*]: no '$word' in: $(cat "$dir/err")"
    grep -q '^libcpu-view: ' "$dir/err" || bad "[$*]: $(cat "$dir/err")"
}

# shows WORD...: each is in the last output.
shows() {
    local word
    for word in "$@"; do
        grep -qF -- "$word" "$dir/out" || bad "no '$word' in: $(cat "$dir/out")"
    done
}

# ---- screens ----

expect 0 --text --until cow
shows '▸1 Walk' 'Linear address 0x' 'write by ring 3' '4-level paging' 'PML4' 'page table' \
    'error code 0x7 = present, write, ring 3' 'the PTE is read-only (R/W is 0)' 'TLB  '
expect 0 --text --until demand
shows 'not present: the walk ends here' '#PF at the PML4E' 'nothing is mapped from'
expect 0 --text --until cow:2 --screen space --compare
shows 'lower half' 'higher half' 'r-xu' 'user' 'kernel' 'shared: the same frame' 'parted: another frame'
expect 0 --text --until user --screen physical
shows '16384 frames of 4 KiB' 'page tables' 'Frame 0x' 'where the CPU is' 'maps it at'
expect 0 --text --until syscall:3 --screen tlb
shows 'entries' 'global' 'none stale' 'Fills, evictions and flushes' 'evictions '
expect 0 --text --until syscall:3 --screen code
shows 'syscall' '0f 05' 'rax' 'cr3' 'Stack' 'Memory'
expect 0 --text --until interrupt --screen rings
shows 'ring 3' 'ring 0' 'timer 0x20' '8259 master' 'vectors 20…27' '8254 counter 0' 'of 298, mode 2' \
    'IDT at 0x' 'interrupt dpl'
expect 0 --text --until syscall:3 --screen rings
shows 'SYSCALL, RAX='

expect 0 --text --until end --screen console
shows 'init ended with code 0' 'Serial port COM1'

# Before paging there is none.
expect 0 --text --screen walk
shows 'no paging' 'CR0.PG is 0'
expect 0 --text --screen space
shows 'No paging'

# Slow motion, and registers that the step has changed.
expect 0 --text --until syscall --keys oo
shows '▸ 2 Decode' 'opcode' 'press o: it has not happened yet'
expect 0 --text --until syscall --keys ooo
shows '▸ 3 Execute' ' → '
# A breakpoint.
expect 0 --text --break 401002 --until end --screen code
shows '● 0000000000401002' 'breakpoint'
expect 0 --text --break 401002 --keys Rff --screen code
shows '● 0000000000401002' 'breakpoint'
# The TLB makes room.
expect 0 --text --until evict --screen tlb
shows 'TLB evicts 0x' 'evictions 1 '
# Search: rights, a frame, a symbol, a register, an address, none of these; and the next hit.
space=(--text --until user --screen space)
expect 0 "${space[@]}" --keys $'/w+u\n'
shows '▸00007fffffffe000' 'w+u: 1 of ' 'Map: 512 entries, together 2 MiB'
expect 0 "${space[@]}" --keys $'/w\n/\n'
shows 'w: 2 of ' '▸ffff888000000000' '◆'
expect 0 "${space[@]}" --keys $'/w+x\n'
shows "'w+x': nothing of that kind is mapped here"
expect 0 "${space[@]}" --keys $'/pa 100123\n'
shows 'pa 100123: 1 of 1, at 0xffff888000100123'
expect 0 "${space[@]}" --keys $'/page_faults\n'
shows 'at 0xffffffff8' ', page_faults'
expect 0 "${space[@]}" --keys $'/rsp\n'
shows '▸00007fffffffe000'
expect 0 "${space[@]}" --keys $'/5555\n'
shows '0x5555 is not mapped'
expect 0 "${space[@]}" --keys $'/zzz\n'
shows "'zzz' is no address, register or symbol"
# Code has names, where the image has symbols.
expect 0 --text --until syscall --keys s
shows 'syscall_entry+0x3'
expect 0 --text --until int80 --screen rings --size 160x42
shows 'IDT at 0x' 'interrupt dpl 3' 'trap_int80'
# Help, and steps from walk to walk.
expect 0 --text --keys '?'
shows 'run to the next page walk' 'slow motion'
expect 0 --text --until walk:9 --keys '[['
shows 'as recorded' 'walk of 0x' 'TLB  fill: this walk has put 0x'
expect 0 --text --until walk:9 --at rip --access x
shows 'TLB  hit: the next access uses 0x'

# ---- the tour ----

expect 0 --text --tour
shows 'Chapter 2 of 13: Paging is switched on' 'Chapter 6 of 13: INT 0x80' \
    'Chapter 11 of 13: The pages part' 'parted: another frame' \
    'stale: it still says' 'Chapter 13 of 13: The end'
! grep -q 'did not come to it' "$dir/out" || bad "a chapter of the tour was not reached"

# ---- pictures ----

# png_size: "WIDTHxHEIGHT" of the picture.
png_size() {
    od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}
if fc-list 2>/dev/null | grep -q DejaVuSansMono; then
    for scale in 1 1.25 2 3; do
        expect 0 --until cow --size 1024x640 --scale "$scale" --shot "$dir/$scale.png"
    done
    for want in 1:1024x640 1.25:1280x800 2:2048x1280 3:3072x1920; do
        [ "$(png_size "$dir/${want%:*}.png")" = "${want#*:}" ] ||
            bad "scale ${want%:*}: $(png_size "$dir/${want%:*}.png")"
    done
fi

# ---- statuses ----

printf '\364' >"$dir/halt"
expect 0 --help
shows '--until EVENT' '--shot FILE.png' '--image-format'
expect 0 --version
shows 'libcpu-view '
expect 0 --text --image-format flat:real16 "$dir/halt" --screen code
shows 'hlt'
refuse 64 "'nowhere'" --screen nowhere
refuse 64 "'xyz'" --text --at xyz
refuse 64 "'12q'" --text --break 12q
refuse 64 "'dusk'" --until dusk
refuse 64 "'10'" --size 10
refuse 64 "'blue'" --theme blue
refuse 64 "'1'" --font-size 1
refuse 64 "'0.5'" --scale 0.5
refuse 64 "'2x'" --scale 2x
refuse 64 "'4'" --size 9000x9000 --scale 4 --shot "$dir/x.png"
refuse 64 'about the bundled guest' --tour "$dir/halt"
refuse 64 'goes with --text' --at @x
refuse 64 'image already' a b
refuse 64 "no field 'x'" -drive x=1
refuse 66 '/none' -drive "file=$dir/none"
refuse 66 '/none' "$dir/none"
refuse 66 '@' --text --at "@$dir/none"
refuse 65 "$dir/halt" --text "$dir/halt"
refuse 65 'did not come' --text --until cow --max-insns 1000
refuse 69 'no font' --shot "$dir/x.png" --font "$dir/halt"
refuse 73 "$dir/no/x.png" --shot "$dir/no/x.png"


exit "$failed"
