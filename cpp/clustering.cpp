#include "clustering.hpp"

#include <algorithm>

#include "distance.hpp"
#include "integers.hpp"

namespace huepress {

Clustering::Clustering(const Weighted& data, std::size_t pinned, unsigned threads)
    : data_(data), pinned_(pinned), threads_(threads), labels_(data.size()), distances_(data.size()) {
    low_.fill(INT16_MAX);
    high_.fill(INT16_MIN);
    for (const Point& p : data.points)
        for (std::size_t c = 0; c < 4; ++c) {
            low_[c] = std::min(low_[c], p[c]);
            high_[c] = std::max(high_[c], p[c]);
        }
}

std::int32_t Clustering::assign(std::vector<Point> centroids) {
    centroids_ = std::move(centroids);
    label();
    std::int32_t reseeded = 0;
    // Every round lowers the inertia, so this ends.
    while (const std::int32_t moved = reseed()) {
        reseeded += moved;
        label();
    }
    return reseeded;
}

void Clustering::label() {
    nearest_points(data_.points, centroids_, threads_, labels_, distances_);
    sums_.assign(centroids_.size(), {});
    inertia_ = 0;
    for (std::size_t i = 0; i < data_.size(); ++i) {
        const std::int64_t weight = data_.weights[i];
        Sum& sum = sums_[labels_[i]];
        sum.weight += weight;
        for (std::size_t c = 0; c < 4; ++c) sum.moment[c] += weight * data_.points[i][c];
        inertia_ += static_cast<std::uint64_t>(weight * distances_[i]);
    }
}

std::int32_t Clustering::reseed() {
    std::vector<std::size_t> empty;
    for (std::size_t j = pinned_; j < centroids_.size(); ++j)
        if (sums_[j].weight == 0) empty.push_back(j);
    if (empty.empty()) return 0;
    const auto error = [&](std::size_t i) {
        return std::uint64_t{data_.weights[i]} * static_cast<std::uint32_t>(distances_[i]);
    };
    std::vector<std::size_t> worst;
    for (std::size_t i = 0; i < data_.size(); ++i)
        if (distances_[i] > 0) worst.push_back(i);
    const std::size_t moves = std::min(empty.size(), worst.size());
    std::partial_sort(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(moves), worst.end(),
                      [&](std::size_t a, std::size_t b) { return error(a) != error(b) ? error(a) > error(b) : a < b; });
    for (std::size_t m = 0; m < moves; ++m) centroids_[empty[m]] = data_.points[worst[m]];
    return static_cast<std::int32_t>(moves);
}

std::vector<Point> Clustering::updated(int relaxation) const {
    std::vector<Point> next = centroids_;
    for (std::size_t j = pinned_; j < next.size(); ++j) {
        const Sum& sum = sums_[j];
        if (sum.weight == 0) continue;
        for (std::size_t c = 0; c < 4; ++c) {
            const std::int64_t old = next[j][c];
            const std::int64_t step = divide_rounded(relaxation * (sum.moment[c] - sum.weight * old), 16 * sum.weight);
            next[j][c] = static_cast<std::int16_t>(std::clamp<std::int64_t>(old + step, low_[c], high_[c]));
        }
    }
    return next;
}

}  // namespace huepress
