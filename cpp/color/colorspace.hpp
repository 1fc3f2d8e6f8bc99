// Fixed-point fit spaces: colour bytes to coordinates and back, in integers only.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/types.hpp"

namespace huepress {

enum class Space { srgb, linear, oklab };

// The length that 1.0 has in a fit space: from black to white in a channel, or in Oklab lightness.
inline constexpr std::int64_t fit_unit = 16320;  // 255 * 64: sRGB levels are exact, 64 apart

// ((f(rgb) - f(mid)) * alpha, w * alpha): Euclidean distance is the error of compositing, averaged
// over black and white behind; then the gaps. A fully transparent colour is the origin, whatever
// its rgb.
Point embed(Space space, Rgba color);

// The colour whose position is nearest but for rounding and gamut; alpha 0 only when it rounds so.
Rgba unembed(Space space, Point point);

void embed(Space space, std::span<const Rgba> colors, std::span<Point> points /* OUT */);

// channels: 3 or 4; colors holds points.size() * channels bytes.
void embed(Space space, std::span<const std::uint8_t> colors, int channels,
           std::span<Point> points /* OUT */);

// The nearest place where greys, and means of greys, stand.
Point on_grey(Space space, Point point);

// Takes the gaps out of embedded colours, which leaves the error of compositing alone.
void close_gaps(Space space, std::span<Point> points /* IN, OUT */);

void unembed(Space space, std::span<const Point> points,
             std::span<std::uint8_t> colors /* OUT, RGBA */);

// 1.0 in linear light, of which a level's is a whole number.
inline constexpr std::int32_t light_unit = 1 << 20;

// The linear light of a level in halves, of which the odd ones are the borders between levels.
// Beyond 0 and 510 the curve goes on as its mirror image in each end.
std::int32_t light_of_half_level(int half_level);

// The positions in Oklab of opaque colours that may lie outside the cube, each channel by up to two
// light_units: a negative cone response has a negative root. No coordinate goes beyond 2^14.
using Light = std::array<std::int32_t, 3>;
void oklab_of_light(std::span<const Light> lights, std::span<Point> points /* OUT */);

}  // namespace huepress
