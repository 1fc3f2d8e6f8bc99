// Centroids that each stand for opaque colours or for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/types.hpp"
#include "fit/weighted.hpp"

namespace huepress {

struct Parted {
    std::vector<Point> centroids;
    std::vector<std::int64_t> weights;  // of the points that each centroid holds
    std::uint64_t inertia;
};

// Lets each centroid stand for the opaque points that it holds or for the others, whichever weigh
// more, and for opaque ones if it ties; at least one stands for opaque ones. Then moves each to the
// mean of its own kind, a few times. Opaque points, those whose last coordinate is `opaque`, look
// only among opaque centroids, where there are any; the others look among all. The first `pinned`
// centroids never move. Nothing where all points are of one kind. The points should come in cells
// (cells.hpp).
//
// Centroids that were found without a look at the kinds may leave one of them too few. So many
// `trades` are tried then, on coarse points: a centroid is taken away where it is missed least, and
// parts the points of another, or those of a kind that it does not stand for. One is kept where the
// inertia falls.
std::optional<Parted> part(const Weighted& data, std::span<const Point> centroids,
                           std::size_t pinned, std::int16_t opaque, int trades, unsigned threads);

}  // namespace huepress
