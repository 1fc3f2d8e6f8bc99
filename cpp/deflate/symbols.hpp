// The alphabet of deflate (RFC 1951): literals, lengths and distances, and how they are counted.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::deflating {

inline constexpr std::size_t window = 32768;
inline constexpr int shortest_copy = 3, longest_copy = 258;
inline constexpr int end_of_block = 256;
// Symbols of literals, the end and lengths; then those of distances, in one row.
inline constexpr std::size_t literals_max = 286, distances_max = 30;
inline constexpr std::size_t symbols_max = literals_max + distances_max;

struct LengthSymbols {
    std::array<std::uint16_t, longest_copy + 1> of{};  // 257 to 285
    std::array<std::uint16_t, 29> base{};
    std::array<std::uint8_t, 29> extra{};

    constexpr LengthSymbols() {
        int length = shortest_copy;
        for (std::size_t i = 0; i < 28; ++i) {
            extra[i] = static_cast<std::uint8_t>(i < 8 ? 0 : (i - 4) / 4);
            base[i] = static_cast<std::uint16_t>(length);
            for (int j = 0; j < 1 << extra[i] && length < longest_copy; ++j)
                of[static_cast<std::size_t>(length++)] = static_cast<std::uint16_t>(257 + i);
        }
        base[28] = longest_copy;
        of[longest_copy] = 285;
    }
};
inline constexpr LengthSymbols length_symbols;

constexpr int length_extra(std::size_t symbol) { return length_symbols.extra[symbol - 257]; }
constexpr int distance_extra(std::size_t symbol) {
    return symbol < 4 ? 0 : static_cast<int>(symbol) / 2 - 1;
}
constexpr std::uint32_t distance_base(std::size_t symbol) {
    return symbol < 4 ? static_cast<std::uint32_t>(symbol) + 1
                      : ((2u + symbol % 2) << distance_extra(symbol)) + 1;
}
constexpr std::size_t symbol_of_distance(std::uint32_t distance) {
    const std::uint32_t d = distance - 1;
    if (d < 4) return d;
    const int top = std::bit_width(d) - 1;
    return static_cast<std::size_t>(2 * top) + ((d >> (top - 1)) & 1);
}

// A literal, of length 1 and distance 0, or a copy.
struct Step {
    std::uint16_t length;
    std::uint16_t distance;

    bool is_literal() const { return length == 1; }
};

// How often each symbol occurs, the end of the block included.
using Counts = std::array<std::uint32_t, symbols_max>;

// data: begins where the steps do.
inline void count(Counts& counts /* IN, OUT */, std::span<const Step> steps,
                  const std::uint8_t* data) {
    for (const Step step : steps) {
        if (step.is_literal()) {
            ++counts[*data];
        } else {
            ++counts[length_symbols.of[step.length]];
            ++counts[literals_max + symbol_of_distance(step.distance)];
        }
        data += step.length;
    }
}

// The symbols of a block of these steps, its end included.
inline Counts counts_of(std::span<const Step> steps, const std::uint8_t* data) {
    Counts counts{};
    count(counts, steps, data);
    ++counts[end_of_block];
    return counts;
}

inline std::uint64_t extra_bits(const Counts& counts) {
    std::uint64_t bits = 0;
    for (std::size_t i = 257; i < literals_max; ++i)
        bits += std::uint64_t{counts[i]} * static_cast<unsigned>(length_extra(i));
    for (std::size_t i = 0; i < distances_max; ++i)
        bits += std::uint64_t{counts[literals_max + i]} * static_cast<unsigned>(distance_extra(i));
    return bits;
}

}  // namespace huepress::deflating
