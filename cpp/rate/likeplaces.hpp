// Where like colours stood before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/integers.hpp"
#include "rate/packing.hpp"
#include "rate/ratekernels.hpp"

namespace huepress {

inline constexpr int groups = 20;

// So many coarse classes of the codes: the codes farthest from one another lead them.
inline std::vector<std::uint8_t> classes(const CodeTable& codes, std::size_t most) {
    const auto k = static_cast<std::size_t>(codes.k);
    std::vector<std::uint8_t> group(k);
    std::vector<std::int32_t> away(k, std::numeric_limits<std::int32_t>::max());
    std::size_t leader = 0;
    for (std::size_t g = 0; g < std::min(most, k); ++g) {
        std::size_t farthest = 0;
        for (std::size_t i = 0; i < k; ++i) {
            const std::int32_t d = squared_distance(codes.points[i], codes.points[leader]);
            if (d < away[i]) {
                away[i] = d;
                group[i] = static_cast<std::uint8_t>(g);
            }
            if (away[i] > away[farthest]) farthest = i;
        }
        leader = farthest;
    }
    return group;
}

// Classes of what a place may hold: the digits are those of its pixels' labels.
inline std::vector<std::uint8_t> classes(const CodeTable& codes, const Packing& packing) {
    if (packing.pixels() == 1) return classes(codes, groups);
    const std::size_t each = packing.pixels() == 2 ? 4 : 2;
    const auto of_label = classes(codes, each);
    std::vector<std::uint8_t> group(static_cast<std::size_t>(packing.codes()));
    std::vector<std::uint8_t> labels(packing.pixels());
    for (std::size_t code = 0; code < group.size(); ++code) {
        const auto byte = static_cast<std::uint8_t>(code);
        packing.unpack(&byte, labels.size(), labels.data());
        for (const std::uint8_t label : labels)
            group[code] = static_cast<std::uint8_t>(group[code] * each + of_label[label]);
    }
    return group;
}

// Earlier places by the classes of the three codes from there on: from places of like colours,
// copies may pay.
class LikePlaces {
public:
    // lead: places of a row before its labels.
    LikePlaces(const CodeTable& codes, const Packing& packing, int chain, std::size_t lead)
        : group_(classes(codes, packing)), lead_(lead),
          blocks_(static_cast<std::size_t>(chain + 15) / 16) {
        constexpr std::size_t keys = groups * groups * groups;
        newest_.assign(keys, 0);
        Places unused;
        std::fill_n(unused.place, 16, std::uint32_t{0} - 2 * static_cast<std::uint32_t>(farthest));
        places_.assign(keys * blocks_, unused);
    }

    bool none() const { return blocks_ == 0; }
    std::uint8_t group_of(std::uint8_t code) const { return group_[code]; }

    static std::size_t key(std::size_t a, std::size_t b, std::size_t c) {
        return (a * groups + b) * groups + c;
    }
    const Places* at(std::size_t key) const { return &places_[key * blocks_]; }
    int blocks() const { return static_cast<int>(blocks_); }
    int newest(std::size_t key) const { return newest_[key]; }

    // Files the places of a row. row: its labels and what leads them; start: its place.
    void file(const std::uint8_t* row, std::size_t stride, std::size_t start) {
        if (none()) return;
        for (std::size_t x = lead_; x + 2 < stride; ++x) {
            const std::size_t at = key(group_[row[x]], group_[row[x + 1]], group_[row[x + 2]]);
            std::uint8_t& newest = newest_[at];
            newest = static_cast<std::uint8_t>((newest ? newest : 16 * blocks_) - 1);
            places_[at * blocks_ + newest / 16].place[newest % 16] =
                static_cast<std::uint32_t>(start + x);
        }
    }

private:
    std::vector<std::uint8_t> group_;  // of each code
    std::size_t lead_;
    std::size_t blocks_;  // of places of each key
    std::vector<Places> places_;
    std::vector<std::uint8_t> newest_;
};

}  // namespace huepress
