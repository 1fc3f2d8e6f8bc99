// A part of a clustering on its own, in which a relocation is tried out.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/distance.hpp"
#include "core/integers.hpp"
#include "fit/splitting.hpp"
#include "fit/weighted.hpp"

namespace huepress {

// The points of one centroid.
struct Cluster {
    std::vector<Point> points;
    std::vector<std::uint32_t> weights;
    Sum sum;
    std::uint64_t norms = 0;          // sum of weight * |point|^2
    std::uint64_t inertia = 0;        // about the cluster's centroid
    std::vector<std::uint16_t> near;  // the nearest other centroids when last asked for

    void add(const Point& p, std::uint32_t w) {
        points.push_back(p);
        weights.push_back(w);
        sum.add(p, w);
        norms += w * norm(p);
    }
};

// Some clusters and their codes. Codes of centroids before `pinned` do not move.
class Patch {
public:
    static constexpr std::size_t most_codes = 50;

    explicit Patch(std::size_t pinned) : pinned_(pinned) {}

    std::span<const std::uint16_t> owners() const { return owners_; }  // of the codes: centroids
    const Point& code(std::size_t j) const { return codes_[j]; }

    void clear() {
        owners_.clear();
        codes_.clear();
        sums_.clear();
        points_.clear();
        weights_.clear();
        labels_.clear();
        norms_ = before_ = 0;
    }

    // A code of its own for the cluster of a centroid; its points come with take_points.
    void take_code(std::size_t owner, const Point& centroid, const Cluster& cluster) {
        owners_.push_back(static_cast<std::uint16_t>(owner));
        codes_.push_back(centroid);
        sums_.push_back(cluster.sum);
        count_in(cluster);
    }

    void take_points(const Cluster& cluster, std::size_t label) {
        points_.insert(points_.end(), cluster.points.begin(), cluster.points.end());
        weights_.insert(weights_.end(), cluster.weights.begin(), cluster.weights.end());
        labels_.insert(labels_.end(), cluster.points.size(), static_cast<std::uint16_t>(label));
    }

    // The points go to their nearest codes in the patch.
    void take_orphans(const Cluster& cluster) {
        const std::size_t first = weights_.size();
        take_points(cluster, 0);
        count_in(cluster);
        relabel(first, false);
        for (std::size_t i = first; i < weights_.size(); ++i)
            sums_[labels_[i]].add(points_[i], weights_[i]);
    }

    // The points of a cluster go to either of two codes, the first in the patch: its own and that
    // of `newcomer`.
    void take_halves(std::size_t owner, const Point& centroid, const Cluster& cluster,
                     std::size_t newcomer) {
        items_.resize(cluster.points.size());
        Moments moments;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            items_[i] = {cluster.points[i], cluster.weights[i]};
            moments.add(cluster.points[i], cluster.weights[i]);
        }
        const Cut cut = best_cut(items_, moments);
        for (const std::size_t one : {owner, newcomer}) {
            owners_.push_back(static_cast<std::uint16_t>(one));
            codes_.push_back(centroid);
        }
        sums_.resize(2);
        take_points(cluster, 0);
        count_in(cluster);
        for (std::size_t i = 0; i < items_.size(); ++i) {
            labels_[i] = items_[i].position > cut.border;
            sums_[labels_[i]].add(cluster.points[i], cluster.weights[i]);
        }
    }

    // k-means within the patch.
    void iterate(int iterations) {
        for (int iteration = 0; iteration < iterations; ++iteration) {
            relabel(0, true);
            recentre();
        }
    }

    void recentre() {
        for (std::size_t j = 0; j < codes_.size(); ++j)
            if (sums_[j].weight > 0 && owners_[j] >= pinned_) codes_[j] = sums_[j].mean();
    }

    // How much the inertia has changed.
    std::int64_t change() const {
        std::uint64_t after = norms_;
        for (std::size_t j = 0; j < codes_.size(); ++j) after += sums_[j].excess(codes_[j]);
        return static_cast<std::int64_t>(after - before_);
    }

    // Calls use(owner, point, weight) for every point.
    template <class Use>
    void each_point(Use use) const {
        for (std::size_t i = 0; i < weights_.size(); ++i)
            use(owners_[labels_[i]], points_[i], weights_[i]);
    }

private:
    void count_in(const Cluster& cluster) {
        norms_ += cluster.norms;
        before_ += cluster.inertia;
    }

    // Nearest labels from the point `first` on; sums follow them if wanted.
    void relabel(std::size_t first, bool follow) {
        static constexpr auto names = [] {
            std::array<std::uint16_t, most_codes> iota{};
            for (std::size_t i = 0; i < iota.size(); ++i) iota[i] = static_cast<std::uint16_t>(i);
            return iota;
        }();
        const auto nearest = kernels().nearest;
        const std::size_t end = weights_.size();
        points_.resize(end + group_size);  // the last group reads on
        for (; first < end; first += group_size) {
            std::uint16_t labels[group_size];
            std::int32_t distances[group_size];
            nearest(&points_[first], codes_.data(), names.data(), codes_.size(), labels, distances);
            const std::size_t size = std::min(group_size, end - first);
            if (size == group_size && std::memcmp(labels, &labels_[first], sizeof labels) == 0)
                continue;
            for (std::size_t i = 0; i < size; ++i) {
                std::uint16_t& label = labels_[first + i];
                if (labels[i] == label) continue;
                if (follow) {
                    sums_[label].add(points_[first + i], -std::int64_t{weights_[first + i]});
                    sums_[labels[i]].add(points_[first + i], weights_[first + i]);
                }
                label = labels[i];
            }
        }
        points_.resize(end);
    }

    std::size_t pinned_;
    std::vector<std::uint16_t> owners_;
    std::vector<Point> codes_;
    std::vector<Sum> sums_;
    std::vector<Point> points_;
    std::vector<std::uint32_t> weights_;
    std::vector<std::uint16_t> labels_;
    std::uint64_t norms_ = 0;
    std::uint64_t before_ = 0;  // the inertia
    std::vector<Item> items_;
};

}  // namespace huepress
