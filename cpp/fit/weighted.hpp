// Weighted points: what a histogram is to the fit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/integers.hpp"
#include "core/random.hpp"
#include "core/types.hpp"

namespace huepress {

// points.size() == weights.size(); the weights add up to less than 2^32, so that sums of weighted
// coordinates and of weighted squared distances fit int64.
struct Weighted {
    std::vector<Point> points;
    std::vector<std::uint32_t> weights;

    std::size_t size() const { return points.size(); }
};

// The weight of some points and the weighted sum of their coordinates.
struct Sum {
    std::int64_t weight = 0;
    std::array<std::int64_t, 4> moment{};

    void add(const Point& p, std::int64_t w) {
        weight += w;
        for (std::size_t c = 0; c < 4; ++c) moment[c] += w * p[c];
    }
    void add(const Sum& other) {
        weight += other.weight;
        for (std::size_t c = 0; c < 4; ++c) moment[c] += other.moment[c];
    }
    // Sum of weight * |point - centre|^2 less sum of weight * |point|^2, modulo 2^64.
    std::uint64_t excess(const Point& centre) const {
        std::uint64_t total = 0;
        for (std::size_t c = 0; c < 4; ++c) {
            const std::int64_t x = centre[c];
            total += static_cast<std::uint64_t>(x) * (static_cast<std::uint64_t>(weight * x) -
                                                      2 * static_cast<std::uint64_t>(moment[c]));
        }
        return total;
    }
    // So many sixteenths of the way from a place to the mean, rounded; weight >= 1.
    std::array<std::int64_t, 4> towards_mean(const Point& from, int sixteenths) const {
        std::array<std::int64_t, 4> place{};
        for (std::size_t c = 0; c < 4; ++c)
            place[c] =
                from[c] + divide_rounded(sixteenths * (moment[c] - weight * from[c]), 16 * weight);
        return place;
    }
    // Rounded to the nearest integers, which no others beat; weight >= 1.
    Point mean() const {
        Point p;
        for (std::size_t c = 0; c < 4; ++c)
            p[c] = static_cast<std::int16_t>(divide_rounded(moment[c], weight));
        return p;
    }
};

// Running sums of the weights: the pixel of rank r is the point at the first entry above r.
std::vector<std::uint64_t> running_weights(std::span<const std::uint32_t> weights);

// How many pixels of each point are drawn when `count` are drawn without replacement; all if there
// are no more. Points are drawn by rank, so that n copies of one draw as its weight of n would.
std::vector<std::uint32_t> draw_sample(std::span<const std::uint32_t> weights, std::uint64_t count,
                                       Random& random);

}  // namespace huepress
