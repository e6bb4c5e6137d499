#!/bin/bash
# manual.sh - every function of the library has its manual page, which knows its prototype and has it
# among its names, so that `man FUNCTION` finds it; pages refer to pages that are there; the pages are
# clean.
set -u
failed=0

complain() {
    echo "manual: $*"
    failed=1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prototypes() {
    awk -f tests/project/prototypes.awk "$@"
}

prototypes include/libcpu/*.h | cut -d' ' -f2- | sort >"$scratch/headers"
prototypes docs/man/*.3 | cut -d' ' -f2- | sort >"$scratch/pages"
[ "$(wc -l <"$scratch/headers")" -gt 50 ] || complain "the headers' functions were not found"
while read -r line; do
    complain "the headers have this, no page in docs/man has: $line"
done < <(comm -23 "$scratch/headers" "$scratch/pages")
while read -r line; do
    complain "a page in docs/man has this, the headers do not: $line"
done < <(comm -13 "$scratch/headers" "$scratch/pages")

# Names of a page: the .Nm lines of its first section.
names() {
    awk '/^\.Sh/ { section++ } section == 1 && /^\.Nm/ { print $2 }' "$1"
}
for page in docs/man/*.3; do
    name=$(basename "$page" .3)
    names "$page" | grep -qx "$name" || complain "$page does not have its own name"
    while read -r function; do
        names "$page" | grep -qx "$function" || complain "$page: $function is not among its names"
    done < <(prototypes "$page" | grep -oE '[a-z0-9_]+\(' | tr -d '(')
    names "$page"
done | sort >"$scratch/out"
grep '^manual:' "$scratch/out" && failed=1
grep -v '^manual:' "$scratch/out" >"$scratch/names"
uniq -d "$scratch/names" | grep . && complain "names of more than one page: see above"

# The macros too that stand for functions.
while read -r macro; do
    grep -qx "$macro" "$scratch/names" || complain "no page is about $macro"
done < <(grep -hoE '#define libcpu_[a-z_]+\(' include/libcpu/*.h | sed 's/#define //; s/(//')

while read -r page; do
    grep -qx "$page" "$scratch/names" || complain "pages refer to $page(3), which is not there"
done < <(grep -hoE '^\.(Xr|It Xr) libcpu[a-z_]* 3' docs/man/*.3 | awk '{ print $(NF - 1) }' | sort -u)
[ -e docs/libcpu-run.1 ] || complain "docs/libcpu-run.1 is not there"

# What a formatter says to them. Whether other pages are installed here does not matter.
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning docs/man/*.3 docs/*.1 >"$scratch/lint"
elif command -v man >/dev/null 2>&1; then
    : >"$scratch/lint"
    for page in docs/man/*.3 docs/*.1; do
        man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>>"$scratch/lint" >/dev/null
    done
else
    echo "manual: SKIPPED, there is neither mandoc nor man (scripts/setup --optional)"
    [ "$failed" -ne 0 ] || exit 77
    exit 1
fi
if [ -s "$scratch/lint" ]; then
    cat "$scratch/lint"
    failed=1
fi
exit "$failed"
