#include "vp8l/vp8l.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "deflate/bits.hpp"
#include "rate/ordering.hpp"
#include "vp8l/palette.hpp"
#include "vp8l/plan.hpp"
#include "vp8l/predict.hpp"

namespace huepress::vp8l {
namespace {

constexpr std::uint32_t predictor = 0, color_indexing = 3;  // transforms
constexpr int tile_bits = 4;                                // of sides that predictions have

// So many bits as the format gives a label of so many colours: 8, 4, 2 or 1, told as a shift.
int packing(std::size_t k) { return k <= 2 ? 3 : k <= 4 ? 2 : k <= 16 ? 1 : 0; }

std::vector<std::uint8_t> packed(std::span<const std::uint8_t> labels, std::size_t width,
                                 int shift) {
    const std::size_t per = std::size_t{1} << shift, across = (width + per - 1) >> shift;
    const std::size_t height = labels.size() / width, bits = 8 >> shift;
    std::vector<std::uint8_t> out(across * height);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            out[y * across + (x >> shift)] |=
                static_cast<std::uint8_t>(labels[y * width + x] << bits * (x & (per - 1)));
    return out;
}

// Labels of a sorted palette, so many a byte.
struct Picture {
    std::vector<Color> colors;
    std::vector<std::uint8_t> labels;
    std::size_t width;
};

class Source {
public:
    Source(std::span<const std::uint8_t> labels, std::size_t width, std::vector<Color> colors)
        : labels_(labels), width_(width), colors_(std::move(colors)) {}

    std::size_t size() const { return labels_.size(); }
    const std::vector<Color>& colors() const { return colors_; }
    int most_shift() const { return packing(colors_.size()); }

    // A palette of more colours than occur keeps labels from sharing bytes.
    Picture picture(std::span<const std::size_t> order, bool shared) const {
        std::array<std::uint8_t, 256> place{};
        Picture made{{}, std::vector<std::uint8_t>(labels_.size()), width_};
        for (std::size_t i = 0; i < order.size(); ++i) {
            made.colors.push_back(colors_[order[i]]);
            place[order[i]] = static_cast<std::uint8_t>(i);
        }
        for (std::size_t i = 0; i < labels_.size(); ++i) made.labels[i] = place[labels_[i]];
        const int shift = most_shift();
        if (shift == 0) return made;
        if (shared) {
            made.labels = packed(made.labels, width_, shift);
            made.width = (width_ + (std::size_t{1} << shift) - 1) >> shift;
        } else {
            made.colors.resize(17, made.colors.back());
        }
        return made;
    }
    // Orders that may suit predictions: that of the colours, and those of codes that touch.
    std::vector<std::vector<std::size_t>> smooth_orders() const {
        const std::size_t k = colors_.size();
        const std::vector<std::int64_t> touches = touching(labels_, width_, k);
        std::vector<std::vector<std::size_t>> orders{cheapest_order(colors_)};
        for (const auto& way : {chain_codes, settle_codes, link_codes}) {
            std::vector<std::int64_t> order(k);
            way(touches, order);
            orders.emplace_back(order.begin(), order.end());
        }
        return orders;
    }

private:
    std::span<const std::uint8_t> labels_;
    std::size_t width_;
    std::vector<Color> colors_;
};

// All that is to be written.
struct Attempt {
    Palette palette;
    std::size_t k;
    std::optional<TileMap> modes;
    Plan plan;

    static Attempt plain(Picture picture) {
        return {Palette(picture.colors),
                picture.colors.size(),
                {},
                Plan(std::move(picture.labels), picture.width)};
    }
    static Attempt predicting(const Picture& picture) {
        Prediction made = predicted(picture.labels, picture.width, tile_bits);
        return {Palette(picture.colors), picture.colors.size(), TileMap(made.modes, made.across),
                Plan(std::move(made.differences), picture.width)};
    }
    std::uint64_t bits() const {
        return palette.bits() + plan.bits() + (modes ? modes->bits() : 0);
    }
    void write(BitWriter& out) const {
        out.put(1, 1);
        out.put(color_indexing, 2);
        out.put(static_cast<std::uint32_t>(k - 1), 8);
        palette.write(out);
        if (modes) {
            out.put(1, 1);
            out.put(predictor, 2);
            out.put(tile_bits - 2, 3);
            modes->write(out);
        }
        out.put(0, 1);  // no other transform
        plan.write(out);
    }
};

Attempt plain_attempt(const Source& source) {
    const std::vector<std::size_t> order = cheapest_order(source.colors());
    Attempt best = Attempt::plain(source.picture(order, true));
    if (source.most_shift() > 0) {
        Attempt whole = Attempt::plain(source.picture(order, false));
        if (whole.bits() < best.bits()) best = std::move(whole);
    }
    return best;
}

// The picture whose labels can be predicted best, and what it should take.
std::pair<Picture, std::uint64_t> most_predictable(const Source& source) {
    std::optional<Picture> best;
    std::uint64_t least = 0;
    for (const std::vector<std::size_t>& order : source.smooth_orders())
        for (const bool shared : {true, false}) {
            if (shared && source.most_shift() == 0) continue;
            Picture picture = source.picture(order, shared);
            const std::uint64_t bits = predicted_bits(picture.labels, picture.width, tile_bits) +
                                       Palette(picture.colors).bits();
            if (best && bits >= least) continue;
            least = bits;
            best = std::move(picture);
        }
    return {std::move(*best), least};
}

// Whether predictions are worth a try. A tile that copies cover takes a few bits by itself.
bool is_hopeful(const Picture& picture, std::uint64_t expected, std::uint64_t plain) {
    const std::size_t tiles = (picture.labels.size() >> 2 * tile_bits) + 1;
    return expected * 7 / 8 < plain + 4 * tiles;
}

// Groups make of either less by up to a tenth: both are grouped unless one is far ahead.
Attempt best_attempt(const Source& source) {
    Attempt plain = plain_attempt(source);
    if (source.size() > predicted_max) {
        plain.plan.group();
        return plain;
    }
    const std::uint64_t before = plain.bits();
    const auto [picture, expected] = most_predictable(source);
    if (is_hopeful(picture, expected, before)) {
        Attempt other = Attempt::predicting(picture);
        const std::uint64_t bits = other.bits();
        if (bits < before + before / 24) {
            other.plan.group();
            if (bits < before - before / 12) return other;
            plain.plan.group();
            return other.bits() < plain.bits() ? std::move(other) : std::move(plain);
        }
    }
    plain.plan.group();
    return plain;
}

}  // namespace

std::vector<std::uint8_t> encode(std::span<const std::uint8_t> labels, std::size_t width,
                                 std::span<const std::uint8_t> palette) {
    std::vector<Color> colors(palette.size() / 4);
    bool has_alpha = false;
    for (std::size_t i = 0; i < colors.size(); ++i) {
        std::copy_n(palette.begin() + static_cast<std::ptrdiff_t>(4 * i), 4, colors[i].begin());
        has_alpha |= colors[i][3] != 255;
    }
    const Attempt best = best_attempt(Source(labels, width, std::move(colors)));
    BitWriter out;
    out.put(0x2F, 8);
    out.put(static_cast<std::uint32_t>(width - 1), 14);
    out.put(static_cast<std::uint32_t>(labels.size() / width - 1), 14);
    out.put(has_alpha, 1);
    out.put(0, 3);
    best.write(out);
    out.fill_byte();
    return out.take();
}

}  // namespace huepress::vp8l
