// Fixed-point fit spaces: colour bytes to coordinates and back, in integers only.
#pragma once

#include <span>

#include "types.hpp"

namespace huepress {

enum class Space { srgb, linear, oklab };

// The length that 1.0 has in a fit space: from black to white in a channel, or in Oklab lightness.
inline constexpr std::int64_t fit_unit = 16320;  // 255 * 64: sRGB levels are exact, 64 apart

// ((f(rgb) - f(mid)) * alpha, w * alpha): Euclidean distance is the error of compositing, averaged
// over black and white behind; then the gaps. A fully transparent colour is the origin, whatever its rgb.
Point embed(Space space, Rgba color);

// The colour whose position is nearest but for rounding and gamut; alpha 0 only when it rounds so.
Rgba unembed(Space space, Point point);

void embed(Space space, std::span<const Rgba> colors, std::span<Point> points /* OUT */);

// channels: 3 or 4; colors holds points.size() * channels bytes.
void embed(Space space, std::span<const std::uint8_t> colors, int channels, std::span<Point> points /* OUT */);

// The nearest place where greys, and means of greys, stand.
Point on_grey(Space space, Point point);

// Takes the gaps out of embedded colours, which leaves the error of compositing alone.
void close_gaps(Space space, std::span<Point> points /* IN, OUT */);

void unembed(Space space, std::span<const Point> points, std::span<std::uint8_t> colors /* OUT, RGBA */);

}  // namespace huepress
