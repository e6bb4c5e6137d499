#!/bin/bash
# checks.sh - what is checked inside the guest.
#
# usage: checks.sh NAME...        "all": every one but stress
#
# Each prints "== NAME" and then lines for tests/linux/userland.sh, which knows what is expected of
# the CPU model and which output the host has for the same work. A line "BAD ..." is a failure that
# was noticed here. The last line is "== end".
set -u
here=/check
export CFLAGS="-O2 -Wall"
ldso=/lib64/ld-linux-x86-64.so.2
mkdir -p /tmp/check && cd /tmp/check || exit 1

expect() { # WHAT SEEN PATTERN
    if [[ $2 =~ ^($3)$ ]]; then echo "ok $1"; else echo "BAD $1: $2"; fi
}

check_work() { "$here/work.sh"; }

# What the dynamic linker and the C library choose by CPUID.
check_levels() {
    local level
    "$ldso" --help | sed -n 's/^ *\(x86-64-v[0-9]\) *\((.*)\)$/level \1 \2/p'
    "$ldso" --list-diagnostics | sed -n 's/^x86.cpu_features.isa_1=/isa /p'
    # The same library for every level: the linker takes the best that the processor has.
    for level in . x86-64-v2 x86-64-v3 x86-64-v4; do
        mkdir -p "lib/glibc-hwcaps/$level"
        echo "const char *which(void) { return \"$level\"; }" >which.c
        gcc -shared -fPIC which.c -o "lib/glibc-hwcaps/$level/libwhich.so"
    done
    mv lib/glibc-hwcaps/libwhich.so lib/
    echo 'extern const char *which(void); int puts(const char *); int main(void) { puts(which()); }' >main.c
    gcc main.c -Llib -lwhich -o main && echo "library $(LD_LIBRARY_PATH=lib ./main)"
    check_routines
}

# The addresses that the C library's own choice has led to, and what instructions are there.
check_routines() {
    local name address libc=/lib/x86_64-linux-gnu/libc.so.6
    cat >routines.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    Dl_info info;
    for (int i = 1; i < argc; i++) {
        char *p = dlsym(RTLD_DEFAULT, argv[i]);
        dladdr(p, &info);
        printf("%s %#lx\n", argv[i], (unsigned long)(p - (char *)info.dli_fbase));
    }
}
END
    gcc routines.c -o routines && ./routines memchr strcspn | while read -r name address; do
        objdump -d --start-address="$address" --stop-address=$((address + 600)) "$libc" >code
        if grep -q '%ymm' code; then
            echo "routine $name avx2"
        elif grep -q 'pcmpistri' code; then
            echo "routine $name sse4.2"
        else
            echo "routine $name sse2"
        fi
    done
}

check_behave() { gcc $CFLAGS "$here/behave.c" -o behave && ./behave; }
check_cpuid() { gcc $CFLAGS "$here/cpuid.c" -o cpuid && ./cpuid; }

check_date() {
    echo "date $(date -u +%Y-%m-%dT%H:%M)"
    local rtc now
    rtc=$(cat /sys/class/rtc/rtc0/since_epoch) now=$(date +%s)
    expect "date and the RTC agree" $((now - rtc)) '-?[01]'
    sleep 2
    expect "the RTC runs" $(($(cat /sys/class/rtc/rtc0/since_epoch) - rtc)) '[23]'
    expect "and so does the date" $(($(date +%s) - now)) '[23]'
    expect "uptime is little" "$(cut -d. -f1 /proc/uptime)" '[0-9]{1,3}'
}

check_clocks() {
    local folder=/sys/devices/system/clocksource/clocksource0
    echo "available $(cat $folder/available_clocksource)"
    echo "current $(cat $folder/current_clocksource)"
    dmesg | sed -n 's/^.*clocksource: \([a-z_-]*\): mask.*/registered \1/p; s/^.*clocksource: Switched to clocksource \(.*\)/switched \1/p' | sort -u
    dmesg | sed -n 's/^.*\(tsc: Detected .* processor\)$/\1/p; s/^.*\(hpet0: .* counter\)$/\1/p'
    dmesg | grep -q unstable && echo "BAD a clock is unstable"
    local a b
    a=$(date +%s%N) && sleep 0.5 && b=$(date +%s%N)
    expect "half a second is half a second" $(((b - a) / 1000000)) '5[0-4][0-9]'
}

# Programs whose output is different each time, checked against themselves.
check_tools() {
    openssl genrsa -out key 1024 2>/dev/null && openssl rsa -in key -pubout -out pub 2>/dev/null
    head -c 300000 /dev/urandom >data
    openssl dgst -sha256 -sign key -out signature data
    expect "an RSA signature" "$(openssl dgst -sha256 -verify pub -signature signature data 2>&1)" 'Verified OK'
    echo x >>data
    expect "of other data" "$(openssl dgst -sha256 -verify pub -signature signature data 2>/dev/null)" 'Verification failure'
    openssl ecparam -name prime256v1 -genkey -noout -out ec && openssl ec -in ec -pubout -out ecpub 2>/dev/null
    openssl dgst -sha256 -sign ec -out signature data
    expect "an ECDSA signature" "$(openssl dgst -sha256 -verify ecpub -signature signature data 2>&1)" 'Verified OK'
    gzip -c data | gunzip | cmp - data && echo "ok gzip and gunzip of random data"
    expect "python with random numbers" "$(python3 -c 'import os,zlib,hashlib
d = os.urandom(100000)
assert zlib.decompress(zlib.compress(d)) == d
print(len(set(hashlib.sha1(d[i:i+100]).digest() for i in range(0, 100000, 100))))')" 1000
    expect "perl -e" "$(perl -e 'print join ",", map { $_ ** 2 } 1 .. 5')" 1,4,9,16,25
    expect "Ctrl-C for a pipeline" "$(timeout -s INT 1 bash -c 'yes | cat >/dev/null'; echo $?)" '124|130'
    expect "kill -STOP and -CONT" "$(sleep 30 & kill -STOP $!; sleep 0.2; cut -d' ' -f3 /proc/$!/stat; kill -CONT $!; sleep 0.2; cut -d' ' -f3 /proc/$!/stat; kill $!)" $'T\nS'
    expect "entropy_avail" "$(cat /proc/sys/kernel/random/entropy_avail)" 256
}

check_speed() {
    openssl speed -seconds 1 -bytes 1024 sha256 2>/dev/null | grep '^sha256' | sed 's/^/speed /'
    openssl speed -seconds 1 -bytes 1024 -evp aes-128-gcm 2>/dev/null | grep -i '^aes-128-gcm' | sed 's/^/speed /'
    openssl speed -seconds 1 ecdsap256 2>/dev/null | grep 'nistp256' | sed 's/^/speed /'
}

check_memtester() {
    memtester "${1:-1M}" 1 2>&1 | tr '\b' '\n' | sed -n 's/^.*\(Done\.\|FAILURE.*\)$/memtester \1/p'
    expect "memtester" "${PIPESTATUS[0]}" 0
}

# Every kind of work, two at a time, over and over, until the time is up; and programs that wait.
check_stress() {
    local until=$(($(cut -d. -f1 /proc/uptime) + ${stress:-60})) round=0
    up() { [ "$(cut -d. -f1 /proc/uptime)" -lt "$until" ]; }
    worker() { # NAME WORK...
        local who=$1 times=0 name
        shift
        while up; do
            for name in "$@"; do
                up || break
                "$here/work.sh" "$name" >"$who.out" 2>&1
                sed -n "/^== $name\$/,/^== /p" "$here/expected" | sed '1!{/^== /d}' >"$who.want"
                cmp -s "$who.out" "$who.want" || { echo "BAD stress $who $name" && diff "$who.out" "$who.want" | head -5; }
                times=$((times + 1))
            done
        done
        echo "$who did $times"
    }
    worker first python cc hash gzip shell &
    worker second perl text cipher python cc &
    { while up; do ./behave loaded >behave.out || { echo "BAD stress behave" && grep BAD behave.out; }; round=$((round + 1)) && sleep 5; done; echo "behave did $round"; } &
    { while up; do memtester 256K 1 >/dev/null 2>&1 || echo "BAD stress memtester"; sleep 3; done; } &
    wait
    echo "ok stress until $(cut -d. -f1 /proc/uptime) s"
}

[ "$*" != all ] || set -- cpuid levels clocks date behave tools speed memtester work
for name in "$@"; do
    echo "== $name"
    [ "$name" != stress ] || [ -x behave ] || gcc $CFLAGS "$here/behave.c" -o behave
    "check_$name"
done
echo "== end"
