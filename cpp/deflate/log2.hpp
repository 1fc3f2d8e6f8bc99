// Logarithms in integers, the same on every machine.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace huepress::deflating {

inline constexpr int log2_shift = 10;

struct Log2Table {
    std::array<std::uint16_t, 257> fraction{};

    // By squaring, bit after bit: log2(1 + i / 256) in 1024ths, rounded.
    constexpr Log2Table() {
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint64_t x = (256 + i) << 22;  // 30 bits behind the point
            std::uint32_t bits = 0;
            for (int j = 0; j <= log2_shift; ++j) {
                x = (x * x) >> 30;
                const bool above = x >> 31;
                bits = 2 * bits + above;
                x >>= above;
            }
            fraction[i] = static_cast<std::uint16_t>((bits + 1) / 2);
        }
        fraction[256] = 1 << log2_shift;
    }
};
inline constexpr Log2Table log2_table;

// log2 in 1024ths, for x >= 1.
constexpr std::uint32_t log2_of(std::uint32_t x) {
    const auto top = static_cast<std::uint32_t>(std::bit_width(x) - 1);
    const std::uint32_t mantissa = (x << (31 - top)) & 0x7FFFFFFF;
    const std::uint32_t at = mantissa >> 23, between = (mantissa >> 15) & 255;
    const std::uint32_t low = log2_table.fraction[at], high = log2_table.fraction[at + 1];
    return (top << log2_shift) + low + (((high - low) * between + 128) >> 8);
}

}  // namespace huepress::deflating
