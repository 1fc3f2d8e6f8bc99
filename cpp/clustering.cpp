#include "clustering.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "distance.hpp"
#include "integers.hpp"

namespace huepress {
namespace {

#ifndef LG
#define LG 4
#endif
constexpr std::size_t leaf_size = LG * group_size;

constexpr std::size_t padded(std::size_t count) { return (count + group_size - 1) / group_size * group_size; }

// Halves are rounded up, so that the box holds all positions from low to high.
void set_box(const Bounds& bounds, Point& centre /* OUT */, Point& half /* OUT */) {
    for (std::size_t c = 0; c < 4; ++c) {
        centre[c] = static_cast<std::int16_t>((bounds.low[c] + bounds.high[c]) >> 1);
        half[c] = static_cast<std::int16_t>(bounds.high[c] - centre[c]);
    }
}

Bounds around(const Bounds& a, const Bounds& b) {
    Bounds both;
    for (std::size_t c = 0; c < 4; ++c) {
        both.low[c] = std::min(a.low[c], b.low[c]);
        both.high[c] = std::max(a.high[c], b.high[c]);
    }
    return both;
}

}  // namespace

Clustering::Clustering(const Weighted& data, std::size_t pinned, unsigned threads)
    : data_(data), pinned_(pinned), threads_(threads), labels_(padded(data.size())) {
    std::vector<Bounds> boxes((data.size() + leaf_size - 1) / leaf_size);
    for (std::size_t b = 0; b < boxes.size(); ++b) {
        const std::size_t first = b * leaf_size;
        boxes[b] = bounds_of(std::span(data.points).subspan(first, std::min(leaf_size, data.size() - first)));
    }
    for (;;) {
        Level level;
        level.centres.resize(padded(boxes.size()));
        level.halves.resize(padded(boxes.size()));
        level.settled.resize(boxes.size());
        for (std::size_t b = 0; b < level.centres.size(); ++b)
            set_box(boxes[std::min(b, boxes.size() - 1)], level.centres[b], level.halves[b]);
        levels_.push_back(std::move(level));
        const bool top = boxes.size() <= group_size;
        std::vector<Bounds> parents((boxes.size() + group_size - 1) / group_size);
        for (std::size_t b = 0; b < boxes.size(); ++b) {
            Bounds& parent = parents[b / group_size];
            parent = b % group_size == 0 ? boxes[b] : around(parent, boxes[b]);
        }
        boxes = std::move(parents);
        if (top) break;
    }
    bounds_ = boxes[0];
    scratch_.resize(levels_.size());
}

std::int32_t Clustering::assign(std::vector<Point> centroids) {
    moved_.assign(centroids.size(), 1);
    if (centroids_.size() == centroids.size())
        for (std::size_t j = 0; j < centroids.size(); ++j) moved_[j] = centroids_[j] != centroids[j];
    centroids_ = std::move(centroids);
    label();
    std::int32_t reseeded = 0;
    // Every round lowers the inertia, so this ends.
    while (const std::int32_t moves = reseed()) {
        reseeded += moves;
        label();
    }
    return reseeded;
}

void Clustering::label() {
    std::vector<std::uint16_t> all(centroids_.size());
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    if (sums_.size() != centroids_.size()) labelled_ = false;
    if (!labelled_) {
        sums_.assign(centroids_.size(), {});
        norms_ = 0;
    }
    visit(levels_.size() - 1, 0, all);
    labelled_ = true;

    // sum of w |x - c|^2 = sum of w |x|^2 - 2 c . (sum of w x) + W |c|^2, modulo 2^64; it is below 2^62.
    inertia_ = norms_;
    for (std::size_t j = 0; j < centroids_.size(); ++j)
        for (std::size_t c = 0; c < 4; ++c) {
            const std::int64_t x = centroids_[j][c];
            inertia_ += static_cast<std::uint64_t>(x) *
                        (static_cast<std::uint64_t>(sums_[j].weight * x) -
                         2 * static_cast<std::uint64_t>(sums_[j].moment[c]));
        }
}

void Clustering::visit(std::size_t depth, std::size_t group, Rivals rivals) {
    Level& level = levels_[depth];
    const std::size_t first = group * group_size;
    const std::size_t count = std::min(group_size, level.settled.size() - first);
    const Kernels& kernel = kernels();
    std::uint16_t favourites[group_size];
    std::int32_t distances[group_size];
    kernel.nearest(&level.centres[first], centroids_.data(), rivals.data(), rivals.size(), favourites, distances);
    auto& lists = scratch_[depth];
    if (lists.size() < group_size * rivals.size()) lists.resize(group_size * rivals.size());
    std::uint16_t* ends[group_size];
    for (std::size_t b = 0; b < group_size; ++b) ends[b] = &lists[b * rivals.size()];
    constexpr std::size_t chunk = 256;
    std::uint16_t boxes[chunk];
    for (std::size_t start = 0; start < rivals.size(); start += chunk) {
        const std::size_t size = std::min(chunk, rivals.size() - start);
        kernel.contenders(&level.centres[first], &level.halves[first], favourites, distances, centroids_.data(),
                          &rivals[start], size, boxes);
        for (std::size_t j = 0; j < size; ++j)
            for (unsigned set = boxes[j]; set; set &= set - 1) *ends[std::countr_zero(set)]++ = rivals[start + j];
    }
    for (std::size_t b = 0; b < count; ++b) {
        const std::uint16_t* begin = &lists[b * rivals.size()];
        const Rivals left(begin, static_cast<std::size_t>(ends[b] - begin));
        if (depth == 0) {
            settle(first + b, left);
            continue;
        }
        auto& settled = level.settled[first + b];
        if (std::equal(settled.begin(), settled.end(), left.begin(), left.end()) &&
            std::none_of(left.begin(), left.end(), [&](std::uint16_t j) { return moved_[j]; }))
            continue;
        settled.assign(left.begin(), left.end());
        visit(depth - 1, first + b, left);
    }
}

void Clustering::settle(std::size_t leaf, Rivals rivals) {
    const auto nearest = kernels().nearest;
    const std::size_t end = std::min(data_.size(), (leaf + 1) * leaf_size);
    for (std::size_t first = leaf * leaf_size; first < end; first += group_size) {
        const std::size_t count = std::min(group_size, end - first);
        std::uint16_t labels[group_size];
        std::int32_t distances[group_size];
        if (rivals.size() == 1) {
            std::fill(std::begin(labels), std::end(labels), rivals[0]);
        } else if (count == group_size) {
            nearest(&data_.points[first], centroids_.data(), rivals.data(), rivals.size(), labels, distances);
        } else {
            Point last[group_size];
            for (std::size_t i = 0; i < group_size; ++i) last[i] = data_.points[std::min(first + i, end - 1)];
            nearest(last, centroids_.data(), rivals.data(), rivals.size(), labels, distances);
        }
        if (!labelled_)
            enter(first, count, labels);
        else if (std::memcmp(labels, &labels_[first], sizeof labels) == 0)
            continue;
        else
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint16_t before = labels_[first + i];
                if (labels[i] == before) continue;
                const std::int64_t weight = data_.weights[first + i];
                sums_[before].add(data_.points[first + i], -weight);
                sums_[labels[i]].add(data_.points[first + i], weight);
            }
        std::memcpy(&labels_[first], labels, sizeof labels);
    }
}

void Clustering::enter(std::size_t first, std::size_t count, const std::uint16_t* labels) {
    for (std::size_t i = 0; i < count; ++i) {
        const Point& p = data_.points[first + i];
        const std::uint32_t weight = data_.weights[first + i];
        sums_[labels[i]].add(p, weight);
        norms_ += weight * static_cast<std::uint64_t>(squared_distance(p, Point{}));
    }
}

std::int32_t Clustering::reseed() {
    std::vector<std::size_t> empty;
    for (std::size_t j = pinned_; j < centroids_.size(); ++j)
        if (sums_[j].weight == 0) empty.push_back(j);
    if (empty.empty()) return 0;
    std::vector<std::uint64_t> errors(data_.size());
    std::vector<std::size_t> worst;
    for (std::size_t i = 0; i < data_.size(); ++i) {
        const std::int32_t distance = squared_distance(data_.points[i], centroids_[labels_[i]]);
        errors[i] = std::uint64_t{data_.weights[i]} * static_cast<std::uint32_t>(distance);
        if (distance > 0) worst.push_back(i);
    }
    const std::size_t moves = std::min(empty.size(), worst.size());
    std::partial_sort(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(moves), worst.end(),
                      [&](std::size_t a, std::size_t b) { return errors[a] != errors[b] ? errors[a] > errors[b] : a < b; });
    std::fill(moved_.begin(), moved_.end(), char{0});
    for (std::size_t m = 0; m < moves; ++m) {
        centroids_[empty[m]] = data_.points[worst[m]];
        moved_[empty[m]] = 1;
    }
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
            next[j][c] = static_cast<std::int16_t>(std::clamp<std::int64_t>(old + step, bounds_.low[c], bounds_.high[c]));
        }
    }
    return next;
}

}  // namespace huepress
