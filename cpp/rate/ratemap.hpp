// Labels that are chosen together with the LZ77 parse an encoder will find in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "color/colorspace.hpp"
#include "rate/screen.hpp"
#include "score/masking.hpp"

namespace huepress {

// Costs stay within int32 up to here.
inline constexpr std::int64_t rate_lambda_max = std::int64_t{1} << 17;

struct RateOptions {
    // What one bit is worth, in squared fit-space length. 0: every pixel takes its nearest code.
    std::int64_t lambda = 0;
    // 256ths of a pixel's error that the three pixels below make up for, a third each.
    int feedback = 0;
    // 256ths of a pixel's error that the next one of its row makes up for, where nothing masks it.
    int dither = 0;
    // 256ths by which the two chroma coordinates are stretched; at most 512.
    int chroma = 256;
    // How many earlier places of like colours are tried at each pixel, besides those next to it; at
    // most 64.
    int chain = 16;
    // The squared distance, times the square of the weight, that a pixel may lie further from its
    // code than from its nearest code; the same for the two chroma coordinates alone. As set here
    // they keep digits and thin coloured strokes, and let busy texture be.
    std::int64_t cap = std::int64_t{1} << 18;
    std::int64_t chroma_cap = std::int64_t{1} << 16;
    // The most of both, whatever masks an error: text masks text, and letters must stay themselves.
    std::int64_t most_cap = std::int64_t{1} << 30;
    // Only the portable bodies of the inner loops: the labels are the same.
    bool portable = false;
    // For the image data of a lossless WebP, not for those of a PNG.
    bool vp8l = false;
    // Labels of a byte of the image data: 2 of at most 16 codes, 4 of at most 4, or 1.
    int pack = 1;
    // What is on the screen already.
    Screen screen{};
};

// pixels: height * width * channels (3 or 4) bytes; codebook: k * channels, 1 <= k <= 256; mask:
// height * width pairs of weights in mask_unit, as masking() writes them; labels: height * width.
// Opaque pixels get opaque codes and clear ones clear codes, where there are any; lambda is above 0
// where there is a screen.
// Returns what the labels should take in the file, in 16ths of a bit; 0 at lambda 0.
std::uint64_t rate_aware(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                         std::span<const std::uint8_t> codebook, Space space,
                         std::span<const std::uint16_t> mask, const RateOptions& options,
                         std::span<std::uint8_t> labels /* OUT */);

}  // namespace huepress
