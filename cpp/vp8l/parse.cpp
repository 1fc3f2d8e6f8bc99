#include "vp8l/parse.hpp"

#include <algorithm>
#include <utility>

#include "deflate/log2.hpp"

namespace huepress::vp8l {
namespace {

constexpr std::uint32_t shortest = 2;

std::int32_t log2_64(std::uint32_t x) {
    return static_cast<std::int32_t>(deflating::log2_of(x) >> (deflating::log2_shift - 6));
}

struct Kinds {
    std::array<std::uint8_t, longest_copy + 1> of{};
    constexpr Kinds() {
        for (std::uint32_t length = 1; length <= longest_copy; ++length)
            of[length] = static_cast<std::uint8_t>(symbol_of(length));
    }
};
constexpr Kinds kind_of_length;

constexpr std::size_t near_kinds = 14;  // symbols of near distances

// How far the places near each one in two dimensions go on alike, from the last place on.
class NearRuns {
public:
    NearRuns(std::span<const std::uint8_t> labels, std::size_t width)
        : labels_(labels), width_(width) {
        for (std::uint32_t lane = 0; lane < 128; ++lane) {
            const auto distance = static_cast<std::int64_t>(lane / 16 * width + 8) - lane % 16;
            if (distance < 1 || !near_codes[lane]) continue;
            distance_[lane] = static_cast<std::uint32_t>(distance);
            of_kind_[symbol_of(near_codes[lane])].push_back(static_cast<std::uint8_t>(lane));
        }
    }

    void add(std::size_t i) {
        const std::uint8_t* here = labels_.data() + i;
        const std::uint8_t label = *here;
        if (i >= 7 * width_ + 8 && i + 8 <= labels_.size()) {
            for (std::size_t up = 0; up < 8; ++up) {
                const std::uint8_t* row = here - up * width_ - 8;
                std::uint16_t* run = run_.data() + 16 * up;
                for (std::size_t j = 0; j < 16; ++j) {
                    const int on = -static_cast<int>(row[j] == label);
                    run[j] = static_cast<std::uint16_t>(std::min(run[j] + 1, longest_copy) & on);
                }
            }
            return;
        }
        for (std::size_t lane = 0; lane < 128; ++lane) {
            const auto distance = static_cast<std::ptrdiff_t>(distance_[lane]);
            const bool same =
                distance && distance <= static_cast<std::ptrdiff_t>(i) && here[-distance] == label;
            run_[lane] =
                static_cast<std::uint16_t>(same ? std::min(run_[lane] + 1, longest_copy) : 0);
        }
    }
    std::uint32_t longest(std::size_t kind) const {
        std::uint16_t most = 0;
        for (const std::uint8_t lane : of_kind_[kind]) most = std::max(most, run_[lane]);
        return most;
    }
    std::uint32_t distance(std::size_t kind, std::uint32_t run) const {
        for (const std::uint8_t lane : of_kind_[kind])
            if (run_[lane] == run) return distance_[lane];
        return 0;
    }

private:
    std::span<const std::uint8_t> labels_;
    std::size_t width_;
    std::array<std::uint16_t, 128> run_{};
    std::array<std::uint32_t, 128> distance_{};  // 0: none
    std::array<std::vector<std::uint8_t>, near_kinds> of_kind_;
};

// A copy that can be made at a place: no longer than this, at this cost but for its length.
struct Candidate {
    std::uint32_t length, distance;
    std::int32_t cost;
};

}  // namespace

std::uint64_t entropy(const Counts& counts) {
    std::uint64_t bits = 0;
    for (const auto& [from, to] :
         {std::pair{std::size_t{0}, green_symbols}, {green_symbols, symbols}}) {
        std::uint32_t total = 0;
        for (std::size_t i = from; i < to; ++i) {
            total += counts[i];
            if (counts[i] > 1)
                bits -= std::uint64_t{counts[i]} * static_cast<unsigned>(log2_64(counts[i]));
        }
        if (total > 1) bits += std::uint64_t{total} * static_cast<unsigned>(log2_64(total));
    }
    return bits;
}

Costs costs_of(const Counts& counts) {
    Costs costs;
    for (const auto& [from, to] :
         {std::pair{std::size_t{0}, green_symbols}, {green_symbols, symbols}}) {
        std::uint32_t total = 1;
        for (std::size_t i = from; i < to; ++i) total += counts[i];
        const std::int32_t whole = log2_64(total);
        for (std::size_t i = from; i < to; ++i)
            costs[i] = counts[i] ? whole - log2_64(counts[i]) : whole + 2 * bit_unit;
    }
    for (std::size_t i = 0; i < lengths; ++i) costs[literals + i] += bit_unit * extra_of(i);
    for (std::size_t i = 0; i < distances; ++i) costs[green_symbols + i] += bit_unit * extra_of(i);
    return costs;
}

Parser::Parser(std::span<const std::uint8_t> labels, std::size_t width)
    : labels_(labels), width_(width) {
    near_symbols_.resize(7 * width + 9);
    for (std::uint32_t distance = 1; distance < near_symbols_.size(); ++distance)
        near_symbols_[distance] = static_cast<std::uint8_t>(
            symbol_of(code_of(distance, static_cast<std::uint32_t>(width))));
    find_all();
}

void Parser::find_all() {
    const std::size_t n = labels_.size();
    const FarMatches far = far_matches(labels_);
    NearRuns near(labels_, width_);
    ends_.resize(n);
    matches_.reserve(2 * n);
    for (std::size_t i = n; i-- > 0;) {
        near.add(i);
        std::uint32_t longest = shortest - 1;
        for (std::size_t kind = 0; kind < near_kinds; ++kind) {
            const std::uint32_t run = near.longest(kind);
            if (run <= longest) continue;
            longest = run;
            matches_.push_back(Match::of(run, near.distance(kind, run)));
            if (run >= nice_copy) break;  // farther ones would save next to nothing
        }
        for (std::uint32_t m = far.starts[i]; m < far.starts[i + 1]; ++m) {
            if (far.matches[m].length() <= longest) continue;
            longest = far.matches[m].length();
            matches_.push_back(far.matches[m]);
        }
        ends_[i] = static_cast<std::uint32_t>(matches_.size());
    }
}

void Parser::parse_chunk(std::size_t first, std::size_t last, std::span<const Costs> costs,
                         const Tiles& tiles, std::vector<Step>& steps) const {
    std::vector<std::int32_t> to_end(last - first + 1);
    std::vector<Step> choice(last - first);
    std::size_t x = last % width_, y = last / width_;
    for (std::size_t i = last; i-- > first;) {
        if (x == 0) {
            x = width_;
            --y;
        }
        --x;
        const Costs& cost = costs[tiles.group_at(x, y)];
        const std::int32_t* end = to_end.data() + (i - first);
        std::int32_t best = cost[labels_[i]] + end[1];
        Step chosen{1, 0};

        Candidate candidates[near_kinds + most_far];
        std::size_t size = 0;
        const auto left = static_cast<std::uint32_t>(last - i);
        const std::uint32_t begin = i + 1 < labels_.size() ? ends_[i + 1] : 0;
        for (std::uint32_t m = begin; m < ends_[i]; ++m) {
            const Match match = matches_[m];
            candidates[size++] = {std::min(match.length(), left), match.distance(),
                                  cost[green_symbols + symbol_of_distance(match.distance())]};
        }
        // For each length, the cheapest that is so long.
        for (std::size_t c = size; c-- > 1;)
            if (candidates[c].cost <= candidates[c - 1].cost) {
                candidates[c - 1].cost = candidates[c].cost;
                candidates[c - 1].distance = candidates[c].distance;
            }
        const bool is_long = size && candidates[size - 1].length > 128;
        std::uint32_t length = shortest;
        for (std::size_t c = 0; c < size; ++c) {
            const Candidate& candidate = candidates[c];
            while (length <= candidate.length) {
                std::size_t kind = kind_of_length.of[length];
                // Of the long ones, only the last of each symbol.
                if (length > 24 || is_long)
                    length = std::min(candidate.length, base_of(kind + 1) - 1);
                const std::int32_t all = candidate.cost + cost[literals + kind] + end[length];
                if (all < best) {
                    best = all;
                    chosen = {length, candidate.distance};
                }
                ++length;
            }
        }
        to_end[i - first] = best;
        choice[i - first] = chosen;
    }
    for (std::size_t i = first; i < last; i += choice[i - first].length)
        steps.push_back(choice[i - first]);
}

std::vector<Step> Parser::parse(std::span<const Costs> costs, const Tiles& tiles) const {
    std::vector<Step> steps;
    for (std::size_t first = 0; first < labels_.size(); first += chunk)
        parse_chunk(first, std::min(first + chunk, labels_.size()), costs, tiles, steps);
    return steps;
}

}  // namespace huepress::vp8l
