#include "histogram.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace huepress {
namespace {

std::uint32_t key_of(const std::uint8_t* color, int channels) {
    const std::uint32_t rgb = std::uint32_t{color[0]} << 16 | std::uint32_t{color[1]} << 8 | color[2];
    if (channels == 3) return rgb;
    return color[3] == 0 ? 0 : rgb << 8 | color[3];
}

void push_color(std::vector<std::uint8_t>& colors, std::uint32_t key, int channels) {
    for (int shift = 8 * (channels - 1); shift >= 0; shift -= 8)
        colors.push_back(static_cast<std::uint8_t>(key >> shift));
}

}  // namespace

ColorCounts histogram(std::span<const std::uint8_t> pixels, int channels, unsigned) {
    std::vector<std::uint32_t> keys(pixels.size() / static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < keys.size(); ++i)
        keys[i] = key_of(pixels.data() + i * static_cast<std::size_t>(channels), channels);
    std::sort(keys.begin(), keys.end());
    ColorCounts result;
    for (std::size_t i = 0; i < keys.size();) {
        std::size_t end = i + 1;
        while (end < keys.size() && keys[end] == keys[i]) ++end;
        push_color(result.colors, keys[i], channels);
        result.counts.push_back(end - i);
        i = end;
    }
    return result;
}

ColorCounts merge_histograms(std::span<const std::uint8_t> colors_a, std::span<const std::uint64_t> counts_a,
                             std::span<const std::uint8_t> colors_b, std::span<const std::uint64_t> counts_b,
                             int channels) {
    const auto row = static_cast<std::size_t>(channels);
    ColorCounts merged;
    merged.colors.resize((counts_a.size() + counts_b.size()) * row);
    merged.counts.resize(counts_a.size() + counts_b.size());
    std::size_t a = 0, b = 0, n = 0;
    while (a < counts_a.size() || b < counts_b.size()) {
        const std::uint8_t* color_a = colors_a.data() + a * row;
        const std::uint8_t* color_b = colors_b.data() + b * row;
        const int order = a == counts_a.size()   ? 1
                          : b == counts_b.size() ? -1
                                                 : std::memcmp(color_a, color_b, row);
        std::memcpy(merged.colors.data() + n * row, order <= 0 ? color_a : color_b, row);
        merged.counts[n] = 0;
        if (order <= 0) merged.counts[n] += counts_a[a++];
        if (order >= 0) merged.counts[n] += counts_b[b++];
        ++n;
    }
    merged.colors.resize(n * row);
    merged.counts.resize(n);
    return merged;
}

}  // namespace huepress
