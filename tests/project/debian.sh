#!/bin/bash
# debian.sh - debian/ agrees with the tree: the version, the name of the library's package, and the
# list of its symbols. scripts/check-debian builds the packages; that takes too long for here.
# usage: debian.sh VERSION
set -u
version=$1
failed=0

complain() {
    echo "debian: $*"
    failed=1
}

soname=libcpu.so.$(cut -d. -f1,2 <<<"$version")
package=libcpu$(cut -d. -f1,2 <<<"$version")
head -n 1 debian/changelog | grep -qF "libcpu ($version-" || complain "debian/changelog does not begin with $version"
grep -qx "Package: $package" debian/control || complain "debian/control has no package $package"
symbols=debian/$package.symbols
[ -f "$symbols" ] || {
    complain "there is no $symbols"
    exit 1
}
head -n 1 "$symbols" | grep -qF "$soname $package " || complain "$symbols is not about $soname"

difference=$(diff <(awk '/@Base/ { sub(/@.*/, "", $1); print $1 }' "$symbols" | sort) \
    <(awk -f tests/project/prototypes.awk include/libcpu/*.h | grep -oE '[a-z0-9_]+\(' | tr -d '(' | sort))
[ -z "$difference" ] || complain "$symbols (<) and the headers (>) have different functions:" "$difference"
exit "$failed"
