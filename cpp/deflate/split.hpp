// Where a parse is cut into blocks, each with codes of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/symbols.hpp"

namespace huepress::deflating {

// How finely cuts are looked for: pieces of steps of one size, of which so many are kept apart.
struct Grid {
    std::size_t pieces, kept;
};

// The steps at which blocks end, the last one included: the cuts of least estimated bits.
std::vector<std::size_t> split(std::span<const Step> steps, const std::uint8_t* bytes,
                               const Grid& grid);

}  // namespace huepress::deflating
