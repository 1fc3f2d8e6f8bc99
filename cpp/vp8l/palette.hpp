// Palettes: how they are told, and in which order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vp8l/prefix.hpp"

namespace huepress::vp8l {

using Color = std::array<std::uint8_t, 4>;

// The palette as it is sent: each colour less the one before.
class Palette {
public:
    explicit Palette(std::span<const Color> colors);

    std::uint64_t bits() const;
    void write(BitWriter& out) const;

private:
    static constexpr std::array<std::size_t, 4> channels{1, 0, 2, 3};

    std::vector<Color> differences_;
    std::vector<PrefixCode> codes_;  // of green, red, blue and alpha
};

// The order of colours whose differences take the least: each goes to the nearest that is left, or
// they are sorted.
std::vector<std::size_t> cheapest_order(std::span<const Color> colors);

}  // namespace huepress::vp8l
