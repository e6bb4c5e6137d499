#!/bin/bash
# install.sh - install into a fresh place, move it, and use it from there: by CMake package and by
# pkg-config, the shared and the static library.
# usage: install.sh BUILD-DIRECTORY CC VERSION
set -u
build=$1 cc=$2 version=$3
source=$PWD/tests/project/consumer
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/moved

die() {
    echo "install: $*"
    exit 1
}

run() {
    "$@" >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        die "failed: $*"
    }
}

# Does the program say the version?
says_version() {
    local said
    said=$("$@") || die "$*: status $?"
    [ "$said" = "$version" ] || die "$*: said $said, not $version"
}

run cmake --install "$build" --prefix "$scratch/first"
mv "$scratch/first" "$prefix"
for file in include/libcpu/libcpu.h share/man/man1/libcpu-run.1 share/doc/libcpu/LICENSE; do
    [ -f "$prefix/$file" ] || die "$file was not installed"
done
libdir=$(dirname "$(find "$prefix" -name 'libcpu.a')")
[ -f "$libdir/libcpu.a" ] || die "libcpu.a was not installed"
! grep -rIlF -e "$scratch/first" -e "$PWD" "$prefix" | grep . || die "files that hold a path of ours"

run cmake -S "$source" -B "$scratch/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
run cmake --build "$scratch/build"
says_version "$scratch/build/usual"
says_version "$scratch/build/static"

export PKG_CONFIG_PATH=$libdir/pkgconfig
[ "$(pkg-config --modversion libcpu)" = "$version" ] || die "pkg-config knows another version"
read -ra flags <<<"$(pkg-config --cflags --libs libcpu)"
run "$cc" "$source/consumer.c" -o "$scratch/usual" "${flags[@]}" "-Wl,-rpath,$libdir"
says_version "$scratch/usual"
read -ra flags <<<"$(pkg-config --cflags libcpu)"
run "$cc" "${flags[@]}" "$source/consumer.c" -o "$scratch/static" "$libdir/libcpu.a"
says_version "$scratch/static"

# As a part of another project it has the same targets, and neither tests nor programs. Generating is
# enough: the link lines are the ones of the build that this test belongs to.
mkdir "$scratch/parent"
sed "s|^find_package.*|add_subdirectory($PWD libcpu)|" "$source/CMakeLists.txt" \
    >"$scratch/parent/CMakeLists.txt"
cp "$source/consumer.c" "$scratch/parent/"
run cmake -S "$scratch/parent" -B "$scratch/parent/build" -DCMAKE_C_COMPILER="$cc"
run cmake --build "$scratch/parent/build" --target help
! grep -qE 'test_|libcpu-run' "$scratch/log" || die "as a part it builds tests or programs"

# A user who wants a newer version is told so.
mkdir "$scratch/future"
sed 's/libcpu 0\.1 CONFIG/libcpu 99 CONFIG/' "$source/CMakeLists.txt" >"$scratch/future/CMakeLists.txt"
cp "$source/consumer.c" "$scratch/future/"
cmake -S "$scratch/future" -B "$scratch/future/build" -DCMAKE_PREFIX_PATH="$prefix" \
    >"$scratch/log" 2>&1 && die "version 99 was found"

if [ -x "$prefix/bin/libcpu-run" ]; then
    "$prefix/bin/libcpu-run" --version | grep -qF "$version" || die "libcpu-run --version"
fi
echo "install: fine"
