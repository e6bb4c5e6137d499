#!/bin/bash
# article.sh - docs/article.md has a line for every row that the guest's README.md knows and for the
# machine's own (1.1, 5.6), no cell of it is empty, the tests that it names are there, and each line has
# its scene in the tour.
set -u
article=docs/article.md guest=examples/guest/README.md
failed=0

complain() {
    echo "article: $*"
    failed=1
}

rows() { # of a table in Markdown
    grep -oE '^\| [0-9]+\.[0-9]+ \|' "$1" | tr -d '| '
}

[ "$(rows "$article" | wc -l)" -ge 50 ] || complain "$article: rows are missing"
rows "$article" | sort | uniq -d | grep . && complain "$article has these more than once"
diff <(rows "$article" | sort) <({ rows "$guest" && printf '1.1\n5.6\n'; } | sort) ||
    complain "$article (<) and $guest (>) differ"
diff <(rows "$article" | sort) \
    <(grep -hoE '^ *\{"[0-9]+\.[0-9]+",' examples/run/tour/chapter_*.c | grep -oE '[0-9.]+' | sort) ||
    complain "$article (<) and the scenes of the tour (>) differ"

while IFS='|' read -r _ row what tests scene rest; do
    row=${row// /}
    for cell in "$what" "$tests" "$scene"; do
        [ -n "${cell// /}" ] || complain "row $row: an empty cell"
    done
    [ -z "${rest// /}" ] || complain "row $row: more than four cells"
    [ "${scene// /}" = "\`--tour$row\`" ] || complain "row $row: its scene is '$scene'"
    # "`NAME` case, case; `NAME`": the cases of `guest_NAME` are in its file.
    while read -r name cases; do
        case $name in
        guest_*) file=tests/guest/test_${name#guest_}.c ;;
        os_*) file=tests/guest/os/${name#os_}.sh cases= ;;
        *) continue ;;
        esac
        [ -e "$file" ] || complain "row $row: there is no $file"
        for word in $cases; do
            grep -q "$word" "$file" || complain "row $row: $file has no $word"
        done
    done < <(tr ';' '\n' <<<"${tests//(*)/}" | tr -d '`,')
done < <(grep -E '^\| [0-9]+\.[0-9]+ \|' "$article")
exit "$failed"
