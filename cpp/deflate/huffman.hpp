// Prefix codes: the best lengths up to a limit, and the canonical codes of lengths.
#pragma once

#include <cstdint>
#include <span>

namespace huepress::deflating {

// The lengths of a prefix code of least total, none above the limit; 0 where a count is 0. One
// symbol alone gets length 1. counts: at most 320; 2^limit is at least their number.
void code_lengths(std::span<const std::uint32_t> counts, int limit,
                  std::span<std::uint8_t> lengths /* OUT */);

// Canonical codes, their bits turned around as deflate sends them.
void canonical_codes(std::span<const std::uint8_t> lengths,
                     std::span<std::uint16_t> codes /* OUT */);

}  // namespace huepress::deflating
