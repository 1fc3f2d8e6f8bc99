// The nearest codes of a small grid of positions, of which each axis is a list of coordinates.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/types.hpp"

namespace huepress {

// Coordinates of eight places on each axis.
using Axes = std::array<const std::int16_t*, 3>;

struct GridCode {
    Point point;
    std::uint8_t label;
};

// The nearest of some codes to every position of the grid, the first of equals; the third axis
// varies fastest. All positions have the same last coordinate. Distances stay below 2^31.
void label_grid(const Axes& axes, std::int32_t last, std::span<const GridCode> codes,
                std::uint8_t* labels /* OUT, 512 */);

}  // namespace huepress
