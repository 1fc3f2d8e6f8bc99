#include "deflate/huffman.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace huepress::deflating {
namespace {

constexpr std::size_t most = 320;
constexpr int longest_limit = 15;

struct Leaf {
    std::uint32_t count;
    std::uint16_t symbol;
};

// Huffman's algorithm over leaves in ascending order: joined nodes come out in ascending order too,
// so that two queues do. Returns the greatest depth.
int plain_depths(std::span<const Leaf> leaves, std::span<std::uint8_t> depths /* OUT */) {
    const std::size_t n = leaves.size();
    std::array<std::uint64_t, most> joined;
    std::array<std::uint16_t, 2 * most> parent;  // of leaves, then of joined nodes
    std::size_t leaf = 0, node = 0;
    for (std::size_t made = 0; made + 1 < n; ++made) {
        std::uint64_t sum = 0;
        for (int side = 0; side < 2; ++side) {
            const bool takes_leaf =
                leaf < n && (node >= made || leaves[leaf].count <= joined[node]);
            sum += takes_leaf ? leaves[leaf].count : joined[node];
            parent[takes_leaf ? leaf++ : n + node++] = static_cast<std::uint16_t>(made);
        }
        joined[made] = sum;
    }
    std::array<std::uint16_t, most> depth;
    depth[n - 2] = 0;
    for (std::size_t i = n - 2; i-- > 0;)
        depth[i] = static_cast<std::uint16_t>(depth[parent[n + i]] + 1);
    int deepest = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const int own = depth[parent[i]] + 1;
        deepest = std::max(deepest, own);
        depths[i] = static_cast<std::uint8_t>(std::min(own, 255));
    }
    return deepest;
}

// Package-merge (Larmore & Hirschberg, 1990): each level's list holds the leaves and the pairs of
// the level below, in ascending order; the first 2n - 2 of the top one are taken.
void limited_depths(std::span<const Leaf> leaves, int limit,
                    std::span<std::uint8_t> depths /* OUT */) {
    const std::size_t n = leaves.size();
    std::array<std::array<bool, 2 * most>, longest_limit> is_pair;
    std::array<std::uint64_t, 2 * most> list, below;
    std::size_t size = 0;
    for (int level = 0; level < limit; ++level) {
        std::swap(list, below);
        const std::size_t pairs = size / 2;
        std::size_t leaf = 0, pair = 0;
        for (size = 0; leaf < n || pair < pairs; ++size) {
            const std::uint64_t sum = pair < pairs ? below[2 * pair] + below[2 * pair + 1] : 0;
            const bool takes_pair = pair < pairs && (leaf == n || sum < leaves[leaf].count);
            is_pair[static_cast<std::size_t>(level)][size] = takes_pair;
            if (takes_pair) {
                list[size] = sum;
                ++pair;
            } else {
                list[size] = leaves[leaf++].count;
            }
        }
    }
    std::fill_n(depths.begin(), n, std::uint8_t{0});
    std::size_t taken = 2 * n - 2;
    for (int level = limit; level-- > 0;) {
        const auto& pairs = is_pair[static_cast<std::size_t>(level)];
        const auto taken_pairs = static_cast<std::size_t>(
            std::count(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(taken), true));
        for (std::size_t i = 0; i < taken - taken_pairs; ++i) ++depths[i];
        taken = 2 * taken_pairs;
    }
}

}  // namespace

void code_lengths(std::span<const std::uint32_t> counts, int limit,
                  std::span<std::uint8_t> lengths) {
    std::array<Leaf, most> all;
    std::size_t n = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        lengths[i] = 0;
        if (counts[i]) all[n++] = {counts[i], static_cast<std::uint16_t>(i)};
    }
    if (n <= 1) {
        if (n) lengths[all[0].symbol] = 1;
        return;
    }
    const std::span<Leaf> leaves(all.data(), n);
    std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) {
        return a.count != b.count ? a.count < b.count : a.symbol < b.symbol;
    });
    std::array<std::uint8_t, most> depths;
    if (plain_depths(leaves, depths) > limit) limited_depths(leaves, limit, depths);
    for (std::size_t i = 0; i < n; ++i) lengths[leaves[i].symbol] = depths[i];
}

void balanced_lengths(std::span<const std::uint32_t> counts, std::span<std::uint8_t> lengths) {
    struct Node {
        std::uint64_t count;
        std::uint16_t depth, id;
    };
    std::array<Node, most> heap;
    std::array<std::uint16_t, 2 * most> parent;  // of leaves, then of joined nodes
    std::array<std::size_t, most> symbols;
    std::size_t n = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i]) {
            heap[n] = {counts[i], 0, static_cast<std::uint16_t>(n)};
            symbols[n++] = i;
        }
    if (n <= 1) return;
    const std::size_t leaves = n;
    const auto comes_first = [](const Node& a, const Node& b) {
        return a.count < b.count || (a.count == b.count && a.depth <= b.depth);
    };
    const auto sink = [&](std::size_t at) {
        const Node node = heap[at];
        for (std::size_t child; (child = 2 * at + 1) < n; at = child) {
            if (child + 1 < n && comes_first(heap[child + 1], heap[child])) ++child;
            if (comes_first(node, heap[child])) break;
            heap[at] = heap[child];
        }
        heap[at] = node;
    };
    for (std::size_t i = n / 2; i-- > 0;) sink(i);
    for (std::size_t made = leaves; n > 1; ++made) {
        const Node least = heap[0];
        heap[0] = heap[--n];
        sink(0);
        const Node next = heap[0];
        parent[least.id] = parent[next.id] = static_cast<std::uint16_t>(made);
        heap[0] = {least.count + next.count,
                   static_cast<std::uint16_t>(std::max(least.depth, next.depth) + 1),
                   static_cast<std::uint16_t>(made)};
        sink(0);
    }
    const std::size_t nodes = 2 * leaves - 1;
    std::array<std::uint16_t, 2 * most> depth;
    depth[nodes - 1] = 0;
    for (std::size_t i = nodes - 1; i-- > 0;) {
        depth[i] = static_cast<std::uint16_t>(depth[parent[i]] + 1);
        if (depth[i] > longest_limit) return;
    }
    for (std::size_t i = 0; i < leaves; ++i)
        lengths[symbols[i]] = static_cast<std::uint8_t>(depth[i]);
}

void canonical_codes(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> codes) {
    std::array<std::uint32_t, longest_limit + 2> next{};
    for (const std::uint8_t length : lengths)
        if (length) ++next[length + 1u];
    // So far next[l + 1] counts those of length l; the first code of each length follows.
    std::uint32_t code = 0;
    for (std::size_t length = 1; length <= longest_limit; ++length) {
        code = (code + next[length]) << 1;
        next[length] = code;
    }
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        std::uint32_t turned = 0;
        if (lengths[i])
            for (std::uint32_t bits = next[lengths[i]]++, j = 0; j < lengths[i]; ++j, bits >>= 1)
                turned = 2 * turned + (bits & 1);
        codes[i] = static_cast<std::uint16_t>(turned);
    }
}

}  // namespace huepress::deflating
