// Which tiles of a picture share their prefix codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vp8l/parse.hpp"
#include "vp8l/symbols.hpp"

namespace huepress::vp8l {

// The symbols of each group.
std::vector<Counts> counts_of(std::span<const Step> steps, std::span<const std::uint8_t> labels,
                              std::size_t width, const Tiles& tiles);

// Tiles of 2^bits labels a side, in groups whose codes should make the steps take the least.
Tiles grouped(std::span<const Step> steps, std::span<const std::uint8_t> labels, std::size_t width,
              int bits);

}  // namespace huepress::vp8l
