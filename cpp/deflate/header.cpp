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

// What is told first of some equal lengths, at the least cost of them all.
struct Header::Telling {
    std::uint32_t cost;
    std::uint8_t covers, kind;

    // ahead: the best of one length less, of two less, and so on. Of what costs the same, the item
    // that covers most: fewer items leave their code shorter.
    template <class Ahead>
    void repeat(const Repetition& way, std::size_t first, std::size_t last, std::uint32_t price,
                Ahead ahead) {
        for (std::size_t n = first; n <= last; ++n)
            if (price + ahead(n) <= cost) {
                cost = price + ahead(n);
                covers = static_cast<std::uint8_t>(n);
                kind = way.kind;
            }
    }
};

// The least cost of telling the lengths, given what each kind of item costs, by dynamic programming
// from the end. Runs of zeros, which most lengths are in, cost the same wherever they stand.
void Header::choose_items(std::span<const std::uint8_t> told,
                          const std::array<std::uint32_t, kinds>& costs) {
    std::array<std::uint32_t, symbols_max + 1> cost;
    std::array<Telling, symbols_max> best;
    std::array<Telling, symbols_max + 1> zeros;  // so many, behind another zero
    std::size_t known = 0;
    zeros[0].cost = 0;
    const auto tell_zeros = [&](std::size_t run, bool is_first) {
        const auto ahead = [&](std::size_t n) { return zeros[run - n].cost; };
        Telling told_so{costs[0] + ahead(1), 1, 0};
        if (!is_first)
            told_so.repeat(of_last, of_last.least, std::min<std::size_t>(run, of_last.most),
                           costs[of_last.kind], ahead);
        told_so.repeat(few_zeros, few_zeros.least, std::min<std::size_t>(run, few_zeros.most),
                       costs[few_zeros.kind], ahead);
        // Of the many, all but the last few leave more to the items behind.
        const std::size_t longest = std::min<std::size_t>(run, many_zeros.most);
        told_so.repeat(many_zeros, std::max<std::size_t>(longest > 11 ? longest - 11 : 0, 11),
                       longest, costs[many_zeros.kind], ahead);
        return told_so;
    };
    std::size_t run = 0;
    cost[told.size()] = 0;
    for (std::size_t i = told.size(); i-- > 0;) {
        run = i + 1 < told.size() && told[i + 1] == told[i] ? run + 1 : 1;
        const bool is_first = i == 0 || told[i - 1] != told[i];
        if (told[i] == 0) {
            if (is_first) {
                best[i] = tell_zeros(run, true);
            } else {
                while (known < run) {
                    ++known;
                    zeros[known] = tell_zeros(known, false);
                }
                best[i] = zeros[run];
            }
            best[i].cost += cost[i + run];
        } else {
            best[i] = {costs[told[i]] + cost[i + 1], 1, told[i]};
            if (!is_first)
                best[i].repeat(of_last, of_last.least, std::min<std::size_t>(run, of_last.most),
                               costs[of_last.kind], [&](std::size_t n) { return cost[i + n]; });
        }
        cost[i] = best[i].cost;
    }
    items_size_ = 0;
    for (std::size_t i = 0; i < told.size(); i += best[i].covers) {
        const int kind = best[i].kind, least = kind == 16 || kind == 17 ? 3 : kind == 18 ? 11 : 1;
        items_[items_size_++] = {best[i].kind, static_cast<std::uint8_t>(best[i].covers - least)};
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
