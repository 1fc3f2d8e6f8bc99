#include "refit.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "pointcache.hpp"

namespace huepress {
namespace {

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
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Point& p = point(pixels.data() + i * row);
        auto& sum = sums[labels[i]];
        for (std::size_t c = 0; c < 4; ++c) sum[c] += p[c];
        ++counts[labels[i]];
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
