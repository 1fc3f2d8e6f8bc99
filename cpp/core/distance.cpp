#include "core/distance.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/parallel.hpp"

#define HUEPRESS_BODY "core/distance_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {

const Kernels& kernels() {
    static const Kernels chosen{HUEPRESS_BODY_OF(nearest), HUEPRESS_BODY_OF(contenders)};
    return chosen;
}

void nearest_points(std::span<const Point> points, std::span<const Point> centroids,
                    unsigned threads, std::span<std::uint16_t> labels /* OUT */,
                    std::span<std::int32_t> distances /* OUT */) {
    constexpr std::size_t block_size = 4096;
    const auto nearest = kernels().nearest;
    std::vector<std::uint16_t> names(centroids.size());
    std::iota(names.begin(), names.end(), std::uint16_t{0});
    const auto label_block = [&](std::size_t block, std::size_t) {
        const std::size_t end = std::min(points.size(), (block + 1) * block_size);
        std::size_t i = block * block_size;
        for (; i + group_size <= end; i += group_size)
            nearest(&points[i], centroids.data(), names.data(), names.size(), &labels[i],
                    &distances[i]);
        if (i == end) return;
        std::array<Point, group_size> last;
        std::array<std::uint16_t, group_size> last_labels;
        std::array<std::int32_t, group_size> last_distances;
        for (std::size_t j = 0; j < group_size; ++j) last[j] = points[std::min(i + j, end - 1)];
        nearest(last.data(), centroids.data(), names.data(), names.size(), last_labels.data(),
                last_distances.data());
        for (std::size_t j = 0; i + j < end; ++j) {
            labels[i + j] = last_labels[j];
            distances[i + j] = last_distances[j];
        }
    };
    // A thread costs about as much as a hundred thousand distances.
    const bool small = points.size() * centroids.size() < (std::size_t{1} << 20);
    for_each_block((points.size() + block_size - 1) / block_size, small ? 1 : threads, label_block);
}

}  // namespace huepress
