// What the symbols of deflate cost, learned from those that the rows above took.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rate/ratekernels.hpp"

namespace huepress {

// log2 in 16ths of a bit, for x >= 1.
inline std::int32_t log2_fixed(std::uint32_t x) {
    // round(16 * log2(1 + i / 32))
    constexpr std::uint8_t fraction[33] = {0,  1,  1,  2,  3,  3,  4,  5,  5,  6,  6,
                                           7,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12,
                                           12, 12, 13, 13, 14, 14, 14, 15, 15, 16, 16};
    const int top = std::bit_width(x) - 1;
    const std::uint32_t next = top >= 5 ? (x >> (top - 5)) & 31 : (x << (5 - top)) & 31;
    return 16 * top + fraction[next];
}

struct Symbols {
    std::uint8_t of_length[max_length + 1];  // 0..28
    std::uint8_t extra_length[29];

    Symbols() {
        int length = 3;
        for (int symbol = 0; symbol < 28; ++symbol) {
            extra_length[symbol] = static_cast<std::uint8_t>(symbol < 8 ? 0 : (symbol - 4) / 4);
            for (int i = 0; i < (1 << extra_length[symbol]) && length <= max_length; ++i)
                of_length[length++] = static_cast<std::uint8_t>(symbol);
        }
        of_length[max_length] = 28;
        extra_length[28] = 0;
        of_length[0] = of_length[1] = of_length[2] = 0;
    }
};
inline const Symbols symbols;

inline int distance_extra(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

// Costs of symbols from their decaying counts: what the encoder's Huffman codes come near to.
class Costs {
public:
    explicit Costs(int k) : k_(k) {
        counts_.assign(codes_max + 29, 0);
        for (int i = 0; i < k; ++i)
            counts_[static_cast<std::size_t>(i)] = (512u << count_shift) / static_cast<unsigned>(k);
        for (int i = 0; i < 29; ++i)
            counts_[static_cast<std::size_t>(codes_max + i)] = (i < 8 ? 24u : 6u) << count_shift;
        distances_.assign(30, 8u << count_shift);
        refresh();
    }
    void count_literal(int label) { counts_[static_cast<std::size_t>(label)] += 1u << count_shift; }
    void count_copy(int length, std::size_t distance) {
        counts_[static_cast<std::size_t>(codes_max + symbols.of_length[length])] += 1u
                                                                                    << count_shift;
        const int symbol = distance_symbol(static_cast<std::uint32_t>(distance));
        distances_[static_cast<std::size_t>(symbol)] += 1u << count_shift;
    }
    // Forgets what so many more pixels push out of a memory of some 24 thousand.
    void decay(std::size_t pixels) {
        const auto keep = static_cast<std::uint64_t>(
            65536 - std::min<std::size_t>(65536 * pixels / memory, 32768));
        for (auto* table : {&counts_, &distances_})
            for (auto& count : *table) count = static_cast<std::uint32_t>(count * keep >> 16);
        refresh();
    }
    int literal(int label) const { return literal_[label]; }
    int copy(int length, std::size_t distance) const {
        return open(distance) + length_cost_[std::max(length, 3)];
    }
    const std::int16_t* literals() const { return literal_; }
    const Longer& longer() const { return longer_; }
    int first() const { return longer_.by[0]; }  // three pixels of a copy
    int open(std::size_t distance) const {
        return open_[distance_symbol(static_cast<std::uint32_t>(distance))];
    }
    const std::int32_t* opens() const { return open_; }

private:
    static constexpr int count_shift = 8;
    static constexpr std::size_t memory = 24576;

    void refresh() {
        std::uint32_t total = 0;
        for (const auto count : counts_) total += count + floor_;
        const std::int32_t whole = log2_fixed(total);
        for (int i = 0; i < codes_max; ++i)
            literal_[i] =
                i < k_ ? static_cast<std::int16_t>(
                             whole - log2_fixed(counts_[static_cast<std::size_t>(i)] + floor_))
                       : never;
        std::int16_t of_symbol[29];
        for (int symbol = 0; symbol < 29; ++symbol)
            of_symbol[symbol] = static_cast<std::int16_t>(
                whole - log2_fixed(counts_[static_cast<std::size_t>(codes_max + symbol)] + floor_) +
                bit_unit * symbols.extra_length[symbol]);
        for (int length = 3; length <= max_length; ++length)
            length_cost_[length] = of_symbol[symbols.of_length[length]];
        longer_.by[0] = length_cost_[3];
        longer_.by[1] = longer_.by[2] = 0;
        for (int length = 3; length < max_length; ++length)
            longer_.by[length] =
                static_cast<std::int16_t>(length_cost_[length + 1] - length_cost_[length]);
        longer_.by[max_length] = never;
        for (int i = 4; i <= max_length / 16; ++i) longer_.from_64[i] = longer_.by[16 * i + 2];
        total = 0;
        for (const auto count : distances_) total += count + floor_;
        const std::int32_t all = log2_fixed(total);
        for (int i = 0; i < 30; ++i)
            open_[i] = all - log2_fixed(distances_[static_cast<std::size_t>(i)] + floor_) +
                       bit_unit * distance_extra(i);
    }

    static constexpr std::uint32_t floor_ = 1u << (count_shift - 1);
    int k_;
    std::vector<std::uint32_t> counts_, distances_;
    alignas(64) std::int16_t literal_[codes_max];
    Longer longer_{};
    alignas(64) std::int32_t open_[32] = {};  // 30 are in use
    std::int16_t length_cost_[max_length + 1];
};

}  // namespace huepress
