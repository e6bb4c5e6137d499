#!/bin/bash
# scripts.sh - every shell script parses, and the ones in scripts/ fail as they promise.
set -u
failed=0

complain() {
    echo "scripts: $*"
    failed=1
}

# Everything that says it is a script.
while read -r file; do
    bash -n "$file" || complain "$file does not parse"
    [ -x "$file" ] || complain "$file is not executable"
    if command -v shellcheck >/dev/null 2>&1; then
        shellcheck --severity=warning "$file" || complain "$file: see above"
    fi
done < <(grep -rlE --exclude-dir=corpus '^#!/bin/(ba)?sh' .ci scripts tests examples bench)

expect() { # status, command...
    local want=$1 status
    shift
    "$@" >"$scratch/output" 2>&1 </dev/null
    status=$?
    [ "$status" -eq "$want" ] || complain "$*: status $status, not $want: $(cat "$scratch/output")"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

expect 64 scripts/setup --nonsense
expect 64 scripts/test nonsense
expect 64 scripts/fetch-linux nonsense
expect 64 scripts/fetch-linux --dir
expect 0 scripts/setup --quiet
[ ! -s "$scratch/output" ] || complain "scripts/setup --quiet said: $(cat "$scratch/output")"

# A computer without pkg-config's modules, on which apt-get never succeeds.
mkdir "$scratch/bin"
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/pkg-config"
printf '#!/bin/sh\necho "E: no network"\nexit 100\n' >"$scratch/bin/apt-get"
printf '#!/bin/sh\nexec "$@"\n' >"$scratch/bin/sudo"
chmod +x "$scratch"/bin/*
expect 69 env PATH="$scratch/bin:$PATH" scripts/setup
grep -q 'error: apt-get could not install: libcapstone-dev libcmocka-dev zlib1g-dev libsdl2-dev libsdl2-ttf-dev libpng-dev$' "$scratch/output" ||
    complain "scripts/setup does not say what could not be installed: $(cat "$scratch/output")"

exit "$failed"
