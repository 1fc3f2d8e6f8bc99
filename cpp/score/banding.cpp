#include "score/banding.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/distance.hpp"
#include "core/isa.hpp"
#include "core/parallel.hpp"

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

Planes planes_of(Pixels pixels, int background, unsigned threads) {
    std::vector<std::uint8_t> composed;
    auto rgb = pixels.bytes;
    if (pixels.channels == 4) rgb = composed = compose(pixels.bytes, background);
    return planes_of(pixels.height, pixels.width, threads,
                     [&](std::size_t i) { return level_of(rgb.data() + 3 * i); });
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

void mirror_ends(std::int32_t* row, int width) {
    for (int i = 1; i <= halo; ++i) {
        row[-i] = row[reflect(-i, width)];
        row[width - 1 + i] = row[reflect(width - 1 + i, width)];
    }
}

struct Scratch {
    Rows error, error3, version, version3, noise;
    std::vector<std::int32_t> column9, column7;
    std::vector<float> squares, deviation;
};

// Sums of three neighbours in a row, for all columns that have two.
inline void sum3(const std::int32_t* in, std::int32_t* out, int width) {
    for (int x = -halo + 1; x < width + halo - 1; ++x) out[x] = in[x - 1] + in[x] + in[x + 1];
}

// The root of sums of squares, times `scale`.
inline void root(const float* squares, float scale, std::int32_t* out, int n) {
    for (int i = 0; i < n; ++i) out[i] = static_cast<std::int32_t>(std::sqrt(squares[i]) * scale);
}

// Means over 7 by 7 of `values`, whose rows and columns reach 3 beyond; for one row.
inline void mean7(const std::int32_t* column7, std::int32_t* out, int width) {
    for (int x = 0; x < width; ++x) {
        std::int32_t sum = 0;
        for (int d = -3; d <= 3; ++d) sum += column7[x + d];
        out[x] = sum / 49;
    }
}

// What the original hides at each pixel: its second differences along both axes.
inline void activity(const Planes& planes, int y0, int y1, Scratch& s,
                     std::uint16_t* hidden /* OUT */) {
    const int width = planes.width, rows = y1 - y0;
    s.noise.shape(rows, width);
    s.version.shape(rows, width);
    const auto pitch = static_cast<std::size_t>(s.noise.pitch);
    s.deviation.assign(pitch * static_cast<std::size_t>(rows + 2 * halo), 0.0f);
    for (int c = 0; c < 3; ++c) {
        for (int y = -halo; y < rows + halo; ++y) {
            const std::int16_t* in = planes.row(c, reflect(y0 + y, planes.height));
            std::int32_t* out = s.version.row(y);
            std::copy(in, in + width, out);
            mirror_ends(out, width);
        }
        for (int y = -3; y < rows + 3; ++y) {
            const std::int32_t* above = s.version.row(y - 1);
            const std::int32_t* here = s.version.row(y);
            const std::int32_t* below = s.version.row(y + 1);
            float* sums = s.deviation.data() + static_cast<std::size_t>(y + halo) * pitch + halo;
            for (int x = -3; x < width + 3; ++x) {
                const std::int32_t along = std::abs(2 * here[x] - here[x - 1] - here[x + 1]);
                const std::int32_t across = std::abs(2 * here[x] - above[x] - below[x]);
                const auto both = static_cast<float>(along + across);
                sums[x] += both * both;
            }
        }
    }
    for (int y = -3; y < rows + 3; ++y)
        root(s.deviation.data() + static_cast<std::size_t>(y + halo) * pitch + halo - 3, 1.0f,
             s.noise.row(y) - 3, width + 6);
    s.column7.assign(pitch, 0);
    std::int32_t* column = s.column7.data() + halo;
    for (int y = -3; y < 3; ++y)
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y)[x];
    std::int32_t* means = s.version.row(0);
    for (int y = 0; y < rows; ++y) {
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y + 3)[x];
        mean7(column, means, width);
        for (int x = 0; x < width; ++x)
            hidden[planes.at(y0 + y, x)] =
                static_cast<std::uint16_t>(least_step + std::max(0, means[x] - hidden_activity));
        for (int x = -3; x < width + 3; ++x) column[x] -= s.noise.row(y - 3)[x];
    }
}

// Between two squares of 3 by 3, between columns of 9, between rows of 9.
constexpr std::size_t kinds = 3;

// Adds one channel's squared steps of every kind; sum3 holds the sums of three neighbours in a row.
inline void add_steps(Rows& values, Rows& sum3, bool fine, int rows, int width, std::size_t area,
                      Scratch& s, std::size_t first = 0) {
    std::int32_t* column = s.column9.data() + halo;
    std::fill(s.column9.begin(), s.column9.end(), 0);
    if (fine)
        for (int y = -4; y < 4; ++y)
            for (int x = -1; x < width; ++x) column[x] += values.row(y)[x];
    for (int y = 0; y < rows; ++y) {
        const std::int32_t* r[6];
        for (int d = -3; d <= 2; ++d) r[d + 3] = sum3.row(y + d);
        float* square = s.squares.data() + first * area +
                        static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (int x = 0; x < width; ++x) {
            const auto across = static_cast<float>((r[2][x + 1] + r[3][x + 1] + r[4][x + 1]) -
                                                   (r[2][x - 2] + r[3][x - 2] + r[4][x - 2]));
            const auto down =
                static_cast<float>((r[3][x] + r[4][x] + r[5][x]) - (r[0][x] + r[1][x] + r[2][x]));
            square[x] += across * across + down * down;
        }
        if (!fine) continue;
        const std::int32_t* entering = values.row(y + 4);
        for (int x = -1; x < width; ++x) column[x] += entering[x];
        float* upright = square + area;
        float* level = upright + area;
        for (int x = 0; x < width; ++x) {
            const auto across = static_cast<float>(column[x] - column[x - 1]);
            const auto down = static_cast<float>((r[3][x - 3] + r[3][x] + r[3][x + 3]) -
                                                 (r[2][x - 3] + r[2][x] + r[2][x + 3]));
            upright[x] += across * across;
            level[x] += down * down;
        }
        const std::int32_t* leaving = values.row(y - 4);
        for (int x = -1; x < width; ++x) column[x] -= leaving[x];
    }
}

// The visible steps of the version at one scale. fine: with those between lines of 9 pixels.
inline void steps(const Planes& original, const std::uint16_t* hidden, const Planes& version,
                  bool fine, int y0, int y1, Scratch& s, std::uint16_t* out /* OUT */) {
    const int width = original.width, rows = y1 - y0;
    for (Rows* r : {&s.error, &s.error3, &s.version, &s.version3, &s.noise}) r->shape(rows, width);
    const auto pitch = static_cast<std::size_t>(s.error.pitch);
    const std::size_t area = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    s.squares.assign(2 * kinds * area, 0.0f);
    s.deviation.assign(pitch * static_cast<std::size_t>(rows + 2 * halo), 0.0f);
    s.column9.resize(pitch);
    const auto at = [&](std::vector<float>& plane, int y) {
        return plane.data() + static_cast<std::size_t>(y + halo) * pitch + halo;
    };
    for (int c = 0; c < 3; ++c) {
        for (int y = -halo; y < rows + halo; ++y) {
            const int from = reflect(y0 + y, original.height);
            const std::int16_t* a = original.row(c, from);
            const std::int16_t* b = version.row(c, from);
            std::int32_t* error = s.error.row(y);
            std::int32_t* copy = s.version.row(y);
            for (int x = 0; x < width; ++x) {
                error[x] = b[x] - a[x];
                copy[x] = b[x];
            }
            mirror_ends(error, width);
            mirror_ends(copy, width);
            sum3(error, s.error3.row(y), width);
            sum3(copy, s.version3.row(y), width);
        }
        for (int y = -3; y < rows + 3; ++y) {
            const std::int32_t* above = s.version3.row(y - 1);
            const std::int32_t* here = s.version3.row(y);
            const std::int32_t* below = s.version3.row(y + 1);
            const std::int32_t* raw = s.version.row(y);
            float* deviation = at(s.deviation, y);
            for (int x = -3; x < width + 3; ++x) {
                const auto d = static_cast<float>(9 * raw[x] - above[x] - here[x] - below[x]);
                deviation[x] += d * d;
            }
        }
        add_steps(s.error, s.error3, fine, rows, width, area, s);
        add_steps(s.version, s.version3, fine, rows, width, area, s, kinds);
    }
    constexpr float ninth = 1.0f / 9;
    for (int y = -3; y < rows + 3; ++y)
        root(at(s.deviation, y) - 3, ninth, s.noise.row(y) - 3, width + 6);
    s.column7.assign(pitch, 0);
    std::int32_t* column = s.column7.data() + halo;
    for (int y = -3; y < 3; ++y)
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y)[x];
    std::int32_t* noise = s.version.row(0);
    std::int32_t* step = s.version.row(1);
    for (int y = 0; y < rows; ++y) {
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y + 3)[x];
        mean7(column, noise, width);
        // A step of the error shows as far as the version has one there.
        float* square =
            s.squares.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (std::size_t kind = 0; kind < (fine ? kinds : 1); ++kind) {
            const float* error = square + kind * area;
            const float* own = error + kinds * area;
            for (int x = 0; x < width; ++x) {
                const float shown = std::min(error[x], own[x]);
                square[x] = kind == 0 ? shown : std::max(square[x], shown);
            }
        }
        root(square, ninth, step, width);
        const std::size_t first = original.at(y0 + y, 0);
        const std::uint16_t* own = hidden + first;
        std::uint16_t* found = out + first;
        for (int x = 0; x < width; ++x)
            found[x] = static_cast<std::uint16_t>(
                std::min(std::max(step[x] - own[x] - noise[x], 0), most_step));
        for (int x = -3; x < width + 3; ++x) column[x] -= s.noise.row(y - 3)[x];
    }
}

#if defined(HUEPRESS_X86) && !defined(_MSC_VER)
// The same source for wider registers; without fused operations it gives the same bits.
__attribute__((target("avx2"), flatten)) void steps_widely(const Planes& original,
                                                           const std::uint16_t* hidden,
                                                           const Planes& version, bool fine, int y0,
                                                           int y1, Scratch& s,
                                                           std::uint16_t* out /* OUT */) {
    steps(original, hidden, version, fine, y0, y1, s, out);
}
#endif

auto chosen_steps() {
#if defined(HUEPRESS_X86) && !defined(_MSC_VER)
    if (instruction_set() != "plain") return &steps_widely;
#endif
    return &steps;
}

// The original before one background, with what it hides.
struct Judge {
    Pyramid pyramid;
    std::array<std::vector<std::uint16_t>, scales> hidden;

    Judge(Pixels original, int background, unsigned threads)
        : pyramid(pyramid_of(planes_of(original, background, threads), threads)) {
        std::vector<Scratch> scratch(worker_count(threads));
        for (std::size_t s = 0; s < scales; ++s) {
            hidden[s].resize(pyramid[s].area());
            for_rows(pyramid[s].height, threads, [&](int y0, int y1, std::size_t worker) {
                activity(pyramid[s], y0, y1, scratch[worker], hidden[s].data());
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
    static const auto body = chosen_steps();
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

struct Banding::Original {
    int height, width, channels;
    bool opaque;
    std::vector<Judge> judges;        // one a background (one in all if opaque), or none:
    std::vector<std::uint8_t> bytes;  // then the image itself

    double judge(std::size_t background, Planes version, unsigned threads) const {
        if (!judges.empty())
            return judged(judges[opaque ? 0 : background], std::move(version), threads);
        return judged(Judge({bytes, height, width, channels}, backgrounds[background], threads),
                      std::move(version), threads);
    }
};

Banding::Banding(Pixels original, unsigned threads, std::size_t kept)
    : original_(std::make_unique<Original>()) {
    Original& o = *original_;
    o.height = original.height;
    o.width = original.width;
    o.channels = original.channels;
    o.opaque = opaque(original.bytes, original.channels);
    const std::size_t composites = o.opaque ? 1 : backgrounds.size();
    if (composites * static_cast<std::size_t>(o.height) * static_cast<std::size_t>(o.width) > kept)
        o.bytes.assign(original.bytes.begin(), original.bytes.end());
    else
        for (std::size_t i = 0; i < composites; ++i)
            o.judges.emplace_back(original, backgrounds[i], threads);
}

Banding::~Banding() = default;

int Banding::height() const { return original_->height; }
int Banding::width() const { return original_->width; }

double Banding::of(Pixels other, unsigned threads) const {
    const bool one = original_->opaque && opaque(other.bytes, other.channels);
    double most = 0;
    for (std::size_t i = 0; i < (one ? 1 : backgrounds.size()); ++i)
        most =
            std::max(most, original_->judge(i, planes_of(other, backgrounds[i], threads), threads));
    return most;
}

template <class Label>
double Banding::of(std::span<const std::uint8_t> codebook, int channels,
                   std::span<const Label> labels, unsigned threads) const {
    const bool one = original_->opaque && opaque(codebook, channels);
    double most = 0;
    for (std::size_t i = 0; i < (one ? 1 : backgrounds.size()); ++i) {
        std::vector<std::uint8_t> composed;
        auto rgb = codebook;
        if (channels == 4) rgb = composed = compose(codebook, backgrounds[i]);
        std::vector<Level> levels(rgb.size() / 3);
        for (std::size_t k = 0; k < levels.size(); ++k) levels[k] = level_of(rgb.data() + 3 * k);
        Planes version = planes_of(height(), width(), threads,
                                   [&](std::size_t pixel) { return levels[labels[pixel]]; });
        most = std::max(most, original_->judge(i, std::move(version), threads));
    }
    return most;
}

template double Banding::of(std::span<const std::uint8_t>, int, std::span<const std::uint8_t>,
                            unsigned) const;
template double Banding::of(std::span<const std::uint8_t>, int, std::span<const std::uint16_t>,
                            unsigned) const;

}  // namespace huepress
