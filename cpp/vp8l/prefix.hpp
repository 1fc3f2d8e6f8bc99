// Prefix codes as a VP8L stream tells them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "deflate/bits.hpp"

namespace huepress::vp8l {

using deflating::BitWriter;

class PrefixCode {
public:
    explicit PrefixCode(std::span<const std::uint32_t> counts);

    void write(BitWriter& out) const;
    // Bits of telling it, and of the symbols that were counted, without their extra bits.
    std::uint64_t bits() const { return told_bits_ + coded_bits_; }
    void put(BitWriter& out, std::size_t symbol) const {
        if (used_ > 1) out.put(codes_[symbol], lengths_[symbol]);
    }

private:
    struct Item {
        std::uint8_t kind, extra;
    };

    void choose_items();

    std::size_t used_ = 0;
    std::vector<std::uint8_t> lengths_;
    std::vector<std::uint16_t> codes_;
    bool simple_ = false;
    std::uint32_t first_ = 0, second_ = 0;  // the symbols of a simple code
    std::vector<Item> items_;
    std::size_t sent_ = 0;  // items, where trailing zeros are cut off
    bool is_cut_ = false;
    std::vector<std::uint8_t> kind_lengths_;
    std::uint64_t told_bits_ = 0, coded_bits_ = 0;
};

}  // namespace huepress::vp8l
