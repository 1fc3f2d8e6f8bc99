#include "rate/ordering.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "rate/costs.hpp"

namespace huepress {
namespace {

constexpr std::size_t rounds = 3;  // after these hardly a code still moves
// Touching pairs times codes, of all rounds but the last: some 20 ms.
constexpr std::size_t dense = std::size_t{1} << 21;

// A chain that knows, for each place, how many touching pairs have one code before it and one from
// there on.
class Chain {
public:
    Chain(std::span<const std::int64_t> touching, std::size_t k)
        : touching_(touching), k_(k), before_(k + 1), moment_(k + 1), crossing_(1, 0) {
        codes_.reserve(k);
        crossing_.reserve(k + 1);
    }
    const std::vector<std::size_t>& codes() const { return codes_; }

    // Puts a code where the sum of distances between touching codes grows least.
    void insert(std::size_t code) {
        run_up(code);
        const std::size_t n = codes_.size();
        std::size_t best = 0;
        std::int64_t least = 0;
        for (std::size_t p = 0; p <= n; ++p) {
            const auto place = static_cast<std::int64_t>(p);
            const std::int64_t to_left = place * before_[p] - moment_[p];
            const std::int64_t to_right = moment_[n] - moment_[p] + (1 - place) * after(p);
            const std::int64_t growth = to_left + to_right + crossing_[p];
            if (p == 0 || growth < least) {
                best = p;
                least = growth;
            }
        }
        const auto at = static_cast<std::ptrdiff_t>(best);
        crossing_.insert(crossing_.begin() + at, crossing_[best]);
        for (std::size_t p = 0; p <= best; ++p) crossing_[p] += before_[p];
        for (std::size_t p = best; p <= n; ++p) crossing_[p + 1] += after(p);
        codes_.insert(codes_.begin() + at, code);
    }

    void remove(std::size_t code) {
        const auto found = std::find(codes_.begin(), codes_.end(), code);
        const auto place = static_cast<std::size_t>(found - codes_.begin());
        codes_.erase(found);
        run_up(code);
        crossing_.erase(crossing_.begin() + static_cast<std::ptrdiff_t>(place));
        for (std::size_t p = 0; p < place; ++p) crossing_[p] -= before_[p];
        for (std::size_t p = place; p <= codes_.size(); ++p) crossing_[p] -= after(p);
    }

private:
    // Sums over the first 0, 1, 2, ... of the chain: how often they touch a code, and that times
    // their place.
    void run_up(std::size_t code) {
        for (std::size_t p = 0; p < codes_.size(); ++p) {
            const std::int64_t ties = touching_[code * k_ + codes_[p]];
            before_[p + 1] = before_[p] + ties;
            moment_[p + 1] = moment_[p] + ties * static_cast<std::int64_t>(p);
        }
    }
    std::int64_t after(std::size_t p) const { return before_[codes_.size()] - before_[p]; }

    std::span<const std::int64_t> touching_;
    std::size_t k_;
    std::vector<std::size_t> codes_;
    std::vector<std::int64_t> before_, moment_, crossing_;
};

// An order of the codes in which single codes move to where the steps between touching codes take
// the fewest bits, as a row filter leaves them: log2(1 + distance), in sixteenths.
class Arrangement {
public:
    Arrangement(std::span<const std::int64_t> touching, std::span<std::int64_t> codes)
        : k_(codes.size()), codes_(codes), place_(k_), growth_(k_ + 1) {
        for (std::size_t d = 0; d <= k_; ++d)
            price_.push_back(log2_fixed(static_cast<std::uint32_t>(d + 1)));
        for (std::uint32_t a = 0; a < k_; ++a)
            for (std::uint32_t b = a + 1; b < k_; ++b)
                if (const std::int64_t times = touching[a * k_ + b]; times > 0)
                    links_.push_back({a, b, times});
    }

    // Takes out each code in turn, and puts it where the sum is least; tells whether any moved.
    bool move_codes() {
        const std::vector<std::int64_t> all(codes_.begin(), codes_.end());
        bool moved = false;
        for (const auto code : all) moved |= move(code);
        return moved;
    }
    std::size_t effort() const { return links_.size() * k_; }

private:
    struct Link {
        std::uint32_t a, b;
        std::int64_t times;
    };

    bool move(std::int64_t code) {
        const auto at = std::find(codes_.begin(), codes_.end(), code);
        const std::ptrdiff_t from = at - codes_.begin();
        std::rotate(at, at + 1, codes_.end());
        for (std::size_t p = 0; p < k_; ++p)
            place_[static_cast<std::size_t>(codes_[p])] = static_cast<std::uint32_t>(p);
        std::fill(growth_.begin(), growth_.end(), 0);
        // Two codes with the place between them come apart by one; those that touch the code
        // itself, which is the last, are added up below.
        const std::size_t last = k_ - 1;
        for (const auto& [a, b, times] : links_) {
            const std::size_t x = std::min(place_[a], place_[b]),
                              y = std::max(place_[a], place_[b]);
            if (y == last) {
                own_.push_back({x, times});
                continue;
            }
            const std::int64_t more = times * (price_[y - x + 1] - price_[y - x]);
            growth_[x + 1] += more;
            growth_[y + 1] -= more;
        }
        std::partial_sum(growth_.begin(), growth_.end(), growth_.begin());
        for (const auto& [x, times] : own_)
            for (std::size_t p = 0; p < k_; ++p)
                growth_[p] += times * price_[p > x ? p - x : x - p + 1];
        own_.clear();
        const auto least = std::min_element(growth_.begin(), growth_.end() - 1);
        const bool moves = *least < growth_[static_cast<std::size_t>(from)];
        const std::ptrdiff_t to = moves ? least - growth_.begin() : from;
        std::rotate(codes_.begin() + to, codes_.end() - 1, codes_.end());
        return moves;
    }

    struct Touch {
        std::size_t place;
        std::int64_t times;
    };

    std::size_t k_;
    std::span<std::int64_t> codes_;
    std::vector<Link> links_;
    std::vector<Touch> own_;
    std::vector<std::uint32_t> place_;
    std::vector<std::int64_t> growth_, price_;
};

std::size_t side_of(std::span<const std::int64_t> square) {
    std::size_t k = 0;
    while (k * k < square.size()) ++k;
    return k;
}

}  // namespace

std::vector<std::int64_t> touching(std::span<const std::uint8_t> labels, std::size_t width,
                                   std::size_t k) {
    std::vector<std::int64_t> table(k * k);
    const auto count = [&](std::size_t a, std::size_t b) {
        if (a != b) ++table[a * k + b];
    };
    for (std::size_t row = 0; row < labels.size(); row += width) {
        for (std::size_t i = row + 1; i < row + width; ++i) count(labels[i - 1], labels[i]);
        if (row > 0)
            for (std::size_t i = row; i < row + width; ++i) count(labels[i - width], labels[i]);
    }
    for (std::size_t a = 0; a < k; ++a)
        for (std::size_t b = 0; b < a; ++b) table[a * k + b] = table[b * k + a] += table[a * k + b];
    return table;
}

void chain_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */) {
    const std::size_t k = side_of(touching);
    const auto heaviest = std::max_element(touching.begin(), touching.end());
    auto next = static_cast<std::size_t>(heaviest - touching.begin()) / k;
    Chain chain(touching, k);
    std::vector<std::int64_t> ties(k);
    for (std::size_t n = 0; n < k; ++n) {
        chain.insert(next);
        for (std::size_t code = 0; code < k; ++code)
            if (ties[code] >= 0) ties[code] += touching[next * k + code];
        ties[next] = -1;
        next = static_cast<std::size_t>(std::max_element(ties.begin(), ties.end()) - ties.begin());
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto before = chain.codes();
        for (const auto code : before) {
            chain.remove(code);
            chain.insert(code);
        }
        if (chain.codes() == before) break;
    }
    std::copy(chain.codes().begin(), chain.codes().end(), order.begin());
}

void settle_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */) {
    chain_codes(touching, order);
    Arrangement arrangement(touching, order);
    // Where nearly all codes touch, as in photographs, one round has to do: it gains most.
    for (std::size_t round = 1; arrangement.move_codes(); ++round)
        if (round == rounds || round * arrangement.effort() > dense) break;
}

void link_codes(std::span<const std::int64_t> touching, std::span<std::int64_t> order /* OUT */) {
    struct Link {
        std::int64_t weight;
        std::size_t a, b;
    };
    const std::size_t k = side_of(touching);
    std::vector<Link> links;
    for (std::size_t a = 0; a < k; ++a)
        for (std::size_t b = a + 1; b < k; ++b) links.push_back({touching[a * k + b], a, b});
    std::stable_sort(links.begin(), links.end(),
                     [](const Link& x, const Link& y) { return x.weight > y.weight; });

    constexpr auto none = static_cast<std::size_t>(-1);
    std::vector<std::array<std::size_t, 2>> neighbours(k, {none, none});
    std::vector<std::size_t> other_end(k);  // of each fragment, held at both its ends
    std::iota(other_end.begin(), other_end.end(), std::size_t{0});
    const auto attach = [&](std::size_t code, std::size_t to) {
        neighbours[code][neighbours[code][0] == none ? 0 : 1] = to;
    };
    for (const auto& [weight, a, b] : links) {
        if (neighbours[a][1] != none || neighbours[b][1] != none || other_end[a] == b) continue;
        attach(a, b);
        attach(b, a);
        const std::size_t end_a = other_end[a], end_b = other_end[b];
        other_end[end_a] = end_b;
        other_end[end_b] = end_a;
    }
    std::size_t code = 0, last = none;
    while (neighbours[code][1] != none) ++code;
    for (auto& place : order) {
        place = static_cast<std::int64_t>(code);
        const std::size_t next = neighbours[code][neighbours[code][0] == last ? 1 : 0];
        last = code;
        code = next;
    }
}

}  // namespace huepress
