// What the bodies of ratekernels.cpp share.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

#include "core/isa.hpp"
#include "rate/ratekernels.hpp"

namespace huepress {

inline constexpr int block = CodeTable::block;
inline constexpr std::int32_t int32_max = std::numeric_limits<std::int32_t>::max();

inline std::int32_t saturated(std::int64_t sum) {
    return static_cast<std::int32_t>(std::min<std::int64_t>(sum, int32_max));
}

inline constexpr float lowest_cost = -never / 2;

// How far each code is, how far in chroma, and what that costs.
struct Measures {
    alignas(64) std::int32_t squared[codes_max];
    alignas(64) std::int32_t chroma[codes_max];
    alignas(64) float weighed[codes_max];
};

// What costs are counted from. Nearly always that of the nearest code is in reach; where the
// weights prefer another by far, the least of those that fit, so that no cost is out of range.
HUEPRESS_NEVER_INLINE inline float least_that_fits(const Measures& measures, std::uint32_t blocks,
                                                   int nearest, const Limits& limits) {
    float least = measures.weighed[nearest];
    for (; blocks; blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; ++i)
            if (measures.squared[i] - measures.squared[nearest] <= limits.cap &&
                measures.chroma[i] - measures.chroma[nearest] <= limits.chroma_cap)
                least = std::min(least, measures.weighed[i]);
    }
    return least;
}

#ifdef HUEPRESS_X86
// Only where isa() is avx512.
const RateKernels& avx512_rate_kernels();
#endif

}  // namespace huepress
