#include "fit/parting.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/integers.hpp"
#include "fit/cells.hpp"
#include "fit/clustering.hpp"
#include "fit/splitting.hpp"

namespace huepress {
namespace {

constexpr int most_updates = 8;
constexpr int trade_updates = 4;          // after which a trade is judged
constexpr std::size_t likely = 6;         // splits and removals that are looked at, the best first
constexpr std::size_t detail = 2048;      // coarse points of a kind at least, where it has so many
constexpr std::size_t most_traded = 128;  // centroids; of more, enough stand for either kind

// The points of one kind.
Weighted those(const Weighted& data, std::size_t count, std::int16_t opaque, bool wanted) {
    Weighted some;
    some.points.reserve(count);
    some.weights.reserve(count);
    for (std::size_t i = 0; i < data.size(); ++i)
        if ((data.points[i][3] == opaque) == wanted) {
            some.points.push_back(data.points[i]);
            some.weights.push_back(data.weights[i]);
        }
    return some;
}

Weighted coarse(const Weighted& data, std::size_t k) {
    if (data.size() <= detail) return data;
    return Cells(data.points, data.weights).coarse_points(std::max(detail, 8 * k)).points;
}

Point mean_of(const Weighted& data) {
    Sum sum{};
    for (std::size_t i = 0; i < data.size(); ++i) sum.add(data.points[i], data.weights[i]);
    return sum.mean();
}

// The points of one kind with their nearest centroids, which may be some of all.
class Kind {
public:
    Kind(Weighted data, unsigned threads)
        : data_(std::move(data)), clustering_(data_, 0, threads) {}

    // Among those that `places` names; among all where it names none.
    void label(const std::vector<Point>& centroids, std::span<const std::size_t> places) {
        std::vector<Point> among;
        for (const std::size_t place : places) among.push_back(centroids[place]);
        clustering_.label(places.empty() ? centroids : std::move(among));
        if (places.empty()) {
            sums_ = clustering_.sums();
            return;
        }
        sums_.assign(centroids.size(), {});
        for (std::size_t i = 0; i < places.size(); ++i) sums_[places[i]] = clustering_.sums()[i];
    }

    const Weighted& data() const { return data_; }
    // One of all centroids.
    const std::vector<Sum>& sums() const { return sums_; }
    std::uint64_t inertia() const { return clustering_.inertia(); }

private:
    Weighted data_;
    Clustering clustering_;
    std::vector<Sum> sums_;
};

// Some points of a centroid that would rather have two, or one of their own kind.
struct Split {
    std::size_t owner;
    bool solid;  // the kind of the points
    std::uint64_t gain;
    bool halves;  // the owner stands for their kind, and becomes the second of the two
    Point first, second;
};

// What each centroid would be missed by, and what splits would gain.
struct Ledger {
    std::vector<std::uint64_t> missed;
    std::vector<Split> splits;  // the best ones first
};

class Parting {
public:
    Parting(Weighted solids, Weighted others, std::size_t pinned, std::int16_t opaque,
            unsigned threads)
        : solids_(std::move(solids), threads), others_(std::move(others), threads), pinned_(pinned),
          opaque_(opaque) {}

    // Lets each centroid stand for one kind.
    void begin(std::span<const Point> start) {
        centroids_.assign(start.begin(), start.end());
        const std::size_t k = centroids_.size();
        solids_.label(centroids_, {});
        others_.label(centroids_, {});
        solid_.assign(k, 0);
        for (std::size_t j = 0; j < k; ++j) {
            const std::int64_t weight = solids_.sums()[j].weight;
            solid_[j] = j < pinned_ ? is_opaque(centroids_[j])
                                    : weight > 0 && weight >= others_.sums()[j].weight;
        }
        if (pinned_ < k && std::find(solid_.begin(), solid_.end(), 1) == solid_.end()) {
            const std::size_t chosen = most_opaque();
            solid_[chosen] = 1;
            // Pinned codes are nearest to all opaque points: none would move this one to them.
            if (solids_.sums()[chosen].weight == 0) centroids_[chosen] = mean_of(solids_.data());
        }
    }

    // Goes on from where another, on coarse points, came to.
    void begin(const Parting& other) {
        centroids_ = other.centroids_;
        solid_ = other.solid_;
        label();
    }

    void settle(int updates) {
        for (int update = 0; update < updates; ++update) {
            // A translucent point may be described by an opaque centroid, but does not move it.
            std::vector<Point> moved = centroids_;
            for (std::size_t j = pinned_; j < moved.size(); ++j) {
                const Sum& sum = (solid_[j] ? solids_ : others_).sums()[j];
                if (sum.weight > 0) moved[j] = sum.mean();
            }
            if (update > 0 && moved == centroids_) break;
            centroids_ = std::move(moved);
            label();
        }
    }

    void trade(int tries) {
        struct Failure {
            std::size_t removed, split;
        };
        std::vector<Failure> failures;
        Ledger ledger = look();
        for (; tries > 0; --tries) {
            const auto [removed, split] = best(ledger, [&](std::size_t r, std::size_t s) {
                return std::any_of(failures.begin(), failures.end(), [&](const Failure& failure) {
                    return failure.removed == r && failure.split == s;
                });
            });
            if (split == ledger.splits.size()) return;
            const auto before = std::pair(centroids_, solid_);
            const std::uint64_t inertia = this->inertia();
            make(ledger.splits[split], removed);
            settle(trade_updates);
            if (this->inertia() < inertia) {
                failures.clear();
                ledger = look();
            } else {
                std::tie(centroids_, solid_) = before;
                label();
                failures.push_back({removed, split});
            }
        }
    }

    Parted result() && {
        Parted parted{std::move(centroids_), {}, inertia()};
        for (std::size_t j = 0; j < parted.centroids.size(); ++j)
            parted.weights.push_back(solids_.sums()[j].weight + others_.sums()[j].weight);
        return parted;
    }

private:
    bool is_opaque(const Point& point) const { return point[3] == opaque_; }

    // The free centroid with most opaque points; of equal ones, with fewest others.
    std::size_t most_opaque() const {
        const auto rank = [&](std::size_t j) {
            return std::pair(solids_.sums()[j].weight, -others_.sums()[j].weight);
        };
        std::size_t most = pinned_;
        for (std::size_t j = pinned_ + 1; j < centroids_.size(); ++j)
            if (rank(most) < rank(j)) most = j;
        return most;
    }

    std::uint64_t inertia() const { return solids_.inertia() + others_.inertia(); }

    // The centroids that a kind looks among; none stands for all.
    std::vector<std::size_t> places_of(bool solid) const {
        std::vector<std::size_t> places;
        if (!solid) return places;
        for (std::size_t j = 0; j < centroids_.size(); ++j)
            if (is_opaque(centroids_[j])) places.push_back(j);
        if (places.size() == centroids_.size()) places.clear();
        return places;
    }

    void label() {
        solids_.label(centroids_, places_of(true));
        others_.label(centroids_, {});
    }

    Ledger look() const {
        Ledger ledger{std::vector<std::uint64_t>(centroids_.size()), {}};
        look(solids_, true, ledger);
        look(others_, false, ledger);
        std::stable_sort(ledger.splits.begin(), ledger.splits.end(),
                         [](const Split& a, const Split& b) { return a.gain > b.gain; });
        return ledger;
    }

    // What the points of a kind have to say.
    void look(const Kind& kind, bool solid, Ledger& ledger /* IN, OUT */) const {
        struct Share {
            std::vector<Item> items;
            Moments moments;
            std::uint64_t inertia = 0;
        };
        std::vector<Share> shares(centroids_.size());
        std::vector<std::size_t> places = places_of(solid);
        if (places.empty())
            for (std::size_t j = 0; j < centroids_.size(); ++j) places.push_back(j);
        const Weighted& data = kind.data();
        for (std::size_t i = 0; i < data.size(); ++i) {
            const Point& point = data.points[i];
            const std::uint64_t weight = data.weights[i];
            std::size_t owner = places[0];
            std::int32_t nearest = INT32_MAX, next = 1 << 30;  // as far as any; see types.hpp
            for (const std::size_t place : places) {
                const std::int32_t distance = squared_distance(point, centroids_[place]);
                next = std::min(next, std::max(distance, nearest));
                if (distance >= nearest) continue;
                nearest = distance;
                owner = place;
            }
            ledger.missed[owner] += weight * static_cast<std::uint32_t>(next - nearest);
            shares[owner].items.push_back({point, data.weights[i]});
            shares[owner].moments.add(point, data.weights[i]);
            shares[owner].inertia += weight * static_cast<std::uint32_t>(nearest);
        }
        for (std::size_t j = 0; j < shares.size(); ++j) {
            Share& share = shares[j];
            if (share.inertia == 0) continue;
            const Sum& sum = share.moments.sum;
            if (j < pinned_ || (solid_[j] != 0) != solid) {
                const Point mean = sum.mean();
                const std::uint64_t left =
                    share.inertia + sum.excess(mean) - sum.excess(centroids_[j]);
                ledger.splits.push_back({j, solid, share.inertia - left, false, mean, mean});
                continue;
            }
            const Cut cut = best_cut(share.items, share.moments);
            if (cut.gain == 0) continue;
            std::array<Sum, 2> halves{};
            for (const Item& item : share.items)
                halves[item.position > cut.border].add(item.point, item.weight);
            ledger.splits.push_back({j, solid, cut.gain, true, halves[0].mean(), halves[1].mean()});
        }
    }

    // The split of most gain that may gain more than a removal costs, and the least such removal:
    // the costs are those before the centroids nearby have moved.
    template <class Failed>
    std::pair<std::size_t, std::size_t> best(const Ledger& ledger, Failed failed) const {
        const auto solids = std::count(solid_.begin(), solid_.end(), 1);
        std::vector<std::size_t> removals;
        for (std::size_t j = pinned_; j < centroids_.size(); ++j)
            if (!solid_[j] || solids > 1) removals.push_back(j);  // an opaque one always stays
        const std::size_t count = std::min(removals.size(), likely + 1);
        std::partial_sort(removals.begin(), removals.begin() + static_cast<std::ptrdiff_t>(count),
                          removals.end(), [&](std::size_t a, std::size_t b) {
                              return std::pair(ledger.missed[a], a) <
                                     std::pair(ledger.missed[b], b);
                          });
        removals.resize(count);
        for (std::size_t s = 0; s < std::min(ledger.splits.size(), likely); ++s)
            for (const std::size_t r : removals)
                if (r != ledger.splits[s].owner && ledger.missed[r] < 2 * ledger.splits[s].gain &&
                    !failed(r, s))
                    return {r, s};
        return {0, ledger.splits.size()};
    }

    void make(const Split& split, std::size_t removed) {
        centroids_[removed] = split.first;
        solid_[removed] = split.solid;
        if (split.halves) centroids_[split.owner] = split.second;
        label();
    }

    Kind solids_, others_;
    std::size_t pinned_;
    std::int16_t opaque_;
    std::vector<Point> centroids_;
    std::vector<char> solid_;  // what each stands for
};

}  // namespace

std::optional<Parted> part(const Weighted& data, std::span<const Point> start, std::size_t pinned,
                           std::int16_t opaque, int trades, unsigned threads) {
    const auto count = static_cast<std::size_t>(
        std::count_if(data.points.begin(), data.points.end(),
                      [&](const Point& point) { return point[3] == opaque; }));
    if (count == 0 || count == data.size()) return std::nullopt;
    Weighted solids = those(data, count, opaque, true),
             others = those(data, data.size() - count, opaque, false);
    std::optional<Parting> traded;
    if (trades > 0 && start.size() <= most_traded) {
        traded.emplace(coarse(solids, start.size()), coarse(others, start.size()), pinned, opaque,
                       threads);
        traded->begin(start);
        traded->settle(most_updates);
        traded->trade(trades);
    }
    Parting parting(std::move(solids), std::move(others), pinned, opaque, threads);
    if (traded)
        parting.begin(*traded);
    else
        parting.begin(start);
    parting.settle(most_updates);
    return std::move(parting).result();
}

}  // namespace huepress
