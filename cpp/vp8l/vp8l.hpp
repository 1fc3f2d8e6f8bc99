// The image data of a lossless WebP whose pixels are labels into a palette.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::vp8l {

// labels: rows of `width`, at most 16384 of each; palette: k * 4 bytes of red, green, blue and
// alpha, 1 <= k <= 256, and each label below k.
std::vector<std::uint8_t> encode(std::span<const std::uint8_t> labels, std::size_t width,
                                 std::span<const std::uint8_t> palette);

}  // namespace huepress::vp8l
