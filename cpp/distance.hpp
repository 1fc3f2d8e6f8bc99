// The nearest of a list of codes for 16 points at a time: exact int32 squared distances, on the widest
// instruction set of this CPU. Every body gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "types.hpp"

namespace huepress {

// The points that one call of a Nearest body takes.
inline constexpr std::size_t group_size = 16;

// For each of the 16 points: the name of its nearest code and the squared distance to it; ties go to
// the code that stands first. count >= 1; distances stay below 2^30 (types.hpp).
using Nearest = void (*)(const Point* points, const Point* codes, const std::uint16_t* names, std::size_t count,
                         std::uint16_t* labels /* OUT, 16 */, std::int32_t* distances /* OUT, 16 */);

// The body chosen once for this process: the widest that the CPU runs, or the one that the
// environment variable HUEPRESS_ISA names (plain, avx2, avx512, neon). Throws std::invalid_argument
// when that one is unknown or cannot run here.
Nearest nearest_of_16();
std::string instruction_set();

// The nearest centroid of every point by brute force; ties go to the lowest index. At most 65536
// centroids.
void nearest_points(std::span<const Point> points, std::span<const Point> centroids, unsigned threads,
                    std::span<std::uint16_t> labels /* OUT */, std::span<std::int32_t> distances /* OUT */);

}  // namespace huepress
