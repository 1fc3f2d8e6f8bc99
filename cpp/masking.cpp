#include "masking.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "colorspace.hpp"
#include "parallel.hpp"
#include "pointcache.hpp"

namespace huepress {
namespace {

// Lightness in 4080ths: sums of squares over a window stay within 32 bits.
constexpr std::int64_t unit = fit_unit / 4;
constexpr double c = 0.00045 * unit * unit;
constexpr std::size_t band = 32;    // rows that a worker computes at a time
constexpr std::ptrdiff_t reach = 6;  // how far the wide view goes
constexpr std::ptrdiff_t side = 4;   // of a corner window

// Rows of lightness and of its square, each extended by `reach` copies of its ends.
struct Scratch {
    std::vector<std::int32_t> light, square, wide_light, wide_square, corner;
};

// The wide view is a tent, 1 2 ... 7 ... 2 1: two boxes of 7 have a variance of 8.
constexpr int tent_width = 2 * reach + 1;
constexpr int tent(int i) { return i <= reach ? i + 1 : tent_width - i; }
constexpr int tent_sum = 49;
constexpr double wide_scale = 2.0 / (tent_sum * tent_sum * tent_sum * tent_sum);

void blur_row(const std::int32_t* row, std::size_t width, std::int32_t* sums /* OUT */) {
    for (std::size_t x = 0; x < width; ++x) {
        std::int32_t sum = 0;
        for (int i = 0; i < tent_width; ++i) sum += tent(i) * row[x + static_cast<std::size_t>(i)];
        sums[x] = sum;
    }
}

}  // namespace

void masking(std::span<const std::uint8_t> pixels, std::size_t width, int channels, unsigned threads,
             std::span<std::uint16_t> mask /* OUT */) {
    if (mask.empty()) return;
    const std::size_t height = mask.size() / width;
    const std::size_t planes = channels == 4 ? 2 : 1;
    const std::size_t padded = width + 2 * static_cast<std::size_t>(reach);
    const std::size_t blocks = (height + band - 1) / band;
    std::vector<Scratch> scratch(std::min<std::size_t>(worker_count(threads), blocks));

    for_each_block(blocks, threads, [&](std::size_t block, std::size_t worker) {
        Scratch& s = scratch[worker];
        PointCache point(Space::oklab, channels);
        const auto top = static_cast<std::ptrdiff_t>(block * band);
        const auto bottom = static_cast<std::ptrdiff_t>(std::min(height, (block + 1) * band));
        const auto rows = static_cast<std::size_t>(bottom - top) + 2 * static_cast<std::size_t>(reach);
        s.light.resize(rows * padded);
        s.square.resize(rows * padded);
        s.wide_light.resize(rows * width);
        s.wide_square.resize(rows * width);
        s.corner.resize((rows - 1) * padded);
        for (std::size_t plane = 0; plane < planes; ++plane) {
            for (std::size_t r = 0; r < rows; ++r) {
                const auto y = static_cast<std::size_t>(
                    std::clamp<std::ptrdiff_t>(top + static_cast<std::ptrdiff_t>(r) - reach, 0, static_cast<std::ptrdiff_t>(height) - 1));
                std::int32_t* light = s.light.data() + r * padded;
                for (std::size_t x = 0; x < width; ++x) {
                    const Point& p = point(pixels.data() + (y * width + x) * static_cast<std::size_t>(channels));
                    // On black a colour's lightness is p[0] + p[3], on white p[0] - p[3], but for a constant.
                    light[x + reach] = (channels == 3 ? p[0] : plane == 0 ? p[0] + p[3] - fit_unit / 2 : p[0] - p[3] + fit_unit / 2) / 4;
                }
                std::fill(light, light + reach, light[reach]);
                std::fill(light + reach + width, light + padded, light[reach + static_cast<std::ptrdiff_t>(width) - 1]);
                std::int32_t* square = s.square.data() + r * padded;
                for (std::size_t x = 0; x < padded; ++x) square[x] = light[x] * light[x];
                blur_row(light, width, s.wide_light.data() + r * width);
                blur_row(square, width, s.wide_square.data() + r * width);
            }
            // 256 times the variance of the window whose top left pixel is here.
            for (std::size_t r = 0; r + side <= rows; ++r)
                for (std::size_t x = 0; x + side <= padded; ++x) {
                    std::int32_t sum = 0, squares = 0;
                    for (std::size_t j = 0; j < side; ++j)
                        for (std::size_t i = 0; i < side; ++i) {
                            sum += s.light[(r + j) * padded + x + i];
                            squares += s.square[(r + j) * padded + x + i];
                        }
                    s.corner[r * padded + x] = side * side * squares - sum * sum;
                }
            for (std::ptrdiff_t y = top; y < bottom; ++y) {
                const auto r = static_cast<std::size_t>(y - top);
                std::uint16_t* out = mask.data() + static_cast<std::size_t>(y) * width;
                const std::int32_t* upper = s.corner.data() + (r + reach + 1 - side) * padded + reach;
                const std::int32_t* lower = s.corner.data() + (r + reach) * padded + reach;
                for (std::size_t x = 0; x < width; ++x) {
                    std::int64_t sum = 0, squares = 0;
                    for (int j = 0; j < tent_width; ++j) {
                        const std::size_t at = (r + static_cast<std::size_t>(j)) * width + x;
                        sum += tent(j) * s.wide_light[at];
                        squares += std::int64_t{tent(j)} * s.wide_square[at];
                    }
                    const std::int64_t wide = tent_sum * tent_sum * squares - sum * sum;
                    const auto i = static_cast<std::ptrdiff_t>(x);
                    const std::int32_t calm = std::min(std::min(upper[i + 1 - side], upper[i]), std::min(lower[i + 1 - side], lower[i]));
                    const double product = (static_cast<double>(wide) * wide_scale + c) *
                                           (static_cast<double>(calm) * (2.0 / 256.0) + c);
                    const auto m = static_cast<std::uint16_t>(std::max(mask_unit * c / std::sqrt(product) + 0.5, 1.0));
                    out[x] = plane == 0 ? m : std::max(out[x], m);
                }
            }
        }
    });
}

}  // namespace huepress
