#!/bin/bash
# repeat.sh - the same boot again and again: at the shell, the state is the same to the last bit.
#
# usage: repeat.sh LIBCPU_RUN FOLDER COUNT [RECORD]
#
# RECORD is a file with a line for each boot done, so that a long run can be stopped and gone on with;
# its first line tells program, kernel and initramfs by their SHA-256, and another one is not
# gone on with. Exit status: 0 all hashes agree, 1 not, 64 a RECORD of something else, 77 no kernel.
set -u
program=$1 folder=$2 count=$3

if [ ! -s "$folder/vmlinuz-cloud" ] || [ ! -s "$folder/initrd.gz" ]; then
    echo "repeat.sh: SKIPPED: no kernel in $folder; scripts/fetch-linux fetches them"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
record=${4:-$scratch/record}

# libcpu-run may be linked with a shared libcpu: what runs is both.
what=$( (cat "$program" "$folder/vmlinuz-cloud" "$folder/initrd.gz"
    ldd "$program" 2>/dev/null | sed -n 's/.*libcpu[^ ]* => \([^ ]*\).*/\1/p' | xargs -r cat) |
    sha256sum | cut -d' ' -f1)
[ -s "$record" ] || echo "of $what" >"$record"
if [ "$(head -1 "$record")" != "of $what" ]; then
    echo "repeat.sh: $record is of another program, kernel or initramfs: $(head -1 "$record")"
    exit 64
fi

# The state when the shell has been waiting for some time. A hang is no state hash; it is processor
# time that counts, so that a run may be stopped with SIGSTOP too.
hash() {
    (ulimit -t 300
    exec "$program" -m 512M --max-insns 1600000000 --state-hash \
        -kernel "$folder/vmlinuz-cloud" -initrd "$folder/initrd.gz" -append "console=ttyS0 LINES=24" \
        </dev/null 2>&1 >"$scratch/log") | grep '^state hash' || echo "none"
}

for ((i = $(wc -l <"$record"); i <= count; i++)); do
    now=$(hash)
    if ! grep -q 'BusyBox v' "$scratch/log"; then
        echo "repeat.sh: boot $i: no shell"
        tail -5 "$scratch/log"
        exit 1
    fi
    echo "boot $i: $now" >>"$record"
    if [ "$(sed 1d "$record" | cut -d: -f2- | sort -u | wc -l)" != 1 ]; then
        echo "repeat.sh: boot $i: $now, the first: $(sed -n 2p "$record")"
        exit 1
    fi
done
echo "$count boots:$(sed -n 2p "$record" | cut -d: -f2-)"
