// Integer arithmetic that rounds the same way everywhere.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/types.hpp"

namespace huepress {

// The nearest integer to the quotient, halves up; denominator >= 1.
constexpr std::int64_t divide_rounded(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t quotient = numerator / denominator;
    const std::int64_t remainder = numerator % denominator;
    if (remainder < 0) return quotient - (-2 * remainder > denominator);
    return quotient + (2 * remainder >= denominator);
}

// The largest integer whose square is at most x.
constexpr std::uint64_t square_root(std::uint64_t x) {
    if (x == 0) return 0;
    // Newton's iteration from above falls until it reaches the root.
    std::uint64_t root = std::uint64_t{1} << ((std::bit_width(x) + 1) / 2);
    for (;;) {
        const std::uint64_t next = (root + x / root) / 2;
        if (next >= root) return root;
        root = next;
    }
}

constexpr std::int32_t squared_distance(const Point& a, const Point& b) {
    std::int32_t sum = 0;
    for (std::size_t c = 0; c < 4; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

constexpr std::uint64_t norm(const Point& p) {
    std::int64_t sum = 0;
    for (std::size_t c = 0; c < 4; ++c) sum += std::int64_t{p[c]} * p[c];
    return static_cast<std::uint64_t>(sum);
}

}  // namespace huepress
