// The label pass: the nearest code of every pixel, exactly as brute force finds it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "colorspace.hpp"

namespace huepress {

// Answers "which code is nearest to this colour" for one codebook in one fit space: the least
// squared distance between embedded colours, ties to the lowest index.
class NearestCode {
public:
    NearestCode(Space space, std::span<const Rgba> codebook);

    std::uint32_t operator()(Rgba color);

private:
    Space space_;
    std::vector<Point> codes_;
    struct Entry {
        std::uint32_t color;
        std::uint32_t label_plus_one;
    };
    std::vector<Entry> cache_;
};

// channels: 3 or 4; Label: uint8 for at most 256 codes, else uint16 for at most 65536.
template <class Label>
void map_nearest(std::span<const std::uint8_t> pixels, int channels, std::span<const Rgba> codebook,
                 Space space, unsigned threads, std::span<Label> labels /* OUT */);

}  // namespace huepress
