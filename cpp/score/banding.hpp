// Contours that a version adds where its original is smooth: steps between flat bands, stripes, and
// streaks across a slope. After the banding index CAMBI (Tandon, Afonso, Sole, Krasula, 2021,
// https://arxiv.org/abs/2102.00079) in what it looks for: small steps, at several scales, only
// where no texture hides them, and the worst part of the picture counts. That index has no original
// and counts levels of luma; this one has, and so measures steps of the error, in chroma too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "score/backgrounds.hpp"

namespace huepress {

// One original, against which any number of versions are judged.
//
// Colour: luma and two differences to it, (red - luma) / 2 and 13/32 of (blue - luma), in
// sixteenths of a level of sRGB bytes. Alpha is composed as in backgrounds.hpp, and the worst
// counts.
//
// Step: at full, half and quarter size, the difference of the error's means in two squares of 3 by
// 3 side by side; at full size also that between two neighbouring lines of 9 pixels, which finds
// streaks. A step counts as far as the version has one there: a faint line that is lost is no
// contour, and neither is the slope that a flat band lacks. What is above a threshold counts: 14/16
// of a level, plus what the original's second differences exceed 2 levels by, plus what the version
// deviates from its means over 3 by 3, both as means over 7 by 7: texture hides contours, and so
// does the noise of diffusion.
//
// Pooling: squares are averaged over windows of 36 by 36 pixels; the result is the root of the mean
// of the worst 64th of these, in half levels, rounded to 1e-3.
//
// Exactness: integers, and square roots as IEEE rounds them: the same bits from every machine,
// number of threads and form of the input. Borders mirror.
//
// Memory: 11 bytes a pixel are kept of the original, three times that if it has alpha; past `kept`
// pixels (counted likewise) only its bytes are.
class Banding {
public:
    static constexpr std::size_t most_kept = std::size_t{1} << 23;

    explicit Banding(Pixels original, unsigned threads, std::size_t kept = most_kept);
    ~Banding();

    int height() const;
    int width() const;

    // other has the original's height and width, and 3 or 4 channels whatever the original has.
    double of(Pixels other, unsigned threads) const;

    // That of codebook[labels]. codebook: `channels` bytes a code, 3 or 4.
    template <class Label>
    double of(std::span<const std::uint8_t> codebook, int channels, std::span<const Label> labels,
              unsigned threads) const;

private:
    struct Known;
    std::unique_ptr<Known> original_;
};

}  // namespace huepress
