#include "refit.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "pointcache.hpp"

namespace huepress {
namespace {

constexpr std::size_t tile = 4096;  // pixels that are embedded together

std::int16_t rounded_mean(std::int64_t sum, std::int64_t count) {
    return static_cast<std::int16_t>((2 * sum + (sum < 0 ? -count : count)) / (2 * count));
}

}  // namespace

void refit(std::span<const std::uint8_t> pixels, int channels, std::span<const std::uint8_t> codebook,
           Space space, std::span<const std::uint8_t> labels,
           std::span<std::uint8_t> refitted /* OUT */) {
    const auto row = static_cast<std::size_t>(channels);
    const std::size_t k = codebook.size() / row;
    std::vector<std::array<std::int64_t, 4>> sums(k);
    std::vector<std::int64_t> counts(k);
    PointCache point(space, channels);
    std::vector<Point> points(tile);
    for (std::size_t start = 0; start < labels.size(); start += tile) {
        const std::size_t n = std::min(tile, labels.size() - start);
        point(pixels.data() + start * row, std::span(points).first(n));
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint8_t label = labels[start + i];
            for (std::size_t c = 0; c < 4; ++c) sums[label][c] += points[i][c];
            ++counts[label];
        }
    }
    std::copy(codebook.begin(), codebook.end(), refitted.begin());
    for (std::size_t code = 0; code < k; ++code) {
        if (counts[code] == 0 || (channels == 4 && codebook[code * row + 3] == 0)) continue;
        Point mean;
        for (std::size_t c = 0; c < 4; ++c) mean[c] = rounded_mean(sums[code][c], counts[code]);
        const Rgba color = unembed(space, mean);
        std::copy_n(color.begin(), row, refitted.begin() + static_cast<std::ptrdiff_t>(code * row));
    }
}

}  // namespace huepress
