// What the symbols of a format cost, learned from those that the rows above took.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "rate/alphabets.hpp"
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
template <class Alphabet>
class Costs {
public:
    Costs(int k, std::size_t width) : alphabet_(width), k_(k) {
        counts_.assign(codes_max + length_kinds, 0);
        for (int i = 0; i < k; ++i)
            counts_[static_cast<std::size_t>(i)] = (512u << count_shift) / static_cast<unsigned>(k);
        for (int i = 0; i < length_kinds; ++i)
            counts_[static_cast<std::size_t>(codes_max + i)] = (i < 8 ? 24u : 6u) << count_shift;
        distances_.assign(distances, 8u << count_shift);
        std::fill_n(longer_.by, longest + 2, std::int16_t{0});
        longer_.by[Alphabet::longest_copy] = never;
        refresh();
    }
    void count_literal(int label) { counts_[static_cast<std::size_t>(label)] += 1u << count_shift; }
    void count_copy(int length, std::size_t distance) {
        counts_[static_cast<std::size_t>(codes_max + length_kind(length))] += 1u << count_shift;
        distances_[symbol_of(distance)] += 1u << count_shift;
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
        return open(distance) + of_kind_[length_kind(length)];
    }
    const std::int16_t* literals() const { return literal_; }
    const Longer& longer() const { return longer_; }
    int first() const { return longer_.by[0]; }  // three pixels of a copy
    int open(std::size_t distance) const { return open_[symbol_of(distance)]; }
    const std::int32_t* opens() const { return open_; }

private:
    static constexpr int count_shift = 8;
    static constexpr int length_kinds = Alphabet::length_kinds;
    static constexpr std::size_t distances = Alphabet::distance_kinds;
    // What is shorter than a copy can be counts as the shortest one.
    static int length_kind(int length) {
        return Alphabet::length_kind(std::max(length, shortest_copy));
    }
    std::size_t symbol_of(std::size_t distance) const {
        return symbol_of_distance(alphabet_.code(static_cast<std::uint32_t>(distance)));
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
        for (int kind = 0; kind < length_kinds; ++kind)
            of_kind_[kind] = static_cast<std::int16_t>(
                whole - log2_fixed(counts_[static_cast<std::size_t>(codes_max + kind)] + floor_) +
                bit_unit * Alphabet::length_extra(kind));
        longer_.by[0] = of_kind_[length_kind(shortest_copy)];
        for (int kind = length_kind(shortest_copy); kind + 1 < length_kinds; ++kind) {
            const int last = Alphabet::last_of(kind);
            if (last >= Longer::most) break;
            longer_.by[last] = static_cast<std::int16_t>(of_kind_[kind + 1] - of_kind_[kind]);
        }
        for (int i = 2; i < 32; ++i) {
            const int length = Alphabet::longer_form(i);
            longer_.from_64[i] = length <= Alphabet::longest_copy ? longer_.by[length] : 0;
        }
        total = 0;
        for (const auto count : distances_) total += count + floor_;
        const std::int32_t all = log2_fixed(total);
        for (std::size_t i = 0; i < distances; ++i)
            open_[i] =
                all - log2_fixed(distances_[i] + floor_) + bit_unit * deflating::distance_extra(i);
    }

    static constexpr std::uint32_t floor_ = 1u << (count_shift - 1);
    Alphabet alphabet_;
    int k_;
    std::vector<std::uint32_t> counts_, distances_;
    alignas(64) std::int16_t literal_[codes_max];
    Longer longer_{};
    alignas(64) std::int32_t open_[32] = {};  // of which an alphabet may use fewer
    std::int16_t of_kind_[length_kinds];
};

}  // namespace huepress
