// What alpha is judged on: black, mid grey and white, composed on bytes as browsers do it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress {

// Interleaved sRGB bytes in rows; channels: 3, or 4 with straight alpha.
struct Pixels {
    std::span<const std::uint8_t> bytes;
    int height, width, channels;
};

inline constexpr std::array<int, 3> backgrounds = {0, 128, 255};

// (c * alpha + background * (255 - alpha)) / 255, rounded to nearest.
inline std::vector<std::uint8_t> compose(std::span<const std::uint8_t> rgba, int background) {
    std::vector<std::uint8_t> rgb(rgba.size() / 4 * 3);
    for (std::size_t i = 0; i < rgba.size() / 4; ++i) {
        const int alpha = rgba[4 * i + 3], behind = background * (255 - alpha) + 127;
        for (std::size_t c = 0; c < 3; ++c)
            rgb[3 * i + c] = static_cast<std::uint8_t>((rgba[4 * i + c] * alpha + behind) / 255);
    }
    return rgb;
}

inline bool opaque(std::span<const std::uint8_t> bytes, int channels) {
    int all = 255;
    if (channels == 4)
        for (std::size_t i = 3; i < bytes.size(); i += 4) all &= bytes[i];
    return all == 255;
}

// What a score knows of an original before each background, as a Known. All are kept, or, where
// that would be too much memory, only the original's bytes, of which each Known is made anew when
// asked for. Where original and version are opaque, one background tells as much as all.
//
// Known: made of (Pixels, background, whether it is kept, threads).
template <class Known>
class Original {
public:
    Original(Pixels pixels, std::size_t most_kept, unsigned threads)
        : height(pixels.height), width(pixels.width), channels_(pixels.channels),
          opaque_(opaque(pixels.bytes, pixels.channels)) {
        const std::size_t count = opaque_ ? 1 : backgrounds.size();
        if (count * static_cast<std::size_t>(height) * static_cast<std::size_t>(width) > most_kept)
            bytes_.assign(pixels.bytes.begin(), pixels.bytes.end());
        else
            for (std::size_t i = 0; i < count; ++i)
                kept_.emplace_back(pixels, backgrounds[i], true, threads);
    }

    // Calls judge(known, rgb) for each background that counts. version: its bytes, or its
    // codebook's; rgb: the same before the background.
    template <class Judge>
    void each_background(std::span<const std::uint8_t> version, int channels, unsigned threads,
                         Judge judge) const {
        const bool one = opaque_ && opaque(version, channels);
        for (std::size_t i = 0; i < (one ? 1 : backgrounds.size()); ++i) {
            std::vector<std::uint8_t> composed;
            auto rgb = version;
            if (channels == 4) rgb = composed = compose(version, backgrounds[i]);
            if (!kept_.empty())
                judge(kept_[opaque_ ? 0 : i], rgb);
            else
                judge(Known({bytes_, height, width, channels_}, backgrounds[i], false, threads),
                      rgb);
        }
    }

    const int height, width;

private:
    int channels_;
    bool opaque_;
    std::vector<Known> kept_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace huepress
