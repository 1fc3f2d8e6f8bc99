// Greedy parsing learns best while a dictionary grows. Once it is full and kept, the fewest codes
// are found by looking one phrase ahead, as any prefix of a phrase is a phrase (Matias & Sahinalp,
// 1999). Where to clear is a shortest path over places all over the labels.
#include "lzw/lzw.hpp"

#include <algorithm>
#include <limits>

#include "lzw/dictionary.hpp"

namespace huepress::lzw {
namespace {

using Labels = std::span<const std::uint8_t>;
using Codes = std::vector<std::uint16_t>;

// As far before the end of a phrase, others are looked for that end farther on.
constexpr std::size_t lookahead = 32;

class Blocks {
public:
    explicit Blocks(int bits) : bytes_{static_cast<std::uint8_t>(bits)} {}

    void put(int code, int width) {
        held_ |= static_cast<std::uint32_t>(code) << count_;
        for (count_ += width; count_ >= 8; count_ -= 8) {
            byte(static_cast<std::uint8_t>(held_));
            held_ >>= 8;
        }
    }
    std::vector<std::uint8_t> finish() {
        if (count_ > 0) byte(static_cast<std::uint8_t>(held_));
        if (filled_ > 0) bytes_[bytes_.size() - filled_ - 1] = static_cast<std::uint8_t>(filled_);
        bytes_.push_back(0);
        return std::move(bytes_);
    }

private:
    void byte(std::uint8_t value) {
        if (filled_ == 0) bytes_.push_back(255);  // right for all blocks but the last
        bytes_.push_back(value);
        filled_ = (filled_ + 1) % 255;
    }

    std::vector<std::uint8_t> bytes_;
    std::size_t filled_ = 0;  // bytes of the block that is being filled
    std::uint32_t held_ = 0;
    int count_ = 0;
};

struct Match {
    std::size_t length;
    int node;
};

// The longest phrase, or that of at most so many labels.
Match longest(const Dictionary& dictionary, Labels labels) {
    int node = labels[0];
    std::size_t length = 1;
    for (; length < labels.size(); ++length) {
        const int child = dictionary.child(node, labels[length]);
        if (child == 0) break;
        node = child;
    }
    return {length, node};
}

// The phrase after which the next one ends farthest on; of equal ones the longest. least: labels
// that it must win.
Match best_pair(const Dictionary& dictionary, Labels labels, std::size_t least) {
    const Match first = longest(dictionary, labels);
    if (first.length == labels.size()) return first;
    std::size_t length = first.length;
    std::size_t farthest = length + longest(dictionary, labels.subspan(length)).length + least - 1;
    for (std::size_t shorter = first.length - 1;
         shorter > 0 && shorter + lookahead >= first.length && farthest < labels.size();
         --shorter) {
        const std::size_t end = shorter + longest(dictionary, labels.subspan(shorter)).length;
        if (end > farthest) {
            farthest = end;
            length = shorter;
        }
    }
    return length == first.length ? first : longest(dictionary, labels.first(length));
}

// How phrases are chosen while the dictionary grows: by how many labels a pair must be longer to be
// taken instead of the longest phrase and the next; 0 for never.
using Choice = std::size_t;

// The codes from one clear to the next.
Codes parse(Dictionary& dictionary, Labels labels, Choice choice, bool frozen_ahead) {
    dictionary.forget();
    Codes codes;
    while (!labels.empty()) {
        const bool full = dictionary.full();
        const std::size_t least = full ? (frozen_ahead ? 1 : 0) : choice;
        const Match phrase =
            least ? best_pair(dictionary, labels, least) : longest(dictionary, labels);
        codes.push_back(static_cast<std::uint16_t>(phrase.node));
        labels = labels.subspan(phrase.length);
        if (!labels.empty()) dictionary.learn(phrase.node, labels[0]);
    }
    return codes;
}

// Finds where clears pay.
class Clears {
public:
    Clears(Labels labels, Dictionary& dictionary, std::size_t step)
        : labels_(labels), dictionary_(dictionary), step_(step), paths_(labels.size() / step_ + 2) {
        paths_[0].bits = 0;
    }

    // The places of the clears, without that at the start.
    std::vector<std::size_t> find() {
        for (std::size_t i = 0; i * step_ < labels_.size(); ++i) run(i);
        std::vector<std::size_t> places;
        for (std::size_t i = paths_[last()].from; i > 0; i = paths_[i].from)
            places.push_back(i * step_);
        std::reverse(places.begin(), places.end());
        return places;
    }

private:
    // What a known dictionary may save over a new one at the most.
    static constexpr std::uint64_t patience = 20000;

    struct Path {
        std::uint64_t bits = std::numeric_limits<std::uint64_t>::max();
        std::size_t from = 0;
    };

    std::size_t last() const { return (labels_.size() - 1) / step_ + 1; }

    // Codes all labels from a clear on, and notes what that takes as far as each other place.
    void run(std::size_t from) {
        const std::uint64_t before = paths_[from].bits;
        dictionary_.forget();
        std::uint64_t bits = before;
        std::size_t next = from + 1, place = next * step_;
        int node = labels_[from * step_];
        for (std::size_t p = from * step_ + 1; p < labels_.size(); ++p) {
            if (p == place) {
                if (!note(from, next, bits)) return;
                place = ++next * step_;
            }
            const int child = dictionary_.child(node, labels_[p]);
            if (child != 0) {
                node = child;
                continue;
            }
            bits += static_cast<std::uint64_t>(dictionary_.width());
            dictionary_.learn(node, labels_[p]);
            node = labels_[p];
        }
        note(from, last(), bits);
    }

    // Whether to go on.
    bool note(std::size_t from, std::size_t to, std::uint64_t bits) {
        const int count = dictionary_.count();
        bits += static_cast<std::uint64_t>(dictionary_.width()) +
                static_cast<std::uint64_t>(dictionary_.numbering().width(count + 1));
        Path& path = paths_[to];
        if (bits < path.bits) path = {bits, from};
        return bits <= path.bits + patience;
    }

    Labels labels_;
    Dictionary& dictionary_;
    std::size_t step_;
    std::vector<Path> paths_;
};

Codes best_parse(Dictionary& dictionary, Labels labels, Effort effort) {
    Codes best = parse(dictionary, labels, 0, true);
    if (effort == Effort::quick) return best;
    for (const Choice choice : {1, 2, 3}) {
        Codes other = parse(dictionary, labels, choice, true);
        if (other.size() < best.size()) best = std::move(other);
    }
    return best;
}

}  // namespace

std::vector<std::uint8_t> code(std::span<const std::uint8_t> labels, std::size_t width,
                               Effort effort) {
    const std::size_t k = labels.empty() ? 1 : *std::max_element(labels.begin(), labels.end()) + 1u;
    Dictionary dictionary(least_bits(k));
    const Numbering& numbering = dictionary.numbering();
    std::vector<std::size_t> ends;
    if (!labels.empty()) {
        const std::size_t rows = rows_between_clears(width, labels.size() / width);
        const std::size_t step = rows * width * (effort == Effort::quick ? 16 : 1);
        ends = Clears(labels, dictionary, step).find();
        ends.push_back(labels.size());
    }

    Blocks blocks(numbering.bits());
    blocks.put(numbering.clear(), numbering.width(0));
    std::size_t start = 0;
    int count = 0;
    for (const std::size_t end : ends) {
        if (start > 0) blocks.put(numbering.clear(), numbering.width(count));
        count = 0;
        for (const std::uint16_t one :
             best_parse(dictionary, labels.subspan(start, end - start), effort))
            blocks.put(one, numbering.width(count++));
        start = end;
    }
    blocks.put(numbering.end(), numbering.width(count));
    return blocks.finish();
}

}  // namespace huepress::lzw
