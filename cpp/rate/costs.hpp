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

// Costs of symbols from their decaying counts: what the encoder's Huffman codes come near to.
class Costs {
public:
    explicit Costs(int k) : k_(k) {
        counts_.assign(codes_max + length_kinds, 0);
        for (int i = 0; i < k; ++i)
            counts_[static_cast<std::size_t>(i)] = (512u << count_shift) / static_cast<unsigned>(k);
        for (int i = 0; i < length_kinds; ++i)
            counts_[static_cast<std::size_t>(codes_max + i)] = (i < 8 ? 24u : 6u) << count_shift;
        distances_.assign(deflating::distances_max, 8u << count_shift);
        refresh();
    }
    void count_literal(int label) { counts_[static_cast<std::size_t>(label)] += 1u << count_shift; }
    void count_copy(int length, std::size_t distance) {
        counts_[static_cast<std::size_t>(codes_max + length_kind(length))] += 1u << count_shift;
        distances_[symbol_of_distance(static_cast<std::uint32_t>(distance))] += 1u << count_shift;
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
        return open(distance) + length_cost_[std::max(length, shortest_copy)];
    }
    const std::int16_t* literals() const { return literal_; }
    const Longer& longer() const { return longer_; }
    int first() const { return longer_.by[0]; }  // three pixels of a copy
    int open(std::size_t distance) const {
        return open_[symbol_of_distance(static_cast<std::uint32_t>(distance))];
    }
    const std::int32_t* opens() const { return open_; }

private:
    static constexpr int count_shift = 8;
    static constexpr int length_kinds = 29;
    // What is shorter than a copy can be counts as the shortest one.
    static int length_kind(int length) {
        const auto copied = static_cast<std::size_t>(std::max(length, shortest_copy));
        return deflating::length_symbols.of[copied] - 257;
    }

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
        std::int16_t of_kind[length_kinds];
        for (int kind = 0; kind < length_kinds; ++kind)
            of_kind[kind] = static_cast<std::int16_t>(
                whole - log2_fixed(counts_[static_cast<std::size_t>(codes_max + kind)] + floor_) +
                bit_unit * deflating::length_symbols.extra[static_cast<std::size_t>(kind)]);
        for (int length = shortest_copy; length <= longest_copy; ++length)
            length_cost_[length] = of_kind[length_kind(length)];
        longer_.by[0] = length_cost_[3];
        longer_.by[1] = longer_.by[2] = 0;
        for (int length = 3; length < longest_copy; ++length)
            longer_.by[length] =
                static_cast<std::int16_t>(length_cost_[length + 1] - length_cost_[length]);
        longer_.by[longest_copy] = never;
        for (int i = 4; i <= longest_copy / 16; ++i) longer_.from_64[i] = longer_.by[16 * i + 2];
        total = 0;
        for (const auto count : distances_) total += count + floor_;
        const std::int32_t all = log2_fixed(total);
        for (std::size_t i = 0; i < deflating::distances_max; ++i)
            open_[i] =
                all - log2_fixed(distances_[i] + floor_) + bit_unit * deflating::distance_extra(i);
    }

    static constexpr std::uint32_t floor_ = 1u << (count_shift - 1);
    int k_;
    std::vector<std::uint32_t> counts_, distances_;
    alignas(64) std::int16_t literal_[codes_max];
    Longer longer_{};
    alignas(64) std::int32_t open_[32] = {};  // 30 are in use
    std::int16_t length_cost_[longest_copy + 1];
};

}  // namespace huepress
