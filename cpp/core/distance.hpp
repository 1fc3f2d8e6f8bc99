// The two inner loops of nearest-centroid search, for 16 points or boxes at a time in exact int32
// arithmetic, on the instruction set that isa.hpp chose. Every body gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/types.hpp"

namespace huepress {

// The points or boxes that one call takes.
inline constexpr std::size_t group_size = 16;

struct Kernels {
    // For each of 16 points: the name of its nearest code and the squared distance to it; ties go
    // to the one named first. Names are places in `codes`. count >= 1; distances stay below 2^30
    // (types.hpp).
    void (*nearest)(const Point* points, const Point* codes, const std::uint16_t* names,
                    std::size_t count, std::uint16_t* labels /* OUT, 16 */,
                    std::int32_t* distances /* OUT, 16 */);

    // For each named code: the set of boxes, as 16 bits, in which some position is at least as near
    // to it as to the box's own favourite. A box is all positions within `halves` of its centre,
    // coordinate by coordinate; `distances` are those of the favourites to the centres. By Kanungo
    // et al. (2002): on a box, |x - code|^2 - |x - favourite|^2 is least in a corner, where it is
    // its value at the centre minus 2 * halves . |code - favourite|.
    void (*contenders)(const Point* centres, const Point* halves, const std::uint16_t* favourites,
                       const std::int32_t* distances, const Point* codes,
                       const std::uint16_t* names, std::size_t count,
                       std::uint16_t* boxes /* OUT, count */);
};

const Kernels& kernels();

// The nearest centroid of every point by brute force; ties go to the lowest index. At most 65536
// centroids.
void nearest_points(std::span<const Point> points, std::span<const Point> centroids,
                    unsigned threads, std::span<std::uint16_t> labels /* OUT */,
                    std::span<std::int32_t> distances /* OUT */);

}  // namespace huepress
