#!/bin/sh
# Whether all instruction sets give the same bits: builds tools/kernel_digests.cpp for this CPU and,
# where a cross compiler and qemu are there, for AArch64, and compares what they print.
# On Debian: apt-get install g++-aarch64-linux-gnu qemu-user-static
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() { # program, compiler, further options
    program=$1
    shift
    mkdir "$work/$program.objects"
    ls cpp/core/*.cpp cpp/color/*.cpp cpp/deflate/*.cpp cpp/fit/*.cpp cpp/lzw/*.cpp cpp/map/*.cpp \
        cpp/rate/*.cpp cpp/score/*.cpp cpp/vp8l/*.cpp tools/kernel_digests.cpp |
        xargs -P "$(nproc)" -I '{}' sh -c 'object=$1/$(echo "$2" | tr / -).o; shift 2
            "$@" -o "$object"' compile "$work/$program.objects" '{}' \
            "$@" -std=c++20 -O2 -ffp-contract=off -Icpp -c '{}'
    "$1" -static -pthread "$work/$program.objects"/*.o -o "$work/$program"
}
same() { # name, command ...
    name=$1
    shift
    "$@" >"$work/$name.digests"
    if ! diff "$work/plain.digests" "$work/$name.digests"; then
        echo "$name differs from plain" >&2
        exit 1
    fi
    echo "$name: the same"
}
build here "${CXX:-c++}"
HUEPRESS_ISA=plain "$work/here" >"$work/plain.digests"
cat "$work/plain.digests"
for isa in avx2 avx512 neon; do
    case $isa in
        neon) test "$(uname -m)" = aarch64 || continue ;;
        avx512) flag=avx512bw ;;
        *) flag=$isa ;;
    esac
    if [ $isa = neon ] || grep -qw "$flag" /proc/cpuinfo; then
        same $isa env HUEPRESS_ISA=$isa "$work/here"
    else
        echo "$isa: not tried, this CPU has none"
    fi
done
build no-vectors "${CXX:-c++}" -DHUEPRESS_NO_VECTORS
same no-vectors env HUEPRESS_ISA=plain "$work/no-vectors"
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64-static >/dev/null; then
    build arm aarch64-linux-gnu-g++
    same arm-neon env HUEPRESS_ISA=neon qemu-aarch64-static "$work/arm"
    same arm-plain env HUEPRESS_ISA=plain qemu-aarch64-static "$work/arm"
    build arm-no-vectors aarch64-linux-gnu-g++ -DHUEPRESS_NO_VECTORS
    same arm-no-vectors env HUEPRESS_ISA=neon qemu-aarch64-static "$work/arm-no-vectors"
else
    echo "no cross compiler or qemu: AArch64 is not tried"
fi
