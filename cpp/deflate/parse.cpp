#include "deflate/parse.hpp"

#include <algorithm>
#include <limits>

namespace huepress::deflating {
namespace {

// Long copies whose symbols have as many extra bits: four symbols with 2^symbol_reach lengths each,
// so that the least cost behind all lengths of a symbol, or of the group, is known at once.
// The last symbol of all has 31 lengths: 258 stands alone.
struct Group {
    std::size_t first, reach, symbol_reach;
};
constexpr std::array<Group, 4> groups{{{19, 4, 2}, {35, 5, 3}, {67, 6, 4}, {131, 7, 5}}};

constexpr std::size_t short_last = 18;

}  // namespace

Parser::Parser(std::span<const std::uint8_t> bytes, const Matches& matches)
    : bytes_(bytes), matches_(matches), to_end_(bytes.size() + 1), tiles_(bytes.size() / batch + 1),
      choice_(bytes.size()) {}

void Parser::add_batch(std::size_t first) {
    const std::size_t at = first % ring;
    for (std::size_t reach = 0; reach < reaches; ++reach) {
        std::int32_t* row = least_[reach].data() + at;
        if (reach > 0) {
            const std::int32_t* halves = least_[reach - 1].data() + at;
            const std::int32_t* behind = halves + (std::size_t{1} << (reach - 1));
            for (std::size_t i = 0; i < batch; ++i) row[i] = std::min(halves[i], behind[i]);
        }
        if (at + ring + batch <= least_[reach].size()) std::copy_n(row, batch, row + ring);
    }
}

void Parser::parse(std::size_t first, std::size_t last, const Costs& costs,
                   std::vector<Step>& steps) {
    constexpr std::int32_t beyond = std::numeric_limits<std::int32_t>::max() / 2;
    for (Row& row : least_) row.fill(beyond);
    const auto enter = [&](std::size_t i, std::int32_t cost) {
        to_end_[i] = cost;
        least_[0][i % ring] = cost;
        std::int32_t& tile = tiles_[i / batch];
        tile = i % batch == batch - 1 ? cost : std::min(tile, cost);
        if (i % batch == 0) add_batch(i);
    };
    std::array<std::int32_t, groups.size()> cheapest;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto* lengths = &costs.lengths[groups[g].first];
        cheapest[g] = *std::min_element(lengths, lengths + (std::size_t{1} << groups[g].reach));
    }
    const std::int32_t cheapest_short =
        *std::min_element(&costs.lengths[shortest_copy], &costs.lengths[short_last] + 1) +
        *std::min_element(costs.distances.begin(), costs.distances.end());
    tiles_[last / batch] = 0;
    enter(last, 0);
    for (std::size_t i = last; i-- > first;) {
        const std::int32_t* ahead = to_end_.data() + i;
        std::int32_t least = costs.literals[bytes_[i]] + ahead[1];
        Step chosen{1, 0};
        const auto found = matches_.at(i);
        const std::size_t most = last - i;
        std::size_t length = shortest_copy;
        // From long to short: that leaves little to gain for the groups below, which are then
        // passed over as a whole.
        for (std::size_t m = found.size(); m-- > 0 && found[m].length() > short_last;) {
            // Shorter copies are cheaper from nearer places.
            const std::size_t shortest =
                m ? std::max(found[m - 1].length(), short_last) + 1 : short_last + 1;
            std::size_t longest = std::min(found[m].length(), most);
            const std::int32_t distance = costs.distances[found[m].symbol()];
            const auto consider = [&](std::size_t length, std::int32_t behind) {
                const std::int32_t cost = costs.lengths[length] + behind + distance;
                if (cost >= least) return;
                least = cost;
                chosen = {static_cast<std::uint16_t>(length),
                          static_cast<std::uint16_t>(found[m].distance())};
            };
            if (longest == longest_copy) consider(longest--, ahead[longest_copy]);
            while (longest >= shortest) {
                const std::size_t g = (length_symbols.of[longest] - 269u) / 4;
                const Group& group = groups[g];
                const std::int32_t bound = least_[group.reach][(i + group.first) % ring];
                if (cheapest[g] + bound + distance < least) {
                    const std::size_t size = std::size_t{1} << group.symbol_reach;
                    const std::size_t end = std::max(group.first, shortest);
                    while (longest >= end) {
                        const std::size_t base = longest - (longest - group.first) % size;
                        consider(longest,
                                 longest - base + 1 == size
                                     ? least_[group.symbol_reach][(i + base) % ring]
                                     : *std::min_element(ahead + base, ahead + longest + 1));
                        longest = base - 1;
                    }
                }
                longest = group.first - 1;
            }
            const std::int32_t bound = std::min(tiles_[(i + shortest_copy) / batch],
                                                tiles_[std::min(i + short_last, last) / batch]);
            if (cheapest_short + bound >= least) length = short_last + 1;
        }
        for (const Match match : found) {
            const std::size_t end = std::min({match.length(), most, short_last});
            const std::int32_t distance = costs.distances[match.symbol()];
            for (; length <= end; ++length) {
                const std::int32_t cost = costs.lengths[length] + ahead[length] + distance;
                if (cost < least) {
                    least = cost;
                    chosen = {static_cast<std::uint16_t>(length),
                              static_cast<std::uint16_t>(match.distance())};
                }
            }
            if (length > short_last) break;
        }
        enter(i, least);
        choice_[i] = chosen;
    }
    steps.clear();
    for (std::size_t i = first; i < last; i += steps.back().length) {
        Step step = choice_[i];
        if (step.length > short_last)
            for (std::size_t l = step.length;
                 length_symbols.of[--l] == length_symbols.of[step.length];)
                if (to_end_[i + l] < to_end_[i + step.length])
                    step.length = static_cast<std::uint16_t>(l);
        steps.push_back(step);
    }
}

void Parser::parse_lazily(std::size_t first, std::size_t last, std::vector<Step>& steps) {
    constexpr std::size_t too_far = 4096;  // for the shortest copy
    const auto longest_at = [&](std::size_t i) {
        Step longest{1, 0};
        if (i >= last) return longest;
        for (const Match match : matches_.at(i)) {
            const std::size_t length = std::min(match.length(), last - i);
            // zlib takes place 0 for none.
            if (length <= longest.length || length < shortest_copy || match.distance() == i ||
                (length == shortest_copy && match.distance() > too_far))
                continue;
            longest = {static_cast<std::uint16_t>(length),
                       static_cast<std::uint16_t>(match.distance())};
        }
        return longest;
    };
    steps.clear();
    Step here = longest_at(first);
    for (std::size_t i = first; i < last;) {
        const Step next = longest_at(i + 1);
        const bool copies = !here.is_literal() && next.length <= here.length;
        steps.push_back(copies ? here : Step{1, 0});
        i += steps.back().length;
        here = copies ? longest_at(i) : next;
    }
}

}  // namespace huepress::deflating
