// Weighted points: what a histogram is to the fit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "random.hpp"
#include "types.hpp"

namespace huepress {

// points.size() == weights.size(); the weights add up to less than 2^32, so that sums of weighted
// coordinates and of weighted squared distances fit int64.
struct Weighted {
    std::vector<Point> points;
    std::vector<std::uint32_t> weights;

    std::size_t size() const { return points.size(); }
};

// Leaves out points of no weight and merges equal neighbours, so that neither a zero weight nor a
// weight of n written as n copies can show in anything that follows.
Weighted canonical(std::span<const Point> points, std::span<const std::uint32_t> weights);

// `count` pixels drawn without replacement. All if there are no more.
Weighted draw_sample(const Weighted& data, std::uint64_t count, Random& random);

// Running sums of the weights: pixel of rank r is the point at the first entry above r.
std::vector<std::uint64_t> running_weights(std::span<const std::uint32_t> weights);

}  // namespace huepress
