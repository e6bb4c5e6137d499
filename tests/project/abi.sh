#!/bin/bash
# abi.sh - what programs that were built against the headers depend on is as it was: the exported
# names, the layout of public structs, the values of enumerators.
# usage: abi.sh CC [NM SHARED-LIBRARY]      compare with tests/api/exports.txt and tests/api/abi.txt
#        abi.sh --update CC                 write both files anew, for a change that is meant
set -u
update=
[ "$1" = --update ] && update=1 && shift
cc=$1 nm=${2:-} shared=${3:-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

cat include/libcpu/*.h | tr '\n' ' ' | grep -oE 'LIBCPU_API [^;(]*\(' |
    grep -oE 'libcpu_[a-z0-9_]+ ?\($' | tr -d ' (' | LC_ALL=C sort -u > "$work/exports.txt"
"$cc" -E -P -Iinclude include/libcpu/libcpu.h | awk -f tests/project/abi.awk > "$work/abi.c" &&
    "$cc" -std=c17 -Iinclude -o "$work/abi" "$work/abi.c" &&
    "$work/abi" | LC_ALL=C sort > "$work/abi.txt" || { echo "abi: the layout cannot be printed"; exit 1; }
# A parser that sees nothing finds nothing changed.
if [ "$(grep -c '^struct [a-z_]*:' "$work/abi.txt")" -lt 10 ] || [ "$(wc -l < "$work/exports.txt")" -lt 50 ]; then
    echo "abi: the headers were not understood"
    exit 1
fi

if [ -n "$update" ]; then
    cp "$work/exports.txt" "$work/abi.txt" tests/api/
    exit
fi

compare() {
    diff -u "$1" "$2" && return
    echo "abi: $3"
    failed=1
}

how='If that is meant, run tests/project/abi.sh --update cc, and say so in CHANGELOG.md.'
compare tests/api/exports.txt "$work/exports.txt" "the headers declare other functions. $how"
compare tests/api/abi.txt "$work/abi.txt" "layouts or numbers have changed. $how"
if [ -n "$shared" ]; then
    "$nm" -D --defined-only "$shared" | awk '{ sub(/@.*/, "", $3); print $3 }' |
        LC_ALL=C sort -u > "$work/symbols.txt"
    compare tests/api/exports.txt "$work/symbols.txt" "$shared exports other names. $how"
fi
exit "$failed"
