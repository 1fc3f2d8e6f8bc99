#include "weighted.hpp"

#include <algorithm>
#include <cstddef>

namespace huepress {

Weighted canonical(std::span<const Point> points, std::span<const std::uint32_t> weights) {
    Weighted data;
    data.points.reserve(points.size());
    data.weights.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (weights[i] == 0) continue;
        if (data.size() && data.points.back() == points[i]) {
            data.weights.back() += weights[i];
        } else {
            data.points.push_back(points[i]);
            data.weights.push_back(weights[i]);
        }
    }
    return data;
}

std::vector<std::uint64_t> running_weights(std::span<const std::uint32_t> weights) {
    std::vector<std::uint64_t> running(weights.size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) running[i] = total += weights[i];
    return running;
}

Weighted draw_sample(const Weighted& data, std::uint64_t count, Random& random) {
    const auto running = running_weights(data.weights);
    const std::uint64_t total = running.empty() ? 0 : running.back();
    if (count >= total) return data;
    // Drawing ranks until enough are distinct; the fewer of those to keep and those to leave out.
    const bool leave_out = count > total / 2;
    const std::uint64_t wanted = leave_out ? total - count : count;
    std::vector<std::uint64_t> ranks;
    while (ranks.size() < wanted) {
        for (std::size_t missing = wanted - ranks.size(); missing > 0; --missing)
            ranks.push_back(random.below(total));
        std::sort(ranks.begin(), ranks.end());
        ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    }
    Weighted sample;
    auto rank = ranks.begin();
    for (std::size_t i = 0; i < data.size(); ++i) {
        std::uint32_t drawn = 0;
        for (; rank != ranks.end() && *rank < running[i]; ++rank) ++drawn;
        if (leave_out) drawn = data.weights[i] - drawn;
        if (drawn == 0) continue;
        sample.points.push_back(data.points[i]);
        sample.weights.push_back(drawn);
    }
    return sample;
}

}  // namespace huepress
