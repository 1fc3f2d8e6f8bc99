// SSIMULACRA2: how different two images look, from 100 (equal) downwards, below 0 if need be. Jon
// Sneyers, Cloudinary, 2022-2023: https://github.com/cloudinary/ssimulacra2 and, with the weights
// used here, tools/ssimulacra2.cc of libjxl (BSD licence).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "score/backgrounds.hpp"

namespace huepress {

// One original, against which any number of versions are scored.
//
// Alpha: unless both images are opaque, both are composed with black, mid grey (byte 128) and
// white, and the least score counts. A channel is (c * alpha + background * (255 - alpha)) / 255,
// rounded to nearest: on bytes, as browsers do it.
//
// Size: under 225 pixels a side the sixth scale is missing, and the reference implementations take
// weights of others for those that are left. If a side is that small, the image is scored as a cell
// of an endless mosaic in which each neighbour mirrors the other: every scale exists, and turned or
// mirrored images score alike. Where pixels of a scale do not divide a cell, they begin at either
// end of it, and their mean counts.
//
// Borders of other images: the blur takes 0 beyond the left and right border, reflects at top and
// bottom, and is a Gaussian cut at 5 pixels, as in the Python package ssimulacra2 0.3.0, with which
// scores agree to 0.002. libjxl's tool takes 0 all round and a recursive filter near that Gaussian;
// over palette versions of photographs, icons and screenshots its scores come out 0.8 higher on
// average, and up to 6 where large areas are posterised.
//
// Exactness: plain IEEE operations in a fixed order, so the same bits from every machine, number of
// threads and form of the input. The result is rounded to 1e-4.
//
// Memory: what only the original decides (local means, variances and edges at every scale) is kept:
// 32 bytes a pixel, and three times that if it has alpha. Past `kept` pixels (each counted three
// times if there is alpha) only its bytes are kept, and every score computes the rest again. While
// it runs, a score takes 4 to 14 bytes a pixel more, and 0.6 MB a thread.
class Ssimulacra2 {
public:
    static constexpr std::size_t most_kept = std::size_t{1} << 23;

    explicit Ssimulacra2(Pixels original, unsigned threads, std::size_t kept = most_kept);
    ~Ssimulacra2();

    int height() const;
    int width() const;

    // other has the original's height and width, and 3 or 4 channels whatever the original has.
    double score(Pixels other, unsigned threads) const;

    // The score of codebook[labels], without decoding it. codebook: `channels` bytes a code, 3 or
    // 4; labels: one a pixel of the original, each below the number of codes.
    template <class Label>
    double score(std::span<const std::uint8_t> codebook, int channels,
                 std::span<const Label> labels, unsigned threads) const;

private:
    struct Known;
    std::unique_ptr<Known> original_;
};

}  // namespace huepress
