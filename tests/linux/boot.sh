#!/bin/bash
# boot.sh - boot Debian's kernels to their userland and switch off, in many ways.
#
# usage: boot.sh LIBCPU_RUN FOLDER sample|matrix
#
# FOLDER is scripts/fetch-linux's. A boot is good when the program in it has printed its line, the
# power is off (or the reset came, where there is no ACPI), and the log has nothing in it that says
# that the kernel was surprised. Exit status: 0 all good, 1 not, 77 no kernel is there.
set -u
program=$1 folder=$2 which=$3

# kernel, RAM, CPU model, image format, which boots (s: the sample too), command line. The format
# "text" is -display text, with the kernel's log and the program's line on the VGA.
rows='
cloud    512M max        linux   s
cloud    512M max,-apic  linux   s  acpi=off
standard 512M max        linux   -
rt       512M max        linux   -
cloud    512M max        linux32 -
cloud    512M max        pvh     -
standard 512M max        pvh     -
rt       512M max        pvh     -
cloud    512M max        text    -
standard 512M max        text    -
cloud    96M  max        linux   -
cloud    256M max        linux   -
cloud    4G   max        linux   -
cloud    512M v1         linux   -
cloud    512M v2         linux   -
cloud    512M v3         linux   -
cloud    512M v1,-apic   linux   -
cloud    512M max,-la57  linux   -
cloud    512M max,-x2apic,-tsc-deadline linux -
cloud    512M max        linux   -  noapic nolapic acpi=off
standard 512M max        linux   -  noapic nolapic acpi=off
rt       512M max        linux   -  noapic nolapic acpi=off
cloud    512M max        linux   -  noapic
cloud    512M max        linux   -  nolapic
cloud    512M max        linux   -  acpi=off
cloud    512M max        linux   -  nopti
cloud    512M max        linux   -  nokaslr
cloud    512M max        linux   -  no5lvl
cloud    512M max        linux   -  mitigations=off
cloud    512M max        linux   -  clocksource=tsc
cloud    512M max        linux   -  clocksource=hpet
cloud    512M max        linux   -  clocksource=acpi_pm
cloud    512M max        linux   -  clocksource=jiffies
cloud    512M max        linux   -  lapic=notscdeadline
cloud    512M max        linux   -  nolapic_timer
cloud    512M max        linux   -  hpet=disable
cloud    512M max        linux   -  nohz=off
'

# What a kernel says when something is wrong with the machine.
surprise='Oops|BUG:|WARNING: CPU|Call Trace|Kernel panic|\[Firmware Bug\]|unstable|nobody cared'
surprise+='|unchecked MSR|stall|APIC error|spurious'

if [ ! -s "$folder/vmlinuz-cloud" ] || [ ! -s "$folder/initrd.gz" ]; then
    echo "boot.sh: SKIPPED: no kernel in $folder; scripts/fetch-linux fetches them"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

# What is on a terminal, without what moves its cursor and colours it.
plain() {
    sed 's/\x1b\[[0-9;?]*[a-zA-Z]/\n/g' "$1" >"$1.plain" && mv "$1.plain" "$1"
}

boot() { # kernel RAM CPU format command-line
    local log=$scratch/log end=poweroff last='reboot: Power down' status wanted
    local image=$folder/vmlinuz-$1 console=console=ttyS0 options=(--image-format "$4")
    wanted=${5##*clocksource=}
    case $5 in
    *acpi=off*) end=reboot last='reboot: machine restart' ;; # nothing else is there to switch off
    esac
    case $4 in
    pvh) image=$folder/vmlinux-$1 ;;
    text) options=(-display text -serial "file:$scratch/serial") console='console=ttyS0 console=tty0' ;;
    esac
    timeout 300 "$program" -no-reboot -m "$2" -cpu "$3" "${options[@]}" \
        --max-insns 20000000000 -kernel "$image" -initrd "$folder/initrd.gz" \
        -append "$console $5 end=$end run=\"echo userland \$(uname -m) \$(cat /sys/devices/system/clocksource/*0/current_clocksource)\"" \
        </dev/null >"$log" 2>&1
    status=$?
    [ "$4" != text ] || plain "$log"
    if [ "$status" -ne 0 ]; then
        echo "status $status"
    elif ! grep -q '^userland x86_64 [a-z]' "$log"; then
        echo "no userland"
    elif [ "$wanted" != "$5" ] && ! grep -q "^userland x86_64 $wanted" "$log"; then
        echo "the clock source is not $wanted"
    elif ! grep -q "$last" "$log"; then
        echo "no \"$last\""
    elif grep -qE "$surprise" "$log"; then
        grep -E "$surprise" "$log" | head -3
    else
        return 0
    fi
    tail -5 "$log"
    return 1
}

while read -r kernel ram cpu format sampled line; do
    [ -n "$kernel" ] || continue
    [ "$which" = matrix ] || [ "$sampled" = s ] || continue
    if [ ! -s "$folder/vmlinuz-$kernel" ] || [ "$format" = pvh ] && [ ! -s "$folder/vmlinux-$kernel" ]; then
        echo "skip  $kernel $format: not fetched"
        continue
    fi
    if said=$(boot "$kernel" "$ram" "$cpu" "$format" "$line"); then
        echo "good  $kernel -m $ram -cpu $cpu $format $line"
    else
        echo "BAD   $kernel -m $ram -cpu $cpu $format $line: $said"
        failed=1
    fi
done <<<"$rows"
exit "$failed"
