// Where errors show less: how much each pixel's error counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace huepress {

// One in a mask: an error there weighs its squared length in the fit space.
inline constexpr int mask_unit = 4096;

// Contrast masks errors: a weight is c / (2 v + c), v the variance around the pixel, as in SSIM
// (Wang et al. 2004), whose constant stands beside the variances in the same way. v is the
// geometric mean of two views: a wide one (sigma 2.8), and the calmest of the four 4x4 windows that
// have the pixel in a corner (after Kuwahara et al. 1976). Beside a line or a digit on a plain
// ground the second is 0, so that no stray pixel hides there.
//
// A slope of lightness hides little: steps across it are contours, and copies along it are streaks.
// So of what a plane explains of lightness only a share counts as variance, `slopes` in 256ths.
//
// Each pixel has two weights, since lightness does not mask chroma: that of errors in lightness and
// alpha, from the variance of lightness (under alpha the lesser of those on black and on white),
// and that of errors in chroma, from the variance of chroma.
//
// pixels: height * width * channels (3 or 4) bytes; mask: height * width pairs in mask_unit.
void masking(std::span<const std::uint8_t> pixels, std::size_t width, int channels, int slopes,
             unsigned threads, std::span<std::uint16_t> mask /* OUT */);

}  // namespace huepress
