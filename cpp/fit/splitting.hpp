// Where a cluster is best cut in two: across its principal axis, at the cut that takes most inertia
// away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"
#include "fit/weighted.hpp"

namespace huepress {

// Sum, and the weighted sums of the products of two coordinates: exact, so that those of a part can
// be had by taking the other part's from the whole.
struct Moments {
    Sum sum;
    std::array<std::int64_t, 10> products{};  // xx, xy, yy, xz, yz, zz, xa, ya, za, aa

    void add(const Point& p, std::int64_t w);
    void subtract(const Moments& other);
};

struct Item {
    Point point;
    std::uint32_t weight;
    std::int32_t position = 0;  // along the axis of the cut tried last
};

struct Cut {
    std::int32_t border = 0;  // items at positions up to here go left
    std::uint64_t gain = 0;   // the inertia that the cut takes away; 0: there is no cut
};

// Sets the positions of the items and finds the cut. `moments` are those of the items, of which
// there is at least one. Does not depend on their order.
Cut best_cut(std::span<Item> items, const Moments& moments);

}  // namespace huepress
