// Bits in the order of deflate: the first in the lowest place of a byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::deflating {

class BitWriter {
public:
    // bits: at most 32, none above those of `count`.
    void put(std::uint32_t bits, int count) {
        held_ |= std::uint64_t{bits} << filled_;
        filled_ += count;
        while (filled_ >= 8) {
            bytes_.push_back(static_cast<std::uint8_t>(held_));
            held_ >>= 8;
            filled_ -= 8;
        }
    }
    // Bits that are missing up to a whole byte.
    int gap() const { return (8 - filled_) % 8; }
    void fill_byte() { put(0, gap()); }
    // Only between whole bytes.
    void put_bytes(std::span<const std::uint8_t> bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    std::size_t size() const { return bytes_.size(); }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
    std::uint64_t held_ = 0;
    int filled_ = 0;
};

}  // namespace huepress::deflating
