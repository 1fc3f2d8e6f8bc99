// Orders of a codebook by which codes are neighbours in the picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress {

// How often two different codes are neighbours in a row or a column: k * k counts, symmetric, 0 on
// the diagonal. Every label must be below k.
std::vector<std::int64_t> touching(std::span<const std::uint8_t> labels, std::size_t width,
                                   std::size_t k);

// Zeng's chain in the form of Pinho and Neves (2004): the code that touches the chain most is next,
// goes where the sum of distances between touching codes grows least, and in the end each code is
// taken out and put back where it is best. order: the k codes.
void chain_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */);

// The chain of chain_codes, whose codes then move, one at a time, to where the steps between
// touching codes take the fewest bits: log2(1 + distance). order: the k codes.
void settle_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */);

// Battiato's path (2004): the heaviest links that leave no code with three neighbours, and close no
// circle, are taken first. order: the k codes from one end of the path to the other.
void link_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */);

}  // namespace huepress
