#include "score/ssimulacra2.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/distance.hpp"
#include "core/parallel.hpp"
#include "score/backgrounds.hpp"

#if defined(__GNUC__) || defined(__clang__)
#define HUEPRESS_INLINE inline __attribute__((always_inline))
#else
#define HUEPRESS_INLINE inline
#endif
#if defined(__x86_64__) && defined(__GNUC__)
#define HUEPRESS_AVX2 __attribute__((target("avx2")))
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_RESTRICT __restrict
#else
#define HUEPRESS_RESTRICT __restrict__
#endif

namespace huepress {
namespace {

using In = const float* HUEPRESS_RESTRICT;
using Out = float* HUEPRESS_RESTRICT;

constexpr int scales = 6;
constexpr int least_side = 225;  // the least whose sixth scale has 8 pixels
constexpr float c2 = 0.0009f;

// Gaussian of sigma 1.5, cut at 5 and normalised.
constexpr int radius = 5;
constexpr int window = 2 * radius + 1;
constexpr float taps[radius + 1] = {0.2660117248617943f,   0.21300553771125366f,
                                    0.1093606895097f,      0.03600077212843082f,
                                    0.007598758135239184f, 0.0010283800844791099f};

// For each channel (X, Y, B), scale (1:1 to 1:32) and norm (mean, 4-norm): the weights of
// structural error, of edges gained, and of edges lost.
// clang-format off: three a row, as the comment says
constexpr double weights[108] = {
    0.0, 0.0007376606707406586, 0.0,
    0.0, 0.0007793481682867309, 0.0,
    0.0, 0.0004371155730107379, 0.0,
    1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
    0.0, 0.0016406437456599754, 0.0,
    1.8422455520539298, 11.441172603757666, 0.0,
    0.0007989109436015163, 0.000176816438078653, 0.0,
    1.8787594979546387, 10.94906990605142, 0.0,
    0.0007289346991508072, 0.9677937080626833, 0.0,
    0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
    0.0004550992113792063, 0.0, 0.0,
    0.0013648766163243398, 0.0, 0.0,

    0.0, 0.0, 0.0,
    7.466890328078848, 0.0, 17.445833984131262,
    0.0006235601634041466, 0.0, 0.0,
    6.683678146179332, 0.00037724407979611296, 1.027889937768264,
    225.20515300849274, 0.0, 0.0,
    19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
    176.39317598450694, 0.0, 0.0,
    24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
    0.0, 0.0, 0.0,
    34.77906344483772, 44.835625328877896, 0.0,
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,

    0.0, 0.0, 0.0008680556573291698,
    0.0, 0.0, 0.0,
    0.0, 0.0005313191874358747, 0.0,
    0.00016533814161379112, 0.0, 0.0,
    0.0, 0.0, 0.0,
    0.0004179171803251336, 0.0017290828234722833, 0.0,
    0.0020827005846636437, 0.0, 0.0,
    8.826982764996862, 23.19243343998926, 0.0,
    95.1080498811086, 0.9863978034400682, 0.9834382792465353,
    0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
    0.0, 0.0, 0.0,
    0.0005130064588990679, 0.0, 0.00010854057858411537};
// clang-format on

enum Norm : std::size_t { structure_mean, gained_mean, lost_mean, structure_4, gained_4, lost_4 };

const double* weights_of(int channel, int scale) {
    return weights + (channel * scales + scale) * 6;
}

// Which maps have any weight: the others are not computed.
struct Needs {
    bool structure[3], edges[3];

    bool any(int channel) const { return structure[channel] || edges[channel]; }
};

Needs needs_of(int scale) {
    Needs needs{};
    for (int c = 0; c < 3; ++c) {
        const double* w = weights_of(c, scale);
        needs.structure[c] = w[structure_mean] > 0 || w[structure_4] > 0;
        needs.edges[c] = w[gained_mean] > 0 || w[gained_4] > 0 || w[lost_mean] > 0 || w[lost_4] > 0;
    }
    return needs;
}

// x^(1/5) in (0, 1]: Newton from above, in plain operations.
double fifth_root(double x) {
    double root = 1;
    for (int i = 0; i < 60; ++i) root -= (root - x / (root * root * root * root)) / 5;
    return root;
}

// IEC 61966-2-1: the linear light of each sRGB level.
const std::array<float, 256>& linear_table() {
    static const std::array<float, 256> table = [] {
        std::array<float, 256> levels{};
        for (int i = 0; i < 256; ++i) {
            const double v = i / 255.0;
            const double s = (v + 0.055) / 1.055;
            const double light = v <= 0.04045 ? v / 12.92 : s * s * fifth_root(s * s);
            levels[static_cast<std::size_t>(i)] = static_cast<float>(light);
        }
        return levels;
    }();
    return table;
}

// x^(1/3) for x in [2^-9, 2]: Newton on x^(-1/3), which needs no division, from a guess that
// divides the exponent by -3.
HUEPRESS_INLINE float cube_root(float x) {
    const auto bits = static_cast<float>(std::bit_cast<std::int32_t>(x));
    float y = std::bit_cast<float>(0x54a21d2a - static_cast<std::int32_t>(bits * (1.0f / 3)));
    const float third = x * (1.0f / 3);
    for (int i = 0; i < 3; ++i) y = y * ((4.0f / 3) - third * (y * y * y));
    return x * (y * y);
}

// libjxl's opsin absorbance, then the offsets that bring all three near [0, 1].
HUEPRESS_INLINE void xyb_of(float r, float g, float b, float& x, float& y, float& z) {
    constexpr float bias = 0.0037930732552754493f, root_of_bias = 0.15595420054924863f;
    const float l = cube_root(0.30f * r + (1 - 0.078f - 0.30f) * g + 0.078f * b + bias);
    const float m = cube_root(0.23f * r + (1 - 0.078f - 0.23f) * g + 0.078f * b + bias);
    const float s = cube_root(0.24342268924547819f * r + 0.20476744424496821f * g +
                              (1 - 0.24342268924547819f - 0.20476744424496821f) * b + bias);
    const float luma = 0.5f * (l + m) - root_of_bias;
    x = 7.0f * (l - m) + 0.42f;
    y = luma + 0.01f;
    z = (s - root_of_bias) - luma + 0.55f;
}

HUEPRESS_INLINE void xyb_row(In r, In g, In b, Out x, Out y, Out z, int n) {
    for (int i = 0; i < n; ++i) xyb_of(r[i], g[i], b[i], x[i], y[i], z[i]);
}

// The Gaussian over 11 rows, or over one row read from 11 places.
HUEPRESS_INLINE void blur(const float* const* rows, Out out, int n) {
    In r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
    In r6 = rows[6], r7 = rows[7], r8 = rows[8], r9 = rows[9], r10 = rows[10];
    for (int i = 0; i < n; ++i)
        out[i] = taps[0] * r5[i] + taps[1] * (r4[i] + r6[i]) + taps[2] * (r3[i] + r7[i]) +
                 taps[3] * (r2[i] + r8[i]) + taps[4] * (r1[i] + r9[i]) + taps[5] * (r0[i] + r10[i]);
}

HUEPRESS_INLINE void blur_along(const float* row, Out out, int n) {
    const float* rows[window];
    for (int i = 0; i < window; ++i) rows[i] = row + i;
    blur(rows, out, n);
}

HUEPRESS_INLINE void square(In in, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = in[i] * in[i];
}

HUEPRESS_INLINE void subtract(In a, In b, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = a[i] - b[i];
}

HUEPRESS_INLINE void variance(In squares, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = squares[i] - mean[i] * mean[i];
}

HUEPRESS_INLINE void edge(In raw, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = std::fabs(raw[i] - mean[i]);
}

// max(d, 0), exactly, in a form that every compiler vectorises.
HUEPRESS_INLINE float above_zero(float d) { return 0.5f * (d + std::fabs(d)); }

// Fourth powers are taken of errors times 2^20: those of tiny errors would be denormal, thus slow.
constexpr float lift = 1048576.0f;
constexpr double lift_4 = 0x1p80;

// 1 - (1 - (mean a - mean b)^2) (2 covariance + c2) / (variance a + variance b + c2), rearranged
// around the blurred difference and its blurred square. Both are small where the images agree,
// instead of being left over from large numbers, so that float suffices and equal images give 0.
HUEPRESS_INLINE void add_structure(In variance_a, In squares_b, In mean_b, In difference,
                                   In squared_difference, Out sum, Out sum_4, int n) {
    for (int i = 0; i < n; ++i) {
        const float q = difference[i] * difference[i];
        const float t = squared_difference[i] - q;
        const float v = variance_a[i] + (squares_b[i] - mean_b[i] * mean_b[i]) + c2;
        const float error = above_zero((t + q * (v - t)) / v);
        const float lifted_2 = (error * lift) * (error * lift);
        sum[i] += error;
        sum_4[i] += lifted_2 * lifted_2;
    }
}

HUEPRESS_INLINE void add_edges(In edge_a, In edge_b, Out gained, Out gained_4, Out lost, Out lost_4,
                               int n) {
    for (int i = 0; i < n; ++i) {
        const float d = (edge_b[i] - edge_a[i]) / (1.0f + edge_a[i]);
        const float more = above_zero(d);
        const float less = above_zero(-d);
        const float more_2 = (more * lift) * (more * lift);
        const float less_2 = (less * lift) * (less * lift);
        gained[i] += more;
        gained_4[i] += more_2 * more_2;
        lost[i] += less;
        lost_4[i] += less_2 * less_2;
    }
}

// Linear light and XYB of a code.
struct Code {
    float light[3], xyb[3];
};

// One scale of an image. Full size: bytes, or labels into codes; below: three planes of light.
// A mirrored one is a cell of an endless mosaic, in which each neighbour mirrors the other; how
// often its sides may double, for a scale that two cells have and one has not, it knows too.
struct Source {
    int height = 0, width = 0;
    bool mirrored = false;
    int tall = 0, wide = 0;
    const std::uint8_t* rgb = nullptr;
    const Code* codes = nullptr;
    const std::uint8_t* labels_8 = nullptr;
    const std::uint16_t* labels_16 = nullptr;
    const float* light = nullptr;

    std::size_t at(int y, int x) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(x);
    }
    std::size_t pixels() const { return at(height, 0); }
    const Code& code(std::size_t i) const { return codes[labels_8 ? labels_8[i] : labels_16[i]]; }
};

HUEPRESS_INLINE void light_row(const Source& source, int y, int x0, int n, float* const* out) {
    const std::uint8_t* rgb = source.rgb + 3 * source.at(y, x0);
    const auto& table = linear_table();
    for (int i = 0; i < n; ++i)
        for (int c = 0; c < 3; ++c) out[c][i] = table[rgb[3 * i + c]];
}

HUEPRESS_INLINE void read_xyb(const Source& source, int y, int x0, int n, float* const* light,
                              float* const* xyb) {
    const std::size_t at = source.at(y, x0);
    if (source.codes) {
        for (int i = 0; i < n; ++i) {
            const Code& code = source.code(at + static_cast<std::size_t>(i));
            for (int c = 0; c < 3; ++c) xyb[c][i] = code.xyb[c];
        }
    } else if (source.light) {
        const float* r = source.light + at;
        xyb_row(r, r + source.pixels(), r + 2 * source.pixels(), xyb[0], xyb[1], xyb[2], n);
    } else {
        light_row(source, y, x0, n, light);
        xyb_row(light[0], light[1], light[2], xyb[0], xyb[1], xyb[2], n);
    }
}

// A scale is cut into tiles. Each column of a tile adds up in float over its few rows; columns and
// tiles then add up in double, left to right and top to bottom. So the size of a tile is part of
// the definition, and the number of lanes or threads is not.
constexpr int tile_height = 128;
constexpr int tile_width = 512;

struct Tile {
    std::size_t job;
    int y0, y1, x0, x1;
};

using Sums = std::array<std::array<double, 6>, 3>;

// The local maps of a tile that need rows above and below, and so are kept in rings of rows.
enum Ring {
    raw_a,
    raw_b,
    mean_a,
    squares_a,
    mean_b,
    squares_b,
    difference,
    squared_difference,
    rings
};

struct Scratch {
    static constexpr std::size_t pitch = tile_width + 2 * radius + 6;  // a multiple of 16
    static_assert(pitch % 16 == 0);

    float ring_rows[rings][3][window][pitch];
    float sum_rows[3][6][pitch];
    float light[3][pitch], product[pitch], mean_a[pitch], variance_a[pitch], edge_a[pitch];
    float mean_b[pitch], squares_b[pitch], edge_b[pitch], difference[pitch];
    float squared_difference[pitch];
};

// Where the planes of each channel of the original begin: variance, mean and raw values if its
// structure counts, its edges if only they do.
struct Layout {
    int first[3];
    int planes = 0;

    explicit Layout(const Needs& needs) {
        for (int c = 0; c < 3; ++c) {
            first[c] = planes;
            planes += needs.structure[c] ? 3 : needs.edges[c] ? 1 : 0;
        }
    }
};

// One scale of two images: a is read from its source or, if there are any, from its features. Or
// of one image, whose features are written.
struct Job {
    int scale = 0;
    Source a, b;
    Needs needs;
    const float* features = nullptr;
    float* write = nullptr;

    const Source& shape() const { return write ? a : b; }
};

// Fills what a row of a tile lacks on its left and right with what the mosaic shows there.
// row: from column `tile.x0 - radius` on, of which those inside the image are known.
void mirror_ends(const Tile& tile, int width, float* row) {
    const int first = tile.x0 - radius, end = tile.x1 + radius;
    for (int x = first; x < 0; ++x) row[x - first] = row[reflect(x, width) - first];
    for (int x = width; x < end; ++x) row[x - first] = row[reflect(x, width) - first];
}

// Blurs the ring of rows whose oldest is in `slot`.
HUEPRESS_INLINE void blur_ring(const float (&ring)[window][Scratch::pitch], int slot, float* out,
                               int n) {
    const float* rows[window];
    for (int i = 0; i < window; ++i) rows[i] = ring[(slot + i) % window];
    blur(rows, out, n);
}

// The part of the definition that runs along rows: from raw values to rows that are blurred once.
// The image is reflected at top and bottom; it is 0 beyond its left and right, unless mirrored.
HUEPRESS_INLINE void enter_row(const Job& job, const Layout& layout, const Tile& tile, int y,
                               int slot, Scratch& s) {
    const Source& shape = job.shape();
    const int n = tile.x1 - tile.x0, padded = n + 2 * radius;
    const int left = std::min(radius, tile.x0), right = std::min(radius, shape.width - tile.x1);
    const int shift = radius - left, wide = n + left + right;
    float* const light[3] = {s.light[0], s.light[1], s.light[2]};
    if (!job.features) {
        float* const raw[3] = {s.ring_rows[raw_a][0][slot] + shift,
                               s.ring_rows[raw_a][1][slot] + shift,
                               s.ring_rows[raw_a][2][slot] + shift};
        read_xyb(job.a, y, tile.x0 - left, wide, light, raw);
        for (int c = 0; c < 3; ++c) {
            float* row = s.ring_rows[raw_a][c][slot];
            if (shape.mirrored) mirror_ends(tile, shape.width, row);
            if (job.needs.any(c)) blur_along(row, s.ring_rows[mean_a][c][slot], n);
            if (!job.needs.structure[c]) continue;
            square(row, s.product, padded);
            blur_along(s.product, s.ring_rows[squares_a][c][slot], n);
        }
    }
    if (job.write) return;
    float* const raw[3] = {s.ring_rows[raw_b][0][slot] + shift, s.ring_rows[raw_b][1][slot] + shift,
                           s.ring_rows[raw_b][2][slot] + shift};
    read_xyb(job.b, y, tile.x0 - left, wide, light, raw);
    for (int c = 0; c < 3; ++c) {
        float* row = s.ring_rows[raw_b][c][slot];
        if (shape.mirrored) mirror_ends(tile, shape.width, row);
        if (job.needs.structure[c]) {
            square(row, s.product, padded);
            blur_along(s.product, s.ring_rows[squares_b][c][slot], n);
            if (job.features) {
                const auto plane = static_cast<std::size_t>(layout.first[c] + 2);
                const float* a =
                    job.features + plane * shape.pixels() + shape.at(y, tile.x0 - left);
                std::fill(s.difference, s.difference + shift, 0.0f);
                subtract(a, row + shift, s.difference + shift, wide);
                std::fill(s.difference + shift + wide, s.difference + padded, 0.0f);
                if (shape.mirrored) mirror_ends(tile, shape.width, s.difference);
            } else {
                subtract(s.ring_rows[raw_a][c][slot], row, s.difference, padded);
            }
            blur_along(s.difference, s.ring_rows[difference][c][slot], n);
            square(s.difference, s.product, padded);
            blur_along(s.product, s.ring_rows[squared_difference][c][slot], n);
        } else if (job.needs.edges[c]) {
            blur_along(row, s.ring_rows[mean_b][c][slot], n);
        }
    }
}

// The rest: blurs across rows, and adds up the errors of one row (or writes its features).
HUEPRESS_INLINE void leave_row(const Job& job, const Layout& layout, const Tile& tile, int y,
                               int oldest, Scratch& s) {
    const Source& shape = job.shape();
    const int n = tile.x1 - tile.x0;
    const int centre = (oldest + radius) % window;
    for (int c = 0; c < 3; ++c) {
        if (!job.needs.any(c)) continue;
        const std::size_t plane = shape.pixels();
        const std::size_t at =
            static_cast<std::size_t>(layout.first[c]) * plane + shape.at(y, tile.x0);
        const bool structure = job.needs.structure[c];
        const float* own_variance = s.variance_a;
        const float* own_mean = s.mean_a;
        const float* own_edge = s.edge_a;
        if (job.features && structure) {
            own_variance = job.features + at;
            own_mean = own_variance + plane;
            edge(own_mean + plane, own_mean, s.edge_a, n);
        } else if (job.features) {
            own_edge = job.features + at;
        } else {
            const float* raw = s.ring_rows[raw_a][c][centre] + radius;
            blur_ring(s.ring_rows[mean_a][c], oldest, s.mean_a, n);
            edge(raw, s.mean_a, s.edge_a, n);
            if (structure) {
                blur_ring(s.ring_rows[squares_a][c], oldest, s.product, n);
                variance(s.product, s.mean_a, s.variance_a, n);
            }
            if (job.write && structure) {
                std::copy(s.variance_a, s.variance_a + n, job.write + at);
                std::copy(s.mean_a, s.mean_a + n, job.write + at + plane);
                std::copy(raw, raw + n, job.write + at + 2 * plane);
            } else if (job.write) {
                std::copy(s.edge_a, s.edge_a + n, job.write + at);
            }
        }
        if (job.write) continue;
        if (structure) {
            blur_ring(s.ring_rows[squares_b][c], oldest, s.squares_b, n);
            blur_ring(s.ring_rows[difference][c], oldest, s.difference, n);
            blur_ring(s.ring_rows[squared_difference][c], oldest, s.squared_difference, n);
            subtract(own_mean, s.difference, s.mean_b, n);
            add_structure(own_variance, s.squares_b, s.mean_b, s.difference, s.squared_difference,
                          s.sum_rows[c][structure_mean], s.sum_rows[c][structure_4], n);
        } else {
            blur_ring(s.ring_rows[mean_b][c], oldest, s.mean_b, n);
        }
        if (job.needs.edges[c]) {
            edge(s.ring_rows[raw_b][c][centre] + radius, s.mean_b, s.edge_b, n);
            add_edges(own_edge, s.edge_b, s.sum_rows[c][gained_mean], s.sum_rows[c][gained_4],
                      s.sum_rows[c][lost_mean], s.sum_rows[c][lost_4], n);
        }
    }
}

HUEPRESS_INLINE void process(const Job& job, const Tile& tile, Scratch& s, Sums& sums) {
    const Layout layout(job.needs);
    const int height = job.shape().height;
    std::memset(s.ring_rows[raw_a], 0, sizeof(s.ring_rows[raw_a]));
    std::memset(s.ring_rows[raw_b], 0, sizeof(s.ring_rows[raw_b]));
    std::memset(s.sum_rows, 0, sizeof(s.sum_rows));
    for (int y = tile.y0 - radius; y < tile.y1 + radius; ++y) {
        const int entered = y - tile.y0 + radius;
        enter_row(job, layout, tile, reflect(y, height), entered % window, s);
        if (entered >= 2 * radius)
            leave_row(job, layout, tile, y - radius, (entered + 1) % window, s);
    }
    for (int c = 0; c < 3; ++c)
        for (int norm = 0; norm < 6; ++norm) {
            double sum = 0;
            for (int i = 0; i < tile.x1 - tile.x0; ++i) sum += s.sum_rows[c][norm][i];
            sums[static_cast<std::size_t>(c)][static_cast<std::size_t>(norm)] = sum;
        }
}

void process_anywhere(const Job& job, const Tile& tile, Scratch& scratch, Sums& sums) {
    process(job, tile, scratch, sums);
}

#ifdef HUEPRESS_AVX2
HUEPRESS_AVX2 void process_avx2(const Job& job, const Tile& tile, Scratch& scratch, Sums& sums) {
    process(job, tile, scratch, sums);
}
#endif

auto best_process() {
#ifdef HUEPRESS_AVX2
    if (instruction_set() != "plain") return process_avx2;
#endif
    return process_anywhere;
}

// The tiles of every job, and what each adds up to.
struct Measured {
    std::vector<Tile> tiles;
    std::vector<Sums> sums;
};

Measured measure(const std::vector<Job>& jobs, unsigned threads) {
    static const auto best = best_process();
    Measured measured;
    for (std::size_t job = 0; job < jobs.size(); ++job) {
        const Source& shape = jobs[job].shape();
        for (int y = 0; y < shape.height; y += tile_height)
            for (int x = 0; x < shape.width; x += tile_width)
                measured.tiles.push_back({job, y, std::min(y + tile_height, shape.height), x,
                                          std::min(x + tile_width, shape.width)});
    }
    measured.sums.resize(measured.tiles.size());
    std::vector<std::unique_ptr<Scratch>> scratch(worker_count(threads));
    for_each_block(measured.tiles.size(), threads, [&](std::size_t i, std::size_t worker) {
        if (!scratch[worker]) scratch[worker] = std::make_unique_for_overwrite<Scratch>();
        const Tile& tile = measured.tiles[i];
        best(jobs[tile.job], tile, *scratch[worker], measured.sums[i]);
    });
    return measured;
}

// Three planes of linear light.
struct Light {
    Source source;
    std::vector<float> planes;
};

// How a mosaic is turned. Twice as large pixels than a cell has begin at its first or at its last
// pixel: a score takes the mean of both, so that a mirrored image scores as the image does.
enum View : int { as_it_is, left_for_right = 1, top_for_bottom = 2, views = 4 };

// Those parts of a view that make a difference at a scale.
View distinct(View view, const Source& full, int scale) {
    if (!full.mirrored) return as_it_is;
    const int size = 1 << scale;
    const int columns = full.width > 1 && full.width % size ? left_for_right : 0;
    const int rows = full.height > 1 && full.height % size ? top_for_bottom : 0;
    return static_cast<View>(view & (columns | rows));
}

// Half a side, rounded up; or half of two, as long as doublings are left.
int half_of(int side, int& doublings) {
    if (side % 2 == 0 || doublings == 0) return (side + 1) / 2;
    --doublings;
    return side;
}

// Means of 2 by 2, or of what is left of them at the right and bottom.
Light halve(const Source& full, View view, unsigned threads) {
    Source half{0, 0, full.mirrored, full.tall, full.wide};
    const int height = half.height = half_of(full.height, half.tall);
    const int width = half.width = half_of(full.width, half.wide);
    const auto w = static_cast<std::size_t>(width);
    const std::size_t plane = static_cast<std::size_t>(height) * w;
    std::vector<float> planes(3 * plane);
    constexpr int rows_a_block = 32;
    const auto blocks = static_cast<std::size_t>((height + rows_a_block - 1) / rows_a_block);
    for_each_block(blocks, threads, [&](std::size_t block, std::size_t) {
        std::vector<float> memory(12 * w);
        const int first = static_cast<int>(block) * rows_a_block;
        for (int y = first; y < std::min(first + rows_a_block, height); ++y) {
            float* rows[2][3];
            for (std::size_t i = 0; i < 2; ++i) {
                for (std::size_t c = 0; c < 3; ++c)
                    rows[i][c] = memory.data() + (3 * i + c) * 2 * w;
                int from = reflect(2 * y + static_cast<int>(i), full.height);
                if (view & top_for_bottom) from = full.height - 1 - from;
                const std::size_t at = full.at(from, 0), n = static_cast<std::size_t>(full.width);
                if (full.light)
                    for (std::size_t c = 0; c < 3; ++c)
                        std::copy_n(full.light + c * full.pixels() + at, n, rows[i][c]);
                else if (full.codes)
                    for (std::size_t x = 0; x < n; ++x)
                        for (std::size_t c = 0; c < 3; ++c)
                            rows[i][c][x] = full.code(at + x).light[c];
                else
                    light_row(full, from, 0, full.width, rows[i]);
                for (float* row : rows[i]) {
                    if (view & left_for_right) std::reverse(row, row + n);
                    for (std::size_t x = n; x < 2 * w; ++x) row[x] = row[2 * n - 1 - x];
                }
            }
            for (std::size_t c = 0; c < 3; ++c) {
                In upper = rows[0][c], lower = rows[1][c];
                Out out = planes.data() + c * plane + static_cast<std::size_t>(y) * w;
                for (std::size_t x = 0; x < w; ++x)
                    out[x] =
                        ((upper[2 * x] + lower[2 * x]) + (upper[2 * x + 1] + lower[2 * x + 1])) *
                        0.25f;
            }
        }
    });
    half.light = planes.data();
    return {half, std::move(planes)};
}

// One scale of an image, or of a view of it.
struct Level {
    int scale;
    View view;
    Source source;
    std::vector<float> memory;
};

// Every scale, and every view that differs there.
std::vector<Level> levels_of(const Source& full, unsigned threads) {
    std::vector<Level> levels{{0, as_it_is, full, {}}};
    for (int scale = 1; scale < scales; ++scale)
        for (int v = 0; v < views; ++v) {
            const auto view = static_cast<View>(v);
            if (distinct(view, full, scale) != view) continue;
            const View turned = distinct(view, full, scale - 1);
            const Source above = std::find_if(levels.begin(), levels.end(), [&](const Level& l) {
                                     return l.scale == scale - 1 && l.view == turned;
                                 })->source;
            Light half = halve(above, static_cast<View>(view & ~turned), threads);
            levels.push_back({scale, view, half.source, std::move(half.planes)});
        }
    return levels;
}

// 2^x for |x| < 1000 and log2(x) for x > 0, to about 1e-15, in plain operations.
double exp2_of(double x) {
    const double whole = std::floor(x + 0.5);
    const double z = (x - whole) * 0.6931471805599453;
    double term = 1, sum = 1;
    for (int i = 1; i < 18; ++i) {
        term *= z / i;
        sum += term;
    }
    return std::ldexp(sum, static_cast<int>(whole));
}

double log2_of(double x) {
    int exponent;
    double m = std::frexp(x, &exponent);
    if (m < 0.7071067811865476) {
        m *= 2;
        --exponent;
    }
    const double z = (m - 1) / (m + 1), z2 = z * z;
    double power = z, sum = 0;
    for (int i = 1; i < 50; i += 2) {
        sum += power / i;
        power *= z2;
    }
    return exponent + 2 * sum * 1.4426950408889634;
}

double final_score(const std::vector<Job>& jobs, const Measured& measured) {
    std::array<Sums, scales> totals{};
    std::array<std::size_t, scales> counts{};
    for (const Job& job : jobs) counts[static_cast<std::size_t>(job.scale)] += job.b.pixels();
    for (std::size_t i = 0; i < measured.tiles.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t norm = 0; norm < 6; ++norm)
                totals[static_cast<std::size_t>(jobs[measured.tiles[i].job].scale)][c][norm] +=
                    measured.sums[i][c][norm];
    double error = 0;
    for (int c = 0; c < 3; ++c)
        for (int scale = 0; scale < scales; ++scale) {
            const double* w = weights_of(c, scale);
            const auto at = static_cast<std::size_t>(scale);
            const auto pixels = static_cast<double>(counts[at]);
            const auto& sums = totals[at][static_cast<std::size_t>(c)];
            for (const Norm norm : {structure_mean, gained_mean, lost_mean})
                error += w[norm] * (sums[norm] / pixels);
            for (const Norm norm : {structure_4, gained_4, lost_4})
                error += w[norm] * std::sqrt(std::sqrt(sums[norm] / pixels / lift_4));
        }
    error *= 0.9562382616834844;
    error = 2.326765642916932 * error - 0.020884521182843837 * error * error +
            6.248496625763138e-05 * error * error * error;
    if (!(error > 0)) return 100;
    const double score = 100 - 10 * exp2_of(0.6276336467831387 * log2_of(error));
    return std::floor(score * 1e4 + 0.5) / 1e4;
}

// A source of these sides, without pixels yet.
Source shaped(int height, int width) {
    Source source{height, width};
    source.mirrored = std::min(height, width) < least_side;
    while (height << source.tall < least_side) ++source.tall;
    while (width << source.wide < least_side) ++source.wide;
    return source;
}

// An image before one background, and its bytes if they are not the image's own.
struct Composite {
    std::vector<std::uint8_t> memory;
    Source source;

    Composite(Pixels pixels, int background) : source(shaped(pixels.height, pixels.width)) {
        std::span<const std::uint8_t> rgb = pixels.bytes;
        if (pixels.channels == 4) rgb = memory = compose(rgb, background);
        source.rgb = rgb.data();
    }
};

// One original before one background: for each level the planes of a Layout.
using Features = std::vector<std::vector<float>>;

Features features_of(const Source& original, unsigned threads) {
    const auto levels = levels_of(original, threads);
    Features features;
    std::vector<Job> jobs(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        Job& job = jobs[i];
        job.scale = levels[i].scale;
        job.a = levels[i].source;
        job.needs = needs_of(job.scale);
        features.emplace_back(static_cast<std::size_t>(Layout(job.needs).planes) * job.a.pixels());
        job.write = features.back().data();
    }
    measure(jobs, threads);
    return features;
}

// The original is given by its features or, if they are null, by itself.
double score_of(const Features* features, const Source& original, const Source& other,
                unsigned threads) {
    const auto levels = levels_of(other, threads);
    const auto original_levels = features ? std::vector<Level>() : levels_of(original, threads);
    std::vector<Job> jobs(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        Job& job = jobs[i];
        job.scale = levels[i].scale;
        job.b = levels[i].source;
        job.needs = needs_of(job.scale);
        if (features)
            job.features = (*features)[i].data();
        else
            job.a = original_levels[i].source;
    }
    return final_score(jobs, measure(jobs, threads));
}

}  // namespace

struct Ssimulacra2::Original {
    int height, width, channels;
    bool opaque;
    std::vector<Features> features;   // one a background (one in all if opaque), or none:
    std::vector<std::uint8_t> bytes;  // then the image itself

    double score(std::size_t background, const Source& other, unsigned threads) const {
        if (!features.empty())
            return score_of(&features[opaque ? 0 : background], {}, other, threads);
        const Composite original({bytes, height, width, channels}, backgrounds[background]);
        return score_of(nullptr, original.source, other, threads);
    }
};

Ssimulacra2::Ssimulacra2(Pixels original, unsigned threads, std::size_t kept)
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
        for (std::size_t i = 0; i < composites; ++i) {
            const Composite composite(original, backgrounds[i]);
            o.features.push_back(features_of(composite.source, threads));
        }
}

Ssimulacra2::~Ssimulacra2() = default;

int Ssimulacra2::height() const { return original_->height; }
int Ssimulacra2::width() const { return original_->width; }

double Ssimulacra2::score(Pixels other, unsigned threads) const {
    const bool one = original_->opaque && opaque(other.bytes, other.channels);
    double least = 100;
    for (std::size_t i = 0; i < (one ? 1 : backgrounds.size()); ++i) {
        const Composite composite(other, backgrounds[i]);
        least = std::min(least, original_->score(i, composite.source, threads));
    }
    return least;
}

template <class Label>
double Ssimulacra2::score(std::span<const std::uint8_t> codebook, int channels,
                          std::span<const Label> labels, unsigned threads) const {
    Source full = shaped(height(), width());
    if constexpr (sizeof(Label) == 1)
        full.labels_8 = labels.data();
    else
        full.labels_16 = labels.data();
    const bool one = original_->opaque && opaque(codebook, channels);
    const auto& table = linear_table();
    double least = 100;
    for (std::size_t i = 0; i < (one ? 1 : backgrounds.size()); ++i) {
        std::vector<std::uint8_t> composed;
        auto rgb = codebook;
        if (channels == 4) rgb = composed = compose(codebook, backgrounds[i]);
        std::vector<Code> codes(rgb.size() / 3);
        for (std::size_t k = 0; k < codes.size(); ++k) {
            Code& code = codes[k];
            for (std::size_t c = 0; c < 3; ++c) code.light[c] = table[rgb[3 * k + c]];
            xyb_of(code.light[0], code.light[1], code.light[2], code.xyb[0], code.xyb[1],
                   code.xyb[2]);
        }
        full.codes = codes.data();
        least = std::min(least, original_->score(i, full, threads));
    }
    return least;
}

template double Ssimulacra2::score(std::span<const std::uint8_t>, int,
                                   std::span<const std::uint8_t>, unsigned) const;
template double Ssimulacra2::score(std::span<const std::uint8_t>, int,
                                   std::span<const std::uint16_t>, unsigned) const;

}  // namespace huepress
