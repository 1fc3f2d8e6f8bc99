// SSIMULACRA2: how different two images look, from 100 (identical) downwards; below 0 is possible.
// Jon Sneyers (Cloudinary) 2022-2023, the tool `ssimulacra2` of libjxl, https://github.com/cloudinary/ssimulacra2
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress {

// Interleaved sRGB bytes with 3 channels, or 4 where the last is straight alpha.
struct Pixels {
    std::span<const std::uint8_t> bytes;
    int height, width, channels;
};

// One original, against which any number of versions are scored. What only the original decides
// (local means, variances and edges at six scales) is kept: 32 bytes a pixel, three times that where
// the original has alpha; past `cached_pixels` of them it is computed again in every score, and 7
// bytes a pixel are kept instead. Either way the scores have the same bits.
//
// Alpha: if either image is not opaque, both are composed with black, mid grey (byte 128) and white
// and the least score counts. A channel of a composite is (c * alpha + background * (255 - alpha)) /
// 255, rounded to the nearest byte, as a browser does it.
//
// Sizes: a side under 8 pixels, where the definition gives no score, is first extended to 8 by
// repeating the border on both sides. The result is rounded to 1e-4.
class Ssimulacra2 {
public:
    static constexpr std::size_t cached_pixels = std::size_t{1} << 23;

    Ssimulacra2(Pixels original, unsigned threads, std::size_t cached = cached_pixels);

    double score(Pixels other, unsigned threads) const;

    // The same score as of the decoded image, without decoding: codebook holds channels bytes a code,
    // and every label is below the number of codes.
    template <class Label>
    double score(std::span<const std::uint8_t> codebook, int channels, std::span<const Label> labels,
                 unsigned threads) const;

    int height() const { return height_; }
    int width() const { return width_; }

    // Three planes of linear light: a scale of an image below the full size.
    struct Linear {
        int height, width;
        std::vector<float> light;
    };
    struct Scale {
        std::vector<float> planes;  // what features() writes; empty if it is computed again
    };
    struct Reference {
        std::vector<std::uint8_t> rgb;
        std::vector<Linear> pyramid;
        std::vector<Scale> scales;
    };

private:
    int height_, width_;
    std::vector<Reference> references_;  // one a background, or one if the original is opaque
};

}  // namespace huepress
