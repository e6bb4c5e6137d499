#!/bin/bash
# guide.sh - what docs/guide.md shows of the examples is in their sources, word for word, and what it
# says that they print is what the tests expect of them.
#
# usage: guide.sh [--update BUILD-DIRECTORY]
#
#   --update  first write what the programs of a build print into the tests and the guide
#
# A block behind "<!-- from FILE -->" is lines of FILE that stand together; one behind
# "<!-- output of NAME -->" is all of tests/examples/guide-NAME.txt.
set -u
guide=docs/guide.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

if [ "${1:-}" = --update ]; then
    build=$(cd "${2:?--update needs a directory}" && pwd) || exit
    for program in "$build"/examples/guide/guide-*; do
        [ -f "$program" ] || continue
        (cd "$scratch" && "$program") >"tests/examples/$(basename "$program").txt" || exit
    done
    awk '/^<!-- output of .* -->$/ { name = $4 }
        /^```/ && inside { inside = 0 }
        !inside
        /^```text/ && name != "" {
            file = "tests/examples/guide-" name ".txt"
            while ((getline line < file) > 0) print line
            close(file); name = ""; inside = 1
        }' "$guide" >"$scratch/new" && cp "$scratch/new" "$guide"
    rm -f "$scratch"/*
fi

# Blocks into files 1, 2, ...; what stands before each into "N.of".
awk -v to="$scratch/" '
    /^<!-- (from|output of) .* -->$/ { of = $0; next }
    /^```/ && inside { inside = 0; close(file); next }
    /^```/ && of != "" { n++; file = to n; print of > (file ".of"); close(file ".of"); printf "" > file
                         of = ""; inside = 1; next }
    /^```/ { print FILENAME ":" FNR ": a block that is from nowhere"; exit }
    inside { print > file }' "$guide" >"$scratch/complaints"
[ ! -s "$scratch/complaints" ] || {
    cat "$scratch/complaints"
    exit 1
}

# Does a file hold the lines of another, together?
holds() {
    awk 'NR == FNR { want[++n] = $0; next }
        { have[++m] = $0 }
        END {
            for (i = 1; i + n - 1 <= m; i++) {
                for (k = 1; k <= n && have[i + k - 1] == want[k]; k++) continue
                if (k > n) exit 0
            }
            exit 1
        }' "$2" "$1"
}

count=0
for of in "$scratch"/*.of; do
    block=${of%.of}
    read -r _ kind rest <"$of"
    rest=${rest% -->}
    if [ "$kind" = from ]; then
        if [ ! -s "$block" ] || ! holds "$rest" "$block"; then
            echo "guide: $guide shows this of $rest, which has other lines:"
            cat "$block"
            failed=1
        fi
    else
        diff -u "tests/examples/guide-${rest#of }.txt" "$block" || {
            echo "guide: $guide says that ${rest#of } prints something else than the tests expect:"
            echo "guide: if that is as it should be, tests/project/guide.sh --update BUILD-DIRECTORY"
            failed=1
        }
    fi
    count=$((count + 1))
done
[ "$count" -ge 12 ] || {
    echo "guide: only $count blocks were found"
    failed=1
}
for source in examples/guide/*.c; do
    grep -q "from $source" "$guide" || {
        echo "guide: $guide shows nothing of $source"
        failed=1
    }
done
exit "$failed"
