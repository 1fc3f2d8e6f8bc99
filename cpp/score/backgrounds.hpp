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

// Where a mosaic of mirrored cells of n pixels shows the cell's `at`: it runs forth and back.
inline int reflect(int at, int n) {
    const int turn = ((at % (2 * n)) + 2 * n) % (2 * n);
    return turn < n ? turn : 2 * n - 1 - turn;
}

}  // namespace huepress
