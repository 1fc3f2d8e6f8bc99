// Weighted points with their nearest centroids: what one iteration of Lloyd's algorithm needs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "types.hpp"
#include "weighted.hpp"

namespace huepress {

// The weight of a cluster's points and the weighted sum of their coordinates.
struct Sum {
    std::int64_t weight = 0;
    std::array<std::int64_t, 4> moment{};
};

class Clustering {
public:
    Clustering(const Weighted& data, std::size_t pinned, unsigned threads);

    // Labels every point by its nearest centroid, ties to the lowest index, and adds up the clusters.
    // Then moves centroids that hold no point to the points that err most, until all hold some, and
    // returns how many moves that took.
    std::int32_t assign(std::vector<Point> centroids);

    // The centroids moved towards the means of their clusters by relaxation/16 of the way, rounded to
    // the nearest integer (which no other integer beats) and kept within the data's bounds.
    std::vector<Point> updated(int relaxation) const;

    const std::vector<Point>& centroids() const { return centroids_; }
    std::uint64_t inertia() const { return inertia_; }

private:
    void label();
    std::int32_t reseed();

    const Weighted& data_;
    std::size_t pinned_;
    unsigned threads_;
    Point low_{}, high_{};
    std::vector<Point> centroids_;
    std::vector<std::uint16_t> labels_;
    std::vector<std::int32_t> distances_;
    std::vector<Sum> sums_;
    std::uint64_t inertia_ = 0;
};

}  // namespace huepress
