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
for file in include/libcpu/libcpu.h share/man/man1/libcpu-run.1 share/doc/libcpu/LICENSE \
    share/man/man3/libcpu.3; do
    [ -f "$prefix/$file" ] || die "$file was not installed"
done
libdir=$(dirname "$(find "$prefix" -name 'libcpu.a')")
[ -f "$libdir/libcpu.a" ] || die "libcpu.a was not installed"
! grep -rIlF -e "$scratch/first" -e "$PWD" "$prefix" | grep . || die "files that hold a path of ours"

# Every function has a page by its own name, which refers to one that is there.
while read -r function; do
    page=$prefix/share/man/man3/$function.3
    [ -f "$page" ] || die "$function has no page"
    target=$(sed -n 's/^\.so //p' "$page")
    [ -f "$prefix/share/man/$target" ] || [ -z "$target" ] || die "$page refers to $target"
done < <(awk -f tests/project/prototypes.awk include/libcpu/*.h | grep -oE '[a-z0-9_]+\(' | tr -d '(')

# The same by way of DESTDIR: nothing outside of it, nothing else in it.
DESTDIR=$scratch/stage run cmake --install "$build" --prefix /opt/somewhere
diff <(cd "$prefix" && find . | sort) <(cd "$scratch/stage/opt/somewhere" && find . | sort) ||
    die "DESTDIR has other files"
[ -z "$(find "$scratch/stage" -path "$scratch/stage/opt/somewhere" -prune -o -type f -print)" ] ||
    die "DESTDIR: files outside of the prefix"

run cmake -S "$source" -B "$scratch/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
run cmake --build "$scratch/build"
says_version "$scratch/build/usual"
says_version "$scratch/build/static"
if [ -e "$libdir/libcpu-gdb.a" ]; then
    says_version "$scratch/build/with_gdb"
fi

# The device example is such a project too.
if [ "$(uname -m)" = x86_64 ]; then
    run cmake -S examples/device -B "$scratch/device" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
    run cmake --build "$scratch/device"
    run tests/examples/compare.sh "$PWD/tests/examples/device.txt" "$scratch/device/device-example"
fi

export PKG_CONFIG_PATH=$libdir/pkgconfig
[ "$(pkg-config --modversion libcpu)" = "$version" ] || die "pkg-config knows another version"
read -ra flags <<<"$(pkg-config --cflags --libs libcpu)"
run "$cc" "$source/consumer.c" -o "$scratch/usual" "${flags[@]}" "-Wl,-rpath,$libdir"
says_version "$scratch/usual"
read -ra flags <<<"$(pkg-config --static --cflags --libs libcpu)"
run "$cc" -static "$source/consumer.c" -o "$scratch/static" "${flags[@]}"
says_version "$scratch/static"
if command -v c++ >/dev/null 2>&1; then
    run c++ -std=c++17 -x c++ "$source/consumer.c" -x none -o "$scratch/cxx" "${flags[@]}" \
        "-Wl,-rpath,$libdir"
    says_version "$scratch/cxx"
fi

# The name of the shared library tells the minor version before 1.0.0.
shared=$libdir/libcpu.so
if [ -e "$shared" ]; then
    soname=$(objdump -p "$shared" | awk '$1 == "SONAME" { print $2 }')
    [ "$soname" = "libcpu.so.$(cut -d. -f1,2 <<<"$version")" ] || die "the SONAME is $soname"
fi

# As a part of another project it has the same targets, and neither tests nor programs. Generating is
# enough: the link lines are the ones of the build that this test belongs to.
mkdir "$scratch/parent"
sed "s|^find_package.*|add_subdirectory($PWD libcpu)|" "$source/CMakeLists.txt" \
    >"$scratch/parent/CMakeLists.txt"
cp "$source"/*.c "$scratch/parent/"
run cmake -S "$scratch/parent" -B "$scratch/parent/build" -DCMAKE_C_COMPILER="$cc"
run cmake --build "$scratch/parent/build" --target help
! grep -qE 'test_|libcpu-run' "$scratch/log" || die "as a part it builds tests or programs"

# A user who wants a newer version is told so.
mkdir "$scratch/future"
sed 's/libcpu 0\.1 CONFIG/libcpu 99 CONFIG/' "$source/CMakeLists.txt" >"$scratch/future/CMakeLists.txt"
cp "$source"/*.c "$scratch/future/"
cmake -S "$scratch/future" -B "$scratch/future/build" -DCMAKE_PREFIX_PATH="$prefix" \
    >"$scratch/log" 2>&1 && die "version 99 was found"

if [ -x "$prefix/bin/libcpu-run" ]; then
    "$prefix/bin/libcpu-run" --version | grep -qF "$version" || die "libcpu-run --version"
fi
echo "install: fine"
