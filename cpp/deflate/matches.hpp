// Earlier places where the bytes ahead occur.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/symbols.hpp"

namespace huepress::deflating {

// A copy that can be made: the longest of its distance, the nearest of its length.
struct Match {
    std::uint32_t packed;

    static Match of(std::uint32_t length, std::uint32_t distance) {
        const auto symbol = static_cast<std::uint32_t>(symbol_of_distance(distance));
        return {length | symbol << 9 | (distance - 1) << 14};
    }
    std::size_t length() const { return packed & 511; }
    std::size_t symbol() const { return packed >> 9 & 31; }
    std::uint32_t distance() const { return (packed >> 14) + 1; }
};

struct SearchOptions {
    int depth;         // how many places are compared at each position
    std::size_t nice;  // a copy so long ends the search
};

// The matches at the positions from `first` to `last`, found once, read by every parse: all that
// are useful, but of one position so many at the most, which bounds the memory.
class Matches {
public:
    static constexpr std::size_t most = 32;

    Matches(std::span<const std::uint8_t> data, std::size_t first, std::size_t last,
            const SearchOptions& options);

    // In ascending order of lengths and distances. i: counted from `first`.
    std::span<const Match> at(std::size_t i) const {
        return {matches_.data() + starts_[i], starts_[i + 1] - starts_[i]};
    }

private:
    std::vector<Match> matches_;
    std::vector<std::uint32_t> starts_;
};

}  // namespace huepress::deflating
