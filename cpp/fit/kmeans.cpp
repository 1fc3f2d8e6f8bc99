#include "fit/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/distance.hpp"
#include "core/random.hpp"
#include "fit/cells.hpp"
#include "fit/clustering.hpp"
#include "fit/parting.hpp"
#include "fit/relocation.hpp"
#include "fit/seeding.hpp"
#include "fit/weighted.hpp"

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

// One update. A relaxed one that would raise the inertia is taken back for the plain one, which
// cannot; `relaxed` tells which it was.
std::int32_t update(Clustering& clustering, int relaxation, bool& relaxed /* IN, OUT */) {
    const std::uint64_t before = clustering.inertia();
    std::vector<Point> plain = clustering.updated(16);
    if (relaxed) {
        const std::int32_t reseeded = clustering.assign(clustering.updated(relaxation));
        if (clustering.inertia() < before) return reseeded;
        relaxed = false;
    }
    return clustering.assign(std::move(plain));
}

void lloyd(Clustering& clustering, const FitOptions& options, Fit& fit) {
    bool relaxed = options.relaxation > 16;
    for (int iteration = 1; iteration <= options.max_iter; ++iteration) {
        if (iteration == options.max_iter) relaxed = false;  // the end is the means of its clusters
        if (clustering.updated(16) == clustering.centroids()) {
            fit.converged = true;
            return;
        }
        const std::uint64_t before = clustering.inertia();
        record(fit, clustering, update(clustering, options.relaxation, relaxed));
        // One product and one comparison of IEEE doubles: the same everywhere.
        const auto fall = static_cast<double>(before - clustering.inertia());
        if (fall > options.tol * static_cast<double>(before)) continue;
        if (!relaxed) {
            fit.converged = true;
            return;
        }
        relaxed = false;
    }
}

// Sculley, "Web-scale k-means clustering" (2010), with exact means of all samples instead of
// decaying steps. It has no convergence test: it does max_iter batches.
void mini_batches(const Weighted& data, Clustering& clustering, std::size_t pinned,
                  const FitOptions& options, Random& random, Fit& fit) {
    const auto running = running_weights(data.weights);
    std::vector<Sum> sums(clustering.centroids().size());
    std::vector<Point> batch(options.batch_size);
    std::vector<std::uint16_t> labels(options.batch_size);
    std::vector<std::int32_t> distances(options.batch_size);
    for (int iteration = 1; iteration <= options.max_iter; ++iteration) {
        for (Point& p : batch) {
            const std::uint64_t rank = random.below(running.back());
            const auto at = std::upper_bound(running.begin(), running.end(), rank);
            p = data.points[static_cast<std::size_t>(at - running.begin())];
        }
        std::vector<Point> centroids = clustering.centroids();
        nearest_points(batch, centroids, options.threads, labels, distances);
        for (std::size_t i = 0; i < batch.size(); ++i) sums[labels[i]].add(batch[i], 1);
        for (std::size_t j = pinned; j < centroids.size(); ++j)
            if (sums[j].weight > 0) centroids[j] = sums[j].mean();
        const std::vector<Point> aimed = centroids;
        const std::int32_t reseeded = clustering.assign(std::move(centroids));
        for (std::size_t j = 0; j < sums.size(); ++j)
            if (clustering.centroids()[j] != aimed[j])
                sums[j] = {};  // a reseeded centroid starts afresh
        record(fit, clustering, reseeded);
    }
}

// A few relaxed updates that nobody watches.
void settle(Clustering& clustering, const FitOptions& options, int updates) {
    bool relaxed = options.relaxation > 16;
    for (int i = 0; i < updates; ++i) update(clustering, options.relaxation, relaxed);
}

constexpr double patience = 8;  // a round of search costs more than an update, and has to gain more

// Relocations, with updates in between, until the trials are used up or none pays.
void search(const Weighted& data, Clustering& clustering, std::size_t pinned,
            const FitOptions& options, bool deep) {
    settle(clustering, options, 4);
    for (int trials = options.swap_trials; trials > 0;) {
        std::vector<Point> centroids = relocate(data, clustering, pinned, deep, trials);
        if (centroids == clustering.centroids()) return;
        const std::uint64_t before = clustering.inertia();
        clustering.assign(std::move(centroids));
        settle(clustering, options, 2);
        const auto fall = static_cast<double>(before - clustering.inertia());
        if (fall <= patience * options.tol * static_cast<double>(before)) return;
    }
}

// About `detail` points a code, for k codes.
Cells::Coarse coarse_points(const Cells& cells, int detail, std::size_t k) {
    Cells::Coarse coarse =
        cells.coarse_points(std::max<std::uint64_t>(1024, static_cast<std::uint64_t>(detail) * k));
    // A few heavy colours can leave less than there is to choose from.
    if (coarse.points.size() < 4 * k) coarse = {cells.data(), 0};
    return coarse;
}

std::vector<Point> searched_seeds(const Cells& cells, const Weighted& coarse,
                                  std::span<const Point> pinned, std::size_t k,
                                  const FitOptions& options, Random& random) {
    std::vector<Point> best;
    {
        Clustering clustering(coarse, pinned.size(), options.threads);
        std::uint64_t least = 0;
        for (int start = 0; start < (k <= 32 ? options.coarse_starts : 1); ++start) {
            clustering.assign(start == 0 ? seed_principal_axis(coarse, pinned, k)
                                         : seed_plus_plus(coarse, pinned, k, random));
            search(coarse, clustering, pinned.size(), options, false);
            if (start > 0 && clustering.inertia() >= least) continue;
            best = clustering.centroids();
            least = clustering.inertia();
        }
    }
    if (options.fine_detail > 0) {
        const Weighted fine = coarse_points(cells, options.fine_detail, k).points;
        Clustering clustering(fine, pinned.size(), options.threads);
        clustering.assign(std::move(best));
        search(fine, clustering, pinned.size(), options, true);
        best = clustering.centroids();
    }
    return best;
}

// The seeds with all k centroids in use: those that a seeding left out, or that coincide, are
// reseeded. Those that still hold no point, because none errs, are left out.
std::int32_t assign_seeds(Clustering& clustering, std::vector<Point> seeds, std::size_t pinned,
                          std::size_t k) {
    if (seeds.empty()) seeds.push_back({});
    seeds.resize(k, seeds.back());
    const std::int32_t reseeded = clustering.assign(std::move(seeds));
    std::vector<Point> used;
    for (std::size_t j = 0; j < k; ++j)
        if (j < pinned || clustering.sums()[j].weight > 0)
            used.push_back(clustering.centroids()[j]);
    if (used.size() < k) clustering.assign(std::move(used));
    return reseeded;
}

void check(std::span<const Point> points, std::span<const std::uint32_t> weights,
           std::span<const Point> pinned, std::size_t k, const FitOptions& options) {
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
    require(options.tol >= 0 && std::isfinite(options.tol), "tol must not be negative");
    require(options.relaxation >= 16 && options.relaxation < 32,
            "relaxation must be from 16 to 31 sixteenths");
    require(options.coarse_starts >= 0 && options.swap_trials >= 0 && options.fine_detail >= 0 &&
                options.trades >= 0,
            "coarse_starts, swap_trials, fine_detail and trades must not be negative");
    require(options.coarse_detail >= 1, "coarse_detail must be at least 1");
}

// Puts parted centroids in the place of the last row. inertia * share / total, as in kmeans.hpp,
// without a product beyond 2^64: inertia is below 2^30 * total.
void finish(Fit& fit, Parted parted, std::uint64_t share, std::uint64_t total) {
    const std::size_t k = parted.centroids.size();
    std::copy(parted.centroids.begin(), parted.centroids.end(),
              fit.trace_centroids.end() - static_cast<std::ptrdiff_t>(k));
    fit.trace_inertia.back() =
        parted.inertia / total * share + parted.inertia % total * share / total;
    fit.centroids = std::move(parted.centroids);
    fit.weights = std::move(parted.weights);
}

// Whether opaque points, which look only among opaque centroids, might have to pass others by.
bool is_mixed(std::span<const Point> centroids, std::int16_t opaque) {
    const auto matches = [&](const Point& centroid) { return centroid[3] == opaque; };
    return std::any_of(centroids.begin(), centroids.end(), matches) &&
           !std::all_of(centroids.begin(), centroids.end(), matches);
}

}  // namespace

Fit fit(std::span<const Point> points, std::span<const std::uint32_t> weights,
        std::span<const Point> pinned, std::size_t k, const FitOptions& options) {
    check(points, weights, pinned, k, options);
    Random random(options.seed);
    const std::span<const std::uint32_t> whole = weights;
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
    const bool searches = options.seeding == Seeding::principal_axis && options.coarse_starts > 0;
    Cells::Coarse coarse{};
    if (searches || options.coarse_only) coarse = coarse_points(cells, options.coarse_detail, k);
    const Weighted& fitted = options.coarse_only ? coarse.points : data;
    const auto seeds = [&] {
        if (searches) return searched_seeds(cells, coarse.points, pinned, k, options, random);
        if (options.seeding == Seeding::plus_plus) return seed_plus_plus(fitted, pinned, k, random);
        if (options.seeding == Seeding::random) return seed_random(fitted, pinned, k, random);
        return seed_principal_axis(fitted, pinned, k);
    };
    Fit best;
    {
        Clustering clustering(fitted, pinned.size(), options.threads);
        for (int run = 0; run < options.n_init; ++run) {
            Fit fit;
            record(fit, clustering, assign_seeds(clustering, seeds(), pinned.size(), k));
            if (options.batch_size > 0)
                mini_batches(fitted, clustering, pinned.size(), options, random, fit);
            else
                lloyd(clustering, options, fit);
            fit.centroids = clustering.centroids();
            if (options.sample == 0 && !options.coarse_only)
                for (const Sum& sum : clustering.sums()) fit.weights.push_back(sum.weight);
            if (run == 0 || fit.trace_inertia.back() < best.trace_inertia.back())
                best = std::move(fit);
        }
    }
    if (options.coarse_only)
        for (std::uint64_t& inertia : best.trace_inertia) inertia += coarse.scatter;
    if (options.opaque == 0) return best;
    std::optional<Parted> parted;
    if (options.sample == 0)
        parted = part(data, best.centroids, pinned.size(), options.opaque, options.trades,
                      options.threads);
    else
        parted = part(Cells(points, whole).data(), best.centroids, pinned.size(), options.opaque,
                      options.trades, options.threads);
    if (parted) {
        const std::uint64_t total = std::accumulate(whole.begin(), whole.end(), std::uint64_t{0});
        const std::uint64_t share = options.sample == 0 ? total : std::min(options.sample, total);
        finish(best, std::move(*parted), share, total);
    } else if (is_mixed(best.centroids, options.opaque)) {
        best.weights.clear();
    }
    return best;
}

}  // namespace huepress
