#include "vp8l/prefix.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "deflate/huffman.hpp"

namespace huepress::vp8l {
namespace {

constexpr std::size_t kinds = 19;
constexpr std::array<std::uint8_t, kinds> order{17, 18, 0, 1,  2,  3,  4,  5,  16, 6,
                                                7,  8,  9, 10, 11, 12, 13, 14, 15};

int extra_of_kind(std::size_t kind) { return kind == 16 ? 2 : kind == 17 ? 3 : kind == 18 ? 7 : 0; }

// How the lengths of the codes of items are told.
struct Told {
    bool alone;  // a single kind, which takes no bits
    std::size_t lengths = kinds;

    explicit Told(std::span<const std::uint8_t> kind_lengths)
        : alone(std::count(kind_lengths.begin(), kind_lengths.end(), 0) ==
                std::ptrdiff_t{kinds - 1}) {
        while (lengths > 4 && kind_lengths[order[lengths - 1]] == 0) --lengths;
    }
};

// Bits for a number of items above 2: an even number of them, told by three.
int bits_of_number(std::size_t items) {
    return std::max(2, (static_cast<int>(std::bit_width(items - 2)) + 1) / 2 * 2);
}

}  // namespace

PrefixCode::PrefixCode(std::span<const std::uint32_t> counts)
    : lengths_(counts.size()), codes_(counts.size()) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (!counts[i]) continue;
        (used_ ? second_ : first_) = static_cast<std::uint32_t>(i);
        ++used_;
    }
    deflating::code_lengths(counts, 15, lengths_);
    deflating::canonical_codes(lengths_, codes_);
    if (used_ > 1)
        for (std::size_t i = 0; i < counts.size(); ++i)
            coded_bits_ += std::uint64_t{counts[i]} * lengths_[i];
    simple_ = used_ <= 2 && std::max(first_, second_) < 256;
    if (simple_)
        told_bits_ = 3u + (first_ > 1 ? 8 : 1) + (used_ == 2 ? 8 : 0);
    else
        choose_items();
}

// Run lengths of the code lengths, chosen by dynamic programming for what each kind of item costs,
// which is learned from the choice before.
void PrefixCode::choose_items() {
    const std::size_t n = lengths_.size();
    std::vector<std::uint8_t> last(n);  // the last length before that is not 0
    std::uint8_t seen = 8;
    for (std::size_t i = 0; i < n; ++i) {
        last[i] = seen;
        if (lengths_[i]) seen = lengths_[i];
    }
    std::array<std::uint32_t, kinds> costs;
    for (std::size_t i = 0; i < kinds; ++i)
        costs[i] = static_cast<std::uint32_t>(4 + extra_of_kind(i));
    told_bits_ = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::uint32_t> to_end(n + 1);
    std::vector<std::uint8_t> covers(n), kind(n);
    for (int round = 0; round < 4; ++round) {
        std::size_t run = 0;
        for (std::size_t i = n; i-- > 0;) {
            run = i + 1 < n && lengths_[i + 1] == lengths_[i] ? run + 1 : 1;
            to_end[i] = costs[lengths_[i]] + to_end[i + 1];
            covers[i] = 1;
            kind[i] = lengths_[i];
            const auto repeat = [&](std::uint8_t way, std::size_t least, std::size_t most) {
                for (std::size_t many = std::min(run, most); many >= least; --many)
                    if (costs[way] + to_end[i + many] < to_end[i]) {
                        to_end[i] = costs[way] + to_end[i + many];
                        covers[i] = static_cast<std::uint8_t>(many);
                        kind[i] = way;
                    }
            };
            if (lengths_[i] && last[i] == lengths_[i]) repeat(16, 3, 6);
            if (lengths_[i] == 0) {
                repeat(17, 3, 10);
                repeat(18, 11, 138);
            }
        }
        std::vector<Item> items;
        for (std::size_t i = 0; i < n; i += covers[i])
            items.push_back(
                {kind[i], static_cast<std::uint8_t>(
                              kind[i] < 16 ? 0 : covers[i] - (kind[i] == 18 ? 11 : 3))});
        std::size_t kept = items.size();
        while (kept > 2 && (items[kept - 1].kind == 0 || items[kept - 1].kind > 16)) --kept;
        std::array<std::uint32_t, kinds> counts{};
        for (std::size_t i = 0; i < kept; ++i) ++counts[items[i].kind];
        std::uint32_t cut_off = 0;
        for (std::size_t i = kept; i < items.size(); ++i) cut_off += costs[items[i].kind];
        const bool is_cut = cut_off > static_cast<std::uint32_t>(3 + bits_of_number(kept));
        if (!is_cut) {
            for (std::size_t i = kept; i < items.size(); ++i) ++counts[items[i].kind];
            kept = items.size();
        }
        std::vector<std::uint8_t> kind_lengths(kinds);
        deflating::code_lengths(counts, 7, kind_lengths);
        const Told told(kind_lengths);
        std::uint64_t bits = 1 + 4 + 3 * told.lengths + 1 +
                             (is_cut ? static_cast<std::size_t>(3 + bits_of_number(kept)) : 0);
        for (std::size_t i = 0; i < kinds; ++i)
            bits += counts[i] * static_cast<std::uint32_t>((told.alone ? 0 : kind_lengths[i]) +
                                                           extra_of_kind(i));
        if (bits >= told_bits_) break;
        told_bits_ = bits;
        items_ = std::move(items);
        sent_ = kept;
        is_cut_ = is_cut;
        kind_lengths_ = kind_lengths;
        for (std::size_t i = 0; i < kinds; ++i)
            costs[i] = static_cast<std::uint32_t>((kind_lengths[i] ? kind_lengths[i] : 7) +
                                                  extra_of_kind(i));
    }
}

void PrefixCode::write(BitWriter& out) const {
    out.put(simple_, 1);
    if (simple_) {
        out.put(used_ == 2, 1);
        out.put(first_ > 1, 1);
        out.put(first_, first_ > 1 ? 8 : 1);
        if (used_ == 2) out.put(second_, 8);
        return;
    }
    const Told told(kind_lengths_);
    out.put(static_cast<std::uint32_t>(told.lengths - 4), 4);
    for (std::size_t i = 0; i < told.lengths; ++i) out.put(kind_lengths_[order[i]], 3);
    out.put(is_cut_, 1);
    if (is_cut_) {
        const int bits = bits_of_number(sent_);
        out.put(static_cast<std::uint32_t>(bits - 2) / 2, 3);
        out.put(static_cast<std::uint32_t>(sent_ - 2), bits);
    }
    std::array<std::uint16_t, kinds> codes;
    deflating::canonical_codes(kind_lengths_, codes);
    for (std::size_t i = 0; i < sent_; ++i) {
        if (!told.alone) out.put(codes[items_[i].kind], kind_lengths_[items_[i].kind]);
        out.put(items_[i].extra, extra_of_kind(items_[i].kind));
    }
}

}  // namespace huepress::vp8l
