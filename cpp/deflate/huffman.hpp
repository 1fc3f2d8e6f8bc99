// Prefix codes: the best lengths up to a limit, and the canonical codes of lengths.
#pragma once

#include <cstdint>
#include <span>

namespace huepress::deflating {

// The lengths of a prefix code of least total, none above the limit; 0 where a count is 0. One
// symbol alone gets length 1. counts: at most 320; 2^limit is at least their number.
void code_lengths(std::span<const std::uint32_t> counts, int limit,
                  std::span<std::uint8_t> lengths /* OUT */);

// Lengths of the same least total by zlib's rule for equal counts: the shallower tree is joined
// first. They differ where counts repeat, and so does what the header takes. Left as they were
// where one would be above 15, and where fewer than two symbols count.
void balanced_lengths(std::span<const std::uint32_t> counts,
                      std::span<std::uint8_t> lengths /* IN, OUT */);

// Canonical codes, their bits turned around as deflate sends them.
void canonical_codes(std::span<const std::uint8_t> lengths,
                     std::span<std::uint16_t> codes /* OUT */);

}  // namespace huepress::deflating
