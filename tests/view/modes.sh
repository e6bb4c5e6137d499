#!/bin/bash
# modes.sh LIBCPU-VIEW IMAGES DISK - every screen in every paging mode, and on images that fault: what it
# says is what that mode has.
set -u
view=$1 images=$2 disk=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "modes: $*"
    failed=1
}

# look ARGUMENTS...: the screen is in $dir/out.
look() {
    timeout 100 "$view" --text "$@" </dev/null >"$dir/out" 2>"$dir/err" ||
        bad "[$*]: status $?: $(head -c 300 "$dir/err")"
    last="$*"
}

shows() {
    local word
    for word in "$@"; do
        grep -qF -- "$word" "$dir/out" || bad "[$last]: no '$word' in: $(cat "$dir/out")"
    done
}

# every_screen ARGUMENTS...: each has its tab lit, its state line, and not a line too long.
every_screen() {
    local screen
    for screen in walk space physical tlb code rings console; do
        look --screen "$screen" "$@"
        [ "$(wc -l <"$dir/out")" -eq 42 ] || bad "[$last]: $(wc -l <"$dir/out") lines"
        [ "$(LC_ALL=C.UTF-8 wc -L <"$dir/out")" -le 128 ] || bad "[$last]: too wide"
        shows '▸' 'ring ' 'instructions'
    done
    pictures "$@"
}

# The same as pictures, in the smallest size that is meant: each is one, and no two are the same.
pictures() {
    local screen
    fc-list 2>/dev/null | grep -q DejaVuSansMono || return
    for screen in walk space physical tlb code rings console; do
        timeout 100 "$view" --screen "$screen" --size 1024x640 --shot "$dir/$screen.png" "$@" \
            </dev/null 2>"$dir/err" || bad "[$*]: $screen: no picture: $(cat "$dir/err")"
        [ "$(head -c 4 "$dir/$screen.png" | tail -c 3)" = PNG ] || bad "[$*]: $screen: no PNG"
    done
    [ "$(cd "$dir" && sha256sum ./*.png | cut -d' ' -f1 | sort -u | wc -l)" -eq 7 ] ||
        bad "[$*]: two screens look the same"
}

five=(-append 5 --until 200000 "$images/paging_long.elf")
every_screen "${five[@]}"
look "${five[@]}" --at 100000
shows '5-level paging' 'sign  63…57' 'PML5  56…48' 'PML5' 'Physical 0x100000'
look "${five[@]}" --at 1008040201000
shows 'PML5' 'error code'
look "${five[@]}" --at 0100000000000000
shows 'not canonical' 'bit 56'
look "${five[@]}" --screen space
shows 'together 128 PiB' 'lower half' 'higher half'

pae=(-append pae --until 60000 "$images/paging_prot.elf")
every_screen "${pae[@]}"
look "${pae[@]}" --at 100000
shows 'PAE paging' 'PDPT  31…30' 'PD  29…21' 'Physical 0x100000' '2 MiB page'
look "${pae[@]}" --screen space
shows 'Map: 4 entries, together 4 GiB'

thirty_two=(-append 32 --until 60000 "$images/paging_prot.elf")
every_screen "${thirty_two[@]}"
look "${thirty_two[@]}" --at 100000
shows '32-bit paging' 'PD  31…22' 'Physical 0x100000' '4 MiB page'
look "${thirty_two[@]}" --at 80401000 --access wu
shows 'PT  21…12' 'error code 0x'
look "${thirty_two[@]}" --screen space
shows 'Map: 1024 entries, together 4 GiB'
look "${thirty_two[@]}" --screen space --keys $'/u\n'
shows 'u: 1 of ' '▸0000000000400000'

# Four levels, faults of every kind, delivered by the image itself.
faults=("$images/faults.elf")
every_screen --until fault "${faults[@]}"
look --until fault:2 --screen rings "${faults[@]}"
shows 'exception #' 'IDT at 0x' 'dpl'
look --until fault:6 --screen code "${faults[@]}"
shows '▸'

# Without paging: real mode, protected mode. A triple fault ends it, and that is said.
printf '\364' >"$dir/halt"
printf '\017\001\035\011\000\020\000\017\013\000\000\000\000\000\000' >"$dir/triple"
every_screen --image-format flat:real16 "$dir/halt"
shows 'real mode'
every_screen --image-format flat:prot32 --until end "$dir/triple"
shows 'triple fault'
look --image-format flat:prot32 --screen code "$dir/triple"
shows 'lidt' 'ud2'

# An image that changes its tables and says nothing: the TLB is stale, and the window knows.
#   mov eax, [0x200000]; mov rbx, cr3; mov rbx, [rbx]; and rbx, -4096; mov rbx, [rbx];
#   and rbx, -4096; mov qword [rbx + 8], 0x400083; jmp $
code='\x8b\x04\x25\x00\x00\x20\x00\x0f\x20\xdb\x48\x8b\x1b\x48\x81\xe3\x00\xf0\xff\xff'
code+='\x48\x8b\x1b\x48\x81\xe3\x00\xf0\xff\xff\x48\xc7\x43\x08\x83\x00\x40\x00\xeb\xfe'
printf '%b' "$code" >"$dir/stale"
look --image-format flat:long64 --until stale "$dir/stale"
shows 'stale: it still says 0x200000' 'nobody said INVLPG' 'the TLB is stale for 0x200000' \
    'Physical 0x400000'
look --image-format flat:long64 --until stale --screen tlb "$dir/stale"
shows '1 stale' 'STALE'

# PCIDs: whose the entries are.
#   mov rax, cr4; bts rax, 17; mov cr4, rax; mov rax, cr3; or rax, 5; mov cr3, rax;
#   mov ecx, [0x5000]; jmp $
code='\x0f\x20\xe0\x48\x0f\xba\xe8\x11\x0f\x22\xe0\x0f\x20\xd8\x48\x83\xc8\x05\x0f\x22\xd8'
code+='\x8b\x0c\x25\x00\x50\x00\x00\xeb\xfe'
printf '%b' "$code" >"$dir/pcid"
look --image-format flat:long64 --until 20 --screen tlb "$dir/pcid"
shows '   PCID 5' '0000000000005000 → 0000005000 ring 0' 'rwx 2 MiB              PCID 5'

# From the reset vector: firmware, boot sector, loader, kernel.
look -drive "file=$disk,snapshot=on" --screen code
shows 'real mode' 'rip 0xfff0' 'cs  f000' '▸ 00000000fffffff0'
look -drive "file=$disk,snapshot=on" --until 'output=[boot]' --screen console
shows '[firmware]' '[loader]' '[boot]'
look -drive "file=$disk,snapshot=on" --until paging
shows '4-level paging' 'CR0 := 0x8'

exit "$failed"
