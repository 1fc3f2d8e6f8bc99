// The initial choice of centroids.
#pragma once

#include <span>
#include <vector>

#include "core/random.hpp"
#include "core/types.hpp"
#include "fit/weighted.hpp"

namespace huepress {

// All return the pinned points followed by at most k - pinned.size() seeds: fewer only when the
// data hold fewer distinct points.

// Pixels at random, no colour twice (Forgy 1965).
std::vector<Point> seed_random(const Weighted& data, std::span<const Point> pinned, std::size_t k,
                               Random& random);

// Pixels at random, each with a chance proportional to its squared distance to the centroids chosen
// before (Arthur & Vassilvitskii 2007).
std::vector<Point> seed_plus_plus(const Weighted& data, std::span<const Point> pinned,
                                  std::size_t k, Random& random);

// Splits the cluster that gains most along its principal axis, at the cut that gains most; the
// seeds are the means. No random draws. Blind to the pinned points: a pin far from all data then
// moves no seed.
std::vector<Point> seed_principal_axis(const Weighted& data, std::span<const Point> pinned,
                                       std::size_t k);

}  // namespace huepress
