// The codebook that suits given labels best.
#pragma once

#include <cstdint>
#include <span>

#include "color/colorspace.hpp"

namespace huepress {

// Each code moves `step` sixteenths of the way to the mean, in the fit space, of the pixels that
// have its label: of the opaque ones, where an opaque code has any. Codes without pixels stay, and
// so does full transparency. A grey code stays grey where two thirds of those pixels are.
//
// pixels: labels.size() * channels (3 or 4) bytes; codebook and refitted: k * channels; every label
// must be below k; step is from 0 to 16.
void refit(std::span<const std::uint8_t> pixels, int channels,
           std::span<const std::uint8_t> codebook, Space space,
           std::span<const std::uint8_t> labels, int step,
           std::span<std::uint8_t> refitted /* OUT */);

}  // namespace huepress
