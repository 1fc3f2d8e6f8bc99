#include "score/banding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/parallel.hpp"
#include "core/reflect.hpp"

namespace huepress {
namespace {

constexpr std::size_t scales = 3;
constexpr int halo = 5;         // rows and columns that the filters see beyond a pixel
constexpr int block_rows = 64;  // of one task
constexpr int unit = 16;        // a level of sRGB bytes
constexpr int least_step = 14, hidden_activity = 2 * unit;
constexpr int most_step = 4095;
constexpr int cell = 4;          // pixels a side; windows are made of cells
constexpr int window_reach = 4;  // cells
constexpr std::size_t worst_share = 64;

using Level = std::array<std::int16_t, 3>;  // luma and the two chroma differences of a colour

Level level_of(const std::uint8_t* rgb) {
    const int luma = (54 * rgb[0] + 183 * rgb[1] + 19 * rgb[2]) / 16;
    return {static_cast<std::int16_t>(luma), static_cast<std::int16_t>((unit * rgb[0] - luma) / 2),
            static_cast<std::int16_t>((unit * rgb[2] - luma) * 13 / 32)};
}

// Three planes.
struct Planes {
    int height = 0, width = 0;
    std::vector<std::int16_t> levels;

    Planes() = default;
    Planes(int height_, int width_) : height(height_), width(width_), levels(3 * area()) {}

    std::size_t area() const {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
    std::size_t at(int y, int x) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(x);
    }
    const std::int16_t* row(int channel, int y) const {
        return levels.data() + static_cast<std::size_t>(channel) * area() + at(y, 0);
    }
    std::int16_t* row(int channel, int y) {
        return levels.data() + static_cast<std::size_t>(channel) * area() + at(y, 0);
    }
};

int blocks_of(int height) { return (height + block_rows - 1) / block_rows; }

template <class Body>
void for_rows(int height, unsigned threads, Body&& body) {
    for_each_block(static_cast<std::size_t>(blocks_of(height)), threads,
                   [&](std::size_t block, std::size_t worker) {
                       const int y0 = static_cast<int>(block) * block_rows;
                       body(y0, std::min(height, y0 + block_rows), worker);
                   });
}

Planes halve(const Planes& full, unsigned threads) {
    Planes half((full.height + 1) / 2, (full.width + 1) / 2);
    for_rows(half.height, threads, [&](int y0, int y1, std::size_t) {
        for (int c = 0; c < 3; ++c)
            for (int y = y0; y < y1; ++y) {
                const std::int16_t* upper = full.row(c, 2 * y);
                const std::int16_t* lower = full.row(c, std::min(2 * y + 1, full.height - 1));
                std::int16_t* out = half.row(c, y);
                const int pairs = full.width / 2;
                for (int x = 0; x < pairs; ++x)
                    out[x] = static_cast<std::int16_t>(
                        (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >>
                        2);
                if (full.width % 2)
                    out[pairs] =
                        static_cast<std::int16_t>((upper[2 * pairs] + lower[2 * pairs] + 1) >> 1);
            }
    });
    return half;
}

using Pyramid = std::array<Planes, scales>;

Pyramid pyramid_of(Planes full, unsigned threads) {
    Pyramid pyramid;
    pyramid[0] = std::move(full);
    for (std::size_t s = 1; s < scales; ++s) pyramid[s] = halve(pyramid[s - 1], threads);
    return pyramid;
}

// `color(i)`: the bytes of pixel i.
template <class Color>
Planes planes_of(int height, int width, unsigned threads, Color&& level) {
    Planes planes(height, width);
    for_rows(height, threads, [&](int y0, int y1, std::size_t) {
        for (int y = y0; y < y1; ++y) {
            std::int16_t* rows[3] = {planes.row(0, y), planes.row(1, y), planes.row(2, y)};
            for (int x = 0; x < width; ++x) {
                const Level found = level(planes.at(y, x));
                for (std::size_t c = 0; c < 3; ++c) rows[c][x] = found[c];
            }
        }
    });
    return planes;
}

Planes planes_of(std::span<const std::uint8_t> rgb, int height, int width, unsigned threads) {
    return planes_of(height, width, threads,
                     [&](std::size_t i) { return level_of(rgb.data() + 3 * i); });
}

Planes planes_of(Pixels pixels, int background, unsigned threads) {
    std::vector<std::uint8_t> composed;
    auto rgb = pixels.bytes;
    if (pixels.channels == 4) rgb = composed = compose(pixels.bytes, background);
    return planes_of(rgb, pixels.height, pixels.width, threads);
}

// Some rows of one plane, with what the mosaic of its mirrored copies shows around them.
struct Rows {
    int pitch = 0;
    std::vector<std::int32_t> memory;

    void shape(int rows, int width) {
        pitch = width + 2 * halo;
        memory.resize(static_cast<std::size_t>(rows + 2 * halo) * static_cast<std::size_t>(pitch));
    }
    // From the row `y` rows below the first one asked for; column 0 is the picture's.
    std::int32_t* row(int y) {
        return memory.data() + static_cast<std::ptrdiff_t>(y + halo) * pitch + halo;
    }
};

struct Scratch {
    Rows error, error3, version, version3, noise;
    std::vector<std::int32_t> column9, column7;
    std::vector<float> squares, deviation;
};

// Between two squares of 3 by 3, between columns of 9, between rows of 9.
constexpr std::size_t kinds = 3;

}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "score/banding_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {
namespace {

// The original before one background, with what it hides.
struct Judge {
    Pyramid pyramid;
    std::array<std::vector<std::uint16_t>, scales> hidden;

    Judge(Pixels original, int background, bool /* kept */, unsigned threads)
        : pyramid(pyramid_of(planes_of(original, background, threads), threads)) {
        static const auto body = HUEPRESS_BODY_OF(activity);
        std::vector<Scratch> scratch(worker_count(threads));
        for (std::size_t s = 0; s < scales; ++s) {
            hidden[s].resize(pyramid[s].area());
            for_rows(pyramid[s].height, threads, [&](int y0, int y1, std::size_t worker) {
                body(pyramid[s], y0, y1, scratch[worker], hidden[s].data());
            });
        }
    }
};

// Mean squares of the strongest of all scales, a cell of the full size each.
struct Cells {
    int height, width;
    std::vector<std::uint32_t> squares;
};

Cells cells_of(const Pyramid& pyramid, const std::array<std::vector<std::uint16_t>, scales>& found,
               unsigned threads) {
    const int height = pyramid[0].height, width = pyramid[0].width;
    Cells cells{(height + cell - 1) / cell, (width + cell - 1) / cell, {}};
    cells.squares.resize(static_cast<std::size_t>(cells.height) *
                         static_cast<std::size_t>(cells.width));
    for_rows(cells.height, threads, [&](int first, int end, std::size_t) {
        std::vector<std::uint32_t> sums(static_cast<std::size_t>(cells.width));
        for (int row = first; row < end; ++row) {
            std::fill(sums.begin(), sums.end(), 0);
            const int y1 = std::min(height, (row + 1) * cell);
            for (int y = row * cell; y < y1; ++y) {
                const std::uint16_t* whole = found[0].data() + pyramid[0].at(y, 0);
                const std::uint16_t* half = found[1].data() + pyramid[1].at(y / 2, 0);
                const std::uint16_t* quarter = found[2].data() + pyramid[2].at(y / 4, 0);
                for (int x = 0; x < width; ++x) {
                    const std::uint32_t v =
                        std::max(whole[x], std::max(half[x / 2], quarter[x / 4]));
                    sums[static_cast<std::size_t>(x / cell)] += v * v;
                }
            }
            for (int x = 0; x < cells.width; ++x) {
                const int n = (y1 - row * cell) * (std::min(width, (x + 1) * cell) - x * cell);
                cells
                    .squares[static_cast<std::size_t>(row) * static_cast<std::size_t>(cells.width) +
                             static_cast<std::size_t>(x)] =
                    sums[static_cast<std::size_t>(x)] / static_cast<std::uint32_t>(n);
            }
        }
    });
    return cells;
}

// The mean of the worst windows' means.
double worst_of(const Cells& cells) {
    constexpr int side = 2 * window_reach + 1;
    const auto w = static_cast<std::size_t>(cells.width);
    std::vector<std::uint32_t> sums(cells.squares.size());
    for (int y = 0; y < cells.height; ++y)
        for (int x = 0; x < cells.width; ++x) {
            std::uint32_t sum = 0;
            for (int d = -window_reach; d <= window_reach; ++d)
                sum += cells.squares[static_cast<std::size_t>(y) * w +
                                     static_cast<std::size_t>(reflect(x + d, cells.width))];
            sums[static_cast<std::size_t>(y) * w + static_cast<std::size_t>(x)] = sum;
        }
    std::vector<std::uint32_t> windows(sums.size());
    for (int y = 0; y < cells.height; ++y)
        for (int d = -window_reach; d <= window_reach; ++d) {
            const std::uint32_t* from =
                sums.data() + static_cast<std::size_t>(reflect(y + d, cells.height)) * w;
            std::uint32_t* to = windows.data() + static_cast<std::size_t>(y) * w;
            for (std::size_t x = 0; x < w; ++x) to[x] += from[x];
        }
    const std::size_t counted = std::max<std::size_t>(1, windows.size() / worst_share);
    std::nth_element(windows.begin(), windows.begin() + static_cast<std::ptrdiff_t>(counted - 1),
                     windows.end(), std::greater<>());
    const std::uint64_t sum = std::accumulate(
        windows.begin(), windows.begin() + static_cast<std::ptrdiff_t>(counted), std::uint64_t{0});
    return static_cast<double>(sum) / static_cast<double>(counted * side * side);
}

double judged(const Judge& judge, Planes version, unsigned threads) {
    static const auto body = HUEPRESS_BODY_OF(steps);
    const Pyramid pyramid = pyramid_of(std::move(version), threads);
    std::array<std::vector<std::uint16_t>, scales> found;
    std::vector<Scratch> scratch(worker_count(threads));
    for (std::size_t s = 0; s < scales; ++s) {
        found[s].resize(pyramid[s].area());
        for_rows(pyramid[s].height, threads, [&](int y0, int y1, std::size_t worker) {
            body(judge.pyramid[s], judge.hidden[s].data(), pyramid[s], s == 0, y0, y1,
                 scratch[worker], found[s].data());
        });
    }
    const double half_levels = 2 * std::sqrt(worst_of(cells_of(pyramid, found, threads))) / unit;
    return std::floor(half_levels * 1000 + 0.5) / 1000;
}

}  // namespace

struct Banding::Known : Original<Judge> {
    using Original::Original;

    // planes(rgb): those of the version.
    template <class Version>
    double worst(std::span<const std::uint8_t> version, int channels, unsigned threads,
                 Version planes) const {
        double most = 0;
        each_background(version, channels, threads, [&](const Judge& judge, auto rgb) {
            most = std::max(most, judged(judge, planes(rgb), threads));
        });
        return most;
    }
};

Banding::Banding(Pixels original, unsigned threads, std::size_t kept)
    : original_(std::make_unique<Known>(original, kept, threads)) {}

Banding::~Banding() = default;

int Banding::height() const { return original_->height; }
int Banding::width() const { return original_->width; }

double Banding::of(Pixels other, unsigned threads) const {
    return original_->worst(other.bytes, other.channels, threads,
                            [&](auto rgb) { return planes_of(rgb, height(), width(), threads); });
}

template <class Label>
double Banding::of(std::span<const std::uint8_t> codebook, int channels,
                   std::span<const Label> labels, unsigned threads) const {
    return original_->worst(codebook, channels, threads, [&](auto rgb) {
        std::vector<Level> levels(rgb.size() / 3);
        for (std::size_t k = 0; k < levels.size(); ++k) levels[k] = level_of(rgb.data() + 3 * k);
        return planes_of(height(), width(), threads,
                         [&](std::size_t pixel) { return levels[labels[pixel]]; });
    });
}

template double Banding::of(std::span<const std::uint8_t>, int, std::span<const std::uint8_t>,
                            unsigned) const;
template double Banding::of(std::span<const std::uint8_t>, int, std::span<const std::uint16_t>,
                            unsigned) const;

}  // namespace huepress
