// Earlier places, however far, where the labels ahead occur.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::vp8l {

// A copy that can be made, no longer than this.
struct Match {
    std::uint32_t packed;

    static Match of(std::uint32_t length, std::uint32_t distance) {
        return {(length - 1) << 20 | (distance - 1)};
    }
    std::uint32_t length() const { return (packed >> 20) + 1; }
    std::uint32_t distance() const { return (packed & 0xFFFFF) + 1; }
};

inline constexpr std::uint32_t nice_copy = 128;  // one so long ends the search
inline constexpr std::size_t most_far = 9;       // of each place that are kept

struct FarMatches {
    std::vector<Match> matches;         // of the first place, of the second, ..., shortest first
    std::vector<std::uint32_t> starts;  // of those of each place, and the end
};
FarMatches far_matches(std::span<const std::uint8_t> labels);

}  // namespace huepress::vp8l
