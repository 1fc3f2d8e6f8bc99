#include "fit/seeding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <queue>

#include "core/integers.hpp"
#include "fit/splitting.hpp"

namespace huepress {
namespace {

// Weights that can be drawn from by rank and set to zero, both in logarithmic time (Fenwick 1994).
class Urn {
public:
    explicit Urn(std::span<const std::uint32_t> weights) : tree_(weights.size() + 1) {
        for (std::size_t i = 1; i < tree_.size(); ++i) {
            tree_[i] += weights[i - 1];
            total_ += weights[i - 1];
            const std::size_t parent = i + (i & (0 - i));
            if (parent < tree_.size()) tree_[parent] += tree_[i];
        }
    }
    std::uint64_t total() const { return total_; }
    std::size_t find(std::uint64_t rank) const {
        std::size_t at = 0;
        for (std::size_t step = std::bit_floor(tree_.size()); step > 0; step /= 2)
            if (at + step < tree_.size() && tree_[at + step] <= rank) rank -= tree_[at += step];
        return at;
    }
    void take(std::size_t index, std::uint64_t weight) {
        total_ -= weight;
        for (std::size_t i = index + 1; i < tree_.size(); i += i & (0 - i)) tree_[i] -= weight;
    }

private:
    std::vector<std::uint64_t> tree_;
    std::uint64_t total_ = 0;
};

}  // namespace

std::vector<Point> seed_random(const Weighted& data, std::span<const Point> pinned, std::size_t k,
                               Random& random) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    Urn urn(data.weights);
    std::vector<Point> taken = seeds;
    std::sort(taken.begin(), taken.end());
    if (!taken.empty())
        for (std::size_t i = 0; i < data.size(); ++i)
            if (std::binary_search(taken.begin(), taken.end(), data.points[i]))
                urn.take(i, data.weights[i]);
    while (seeds.size() < k && urn.total() > 0) {
        const std::size_t i = urn.find(random.below(urn.total()));
        seeds.push_back(data.points[i]);
        urn.take(i, data.weights[i]);
    }
    return seeds;
}

std::vector<Point> seed_plus_plus(const Weighted& data, std::span<const Point> pinned,
                                  std::size_t k, Random& random) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    std::vector<std::int32_t> least(data.size(), INT32_MAX);
    std::uint64_t total = 0;
    const auto come_closer = [&](const Point& seed) {
        total = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            least[i] = std::min(least[i], squared_distance(data.points[i], seed));
            total += std::uint64_t{data.weights[i]} * static_cast<std::uint32_t>(least[i]);
        }
    };
    for (const Point& seed : pinned) come_closer(seed);
    if (seeds.empty() && k > 0 && data.size() > 0) {
        const Urn urn(data.weights);
        seeds.push_back(data.points[urn.find(random.below(urn.total()))]);
        come_closer(seeds.back());
    }
    while (seeds.size() < k && total > 0) {
        std::uint64_t rank = random.below(total);
        std::size_t i = 0;
        for (;; ++i) {
            const std::uint64_t share =
                std::uint64_t{data.weights[i]} * static_cast<std::uint32_t>(least[i]);
            if (rank < share) break;
            rank -= share;
        }
        seeds.push_back(data.points[i]);
        come_closer(seeds.back());
    }
    return seeds;
}

std::vector<Point> seed_principal_axis(const Weighted& data, std::span<const Point> pinned,
                                       std::size_t k) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    const std::size_t wanted = k - pinned.size();
    struct Cluster {
        std::span<Item> items;
        Moments moments;
        Cut cut;
    };
    std::vector<Cluster> clusters;
    // By gain; among equals the first made.
    const auto gains_less = [&](std::size_t a, std::size_t b) {
        const std::uint64_t left = clusters[a].cut.gain, right = clusters[b].cut.gain;
        return left != right ? left < right : a > b;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(gains_less)> queue(
        gains_less);
    const auto set = [&](std::size_t at, std::span<Item> members, const Moments& moments) {
        clusters[at] = {members, moments, best_cut(members, moments)};
        queue.push(at);
    };
    std::vector<Item> items(data.size());
    Moments whole;
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i] = {data.points[i], data.weights[i]};
        whole.add(data.points[i], data.weights[i]);
    }
    if (wanted > 0 && !items.empty()) {
        clusters.resize(1);
        set(0, items, whole);
    }
    while (clusters.size() < wanted && !queue.empty() && clusters[queue.top()].cut.gain > 0) {
        const std::size_t at = queue.top();
        queue.pop();
        const Cluster parent = clusters[at];
        const auto middle =
            std::partition(parent.items.begin(), parent.items.end(),
                           [&](const Item& item) { return item.position <= parent.cut.border; });
        const auto left =
            parent.items.first(static_cast<std::size_t>(middle - parent.items.begin()));
        const auto right = parent.items.subspan(left.size());
        const bool left_is_smaller = left.size() <= right.size();
        Moments smaller, larger = parent.moments;
        for (const Item& item : left_is_smaller ? left : right)
            smaller.add(item.point, item.weight);
        larger.subtract(smaller);
        set(at, left, left_is_smaller ? smaller : larger);
        clusters.emplace_back();
        set(clusters.size() - 1, right, left_is_smaller ? larger : smaller);
    }
    for (const Cluster& cluster : clusters) seeds.push_back(cluster.moments.sum.mean());
    return seeds;
}

}  // namespace huepress
