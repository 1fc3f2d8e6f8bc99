// Pixels repeat colours: positions in the fit space, looked up before they are computed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "color/colorspace.hpp"

namespace huepress {

class PointCache {
public:
    PointCache(Space space, int channels)
        : space_(space), channels_(static_cast<std::size_t>(channels)), colors_(slots, 0),
          points_(slots, embed(space, Rgba{})) {}

    // The positions of as many pixels as there is room for.
    void operator()(const std::uint8_t* pixels, std::span<Point> points /* OUT */) {
        std::size_t missed = 0;
        for (std::size_t i = 0; i < points.size(); ++i, pixels += channels_) {
            const std::uint32_t key = pixels[0] | pixels[1] << 8 | std::uint32_t{pixels[2]} << 16 |
                                      (channels_ == 4 ? std::uint32_t{pixels[3]} : 255u) << 24;
            const std::size_t slot = (key * 0x9E3779B1u) >> (32 - slot_bits);
            if (colors_[slot] == key) {
                points[i] = points_[slot];
                continue;
            }
            missed_[missed] = {i, slot, key};
            if (++missed == batch) {
                compute(missed, points);
                missed = 0;
            }
        }
        compute(missed, points);
    }

private:
    static constexpr int slot_bits = 13;
    static constexpr std::size_t slots = std::size_t{1} << slot_bits;
    static constexpr std::size_t batch = 64;  // to compute them together is faster

    struct Missed {
        std::size_t place, slot;
        std::uint32_t key;
    };

    void compute(std::size_t count, std::span<Point> points /* OUT */) {
        std::array<Rgba, batch> colors;
        std::array<Point, batch> computed;
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t c = 0; c < 4; ++c)
                colors[i][c] = static_cast<std::uint8_t>(missed_[i].key >> 8 * c);
        embed(space_, std::span(colors).first(count), std::span(computed).first(count));
        for (std::size_t i = 0; i < count; ++i) {
            const auto& [place, slot, key] = missed_[i];
            points[place] = points_[slot] = computed[i];
            colors_[slot] = key;
        }
    }

    Space space_;
    std::size_t channels_;
    std::vector<std::uint32_t> colors_;
    std::vector<Point> points_;
    std::array<Missed, batch> missed_;
};

}  // namespace huepress
