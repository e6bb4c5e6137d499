#!/bin/bash
# readme.sh - the example of README.md prints what README.md says.
# usage: readme.sh PROGRAM
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
awk -v language=text -v output="$scratch/want" -f tests/project/extract.awk README.md
"$1" >"$scratch/got" || {
    echo "readme: the example ended with status $?"
    exit 1
}
[ -s "$scratch/want" ] || {
    echo "readme: README.md does not say what its example prints"
    exit 1
}
diff -u "$scratch/want" "$scratch/got"
