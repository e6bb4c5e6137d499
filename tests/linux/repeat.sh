#!/bin/bash
# repeat.sh - the same boot again and again: at the shell, the state is the same to the last bit.
#
# usage: repeat.sh LIBCPU_RUN FOLDER COUNT
#
# Exit status: 0 all hashes agree, 1 not, 77 no kernel is there.
set -u
program=$1 folder=$2 count=$3

if [ ! -s "$folder/vmlinuz-cloud" ] || [ ! -s "$folder/initrd.gz" ]; then
    echo "repeat.sh: SKIPPED: no kernel in $folder; scripts/fetch-linux fetches them"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

hash() { # the state when the shell has been waiting for some time
    "$program" -m 512M --max-insns 1600000000 --state-hash -kernel "$folder/vmlinuz-cloud" \
        -initrd "$folder/initrd.gz" -append console=ttyS0 </dev/null 2>&1 >"$scratch/log" |
        grep '^state hash'
}

first=$(hash)
grep -q 'BusyBox v' "$scratch/log" || {
    echo "repeat.sh: no shell"
    tail -5 "$scratch/log"
    exit 1
}
for ((i = 2; i <= count; i++)); do
    now=$(hash)
    if [ "$now" != "$first" ]; then
        echo "repeat.sh: boot $i: $now, the first: $first"
        exit 1
    fi
done
echo "$count boots: $first"
