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
diff -u "$expected" output || {
    echo "compare: when that is as it should be: tests/project/guide.sh --update BUILD-DIRECTORY for the"
    echo "compare: programs of the guide, or write it to $expected"
    exit 1
}
