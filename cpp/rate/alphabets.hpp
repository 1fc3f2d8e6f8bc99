// What a copy is told by in the formats whose labels the rate-aware mapping chooses: lengths and
// codes of distances, whose symbols both count alike.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "deflate/symbols.hpp"
#include "vp8l/symbols.hpp"

namespace huepress {

using deflating::symbol_of_distance;
inline constexpr int shortest_copy = 3;

// A PNG's: each row is led by the byte of its filter.
struct Deflate {
    static constexpr std::size_t window = deflating::window;
    static constexpr std::size_t lead = 1;  // bytes before a row's labels
    static constexpr int longest_copy = deflating::longest_copy;
    static constexpr int length_kinds = 29;
    static constexpr std::size_t distance_kinds = 30;
    static constexpr std::uint32_t by_code = 0;  // what a far distance's code is above it

    explicit Deflate(std::size_t) {}
    static int length_kind(int length) {
        return deflating::length_symbols.of[static_cast<std::size_t>(length)] - 257;
    }
    static int length_extra(int kind) {
        return deflating::length_symbols.extra[static_cast<std::size_t>(kind)];
    }
    // The last length of a kind.
    static int last_of(int kind) {
        return kind + 1 < length_kinds
                   ? deflating::length_symbols.base[static_cast<std::size_t>(kind + 1)] - 1
                   : longest_copy;
    }
    // Lengths from 64 on that are the last of their kind are of this form, or 257.
    static constexpr int longer_form(int i) { return 16 * i + 2; }
    std::uint32_t code(std::uint32_t distance) const { return distance; }
};

// A lossless WebP's (RFC 9649): pixels that are near in two dimensions have codes of their own.
struct Vp8l {
    // The format reaches 2^20 pixels back; so far distances fit 16 bits, and their symbols 32.
    static constexpr std::size_t window = 65536 - vp8l::by_code;
    static constexpr std::size_t lead = 0;
    static constexpr int longest_copy = vp8l::longest_copy;
    static constexpr int length_kinds = vp8l::lengths;
    static constexpr std::size_t distance_kinds = 32;  // up to the window
    static constexpr std::uint32_t by_code = vp8l::by_code;

    explicit Vp8l(std::size_t width) : width_(static_cast<std::uint32_t>(width)) {}
    static int length_kind(int length) {
        return static_cast<int>(vp8l::symbol_of(static_cast<std::uint32_t>(length)));
    }
    static int length_extra(int kind) { return vp8l::extra_of(static_cast<std::size_t>(kind)); }
    static int last_of(int kind) {
        return static_cast<int>(vp8l::base_of(static_cast<std::size_t>(kind + 1))) - 1;
    }
    static constexpr int longer_form(int i) { return 32 * i; }
    std::uint32_t code(std::uint32_t distance) const { return vp8l::code_of(distance, width_); }

private:
    std::uint32_t width_;
};

// What fits the tables of both.
inline constexpr int longest = std::max(Deflate::longest_copy, Vp8l::longest_copy);
inline constexpr std::size_t farthest = std::max(Deflate::window, Vp8l::window);

}  // namespace huepress
