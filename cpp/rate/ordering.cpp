#include "rate/ordering.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace huepress {
namespace {

constexpr int rounds = 3;  // after these hardly a code still moves

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
    for (int round = 0; round < rounds; ++round) {
        const auto before = chain.codes();
        for (const auto code : before) {
            chain.remove(code);
            chain.insert(code);
        }
        if (chain.codes() == before) break;
    }
    std::copy(chain.codes().begin(), chain.codes().end(), order.begin());
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
