#!/bin/bash
# window.sh LIBCPU-VIEW - the window under a virtual display: keys and mouse as a person has them, and
# what is then seen.
set -u
# shellcheck disable=SC2034 # display.sh uses and sets them
view=$1 dir='' window='' view_pid='' text='' failed=0
export scale=1
# shellcheck source=tests/view/display.sh
. "$(dirname "$0")/display.sh"

# ---- keys: screens, steps, time ----

open_window
save
shows '▸1 Walk' 'no paging' 'before the first instruction'
for screen in '2 Address space' '3 Physical memory' '4 TLB' '5 Execution' '6 Rings' '7 Console'; do
    keys "${screen%% *}"
    until_shows "▸$screen"
done
keys Tab
until_shows '▸1 Walk'
keys shift+Tab
until_shows '▸7 Console'
keys F5
until_shows '▸5 Execution'
keys s s s
until_shows ' 3 instructions'
keys r
until_shows 'ring 0 → ring 3'
keys f
until_shows '#PF at'
keys 1
until_shows 'error code'
keys bracketleft
until_shows 'as recorded'
keys m
until_shows 'bookmark set on event'
keys l
until_shows '● following live'
keys n
until_shows 'as recorded'
keys question
until_shows 'run to the next page walk'
keys question

# ---- typing an address ----

keys a
until_shows 'Address or register:'
xdotool type 'ffffffff80101000'
until_shows 'Address or register: ffffffff80101000'
keys Return
until_shows 'Linear address 0xffffffff80101000'
shows '(asked for)' 'supervisor'
keys x x
until_shows 'fetch by ring 0'
keys a
xdotool type 'no such'
keys Return
until_shows "'no such' is no address and no register"

# ---- the mouse ----

click '6 Rings'
until_shows '▸6 Rings'
click 'i interrupt'
until_shows 'timer 0x20'
point_at 'IMR'
until_shows 'Masked: nobody hears them'
click '8259 master'
click '1 Walk'
until_shows '▸1 Walk'
xdotool mousemove --window "$window" 700 760
keys 2
until_shows '▸2 Address space'

# ---- size ----

xdotool windowsize --sync "$window" 1024 640
until_lines 33
shows '▸2 Address space'
[ "$(LC_ALL=C.UTF-8 wc -L <"$text")" -le 128 ] || bad "a line of more than 128 characters"
xdotool windowsize --sync "$window" 300 200
save
xdotool windowsize --sync "$window" 1390 880
save

# ---- running, the guest's keyboard, the end ----

keys 7 space
until_shows 'init ended with code 0'
keys q
gone

open_window --append init=/bin/sh --screen console --run
until_shows '$ '
xdotool type 'echo typed here'
keys Return
until_shows 'typed here'
keys F8
until_shows '▶ run'
keys q
gone

# ---- closed while it runs, and by itself ----

open_window --run --screen rings
xdotool windowclose "$window" 2>/dev/null
for _ in $(seq 100); do
    kill -0 "$view_pid" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$view_pid" 2>/dev/null && bad "a destroyed window leaves the program running"
open_window --run --for 700
gone

# ---- twice as many pixels ----

open_window --size 1024x640 --scale 2
scale=2 # of point_at
until_lines 33
[ "$(xdotool getwindowgeometry "$window" | sed -n 's/.*Geometry: //p')" = 2048x1280 ] ||
    bad "scale 2: $(xdotool getwindowgeometry "$window")"
click '6 Rings'
until_shows '▸6 Rings'
point_at 'IMR'
until_shows 'Masked: nobody hears them'
keys q
gone
scale=1

# ---- the tour ----

open_window --tour
until_shows 'Chapter 1 of 13'
keys Return
until_shows 'Chapter 2 of 13: Paging is switched on'
keys Return Return
until_shows 'Chapter 4 of 13: Ring 3'
keys BackSpace
until_shows 'Chapter 3 of 13'
keys q
gone

exit "$failed"
