#!/bin/bash
# no_display.sh LIBCPU-VIEW - where there is no display: one line and status 69, not a window that
# nobody sees. SDL falls back to drivers that show nothing; they are for those who name one.
set -u
view=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "no_display.sh: $*"
    failed=1
}

# run VARIABLE=VALUE...: a window that closes soon, in an environment that leads to no display.
run() {
    timeout 60 env -u DISPLAY -u WAYLAND_DISPLAY -u WAYLAND_SOCKET -u SDL_VIDEODRIVER \
        -u XDG_RUNTIME_DIR "$@" "$view" --run --for 300 >"$dir/out" 2>"$dir/err"
    status=$?
}

refuses() {
    run "$@"
    [ "$status" -eq 69 ] || bad "$*: status $status, not 69"
    [ "$(wc -l <"$dir/err")" -eq 1 ] || bad "$*: not one line: $(cat "$dir/err")"
    grep -q '^libcpu-view: no display: .' "$dir/err" || bad "$*: it says: $(cat "$dir/err")"
    [ -s "$dir/out" ] && bad "$*: it prints: $(cat "$dir/out")"
}

refuses DISPLAY=:9999 SDL_VIDEODRIVER=x11

# A graphics card can show a window without either.
if ! compgen -G '/dev/dri/card*' >/dev/null; then
    refuses
    refuses SDL_VIDEODRIVER=
    refuses DISPLAY=:9999
    refuses WAYLAND_DISPLAY=no-such XDG_RUNTIME_DIR="$dir"
fi

# Asked for by name, it is what is wanted.
run SDL_VIDEODRIVER=dummy
[ "$status" -eq 0 ] || bad "a driver that was asked for: status $status: $(cat "$dir/err")"
[ -s "$dir/err" ] && bad "a driver that was asked for: it says: $(cat "$dir/err")"

exit "$failed"
