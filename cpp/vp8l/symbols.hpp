// The alphabet of a lossless WebP's pixels where they are labels (RFC 9649): literals, lengths and
// codes of distances.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/symbols.hpp"

namespace huepress::vp8l {

inline constexpr int longest_copy = 4096;
inline constexpr std::uint32_t by_code = 120;  // what a far distance's code is above it
inline constexpr std::uint32_t window = (1 << 20) - by_code;
// Symbols of literals and lengths; then those of distances, in one row.
inline constexpr std::size_t literals = 256, lengths = 24, distances = 40;
inline constexpr std::size_t green_symbols = literals + lengths;
inline constexpr std::size_t symbols = green_symbols + distances;

// Lengths and codes of distances are both told by a symbol and extra bits, as deflate tells
// distances.
constexpr std::size_t symbol_of(std::uint32_t value) {
    return deflating::symbol_of_distance(value);
}
constexpr int extra_of(std::size_t symbol) { return deflating::distance_extra(symbol); }
constexpr std::uint32_t base_of(std::size_t symbol) { return deflating::distance_base(symbol); }

// The neighbours by row, upwards, and by column, from 8 to the left to 7 to the right: their codes,
// which section 4.2.2 of the RFC lists the other way round. 0: not yet known.
inline constexpr std::array<std::uint8_t, 128> near_codes{
    {97,  74,  56,  40,  24,  14,  6,  2,   0,   0,  0,   0,   0,   0,   0,  0,   102, 79,  59,
     43,  27,  17,  9,   3,   1,   4,  10,  18,  28, 44,  60,  80,  103, 87, 63,  47,  33,  21,
     11,  7,   5,   8,   12,  22,  34, 48,  64,  88, 106, 91,  71,  53,  38, 29,  19,  15,  13,
     16,  20,  30,  39,  54,  72,  92, 111, 100, 83, 67,  49,  36,  31,  25, 23,  26,  32,  37,
     50,  68,  84,  101, 116, 109, 95, 77,  65,  51, 45,  41,  35,  42,  46, 52,  66,  78,  96,
     110, 119, 114, 104, 93,  81,  69, 61,  57,  55, 58,  62,  70,  82,  94, 105, 115, 120, 117,
     112, 107, 98,  89,  85,  75,  73, 76,  86,  90, 99,  108, 113, 118}};

constexpr std::uint32_t code_of(std::uint32_t distance, std::uint32_t width) {
    const std::uint32_t up = distance / width, left = distance - up * width;
    if (left <= 8 && up < 8) return near_codes[16 * up + 8 - left];
    const std::uint32_t right = width - left;
    if (right < 8 && up < 7) return near_codes[16 * (up + 1) + 8 + right];
    return distance + by_code;
}

// A literal, of length 1 and distance 0, or a copy.
struct Step {
    std::uint32_t length;
    std::uint32_t distance;
};

using Counts = std::array<std::uint32_t, symbols>;

// The group of prefix codes of each square tile of pixels.
struct Tiles {
    int bits = 0;  // of a tile's side
    std::size_t across = 1;
    std::vector<std::uint8_t> group{0};
    std::size_t groups = 1;

    std::size_t group_at(std::size_t x, std::size_t y) const {
        return groups == 1 ? 0 : group[(y >> bits) * across + (x >> bits)];
    }
};

// What a plane of labels is parsed into, and where each step begins.
template <class Visit>
void each_step(std::span<const Step> steps, std::size_t width, Visit visit) {
    std::size_t x = 0, y = 0, i = 0;
    for (const Step& step : steps) {
        visit(step, i, x, y);
        i += step.length;
        x += step.length;
        while (x >= width) {
            x -= width;
            ++y;
        }
    }
}

inline void count(Counts& counts /* IN, OUT */, const Step& step, std::uint8_t label,
                  std::size_t width) {
    if (step.distance == 0) {
        ++counts[label];
    } else {
        ++counts[literals + symbol_of(step.length)];
        ++counts[green_symbols +
                 symbol_of(code_of(step.distance, static_cast<std::uint32_t>(width)))];
    }
}

}  // namespace huepress::vp8l
