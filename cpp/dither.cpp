#include "dither.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "nearest.hpp"

namespace huepress {
namespace {

constexpr std::uint8_t thresholds[64 * 64] = {
#include "blue_noise.inc"
};

using Errors = std::array<std::int32_t, 4>;  // of one pixel, see dither.hpp

Rgba pixel_at(std::span<const std::uint8_t> pixels, int channels, std::size_t i) {
    const std::uint8_t* p = pixels.data() + i * static_cast<std::size_t>(channels);
    return {p[0], p[1], p[2], channels == 4 ? p[3] : std::uint8_t{255}};
}

// What the neighbours pass on, as a whole number.
std::int32_t received(std::int32_t sum, int strength) { return (sum * strength + 2048) >> 12; }

}  // namespace

template <class Label>
void error_diffusion(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                     std::span<const Rgba> codebook, Space space, int strength, unsigned,
                     std::span<Label> labels /* OUT */) {
    NearestCode nearest(space, codebook, channels == 4);
    // One place more on each side, where the error is 0.
    std::vector<Errors> above(width + 2), row(width + 2);
    for (std::size_t start = 0; start < labels.size(); start += width) {
        for (std::size_t x = 0; x < width; ++x) {
            const Rgba pixel = pixel_at(pixels, channels, start + x);
            Errors& error = row[x + 1];
            if (pixel[3] == 0) {
                labels[start + x] = static_cast<Label>(nearest(pixel));
                error = {};
                continue;
            }
            const auto shift = [&](std::size_t c) {
                return received(7 * row[x][c] + above[x][c] + 5 * above[x + 1][c] + 3 * above[x + 2][c], strength);
            };
            Rgba target = pixel;
            if (channels == 3) {
                for (std::size_t c = 0; c < 3; ++c)
                    target[c] = static_cast<std::uint8_t>(std::clamp(pixel[c] + shift(c), 0, 255));
            } else {
                if (pixel[3] < 255) target[3] = static_cast<std::uint8_t>(std::clamp(pixel[3] + shift(3), 0, 255));
                const int alpha = target[3];
                for (std::size_t c = 0; c < 3; ++c) {
                    const int premultiplied = std::clamp(pixel[c] * pixel[3] + shift(c), 0, 255 * alpha);
                    target[c] = static_cast<std::uint8_t>(alpha ? (premultiplied + alpha / 2) / alpha : 0);
                }
            }
            const std::uint32_t label = nearest(target);
            labels[start + x] = static_cast<Label>(label);
            const Rgba code = codebook[label];
            for (std::size_t c = 0; c < 3; ++c)
                error[c] = channels == 3 ? target[c] - code[c] : target[c] * target[3] - code[c] * code[3];
            error[3] = target[3] - code[3];
        }
        std::swap(above, row);
    }
}

namespace {

// Two codes to mix, the darker first, so that where the halves of a gradient meet the mask goes on.
struct Mixture {
    std::uint32_t dark, bright;
    int brightness;  // in 256ths: the share of pixels that get the bright code
};

constexpr int full = 256;        // 1.0 as a share of pixels
constexpr int noise_shift = 3;   // a mixture's own variance weighs 2^-3

int luma(const Rgba& code) { return (2 * code[0] + 5 * code[1] + code[2]) * code[3]; }

class Mixer {
public:
    Mixer(Space space, std::span<const Rgba> codebook, bool translucent)
        : space_(space), codebook_(codebook), nearest_(space, codebook, translucent), codes_(codebook.size()) {
        for (std::size_t i = 0; i < codebook.size(); ++i) codes_[i] = embed(space, codebook[i]);
    }

    Mixture operator()(Rgba color) {
        const std::uint32_t first = nearest_(color);
        std::uint32_t second = first;
        std::int64_t share = 0;
        const Point point = embed(space_, color);
        const Point& near = codes_[first];
        std::int64_t rest = 0;
        for (std::size_t axis = 0; axis < 4; ++axis) rest += square(point[axis] - near[axis]);
        if (color[3] != 0 && rest != 0) {
            std::int64_t least = 0;
            for (std::uint32_t i = 0; i < codes_.size(); ++i) {
                std::int64_t apart = 0, along = 0;
                for (std::size_t axis = 0; axis < 4; ++axis) {
                    const std::int64_t step = codes_[i][axis] - near[axis];
                    apart += step * step;
                    along += step * (point[axis] - near[axis]);
                }
                if (along <= 0) continue;
                // The share that keeps the mean; its noise only decides between pairs.
                const std::int64_t t =
                    std::min<std::int64_t>(full / 2, (2 * full * along + apart) / (2 * apart));
                const std::int64_t cost =
                    ((t * t * apart - 2 * full * t * along) << noise_shift) + t * (full - t) * apart;
                if (cost < least) {
                    least = cost;
                    second = i;
                    share = t;
                }
            }
        }
        const bool swap = std::pair(luma(codebook_[second]), second) < std::pair(luma(codebook_[first]), first);
        if (swap) return {second, first, static_cast<int>(full - share)};
        return {first, second, static_cast<int>(share)};
    }

private:
    static std::int64_t square(std::int64_t x) { return x * x; }

    Space space_;
    std::span<const Rgba> codebook_;
    NearestCode nearest_;
    std::vector<Point> codes_;
};

}  // namespace

template <class Label>
void ordered(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
             std::span<const Rgba> codebook, Space space, unsigned, std::span<Label> labels /* OUT */) {
    Mixer mixer(space, codebook, channels == 4);
    struct Entry {
        Rgba color;
        bool filled;
        Mixture mixture;
    };
    std::vector<Entry> cache(std::size_t{1} << 16);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Rgba color = pixel_at(pixels, channels, i);
        const std::uint32_t key = color[0] | std::uint32_t{color[1]} << 8 | std::uint32_t{color[2]} << 16 |
                                  std::uint32_t{color[3]} << 24;
        Entry& entry = cache[key * 0x9E3779B1u >> 16];
        if (!entry.filled || entry.color != color) entry = {color, true, mixer(color)};
        const Mixture& mixture = entry.mixture;
        const int threshold = thresholds[i / width % 64 * 64 + i % width % 64];
        labels[i] = static_cast<Label>(threshold < mixture.brightness ? mixture.bright : mixture.dark);
    }
}

std::span<const std::uint8_t> blue_noise() { return thresholds; }

template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                              int, unsigned, std::span<std::uint8_t>);
template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                              int, unsigned, std::span<std::uint16_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space, unsigned,
                      std::span<std::uint8_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space, unsigned,
                      std::span<std::uint16_t>);

}  // namespace huepress
