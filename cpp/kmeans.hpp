// k-means in exact integers: the same centroids on every CPU and for every number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "types.hpp"

namespace huepress {

enum class Seeding { principal_axis, plus_plus, random };

struct FitOptions {
    Seeding seeding = Seeding::principal_axis;
    int n_init = 1;            // whole runs, of which the one with the least inertia is kept
    int max_iter = 100;        // updates (or mini-batches) of a run
    double tol = 0;            // stop when an update lowers inertia by no more than this part of it
    std::uint64_t seed = 0;    // of every random draw
    int relaxation = 16;       // how far an update goes towards the mean, in sixteenths
    int coarse_starts = 1;     // principal_axis only: seedings tried on coarse points
    int swap_trials = 0;       // principal_axis only: relocations tried on coarse points, times k
    std::uint64_t sample = 0;  // fit on this many pixels drawn without replacement; 0: on all
    std::uint64_t batch_size = 0;  // mini-batch k-means with this many pixels a batch; 0: Lloyd
    unsigned threads = 0;
};

// Row t of the trace is what the centroids were after t updates; row 0 is the seeding. In every row a
// centroid without points has been moved to the point that errs most (reseeded), so that all hold
// points, and inertia is that of the row's own nearest labels. The last row is the result.
struct Fit {
    std::vector<Point> centroids;
    std::vector<Point> trace_centroids;  // rows * centroids.size()
    std::vector<std::uint64_t> trace_inertia;
    std::vector<std::int32_t> trace_moved;     // centroids that differ from the row before
    std::vector<std::int32_t> trace_reseeded;  // centroids moved because they held no point
    bool converged = false;                    // stopped by tol or at a fixed point, not by max_iter
};

// points and weights of the same length, the weights adding up to less than 2^32; pinned.size() <= k
// <= 65536. The pinned centroids stand first and never move. Throws std::invalid_argument otherwise.
// Without points the result is the pinned centroids.
Fit fit(std::span<const Point> points, std::span<const std::uint32_t> weights, std::span<const Point> pinned,
        std::size_t k, const FitOptions& options);

}  // namespace huepress
