// What labels are more or less than their neighbours let expect, tile by tile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::vp8l {

struct Prediction {
    std::size_t across;               // tiles, of 2^bits labels a side
    std::vector<std::uint8_t> modes;  // of each tile: section 4.1 of RFC 9649
    std::vector<std::uint8_t> differences;
};

// By the modes whose differences take the least by themselves, without copies.
Prediction predicted(std::span<const std::uint8_t> labels, std::size_t width, int bits);

// What they take, about: of tall pictures from a part of them.
std::uint64_t predicted_bits(std::span<const std::uint8_t> labels, std::size_t width, int bits);

}  // namespace huepress::vp8l
