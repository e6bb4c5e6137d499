#!/bin/bash
# documents.sh - versions agree; every path that a document names is there; the manual page and the
# program know the same options.
# usage: documents.sh VERSION [PROGRAM...]
set -u
version=$1
shift
failed=0

complain() {
    echo "documents: $*"
    failed=1
}

grep -q "LIBCPU_VERSION_STRING \"$version\"" include/libcpu/version.h ||
    complain "include/libcpu/version.h does not say $version"
for page in docs/*.1; do
    grep -q "\"libcpu $version\"" "$page" || complain "$page does not say $version"
done
grep -q "^## \[$version\]" CHANGELOG.md || grep -q "$version" CHANGELOG.md ||
    complain "CHANGELOG.md does not know $version"

# `src/cpu/run.c` and the like, in backquotes; names with capitals in them (CHIP.c) are patterns.
for document in README.md ARCHITECTURE.md CONTRIBUTING.md KNOWN_GAPS.md docs/packages.md docs/article.md; do
    while read -r path; do
        [ -e "$path" ] || complain "$document names $path, which is not there"
    done < <(grep -oE '`(src|include|tests|examples|docs|scripts|cmake|bench)/[a-z0-9_./-]+`' "$document" |
        tr -d '`' | sort -u)
    while read -r path; do
        [ -e "$path" ] || complain "$document links to $path, which is not there"
    done < <(grep -oE '\]\([A-Za-z0-9_./-]+\)' "$document" | tr -d '()]' | sort -u)
done

options() { # the option names in a text
    grep -oE '(^|[^A-Za-z0-9-])--?[a-zA-Z][a-z-]*' | grep -oE -- '--?[a-zA-Z].*' | sort -u
}
for program in "$@"; do
    [ -n "$program" ] || continue # not built here
    page=docs/$(basename "$program").1
    help=$("$program" --help) || complain "$program --help failed"
    only=$(diff <(options <<<"$help") <(sed 's/\\-/-/g; s/\\f[A-Z]//g' "$page" |
        grep -vE '^\.(TH|\\")' | options) | grep '^<')
    [ -z "$only" ] || complain "$page does not have:" "$only"
done
exit "$failed"
