#include "score/distortion.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/parallel.hpp"

namespace huepress {
namespace {

constexpr std::size_t block_pixels = std::size_t{1} << 16;  // 2^16 * 255^2 stays below 2^32

// Sums over fixed blocks; code(i) is where the bytes that pixel i is compared with begin.
template <int channels, class Code>
ChannelSums sum_of_squares(std::span<const std::uint8_t> pixels, unsigned threads, Code code) {
    const std::size_t n = pixels.size() / channels;
    const std::size_t blocks = (n + block_pixels - 1) / block_pixels;
    std::vector<ChannelSums> partial(blocks);
    for_each_block(blocks, threads, [&](std::size_t block, std::size_t) {
        std::array<std::uint32_t, 4> sums{};
        const std::size_t end = std::min(n, (block + 1) * block_pixels);
        for (std::size_t i = block * block_pixels; i < end; ++i) {
            const std::uint8_t* a = pixels.data() + i * channels;
            const std::uint8_t* b = code(i);
            if (channels == 4 && a[3] == 0 && b[3] == 0) continue;
            for (std::size_t c = 0; c < channels; ++c) {
                const int difference = a[c] - b[c];
                sums[c] += static_cast<std::uint32_t>(difference * difference);
            }
        }
        partial[block] = {sums[0], sums[1], sums[2], sums[3]};
    });
    ChannelSums total{};
    for (const auto& sums : partial)
        for (std::size_t c = 0; c < 4; ++c) total[c] += sums[c];
    return total;
}

}  // namespace

ChannelSums squared_error(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                          int channels, unsigned threads) {
    if (channels == 3)
        return sum_of_squares<3>(a, threads, [&](std::size_t i) { return b.data() + 3 * i; });
    return sum_of_squares<4>(a, threads, [&](std::size_t i) { return b.data() + 4 * i; });
}

template <class Label>
ChannelSums indexed_squared_error(std::span<const std::uint8_t> pixels,
                                  std::span<const std::uint8_t> codebook, int channels,
                                  std::span<const Label> labels, unsigned threads) {
    if (channels == 3)
        return sum_of_squares<3>(pixels, threads, [&](std::size_t i) {
            return codebook.data() + 3 * std::size_t{labels[i]};
        });
    return sum_of_squares<4>(pixels, threads, [&](std::size_t i) {
        return codebook.data() + 4 * std::size_t{labels[i]};
    });
}

template <class Label>
bool label_counts(std::span<const Label> labels, std::span<std::uint64_t> counts /* OUT */) {
    // Neighbours are often equal: four tables keep an increment from waiting for the one before.
    std::vector<std::uint64_t> tables(4 * (std::size_t{1} << (8 * sizeof(Label))));
    const std::size_t stride = tables.size() / 4;
    std::size_t i = 0;
    for (; i + 4 <= labels.size(); i += 4)
        for (std::size_t t = 0; t < 4; ++t) ++tables[t * stride + labels[i + t]];
    for (; i < labels.size(); ++i) ++tables[labels[i]];
    for (std::size_t label = 0; label < stride; ++label) {
        std::uint64_t sum = 0;
        for (std::size_t t = 0; t < 4; ++t) sum += tables[t * stride + label];
        if (label < counts.size())
            counts[label] = sum;
        else if (sum != 0)
            return false;
    }
    std::fill(counts.begin() + static_cast<std::ptrdiff_t>(std::min(stride, counts.size())),
              counts.end(), 0);
    return true;
}

template ChannelSums indexed_squared_error(std::span<const std::uint8_t>,
                                           std::span<const std::uint8_t>, int,
                                           std::span<const std::uint8_t>, unsigned);
template ChannelSums indexed_squared_error(std::span<const std::uint8_t>,
                                           std::span<const std::uint8_t>, int,
                                           std::span<const std::uint16_t>, unsigned);
template bool label_counts(std::span<const std::uint8_t>, std::span<std::uint64_t>);
template bool label_counts(std::span<const std::uint16_t>, std::span<std::uint64_t>);

}  // namespace huepress
