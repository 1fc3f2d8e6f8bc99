#include "kmeans.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "clustering.hpp"
#include "distance.hpp"
#include "integers.hpp"
#include "random.hpp"
#include "seeding.hpp"
#include "weighted.hpp"

namespace huepress {
namespace {

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
            Sum& sum = sums[labels[i]];
            ++sum.weight;
            for (std::size_t c = 0; c < 4; ++c) sum.moment[c] += batch[i][c];
        }
        for (std::size_t j = pinned; j < centroids.size(); ++j) {
            if (sums[j].weight == 0) continue;
            for (std::size_t c = 0; c < 4; ++c)
                centroids[j][c] = static_cast<std::int16_t>(divide_rounded(sums[j].moment[c], sums[j].weight));
        }
        const std::vector<Point> aimed = centroids;
        const std::int32_t reseeded = clustering.assign(std::move(centroids));
        for (std::size_t j = 0; j < sums.size(); ++j)
            if (clustering.centroids()[j] != aimed[j]) sums[j] = {};  // a reseeded centroid starts afresh
        record(fit, clustering, reseeded);
    }
}

std::vector<Point> seeds_of(const Weighted& data, std::span<const Point> pinned, std::size_t k,
                            const FitOptions& options, Random& random) {
    switch (options.seeding) {
        case Seeding::random: return seed_random(data, pinned, k, random);
        case Seeding::plus_plus: return seed_plus_plus(data, pinned, k, random);
        case Seeding::principal_axis: break;
    }
    return seed_principal_axis(data, pinned, k);
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
    Weighted data = canonical(points, weights);
    if (options.sample > 0) data = draw_sample(data, options.sample, random);
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
        const std::int32_t reseeded = clustering.assign(seeds_of(data, pinned, k, options, random));
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
