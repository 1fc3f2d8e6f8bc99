#include "rate/refit.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "color/pointcache.hpp"
#include "fit/weighted.hpp"

namespace huepress {
namespace {

constexpr std::size_t tile = 4096;  // pixels that are embedded together

bool is_grey(const std::uint8_t* color) { return color[0] == color[1] && color[1] == color[2]; }

}  // namespace

void refit(std::span<const std::uint8_t> pixels, int channels,
           std::span<const std::uint8_t> codebook, Space space,
           std::span<const std::uint8_t> labels, int step,
           std::span<std::uint8_t> refitted /* OUT */) {
    const auto row = static_cast<std::size_t>(channels);
    const std::size_t k = codebook.size() / row;
    std::vector<Sum> sums(k), opaque_sums(k);
    std::vector<std::int64_t> greys(k), opaque_greys(k);
    PointCache point(space, channels);
    std::vector<Point> points(tile);
    for (std::size_t start = 0; start < labels.size(); start += tile) {
        const std::size_t n = std::min(tile, labels.size() - start);
        point(pixels.data() + start * row, std::span(points).first(n));
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint8_t* pixel = &pixels[(start + i) * row];
            const bool opaque = channels == 3 || pixel[3] == 255;
            (opaque ? opaque_sums : sums)[labels[start + i]].add(points[i], 1);
            (opaque ? opaque_greys : greys)[labels[start + i]] += is_grey(pixel);
        }
    }
    std::copy(codebook.begin(), codebook.end(), refitted.begin());
    std::vector<Rgba> colors(k, Rgba{0, 0, 0, 255});
    for (std::size_t code = 0; code < k; ++code)
        std::copy_n(&codebook[code * row], row, colors[code].begin());
    std::vector<Point> places(k);
    embed(space, colors, places);
    for (std::size_t code = 0; code < k; ++code) {
        Sum sum = opaque_sums[code];
        std::int64_t grey = opaque_greys[code];
        if (colors[code][3] != 255 || sum.weight == 0) {
            sum.add(sums[code]);
            grey += greys[code];
        }
        if (sum.weight == 0 || colors[code][3] == 0) continue;
        const auto place = sum.towards_mean(places[code], step);
        Point rounded;
        for (std::size_t c = 0; c < 4; ++c) rounded[c] = static_cast<std::int16_t>(place[c]);
        if (is_grey(colors[code].data()) && 3 * grey >= 2 * sum.weight)
            rounded = on_grey(space, rounded);
        const Rgba color = unembed(space, rounded);
        std::copy_n(color.begin(), row, &refitted[code * row]);
    }
}

}  // namespace huepress
