// The cheapest way to cover labels with literals and copies, given what each symbol costs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vp8l/far.hpp"
#include "vp8l/symbols.hpp"

namespace huepress::vp8l {

inline constexpr int bit_unit = 64;  // costs are counted in 64ths of a bit

// By symbol, extra bits included.
using Costs = std::array<std::int32_t, symbols>;

// Bits of the symbols that were counted, in 64ths, were the codes ideal; extra bits left out.
std::uint64_t entropy(const Counts& counts);

// What each symbol costs where these were counted.
Costs costs_of(const Counts& counts);

class Parser {
public:
    Parser(std::span<const std::uint8_t> labels, std::size_t width);

    // costs: one for each group of the tiles.
    std::vector<Step> parse(std::span<const Costs> costs, const Tiles& tiles) const;

private:
    static constexpr std::size_t chunk = std::size_t{1} << 20;  // that no copy ends beyond

    void find_all();
    std::size_t symbol_of_distance(std::uint32_t distance) const {
        return distance < near_symbols_.size() ? near_symbols_[distance]
                                               : symbol_of(distance + by_code);
    }
    void parse_chunk(std::size_t first, std::size_t last, std::span<const Costs> costs,
                     const Tiles& tiles, std::vector<Step>& steps /* OUT */) const;

    std::span<const std::uint8_t> labels_;
    std::size_t width_;
    std::vector<std::uint8_t> near_symbols_;  // of distances
    // The matches of each place from the last on, each longer than those before it, whose distances
    // have lower symbols.
    std::vector<Match> matches_;
    std::vector<std::uint32_t> ends_;  // of those of each place
};

}  // namespace huepress::vp8l
