// Dithering: labels that are right on average over a neighbourhood instead of pixel by pixel.
#pragma once

#include <cstdint>
#include <span>

#include "colorspace.hpp"

namespace huepress {

// R. Floyd and L. Steinberg, "An adaptive algorithm for spatial greyscale" (1976), every row from
// left to right, in integers. With e the errors of the four neighbours already labelled,
//   sum    = 7 e[left] + e[above left] + 5 e[above] + 3 e[above right]
//   target = clamp(pixel + floor((strength sum + 2048) / 4096), 0, 255)
//   label  = the nearest code of target
//   e      = clamp(target - code, -reach, reach)
// channel by channel; outside the picture e is 0. The target's error counts after clamping, and not
// beyond error_reach(): what colours outside the codebook's hull cannot get would else pile up and
// smear (on photographs at K=16 this takes 10 % off the squared error of the blurred picture).
//
// Four channels: alpha goes as above, but an opaque pixel's target stays opaque, that of a translucent
// one translucent, and a colour is diffused as it composites, which keeps the mean right over any
// background. With premultiplied errors e in 255ths of a level,
//   premultiplied = clamp(pixel alpha[pixel] + floor((strength sum + 2048) / 4096), 0, 255 alpha)
//   target        = floor((premultiplied + floor(alpha / 2)) / alpha)
//   e             = clamp(target alpha - code alpha[code], -255 reach, 255 reach)
// Fully transparent pixels keep the label that map_nearest gives them, take no error and pass none.
// Opaque pixels and codes give the same labels as with three channels.
//
// strength: in 256ths, 0 to 256; at 0 the labels are map_nearest's.
template <class Label>
void error_diffusion(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                     std::span<const Rgba> codebook, Space space, int strength, unsigned threads,
                     std::span<Label> labels /* OUT */);

// Mixes two codes by a 64x64 blue-noise mask that repeats over the picture. See dither.cpp.
template <class Label>
void ordered(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
             std::span<const Rgba> codebook, Space space, unsigned threads, std::span<Label> labels /* OUT */);

// The threshold of the mask at (x mod 64, y mod 64), for tests of the mask itself.
std::span<const std::uint8_t> blue_noise();

}  // namespace huepress
