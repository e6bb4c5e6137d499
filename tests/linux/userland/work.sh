#!/bin/bash
# work.sh - work whose output is the same on every computer that computes right.
#
# usage: work.sh [NAME...]        (default: all)
#
# scripts/fetch-linux runs it on the host, in the unpacked userland, to have what is expected; the
# guest runs it with the same programs. Nothing in it may depend on time, place or processor.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C TZ=UTC PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/tmp PYTHONHASHSEED=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# Some 700 KB of text with little and much repetition in it.
text() {
    seq 1 60000 | awk '{ printf "%d %x %s\n", $1, $1 * 40503 % 65536, ($1 % 7) ? "again and again" : "" }'
}

work_hash() {
    text >data
    sha256sum data
    sha512sum data
    b2sum data
    md5sum data
    cksum data
    openssl dgst -sha256 data
    openssl dgst -sha3-256 data
    openssl dgst -ripemd160 data 2>/dev/null || echo "no ripemd160"
    printf abc | sha256sum # FIPS 180-2, appendix B.1
}

work_cipher() {
    local cipher
    text >data
    for cipher in aes-128-cbc aes-256-ctr aes-192-ecb camellia-256-cbc chacha20; do
        openssl enc -"$cipher" -K "$(printf '%064d' 7)" -iv "$(printf '%032d' 9)" -in data -out secret 2>/dev/null
        sha256sum <secret
        openssl enc -d -"$cipher" -K "$(printf '%064d' 7)" -iv "$(printf '%032d' 9)" -in secret 2>/dev/null | cmp - data &&
            echo "$cipher: and back"
    done
    # An Ed25519 key of bytes 0 to 31; its signatures are deterministic (RFC 8032).
    printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040' >key
    for i in {0..31}; do printf "\\x$(printf %x "$i")"; done >>key
    openssl pkey -inform DER -in key -pubout -outform DER | sha256sum
    openssl pkeyutl -sign -rawin -keyform DER -inkey key -in data | sha256sum
}

work_text() {
    text | sort -k3 -k2,2 | sha256sum
    text | sort -n -r | uniq | tail -3
    text | sed 's/again \(.\)/\1&/; s/^\([0-9]*\)5/<\1>/' | md5sum
    text | grep -c '7.*a$'
    text | awk '{ n[$2 % 17] += $1 } END { for (i = 0; i < 17; i++) print i, n[i] }'
    text | tr 'a-f' 'A-F' | cut -d' ' -f2 | sort -u | wc -l
    text | split -l 7000 - piece && cat piece* | md5sum
    text | od -A n -t x8 | md5sum
}

work_gzip() {
    text >data
    gzip -9 -n <data | sha256sum
    gzip -1 -n <data | gunzip | sha256sum
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - data | gzip -n | gunzip | tar -xOf - | sha256sum
}

work_shell() {
    local i a=1 b=1 list=()
    for ((i = 0; i < 80; i++)); do ((b += a, a = b - a)); done
    echo "$a"
    for i in {1..200}; do list+=("$((i * i % 97))"); done
    printf '%s\n' "${list[@]}" | sort -n | uniq -c | md5sum
    (exit 7) || echo "status $?"
    seq 10 >one && seq 2 11 >other
    diff one other
}

work_python() { python3 "$here/work.py"; }
work_perl() { perl "$here/work.pl"; }

work_cc() {
    gcc -O2 -frandom-seed=1 -c "$here/work.c" -o work.o && sha256sum work.o
    gcc -O0 -frandom-seed=1 -S "$here/work.c" -o - | sha256sum
    gcc -O2 "$here/work.c" -o fast -lm && ./fast
    gcc -O0 "$here/work.c" -o slow -lm && ./slow | sha256sum
    ./fast | sha256sum
    gcc -O1 -mfpmath=387 "$here/work.c" -o x87 -lm && ./x87 | head -3
    objdump -d work.o | tail -n +4 | sha256sum
}

[ $# -gt 0 ] || set -- hash cipher text gzip shell python perl cc
for name in "$@"; do
    echo "== $name"
    "work_$name" 2>&1
done
