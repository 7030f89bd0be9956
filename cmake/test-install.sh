#!/bin/sh
# test-install.sh - an installed copy serves a program outside the tree.
#
#   test-install.sh CMAKE BUILD CC
#
# Installs the build into a folder of its own, moves it as packagers do, and
# has README's program compiled and run twice: by hand with pkg-config, and
# through the CMake package.
set -eu

cmake=$1 build=$2 cc=$3
tree=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

step() { printf '%s\n' "-- $*"; }

step "install"
DESTDIR=$tmp/stage "$cmake" --install "$build" --strip --prefix /opt/lodge \
    >install.log
mv stage/opt/lodge "$tmp/moved"
prefix=$tmp/moved
find moved ! -type d | sort
for file in lodge.h lodge.pc lodgeConfig.cmake liblodge.so lodge.1 \
    lodge-run.1 lodge-inspect.1 inspect.schema.json LICENSE; do
    [ -n "$(find moved -name "$file")" ] || {
        echo "$file is not installed" >&2
        exit 1
    }
done

step "README's program with pkg-config"
awk '/^```/ { if (on) exit; on = ($0 == "```c"); next } on' \
    "$tree/README.md" >hello.c
[ -s hello.c ] || { echo "README.md has no \`\`\`c block" >&2; exit 1; }
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name lodge.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # these are words
"$cc" hello.c $(pkg-config --cflags --libs lodge) -o hello
./hello | tee by-hand.txt
[ -s by-hand.txt ]

step "README's program with the CMake package"
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(hello C)
find_package(lodge 0.1 REQUIRED)
add_executable(hello hello.c)
target_link_libraries(hello PRIVATE lodge::lodge)
CMAKE
"$cmake" -S . -B out -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" >cmake.log || { cat cmake.log; exit 1; }
"$cmake" --build out >>cmake.log || { cat cmake.log; exit 1; }
out/hello | cmp - by-hand.txt

if [ -x moved/bin/lodge ]; then
    step "the command"
    moved/bin/lodge --version
fi
echo "installed copy: good"
