#!/bin/bash
# format.sh - every C file is as clang-format-14 leaves it; no text file has tabs where they do not
# belong, blanks at line ends, or a missing newline at its end.
set -u
failed=0

files() { # extensions...
    local args=() e
    for e in "$@"; do
        args+=(-o -name "*.$e")
    done
    find src include examples tests bench cmake docs scripts -type f \( "${args[@]:1}" \)
}

while read -r file; do
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
        echo "$file: no newline at the end"
        failed=1
    fi
    grep -nHE '[[:blank:]]$' "$file" && failed=1
    grep -nHP '\t' "$file" && failed=1
done < <(files c h def md cmake sh)
[ "$failed" -eq 0 ] || exit 1

if ! command -v clang-format-14 >/dev/null 2>&1; then
    echo "format: SKIPPED, there is no clang-format-14 (scripts/setup --optional)"
    exit 77
fi
files c h | xargs clang-format-14 --dry-run -Werror 2>&1 | grep -A 2 'error:' | head -n 60
exit $((PIPESTATUS[1] != 0))
