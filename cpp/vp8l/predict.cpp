#include "vp8l/predict.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "deflate/log2.hpp"
#include "vp8l/parse.hpp"

namespace huepress::vp8l {
namespace {

constexpr std::size_t modes = 14;
constexpr std::uint32_t change = 4 * bit_unit;  // what another mode than the tile before takes

int average(int a, int b) { return (a + b) >> 1; }
int clamped(int value) { return std::clamp(value, 0, 255); }

// What a mode expects of a label right of l, below t, between tl and tr.
template <int mode>
int expected(int l, int t, int tl, int tr) {
    if constexpr (mode == 0) return 0;
    if constexpr (mode == 1) return l;
    if constexpr (mode == 2) return t;
    if constexpr (mode == 3) return tr;
    if constexpr (mode == 4) return tl;
    if constexpr (mode == 5) return average(average(l, tr), t);
    if constexpr (mode == 6) return average(l, tl);
    if constexpr (mode == 7) return average(l, t);
    if constexpr (mode == 8) return average(tl, t);
    if constexpr (mode == 9) return average(t, tr);
    if constexpr (mode == 10) return average(average(l, tl), average(t, tr));
    if constexpr (mode == 11) return std::abs(t - tl) < std::abs(l - tl) ? l : t;
    if constexpr (mode == 12) return clamped(l + t - tl);
    if constexpr (mode == 13) return clamped(average(l, t) + (average(l, t) - tl) / 2);
}

template <int mode>
void subtract(const std::uint8_t* row, const std::uint8_t* above, std::size_t from, std::size_t to,
              std::uint8_t* out /* OUT */) {
    for (std::size_t x = from; x < to; ++x)
        out[x] = static_cast<std::uint8_t>(
            row[x] - expected<mode>(row[x - 1], above[x], above[x - 1], above[x + 1]));
}

using Subtract = void (*)(const std::uint8_t*, const std::uint8_t*, std::size_t, std::size_t,
                          std::uint8_t*);
constexpr std::array<Subtract, modes> subtract_by{
    subtract<0>, subtract<1>, subtract<2>, subtract<3>,  subtract<4>,  subtract<5>,  subtract<6>,
    subtract<7>, subtract<8>, subtract<9>, subtract<10>, subtract<11>, subtract<12>, subtract<13>};

// Rows of labels, each with the row above it as the modes see that.
class Rows {
public:
    Rows(std::span<const std::uint8_t> labels, std::size_t width)
        : labels_(labels), width_(width), above_(width + 1) {}

    void move_to(std::size_t y) {
        row_ = labels_.data() + y * width_;
        is_first_ = y == 0;
        if (is_first_) return;
        std::copy_n(row_ - width_, width_, above_.begin());
        above_[width_] = row_[0];  // right of the last one, by the format
    }
    // Differences from `from` up to `to`. The first row and column have modes of their own.
    void subtract(std::size_t mode, std::size_t from, std::size_t to,
                  std::uint8_t* out /* OUT */) const {
        if (from == 0 && to > 0) {
            out[0] = static_cast<std::uint8_t>(row_[0] - (is_first_ ? 0 : above_[0]));
            ++from;
        }
        subtract_by[is_first_ ? 1 : mode](row_, above_.data(), from, to, out);
    }

private:
    std::span<const std::uint8_t> labels_;
    std::size_t width_;
    std::vector<std::uint8_t> above_;
    const std::uint8_t* row_ = nullptr;
    bool is_first_ = true;
};

using Histogram = std::array<std::uint16_t, 256>;

// What a tile's differences take by a code that is half its own and half that of all.
class Pricing {
public:
    Pricing() {
        for (std::uint32_t i = 0; i < 256; ++i) all_[i] = 1 + (4096 >> std::min({i, 256 - i, 13u}));
        settle();
    }
    void count(const Histogram& tile) {
        for (std::size_t i = 0; i < 256; ++i) next_[i] += tile[i];
    }
    // From what was counted since the last time.
    void renew() {
        for (std::size_t i = 0; i < 256; ++i) all_[i] = 16 * next_[i] + 1;
        next_ = {};
        settle();
    }
    std::uint64_t of(const Histogram& tile, std::uint32_t total) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < 256; ++i) {
            if (!tile[i]) continue;
            // (count + share * prior) / (total + prior)
            const std::uint64_t weight = (std::uint64_t{tile[i]} << 16) + share_[i];
            sum += tile[i] * std::uint64_t{log2_64((total + prior) << 10) -
                                           log2_64(static_cast<std::uint32_t>(weight >> 6))};
        }
        return sum;
    }

private:
    static constexpr std::uint32_t prior = 48;
    static std::uint32_t log2_64(std::uint32_t x) {
        return deflating::log2_of(x) >> (deflating::log2_shift - 6);
    }
    void settle() {
        std::uint64_t total = 0;
        for (const std::uint64_t n : all_) total += n;
        for (std::size_t i = 0; i < 256; ++i) share_[i] = (all_[i] * (prior << 16)) / total + 64;
    }

    std::array<std::uint64_t, 256> all_{}, next_{};
    std::array<std::uint64_t, 256> share_{};  // of the prior, in 65536ths
};

class Predictor {
public:
    Predictor(std::span<const std::uint8_t> labels, std::size_t width, int bits)
        : labels_(labels), width_(width), height_(labels.size() / width), bits_(bits),
          across_((width + (std::size_t{1} << bits) - 1) >> bits),
          down_((height_ + (std::size_t{1} << bits) - 1) >> bits), modes_(across_ * down_),
          counts_(modes * across_), rows_(labels, width), differences_(width) {}

    // Chooses modes of every so many rows of tiles: what they take, in 64ths of a bit.
    std::uint64_t choose(std::size_t every) {
        std::uint64_t cost = 0;
        for (std::size_t v = every / 2; v < down_; v += every) cost += choose_row(v);
        pricing_.renew();
        return cost;
    }
    std::size_t down() const { return down_; }
    std::size_t across() const { return across_; }

    std::vector<std::uint8_t> modes_of_tiles() const { return modes_; }
    std::vector<std::uint8_t> differences() {
        std::vector<std::uint8_t> out(labels_.size());
        for (std::size_t y = 0; y < height_; ++y) {
            rows_.move_to(y);
            for (std::size_t u = 0; u < across_; ++u)
                rows_.subtract(modes_[(y >> bits_) * across_ + u], u << bits_,
                               std::min(width_, (u + 1) << bits_), out.data() + y * width_);
        }
        return out;
    }

private:
    std::uint64_t choose_row(std::size_t v) {
        const std::size_t first = v << bits_, last = std::min(height_, (v + 1) << bits_);
        std::fill(counts_.begin(), counts_.end(), Histogram{});
        for (std::size_t y = first; y < last; ++y) {
            rows_.move_to(y);
            for (std::size_t mode = 0; mode < modes; ++mode) {
                rows_.subtract(mode, 0, width_, differences_.data());
                for (std::size_t x = 0; x < width_; ++x)
                    ++counts_[mode * across_ + (x >> bits_)][differences_[x]];
            }
        }
        std::uint64_t sum = 0;
        for (std::size_t u = 0; u < across_; ++u) {
            const std::size_t columns = std::min(width_, (u + 1) << bits_) - (u << bits_);
            const auto total = static_cast<std::uint32_t>(columns * (last - first));
            const std::size_t tile = v * across_ + u;
            std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
            for (std::size_t mode = 0; mode < modes; ++mode) {
                const std::uint64_t cost = pricing_.of(counts_[mode * across_ + u], total) +
                                           (u && modes_[tile - 1] == mode ? 0 : change / 2) +
                                           (v && modes_[tile - across_] == mode ? 0 : change / 2);
                if (cost >= least) continue;
                least = cost;
                modes_[tile] = static_cast<std::uint8_t>(mode);
            }
            sum += least;
            pricing_.count(counts_[modes_[tile] * across_ + u]);
        }
        return sum;
    }

    std::span<const std::uint8_t> labels_;
    std::size_t width_, height_;
    int bits_;
    std::size_t across_, down_;
    std::vector<std::uint8_t> modes_;
    std::vector<Histogram> counts_;  // of a row of tiles, by mode
    Rows rows_;
    std::vector<std::uint8_t> differences_;
    Pricing pricing_;
};

}  // namespace

Prediction predicted(std::span<const std::uint8_t> labels, std::size_t width, int bits) {
    Predictor predictor(labels, width, bits);
    for (int round = 0; round < 2; ++round) predictor.choose(1);
    return {predictor.across(), predictor.modes_of_tiles(), predictor.differences()};
}

std::uint64_t predicted_bits(std::span<const std::uint8_t> labels, std::size_t width, int bits) {
    Predictor predictor(labels, width, bits);
    const std::size_t every = predictor.down() < 16 ? 1 : 4;
    predictor.choose(every);
    return every * predictor.choose(every) / bit_unit;
}

}  // namespace huepress::vp8l
