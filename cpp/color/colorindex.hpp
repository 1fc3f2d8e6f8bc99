// Where tables keep what they know of an opaque colour: in blocks of 8x8x8, so that colours that
// are alike lie together and the memory of those that are not met is never touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace huepress {

inline constexpr std::size_t index_cells = 32768, index_block = 512;

// Of a pixel read as a little-endian word. Bits 9 to 23: the cell, 5 bits a channel; bits 0 to 8:
// the place in its block, 3 bits a channel.
constexpr std::uint32_t color_index(std::uint32_t rgb) {
    return (rgb & 0xF8) << 16 | (rgb & 0xF800) << 3 | (rgb >> 10 & 0x3E00) | (rgb & 7) << 6 |
           (rgb >> 5 & 0x38) | (rgb >> 16 & 7);
}

constexpr std::uint32_t color_index(const std::uint8_t* rgb) {
    return color_index(rgb[0] | std::uint32_t{rgb[1]} << 8 | std::uint32_t{rgb[2]} << 16);
}

// Of each pixel; channels: 3 or 4, of which the fourth is passed over.
template <int channels>
void color_indices(const std::uint8_t* pixels, std::span<std::uint32_t> indices /* OUT */);

}  // namespace huepress
