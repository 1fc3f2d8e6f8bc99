// How a dynamic block tells its code lengths: run lengths over a prefix code of their own.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "deflate/bits.hpp"
#include "deflate/symbols.hpp"

namespace huepress::deflating {

// By symbol: literals, end and lengths, then distances. 0: no code.
using Lengths = std::array<std::uint8_t, symbols_max>;

class Header {
public:
    explicit Header(const Lengths& lengths);

    // Behind the three bits that every block begins with.
    std::uint32_t bits() const { return bits_; }
    void write(BitWriter& out) const;

private:
    static constexpr std::size_t kinds = 19;
    // A length, or a repetition of 16, 17 or 18 and what its extra bits say.
    struct Item {
        std::uint8_t kind;
        std::uint8_t extra;
    };

    struct Telling;

    void choose_items(std::span<const std::uint8_t> told,
                      const std::array<std::uint32_t, kinds>& costs);
    void count_items();

    std::size_t literals_, distances_, sent_kinds_;
    std::array<std::uint8_t, kinds> kind_lengths_{};
    std::array<Item, symbols_max> items_;
    std::size_t items_size_ = 0;
    std::uint32_t bits_ = 0;
};

}  // namespace huepress::deflating
