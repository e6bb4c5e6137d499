#!/bin/bash
# imports.sh - the library keeps its manners (law 10): it imports nothing that ends, prints or
# reads the environment, holds no writable data, runs no code by itself, and exports exactly what
# its headers declare.
# usage: imports.sh NM OBJDUMP STATIC-LIBRARY [SHARED-LIBRARY]
set -u
nm=$1 objdump=$2 static=$3 shared=${4:-}
failed=0

complain() {
    echo "imports: $1"
    sed 's/^/    /' <<<"$2"
    failed=1
}

forbidden='_?exit|_Exit|quick_exit|atexit|abort|__assert_fail|(__)?v?f?printf(_chk)?|puts|fputs|fputc'
forbidden+='|putchar|putc|perror|fwrite|std(in|out|err)|(secure_)?getenv|setenv|putenv|environ|signal'
forbidden+='|raise|kill|sigaction|sigprocmask|pthread_.*|thrd_.*|(__)?(sig)?_?setjmp|(__)?(sig)?longjmp(_chk)?'
forbidden+='|fork|vfork|exec[lv]p?e?|system|popen|sleep|nanosleep|usleep|setlocale|s?rand|random|dlopen'

# What the archive needs from outside is what no member of it defines.
imports=$("$nm" "$static" 2>/dev/null | awk '
    NF == 2 && ($1 == "U" || $1 == "w") { wanted[$2] = 1 }
    NF == 3 { defined[$3] = 1 }
    END { for (name in wanted) if (!(name in defined)) print name }' | sort)
bad=$(grep -xE "$forbidden" <<<"$imports")
[ -z "$bad" ] || complain "$static imports what a library must not use:" "$bad"

# Bytes of writable sections, in any member; .data.rel.ro is constant once it is loaded.
bad=$("$objdump" -h "$static" | awk '
    /:[ \t]+file format/ { member = $1 }
    $1 ~ /^[0-9]+$/ && $3 !~ /^0+$/ && $2 !~ /^\.data\.rel\.ro/ &&
        $2 ~ /^\.(data|bss|tdata|tbss|init_array|fini_array|ctors|dtors|preinit_array)/ {
        print member, $2, "0x" $3 }')
[ -z "$bad" ] || complain "$static holds writable data or constructors:" "$bad"
bad=$("$nm" "$static" 2>/dev/null | awk 'NF == 3 && $2 ~ /^[bBcC]$/ { print $2, $3 }')
[ -z "$bad" ] || complain "$static has variables:" "$bad"

[ -n "$shared" ] || exit "$failed"

bad=$("$nm" -D -u "$shared" | awk '{ sub(/@.*/, "", $2); print $2 }' | grep -xE "$forbidden")
[ -z "$bad" ] || complain "$shared imports what a library must not use:" "$bad"
bad=$("$nm" -D -u "$shared" | awk '{ print $2 }' | grep -E '^(lc|libcpu)_')
[ -z "$bad" ] || complain "$shared lacks:" "$bad"

# Functions that the headers declare.
declared=$(cat include/libcpu/*.h | tr '\n' ' ' | grep -oE 'LIBCPU_API [^;(]*\(' |
    grep -oE 'libcpu_[a-z0-9_]+ ?\($' | tr -d ' (' | sort -u)
exported=$("$nm" -D --defined-only "$shared" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u)
bad=$(comm -13 <(echo "$declared") <(echo "$exported"))
[ -z "$bad" ] || complain "exported, but in no header:" "$bad"
bad=$(comm -23 <(echo "$declared") <(echo "$exported"))
[ -z "$bad" ] || complain "declared in a header, but not exported:" "$bad"

version=$("$objdump" -p "$shared" | awk '$1 == "SONAME" { print $2 }')
[[ $version =~ ^libcpu\.so\.[0-9]+\.[0-9]+$ ]] || complain "SONAME:" "$version"
exit "$failed"
