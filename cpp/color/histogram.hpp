// Counts of distinct colours: exact, and the same however the pixels were cut or ordered.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace huepress {

struct ColorCounts {
    std::vector<std::uint8_t> colors;   // rows of `channels` bytes, unique, in lexicographic order
    std::vector<std::uint64_t> counts;  // one a row, never 0
};

// channels: 3 or 4. Fully transparent pixels count as the one colour (0, 0, 0, 0).
ColorCounts histogram(std::span<const std::uint8_t> pixels, int channels, unsigned threads);

// Both sides sorted and unique, as histogram() gives them.
ColorCounts merge_histograms(std::span<const std::uint8_t> colors_a,
                             std::span<const std::uint64_t> counts_a,
                             std::span<const std::uint8_t> colors_b,
                             std::span<const std::uint64_t> counts_b, int channels);

// Adds the values of the pixels of each colour. colors: all the picture's, as histogram() gives
// them; values: one a pixel; sums: one a colour.
void sum_by_color(std::span<const std::uint8_t> pixels, int channels,
                  std::span<const std::uint8_t> colors, std::span<const std::uint16_t> values,
                  std::span<std::uint64_t> sums /* OUT */);

}  // namespace huepress
