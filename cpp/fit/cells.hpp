// Points in the order of a grid's cells, and cells gathered to coarse points.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"
#include "fit/weighted.hpp"

namespace huepress {

struct Bounds {
    Point low, high;
};

// The least box around the points; at least one.
Bounds bounds_of(std::span<const Point> points);

// The points so that neighbours in the list are neighbours in space: by the cells of a coarse grid
// in Morton order, and within a cell as given. Points of no weight are left out and equal
// neighbours merged, so that neither a zero weight nor a weight of n written as n copies can show
// afterwards.
class Cells {
public:
    Cells(std::span<const Point> points, std::span<const std::uint32_t> weights);

    const Weighted& data() const { return data_; }

    struct Coarse {
        Weighted points;
        std::uint64_t scatter;  // sum of weight * |point - its coarse point|^2
    };
    // The means of the cells, those again halved that weigh more than a `share`th of all, down to
    // single points. They come in cells as well.
    Coarse coarse_points(std::uint64_t share) const;

private:
    void sort(std::span<const Point> points, std::span<const std::uint32_t> weights);

    Weighted data_;
    std::vector<std::uint32_t> begins_;  // of the cells that hold points, and the end of the last
    Point low_{};
    int shift_ = 0;  // a cell is 2^shift units wide
};

}  // namespace huepress
