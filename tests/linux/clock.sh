#!/bin/bash
# clock.sh - with --clock host a guest's time is the host's, and it costs nothing while nothing
# happens: 512 MiB, the cloud kernel, a minute idle and a minute busy.
#
# usage: clock.sh LIBCPU_RUN FOLDER [SECONDS]      (default: 60)
#
# Measures, and so belongs to no suite of tests: a loaded host spoils it. Prints, for each of the two,
# the guest's time against the host's and the processor time used; and at the shell the memory that
# the program has beside the guest's pages. Exit status: 0 within 1 %, 3 % and 40 MiB; 1 not; 77 no
# kernel is there.
set -u
program=$1 folder=$2 seconds=${3:-60}

if [ ! -s "$folder/vmlinuz-cloud" ] || [ ! -s "$folder/initrd.gz" ]; then
    echo "clock.sh: SKIPPED: no kernel in $folder; scripts/fetch-linux fetches them"
    exit 77
fi
scratch=$(mktemp -d) || exit 1
mkfifo "$scratch/keys" "$scratch/screen" || exit 1
exec 3<>"$scratch/keys"
"$program" --clock host -m 512M -kernel "$folder/vmlinuz-cloud" -initrd "$folder/initrd.gz" \
    -append "console=ttyS0 quiet LINES=24" <"$scratch/keys" >"$scratch/screen" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$scratch"' EXIT
exec 4<"$scratch/screen"
failed=0

fail() {
    echo "clock.sh: $*"
    exit 1
}

# Lines of the guest until one begins with a word; what follows is in $line.
until_line() {
    while IFS= read -r -t 120 -u 4 line; do
        line=${line%$'\r'}
        [[ $line == "$1"* ]] && { line=${line#"$1"}; return; }
    done
    fail "the guest did not say $1"
}

used_ms() { # processor time of the program
    local stat
    stat=$(<"/proc/$pid/stat")
    # shellcheck disable=SC2086 # fields
    set -- ${stat##*) }
    echo $(((${12} + ${13}) * 1000 / $(getconf CLK_TCK)))
}

host_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# measure NAME COMMAND: the guest says its uptime, does that for a time, and says it again. Its clock
# shows hundredths.
measure() {
    local host guest used ratio share
    echo "echo at\$((0)) \$(cut -d' ' -f1 /proc/uptime); $2; echo at\$((1)) \$(cut -d' ' -f1 /proc/uptime)" >&3
    until_line "at0 "
    host=$(host_ms) guest=$((10#${line/./} * 10)) used=$(used_ms)
    until_line "at1 "
    host=$(($(host_ms) - host)) guest=$((10#${line/./} * 10 - guest)) used=$(($(used_ms) - used))
    ratio=$(((guest - host) * 10000 / host)) share=$((used * 1000 / host))
    printf '%s: guest %d.%03d s, host %d.%03d s: %d.%02d %% apart; %d.%d %% of a processor\n' "$1" \
        $((guest / 1000)) $((guest % 1000)) $((host / 1000)) $((host % 1000)) \
        $((${ratio#-} / 100)) $((${ratio#-} % 100)) $((share / 10)) $((share % 10))
    [ "${ratio#-}" -lt 100 ] || failed=1
    [ "$1" = busy ] || [ "$share" -lt 30 ] || failed=1
}

# What is resident beside the mapping that is as large as the guest's memory.
memory() {
    awk '/^[0-9a-f]+-[0-9a-f]+ / { size = 0 } /^Size:/ { size = $2 }
         /^Rss:/ { if (size >= 524288) guest += $2; else own += $2 }
         END { printf "memory: %.1f MiB of guest pages touched, %.1f MiB beside them\n", guest / 1024, own / 1024
               exit own >= 40960 }' "/proc/$pid/smaps" || failed=1
}

until_line "Enter 'help'"
sleep 3
memory
measure idle "sleep $seconds"
measure busy "timeout $seconds sha256sum /dev/zero"
exit "$failed"
