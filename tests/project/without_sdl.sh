#!/bin/bash
# without_sdl.sh CMAKE CC - on a computer without SDL the project still configures: the window is left
# out, which is said, and nothing else is.
set -u
cmake=$1 cc=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
    echo "without_sdl: $*"
    failed=1
}

# All that pkg-config knows here, but for SDL.
mkdir "$dir/pc"
while IFS= read -r -d : folder; do
    for file in "$folder"/*.pc; do
        [ -e "$file" ] && ln -s "$file" "$dir/pc/" 2>/dev/null
    done
done <<<"${PKG_CONFIG_PATH:+$PKG_CONFIG_PATH:}$(pkg-config --variable pc_path pkg-config):"
rm -f "$dir"/pc/sdl2.pc "$dir"/pc/SDL2*.pc
export PKG_CONFIG_LIBDIR=$dir/pc PKG_CONFIG_PATH=
pkg-config --exists sdl2 && bad "SDL is still found"

"$cmake" -S . -B "$dir/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Release \
    >"$dir/log" 2>&1 || bad "it does not configure: $(tail -n 20 "$dir/log")"
grep -q '^-- No libcpu-view: it needs SDL2' "$dir/log" || bad "nothing is said of the window"
"$cmake" --build "$dir/build" --target help >"$dir/targets" 2>/dev/null
for target in libcpu-run test_mmu_tlb bench-create; do
    grep -qE "^(\.\.\. )?$target(:|$)" "$dir/targets" || bad "no target $target"
done
grep -E '^(\.\.\. )?(libcpu-view|test_view_[a-z]*|bench-view)(:|$)' "$dir/targets" &&
    bad "it builds the window all the same"
exit "$failed"
