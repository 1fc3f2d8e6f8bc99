#include "kmeans.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "cells.hpp"
#include "clustering.hpp"
#include "distance.hpp"
#include "random.hpp"
#include "relocation.hpp"
#include "seeding.hpp"
#include "weighted.hpp"

namespace huepress {
namespace {

constexpr std::uint64_t coarse_detail = 8;  // coarse points a code
constexpr int coarse_iterations = 10;

void record(Fit& fit, const Clustering& clustering, std::int32_t reseeded) {
    const auto& centroids = clustering.centroids();
    const std::size_t k = centroids.size();
    std::int32_t moved = 0;
    if (!fit.trace_centroids.empty()) {
        const Point* before = fit.trace_centroids.data() + fit.trace_centroids.size() - k;
        for (std::size_t j = 0; j < k; ++j) moved += before[j] != centroids[j];
    }
    fit.trace_centroids.insert(fit.trace_centroids.end(), centroids.begin(), centroids.end());
    fit.trace_inertia.push_back(clustering.inertia());
    fit.trace_moved.push_back(moved);
    fit.trace_reseeded.push_back(reseeded);
}

void lloyd(Clustering& clustering, const FitOptions& options, Fit& fit) {
    bool relaxed = options.relaxation > 16;
    for (int iteration = 1; iteration <= options.max_iter; ++iteration) {
        if (iteration == options.max_iter) relaxed = false;  // the end is the means of its clusters
        const std::uint64_t before = clustering.inertia();
        std::vector<Point> plain = clustering.updated(16);
        if (plain == clustering.centroids()) {
            fit.converged = true;
            return;
        }
        std::int32_t reseeded = clustering.assign(relaxed ? clustering.updated(options.relaxation) : plain);
        if (relaxed && clustering.inertia() >= before) {
            relaxed = false;
            reseeded = clustering.assign(std::move(plain));
        }
        record(fit, clustering, reseeded);
        // One comparison of two IEEE products: the same everywhere.
        const auto fall = static_cast<double>(before - clustering.inertia());
        if (fall <= options.tol * static_cast<double>(before)) {
            if (!relaxed) {
                fit.converged = true;
                return;
            }
            relaxed = false;
        }
    }
}

// Sculley, "Web-scale k-means clustering" (2010), with exact means of all samples instead of decaying
// steps. It has no convergence test: it does max_iter batches.
void mini_batches(const Weighted& data, Clustering& clustering, std::size_t pinned, const FitOptions& options,
                  Random& random, Fit& fit) {
    const auto running = running_weights(data.weights);
    std::vector<Sum> sums(clustering.centroids().size());
    std::vector<Point> batch(options.batch_size);
    std::vector<std::uint16_t> labels(options.batch_size);
    std::vector<std::int32_t> distances(options.batch_size);
    for (int iteration = 1; iteration <= options.max_iter; ++iteration) {
        for (Point& p : batch) {
            const std::uint64_t rank = random.below(running.back());
            p = data.points[static_cast<std::size_t>(std::upper_bound(running.begin(), running.end(), rank) - running.begin())];
        }
        std::vector<Point> centroids = clustering.centroids();
        nearest_points(batch, centroids, options.threads, labels, distances);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            sums[labels[i]].add(batch[i], 1);
        }
        for (std::size_t j = pinned; j < centroids.size(); ++j) {
            if (sums[j].weight == 0) continue;
            centroids[j] = sums[j].mean();
        }
        const std::vector<Point> aimed = centroids;
        const std::int32_t reseeded = clustering.assign(std::move(centroids));
        for (std::size_t j = 0; j < sums.size(); ++j)
            if (clustering.centroids()[j] != aimed[j]) sums[j] = {};  // a reseeded centroid starts afresh
        record(fit, clustering, reseeded);
    }
}

// Relaxed Lloyd iterations that nobody watches, at most `most`.
void settle(Clustering& clustering, int most) {
    for (int i = 0; i < most; ++i) {
        const std::uint64_t before = clustering.inertia();
        std::vector<Point> saved = clustering.centroids();
        clustering.assign(clustering.updated(26));
        if (clustering.inertia() >= before) {
            clustering.assign(std::move(saved));
            clustering.assign(clustering.updated(16));
        }
        if (before - clustering.inertia() <= before / 1024) break;
    }
}

// Relocations until `trials` are used up or none pays.
void search(const Weighted& data, Clustering& clustering, std::size_t pinned, int trials) {
    while (trials > 0) {
        std::vector<Point> centroids = relocate(data, clustering, pinned, trials);
        if (centroids == clustering.centroids()) break;
        clustering.assign(std::move(centroids));
        settle(clustering, 2);
    }
}

// Seeds from the search on coarse points.
std::vector<Point> seed_coarse(const Cells& cells, std::span<const Point> pinned, std::size_t k,
                               const FitOptions& options, Random& random) {
    const Weighted coarse = cells.coarse_points(std::max<std::uint64_t>(1024, coarse_detail * k));
    Clustering clustering(coarse, pinned.size(), options.threads);
    std::vector<Point> best;
    std::uint64_t least = 0;
    const int starts = k <= 32 ? options.coarse_starts : 1;
    for (int start = 0; start < starts; ++start) {
        clustering.assign(start == 0 ? seed_principal_axis(coarse, pinned, k) : seed_plus_plus(coarse, pinned, k, random));
        settle(clustering, coarse_iterations);
        search(coarse, clustering, pinned.size(), options.swap_trials * static_cast<int>(k));
        if (start == 0 || clustering.inertia() < least) {
            best = clustering.centroids();
            least = clustering.inertia();
        }
    }
    return best;
}

std::vector<Point> seeds_of(const Cells& cells, std::span<const Point> pinned, std::size_t k,
                            const FitOptions& options, Random& random) {
    switch (options.seeding) {
        case Seeding::random: return seed_random(cells.data(), pinned, k, random);
        case Seeding::plus_plus: return seed_plus_plus(cells.data(), pinned, k, random);
        case Seeding::principal_axis: break;
    }
    if (options.coarse_starts > 0) return seed_coarse(cells, pinned, k, options, random);
    return seed_principal_axis(cells.data(), pinned, k);
}

void check(std::span<const Point> points, std::span<const std::uint32_t> weights, std::span<const Point> pinned,
           std::size_t k, const FitOptions& options) {
    const auto require = [](bool held, const char* message) {
        if (!held) throw std::invalid_argument(message);
    };
    require(points.size() == weights.size(), "points and weights must have the same length");
    require(k >= 1 && k <= 65536, "k must be between 1 and 65536");
    require(pinned.size() <= k, "there must be no more pinned centroids than k");
    require(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}) <= UINT32_MAX,
            "the weights must add up to less than 2^32; scale them down");
    require(options.n_init >= 1, "n_init must be at least 1");
    require(options.max_iter >= 0, "max_iter must not be negative");
    require(options.tol >= 0, "tol must not be negative");
    require(options.relaxation >= 16 && options.relaxation < 32, "relaxation must be from 16 to 31 sixteenths");
    require(options.coarse_starts >= 0 && options.swap_trials >= 0, "coarse_starts and swap_trials must not be negative");
}

}  // namespace

Fit fit(std::span<const Point> points, std::span<const std::uint32_t> weights, std::span<const Point> pinned,
        std::size_t k, const FitOptions& options) {
    check(points, weights, pinned, k, options);
    Random random(options.seed);
    std::vector<std::uint32_t> drawn;
    if (options.sample > 0) weights = drawn = draw_sample(weights, options.sample, random);
    const Cells cells(points, weights);
    const Weighted& data = cells.data();
    if (data.size() == 0) {
        Fit nothing;
        nothing.centroids.assign(pinned.begin(), pinned.end());
        nothing.converged = true;
        return nothing;
    }
    Clustering clustering(data, pinned.size(), options.threads);
    Fit best;
    for (int run = 0; run < options.n_init; ++run) {
        Fit fit;
        std::vector<Point> seeds = seeds_of(cells, pinned, k, options, random);
        fill_up(data, k, seeds);
        const std::int32_t reseeded = clustering.assign(std::move(seeds));
        record(fit, clustering, reseeded);
        if (options.batch_size > 0)
            mini_batches(data, clustering, pinned.size(), options, random, fit);
        else
            lloyd(clustering, options, fit);
        fit.centroids = clustering.centroids();
        if (run == 0 || fit.trace_inertia.back() < best.trace_inertia.back()) best = std::move(fit);
    }
    return best;
}

}  // namespace huepress
