#include "rate/lzwmap.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lzw/dictionary.hpp"
#include "rate/kinds.hpp"
#include "rate/pricing.hpp"
#include "rate/ratekernels.hpp"
#include "rate/targets.hpp"

namespace huepress {
namespace {

// Dearer ways than the cheapest by so much, in sixteenths of a bit, are given up.
constexpr int slack = 6 * bit_unit;
// So often paths are made to agree, on all but their last labels.
constexpr std::int32_t often = 8, undecided = 24;

// The dictionary as a decoder would have it, with the longer phrases of each in a list.
class Phrases {
public:
    static constexpr int none = -1;

    explicit Phrases(int bits) : numbering_(bits) { forget(); }

    const lzw::Numbering& numbering() const { return numbering_; }
    int count() const { return count_; }
    int first_child(int node) const { return first_[at(node)]; }
    int sibling(int node) const { return sibling_[at(node)]; }
    int parent(int node) const { return parent_[at(node)]; }
    std::uint8_t label(int node) const { return label_[at(node)]; }

    void learn(int node, std::uint8_t label) {
        const int number = numbering_.learned(count_++);
        if (number >= lzw::codes_max) return;
        sibling_[at(number)] = first_[at(node)];
        first_[at(node)] = static_cast<std::int16_t>(number);
        first_[at(number)] = none;
        parent_[at(number)] = static_cast<std::int16_t>(node);
        label_[at(number)] = label;
    }

    void forget() {
        count_ = 0;
        for (int i = 0; i < numbering_.clear(); ++i) {
            first_[at(i)] = sibling_[at(i)] = parent_[at(i)] = none;
            label_[at(i)] = static_cast<std::uint8_t>(i);
        }
    }

private:
    static std::size_t at(int node) { return static_cast<std::size_t>(node); }

    lzw::Numbering numbering_;
    int count_ = 0;
    std::array<std::int16_t, lzw::codes_max> first_, sibling_, parent_;
    std::array<std::uint8_t, lzw::codes_max> label_;
};

// Where a path ends a phrase and begins another.
struct Mark {
    std::int32_t before;  // the mark where the phrase that ends here began
    std::int32_t place;   // of the first label behind, in the row
    int node;             // the phrase that ends here
    std::int32_t count;   // codes since the last clear
    std::uint64_t known;  // traits of the phrases that ended since the last decision
    std::uint8_t first;   // label of the phrase that ends here
};

// A phrase that a path is in the middle of.
struct Open {
    std::int32_t cost;
    std::int32_t mark;  // where it began
    int node;
    std::uint8_t first;  // its first label
};

// Label by label, the cheapest ways to have come this far: each is a path of phrases, of which the
// last one may go on. What a path has learned since the last decision is known to that path alone:
// nodes from `own` on name such phrases by the mark after which they were learned and the label
// there, which is the first of the next phrase.
class LzwMapper {
public:
    LzwMapper(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
              std::span<const std::uint8_t> codebook, Space space,
              std::span<const std::uint16_t> mask, const RateOptions& options, int beam,
              std::span<std::uint8_t> labels)
        : width_(width), height_(width ? labels.size() / width : 0), options_(options),
          labels_(labels), kernels_(rate_kernels(options.portable)),
          codes_(codebook, static_cast<std::size_t>(channels), space, options.chroma,
                 options.screen.leave),
          targets_(pixels, width, static_cast<std::size_t>(channels), space, mask, options_, codes_,
                   kernels_),
          pricing_(options_, codes_, targets_, kernels_),
          phrases_(lzw::least_bits(static_cast<std::size_t>(codes_.all().k))),
          beam_(static_cast<std::size_t>(beam)), row_(width) {}

    // In sixteenths of a bit.
    std::uint64_t run() {
        const std::size_t rows = lzw::rows_between_clears(width_, height_);
        bits_ = numbering().width(0);
        for (std::size_t y = 0; y < height_; ++y) {
            targets_.begin_row(y);
            map_row();
            for (std::size_t x = 0; x < width_; ++x)
                labels_[y * width_ + x] = codes_.all().outer[row_[x]];
            targets_.end_row(row_.data());
            // What a full dictionary knows suits the rows below ever less.
            if (numbering().full(phrases_.count()) && (y + 1) % rows == 0 && y + 1 < height_)
                clear();
        }
        end();
        return static_cast<std::uint64_t>(bits_) * bit_unit;
    }

private:
    static constexpr int own = lzw::codes_max;

    const lzw::Numbering& numbering() const { return phrases_.numbering(); }
    const Mark& mark(std::int32_t i) const { return marks_[static_cast<std::size_t>(i)]; }
    Mark& mark(std::int32_t i) { return marks_[static_cast<std::size_t>(i)]; }

    static int named(std::int32_t mark, std::uint8_t label) { return own + (mark << 8 | label); }
    static std::int32_t mark_of(int node) { return (node - own) >> 8; }
    std::uint8_t label(int node) const {
        return node < own ? phrases_.label(node) : static_cast<std::uint8_t>(node - own);
    }
    int parent(int node) const {
        return node < own ? phrases_.parent(node) : mark(mark_of(node)).node;
    }
    // The same for all names of a phrase.
    static std::uint64_t trait(std::uint8_t first, std::uint8_t last) {
        return std::uint64_t{1} << ((first + 11 * last) & 63);
    }

    void map_row() {
        marks_.assign(1, {-1, 0, Phrases::none, phrases_.count(), 0, 0});
        decided_ = 0;
        for (std::size_t x = 0; x < width_; ++x) {
            const auto place = static_cast<std::int32_t>(x);
            if (x == 0 || !targets_.repeats(x)) price(x);
            step(place);
            if (place % often == often - 1 && x + 1 < width_) decide(place - undecided);
        }
        const Open best = cheapest();
        write(best);
        keep(best.mark, best.first);
        open_.assign(1, {0, 0, renamed(best.node), best.first});
    }

    Open cheapest() const {
        return *std::min_element(open_.begin(), open_.end(),
                                 [](const Open& a, const Open& b) { return a.cost < b.cost; });
    }

    // What each code costs at a pixel, and which are worth a code of LZW.
    void price(std::size_t x) {
        pricing_.fill(x, no_bits_, column_);
        few_.clear();
        const int limit = std::min(column_.literal_cost + slack, int{never} - 1);
        for (int from = 0; from < codes_.all().padded(); from += CodeTable::block) {
            // Most blocks are too far away: one look at all of their codes is enough.
            const std::int16_t* cost = column_.cost + from;
            if (*std::min_element(cost, cost + CodeTable::block) > limit) continue;
            for (int i = from; i < std::min(from + CodeTable::block, codes_.all().k); ++i)
                if (column_.cost[i] <= limit) few_.push_back(static_cast<std::uint8_t>(i));
        }
    }

    // All phrases that are one label longer than an open one, with that label.
    template <class Take>
    void each_longer(const Open& one, const Take& take) const {
        if (one.node < own)
            for (int child = phrases_.first_child(one.node); child != Phrases::none;
                 child = phrases_.sibling(child))
                take(child, phrases_.label(child));
        if (!(mark(one.mark).known & trait(one.first, label(one.node)))) return;
        std::uint8_t behind = one.first;
        for (std::int32_t m = one.mark; m > decided_; m = mark(m).before) {
            if (mark(m).node == one.node && !numbering().full(mark(m).count - 1))
                take(named(m, behind), behind);
            behind = mark(m).first;
        }
    }

    // Takes all paths a label on.
    void step(std::int32_t x) {
        next_.clear();
        if (open_.empty()) {
            const int code = numbering().width(mark(0).count) * bit_unit;
            for (const std::uint8_t label : few_)
                next_.push_back({code + column_.cost[label], 0, label, label});
        } else {
            const auto [best, second] = cheapest_two();
            const std::int32_t limit =
                best->cost + code_after(*best) + column_.literal_cost + slack;
            go_on(limit);
            begin(x, *best, second, limit);
        }
        if (next_.size() > beam_) prune();
        std::swap(open_, next_);
    }

    // The second is null where there is but one.
    std::pair<const Open*, const Open*> cheapest_two() const {
        const Open *best = &open_[0], *second = nullptr;
        for (std::size_t i = 1; i < open_.size(); ++i) {
            const Open& one = open_[i];
            if (one.cost < best->cost) {
                second = best;
                best = &one;
            } else if (!second || one.cost < second->cost) {
                second = &one;
            }
        }
        return {best, second};
    }

    // What the code takes that comes after an open phrase.
    int code_after(const Open& one) const {
        return numbering().width(mark(one.mark).count + 1) * bit_unit;
    }

    // Where the longer phrase is known, it takes no bits.
    void go_on(std::int32_t limit) {
        for (const Open& one : open_) {
            if (one.cost + column_.literal_cost > limit) continue;
            each_longer(one, [&](int node, std::uint8_t label) {
                const std::int32_t here = column_.cost[label], cost = one.cost + here;
                if (here < never && cost <= limit)
                    next_.push_back({cost, one.mark, node, one.first});
            });
        }
    }

    // New phrases after the cheapest path. While there is something to learn, a phrase ends only
    // where no longer one is known, so that greedy parsing of the labels finds the same phrases and
    // learns the same: where the cheapest may not end, the next may.
    void begin(std::int32_t x, const Open& best, const Open* second, std::int32_t limit) {
        longer_.fill(0);
        find_longer(best, 1);
        if (second) find_longer(*second, 2);
        const Open* const from[2] = {&best, second};
        std::int32_t at[2] = {-1, -1};
        for (const std::uint8_t here : few_) {
            const std::size_t which = longer_[here] & 1;
            if (which == 1 && (!second || longer_[here] & 2)) continue;
            const Open& one = *from[which];
            const std::int32_t cost = one.cost + code_after(one) + column_.cost[here];
            if (cost > limit) continue;
            if (at[which] < 0) at[which] = ended(one, x);
            next_.push_back({cost, at[which], here, here});
        }
    }

    void find_longer(const Open& one, std::uint8_t bit) {
        if (numbering().full(mark(one.mark).count)) return;
        each_longer(one, [&](int, std::uint8_t label) { longer_[label] |= bit; });
    }

    std::int32_t ended(const Open& one, std::int32_t x) {
        std::uint64_t known = trait(one.first, label(one.node));
        for (std::int32_t m = one.mark; m > decided_; m = mark(m).before)
            known |= trait(mark(m).first, label(mark(m).node));
        marks_.push_back({one.mark, x, one.node, mark(one.mark).count + 1, known, one.first});
        return static_cast<std::int32_t>(marks_.size() - 1);
    }

    // Keeps the cheapest; of equal ones the first.
    void prune() {
        constexpr int cells = 512;
        std::array<std::uint32_t, cells> counts{};
        std::int32_t least = next_[0].cost;
        for (const Open& one : next_) least = std::min(least, one.cost);
        const auto cell = [&](const Open& one) {
            return static_cast<std::size_t>(std::min(one.cost - least, cells - 1));
        };
        for (const Open& one : next_) ++counts[cell(one)];
        std::size_t kept = 0, last = 0;
        while (kept + counts[last] <= beam_) kept += counts[last++];
        std::size_t spare = beam_ - kept, to = 0;
        for (const Open& one : next_) {
            const std::size_t at = cell(one);
            if (at > last || (at == last && spare == 0)) continue;
            if (at == last) --spare;
            next_[to++] = one;
        }
        next_.resize(to);
    }

    // Decides for what the cheapest path did before a place; other paths have to agree.
    void decide(std::int32_t place) {
        const Open best = cheapest();
        std::int32_t last = best.mark;
        std::uint8_t first = best.first;
        while (last > decided_ && mark(last).place > place) {
            first = mark(last).first;
            last = mark(last).before;
        }
        if (last <= decided_) return;
        std::size_t to = 0;
        for (const Open& one : open_) {
            std::int32_t m = one.mark;
            std::uint8_t begun = one.first;
            while (m > last) {
                begun = mark(m).first;
                m = mark(m).before;
            }
            if (m == last && begun == first) open_[to++] = one;
        }
        open_.resize(to);
        keep(last, first);
        for (Open& one : open_) {
            one.node = renamed(one.node);
            for (std::int32_t m = one.mark; m > decided_; m = mark(m).before)
                mark(m).node = renamed(mark(m).node);
        }
    }

    // A phrase that was decided for has a number.
    int renamed(int node) const {
        return node < own || mark_of(node) > decided_
                   ? node
                   : numbering().learned(mark(mark_of(node)).count - 1);
    }

    // Learns all phrases that end before or at a mark. first: the label behind it.
    void keep(std::int32_t last, std::uint8_t first) {
        path_.clear();
        for (std::int32_t m = last; m > decided_; m = mark(m).before) path_.push_back(m);
        decided_ = last;
        for (std::size_t i = path_.size(); i-- > 0;) {
            bits_ += numbering().width(phrases_.count());
            phrases_.learn(renamed(mark(path_[i]).node), i > 0 ? mark(path_[i - 1]).first : first);
        }
    }

    // The labels of a path that ends with the row.
    void write(const Open& best) {
        std::size_t x = width_;
        int node = best.node;
        for (std::int32_t m = best.mark;; m = mark(m).before) {
            for (; node != Phrases::none && x > 0; node = parent(node)) row_[--x] = label(node);
            if (x == 0) return;
            node = mark(m).node;
        }
    }

    // The code of the open phrase, and that of a clear or of the end.
    void end() {
        if (!open_.empty()) {
            bits_ += numbering().width(phrases_.count());
            phrases_.learn(open_[0].first, 0);  // of no use but for the count
        }
        bits_ += numbering().width(phrases_.count());
    }

    void clear() {
        end();
        phrases_.forget();
        open_.clear();
    }

    std::size_t width_, height_;
    RateOptions options_;
    std::span<std::uint8_t> labels_;
    const RateKernels& kernels_;
    Codes codes_;
    Targets targets_;
    Pricing pricing_;
    Phrases phrases_;
    std::size_t beam_;
    std::vector<std::uint8_t> row_;  // places in codes_.all()

    alignas(64) std::int16_t no_bits_[::huepress::codes_max] = {};
    Column column_{};
    std::vector<std::uint8_t> few_;
    std::array<std::uint8_t, ::huepress::codes_max>
        longer_{};  // whether known after the cheapest two
    std::vector<Open> open_, next_;
    std::vector<Mark> marks_;
    std::vector<std::int32_t> path_;
    std::int32_t decided_ = 0;  // the last mark that all paths have in common
    std::int64_t bits_ = 0;
};

}  // namespace

std::uint64_t rate_aware_lzw(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                             std::span<const std::uint8_t> codebook, Space space,
                             std::span<const std::uint16_t> mask, const RateOptions& options,
                             int beam, std::span<std::uint8_t> labels /* OUT */) {
    return LzwMapper(pixels, width, channels, codebook, space, mask, options, beam, labels).run();
}

}  // namespace huepress
