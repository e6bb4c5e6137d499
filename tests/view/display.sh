# shellcheck shell=bash disable=SC2034,SC2154
# display.sh - a virtual display, and a window of libcpu-view on it, for the tests that read this.
# Sets `dir`; `bad` reports. What was started is ended when the test ends.

dir=$(mktemp -d)
failed=0
started=()

bad() {
    echo "$(basename "$0"): $*"
    failed=1
}

leave() {
    local pid
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    rm -rf "$dir"
}
trap leave EXIT

for program in Xvfb xdotool; do
    command -v "$program" >/dev/null 2>&1 || {
        echo "skipped: no $program"
        exit 77
    }
done

# The server chooses a number that is free.
Xvfb -displayfd 3 -screen 0 2080x1320x24 -nolisten tcp -noreset 3>"$dir/display" >"$dir/xvfb.log" 2>&1 &
started+=($!)
for _ in $(seq 100); do
    [ -s "$dir/display" ] && break
    sleep 0.1
done
[ -s "$dir/display" ] || {
    echo "skipped: Xvfb does not start: $(tail -n 1 "$dir/xvfb.log")"
    exit 77
}
DISPLAY=:$(cat "$dir/display")
export DISPLAY
export SDL_VIDEODRIVER=x11 XDG_RUNTIME_DIR=$dir
unset WAYLAND_DISPLAY

# open_window ARGUMENTS...: sets `window` and `view_pid`.
open_window() {
    rm -f "$dir"/shot-*
    "$view" --save "$dir/shot" "$@" >"$dir/out" 2>"$dir/err" &
    view_pid=$!
    started+=("$view_pid")
    window=
    for _ in $(seq 200); do
        window=$(xdotool search --onlyvisible --name '^libcpu-view$' 2>/dev/null | head -n 1)
        [ -n "$window" ] && break
        kill -0 "$view_pid" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$window" ] || {
        bad "no window: $(cat "$dir/err")"
        exit 1
    }
    xdotool windowfocus --sync "$window" 2>/dev/null
    saved=0
}

keys() {
    xdotool key --clearmodifiers "$@"
}

# save: the next picture; its text is in $text.
save() {
    saved=$((saved + 1))
    keys F9
    for _ in $(seq 200); do
        [ -s "$dir/shot-$saved.txt" ] && [ -s "$dir/shot-$saved.png" ] && break
        sleep 0.1
    done
    # The text is complete when its last line, the state, is there.
    for _ in $(seq 50); do
        tail -n 1 "$dir/shot-$saved.txt" 2>/dev/null | grep -q 'ring [0-3]' && break
        sleep 0.1
    done
    text=$dir/shot-$saved.txt
    [ -s "$text" ] || bad "F9 saved nothing: $(cat "$dir/err")"
}

# until_shows WORD: save pictures until one has it.
until_shows() {
    for _ in $(seq 60); do
        save
        grep -qF -- "$1" "$text" && return
        sleep 0.2
    done
    bad "no '$1' in: $(cat "$text")"
}

# until_lines N: save pictures until one is so high: a window learns of its size when it comes to it.
until_lines() {
    for _ in $(seq 60); do
        save
        [ "$(wc -l <"$text")" -eq "$1" ] && return
        sleep 0.2
    done
    bad "not $1 lines but $(wc -l <"$text")"
}

shows() {
    local word
    for word in "$@"; do
        grep -qF -- "$word" "$text" || bad "no '$word' in: $(cat "$text")"
    done
}

# Where a word stands on the last picture: pixels, for a click. Cells are 8 by 19, times the scale.
scale=1
point_at() {
    local row column line
    row=$(grep -nF -m 1 -- "$1" "$text" | cut -d: -f1)
    [ -n "$row" ] || {
        bad "no '$1' to click in: $(cat "$text")"
        return 1
    }
    line=$(sed -n "${row}p" "$text")
    line=${line%%"$1"*}
    column=$(LC_ALL=C.UTF-8 wc -m <<<"$line") # one more than its length: the newline
    column=$((column - 1))
    xdotool mousemove --window "$window" $((scale * (column * 8 + 12))) $((scale * (row * 19 - 9)))
}

click() {
    point_at "$1" && xdotool click 1
}

# The window has gone by itself, with status 0.
gone() {
    local status
    for _ in $(seq 100); do
        kill -0 "$view_pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -0 "$view_pid" 2>/dev/null && {
        bad "the window does not close"
        return
    }
    wait "$view_pid"
    status=$?
    [ "$status" -eq 0 ] || bad "status $status: $(cat "$dir/err")"
    [ -s "$dir/err" ] && bad "it said: $(cat "$dir/err")"
}
