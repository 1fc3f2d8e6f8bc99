#include "vp8l/far.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "vp8l/symbols.hpp"

namespace huepress::vp8l {
namespace {

constexpr std::uint32_t shortest = 3;
constexpr int depth = 16;  // places of each kind that are compared at each one
constexpr std::size_t most_of_kind = most_far / 3;

std::uint32_t same_labels(const std::uint8_t* a, const std::uint8_t* b, std::uint32_t most) {
    std::uint32_t length = 0;
    if constexpr (std::endian::native == std::endian::little) {
        for (; length + 8 <= most; length += 8) {
            std::uint64_t x, y;
            std::memcpy(&x, a + length, 8);
            std::memcpy(&y, b + length, 8);
            if (x != y) return length + static_cast<std::uint32_t>(std::countr_zero(x ^ y)) / 8;
        }
    }
    while (length < most && a[length] == b[length]) ++length;
    return length;
}

// How often the label at each place is repeated from there on.
std::vector<std::uint32_t> runs_of(std::span<const std::uint8_t> labels) {
    std::vector<std::uint32_t> runs(labels.size());
    for (std::size_t i = labels.size(); i-- > 0;)
        runs[i] = i + 1 < labels.size() && labels[i] == labels[i + 1] ? runs[i + 1] + 1 : 1;
    return runs;
}

// Places where so many labels are alike, each with the one before it. In a run of one label the
// places that count are those as far from its end: the others say no more than the place before.
class Chains {
public:
    static constexpr std::uint32_t none = 0xFFFFFFFF;

    Chains(std::span<const std::uint8_t> labels, std::uint32_t hashed)
        : hashed_(hashed),
          hash_bits_(std::clamp(static_cast<int>(std::bit_width(labels.size())) + 1, 8, 20)),
          newest_(std::size_t{1} << hash_bits_, none), before_(labels.size(), none),
          labels_(labels) {
        for (std::uint32_t j = 0; j < hashed; ++j) gone_ *= factor;
        for (std::uint32_t j = 0; j + 1 < hashed && j < labels.size(); ++j)
            rolled_ = (rolled_ + labels[j] + 1) * factor;
    }
    // Each place in turn.
    void add(std::size_t i, std::uint32_t run) {
        if (i + hashed_ > labels_.size()) return;
        rolled_ = (rolled_ + labels_[i + hashed_ - 1] + 1) * factor;
        const std::uint64_t key = run < hashed_ ? rolled_ : (rolled_ + run) * factor;
        std::uint32_t& head = newest_[key >> (64 - hash_bits_)];
        before_[i] = head;
        head = static_cast<std::uint32_t>(i);
        rolled_ -= (labels_[i] + 1) * gone_;
    }
    std::uint32_t hashed() const { return hashed_; }
    std::uint32_t before(std::size_t i) const { return before_[i]; }

private:
    static constexpr std::uint64_t factor = 0x9E3779B97F4A7C15u;

    std::uint32_t hashed_;
    int hash_bits_;
    std::uint64_t rolled_ = 0, gone_ = 1;  // of the labels that are hashed; what the first adds
    std::vector<std::uint32_t> newest_, before_;
    std::span<const std::uint8_t> labels_;
};

}  // namespace

// By 24 labels, then those by eight that are nearer than all these, then those by three.
FarMatches far_matches(std::span<const std::uint8_t> labels) {
    const std::size_t n = labels.size();
    FarMatches far{{}, std::vector<std::uint32_t>(n + 1)};
    const std::vector<std::uint32_t> runs = runs_of(labels);
    Chains chains[]{{labels, 24}, {labels, 8}, {labels, shortest}};
    Match last{};
    for (std::size_t i = 0; i < n; ++i) {
        far.starts[i] = static_cast<std::uint32_t>(far.matches.size());
        for (Chains& each : chains) each.add(i, runs[i]);
        if (last.length() > nice_copy) {  // goes on, a label shorter
            last = Match::of(last.length() - 1, last.distance());
            far.matches.push_back(last);
            continue;
        }
        const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(n - i, longest_copy));
        const std::uint8_t* ahead = labels.data() + i;
        std::array<Match, most_far> found;  // from the last on
        std::size_t free = most_far;
        std::uint32_t farthest = window;
        for (const Chains& each : chains) {
            std::array<Match, most_of_kind> matches;
            std::size_t many = 0;
            std::uint32_t best = each.hashed() - 1;
            std::uint32_t at = each.before(i);
            for (int left = depth; left > 0 && at != Chains::none && i - at <= farthest;
                 --left, at = each.before(at)) {
                const std::uint8_t* there = labels.data() + at;
                if (there[best] != ahead[best]) continue;
                const std::uint32_t length = same_labels(there, ahead, most);
                if (length <= best) continue;
                best = length;
                many = std::min(many + 1, most_of_kind);
                matches[many - 1] = Match::of(length, static_cast<std::uint32_t>(i - at));
                if (length >= std::min(nice_copy, most)) break;
            }
            if (many == 0) continue;
            farthest = matches[0].distance() - 1;
            while (many > 0) found[--free] = matches[--many];
        }
        last = free < most_far ? found.back() : Match{};
        far.matches.insert(far.matches.end(), found.begin() + static_cast<std::ptrdiff_t>(free),
                           found.end());
    }
    far.starts[n] = static_cast<std::uint32_t>(far.matches.size());
    return far;
}

}  // namespace huepress::vp8l
