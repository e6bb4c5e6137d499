#!/bin/bash
# userland.sh - a userland of Debian's packages on the cloud kernel: does it compute what the host
# computes with the same programs, and does it see the CPU model that it was given?
#
# usage: userland.sh LIBCPU_RUN FOLDER check [MODEL...]      (default: v1 v2 v3 max)
#        userland.sh LIBCPU_RUN FOLDER stress SECONDS        (of the guest's time)
#
# FOLDER is scripts/fetch-linux's, with userland. The logs of the guests stay in FOLDER/log. Exit
# status: 0 all good, 1 not, 64 wrong usage, 77 no userland is there.
set -u
[ $# -ge 3 ] || exit 64
program=$1 folder=$2 what=$3
shift 3

if [ ! -s "$folder/vmlinuz-cloud" ] || [ ! -s "$folder/userland.cpio" ]; then
    echo "userland.sh: SKIPPED: no userland in $folder; scripts/fetch-linux cloud userland makes it"
    exit 77
fi
mkdir -p "$folder/log" || exit 1

# What Linux sees of each model, beside the kernel's own: the levels of the psABI, written down here
# once more, and what processors of the time had for an operating system.
v1='fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2
syscall nx lm'
v2="$v1 pni ssse3 cx16 sse4_1 sse4_2 x2apic popcnt lahf_lm rdtscp nonstop_tsc"
v3="$v2 fma pcid movbe tsc_deadline_timer xsave avx f16c rdrand fsgsbase bmi1 avx2 smep bmi2 erms
invpcid xsaveopt abm pdpe1gb"
# shellcheck disable=SC2034 # it is ${!model}
max="$v3 pclmulqdq monitor aes rdseed adx smap clflushopt clwb sha_ni umip gfni vaes vpclmulqdq la57 rdpid
movdiri movdir64b serialize xsavec xgetbv1 3dnowprefetch"

words() { tr -s ' \n' '\n\n' | sort -u | paste -s -d' '; }

# part NAME: the lines that the guest printed in it.
part() { tr -d '\r' <"$log" | sed -n "/^== $1\$/,/^== /p" | sed '/^== /d'; }

failed=0
bad() {
    echo "BAD   $model: $*"
    failed=1
}
same() { # WHAT SEEN WANTED
    [ "$2" = "$3" ] || bad "$1: '$2', not '$3'"
}

run() { # MODEL RAM COMMAND-LINE OPTION...
    local model=$1 ram=$2 line=$3
    shift 3
    log=$folder/log/userland-$model
    "$program" -no-reboot -m "$ram" -cpu "$model" -kernel "$folder/vmlinuz-cloud" \
        -initrd "$folder/userland.cpio" -append "console=ttyS0 $line" "$@" </dev/null >"$log" 2>&1
    local status=$?
    [ "$status" = 0 ] || bad "status $status: $(tail -1 "$log")"
    tr -d '\r' <"$log" | grep -q '^== end' || bad "it did not come to its end"
    tr -d '\r' <"$log" | grep -q 'reboot: Power down' || bad "it did not power off"
    tr -d '\r' <"$log" | grep -q '^BAD ' && bad "$(tr -d '\r' <"$log" | grep '^BAD ')"
    tr -d '\r' <"$log" | grep -E 'Oops|BUG:|Call Trace|Kernel panic|segfault|traps:|general protection' |
        grep -v 'behave' >"$log.kernel" && bad "the kernel says: $(head -3 "$log.kernel")"
    rm -f "$log.kernel"
}

# levels, isa bits, the library that the linker takes, memchr's and strcspn's routines
expected_levels() {
    case $1 in
    v1) echo '- 1 . sse2 sse2' ;;
    v2) echo 'v2 3 x86-64-v2 sse2 sse4.2' ;;
    *) echo 'v3,v2 7 x86-64-v3 avx2 sse4.2' ;;
    esac
}

check_levels() {
    local lines
    lines=$(part levels)
    same "levels, libraries and routines" "$(
        echo "$lines" | sed -n 's/^level x86-64-\(v.\) (supported.*/\1/p' | paste -s -d, | sed 's/^$/-/'
        echo $((0x$(echo "$lines" | sed -n 's/^isa 0x//p') & 7))
        echo "$lines" | sed -n 's/^library //p; s/^routine [a-z]* //p'
    )" "$(expected_levels "$model" | tr ' ' '\n')"
}

check_features() {
    local wanted=${!model}
    same "features" "$(part cpuid | sed -n 's/^features //p' | words)" "$(echo "$wanted" | words)"
}

check_clocks() {
    same "the clock sources" "$(part clocks | sed -n 's/^available //p')" "tsc hpet acpi_pm "
    same "the clock source" "$(part clocks | sed -n 's/^current //p')" tsc
    same "the clock sources of the log" "$(part clocks | sed -n 's/^registered //p' | paste -s -d' ')" \
        "acpi_pm hpet jiffies refined-jiffies tsc tsc-early"
    same "TSC and HPET" "$(part clocks | grep -cE '^(tsc: Detected 1000.000 MHz processor|hpet0: 3 comparators, 64-bit 100.000000 MHz counter)$')" 2
}

check() {
    run "$model" 1G 'checks=all' -rtc base=2031-05-06T07:08:00
    check_features
    check_levels
    check_clocks
    same "the date" "$(part date | sed -n 's/^date \(.*\).$/\1/p')" "2031-05-06T07:0"
    same "memtester's results" "$(part memtester | sort | uniq -c | grep -c 'memtester Done\.')" 1
    diff <(tr -d '\r' <"$log" | sed -n '/^== work$/,/^== end$/p' | sed '1d;$d') "$folder/userland.expected" >"$log.diff" ||
        bad "work: $(head -5 "$log.diff")"
    same "lines that say ok" "$(tr -d '\r' <"$log" | grep -c '^ok ')" "$oks"
}

oks=53
case $what in
check)
    [ $# -gt 0 ] || set -- v1 v2 v3 max
    for model; do
        before=$failed failed=0
        check
        if [ "$failed" = 0 ]; then echo "good  $model: $(part speed | sed -n 's/^speed sha256 *//p') of SHA-256"; fi
        failed=$((failed | before))
    done
    ;;
stress)
    model=max
    run "$model" 1G "stress=${1:-600}"
    part stress
    ;;
*) exit 64 ;;
esac
exit "$failed"
