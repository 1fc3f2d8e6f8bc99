// Local search past the minima of Lloyd's algorithm: codes move from where they are least missed to
// where they are most needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "clustering.hpp"
#include "types.hpp"
#include "weighted.hpp"

namespace huepress {

// What removing a code costs and what splitting a cluster gains are tried out on the cluster and its
// nearest neighbours alone, by a few iterations of k-means among them. Points elsewhere keep their codes,
// so that a cost is never below and a gain never above what all points would have it: a relocation that
// is taken because its gain exceeds its cost lowers the inertia for certain. At most `trials` are tried
// out; those used are taken off. Returns the centroids, each in its place or where it was relocated to.
std::vector<Point> relocate(const Weighted& data, const Clustering& clustering, std::size_t pinned,
                            int& trials /* IN, OUT */);

}  // namespace huepress
