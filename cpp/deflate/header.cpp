#include "deflate/header.hpp"

#include <algorithm>
#include <limits>

#include "deflate/huffman.hpp"

namespace huepress::deflating {
namespace {

constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                             11, 4,  12, 3, 13, 2, 14, 1, 15};

struct Repetition {
    std::uint8_t kind, least, most, extra;
};
constexpr Repetition of_last{16, 3, 6, 2}, few_zeros{17, 3, 10, 3}, many_zeros{18, 11, 138, 7};

int extra_of(std::size_t kind) {
    return kind == 16   ? of_last.extra
           : kind == 17 ? few_zeros.extra
           : kind == 18 ? many_zeros.extra
                        : 0;
}

}  // namespace

// The least cost of telling the lengths, given what each kind of item costs, by dynamic programming
// from the end.
void Header::choose_items(std::span<const std::uint8_t> told,
                          const std::array<std::uint32_t, kinds>& costs) {
    std::array<std::uint32_t, symbols_max + 1> cost;
    std::array<std::uint8_t, symbols_max> covers;
    std::array<std::uint8_t, symbols_max> kind;
    std::size_t run = 0;
    cost[told.size()] = 0;
    for (std::size_t i = told.size(); i-- > 0;) {
        run = i + 1 < told.size() && told[i + 1] == told[i] ? run + 1 : 1;
        cost[i] = costs[told[i]] + cost[i + 1];
        covers[i] = 1;
        kind[i] = told[i];
        const auto repeat = [&](const Repetition& way, std::size_t first) {
            const std::size_t last = std::min<std::size_t>(run, way.most);
            for (std::size_t n = first; n <= last; ++n)
                if (costs[way.kind] + cost[i + n] < cost[i]) {
                    cost[i] = costs[way.kind] + cost[i + n];
                    covers[i] = static_cast<std::uint8_t>(n);
                    kind[i] = way.kind;
                }
        };
        if (i > 0 && told[i - 1] == told[i]) repeat(of_last, of_last.least);
        if (told[i] == 0) {
            repeat(few_zeros, few_zeros.least);
            // Of the many, all but the last few leave more to the items behind.
            const std::size_t longest = std::min<std::size_t>(run, many_zeros.most);
            repeat(many_zeros, std::max<std::size_t>(longest > 11 ? longest - 11 : 0, 11));
        }
    }
    items_size_ = 0;
    for (std::size_t i = 0; i < told.size(); i += covers[i]) {
        const int least = kind[i] == 16 || kind[i] == 17 ? 3 : kind[i] == 18 ? 11 : 1;
        items_[items_size_++] = {kind[i], static_cast<std::uint8_t>(covers[i] - least)};
    }
}

void Header::count_items() {
    std::array<std::uint32_t, kinds> counts{};
    for (std::size_t i = 0; i < items_size_; ++i) ++counts[items_[i].kind];
    code_lengths(counts, 7, kind_lengths_);
    // An incomplete code is refused by decoders.
    if (std::count(kind_lengths_.begin(), kind_lengths_.end(), 0) == kinds - 1)
        kind_lengths_[kind_lengths_[0] ? 1 : 0] = 1;
    sent_kinds_ = kinds;
    while (sent_kinds_ > 4 && kind_lengths_[order[sent_kinds_ - 1]] == 0) --sent_kinds_;
    bits_ = static_cast<std::uint32_t>(5 + 5 + 4 + 3 * sent_kinds_);
    for (std::size_t i = 0; i < kinds; ++i)
        bits_ += counts[i] * static_cast<std::uint32_t>(kind_lengths_[i] + extra_of(i));
}

Header::Header(const Lengths& lengths) {
    literals_ = literals_max;
    while (literals_ > 257 && lengths[literals_ - 1] == 0) --literals_;
    distances_ = distances_max;
    while (distances_ > 1 && lengths[literals_max + distances_ - 1] == 0) --distances_;
    std::array<std::uint8_t, symbols_max> all;
    std::copy_n(lengths.begin(), literals_, all.begin());
    std::copy_n(lengths.begin() + literals_max, distances_,
                all.begin() + static_cast<std::ptrdiff_t>(literals_));
    const std::span<const std::uint8_t> told(all.data(), literals_ + distances_);

    std::array<std::uint32_t, kinds> costs;
    for (std::size_t i = 0; i < kinds; ++i) costs[i] = static_cast<std::uint32_t>(4 + extra_of(i));
    Header best = *this;
    best.bits_ = std::numeric_limits<std::uint32_t>::max();
    for (int round = 0; round < 4; ++round) {
        choose_items(told, costs);
        count_items();
        if (bits_ >= best.bits_) break;
        best = *this;
        for (std::size_t i = 0; i < kinds; ++i)
            costs[i] =
                static_cast<std::uint32_t>((kind_lengths_[i] ? kind_lengths_[i] : 7) + extra_of(i));
    }
    *this = best;
}

void Header::write(BitWriter& out) const {
    out.put(static_cast<std::uint32_t>(literals_ - 257), 5);
    out.put(static_cast<std::uint32_t>(distances_ - 1), 5);
    out.put(static_cast<std::uint32_t>(sent_kinds_ - 4), 4);
    for (std::size_t i = 0; i < sent_kinds_; ++i) out.put(kind_lengths_[order[i]], 3);
    std::array<std::uint16_t, kinds> codes;
    canonical_codes(kind_lengths_, codes);
    for (std::size_t i = 0; i < items_size_; ++i) {
        const Item item = items_[i];
        out.put(codes[item.kind], kind_lengths_[item.kind]);
        out.put(item.extra, extra_of(item.kind));
    }
}

}  // namespace huepress::deflating
