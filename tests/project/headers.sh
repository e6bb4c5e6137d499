#!/bin/bash
# headers.sh - every public header stands alone, in C99, C11, C17 and, where there is a compiler for
# it, C++17.
# usage: headers.sh CC
set -u
cc=$1
failed=0

for header in include/libcpu/*.h; do
    name=libcpu/$(basename "$header")
    # Twice: the guard works.
    text=$(printf '#include <%s>\n#include <%s>\nextern int libcpu_test;\n' "$name" "$name")
    for standard in c99 c11 c17; do
        "$cc" -x c -std=$standard -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -Iinclude \
            -fsyntax-only - <<<"$text" || {
            echo "headers: $name is not good $standard"
            failed=1
        }
    done
    if command -v c++ >/dev/null 2>&1; then
        c++ -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only - <<<"$text" || {
            echo "headers: $name is not good C++17"
            failed=1
        }
    fi
    [ "$name" = libcpu/libcpu.h ] || grep -q "<$name>" include/libcpu/*.h || {
        echo "headers: $name is included by no other header"
        failed=1
    }
done
command -v c++ >/dev/null 2>&1 || echo "headers: C++17 was not tried: there is no c++"

# Names: everything that a header defines has the prefix.
bad=$(grep -hoE '^[[:space:]]*#[[:space:]]*define[[:space:]]+[A-Za-z_0-9]+' include/libcpu/*.h |
    awk '{ print $NF }' | grep -vE '^(LIBCPU_|libcpu_)')
if [ -n "$bad" ]; then
    echo "headers: macros without prefix: $bad"
    failed=1
fi
exit "$failed"
