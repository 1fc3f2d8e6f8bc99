// Local search past the minima of Lloyd's algorithm: codes move from where they are least missed to
// where they are most needed.
#pragma once

#include <cstddef>
#include <vector>

#include "core/types.hpp"
#include "fit/clustering.hpp"
#include "fit/weighted.hpp"

namespace huepress {

// What it costs to remove a code, and what it gains to split a cluster, is tried out on that
// cluster and its nearest neighbours alone, by a few iterations of k-means among them. Points
// elsewhere keep their codes, so a relocation that lowers the inertia there lowers the whole by no
// less. Costs and gains are first guessed, on the hopeful side; only what still looks best is tried
// out, and if `deep` once more among more neighbours. At most `trials` are tried out, and those
// used are taken off. Returns the centroids, each where it was (give or take what its neighbours'
// relocation moved it) or relocated.
std::vector<Point> relocate(const Weighted& data, const Clustering& clustering, std::size_t pinned,
                            bool deep, int& trials /* IN, OUT */);

}  // namespace huepress
