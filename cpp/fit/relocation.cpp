#include "fit/relocation.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "core/distance.hpp"
#include "core/integers.hpp"
#include "fit/splitting.hpp"

namespace huepress {
namespace {

// How many neighbours a cluster is tried out among and for how many iterations: the first time and,
// in a deep search, the second. Measured on photos; more of either finds little more.
struct Scope {
    std::size_t neighbours;
    int iterations;
};
constexpr Scope scopes[] = {{12, 3}, {24, 6}};
constexpr std::size_t most_codes = 2 * scopes[1].neighbours + 2;

// What a cost or gain found by one effort may still become by the next, in sixteenths: from the
// inertia of the cluster, from the first step, from the first scope. Nearly all (costs) or most
// (gains) stay within.
constexpr std::int64_t hope_of_cost[] = {12, 12, 14};
constexpr std::int64_t hope_of_gain[] = {13, 30, 18};

std::int64_t sixteenths(std::int64_t value, std::int64_t count) { return value / 16 * count; }

struct Cluster {
    std::vector<Point> points;
    std::vector<std::uint32_t> weights;
    Sum sum;
    std::uint64_t norms = 0;          // sum of weight * |point|^2
    std::uint64_t inertia = 0;        // about the cluster's centroid
    std::vector<std::uint16_t> near;  // the nearest other centroids when last asked for
};

// Some clusters and their codes, on their own.
struct Patch {
    std::vector<std::uint16_t> owners;  // of the codes: which centroids they are
    std::vector<Point> codes;
    std::vector<Sum> sums;
    std::vector<Point> points;
    std::vector<std::uint32_t> weights;
    std::vector<std::uint16_t> labels;
    std::uint64_t norms = 0;
    std::uint64_t before = 0;  // inertia
};

class Relocation {
public:
    Relocation(const Weighted& data, const Clustering& clustering, std::size_t pinned, bool deep)
        : pinned_(pinned), efforts_(deep ? 3 : 2), centroids_(clustering.centroids()),
          clusters_(centroids_.size()), removals_(centroids_.size()), splits_(centroids_.size()) {
        std::vector<std::size_t> sizes(clusters_.size());
        for (std::size_t i = 0; i < data.size(); ++i) ++sizes[clustering.labels()[i]];
        for (std::size_t j = 0; j < clusters_.size(); ++j) {
            clusters_[j].points.reserve(sizes[j]);
            clusters_[j].weights.reserve(sizes[j]);
        }
        for (std::size_t i = 0; i < data.size(); ++i)
            add(clustering.labels()[i], data.points[i], data.weights[i]);
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

    void add(std::size_t j, const Point& p, std::uint32_t w) {
        Cluster& m = clusters_[j];
        m.points.push_back(p);
        m.weights.push_back(w);
        m.sum.add(p, w);
        m.norms += w * norm(p);
    }

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

    void begin_patch() {
        patch_.owners.clear();
        patch_.codes.clear();
        patch_.sums.clear();
        patch_.points.clear();
        patch_.weights.clear();
        patch_.labels.clear();
        patch_.norms = patch_.before = 0;
    }

    // A code of its own for cluster j, and its share of the inertia; its points come with
    // take_points.
    void take_code(std::size_t j) {
        patch_.owners.push_back(static_cast<std::uint16_t>(j));
        patch_.codes.push_back(centroids_[j]);
        patch_.sums.push_back(clusters_[j].sum);
        count_in(j);
    }

    void count_in(std::size_t j) {
        patch_.norms += clusters_[j].norms;
        patch_.before += clusters_[j].inertia;
    }

    void take_points(std::size_t j, std::size_t label) {
        const Cluster& m = clusters_[j];
        patch_.points.insert(patch_.points.end(), m.points.begin(), m.points.end());
        patch_.weights.insert(patch_.weights.end(), m.weights.begin(), m.weights.end());
        patch_.labels.insert(patch_.labels.end(), m.points.size(),
                             static_cast<std::uint16_t>(label));
    }

    // The points of r go to their nearest codes in the patch.
    void orphan(std::size_t r) {
        const std::size_t first = patch_.weights.size();
        take_points(r, 0);
        count_in(r);
        relabel(first, false);
        for (std::size_t i = first; i < patch_.weights.size(); ++i)
            patch_.sums[patch_.labels[i]].add(patch_.points[i], patch_.weights[i]);
    }

    // The points of s go to either of two codes, its own and that of `newcomer`, the first in the
    // patch.
    void halve(std::size_t s, std::size_t newcomer) {
        const Cluster& m = clusters_[s];
        std::vector<Item>& items = items_;
        items.resize(m.points.size());
        Moments moments;
        for (std::size_t i = 0; i < items.size(); ++i) {
            items[i] = {m.points[i], m.weights[i]};
            moments.add(m.points[i], m.weights[i]);
        }
        const Cut cut = best_cut(items, moments);
        for (const std::size_t owner : {s, newcomer}) {
            patch_.owners.push_back(static_cast<std::uint16_t>(owner));
            patch_.codes.push_back(centroids_[s]);
        }
        patch_.sums.resize(2);
        take_points(s, 0);
        count_in(s);
        for (std::size_t i = 0; i < items.size(); ++i) {
            patch_.labels[i] = items[i].position > cut.border;
            patch_.sums[patch_.labels[i]].add(m.points[i], m.weights[i]);
        }
    }

    void try_removal(std::size_t r) {
        Estimate& removal = removals_[r];
        ++removal.effort;
        begin_patch();
        for (const std::uint16_t j : near(r, scope_of(removal.effort))) take_code(j);
        orphan(r);
        recentre();
        if (removal.effort > 1) {
            for (std::size_t at = 0; at < patch_.owners.size(); ++at)
                take_points(patch_.owners[at], at);
            iterate(scope_of(removal.effort));
        }
        removal.value = change();
        if (removal.effort < efforts_)
            removal.value = sixteenths(removal.value, hope_of_cost[removal.effort]);
    }

    void try_split(std::size_t s) {
        Estimate& split = splits_[s];
        ++split.effort;
        begin_patch();
        halve(s, pinned_);  // stands for any that may move
        recentre();
        if (split.effort > 1) {
            for (const std::uint16_t j : near(s, scope_of(split.effort))) {
                take_points(j, patch_.owners.size());
                take_code(j);
            }
            iterate(scope_of(split.effort));
        }
        split.value = -change();
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
        begin_patch();
        halve(s, r);
        for (const std::uint16_t j : around) {
            take_points(j, patch_.owners.size());
            take_code(j);
        }
        recentre();
        orphan(r);
        recentre();
        iterate(scope_of(efforts_));
        return change() < 0;
    }

    // k-means within the patch.
    void iterate(const Scope& scope) {
        for (int iteration = 0; iteration < scope.iterations; ++iteration) {
            relabel(0, true);
            recentre();
        }
    }

    void recentre() {
        for (std::size_t j = 0; j < patch_.codes.size(); ++j)
            if (patch_.sums[j].weight > 0 && patch_.owners[j] >= pinned_)
                patch_.codes[j] = patch_.sums[j].mean();
    }

    // How much the patch has changed the inertia.
    std::int64_t change() const {
        std::uint64_t after = patch_.norms;
        for (std::size_t j = 0; j < patch_.codes.size(); ++j)
            after += patch_.sums[j].excess(patch_.codes[j]);
        return static_cast<std::int64_t>(after - patch_.before);
    }

    // Nearest labels from the point `first` on; sums follow them if wanted.
    void relabel(std::size_t first, bool follow) {
        static constexpr auto names = [] {
            std::array<std::uint16_t, most_codes> iota{};
            for (std::size_t i = 0; i < iota.size(); ++i) iota[i] = static_cast<std::uint16_t>(i);
            return iota;
        }();
        const auto nearest = kernels().nearest;
        Patch& p = patch_;
        const std::size_t end = p.weights.size();
        p.points.resize(end + group_size);  // the last group reads on
        for (; first < end; first += group_size) {
            std::uint16_t labels[group_size];
            std::int32_t distances[group_size];
            nearest(&p.points[first], p.codes.data(), names.data(), p.codes.size(), labels,
                    distances);
            const std::size_t size = std::min(group_size, end - first);
            if (size == group_size && std::memcmp(labels, &p.labels[first], sizeof labels) == 0)
                continue;
            for (std::size_t i = 0; i < size; ++i) {
                std::uint16_t& label = p.labels[first + i];
                if (labels[i] == label) continue;
                if (follow) {
                    p.sums[label].add(p.points[first + i], -std::int64_t{p.weights[first + i]});
                    p.sums[labels[i]].add(p.points[first + i], p.weights[first + i]);
                }
                label = labels[i];
            }
        }
        p.points.resize(end);
    }

    // The clusters around keep what they were found to cost and gain, as guesses.
    void commit(std::size_t r, std::size_t s) {
        const Patch& p = patch_;
        for (std::size_t j = 0; j < p.owners.size(); ++j) {
            clusters_[p.owners[j]] = {};
            centroids_[p.owners[j]] = p.codes[j];
        }
        for (std::size_t i = 0; i < p.weights.size(); ++i)
            add(p.owners[p.labels[i]], p.points[i], p.weights[i]);
        for (const std::uint16_t j : p.owners) {
            const Estimate removal = removals_[j], split = splits_[j];
            refresh(j);
            if (j == r || j == s) continue;
            // A sixteenth to the hopeful side, to be looked at again.
            if (removal.effort >= 2) removals_[j] = {sixteenths(removal.value, 15), 1};
            if (split.effort >= 2) splits_[j] = {sixteenths(split.value, 17), 1};
        }
        std::erase_if(failed_, [&](const auto& pair) {
            return std::any_of(p.owners.begin(), p.owners.end(), [&](std::uint16_t j) {
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
    std::vector<Item> items_;
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
