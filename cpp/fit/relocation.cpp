#include "fit/relocation.hpp"

#include <algorithm>
#include <utility>

#include "core/integers.hpp"
#include "fit/patch.hpp"

namespace huepress {
namespace {

// How many neighbours a cluster is tried out among and for how many iterations: the first time and,
// in a deep search, the second. Measured on photos; more of either finds little more.
struct Scope {
    std::size_t neighbours;
    int iterations;
};
constexpr Scope scopes[] = {{12, 3}, {24, 6}};
static_assert(2 * scopes[1].neighbours + 2 <= Patch::most_codes);

// What a cost or gain found by one effort may still become by the next, in sixteenths: from the
// inertia of the cluster, from the first step, from the first scope. Nearly all (costs) or most
// (gains) stay within.
constexpr std::int64_t hope_of_cost[] = {12, 12, 14};
constexpr std::int64_t hope_of_gain[] = {13, 30, 18};

std::int64_t sixteenths(std::int64_t value, std::int64_t count) { return value / 16 * count; }

class Relocation {
public:
    Relocation(const Weighted& data, const Clustering& clustering, std::size_t pinned, bool deep)
        : pinned_(pinned), efforts_(deep ? 3 : 2), centroids_(clustering.centroids()),
          clusters_(centroids_.size()), removals_(centroids_.size()), splits_(centroids_.size()),
          patch_(pinned) {
        std::vector<std::size_t> sizes(clusters_.size());
        for (std::size_t i = 0; i < data.size(); ++i) ++sizes[clustering.labels()[i]];
        for (std::size_t j = 0; j < clusters_.size(); ++j) {
            clusters_[j].points.reserve(sizes[j]);
            clusters_[j].weights.reserve(sizes[j]);
        }
        for (std::size_t i = 0; i < data.size(); ++i)
            clusters_[clustering.labels()[i]].add(data.points[i], data.weights[i]);
        for (std::size_t j = 0; j < clusters_.size(); ++j) refresh(j);
    }

    void run(int& trials) {
        std::vector<char> exhausted(centroids_.size());  // splits that pay with no removal left
        while (trials > 0) {
            const std::size_t s = most_wanted(exhausted);
            if (s == none) return;
            if (splits_[s].effort < efforts_) {
                try_split(s);
                trials -= splits_[s].effort >= 2;
                continue;
            }
            if (removals_[least_missed(none)].value >= splits_[s].value) return;
            const std::size_t r = least_missed(s);
            if (r == none || removals_[r].value >= splits_[s].value) {
                exhausted[s] = 1;
                continue;
            }
            if (removals_[r].effort < efforts_) {
                try_removal(r);
                trials -= removals_[r].effort >= 2;
                continue;
            }
            --trials;
            if (pays(r, s)) {
                commit(r, s);
                std::fill(exhausted.begin(), exhausted.end(), char{0});
            } else {
                failed_.emplace_back(r, s);
            }
        }
    }

    std::vector<Point> centroids() { return std::move(centroids_); }

private:
    static constexpr std::size_t none = SIZE_MAX;

    // What a removal costs or a split gains.
    struct Estimate {
        std::int64_t value = 0;
        int effort = 0;  // 0: guessed from the inertia, 1: from the first step, 2, 3: tried out
    };

    void refresh(std::size_t j) {
        Cluster& m = clusters_[j];
        m.inertia = m.norms + m.sum.excess(centroids_[j]);
        m.near.clear();
        const auto inertia = static_cast<std::int64_t>(m.inertia);
        removals_[j] = {sixteenths(inertia, hope_of_cost[0]), 0};
        splits_[j] = {m.points.size() < 2 ? 0 : sixteenths(inertia, hope_of_gain[0]), 0};
    }

    std::size_t most_wanted(const std::vector<char>& exhausted) const {
        std::size_t best = none;
        for (std::size_t j = 0; j < splits_.size(); ++j)
            if (splits_[j].value > (best == none ? 0 : splits_[best].value) && !exhausted[j])
                best = j;
        return best;
    }

    // Of all, or of those not found to fail together with the split of s.
    std::size_t least_missed(std::size_t s) const {
        std::size_t best = none;
        for (std::size_t j = pinned_; j < removals_.size(); ++j) {
            if (j == s || (best != none && removals_[j].value >= removals_[best].value)) continue;
            if (s == none ||
                std::find(failed_.begin(), failed_.end(), std::pair(j, s)) == failed_.end())
                best = j;
        }
        return best;
    }

    // The nearest other centroids, from near to far.
    std::span<const std::uint16_t> near(std::size_t j, const Scope& scope) {
        std::vector<std::uint16_t>& names = clusters_[j].near;
        if (names.empty()) find_near(j, names);
        return std::span(names).first(std::min(names.size(), scope.neighbours));
    }

    void find_near(std::size_t j, std::vector<std::uint16_t>& names /* OUT */) {
        order_.resize(centroids_.size());
        for (std::size_t i = 0; i < order_.size(); ++i)
            order_[i] = static_cast<std::uint64_t>(squared_distance(centroids_[i], centroids_[j]))
                            << 16 |
                        i;
        std::swap(order_[j], order_.back());
        order_.pop_back();
        const std::size_t count = std::min(scope_of(efforts_).neighbours, order_.size());
        const auto end = order_.begin() + static_cast<std::ptrdiff_t>(count);
        std::nth_element(order_.begin(), end - 1, order_.end());
        std::sort(order_.begin(), end);
        for (auto at = order_.begin(); at < end; ++at)
            names.push_back(static_cast<std::uint16_t>(*at & 0xFFFF));
    }

    void try_removal(std::size_t r) {
        Estimate& removal = removals_[r];
        ++removal.effort;
        patch_.clear();
        for (const std::uint16_t j : near(r, scope_of(removal.effort))) take_code(j);
        patch_.take_orphans(clusters_[r]);
        patch_.recentre();
        if (removal.effort > 1) {
            const auto owners = patch_.owners();
            for (std::size_t at = 0; at < owners.size(); ++at)
                patch_.take_points(clusters_[owners[at]], at);
            patch_.iterate(scope_of(removal.effort).iterations);
        }
        removal.value = patch_.change();
        if (removal.effort < efforts_)
            removal.value = sixteenths(removal.value, hope_of_cost[removal.effort]);
    }

    void try_split(std::size_t s) {
        Estimate& split = splits_[s];
        ++split.effort;
        patch_.clear();
        patch_.take_halves(s, centroids_[s], clusters_[s],
                           pinned_);  // stands for any that may move
        patch_.recentre();
        if (split.effort > 1) {
            for (const std::uint16_t j : near(s, scope_of(split.effort))) {
                patch_.take_points(clusters_[j], patch_.owners().size());
                take_code(j);
            }
            patch_.iterate(scope_of(split.effort).iterations);
        }
        split.value = -patch_.change();
        if (split.effort < efforts_)
            split.value = sixteenths(split.value, hope_of_gain[split.effort]);
    }

    static const Scope& scope_of(int effort) { return scopes[effort < 3 ? 0 : 1]; }

    // Tries out both at once, among the neighbours of either.
    bool pays(std::size_t r, std::size_t s) {
        std::vector<std::uint16_t> around;
        for (const std::size_t j : {r, s}) {
            const auto names = near(j, scope_of(efforts_));
            around.insert(around.end(), names.begin(), names.end());
        }
        std::sort(around.begin(), around.end());
        around.erase(std::unique(around.begin(), around.end()), around.end());
        std::erase_if(around, [&](std::uint16_t j) { return j == r || j == s; });
        patch_.clear();
        patch_.take_halves(s, centroids_[s], clusters_[s], r);
        for (const std::uint16_t j : around) {
            patch_.take_points(clusters_[j], patch_.owners().size());
            take_code(j);
        }
        patch_.recentre();
        patch_.take_orphans(clusters_[r]);
        patch_.recentre();
        patch_.iterate(scope_of(efforts_).iterations);
        return patch_.change() < 0;
    }

    void take_code(std::size_t j) { patch_.take_code(j, centroids_[j], clusters_[j]); }

    // The clusters around keep what they were found to cost and gain, as guesses.
    void commit(std::size_t r, std::size_t s) {
        const auto owners = patch_.owners();
        for (std::size_t j = 0; j < owners.size(); ++j) {
            clusters_[owners[j]] = {};
            centroids_[owners[j]] = patch_.code(j);
        }
        patch_.each_point([&](std::size_t j, const Point& point, std::uint32_t weight) {
            clusters_[j].add(point, weight);
        });
        for (const std::uint16_t j : owners) {
            const Estimate removal = removals_[j], split = splits_[j];
            refresh(j);
            if (j == r || j == s) continue;
            // A sixteenth to the hopeful side, to be looked at again.
            if (removal.effort >= 2) removals_[j] = {sixteenths(removal.value, 15), 1};
            if (split.effort >= 2) splits_[j] = {sixteenths(split.value, 17), 1};
        }
        std::erase_if(failed_, [&](const auto& pair) {
            return std::any_of(owners.begin(), owners.end(), [&](std::uint16_t j) {
                return j == pair.first || j == pair.second;
            });
        });
    }

    std::size_t pinned_;
    int efforts_;  // to be spent on what is best
    std::vector<Point> centroids_;
    std::vector<Cluster> clusters_;
    std::vector<Estimate> removals_, splits_;
    std::vector<std::pair<std::size_t, std::size_t>>
        failed_;  // removals and splits that do not pay together
    Patch patch_;
    std::vector<std::uint64_t> order_;
};

}  // namespace

std::vector<Point> relocate(const Weighted& data, const Clustering& clustering, std::size_t pinned,
                            bool deep, int& trials /* IN, OUT */) {
    const std::size_t k = clustering.centroids().size();
    if (k < 3 || pinned == k) return clustering.centroids();
    Relocation relocation(data, clustering, pinned, deep);
    relocation.run(trials);
    return relocation.centroids();
}

}  // namespace huepress
