// The cheapest way to cover bytes with literals and copies, given what each costs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/matches.hpp"
#include "deflate/symbols.hpp"
#include "deflate/tables.hpp"

namespace huepress::deflating {

class Parser {
public:
    // bytes: those that `matches` were found for.
    Parser(std::span<const std::uint8_t> bytes, const Matches& matches);

    // Steps over the bytes from `first` to `last`.
    void parse(std::size_t first, std::size_t last, const Costs& costs,
               std::vector<Step>& steps /* OUT */);

    // The longest copy at each place, unless one byte later there is a longer one: what zlib does.
    void parse_lazily(std::size_t first, std::size_t last, std::vector<Step>& steps /* OUT */);

private:
    // The least cost to the end over 2^reach places, for each place a while ahead: a ring that a
    // batch is added to at a time, with its beginning repeated behind its end.
    static constexpr std::size_t batch = 16, ring = 512, reaches = 8;
    using Row = std::array<std::int32_t, ring + batch + (1 << (reaches - 2))>;

    void add_batch(std::size_t first);

    std::span<const std::uint8_t> bytes_;
    const Matches& matches_;
    std::vector<std::int32_t> to_end_;
    std::vector<std::int32_t> tiles_;  // the least of each batch of to_end_, as far as it is known
    std::vector<Step> choice_;         // a copy: the longest of those whose symbol is the best
    std::array<Row, reaches> least_;
};

}  // namespace huepress::deflating
