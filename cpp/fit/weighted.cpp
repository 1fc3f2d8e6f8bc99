#include "fit/weighted.hpp"

#include <algorithm>

namespace huepress {

std::vector<std::uint64_t> running_weights(std::span<const std::uint32_t> weights) {
    std::vector<std::uint64_t> running(weights.size());
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) running[i] = total += weights[i];
    return running;
}

std::vector<std::uint32_t> draw_sample(std::span<const std::uint32_t> weights, std::uint64_t count,
                                       Random& random) {
    std::vector<std::uint32_t> drawn(weights.begin(), weights.end());
    const auto running = running_weights(weights);
    const std::uint64_t total = running.empty() ? 0 : running.back();
    if (count >= total) return drawn;
    // Ranks are drawn until enough are distinct: of those to keep or of those to leave out, the
    // fewer.
    const bool leave_out = count > total / 2;
    const std::uint64_t wanted = leave_out ? total - count : count;
    std::vector<std::uint64_t> ranks;
    while (ranks.size() < wanted) {
        for (std::size_t missing = wanted - ranks.size(); missing > 0; --missing)
            ranks.push_back(random.below(total));
        std::sort(ranks.begin(), ranks.end());
        ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    }
    auto rank = ranks.begin();
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        std::uint32_t hits = 0;
        for (; rank != ranks.end() && *rank < running[i]; ++rank) ++hits;
        drawn[i] = leave_out ? drawn[i] - hits : hits;
    }
    return drawn;
}

}  // namespace huepress
