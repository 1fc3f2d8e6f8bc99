// k-means in exact integers: the same centroids on every CPU and for every number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace huepress {

enum class Seeding { principal_axis, plus_plus, random };

struct FitOptions {
    Seeding seeding = Seeding::principal_axis;
    int n_init = 1;            // whole runs, of which the one with the least inertia is kept
    int max_iter = 100;        // updates (or mini-batches) of a run
    double tol = 0;            // stop when an update lowers inertia by no more than this part of it
    std::uint64_t seed = 0;    // of every random draw
    int relaxation = 16;       // how far an update goes towards the mean, in sixteenths: 16 to 31
    std::uint64_t sample = 0;  // fit on this many pixels drawn without replacement; 0: on all
    std::uint64_t batch_size = 0;  // mini-batch k-means with this many pixels a batch; 0: Lloyd
    std::int16_t opaque = 0;  // fourth coordinate of opaque points (parting.hpp keeps them apart)
    int trades = 0;           // of centroids between opaque points and others, that are tried
    unsigned threads = 0;

    // Fit on coarse points: their number, not that of the colours, sets the time.
    bool coarse_only = false;
    int coarse_detail = 8;  // coarse points a code, about; at least 1024 points in all

    // principal_axis alone, before the first row of the trace. Without coarse_starts it splits all
    // points and searches no further.
    int coarse_starts = 1;  // for k <= 32: seedings tried on coarse points, more by k-means++
    int swap_trials = 0;    // relocations looked into (relocation.hpp), on each detail
    int fine_detail = 0;    // then search deeply on so many finer points a code; 0: no
};

// Row t of the trace is what the centroids were after t updates; row 0 is the seeding. In every row
// a centroid without points has been moved to the point that errs most (reseeded), so that all hold
// points, and inertia is that of the row's own nearest labels; with coarse_only, that of points
// that follow their coarse points (but for the rounding of these). The last row is the result:
// where points were parted, it is what came of that, with the inertia over all points (or, of a
// sample, its share).
struct Fit {
    std::vector<Point> centroids;
    std::vector<std::int64_t> weights;  // of each cluster; empty where not all points were labelled
    std::vector<Point> trace_centroids;  // rows * centroids.size()
    std::vector<std::uint64_t> trace_inertia;
    std::vector<std::int32_t> trace_moved;     // centroids that differ from the row before
    std::vector<std::int32_t> trace_reseeded;  // centroids moved because they held no point
    bool converged = false;  // stopped by tol or at a fixed point, not by max_iter
};

// points and weights: of the same length, the weights adding up to less than 2^32. The pinned
// centroids, at most k <= 65536, come first and never move. Throws std::invalid_argument otherwise.
// There are fewer than k centroids only when fewer distinct points have weight (or were sampled).
// The order of the points decides ties and what random draws pick, and nothing else.
Fit fit(std::span<const Point> points, std::span<const std::uint32_t> weights,
        std::span<const Point> pinned, std::size_t k, const FitOptions& options);

}  // namespace huepress
