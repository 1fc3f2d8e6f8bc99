// The few types that every kernel shares. No kernel knows Python.
#pragma once

#include <array>
#include <cstdint>

namespace huepress {

// A colour's position in a fit space: four fixed-point coordinates. Any two differ by less than
// 2^15 in a coordinate and by less than 2^30 in squared distance, so that differences fit int16 and
// their squares and sums fit int32.
using Point = std::array<std::int16_t, 4>;

// A colour's bytes: red, green, blue, straight alpha (255 where the image has none).
using Rgba = std::array<std::uint8_t, 4>;

}  // namespace huepress
