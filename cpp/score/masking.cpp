#include "score/masking.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "color/colorspace.hpp"
#include "core/parallel.hpp"

namespace huepress {
namespace {

// Lengths in 4080ths of black to white: sums of squares over a window stay within 32 bits.
constexpr std::int64_t unit = fit_unit / 4;
// Measured: least bytes at equal SSIMULACRA2 over photographs, sprites and screenshots.
constexpr double lightness_constant = 0.00045 * unit * unit;
constexpr double chroma_constant = 0.000075 * unit * unit;

constexpr std::size_t band = 64;     // rows that a worker computes at a time
constexpr std::size_t strip = 4096;  // and columns: what it needs for them is many times the pixels
constexpr std::size_t reach = 6;     // how far the wide view goes
constexpr std::size_t side = 4;      // of a corner window

// The wide view is a tent, 1 2 ... 7 ... 2 1: two boxes of 7, which have a variance of 8.
constexpr std::size_t box = reach + 1;
constexpr double tent_sum = box * box;
constexpr double wide_scale = 2.0 / (tent_sum * tent_sum * tent_sum * tent_sum);
constexpr double corner_scale = 2.0 / (side * side * side * side);

// What a plane explains, fitted by least squares, is the square of the sum of values times places
// over the places' variance: 8 and 5/4 square pixels. The sums below are half and twice of that.
constexpr double wide_slope_scale = 4.0 / 8;
constexpr double corner_slope_scale = 0.25 / 1.25;

enum class View { lightness, on_black, on_white, chroma };

// What a worker needs for one band: rows extended by `reach` on all sides. Coordinates are at most
// half a unit from 0, so that sums of squares over a corner window, and over 49 x 7 pixels, stay
// within int32; larger ones are whole numbers that doubles hold exactly.
struct Scratch {
    std::vector<Point> points;  // in 4080ths
    std::vector<std::int32_t> value, square, pairs;
    std::vector<std::int32_t> wide_value, wide_slope, wide_square, side_value, side_slope,
        side_square;
    std::vector<std::int32_t> box_value, box_slope, box_square;  // of seven rows of the wide ones
    std::vector<std::int32_t> fall;  // how those rows differ from top to bottom
    std::vector<std::int32_t> lean, sum, across, down;
    std::vector<double> squares;
    std::vector<double> wide;          // variances, times tent_sum^4
    std::vector<std::int32_t> corner;  // and side^4
    std::vector<std::uint8_t> tile;    // of a picture of more than one strip
    std::vector<std::uint16_t> tile_mask;

    void fit(std::size_t rows, std::size_t width) {
        const std::size_t padded = width + 2 * reach;
        points.resize(rows * width);
        for (auto* v : {&value, &square, &pairs, &lean}) v->resize(padded);
        for (auto* v :
             {&wide_value, &wide_slope, &wide_square, &box_value, &box_slope, &box_square, &fall})
            v->resize(rows * width);
        for (auto* v : {&side_value, &side_slope, &side_square}) v->resize(rows * padded);
        for (auto* v : {&sum, &across, &down}) v->resize(width);
        squares.resize(width);
    }
};

struct Picture {
    std::span<const std::uint8_t> pixels;
    std::size_t width, height;
    int channels;
    double explained;  // see add_variances; for lightness
};

}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "score/masking_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {
namespace {

using MaskRows = decltype(&plain::mask_rows);

// The same for one strip, cut out as a picture of its own with all that its pixels see.
void mask_strip(const Picture& picture, std::size_t top, std::size_t bottom, std::size_t left,
                Scratch& s, MaskRows body, std::span<std::uint16_t> mask /* OUT */) {
    const std::size_t right = std::min(picture.width, left + strip);
    const std::size_t x0 = std::max(left, reach) - reach,
                      x1 = std::min(picture.width, right + reach);
    const std::size_t y0 = std::max(top, reach) - reach,
                      y1 = std::min(picture.height, bottom + reach);
    const std::size_t width = x1 - x0, channels = static_cast<std::size_t>(picture.channels);
    s.tile.resize((y1 - y0) * width * channels);
    for (std::size_t y = y0; y < y1; ++y)
        std::copy_n(&picture.pixels[(y * picture.width + x0) * channels], width * channels,
                    &s.tile[(y - y0) * width * channels]);
    s.tile_mask.resize((y1 - y0) * width * 2);
    Picture tile = picture;
    tile.pixels = s.tile;
    tile.width = width;
    tile.height = y1 - y0;
    body(tile, top - y0, bottom - y0, s, s.tile_mask);
    for (std::size_t y = top; y < bottom; ++y)
        std::copy_n(&s.tile_mask[((y - y0) * width + left - x0) * 2], (right - left) * 2,
                    &mask[(y * picture.width + left) * 2]);
}

}  // namespace

void masking(std::span<const std::uint8_t> pixels, std::size_t width, int channels, int slopes,
             unsigned threads, std::span<std::uint16_t> mask /* OUT */) {
    if (mask.empty()) return;
    const Picture picture{pixels, width, mask.size() / (2 * width), channels,
                          (256 - slopes) * (1.0 / 256)};
    const std::size_t bands = (picture.height + band - 1) / band,
                      strips = (width + strip - 1) / strip;
    const std::size_t blocks = bands * strips;
    std::vector<Scratch> scratch(std::min<std::size_t>(worker_count(threads), blocks));
    const MaskRows body = HUEPRESS_BODY_OF(mask_rows);
    for_each_block(blocks, threads, [&](std::size_t block, std::size_t worker) {
        const std::size_t top = block / strips * band,
                          bottom = std::min(picture.height, top + band);
        if (strips == 1)
            body(picture, top, bottom, scratch[worker], mask);
        else
            mask_strip(picture, top, bottom, block % strips * strip, scratch[worker], body, mask);
    });
}

}  // namespace huepress
