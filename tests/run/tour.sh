#!/bin/bash
# tour.sh LIBCPU-RUN ARTICLE.MD - the tour straight through: the same text twice, a scene for every
# row of the table, all of them observed, lines that fit a terminal; a chapter and a row alone show
# what they show in the whole.
set -u
run=$1 article=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "tour: $*"
    failed=1
}

# tour FILE ARGUMENTS...: its text into FILE.
tour() {
    local file=$1
    shift
    timeout 100 "$run" --tour "$@" </dev/null >"$dir/$file" 2>"$dir/err"
    local got=$?
    [ "$got" -eq 0 ] || bad "--tour $*: status $got: $(cat "$dir/err")"
    [ ! -s "$dir/err" ] || bad "--tour $*: $(cat "$dir/err")"
}

# The scenes of a text: title lines to the line before the next.
scene() {
    awk -v row="$2" '/^--- / { on = $2 == row } /^===/ { on = 0 } on' "$1" |
        grep -vE '^$|scenes?, each seen'
}

tour one
tour two --no-pause
cmp "$dir/one" "$dir/two" || bad "two runs differ: $(diff "$dir/one" "$dir/two" | head)"
grep 'NOT OBSERVED' "$dir/one" && bad "something was not observed"
awk 'length > 80 { print FILENAME ": " length ": " $0; long = 1 } END { exit long }' "$dir/one" ||
    bad "lines of more than 80 columns"

mapfile -t rows < <(grep -oE '^\| [0-9]+\.[0-9]+ \|' "$article" | tr -d '| ')
[ "${#rows[@]}" -ge 50 ] || bad "$article has ${#rows[@]} rows"
for row in "${rows[@]}"; do
    [ "$(grep -c -- "^--- $row  " "$dir/one")" -eq 1 ] || bad "no scene, or more than one, for row $row"
    [ "$(scene "$dir/one" "$row" | wc -l)" -ge 6 ] || bad "row $row shows nothing"
done
[ "$(grep -c '^--- ' "$dir/one")" -eq "${#rows[@]}" ] || bad "scenes for rows that are not in $article"

for which in 3 5.9 6.4; do
    tour part "$which"
    [ "$(grep -c '^--- ' "$dir/part")" -eq "$(grep -c -- "^--- ${which}[ .]" "$dir/one")" ] ||
        bad "--tour $which shows other scenes"
    while read -r row; do
        [ "$(scene "$dir/part" "$row")" = "$(scene "$dir/one" "$row")" ] ||
            bad "row $row looks different by --tour $which"
    done < <(grep -oE '^--- [0-9.]+' "$dir/part" | cut -d' ' -f2)
done
exit "$failed"
