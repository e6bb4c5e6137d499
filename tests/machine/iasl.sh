#!/bin/bash
# iasl.sh - ACPI's compiler takes every table apart, finds nothing wrong, and compiles what it found.
# usage: iasl.sh TEST_PROGRAM, which writes the tables when it is given a folder
set -u
program=$1

if ! command -v iasl >/dev/null 2>&1; then
    echo "iasl.sh: SKIPPED: there is no iasl here (package acpica-tools)"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0
for parts in all bare; do
    mkdir "$scratch/$parts"
    "$program" "$scratch/$parts" "$parts" || exit 1
    cd "$scratch/$parts" || exit 1
    for table in *.dat; do
        name=${table%.dat}
        if ! iasl -d "$table" >"$name.log" 2>&1 || grep -qE 'Error|Warning|Invalid|incorrect' "$name.log"; then
            echo "iasl.sh: $parts: $table cannot be taken apart:"
            cat "$name.log"
            failed=1
            continue
        fi
        iasl -vs "$name.dsl" >"$name.log" 2>&1
        if ! grep -q 'Compilation successful. 0 Errors, 0 Warnings' "$name.log"; then
            echo "iasl.sh: $parts: $name.dsl does not compile:"
            cat "$name.log"
            failed=1
        fi
    done
done
exit "$failed"
