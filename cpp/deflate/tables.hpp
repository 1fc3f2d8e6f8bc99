// The prefix codes of a block, and what its symbols take with them.
#pragma once

#include <cstdint>
#include <span>

#include "deflate/header.hpp"
#include "deflate/symbols.hpp"

namespace huepress::deflating {

// Costs are in 64ths of a bit.
inline constexpr int bit_cost = 64;

// What a parse pays for each step.
struct Costs {
    std::array<std::int32_t, 256> literals;
    std::array<std::int32_t, longest_copy + 1> lengths;
    std::array<std::int32_t, distances_max> distances;
};

// By the entropy of counts; what does not occur costs as much as something rare. header: bits that
// each symbol in use takes in the header, which its occurrences share.
Costs costs_of(const Counts& counts, int header);
// By the lengths of codes; what has none costs `unknown` bits.
Costs costs_of(const Lengths& lengths, int unknown);

// The codes that a fixed block is written with.
const Lengths& fixed_lengths();

// The bits of a block's symbols with these codes, without its header.
std::uint64_t symbol_bits(const Counts& counts, const Lengths& lengths);

// A bound from below of a block between two places, but for the header, which is a guess: good to
// compare cuts with. In 1024ths of a bit.
// before, behind: the symbols up to each place, without ends. used: all that occur in either, and
// the end, ascending.
std::uint64_t estimated_bits(const Counts& before, const Counts& behind,
                             std::span<const std::uint16_t> used);

struct Table {
    Lengths lengths;
    std::uint64_t bits;  // of the header, the symbols and their extra bits
};

// Huffman's codes for the counts.
Table plain_table(const Counts& counts);

// The same, by the other rule for equal counts.
Table balanced_table(const Counts& counts);
// Codes chosen together with the header that tells them: never more bits than the plain ones.
// care: how much is tried, from 1 to 3.
Table thrifty_table(const Counts& counts, int care);

}  // namespace huepress::deflating
