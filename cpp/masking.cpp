#include "masking.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "colorspace.hpp"
#include "parallel.hpp"
#include "pointcache.hpp"

namespace huepress {
namespace {

// Lengths in 4080ths of black to white: sums of squares over a window stay within 32 bits.
constexpr std::int64_t unit = fit_unit / 4;
// Measured: least bytes at equal SSIMULACRA2 over photographs, sprites and screenshots.
constexpr double lightness_constant = 0.00045 * unit * unit;
constexpr double chroma_constant = 0.000075 * unit * unit;

constexpr std::size_t band = 64;  // rows that a worker computes at a time
constexpr std::size_t reach = 6;  // how far the wide view goes
constexpr std::size_t side = 4;  // of a corner window

// The wide view is a tent, 1 2 ... 7 ... 2 1: two boxes of 7 have a variance of 8.
constexpr std::size_t tent_width = 2 * reach + 1;
constexpr std::int32_t tent(std::size_t i) {
    return static_cast<std::int32_t>(i <= reach ? i + 1 : tent_width - i);
}
constexpr std::int64_t tent_sum = 49;
constexpr double wide_scale = 2.0 / (tent_sum * tent_sum * tent_sum * tent_sum);
constexpr double corner_scale = 2.0 / (side * side * side * side);

enum class View { lightness, on_black, on_white, chroma };

// What a worker needs for one band: rows extended by `reach` on all sides.
struct Scratch {
    std::vector<Point> points;  // in 4080ths
    std::vector<std::int32_t> value, square, wide_value, wide_square, side_value, side_square;
    std::vector<std::int64_t> wide, corner;  // variances, times tent_sum^4 and side^4
};

std::int32_t coordinate(const Point& p, View view, std::size_t axis) {
    switch (view) {
        case View::lightness: return p[0];
        // On black a colour's lightness is p[0] + p[3], on white p[0] - p[3], but for a constant.
        case View::on_black: return p[0] + p[3] - static_cast<std::int32_t>(unit / 2);
        case View::on_white: return p[0] - p[3] + static_cast<std::int32_t>(unit / 2);
        case View::chroma: break;
    }
    return p[1 + axis];
}

void add_variances(Scratch& s, std::size_t rows, std::size_t width, View view, std::size_t axis) {
    const std::size_t padded = width + 2 * reach;
    for (std::size_t r = 0; r < rows; ++r) {
        std::int32_t* value = s.value.data();
        std::int32_t* square = s.square.data();
        for (std::size_t x = 0; x < padded; ++x) {
            value[x] = coordinate(
                s.points[r * width + std::clamp(x, reach, reach + width - 1) - reach], view, axis);
            square[x] = value[x] * value[x];
        }
        for (std::size_t x = 0; x < width; ++x) {
            std::int32_t sum = 0, squares = 0;
            for (std::size_t i = 0; i < tent_width; ++i) {
                sum += tent(i) * value[x + i];
                squares += tent(i) * square[x + i];
            }
            s.wide_value[r * width + x] = sum;
            s.wide_square[r * width + x] = squares;
        }
        for (std::size_t x = 0; x + side <= padded; ++x) {
            std::int32_t sum = 0, squares = 0;
            for (std::size_t i = 0; i < side; ++i) {
                sum += value[x + i];
                squares += square[x + i];
            }
            s.side_value[r * padded + x] = sum;
            s.side_square[r * padded + x] = squares;
        }
    }
    for (std::size_t r = 0; r + 2 * reach < rows; ++r)
        for (std::size_t x = 0; x < width; ++x) {
            std::int64_t sum = 0, squares = 0;
            for (std::size_t i = 0; i < tent_width; ++i) {
                sum += tent(i) * s.wide_value[(r + i) * width + x];
                squares += std::int64_t{tent(i)} * s.wide_square[(r + i) * width + x];
            }
            s.wide[r * width + x] += tent_sum * tent_sum * squares - sum * sum;
        }
    for (std::size_t r = 0; r + side <= rows; ++r)
        for (std::size_t x = 0; x + side <= padded; ++x) {
            std::int64_t sum = 0, squares = 0;
            for (std::size_t i = 0; i < side; ++i) {
                sum += s.side_value[(r + i) * padded + x];
                squares += s.side_square[(r + i) * padded + x];
            }
            s.corner[r * padded + x] += std::int64_t{side * side} * squares - sum * sum;
        }
}

}  // namespace

void masking(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
             unsigned threads, std::span<std::uint16_t> mask /* OUT */) {
    if (mask.empty()) return;
    const std::size_t height = mask.size() / (2 * width);
    const std::size_t padded = width + 2 * reach;
    const std::size_t blocks = (height + band - 1) / band;
    std::vector<Scratch> scratch(std::min<std::size_t>(worker_count(threads), blocks));

    for_each_block(blocks, threads, [&](std::size_t block, std::size_t worker) {
        Scratch& s = scratch[worker];
        PointCache point(Space::oklab, channels);
        const std::size_t top = block * band, bottom = std::min(height, top + band);
        const std::size_t rows = bottom - top + 2 * reach;
        s.points.resize(rows * width);
        for (auto* v : {&s.value, &s.square}) v->resize(padded);
        for (auto* v : {&s.wide_value, &s.wide_square}) v->resize(rows * width);
        for (auto* v : {&s.side_value, &s.side_square}) v->resize(rows * padded);
        for (std::size_t r = 0; r < rows; ++r) {
            const std::size_t y = std::min(std::max(top + r, reach) - reach, height - 1);
            for (std::size_t x = 0; x < width; ++x) {
                Point& p = s.points[r * width + x];
                p = point(pixels.data() + (y * width + x) * static_cast<std::size_t>(channels));
                for (auto& c : p) c = static_cast<std::int16_t>(c / 4);
            }
        }
        const auto view = [&](View which, std::size_t axes, double c, int one, std::size_t channel,
                              bool first) {
            s.wide.assign((bottom - top) * width, 0);
            s.corner.assign(rows * padded, 0);
            for (std::size_t axis = 0; axis < axes; ++axis)
                add_variances(s, rows, width, which, axis);
            for (std::size_t r = 0; r < bottom - top; ++r) {
                const std::int64_t* lower = s.corner.data() + (r + reach) * padded + reach;
                const std::int64_t* upper = lower - (side - 1) * padded;
                for (std::size_t x = 0; x < width; ++x) {
                    const std::int64_t calm =
                        std::min(std::min(*(upper + x - (side - 1)), upper[x]),
                                 std::min(*(lower + x - (side - 1)), lower[x]));
                    const double product =
                        (static_cast<double>(s.wide[r * width + x]) * wide_scale + c) *
                        (static_cast<double>(calm) * corner_scale + c);
                    const auto m = static_cast<std::uint16_t>(
                        std::max(one * c / std::sqrt(product) + 0.5, 1.0));
                    std::uint16_t& out = mask[2 * ((top + r) * width + x) + channel];
                    out = first ? m : std::max(out, m);
                }
            }
        };
        if (channels == 3) {
            view(View::lightness, 1, lightness_constant, mask_unit, 0, true);
        } else {
            view(View::on_black, 1, lightness_constant, mask_unit, 0, true);
            view(View::on_white, 1, lightness_constant, mask_unit, 0, false);
        }
        view(View::chroma, 2, chroma_constant, mask_unit, 1, true);
    });
}

}  // namespace huepress
