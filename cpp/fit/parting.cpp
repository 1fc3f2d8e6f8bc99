#include "fit/parting.hpp"

#include <algorithm>
#include <utility>

#include "fit/clustering.hpp"

namespace huepress {
namespace {

constexpr int most_updates = 8;

// The points of one kind.
Weighted those(const Weighted& data, std::size_t count, std::int16_t opaque, bool wanted) {
    Weighted some;
    some.points.reserve(count);
    some.weights.reserve(count);
    for (std::size_t i = 0; i < data.size(); ++i)
        if ((data.points[i][3] == opaque) == wanted) {
            some.points.push_back(data.points[i]);
            some.weights.push_back(data.weights[i]);
        }
    return some;
}

// The points of one kind with their nearest centroids, which may be some of all.
class Kind {
public:
    Kind(Weighted data, unsigned threads)
        : data_(std::move(data)), clustering_(data_, 0, threads) {}

    // Among those that `places` names; among all where it names none.
    void label(const std::vector<Point>& centroids, std::span<const std::size_t> places) {
        std::vector<Point> among;
        for (const std::size_t place : places) among.push_back(centroids[place]);
        clustering_.label(places.empty() ? centroids : std::move(among));
        if (places.empty()) {
            sums_ = clustering_.sums();
            return;
        }
        sums_.assign(centroids.size(), {});
        for (std::size_t i = 0; i < places.size(); ++i) sums_[places[i]] = clustering_.sums()[i];
    }

    // One of all centroids.
    const std::vector<Sum>& sums() const { return sums_; }
    std::uint64_t inertia() const { return clustering_.inertia(); }

private:
    Weighted data_;
    Clustering clustering_;
    std::vector<Sum> sums_;
};

}  // namespace

std::optional<Parted> part(const Weighted& data, std::span<const Point> start, std::size_t pinned,
                           std::int16_t opaque, unsigned threads) {
    const auto is_opaque = [&](const Point& point) { return point[3] == opaque; };
    const auto count =
        static_cast<std::size_t>(std::count_if(data.points.begin(), data.points.end(), is_opaque));
    if (count == 0 || count == data.size()) return std::nullopt;
    Kind solids(those(data, count, opaque, true), threads);
    Kind others(those(data, data.size() - count, opaque, false), threads);

    std::vector<Point> centroids(start.begin(), start.end());
    const std::size_t k = centroids.size();
    solids.label(centroids, {});
    others.label(centroids, {});
    std::vector<char> solid(k);
    for (std::size_t j = 0; j < k; ++j) {
        const std::int64_t weight = solids.sums()[j].weight;
        solid[j] =
            j < pinned ? is_opaque(centroids[j]) : weight > 0 && weight >= others.sums()[j].weight;
    }
    if (pinned < k && std::find(solid.begin(), solid.end(), 1) == solid.end()) {
        const auto& sums = solids.sums();
        const auto most =
            std::max_element(sums.begin() + static_cast<std::ptrdiff_t>(pinned), sums.end(),
                             [](const Sum& a, const Sum& b) { return a.weight < b.weight; });
        solid[static_cast<std::size_t>(most - sums.begin())] = 1;
    }
    for (int update = 0; update < most_updates; ++update) {
        // A translucent point may be described by an opaque centroid, but does not move it.
        std::vector<Point> moved = centroids;
        for (std::size_t j = pinned; j < k; ++j) {
            const Sum& sum = (solid[j] ? solids : others).sums()[j];
            if (sum.weight > 0) moved[j] = sum.mean();
        }
        if (update > 0 && moved == centroids) break;
        centroids = std::move(moved);
        std::vector<std::size_t> places;
        for (std::size_t j = 0; j < k; ++j)
            if (is_opaque(centroids[j])) places.push_back(j);
        if (places.size() == k) places.clear();
        solids.label(centroids, places);
        others.label(centroids, {});
    }
    Parted parted{std::move(centroids), std::vector<std::int64_t>(k),
                  solids.inertia() + others.inertia()};
    for (std::size_t j = 0; j < k; ++j)
        parted.weights[j] = solids.sums()[j].weight + others.sums()[j].weight;
    return parted;
}

}  // namespace huepress
