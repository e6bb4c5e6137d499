#!/bin/bash
# refuse.sh - real kernels made wrong: each is refused at once, by file, field and value.
#
# usage: refuse.sh LIBCPU_RUN FOLDER       FOLDER is scripts/fetch-linux's
#
# Exit status: 0 all were refused as they should be, 1 not, 77 no kernel is there.
set -u
program=$1 folder=$2
good=$folder/vmlinuz-cloud

if [ ! -s "$good" ] || [ ! -s "$folder/initrd.gz" ]; then
    echo "refuse.sh: SKIPPED: no kernel in $folder; scripts/fetch-linux fetches them"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

# refuse PATTERN OPTION...: status 65 and one line on standard error that matches.
refuse() {
    local pattern=$1 status
    shift
    timeout 60 "$program" "$@" </dev/null >"$scratch/out" 2>"$scratch/err"
    status=$?
    if [ "$status" = 65 ] && [ ! -s "$scratch/out" ] && [ "$(wc -l <"$scratch/err")" = 1 ] &&
        grep -qE "^libcpu-run: .*$pattern" "$scratch/err"; then
        echo "good  $(cut -c-150 "$scratch/err")"
    else
        echo "BAD   status $status, wanted /$pattern/: $(head -3 "$scratch/err")"
        failed=1
    fi
}

# with BYTES OFFSET: a copy of the kernel with these bytes there.
with() {
    cp "$good" "$scratch/kernel" && printf '%b' "$1" |
        dd of="$scratch/kernel" bs=1 seek="$(($2))" conv=notrunc status=none
}

refuse 'refuse.sh: not recognised as Linux' -m 512M -kernel "$0"
head -c 1000000 "$good" >"$scratch/short"
refuse 'short: .*truncated' -m 512M -kernel "$scratch/short"
head -c 600 "$good" >"$scratch/header"
refuse 'header: setup header: the file \(0x258\) ends inside it: truncated' -m 512M -kernel "$scratch/header"
with '\x05\x01' 0x206
refuse 'kernel: .*version.*0x105' -m 512M -kernel "$scratch/kernel" --image-format linux
with '\x00' 0x211 # LOADED_HIGH
refuse 'kernel: .*loadflags.*0x0' -m 512M -kernel "$scratch/kernel"
refuse 'vmlinuz-cloud: .*init_size 0x[0-9a-f]*: .*RAM' -m 64M -kernel "$good"
truncate -s 200M "$scratch/large"
refuse 'initrd: size 0xc800000: .*from 0x[0-9a-f]*, .*to 0x10000000' -m 256M -kernel "$good" -initrd "$scratch/large"
refuse 'command line: length 3000: .*2047' -m 512M -kernel "$good" -append "$(printf '%03000d' 0)"
refuse 'vmlinuz-cloud: e_ident: .*7f 45 4c 46' -m 512M -kernel "$good" --image-format pvh
exit "$failed"
