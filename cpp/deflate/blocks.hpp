// Blocks: the parse of some bytes, and the cheapest of the three ways to write it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/bits.hpp"
#include "deflate/parse.hpp"
#include "deflate/symbols.hpp"
#include "deflate/tables.hpp"

namespace huepress::deflating {

struct Block {
    enum class Kind : std::uint8_t { stored, fixed, dynamic };

    std::size_t first, last;  // bytes
    std::vector<Step> steps;
    Counts counts;
    Kind kind;
    Table table;
    std::uint64_t bits;  // in all; of a stored block, the most that they may be

    std::size_t size() const { return last - first; }
};

// How much is tried for each block.
struct Patience {
    int passes;                // parses at the most
    int polish;                // and then, with the lengths of codes as costs
    int care;                  // of tables, from 1 to 3
    std::uint64_t least_gain;  // a pass that gains less than this share ends them
    std::size_t starts_below;  // smaller blocks are begun from several statistics
};

// The best block found for some bytes.
Block best_block(Parser& parser, std::span<const std::uint8_t> bytes, std::size_t first,
                 std::size_t last, const Counts& start, const Patience& patience);

// bytes: all that are deflated from `first` on.
void write(const Block& block, std::span<const std::uint8_t> bytes, bool is_last, BitWriter& out);

}  // namespace huepress::deflating
