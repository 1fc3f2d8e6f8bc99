// Vectors for any CPU: loops of fixed length, which compilers unroll or vectorise as they can. They
// define what vec_avx2.hpp and vec_neon.hpp do with registers: 8 lanes of 32 bits or 16 of 16 bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "core/isa.hpp"
#include "core/types.hpp"

namespace huepress::plain {

template <class T, std::size_t n>
struct Vec {
    T v[n];
};
using I32 = Vec<std::int32_t, 8>;
using I16 = Vec<std::int16_t, 16>;
using F32 = Vec<float, 8>;
using Labels = Vec<std::uint8_t, 16>;

template <class T, std::size_t n, class F>
HUEPRESS_ALWAYS_INLINE Vec<T, n> each(const Vec<T, n>& a, const Vec<T, n>& b, F f) {
    Vec<T, n> out;
    for (std::size_t i = 0; i < n; ++i) out.v[i] = static_cast<T>(f(a.v[i], b.v[i]));
    return out;
}
template <class V, class F>
HUEPRESS_ALWAYS_INLINE V from_lane(F f) {
    V out;
    for (std::size_t i = 0; i < std::size(out.v); ++i)
        out.v[i] = static_cast<std::remove_reference_t<decltype(out.v[0])>>(f(i));
    return out;
}

template <class V, class T>
HUEPRESS_ALWAYS_INLINE V load(const T* from) {
    return from_lane<V>([&](std::size_t i) { return from[i]; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE void store(T* to, const Vec<T, n>& a) {
    std::copy_n(a.v, n, to);
}
template <class V, class T>
HUEPRESS_ALWAYS_INLINE V all(T value) {
    return from_lane<V>([&](std::size_t) { return value; });
}
// first, first + 1, ...
template <class V>
HUEPRESS_ALWAYS_INLINE V counting(int first) {
    return from_lane<V>([&](std::size_t i) { return first + static_cast<int>(i); });
}

template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator+(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x + y; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator-(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x - y; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator*(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x * y; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator&(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x & y; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator|(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x | y; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> min(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return y < x ? y : x; });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> max(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return x < y ? y : x; });
}

HUEPRESS_ALWAYS_INLINE I32 operator<<(const I32& a, int bits) {
    return from_lane<I32>(
        [&](std::size_t i) { return static_cast<std::uint32_t>(a.v[i]) << bits; });
}
HUEPRESS_ALWAYS_INLINE I32 operator>>(const I32& a, int bits) {  // zeros come in
    return from_lane<I32>(
        [&](std::size_t i) { return static_cast<std::uint32_t>(a.v[i]) >> bits; });
}
HUEPRESS_ALWAYS_INLINE I16 absolute(const I16& a) {
    return from_lane<I16>([&](std::size_t i) { return a.v[i] < 0 ? -a.v[i] : a.v[i]; });
}

// Masks are vectors whose lanes have all bits or none.
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator<(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return -(x < y); });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> operator==(const Vec<T, n>& a, const Vec<T, n>& b) {
    return each(a, b, [](T x, T y) { return -(x == y); });
}
HUEPRESS_ALWAYS_INLINE I16 at_most_unsigned(const I16& a, const I16& b) {
    return each(a, b, [](std::int16_t x, std::int16_t y) {
        return -(static_cast<std::uint16_t>(x) <= static_cast<std::uint16_t>(y));
    });
}
template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE Vec<T, n> choose(const Vec<T, n>& mask, const Vec<T, n>& a,
                                        const Vec<T, n>& b) {
    return from_lane<Vec<T, n>>(
        [&](std::size_t i) { return (a.v[i] & mask.v[i]) | (b.v[i] & ~mask.v[i]); });
}
HUEPRESS_ALWAYS_INLINE std::uint32_t bits(const I32& mask) {
    std::uint32_t set = 0;
    for (std::size_t i = 0; i < 8; ++i) set |= static_cast<std::uint32_t>(mask.v[i] & 1) << i;
    return set;
}
HUEPRESS_ALWAYS_INLINE bool any(const I16& mask) {
    std::int16_t set = 0;
    for (const std::int16_t lane : mask.v) set |= lane;
    return set != 0;
}

template <class T, std::size_t n>
HUEPRESS_ALWAYS_INLINE T least(const Vec<T, n>& a) {
    return *std::min_element(a.v, a.v + n);
}

// Products of lanes 2 i and 2 i + 1, added up; and the same of two pairs of vectors.
HUEPRESS_ALWAYS_INLINE I32 dot(const I16& a, const I16& b) {
    return from_lane<I32>(
        [&](std::size_t i) { return a.v[2 * i] * b.v[2 * i] + a.v[2 * i + 1] * b.v[2 * i + 1]; });
}
HUEPRESS_ALWAYS_INLINE I32 dot(const I16& a, const I16& b, const I16& c, const I16& d) {
    return dot(a, b) + dot(c, d);
}

HUEPRESS_ALWAYS_INLINE F32 to_float(const I32& a) {
    return from_lane<F32>([&](std::size_t i) { return a.v[i]; });
}
HUEPRESS_ALWAYS_INLINE I32 truncated(const F32& a) {
    return from_lane<I32>([&](std::size_t i) { return a.v[i]; });
}
// The lanes fit int16.
HUEPRESS_ALWAYS_INLINE I16 narrowed(const I32& a, const I32& b) {
    return from_lane<I16>([&](std::size_t i) { return i < 8 ? a.v[i] : b.v[i - 8]; });
}
// The lanes are at most 65535, or 255.
HUEPRESS_ALWAYS_INLINE void store_16(std::uint16_t* to, const I32& a, const I32& b) {
    for (std::size_t i = 0; i < 16; ++i)
        to[i] = static_cast<std::uint16_t>(i < 8 ? a.v[i] : b.v[i - 8]);
}
HUEPRESS_ALWAYS_INLINE void store_8(std::uint8_t* to, const I32 (&rows)[4]) {
    for (std::size_t i = 0; i < 32; ++i) to[i] = static_cast<std::uint8_t>(rows[i / 8].v[i % 8]);
}
HUEPRESS_ALWAYS_INLINE I32 widened(const std::int16_t* eight) {
    return from_lane<I32>([&](std::size_t i) { return eight[i]; });
}

// Eight points: the first two coordinates of each side by side, and the last two.
struct Points8 {
    I16 first, last;
};
HUEPRESS_ALWAYS_INLINE Points8 load_points(const Point* points) {
    return {from_lane<I16>([&](std::size_t i) { return points[i / 2][i % 2]; }),
            from_lane<I16>([&](std::size_t i) { return points[i / 2][2 + i % 2]; })};
}

// Two coordinates in every pair of lanes.
HUEPRESS_ALWAYS_INLINE I16 all_pairs(std::int16_t x, std::int16_t y) {
    return from_lane<I16>([&](std::size_t i) { return i % 2 ? y : x; });
}

// Eight pixels of 3 or 4 bytes, each a little-endian word: one load, where single bytes take three.
// The highest byte may be anything.
template <int channels>
HUEPRESS_ALWAYS_INLINE I32 load_pixels(const std::uint8_t* from) {
    static_assert(std::endian::native == std::endian::little);
    return from_lane<I32>([&](std::size_t i) {
        std::int32_t word;
        std::memcpy(&word, from + i * channels, sizeof word);
        return word;
    });
}

HUEPRESS_ALWAYS_INLINE void prefetch(const void*) {}

// 16 bytes, from `source - distance`: of every eight in a row, or of each.
HUEPRESS_ALWAYS_INLINE Labels load_eights(const std::uint8_t* source,
                                          const std::uint16_t* distance) {
    return from_lane<Labels>([&](std::size_t i) { return (source - distance[i / 8 * 8])[i % 8]; });
}
HUEPRESS_ALWAYS_INLINE Labels gather(const std::uint8_t* source, const std::uint16_t* distance) {
    return from_lane<Labels>([&](std::size_t i) { return *(source - distance[i]); });
}
// Entries of a table that is read in pairs from an even place.
HUEPRESS_ALWAYS_INLINE I16 look_up(const std::int16_t* table, const Labels& at) {
    return from_lane<I16>([&](std::size_t i) { return table[at.v[i]]; });
}
HUEPRESS_ALWAYS_INLINE I16 look_up(const std::int16_t* table, const I16& at) {
    return from_lane<I16>([&](std::size_t i) { return table[at.v[i]]; });
}
// Of a table of 16; what is beyond may be anything.
HUEPRESS_ALWAYS_INLINE I16 look_up_16(const std::int16_t* table, const I16& at) {
    return from_lane<I16>([&](std::size_t i) { return table[at.v[i] & 15]; });
}

}  // namespace huepress::plain
