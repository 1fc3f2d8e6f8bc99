#!/bin/sh
# Whether all instruction sets give the same bits: builds tools/kernel_digests.cpp for this CPU and,
# where a cross compiler and qemu are there, for AArch64, and compares what they print.
# On Debian: apt-get install g++-aarch64-linux-gnu qemu-user-static
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() { # compiler, output, further options
    compiler=$1 output=$2
    shift 2
    "$compiler" -std=c++20 -O2 -ffp-contract=off -static -pthread -Icpp "$@" \
        cpp/core/*.cpp cpp/color/*.cpp cpp/deflate/*.cpp cpp/fit/*.cpp cpp/lzw/*.cpp cpp/map/*.cpp \
        cpp/rate/*.cpp cpp/score/*.cpp cpp/vp8l/*.cpp tools/kernel_digests.cpp -o "$output"
}
same() { # name, command ...
    name=$1
    shift
    "$@" >"$work/$name"
    if ! diff "$work/plain" "$work/$name"; then
        echo "$name differs from plain" >&2
        exit 1
    fi
    echo "$name: the same"
}
build "${CXX:-c++}" "$work/here"
HUEPRESS_ISA=plain "$work/here" >"$work/plain"
cat "$work/plain"
same here "$work/here"
build "${CXX:-c++}" "$work/no-vectors" -DHUEPRESS_NO_VECTORS
same no-vectors env HUEPRESS_ISA=plain "$work/no-vectors"
if command -v aarch64-linux-gnu-g++ qemu-aarch64-static >/dev/null; then
    build aarch64-linux-gnu-g++ "$work/arm"
    same neon env HUEPRESS_ISA=neon qemu-aarch64-static "$work/arm"
    same arm-plain env HUEPRESS_ISA=plain qemu-aarch64-static "$work/arm"
else
    echo "no cross compiler or qemu: NEON is not tried"
fi
