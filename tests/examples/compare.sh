#!/bin/bash
# compare.sh - a program ends well and prints what a file says.
# usage: compare.sh EXPECTED PROGRAM [ARGUMENT...]
set -u
expected=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$@" >output </dev/null || {
    echo "compare: $1 ended with status $?"
    exit 1
}
diff -u "$expected" output
