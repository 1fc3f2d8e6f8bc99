// The phrases of GIF's LZW (Welch, 1984), as its decoder learns them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace huepress::lzw {

inline constexpr int codes_max = 4096;
inline constexpr int width_max = 12;

// The bits of labels below `k`, at least two: a GIF knows no less.
constexpr int least_bits(std::size_t k) {
    return std::max(2, static_cast<int>(std::bit_width(k < 2 ? 1 : k - 1)));
}

// Clears are tried after so many rows, and their multiples.
constexpr std::size_t rows_between_clears(std::size_t width, std::size_t height) {
    constexpr std::size_t least_labels = 1024, most_places = 128;
    return std::max(least_labels / std::max<std::size_t>(width, 1) + 1, height / most_places + 1);
}

// How codes are numbered and how wide they are: labels, then clear and end, then phrases.
class Numbering {
public:
    explicit Numbering(int bits) : bits_(bits) {}

    int bits() const { return bits_; }
    int clear() const { return 1 << bits_; }
    int end() const { return clear() + 1; }
    // The code of the phrase that is learned from the code so many after a clear, and its label.
    int learned(int count) const { return clear() + 2 + count; }
    bool full(int count) const { return learned(count) >= codes_max; }
    // The bits of the code that comes so many after a clear: the decoder is one phrase behind.
    int width(int count) const {
        const int next = learned(std::max(count - 1, 0));
        return std::min(static_cast<int>(std::bit_width(static_cast<unsigned>(next))), width_max);
    }

private:
    int bits_;
};

// A trie: a node is the code of its phrase; the labels are its roots.
class Dictionary {
public:
    explicit Dictionary(int bits)
        : numbering_(bits), children_(static_cast<std::size_t>(codes_max) << bits, 0) {}

    const Numbering& numbering() const { return numbering_; }
    // Codes since the last clear.
    int count() const { return count_; }
    bool full() const { return numbering_.full(count_); }
    int width() const { return numbering_.width(count_); }

    // The phrase that is longer by a label; 0 where there is none.
    int child(int node, std::uint8_t label) const { return children_[slot(node, label)]; }

    // Learns from a code and the label after it. Where the longer phrase is known already, a number
    // is spent for nothing.
    bool learn(int node, std::uint8_t label) {
        bool added = false;
        if (!full() && child(node, label) == 0) {
            children_[slot(node, label)] = static_cast<std::uint16_t>(numbering_.learned(count_));
            filled_.push_back(static_cast<std::uint32_t>(slot(node, label)));
            added = true;
        }
        ++count_;
        return added;
    }

    void forget() {
        for (const std::uint32_t at : filled_) children_[at] = 0;
        filled_.clear();
        count_ = 0;
    }

private:
    std::size_t slot(int node, std::uint8_t label) const {
        return static_cast<std::size_t>(node) << numbering_.bits() | label;
    }

    Numbering numbering_;
    std::vector<std::uint16_t> children_;  // of each node by label; no phrase has the number 0
    std::vector<std::uint32_t> filled_;
    int count_ = 0;
};

}  // namespace huepress::lzw
