// The image data of a lossless WebP whose pixels are labels into a palette.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::vp8l {

// All copies that can be made stand in memory at once: some 30 bytes for each label, and as much
// again where labels are predicted, which more labels than the second number are not.
inline constexpr std::size_t labels_max = std::size_t{1} << 25;
inline constexpr std::size_t predicted_max = labels_max / 2;

// labels: rows of `width`, at most 16384 of each, and labels_max in all; palette: k * 4 bytes of
// red, green, blue and alpha, 1 <= k <= 256, and each label below k.
std::vector<std::uint8_t> encode(std::span<const std::uint8_t> labels, std::size_t width,
                                 std::span<const std::uint8_t> palette);

}  // namespace huepress::vp8l
