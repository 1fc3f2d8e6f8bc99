// Pixels repeat colours: positions in the fit space, looked up before they are computed.
#pragma once

#include <cstdint>
#include <vector>

#include "colorspace.hpp"

namespace huepress {

class PointCache {
public:
    PointCache(Space space, int channels)
        : space_(space),
          channels_(channels),
          colors_(slots, 0),
          points_(slots, embed(space, Rgba{})) {}

    // color: the bytes of a pixel, as many as the image has channels.
    const Point& operator()(const std::uint8_t* color) {
        const std::uint32_t key = color[0] | color[1] << 8 | std::uint32_t{color[2]} << 16 |
                                  (channels_ == 4 ? std::uint32_t{color[3]} : 255u) << 24;
        const std::size_t slot = (key * 0x9E3779B1u) >> (32 - slot_bits);
        if (colors_[slot] != key) {
            colors_[slot] = key;
            points_[slot] = embed(
                space_, Rgba{color[0], color[1], color[2], static_cast<std::uint8_t>(key >> 24)});
        }
        return points_[slot];
    }

private:
    static constexpr int slot_bits = 13;
    static constexpr std::size_t slots = std::size_t{1} << slot_bits;

    Space space_;
    int channels_;
    std::vector<std::uint32_t> colors_;
    std::vector<Point> points_;
};

}  // namespace huepress
