#include "deflate/matches.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace huepress::deflating {
namespace {

std::size_t same_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t from,
                       std::size_t most) {
    if constexpr (std::endian::native == std::endian::little) {
        for (; from + 8 <= most; from += 8) {
            std::uint64_t x, y;
            std::memcpy(&x, a + from, 8);
            std::memcpy(&y, b + from, 8);
            if (x != y) return from + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
        }
    }
    while (from < most && a[from] == b[from]) ++from;
    return from;
}

// The strings of the window in one binary tree for each hash of their first three bytes: in
// alphabetic order from left to right, in order of age from the root down. So the walk down to a
// new string meets the nearest place of every length, nearest first; the new string becomes the
// root.
class Trees {
public:
    explicit Trees(std::span<const std::uint8_t> data)
        : data_(data), roots_(std::size_t{1} << hash_bits, none), children_(2 * ring) {}

    // found(length, distance): for each match that is longer than those before it.
    template <class Found>
    void add(std::size_t position, const SearchOptions& options, Found found) {
        const std::size_t most = std::min<std::size_t>(longest_copy, data_.size() - position);
        if (most < shortest_copy) return;  // and so are all that follow
        const std::uint8_t* ahead = data_.data() + position;
        std::int64_t& root = roots_[hash(ahead)];
        const std::int64_t newest = root;
        root = static_cast<std::int64_t>(position);
        const auto self = static_cast<std::uint16_t>(position);
        // Where what comes before and after the new string is hung up next; a node that is its own
        // child has none.
        std::uint16_t *before = child(self, 0), *after = child(self, 1);
        std::size_t same_before = 0, same_after = 0, best = shortest_copy - 1;
        std::size_t best_distance = 0;
        std::size_t distance =
            newest == none || position - static_cast<std::size_t>(newest) > window
                ? 0
                : position - static_cast<std::size_t>(newest);
        std::uint16_t owner_before = self, owner_after = self;
        for (int left = options.depth; distance != 0 && left > 0; --left) {
            const std::uint8_t* there = ahead - distance;
            const auto node = static_cast<std::uint16_t>(position - distance);
            // What matched at the position before goes on here, a byte shorter.
            const std::size_t known =
                std::max(std::min(same_before, same_after),
                         distance == last_distance_ ? std::min(last_length_, most) : 0);
            const std::size_t same = same_bytes(ahead, there, known, most);
            if (same > best) {
                best = same;
                best_distance = distance;
                found(same, distance);
            }
            if (same >= std::min(most, options.nice)) {
                // It takes the place of the node that is, as far as it counts, the same.
                const auto adopted = [&](std::size_t side, std::uint16_t owner) {
                    const std::uint16_t heir = *child(node, side);
                    const bool is_near = static_cast<std::uint16_t>(self - heir) <= window;
                    return heir != node && is_near ? heir : owner;
                };
                *before = adopted(0, owner_before);
                *after = adopted(1, owner_after);
                remember(distance, same);
                return;
            }
            std::uint16_t next;
            if (there[same] < ahead[same]) {
                *before = node;
                owner_before = node;
                before = child(node, 1);
                same_before = same;
                next = *before;
            } else {
                *after = node;
                owner_after = node;
                after = child(node, 0);
                same_after = same;
                next = *after;
            }
            const auto further = static_cast<std::uint16_t>(self - next);
            distance = next == node || further > window ? 0 : further;
        }
        *before = owner_before;
        *after = owner_after;
        remember(best_distance, best);
    }

private:
    static constexpr int hash_bits = 15;
    // Positions are told apart by 16 bits: a child of a node in the window is less than twice the
    // window away.
    static constexpr std::size_t ring = 2 * window;
    static constexpr std::int64_t none = -1;

    static std::size_t hash(const std::uint8_t* p) {
        const std::uint32_t three = p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16;
        return three * 0x9E3779B1u >> (32 - hash_bits);
    }
    void remember(std::size_t distance, std::size_t length) {
        last_distance_ = distance;
        last_length_ = length - 1;
    }
    std::uint16_t* child(std::uint16_t node, std::size_t side) {
        return &children_[2 * std::size_t{node} + side];
    }

    std::span<const std::uint8_t> data_;
    std::vector<std::int64_t> roots_;
    std::vector<std::uint16_t> children_;
    std::size_t last_distance_ = 0, last_length_ = 0;
};

}  // namespace

Matches::Matches(std::span<const std::uint8_t> data, std::size_t first, std::size_t last,
                 const SearchOptions& options) {
    Trees trees(data);
    for (std::size_t i = first - std::min(first, window); i < first; ++i)
        trees.add(i, options, [](std::size_t, std::size_t) {});
    starts_.reserve(last - first + 1);
    matches_.reserve(4 * (last - first));
    for (std::size_t i = first; i < last; ++i) {
        starts_.push_back(static_cast<std::uint32_t>(matches_.size()));
        const std::size_t left = last - i;
        std::size_t longest = 0;
        trees.add(i, options, [&](std::size_t length, std::size_t distance) {
            length = std::min(length, left);
            if (length < shortest_copy || length == longest) return;
            longest = length;
            // The next one copies as much from farther away.
            if (matches_.size() - starts_.back() == most) matches_.pop_back();
            matches_.push_back(Match::of(static_cast<std::uint32_t>(length),
                                         static_cast<std::uint32_t>(distance)));
        });
    }
    starts_.push_back(static_cast<std::uint32_t>(matches_.size()));
}

}  // namespace huepress::deflating
