// Labels that are chosen together with the LZ77 parse a deflate encoder will find in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "colorspace.hpp"
#include "masking.hpp"

namespace huepress {

// Costs stay within int32 up to here.
inline constexpr std::int64_t rate_lambda_max = std::int64_t{1} << 16;

struct RateOptions {
    // What one bit is worth, in squared fit-space length. 0: every pixel takes its nearest code.
    std::int64_t lambda = 0;
    // 256ths of a pixel's error that its neighbour below makes up for.
    int feedback = 0;
    // How many earlier places of like colours are tried at each pixel, besides those next to it.
    int chain = 16;
    // The squared distance that a pixel may lie further from its code than from its nearest code;
    // the same for the two chroma coordinates alone.
    std::int64_t cap = std::int64_t{1} << 30;
    std::int64_t chroma_cap = std::int64_t{1} << 30;
    // Only the portable bodies of the inner loops: the labels are the same.
    bool portable = false;
};

// pixels: height * width * channels (3 or 4) bytes; codebook: k * channels, 1 <= k <= 256; mask:
// height * width weights in mask_unit; labels: height * width. Throws nothing but bad_alloc.
void rate_aware(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                std::span<const std::uint8_t> codebook, Space space, std::span<const std::uint16_t> mask,
                const RateOptions& options, std::span<std::uint8_t> labels /* OUT */);

}  // namespace huepress
