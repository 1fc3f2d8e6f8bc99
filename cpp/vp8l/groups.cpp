#include "vp8l/groups.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace huepress::vp8l {
namespace {

constexpr std::size_t most_groups = 32;

// The symbols of a tile that occur.
struct Sparse {
    std::vector<std::uint16_t> symbol;
    std::vector<std::uint32_t> count;
    std::uint64_t own = 0;  // what they would take with a code of their own
};

void add(Counts& to /* IN, OUT */, const Counts& other) {
    for (std::size_t i = 0; i < symbols; ++i) to[i] += other[i];
}

// What a group takes: its symbols, and the telling of its codes, about.
std::uint64_t whole_cost(const Counts& counts) {
    const auto used = static_cast<std::uint64_t>(
        std::count_if(counts.begin(), counts.end(), [](std::uint32_t c) { return c > 0; }));
    return used ? entropy(counts) + bit_unit * (60 + 9 * used / 2) : 0;
}

class Grouping {
public:
    Grouping(std::vector<Sparse> tiles, const Counts& all) : tiles_(std::move(tiles)), all_(all) {
        group_.assign(tiles_.size(), 0);
        best_.assign(tiles_.size(), 0);
    }

    // Groups from the tiles that fit the others worst, then by turns: tiles to groups, and groups
    // from tiles; then groups are joined as long as that saves bits.
    void run() {
        counts_ = {all_};
        assign();
        while (counts_.size() < std::min(most_groups, tiles_.size())) {
            std::size_t worst = 0;
            std::int64_t most = 0;
            for (std::size_t t = 0; t < tiles_.size(); ++t) {
                const auto lost =
                    static_cast<std::int64_t>(best_[t] - std::min(best_[t], tiles_[t].own));
                if (lost > most) {
                    most = lost;
                    worst = t;
                }
            }
            if (most < 100 * bit_unit) break;
            Counts seed{};
            for (std::size_t j = 0; j < tiles_[worst].symbol.size(); ++j)
                seed[tiles_[worst].symbol[j]] = 8 * tiles_[worst].count[j];
            counts_.push_back(seed);
            assign_to_last();
        }
        for (int round = 0; round < 4; ++round) {
            recount();
            assign();
        }
        recount();
        join();
        for (int round = 0; round < 2; ++round) {
            assign();
            recount();
        }
    }
    const std::vector<std::size_t>& group() const { return group_; }
    std::size_t groups() const { return counts_.size(); }

private:
    // A little of all symbols is in every code.
    Costs costs(const Counts& counts) const {
        Counts mixed;
        for (std::size_t i = 0; i < symbols; ++i) mixed[i] = 16 * counts[i] + (all_[i] ? 1 : 0);
        return costs_of(mixed);
    }
    static std::uint64_t cost(const Sparse& tile, const Costs& costs) {
        std::uint64_t sum = 0;
        for (std::size_t j = 0; j < tile.symbol.size(); ++j)
            sum += std::uint64_t{tile.count[j]} * static_cast<std::uint32_t>(costs[tile.symbol[j]]);
        return sum;
    }
    void assign() {
        std::fill(best_.begin(), best_.end(), std::numeric_limits<std::uint64_t>::max());
        for (std::size_t g = 0; g < counts_.size(); ++g) assign_to(g);
    }
    void assign_to_last() { assign_to(counts_.size() - 1); }
    void assign_to(std::size_t g) {
        const Costs table = costs(counts_[g]);
        for (std::size_t t = 0; t < tiles_.size(); ++t) {
            const std::uint64_t bits = cost(tiles_[t], table);
            if (bits < best_[t]) {
                best_[t] = bits;
                group_[t] = g;
            }
        }
    }
    // Groups without tiles go.
    void recount() {
        std::vector<Counts> counts(counts_.size(), Counts{});
        std::vector<bool> used(counts_.size());
        for (std::size_t t = 0; t < tiles_.size(); ++t) {
            used[group_[t]] = true;
            for (std::size_t j = 0; j < tiles_[t].symbol.size(); ++j)
                counts[group_[t]][tiles_[t].symbol[j]] += tiles_[t].count[j];
        }
        std::vector<std::size_t> place(counts_.size());
        counts_.clear();
        for (std::size_t g = 0; g < counts.size(); ++g) {
            place[g] = counts_.size();
            if (used[g]) counts_.push_back(counts[g]);
        }
        for (std::size_t& g : group_) g = place[g];
    }
    void join() {
        std::vector<std::uint64_t> cost;
        for (const Counts& counts : counts_) cost.push_back(whole_cost(counts));
        const std::size_t n = counts_.size();
        std::vector<std::int64_t> saved(n * n, 0);
        const auto compare = [&](std::size_t a, std::size_t b) {
            Counts both = counts_[a];
            add(both, counts_[b]);
            saved[a * n + b] = static_cast<std::int64_t>(cost[a] + cost[b]) -
                               static_cast<std::int64_t>(whole_cost(both));
        };
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = a + 1; b < n; ++b) compare(a, b);
        std::vector<bool> gone(n);
        for (;;) {
            const auto best = static_cast<std::size_t>(
                std::max_element(saved.begin(), saved.end()) - saved.begin());
            if (saved[best] <= 0) break;
            const std::size_t a = best / n, b = best % n;
            add(counts_[a], counts_[b]);
            cost[a] = whole_cost(counts_[a]);
            gone[b] = true;
            for (std::size_t& g : group_)
                if (g == b) g = a;
            for (std::size_t c = 0; c < n; ++c) {
                saved[std::min(b, c) * n + std::max(b, c)] = 0;
                if (gone[c] || c == a) continue;
                compare(std::min(a, c), std::max(a, c));
            }
        }
        recount();
    }

    std::vector<Sparse> tiles_;
    Counts all_;
    std::vector<Counts> counts_;
    std::vector<std::size_t> group_;
    std::vector<std::uint64_t> best_;
};

}  // namespace

std::vector<Counts> counts_of(std::span<const Step> steps, std::span<const std::uint8_t> labels,
                              std::size_t width, const Tiles& tiles) {
    std::vector<Counts> counts(tiles.groups, Counts{});
    each_step(steps, width, [&](const Step& step, std::size_t i, std::size_t x, std::size_t y) {
        count(counts[tiles.group_at(x, y)], step, labels[i], width);
    });
    return counts;
}

Tiles grouped(std::span<const Step> steps, std::span<const std::uint8_t> labels, std::size_t width,
              int bits) {
    const std::size_t height = labels.size() / width, side = std::size_t{1} << bits;
    Tiles tiles;
    tiles.bits = bits;
    tiles.across = (width + side - 1) >> bits;
    const std::size_t many = tiles.across * ((height + side - 1) >> bits);
    std::vector<Counts> each(many, Counts{});
    each_step(steps, width, [&](const Step& step, std::size_t i, std::size_t x, std::size_t y) {
        count(each[(y >> bits) * tiles.across + (x >> bits)], step, labels[i], width);
    });
    std::vector<Sparse> sparse(many);
    Counts all{};
    for (std::size_t t = 0; t < many; ++t) {
        for (std::size_t i = 0; i < symbols; ++i)
            if (each[t][i]) {
                sparse[t].symbol.push_back(static_cast<std::uint16_t>(i));
                sparse[t].count.push_back(each[t][i]);
            }
        sparse[t].own = entropy(each[t]);
        add(all, each[t]);
    }
    Grouping grouping(std::move(sparse), all);
    grouping.run();
    tiles.group.resize(many);
    tiles.groups = grouping.groups();
    for (std::size_t t = 0; t < many; ++t)
        tiles.group[t] = static_cast<std::uint8_t>(grouping.group()[t]);
    return tiles;
}

}  // namespace huepress::vp8l
